//! Checks the syntax of CEL expressions. The parser of the crate `cel` has the same grammar as
//! cel-go. Texts that could exhaust the stack or take very long are rejected before parsing.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use cel::parser::Parser;

use super::checker;
use super::types::{Scope, Type};

/// The limits of cel-go: the characters of an expression, and its nesting levels.
const MAX_CHARACTERS: usize = 100_000;
const MAX_LEVELS: usize = 250;

/// The number of levels up to which an expression is parsed on the current stack, and the size of
/// the stack for deeper ones.
const FEW_LEVELS: usize = 4;
const STACK: usize = 128 << 20;

/// The errors of an expression, and the type of its value.
type Verdict<'s> = (Vec<String>, Type<'s>);

/// Returns the errors of `text`: those of the parser or, if it parses, type errors.
pub(super) fn analyze<'s>(text: &str, scope: &Scope<'s>) -> Verdict<'s> {
    let invalid = |error| (vec![error], Type::Unknown);
    if text.chars().count() > MAX_CHARACTERS {
        return invalid(format!("it is longer than {MAX_CHARACTERS} characters"));
    }
    let levels = levels(text);
    if levels > MAX_LEVELS {
        return invalid(too_deep());
    }
    if levels <= FEW_LEVELS {
        return parse(text, scope);
    }
    thread::scope(|threads| {
        let parser = thread::Builder::new().stack_size(STACK);
        let parsed = parser.spawn_scoped(threads, || parse(text, scope));
        // If no thread can be started, no error is reported.
        parsed.ok().and_then(|parsed| parsed.join().ok()).unwrap_or((Vec::new(), Type::Unknown))
    })
}

/// Whether an expression has few levels.
pub(super) fn is_flat(text: &str) -> bool {
    levels(text) <= FEW_LEVELS
}

fn too_deep() -> String {
    format!("it nests more than {MAX_LEVELS} levels deep")
}

fn parse<'s>(text: &str, scope: &Scope<'s>) -> Verdict<'s> {
    let parser = || {
        Parser::new().max_recursion_depth(MAX_LEVELS as u16 - 1).enable_ident_escape_syntax(true)
    };
    let parse =
        || parser().parse(text).map(|expression| checker::check(&expression, scope.clone()));
    match catch_unwind(AssertUnwindSafe(parse)) {
        Ok(Ok(verdict)) => verdict,
        Ok(Err(failed)) => {
            let errors = failed.errors.into_iter().map(|error| error.msg);
            (messages(errors.collect()), Type::Unknown)
        }
        Err(_) => (vec!["no parser can read it".to_owned()], Type::Unknown),
    }
}

/// Returns the messages of the parser in short form, without consequential ones.
fn messages(errors: Vec<String>) -> Vec<String> {
    if errors.iter().any(|error| error.contains("Recursion limit")) {
        return vec![too_deep()];
    }
    // The parser adds these messages to the one about the actual error.
    let (extra, errors): (Vec<_>, Vec<_>) =
        errors.into_iter().partition(|error| error.starts_with("Incomplete `"));
    let errors = if errors.is_empty() { extra } else { errors };
    errors.iter().map(|error| error.trim_start_matches("Syntax error: ").to_owned()).collect()
}

/// Returns an upper bound of the depth of the syntax tree of `text`: nested brackets, chained
/// operators, nested conditionals.
fn levels(text: &str) -> usize {
    let mut levels =
        Levels { bytes: text.as_bytes(), at: 0, open: vec![Level::default()], most: 0 };
    while levels.step().is_some() {}
    levels.most
}

struct Levels<'a> {
    bytes: &'a [u8],
    at: usize,
    /// A level for each open bracket, and one for the text itself.
    open: Vec<Level>,
    most: usize,
}

/// The chained operators and conditionals between two brackets.
#[derive(Default)]
struct Level {
    steps: usize,
    conditions: usize,
}

