//! Comments as Markdown without warnings of rustdoc: indented and fenced text is never a doctest;
//! brackets, tags and bare addresses appear as written. Blocks are converted here, the text inside
//! a paragraph in `inline`.

use super::inline;

/// The indentation of code, relative to the beginning of its paragraph.
const CODE: usize = 4;

/// Returns the lines of documentation for `comment`.
pub(super) fn lines(comment: &str) -> Vec<String> {
    let lines: Vec<String> = comment.lines().map(cleaned).collect();
    let indents = lines.iter().filter(|line| !line.is_empty()).map(|line| indent(line));
    let common = indents.min().unwrap_or(0);
    let mut blocks = Blocks::default();
    for line in &lines {
        blocks.line(line.get(common..).unwrap_or_default());
    }
    blocks.end()
}

/// Returns a line without the characters that Rust does not accept in a comment, and with spaces
/// for tabs.
fn cleaned(line: &str) -> String {
    let refused =
        |c: char| c == '\r' || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    line.replace(refused, "").replace('\t', "    ").trim_end().to_owned()
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// An open list item: the column of its text in the comment, and in the output.
#[derive(Clone, Copy, Default)]
struct Item {
    written: usize,
    output: usize,
}

/// The open blocks around a line.
#[derive(Default)]
struct Blocks {
    out: Vec<String>,
    /// The lines of the current paragraph; code between backticks may span several lines.
    paragraph: Vec<String>,
    items: Vec<Item>,
    /// The lines of an indented code block.
    code: Vec<String>,
    /// The fence that ends the current fenced block.
    fence: Option<String>,
}

impl Blocks {
    fn line(&mut self, line: &str) {
        let text = line.trim_start_matches(' ');
        if let Some(mark) = &self.fence {
            let ends = text.len() >= mark.len() && text.chars().all(|c| mark.starts_with(c));
            if ends {
                self.close_fence();
            } else {
                self.out.push(line.to_owned());
            }
            return;
        }
        if text.is_empty() {
            self.flush_paragraph();
            let blank = if self.code.is_empty() { &mut self.out } else { &mut self.code };
            blank.push(String::new());
            return;
        }
        let indent = indent(line);
        let before = self.items.len();
        if self.paragraph.is_empty() || marker(text).is_some() {
            self.items.retain(|item| item.written <= indent);
        }
        let item = self.items.last().copied().unwrap_or_default();
        let deep = indent >= item.written + CODE;
        if deep && self.paragraph.is_empty() {
            self.code.push(line.to_owned());
            return;
        }
        self.flush_code();
        self.text(text, indent, deep, self.items.len() < before);
    }

    /// Adds a line that is not code. `closed` is true if it has ended a list item.
    fn text(&mut self, text: &str, indent: usize, deep: bool, closed: bool) {
        if let Some(mark) = fence(text).filter(|_| !deep) {
            return self.open_fence(text, mark);
        }
        let output = self.items.last().map_or(0, |item| item.output);
        let inside = !self.paragraph.is_empty();
        let found = marker(text).filter(|marker| !deep && marker.may_begin(inside && !closed));
        if let Some(Marker { mark, rest }) = found {
            self.flush_paragraph();
            let gap = text.len() - mark.len() - rest.len();
            let gap = if rest.is_empty() || gap > CODE { 1 } else { gap };
            let width = mark.len() + 1;
            self.items.push(Item { written: indent + mark.len() + gap, output: output + width });
            if let Some(mark) = fence(rest) {
                return self.open_fence(rest, mark);
            }
            match rest {
                "" => self.out.push(format!("{:output$}{mark}", "")),
                rest => self.paragraph.push(format!("{:output$}{mark} {rest}", "")),
            }
            return;
        }
        let heading = is_heading(text) && !deep;
        if heading {
            self.flush_paragraph();
        }
        // A block quote could contain code.
        let quote = if text.starts_with('>') { "\\" } else { "" };
        self.paragraph.push(format!("{:output$}{quote}{text}", ""));
        if heading || is_line(text) {
            self.flush_paragraph();
        }
    }

    /// Opens a fenced block, in the first column, where no list item can end it early.
    fn open_fence(&mut self, text: &str, mark: &str) {
        self.flush_paragraph();
        self.items.iter_mut().for_each(|item| item.output = 0);
        let language = text[mark.len()..].trim();
        let language = if is_other_language(language) { language } else { "text" };
        self.out.push(format!("{mark}{language}"));
        self.fence = Some(mark.to_owned());
    }

    fn close_fence(&mut self) {
        self.out.extend(self.fence.take());
    }

    fn flush_paragraph(&mut self) {
        if !self.paragraph.is_empty() {
            let text = inline::escaped(&std::mem::take(&mut self.paragraph).join("\n"));
            self.out.extend(text.lines().map(|line| line.trim_end().to_owned()));
        }
    }

    fn flush_code(&mut self) {
        let mut code = std::mem::take(&mut self.code);
        if code.is_empty() {
            return;
        }
        let blank = code.iter().rev().take_while(|line| line.is_empty()).count();
        code.truncate(code.len() - blank);
        let indents = code.iter().filter(|line| !line.is_empty()).map(|line| indent(line));
        let common = indents.min().unwrap_or(0);
        let mark = if code.iter().any(|line| line.contains("```")) { "~~~~" } else { "```" };
        self.items.iter_mut().for_each(|item| item.output = 0);
        self.out.push(format!("{mark}text"));
        self.out.extend(code.iter().map(|line| line.get(common..).unwrap_or_default().to_owned()));
        self.out.push(mark.to_owned());
        self.out.extend(std::iter::repeat_n(String::new(), blank));
    }

    fn end(mut self) -> Vec<String> {
        self.flush_paragraph();
        self.flush_code();
        self.close_fence();
        let first = self.out.iter().position(|line| !line.is_empty()).unwrap_or(self.out.len());
        let mut lines = self.out.split_off(first);
        lines.truncate(lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1));
        lines
    }
}

