//! Comments as Markdown without warnings of rustdoc: indented and fenced text is never a doctest;
//! brackets, tags and bare addresses appear as written. What has to be edited for that is found by
//! the parser that rustdoc uses.

use std::ops::Range;
use std::sync::LazyLock;

use pulldown_cmark::{CodeBlockKind, Event, LinkType, Options, Parser, Tag};
use regex_lite::Regex;

/// How often a comment is edited: behind what is no tag any more, code may begin. A comment that
/// needs more edits is shown as code.
const PASSES: usize = 8;

/// The last column in which a list item may begin; a comment with a deeper one is shown as code.
const DEEPEST: usize = 100;

/// The languages that a fence may name.
const LANGUAGES: [&str; 17] = [
    "bash", "c", "cpp", "go", "html", "http", "java", "js", "json", "proto", "protobuf", "python",
    "sh", "sql", "text", "xml", "yaml",
];

/// An address, without the punctuation of the sentence around it. It closes what it opens.
const ADDRESS: &str = r#"(?x) ^https?:// (?: [^\s()<>\[\]"`|\\] | \([^\s()<>\[\]"`|\\]*\) )*
    (?: [^\s()<>\[\]"`|\\.,;:!?'*_~] | \([^\s()<>\[\]"`|\\]*\) )"#;

/// A reference to an element, `[Text][package.Element]`, of which only the text is shown.
const REFERENCE: &str = r"^\[([^\[\]]+)\] ?\n? *\[[\w.]*\.[\w.]*\]";

/// The beginning of a line in a block quote, or in a block of HTML.
const BEGINNING: &str = r"(?m)^( *)([<>])";

static PATTERNS: LazyLock<[Regex; 3]> = LazyLock::new(|| {
    [ADDRESS, REFERENCE, BEGINNING].map(|it| Regex::new(it).expect("the pattern is valid"))
});

/// A range, and the text in its place.
type Edit = (Range<usize>, String);

/// Returns the lines of documentation for the comments before and behind an element.
pub(super) fn lines(comments: [&str; 2]) -> Vec<String> {
    let comment = comments.map(dedented).join("\n\n");
    let comment = comment.trim_matches('\n');
    let mut text = comment.to_owned();
    let done = !comment.lines().any(is_deep)
        && (0..PASSES).any(|_| edited(&text).map(|edited| text = edited).is_none());
    if !done {
        // No line of it ends the fence, since all are indented.
        text = format!("```text\n    {}\n```", comment.replace('\n', "\n    "));
    }
    text.lines().map(|line| line.trim_end().to_owned()).collect()
}

/// Whether an item begins behind the deepest column. The parser takes too long for deep lists.
fn is_deep(line: &str) -> bool {
    let rest = line.trim_start_matches(|c: char| " >-*+.)".contains(c) || c.is_ascii_digit());
    let marks = &line.as_bytes()[..line.len() - rest.len()];
    let is_mark = |pair: &[u8]| pair[0] == b'>' || (pair[0] != b' ' && pair[1] == b' ');
    marks.windows(2).rposition(is_mark) > Some(DEEPEST)
}

/// Returns `text` without the characters that Rust does not accept in a comment, with spaces for
/// tabs, and without the indentation that its lines have in common.
fn dedented(text: &str) -> String {
    let refused =
        |c: char| c == '\r' || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let text = text.replace(refused, "").replace('\t', "    ");
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let common = lines.iter().filter_map(|line| line.find(|c| c != ' ')).min().unwrap_or(0);
    let lines: Vec<_> = lines.iter().map(|line| line.get(common..).unwrap_or_default()).collect();
    lines.join("\n")
}

/// Returns `text` with its edits, if it needs any.
fn edited(text: &str) -> Option<String> {
    let mut edits = edits(text);
    edits.sort_by_key(|(range, _)| range.start);
    let (mut out, mut read) = (String::new(), 0);
    for (range, new) in &edits {
        // What an edit has replaced has no other.
        if range.start >= read {
            out.extend([&text[read..range.start], new]);
            read = range.end;
        }
    }
    (!edits.is_empty()).then(|| out + &text[read..])
}

/// Returns the edits of what rustdoc would warn about or compile, and the lines of a paragraph
/// below each other, as clippy wants them.
fn edits(text: &str) -> Vec<Edit> {
    let [address, _, beginning] = &*PATTERNS;
    // Those of rustdoc.
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_SMART_PUNCTUATION;
    let parser = Parser::new_ext(text, options);
    let targets = parser.reference_definitions().iter().map(|(_, target)| target);
    let elsewhere = targets.filter(|target| !address.is_match(&target.dest));
    let mut edits: Vec<Edit> = elsewhere.map(|target| escaped(target.span.start)).collect();
    // The ends of the current link, and of what is not looked into.
    let (mut link, mut closed) = (0, 0);
    // Where the lines of the paragraph begin.
    let mut column = None;
    for (event, range) in parser.into_offset_iter() {
        if range.start < closed {
            continue;
        }
        if let Event::Start(Tag::Item | Tag::Paragraph | Tag::Heading { .. }) = event {
            column = None;
            continue;
        }
        let begin = || line_before(text, range.start).trim_end_matches('\\').len();
        let column = *column.get_or_insert_with(begin);
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                closed = range.end;
                edits.extend(fenced(text, kind, range));
            }
            Event::Start(Tag::BlockQuote(_) | Tag::HtmlBlock) => {
                closed = range.end;
                let lines = beginning.replace_all(&text[range.clone()], r"${1}\${2}");
                edits.push((range, lines.into_owned()));
            }
            Event::Start(Tag::Link { dest_url, link_type, .. }) if address.is_match(&dest_url) => {
                link = range.end;
                closed = if link_type == LinkType::Autolink { link } else { closed };
            }
            Event::Start(Tag::Image { dest_url, .. }) if address.is_match(&dest_url) => {}
            Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::FootnoteDefinition(_))
            | Event::FootnoteReference(_)
            | Event::TaskListMarker(_)
            | Event::InlineHtml(_) => {
                closed = range.end;
                edits.push(escaped(range.start));
            }
            Event::SoftBreak | Event::HardBreak => {
                let line = text[range.start..].split_once('\n').map_or("", |(_, line)| line);
                let start = text.len() - line.len();
                let spaces = line.len() - line.trim_start_matches(' ').len();
                if spaces != column {
                    edits.push((start..start + spaces, " ".repeat(column)));
                }
            }
            Event::Text(_) => {
                for (at, _) in text[range.clone()].match_indices(['[', ']', '`', 'h']) {
                    let at = range.start + at;
                    if at >= closed
                        && let Some(edit) = inline(text, at, at < link)
                    {
                        closed = edit.0.end;
                        edits.push(edit);
                    }
                }
            }
            _ => {}
        }
    }
    edits
}

