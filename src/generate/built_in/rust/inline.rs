//! The text inside a paragraph of a comment, escaped where rustdoc would parse a link or a tag.

/// Returns `text` with escaped brackets and tags, and with addresses as links. Text between
/// backticks does not change.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let used = match first {
            '\\' => copied(rest, 1 + rest[1..].chars().next().map_or(0, char::len_utf8), &mut out),
            '`' => code(rest, &mut out),
            '[' => bracket(rest, &mut out),
            ']' => replace("\\]", 1, &mut out),
            '<' => tag(rest, &mut out),
            'h' if address(rest).is_some() => {
                let length = address(rest).map_or(0, str::len);
                replace(&format!("<{}>", &rest[..length]), length, &mut out)
            }
            first => copied(rest, first.len_utf8(), &mut out),
        };
        rest = &rest[used..];
    }
    out
}

fn copied(text: &str, length: usize, out: &mut String) -> usize {
    out.push_str(&text[..length]);
    length
}

/// Writes `replacement` in place of the first `length` bytes. Returns `length`.
fn replace(replacement: &str, length: usize, out: &mut String) -> usize {
    out.push_str(replacement);
    length
}

/// Copies code between backticks, or escapes backticks without an end. Returns the number of bytes
/// read.
fn code(text: &str, out: &mut String) -> usize {
    let ticks = run(text);
    let mut at = ticks;
    while let Some(next) = text[at..].find('`') {
        let length = run(&text[at + next..]);
        at += next + length;
        if length == ticks {
            return copied(text, at, out);
        }
    }
    replace(&"\\`".repeat(ticks), ticks, out)
}

fn run(text: &str) -> usize {
    text.len() - text.trim_start_matches('`').len()
}

/// Copies a link to an address, or writes only the text of a reference to an element
/// (`[Text][package.Element]`), or escapes the bracket. Returns the number of bytes read.
fn bracket(text: &str, out: &mut String) -> usize {
    let Some(end) = text[1..].find(['[', ']']).map(|end| end + 1) else {
        return replace("\\[", 1, out);
    };
    let (inner, behind) = (&text[1..end], &text[end..]);
    if let Some(target) = behind.strip_prefix("](").and_then(target)
        && address(target).is_some_and(|address| address == target)
        && !inner.contains("://")
    {
        // Between `<` and `>`, parentheses need not be balanced.
        let destination =
            if target.contains('(') { format!("<{target}>") } else { target.to_owned() };
        out.push_str(&format!("[{}]({destination})", escaped(inner)));
        return end + "](".len() + target.len() + ")".len();
    }
    let Some(gap) = behind.strip_prefix(']') else { return replace("\\[", 1, out) };
    let reference = gap.trim_start().strip_prefix('[').and_then(|it| it.split_once(']'));
    match reference.filter(|(name, _)| is_element(name) && !inner.is_empty()) {
        Some((_, rest)) => replace(&escaped(inner), text.len() - rest.len(), out),
        None => replace("\\[", 1, out),
    }
}

/// Returns the target of a link, up to the matching parenthesis or, if there is none, up to the
/// first closing one.
fn target(text: &str) -> Option<&str> {
    let mut depth = 0_usize;
    let closes = |c: char| match c {
        '(' => {
            depth += 1;
            false
        }
        ')' => depth.checked_sub(1).map(|less| depth = less).is_none(),
        _ => false,
    };
    let line = text.lines().next().unwrap_or_default();
    let end = line.find(closes).or_else(|| line.find(')'))?;
    Some(&line[..end])
}

fn is_element(name: &str) -> bool {
    name.contains('.') && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))
}

/// Copies an address between `<` and `>`, or escapes a `<` that could begin an HTML tag. Returns
/// the number of bytes read.
fn tag(text: &str, out: &mut String) -> usize {
    let inside = text[1..].split_once('>').map(|(inside, _)| inside);
    if let Some(inside) = inside.filter(|inside| is_address(inside)) {
        return copied(text, inside.len() + 2, out);
    }
    let begins = text[1..].starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c));
    replace(if begins { "\\<" } else { "<" }, 1, out)
}

fn is_address(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| !host.is_empty() && !host.contains([' ', '\n', '<', '>']))
}

/// Returns the address at the beginning of `text`, without the punctuation of the sentence around
/// it.
fn address(text: &str) -> Option<&str> {
    let end = text.find(|c: char| c.is_whitespace() || "<>`\"]".contains(c)).unwrap_or(text.len());
    let mut address = &text[..end];
    if !address.contains('(') {
        address = address.split(')').next().unwrap_or_default();
    }
    let address = address.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*', '_', '~']);
    is_address(address).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn links_and_tags_are_what_they_look_like() {
        for (comment, text) in [
            ("a[0] and [b]", r"a\[0\] and \[b\]"),
            (r"\[a\] \<b>", r"\[a\] \<b>"),
            ("[A][p.A] and [B]\n[p.v1.B].", "A and B."),
            ("[a](b) [a](https://b.c/d)", r"\[a\](b) [a](https://b.c/d)"),
            ("[a](https://b.c/(d)) (e)", "[a](<https://b.c/(d)>) (e)"),
            ("[a](https://b.c/(d) e", "[a](<https://b.c/(d>) e"),
            ("[[a]](https://b.c)", r"\[\[a\]\](<https://b.c>)"),
            ("Map<K, V> 1 < 2 <= 3 </b>", r"Map\<K, V> 1 < 2 <= 3 \</b>"),
            ("see https://a.b/c(d). (http://e.f)", "see <https://a.b/c(d)>. (<http://e.f>)"),
            ("<https://a.b> inhttp://c", "<https://a.b> in<http://c>"),
            ("`a[0] <b>\nc` `` ` `` [d]", "`a[0] <b>\nc` `` ` `` \\[d\\]"),
            ("a ` b [c", r"a \` b \[c"),
            ("grüße [ü]\\", r"grüße \[ü\]\"),
        ] {
            assert_eq!(escaped(comment), text, "{comment}");
        }
    }
}