impl Levels<'_> {
    /// Reads the next byte, or a whole string or comment; none at the end.
    fn step(&mut self) -> Option<()> {
        let byte = *self.bytes.get(self.at)?;
        let before = self.at.checked_sub(1).and_then(|at| self.bytes.get(at)).copied();
        let after = self.bytes.get(self.at + 1).copied();
        let is_digit = |byte: u8| byte.is_ascii_digit();
        self.at += 1;
        match byte {
            b'"' | b'\'' => self.string(byte, matches!(before, Some(b'r' | b'R'))),
            b'/' if after == Some(b'/') => {
                let rest = &self.bytes[self.at..];
                self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            }
            b'(' | b'[' | b'{' => {
                self.count(|level| level.steps += 1);
                self.most = self.most.max(self.open.len());
                self.open.push(Level::default());
            }
            b')' | b']' | b'}' if self.open.len() > 1 => drop(self.open.pop()),
            b',' => self.count(|level| *level = Level::default()),
            b'&' | b'|' | b':' => self.count(|level| level.steps = 0),
            b'?' => {
                self.count(|level| *level = Level { steps: 0, conditions: level.conditions + 1 })
            }
            // `!=` and `>=` are one operator; `!!!` and `---` are one level.
            b'+' | b'-' | b'*' | b'/' | b'%' | b'<' | b'>' | b'=' | b'!'
                if before.is_some_and(|before| b"+-*/%<>=!".contains(&before)) => {}
            b'.' if before.is_some_and(is_digit) && after.is_some_and(is_digit) => {}
            b'.' | b'+' | b'-' | b'*' | b'/' | b'%' | b'<' | b'>' | b'=' | b'!' => {
                self.count(|level| level.steps += 1);
            }
            b'n' if before == Some(b'i') => self.count(|level| level.steps += 1),
            _ => {}
        }
        Some(())
    }

    fn count(&mut self, change: impl FnOnce(&mut Level)) {
        let depth = self.open.len() - 1;
        if let Some(level) = self.open.last_mut() {
            change(level);
            self.most = self.most.max(depth).max(level.steps).max(level.conditions);
        }
    }

    /// Skips a string whose first quote has been read.
    fn string(&mut self, quote: u8, is_raw: bool) {
        let three = [quote; 3];
        let is_long = self.bytes[self.at - 1..].starts_with(&three);
        let close: &[u8] = if is_long { &three } else { &three[..1] };
        self.at += if is_long { 2 } else { 0 };
        while self.at < self.bytes.len() {
            let rest = &self.bytes[self.at..];
            if rest.starts_with(close) {
                self.at += close.len();
                return;
            }
            if !is_long && rest[0] == b'\n' {
                return;
            }
            self.at += if rest[0] == b'\\' && !is_raw { 2 } else { 1 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Schema;

    /// Returns the errors of an expression about a value of unknown type.
    fn errors(text: &str) -> Vec<String> {
        let schema = Schema::new(Vec::new());
        let names = ["this", "a", "f", "Foo", "x"].map(|name| (name.to_owned(), Type::Unknown));
        let (mut errors, _) = analyze(text, &Scope { schema: &schema, names: names.to_vec() });
        errors.retain(|error| !error.starts_with("there is no function `f`"));
        errors
    }

    #[test]
    fn what_is_no_expression_is_found() {
        let good = ["this.all(x, x > 0) ? '' : 'bad'", "-1.5e3 < 2u", "r'\\d' + R'a'", "1 // c"];
        for text in good {
            assert_eq!(errors(text), [""; 0], "{text}");
        }
        assert_eq!(errors("1 +").len(), 1);
        assert_eq!(errors("a ? b").len(), 1, "what is incomplete is reported once");
        assert_eq!(errors("x x ) y").len(), 1);
        assert_eq!(errors("a.?b"), ["unsupported syntax '.?'"]);
    }

    #[test]
    fn levels_are_counted_outside_of_strings() {
        assert_eq!(levels("a + '((((' // [[[["), 1);
        assert_eq!(levels("\"\"\"(\"(\"\"\" + r'\\' + ((1))"), 3);
        assert_eq!(levels("f(g(h(1)))"), 3);
        assert_eq!(levels("a.b.c.d && a.b"), 3);
        assert_eq!(levels("1.5 + 1.5"), 1);
    }

    #[test]
    fn no_text_exhausts_the_stack() {
        let times = |text: &str, times| text.repeat(times);
        for text in ["(", "[", "{1:", "f(", "-(", "a.all(x,", "Foo{a:", "true?", "a?1:", "!", "-"] {
            for count in [100, 249, 300, 20_000] {
                drop(errors(&times(text, count)));
                drop(errors(&format!("{}1", times(text, count))));
            }
        }
        for (text, close) in [("(", ")"), ("[", "]"), ("f(", ")"), ("a.all(x,", ")"), ("a[", "]")] {
            let nested = |count| format!("{}true{}", times(text, count), times(close, count));
            assert_eq!(errors(&nested(249)), [""; 0], "{text}");
            assert_eq!(errors(&nested(251)).len(), 1, "{text}");
            assert_eq!(errors(&nested(10_000)).len(), 1, "{text}");
        }
        for text in ["a.", "1+", "a==", "a in "] {
            assert_eq!(errors(&format!("{}a", times(text, 250))), [""; 0], "{text}");
            assert_eq!(errors(&format!("{}a", times(text, 251))).len(), 1, "{text}");
        }
        assert_eq!(errors(&format!("{}a", times("a && ", 10_000))), [""; 0]);
        assert_eq!(errors(&times("a", 100_001)).len(), 1);
    }
}
