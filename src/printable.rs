//! Escaping of untrusted text for terminals and logs of CI runs. Paths, names, keys and messages
//! can contain characters that control a terminal or hide the text around them, and sequences that
//! a CI runner interprets as commands.

use std::borrow::Cow;

/// A function that writes a character that must not be printed, as an escape of a format.
pub(crate) type Escape = fn(&mut String, char);

/// Whether `c` controls a terminal or is invisible: control characters, overrides of the writing
/// direction, line separators, and characters without width. Characters that scripts and emoji need
/// (joiners, variation selectors) are not included.
pub(crate) fn is_hidden(c: char) -> bool {
    let is_invisible = matches!(
        c,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{200e}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    );
    c.is_control() || is_invisible
}

/// Escapes a part of one line: `\n`, `\u{1b}`. The result may be anywhere in a line of output
/// except at its beginning.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    line_with(text, escape)
}

/// Escapes a path that may begin a line: if a runner would interpret it as a command, `./` is put
/// before it, which does not change its meaning.
pub(crate) fn path(path: &str) -> Cow<'_, str> {
    let shown = line(path);
    if begins_command(&shown) { Cow::Owned(format!("./{shown}")) } else { shown }
}

/// Escapes text of several lines. Line endings are kept, tabs become spaces, and no line begins
/// with a command.
pub(crate) fn lines(text: &str) -> Cow<'_, str> {
    let with_tabs = |out: &mut String, c: char| match c {
        '\t' => out.push_str("    "),
        c => escape(out, c),
    };
    if text.contains("\r\n") {
        Cow::Owned(lines_with(&text.replace("\r\n", "\n"), with_tabs).into_owned())
    } else {
        lines_with(text, with_tabs)
    }
}

/// Escapes a patch for display. Tabs and line endings are kept, so that a patch without other
/// special characters still applies.
pub(crate) fn patch(text: &str) -> String {
    let but_tabs = |out: &mut String, c: char| match c {
        '\t' => out.push(c),
        c => escape(out, c),
    };
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let content = line.strip_suffix("\r\n").or(line.strip_suffix('\n')).unwrap_or(line);
        out.push_str(&lines_with(content, but_tabs));
        out.push_str(&line[content.len()..]);
    }
    out
}

/// Escapes one line with the escapes of a format.
pub(crate) fn line_with(text: &str, escape: Escape) -> Cow<'_, str> {
    // Nearly all text is this simple.
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'#');
    if is_plain || !text.contains(is_hidden) && !text.contains("##") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) || c == '[' && opens_command(&out) {
            escape(&mut out, c);
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Escapes every line with the escapes of a format, and the first colon of lines that would begin
/// with a command.
pub(crate) fn lines_with(text: &str, escape: Escape) -> Cow<'_, str> {
    let is_plain = |line: &str| !line.contains(is_hidden) && !begins_command(line);
    if text.split('\n').all(is_plain) && !text.contains("##") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push('\n');
        }
        let line = line_with(line, escape);
        let (indent, rest) = line.split_at(line.len() - line.trim_start().len());
        out.push_str(indent);
        match rest.strip_prefix(':').filter(|_| begins_command(rest)) {
            Some(rest) => {
                escape(&mut out, ':');
                out.push_str(rest);
            }
            None => out.push_str(rest),
        }
    }
    Cow::Owned(out)
}

/// Writes `\n`, `\u{1b}`.
fn escape(out: &mut String, c: char) {
    match c {
        '\n' | '\r' | '\t' => out.extend(c.escape_default()),
        c => out.extend(c.escape_unicode()),
    }
}

/// Whether GitHub's runner interprets `line` as a command, after leading white space.
fn begins_command(line: &str) -> bool {
    line.trim_start().starts_with("::")
}

/// Whether a `[` after `text` begins a command, anywhere in a line: `##[` of GitHub and Azure,
/// `##vso[` of Azure, `##teamcity[`.
fn opens_command(text: &str) -> bool {
    text.trim_end_matches(|c: char| c.is_ascii_alphabetic()).ends_with("##")
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_escaped() {
        let odd = "a\u{1b}[2J\u{9b}\0\r\n\t\u{7f}\u{202e}\u{2066}\u{feff}\u{2028}b";
        let shown = "a\\u{1b}[2J\\u{9b}\\u{0}\\r\\n\\t\\u{7f}\\u{202e}\\u{2066}\\u{feff}\\u{2028}b";
        assert_eq!(line(odd), shown);
    }

    #[test]
    fn normal_text_is_not_copied() {
        for text in ["", "a b/é 世界 👩\u{200d}👩 100% \\ a::b", "#[a] # x [y]", "می\u{200c}خواهم"]
        {
            assert!(matches!(line(text), Cow::Borrowed(same) if same == text), "{text}");
            assert!(matches!(lines(text), Cow::Borrowed(same) if same == text), "{text}");
        }
        assert!(matches!(lines("a\n\n b\n"), Cow::Borrowed("a\n\n b\n")));
        assert_eq!(line("## Title"), "## Title");
    }

    #[test]
    fn commands_of_runners_are_broken() {
        assert_eq!(line("x ##[error]y ##vso[z]"), "x ##\\u{5b}error]y ##vso\\u{5b}z]");
        assert_eq!(line("###[a #[b"), "###\\u{5b}a #[b");
        assert_eq!(lines("a\n::b::\n \u{3000}::c\nd::"), "a\n\\u{3a}:b::\n \u{3000}\\u{3a}:c\nd::");
        assert_eq!(path("::stop-commands::x/a.proto"), "./::stop-commands::x/a.proto");
        assert_eq!(path(" ::x"), "./ ::x");
        assert_eq!(path(":x::y"), ":x::y");
    }

    #[test]
    fn lines_keep_their_ends_and_their_indentation() {
        assert_eq!(lines("\ta\r\nb\r\rc\n"), "    a\nb\\r\\rc\n");
        assert_eq!(patch(" \ta\r\n-\u{1b}\r\n ::b\n"), " \ta\r\n-\\u{1b}\r\n \\u{3a}:b\n");
    }

    const PIECES: &[&str] = &[
        "::", ":", "##", "[", "vso[", "\n", "\r", "\t", " ", "\u{1b}", "\u{202e}", "x", "%", "2",
        "a",
    ];

    /// Generates text with many special characters.
    pub(crate) fn odd() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            prop::sample::select(PIECES).prop_map(str::to_owned),
            any::<char>().prop_map(String::from),
        ];
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    /// Whether a runner would interpret `line` as a command.
    pub(crate) fn is_command(line: &str) -> bool {
        begins_command(line) || line.contains("##[") || line.contains("##vso[")
    }

    proptest! {
        #[test]
        fn nothing_hidden_and_no_command_is_left(text in odd()) {
            let shown = line(&text);
            prop_assert!(!shown.contains(is_hidden) && !shown.contains("##["), "{shown:?}");
            prop_assert_eq!(line(&shown), &*shown, "escaping again changes nothing");
            prop_assert!(!is_command(&path(&text)));
            let shown = lines(&text);
            for line in shown.split('\n') {
                prop_assert!(!line.contains(is_hidden) && !is_command(line), "{line:?}");
            }
            prop_assert_eq!(shown.matches('\n').count(), text.matches('\n').count());
            prop_assert_eq!(lines(&shown), &*shown, "escaping again changes nothing");
            for line in patch(&text).replace("\r\n", "\n").split('\n') {
                let hidden = line.contains(|c| c != '\t' && is_hidden(c));
                prop_assert!(!hidden && !is_command(line), "{line:?}");
            }
        }
    }
}