/// Returns the line up to `at`.
fn line_before(text: &str, at: usize) -> &str {
    text[..at].rsplit('\n').next().unwrap_or_default()
}

fn escaped(at: usize) -> Edit {
    (at..at, "\\".to_owned())
}

/// Returns the edit of a block of code that could be Rust: another language, or fences in place of
/// an indentation.
fn fenced(text: &str, kind: CodeBlockKind<'_>, range: Range<usize>) -> Option<Edit> {
    let code = &text[range.clone()];
    if let CodeBlockKind::Fenced(language) = kind {
        let line = code.lines().next()?;
        let end = range.start + line.len();
        let start = end - line.trim_start_matches(&line[..1]).len();
        return (!LANGUAGES.contains(&&*language)).then(|| (start..end, "text".to_owned()));
    }
    let column = line_before(text, range.start).len();
    let mark = if code.contains("```") { "~~~~" } else { "```" };
    let code = dedented(&(" ".repeat(column) + code));
    let block =
        format!("{mark}text\n{code}\n{mark}").replace('\n', &format!("\n{:1$}", "", column - 4));
    Some((range.start - 4..range.end, block + "\n"))
}

/// Returns the edit at a mark in a text: an address becomes a link, of a reference to an element
/// remains the text, and another bracket or backtick is escaped.
fn inline(text: &str, at: usize, in_link: bool) -> Option<Edit> {
    let [address, reference, _] = &*PATTERNS;
    let (before, rest) = text.split_at(at);
    let backslashes = at - before.trim_end_matches('\\').len();
    if backslashes % 2 == 1 {
        None
    } else if rest.starts_with('h') {
        let found = address.find(rest).filter(|_| !in_link)?;
        Some((at..at + found.end(), format!("<{}>", found.as_str())))
    } else if let Some(found) = reference.captures(rest) {
        Some((at..at + found[0].len(), found[1].to_owned()))
    } else {
        Some(escaped(at))
    }
}

#[cfg(test)]
mod tests {
    use super::lines;

    fn converted(comment: &str) -> String {
        lines([comment, ""]).join("\n")
    }

    #[test]
    fn indented_code_is_fenced_as_text() {
        let comment = " One:\n\n     let x = 1;\n\n       y\n\n Two.\n";
        assert_eq!(converted(comment), "One:\n\n```text\nlet x = 1;\n\n  y\n```\n\nTwo.");
        assert_eq!(converted("a\n     b"), "a\nb", "a paragraph goes on");
        assert_eq!(converted(" # a\n     b\n"), "# a\n```text\nb\n```");
        assert_eq!(converted(" a\n ---\n     ```\n"), "a\n---\n~~~~text\n```\n~~~~");
    }