/// Returns the fence that `text` opens.
fn fence(text: &str) -> Option<&str> {
    let first = text.chars().next().filter(|first| matches!(first, '`' | '~'))?;
    let rest = text.trim_start_matches(first);
    let mark = &text[..text.len() - rest.len()];
    (mark.len() >= 3 && !(first == '`' && rest.contains('`'))).then_some(mark)
}

/// Whether the word after a fence is the name of a language other than Rust.
fn is_other_language(name: &str) -> bool {
    const OTHERS: [&str; 16] = [
        "bash", "c", "cpp", "go", "html", "http", "java", "js", "json", "proto", "protobuf",
        "python", "sh", "sql", "xml", "yaml",
    ];
    OTHERS.contains(&name)
}

struct Marker<'a> {
    mark: &'a str,
    rest: &'a str,
}

impl Marker<'_> {
    /// Whether it begins a list item. Inside a paragraph, fewer markers do.
    fn may_begin(&self, inside: bool) -> bool {
        let first = matches!(self.mark, "-" | "*" | "+" | "1." | "1)");
        !inside || (first && !self.rest.is_empty())
    }
}

/// Splits a list item into its marker and its text.
fn marker(text: &str) -> Option<Marker<'_>> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let length = match text.as_bytes().get(digits)? {
        b'-' | b'*' | b'+' if digits == 0 => 1,
        b'.' | b')' if (1..=9).contains(&digits) => digits + 1,
        _ => return None,
    };
    let (mark, rest) = text.split_at(length);
    let begins = (rest.is_empty() || rest.starts_with(' ')) && !is_line(text);
    begins.then(|| Marker { mark, rest: rest.trim_start() })
}

fn is_heading(text: &str) -> bool {
    let rest = text.trim_start_matches('#');
    let level = text.len() - rest.len();
    (1..=6).contains(&level) && (rest.is_empty() || rest.starts_with(' '))
}

/// Whether `text` is a drawn line: a thematic break, or the underline of a heading.
fn is_line(text: &str) -> bool {
    let marks: String = text.split(' ').collect();
    let drawn = |mark: char| !marks.is_empty() && marks.chars().all(|c| c == mark);
    (['-', '*', '_'].into_iter().any(drawn) && marks.len() >= 3) || drawn('=')
}

#[cfg(test)]
mod tests {
    use super::lines;

    fn converted(comment: &str) -> String {
        lines(comment).join("\n")
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
        assert_eq!(converted(" ~~~~ rust\n a\n ~~~\n"), "~~~~text\na\n~~~\n~~~~");
        assert_eq!(converted(" ```json\n {}\n ```"), "```json\n{}\n```");
        assert_eq!(converted(" - ```\n   a\n b\n   ```\n c"), "```text\n  a\nb\n```\nc");
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
        assert_eq!(converted(" -      a\n\n        b"), "- a\n\n```text\nb\n```");
        assert_eq!(converted(" 1.  a\n\n     b\n 2. c"), "1. a\n\n   b\n2. c");
        assert_eq!(converted(" 1. a\n\n        b\n\n    c"), "1. a\n\n```text\nb\n```\n\nc");
        assert_eq!(converted(" in\n 2. a\n\n     b"), "in\n2. a\n\n```text\nb\n```");
        assert_eq!(converted(" - a\n   - b\n - c"), "- a\n  - b\n- c");
    }

    #[test]
    fn what_rust_refuses_in_comments_is_not_there() {
        assert_eq!(converted(" a\rb\u{202e}c\td  \n\n"), "abc    d");
    }
}
