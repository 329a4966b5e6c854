//! The display width of a text, as buf counts it: by grapheme cluster, so a family of emoji joined
//! by zero-width joiners is as wide as one of them.

use unicode_width::UnicodeWidthChar as _;

const TAB: u32 = 4;
const JOINER: char = '\u{200d}';
const TEXT_STYLE: char = '\u{fe0e}';
const EMOJI_STYLE: char = '\u{fe0f}';

/// The remaining characters of a text.
type Rest<'a> = std::iter::Peekable<std::str::CharIndices<'a>>;

/// Returns the column after `text`, which begins at column 0.
pub(crate) fn width(text: &str) -> u32 {
    width_from(0, text)
}

/// Returns the column after `text`, which begins at `column`.
pub(crate) fn width_from(column: u32, text: &str) -> u32 {
    columns(column, text).last().map_or(column, |(_, end)| end)
}

/// Returns the end of each grapheme cluster of `text`, in bytes, and the column after it; the first
/// begins at `column`.
pub(crate) fn columns(mut column: u32, text: &str) -> impl Iterator<Item = (usize, u32)> {
    let mut chars = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (_, c) = chars.next()?;
        column += match c {
            '\t' => TAB - column % TAB,
            c if c.is_ascii() => u32::from(!c.is_ascii_control()),
            c => wide(c, &mut chars),
        };
        Some((chars.peek().map_or(text.len(), |&(end, _)| end), column))
    })
}

/// Returns the width of a character beyond ASCII and of the characters in its cluster.
fn wide(c: char, rest: &mut Rest<'_>) -> u32 {
    if is_flag_letter(c) {
        rest.next_if(|&(_, next)| is_flag_letter(next));
        2
    } else if is_pictograph(c) {
        pictograph(c, rest)
    } else if is_leading_jamo(c) {
        while rest.next_if(|&(_, next)| is_hangul(next)).is_some() {}
        2
    } else {
        single(c)
    }
}

/// Returns the width of a pictograph and of its cluster: a style, a skin tone, or a joiner and
/// another pictograph.
fn pictograph(first: char, rest: &mut Rest<'_>) -> u32 {
    let mut width = single(first);
    while let Some((_, next)) = rest.next_if(|&(_, c)| single(c) == 0 && !c.is_control()) {
        match next {
            TEXT_STYLE => width = 1,
            EMOJI_STYLE => width = 2,
            JOINER => _ = rest.next_if(|&(_, c)| is_pictograph(c)),
            _ => {}
        }
    }
    width
}

/// Returns the width of a single character.
fn single(c: char) -> u32 {
    match c {
        // Narrow unless in emoji style, although ideographs are wide.
        '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}' | '\u{1f202}' | '\u{1f237}' => 1,
        // Skin tones and sound marks belong to the character before.
        '\u{1f3fb}'..='\u{1f3ff}' | '\u{ff9e}' | '\u{ff9f}' | '\u{2028}' | '\u{2029}' => 0,
        // Jamo and fillers outside of syllables.
        '\u{1160}'..='\u{11ff}' | '\u{d7b0}'..='\u{d7fb}' | '\u{ffa0}' => 1,
        '\u{3164}' => 2,
        c => c.width().map_or(0, |width| u32::try_from(width).unwrap_or(0)),
    }
}

fn is_flag_letter(c: char) -> bool {
    ('\u{1f1e6}'..='\u{1f1ff}').contains(&c)
}

fn is_leading_jamo(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{115f}' | '\u{a960}'..='\u{a97c}')
}

fn is_hangul(c: char) -> bool {
    is_leading_jamo(c)
        || matches!(c, '\u{1160}'..='\u{11ff}' | '\u{ac00}'..='\u{d7a3}' | '\u{d7b0}'..='\u{d7fb}')
}

/// Whether a character has the Unicode property `Extended_Pictographic`.
fn is_pictograph(c: char) -> bool {
    let after = PICTOGRAPHS.partition_point(|&(first, _)| first <= c);
    after > 0 && c <= PICTOGRAPHS[after - 1].1
}