    #[test]
    fn fences_say_what_they_hold_and_end() {
        assert_eq!(converted(" ```\n  a[0] <b>\n ```\n"), "```text\n a[0] <b>\n```");
        assert_eq!(converted(" ~~~~ rust\n a\n ~~~\n"), "~~~~text\na\n~~~");
        assert_eq!(converted(" ```json\n {}\n ```"), "```json\n{}\n```");
        assert_eq!(converted(" - ```\n   a\n b\n   ```\n c"), "- ```text\n  a\nb\n  ```text\nc");
        assert_eq!(
            converted(" > ```\n > a\n > ```"),
            "\\> ```\n> a\n> ```".replace("\n>", "\n\\>")
        );
    }

    #[test]
    fn lists_keep_their_paragraphs() {
        assert_eq!(
            converted(" * one\n two\n\n   three\n\n four"),
            "* one\n  two\n\n  three\n\nfour"
        );
        assert_eq!(converted(" -      a\n\n        b"), "- ```text\n  a\n\n  b\n  ```");
        assert_eq!(converted(" 1.  a\n\n     b\n 2. c"), "1.  a\n\n    b\n2. c");
        let code = "1. a\n\n   ```text\n   b\n   ```\n\n   c";
        assert_eq!(converted(" 1. a\n\n        b\n\n    c"), code);
        assert_eq!(converted(" in\n 2. a\n\n     b"), "in\n2. a\n\n```text\nb\n```");
        assert_eq!(converted(" - a\n   - b\n - c"), "- a\n  - b\n- c");
    }

    #[test]
    fn what_needs_too_many_edits_is_code() {
        for comment in ["<!-- ".repeat(9) + "-->", "- ".repeat(99) + "a"] {
            assert_eq!(converted(&comment), format!("```text\n    {comment}\n```"));
        }
    }

    #[test]
    fn comments_before_and_behind_are_paragraphs() {
        assert_eq!(lines([" a\n", "  b\n"]), ["a", "", "b"]);
        assert_eq!(lines(["", " b\n"]), ["b"]);
        assert_eq!(lines(["", ""]), [""; 0]);
    }

    #[test]
    fn what_rust_refuses_in_comments_is_not_there() {
        assert_eq!(converted(" a\rb\u{202e}c\td  \n\n"), "abc    d");
    }

    #[test]
    fn links_and_tags_are_what_they_look_like() {
        for (comment, text) in [
            ("a[0] and [b]", r"a\[0\] and \[b\]"),
            (r"\[a\] \<b>", r"\[a\] \<b>"),
            ("[A][p.A] and [B]\n[p.v1.B].", "A and B."),
            ("[a](b) [a](https://b.c/d)", r"\[a\](b) [a](https://b.c/d)"),
            ("[a](https://b.c/(d)) (e)", "[a](https://b.c/(d)) (e)"),
            ("[a](https://b.c/(d) e", r"\[a\](<https://b.c/(d)> e"),
            ("[[a]](https://b.c)", r"[\[a\]](https://b.c)"),
            ("Map<K, V> 1 < 2 <= 3 </b>", r"Map<K, V> 1 < 2 <= 3 \</b>"),
            ("see https://a.b/c(d). (http://e.f)", "see <https://a.b/c(d)>. (<http://e.f>)"),
            ("<https://a.b> inhttp://c", "<https://a.b> in<http://c>"),
            ("`a[0] <b>\nc` `` ` `` [d]", "`a[0] <b>\nc` `` ` `` \\[d\\]"),
            ("a ` b [c", r"a \` b \[c"),
            ("grüße [ü]\\", r"grüße \[ü\]\"),
            ("[a] [b]\n\n[a]: https://c.d\n[b]: c", "[a] \\[b\\]\n\n[a]: https://c.d\n\\[b\\]: c"),
            ("[^a]\n\n[^a]: b", "\\[^a\\]\n\n\\[^a\\]: b"),
            ("- [ ] a\n- [b]", "- \\[ \\] a\n- \\[b\\]"),
            ("| https://a.b |\n|---|\n| [c] |", "| <https://a.b> |\n|---|\n| \\[c\\] |"),
            ("<pre>\n```\na[0]\n```\n</pre>", "\\<pre>\n```text\na[0]\n```\n\\</pre>"),
        ] {
            assert_eq!(converted(comment), text, "{comment}");
        }
    }
}
