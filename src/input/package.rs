//! The package of a file, read without parsing the file.

/// Returns the name in the first `package …;` statement of `source`; none if it has no such
/// statement.
pub(super) fn package_of(source: &[u8]) -> Option<String> {
    let mut rest = source;
    let mut at_start = true;
    while let Some((token, after)) = next_token(rest) {
        if at_start && token == b"package" {
            return Some(name(after));
        }
        // The word is a keyword only at the start of a statement: after `;` or `}`.
        at_start = matches!(token, b";" | b"}");
        rest = after;
    }
    None
}

/// Returns the tokens up to the next `;`, joined: `a . b` becomes `a.b`.
fn name(mut rest: &[u8]) -> String {
    let mut name = String::new();
    while let Some((token, after)) = next_token(rest) {
        if token == b";" {
            break;
        }
        name.push_str(&String::from_utf8_lossy(token));
        rest = after;
    }
    name
}

/// Returns the first token of `source` and what follows it; white space and comments are skipped.
fn next_token(source: &[u8]) -> Option<(&[u8], &[u8])> {
    let source = skip_blank(source);
    let first = *source.first()?;
    let length = match first {
        b'"' | b'\'' => string_length(source, first),
        _ if is_word(first) => source.iter().take_while(|byte| is_word(**byte)).count(),
        _ => 1,
    };
    Some(source.split_at(length))
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn string_length(source: &[u8], quote: u8) -> usize {
    let mut index = 1;
    while index < source.len() && source[index] != quote && source[index] != b'\n' {
        index += if source[index] == b'\\' { 2 } else { 1 };
    }
    (index + 1).min(source.len())
}

fn skip_blank(mut source: &[u8]) -> &[u8] {
    loop {
        source = source.trim_ascii_start();
        if let Some(bom) = source.strip_prefix(b"\xef\xbb\xbf") {
            source = bom;
        } else if source.starts_with(b"//") {
            source = after(source, b"\n");
        } else if source.starts_with(b"/*") {
            source = after(&source[2..], b"*/");
        } else {
            return source;
        }
    }
}

fn after<'a>(source: &'a [u8], end: &[u8]) -> &'a [u8] {
    memchr::memmem::find(source, end).map_or(&[], |at| &source[at + end.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(source: &str) -> Option<String> {
        package_of(source.as_bytes())
    }

    #[test]
    fn finds_the_statement_and_nothing_else() {
        assert_eq!(package("syntax = \"proto3\"; package a . b.c; message M {}").unwrap(), "a.b.c");
        assert_eq!(package("\u{feff}// package x;\n/* package y; */package z;").unwrap(), "z");
        assert_eq!(package("option o = \"; package x;\"; message package {}"), None);
        assert_eq!(package("message M { string a = 1; } package late;").unwrap(), "late");
        assert_eq!(package("option o = 'it\\'s; package x;';"), None);
    }

    #[test]
    fn ends_whatever_the_bytes() {
        for broken in ["", "package", "package a", "/* ", "\"", "'\\", "//", "\u{feff}"] {
            let _ = package(broken);
        }
        assert_eq!(package_of(b"\xff\xfe package"), None);
    }
}