#[rustfmt::skip]
const PICTOGRAPHS: &[(char, char)] = &[
    ('\u{a9}', '\u{a9}'), ('\u{ae}', '\u{ae}'), ('\u{203c}', '\u{203c}'), ('\u{2049}', '\u{2049}'),
    ('\u{2122}', '\u{2122}'), ('\u{2139}', '\u{2139}'), ('\u{2194}', '\u{2199}'), ('\u{21a9}', '\u{21aa}'),
    ('\u{231a}', '\u{231b}'), ('\u{2328}', '\u{2328}'), ('\u{2388}', '\u{2388}'), ('\u{23cf}', '\u{23cf}'),
    ('\u{23e9}', '\u{23f3}'), ('\u{23f8}', '\u{23fa}'), ('\u{24c2}', '\u{24c2}'), ('\u{25aa}', '\u{25ab}'),
    ('\u{25b6}', '\u{25b6}'), ('\u{25c0}', '\u{25c0}'), ('\u{25fb}', '\u{25fe}'), ('\u{2600}', '\u{2605}'),
    ('\u{2607}', '\u{2612}'), ('\u{2614}', '\u{2685}'), ('\u{2690}', '\u{2705}'), ('\u{2708}', '\u{2712}'),
    ('\u{2714}', '\u{2714}'), ('\u{2716}', '\u{2716}'), ('\u{271d}', '\u{271d}'), ('\u{2721}', '\u{2721}'),
    ('\u{2728}', '\u{2728}'), ('\u{2733}', '\u{2734}'), ('\u{2744}', '\u{2744}'), ('\u{2747}', '\u{2747}'),
    ('\u{274c}', '\u{274c}'), ('\u{274e}', '\u{274e}'), ('\u{2753}', '\u{2755}'), ('\u{2757}', '\u{2757}'),
    ('\u{2763}', '\u{2767}'), ('\u{2795}', '\u{2797}'), ('\u{27a1}', '\u{27a1}'), ('\u{27b0}', '\u{27b0}'),
    ('\u{27bf}', '\u{27bf}'), ('\u{2934}', '\u{2935}'), ('\u{2b05}', '\u{2b07}'), ('\u{2b1b}', '\u{2b1c}'),
    ('\u{2b50}', '\u{2b50}'), ('\u{2b55}', '\u{2b55}'), ('\u{3030}', '\u{3030}'), ('\u{303d}', '\u{303d}'),
    ('\u{3297}', '\u{3297}'), ('\u{3299}', '\u{3299}'), ('\u{1f000}', '\u{1f0ff}'), ('\u{1f10d}', '\u{1f10f}'),
    ('\u{1f12f}', '\u{1f12f}'), ('\u{1f16c}', '\u{1f171}'), ('\u{1f17e}', '\u{1f17f}'), ('\u{1f18e}', '\u{1f18e}'),
    ('\u{1f191}', '\u{1f19a}'), ('\u{1f1ad}', '\u{1f1e5}'), ('\u{1f201}', '\u{1f20f}'), ('\u{1f21a}', '\u{1f21a}'),
    ('\u{1f22f}', '\u{1f22f}'), ('\u{1f232}', '\u{1f23a}'), ('\u{1f23c}', '\u{1f23f}'), ('\u{1f249}', '\u{1f3fa}'),
    ('\u{1f400}', '\u{1f53d}'), ('\u{1f546}', '\u{1f64f}'), ('\u{1f680}', '\u{1f6ff}'), ('\u{1f774}', '\u{1f77f}'),
    ('\u{1f7d5}', '\u{1f7ff}'), ('\u{1f80c}', '\u{1f80f}'), ('\u{1f848}', '\u{1f84f}'), ('\u{1f85a}', '\u{1f85f}'),
    ('\u{1f888}', '\u{1f88f}'), ('\u{1f8ae}', '\u{1f8ff}'), ('\u{1f90c}', '\u{1f93a}'), ('\u{1f93c}', '\u{1f945}'),
    ('\u{1f947}', '\u{1faff}'), ('\u{1fc00}', '\u{1fffd}'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_buf() {
        let cases = [
            ("a\tb", 5),
            ("e\u{301}", 1),
            ("世界", 4),
            ("🎉", 2),
            ("👩\u{200d}👩\u{200d}👧", 2),
            ("👍🏽", 2),
            ("⚠\u{fe0f}", 2),
            ("⚠", 1),
            ("⌚\u{fe0e}", 1),
            ("1\u{fe0f}\u{20e3}", 1),
            ("🇩🇪🇫", 4),
            ("\u{1112}\u{1161}\u{11ab}", 2),
            ("각\u{11a8}", 3),
            ("ﾊ\u{ff9f}", 1),
            ("…—’", 3),
            ("㊗", 1),
        ];
        for (text, expected) in cases {
            assert_eq!(width(text), expected, "{text:?}");
            assert_eq!(columns(4, text).last(), Some((text.len(), 4 + expected)), "{text:?}");
        }
    }
}
