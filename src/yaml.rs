//! YAML files: how they are read, and the words for what is wrong in one. The texts of the parser are
//! for programmers who use it, and never shown.

use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::{DeserializeError, Location, Options};

use crate::error::Error;

/// Returns the options for files that people write. As for buf, `yes` and `on` are strings.
pub(crate) fn options() -> Options {
    serde_saphyr::options! { with_snippet: false, strict_booleans: true }
}

/// Returns the error for the file `name`, with its location.
pub(crate) fn error(error: &DeserializeError, name: &str) -> Error {
    let place = error.location().map_or_else(|| name.to_owned(), |at| place(name, at));
    Error::new(problem(error)).at(place)
}

/// Returns `name:line:column`.
pub(crate) fn place(name: &str, at: Location) -> String {
    if at == Location::UNKNOWN {
        name.to_owned()
    } else {
        format!("{name}:{}:{}", at.line(), at.column())
    }
}

/// Returns the problem and its location, for content without a file name.
pub(crate) fn located(error: &DeserializeError) -> String {
    match error.location() {
        Some(at) if at != Location::UNKNOWN => {
            format!("line {}, column {}: {}", at.line(), at.column(), problem(error))
        }
        _ => problem(error),
    }
}

/// Describes what was written.
fn problem(error: &DeserializeError) -> String {
    use DeserializeError as Of;
    match error.without_snippet() {
        Of::AliasError { error, .. } => problem(error),
        // The messages of our own types.
        Of::Message { msg, .. } | Of::SerdeVariantId { msg, .. } => msg.clone(),
        Of::SerdeInvalidType { unexpected, expected, .. }
        | Of::SerdeInvalidValue { unexpected, expected, .. } => {
            format!("found {unexpected}, expected {expected}")
        }
        Of::SerdeMissingField { field, .. } => format!("the key `{field}` is missing"),
        Of::SerdeUnknownField { field, .. } => format!("unknown key `{field}`"),
        Of::SerdeUnknownVariant { variant, expected, .. } => {
            format!("unknown value `{variant}`, expected one of {}", expected.join(", "))
        }
        Of::DuplicateMappingKey { key: Some(key), .. } => format!("duplicate key `{key}`"),
        Of::DuplicateMappingKey { key: None, .. } => "duplicate key".to_owned(),
        Of::Unexpected { expected, .. } => format!("expected {}", kind(expected)),
        Of::NullIntoString { .. } => "expected a string, found null".to_owned(),
        Of::InvalidScalar { ty, .. } => format!("expected {ty}"),
        Of::Budget { breach, .. } => format!("the file has too {}", too_large(breach)),
        Of::AliasReplayLimitExceeded { .. }
        | Of::AliasExpansionLimitExceeded { .. }
        | Of::AliasReplayStackDepthExceeded { .. }
        | Of::AliasReplayCounterOverflow { .. } => "the file has too many aliases".to_owned(),
        Of::IOError { .. } | Of::InvalidUtf8Input => "the file is not UTF-8".to_owned(),
        Of::ExternalMessage { msg, .. } => syntax(msg).to_owned(),
        other => plain(other).to_owned(),
    }
}

/// Describes a problem without a variable part.
fn plain(error: &DeserializeError) -> &'static str {
    use DeserializeError as Of;
    match error {
        Of::Eof { .. } => "the file ends too early",
        Of::ContainerEndMismatch { .. } => "brackets do not match",
        Of::InvalidBooleanStrict { .. } => "expected `true` or `false`",
        Of::UnknownAnchor { .. } => "no anchor above has the name of this alias",
        Of::RecursiveReferencesRequireWeakTypes { .. } => "this alias is inside its own anchor",
        Of::MergeValueNotMapOrSeqOfMaps { .. } => "expected a mapping, or a list of them, for `<<`",
        Of::FoldedBlockScalarMustIndentContent { .. } => "the text below `>` is not indented",
        Of::TaggedScalarCannotDeserializeIntoString { .. }
        | Of::InvalidBinaryBase64 { .. }
        | Of::BinaryNotUtf8 { .. }
        | Of::UnsupportedTag { .. } => "a value with this tag (`!`) is not allowed here",
        _ => INVALID,
    }
}

const INVALID: &str = "this is not valid YAML";

/// Parts of the messages of the scanner, and what each of them means for the person who wrote the
/// file. The first that matches counts.
const SYNTAX: &[(&str, &str)] = &[
    (
        "mapping values are not allowed",
        "`:` is not allowed here; check the indentation, or put the value into quotes",
    ),
    ("mapping keys are not allowed", "`?` is not allowed here"),
    ("block sequence entries are not", "`-` is not allowed here"),
    ("did not find expected key", "this line is not indented like those above"),
    ("expected '-' indicator", "this line is not indented like those above"),
    ("invalid indentation", "this line is not indented like those above"),
    ("tab", "a tab is not allowed here; use spaces"),
    ("unclosed quote", "this quote is not closed"),
    ("unclosed bracket", "this bracket is not closed"),
    ("mismatched bracket", "this bracket is closed by another kind of bracket"),
    ("misplaced bracket", "this bracket closes nothing"),
    ("expected ',' or", "`,` or a closing bracket is missing"),
    ("escape", "unknown escape sequence; use single quotes, or `\\\\` for a backslash"),
    ("hexadecimal", "invalid escape sequence; use single quotes, or `\\\\` for a backslash"),
    ("surrogate", "invalid escape sequence; use single quotes, or `\\\\` for a backslash"),
    ("unexpected character", "a value cannot begin with this character; put it into quotes"),
    ("trailing content", "text after the closing quote"),
    ("directive", "invalid line that begins with `%`"),
    ("major version", "this version of YAML is not supported"),
    ("unexpected eof", "the file ends too early"),
    ("unexpected EOF", "the file ends too early"),
    ("utf-8", "the file is not UTF-8"),
    ("recursion limit", "the file has too many levels"),
];

/// Describes a syntax error.
fn syntax(message: &str) -> &'static str {
    let known = SYNTAX.iter().find(|(part, _)| message.contains(part));
    known.map_or(INVALID, |(_, words)| words)
}

/// Returns the name of the kind of value that the parser expected.
fn kind(expected: &str) -> &'static str {
    match expected {
        _ if expected.starts_with("seq") => "a list",
        _ if expected.starts_with("map") => "a mapping (`key: value`)",
        "string scalar" | "string" => "a string",
        "scalar" => "a single value",
        _ => "another kind of value",
    }
}

/// Describes what a file has too much of. The limits are the defaults of the parser.
fn too_large(breach: &BudgetBreach) -> &'static str {
    match breach {
        BudgetBreach::Depth { .. } => "many levels",
        BudgetBreach::Aliases { .. }
        | BudgetBreach::Anchors { .. }
        | BudgetBreach::MergeKeys { .. }
        | BudgetBreach::AliasAnchorRatio { .. } => "many aliases",
        BudgetBreach::ScalarBytes { .. } => "much text",
        BudgetBreach::Documents { .. } => "many documents",
        _ => "many values",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::de::DeserializeOwned;
    use serde_json::Value as Json;

    use super::*;

    /// Lists of strings by key.
    type File = BTreeMap<String, Vec<String>>;

    /// Returns the error of a file that is read as `T`.
    fn shown<T: DeserializeOwned + std::fmt::Debug>(text: &str) -> String {
        let read = serde_saphyr::from_str_with_options::<T>(text, options());
        error(&read.expect_err(text), "f.yaml").to_string()
    }

    #[test]
    fn problems_are_described_in_our_own_words() {
        for (text, line) in [
            ("a: []\na: []\n", "f.yaml:2:1: duplicate key `a`"),
            ("a: x\n", "f.yaml:1:4: expected a list"),
            ("a: [{b: c}]\n", "f.yaml:1:5: expected a string"),
            ("- a\n", "f.yaml:1:1: expected a mapping (`key: value`)"),
            ("a: [null]\n", "f.yaml:1:5: expected a string, found null"),
            ("a: [\n", "f.yaml:1:4: this bracket is not closed"),
            ("a: [}\n", "f.yaml:1:4: this bracket is closed by another kind of bracket"),
            ("a: []\n}\n", "f.yaml:2:1: this bracket closes nothing"),
            ("a: [\"x]\n", "f.yaml:1:5: this quote is not closed"),
            ("a:\n\tb: c\n", "f.yaml:2:2: a tab is not allowed here; use spaces"),
            ("a:\n  - b\n - c\n", "f.yaml:3:2: this line is not indented like those above"),
            (
                "a: [@b]\n",
                "f.yaml:1:5: a value cannot begin with this character; put it into quotes",
            ),
            ("a: *b\n", "f.yaml:1:4: no anchor above has the name of this alias"),
            ("a: &b [*b]\n", "f.yaml:1:8: this alias is inside its own anchor"),
            ("<<: x\n", "f.yaml:1:5: expected a mapping, or a list of them, for `<<`"),
        ] {
            assert_eq!(shown::<File>(text), line, "{text:?}");
        }
        let line = shown::<Json>("a: b: c\n");
        assert_eq!(
            line,
            "f.yaml:1:5: `:` is not allowed here; check the indentation, or put the value into quotes"
        );
    }

    #[test]
    fn a_file_beyond_the_limits_is_described_without_numbers_of_the_parser() {
        let values = format!("a: [{}]", "x,".repeat(250_001));
        assert!(shown::<File>(&values).ends_with(": the file has too many values"));
        let nested = format!("a: {}{}", "[".repeat(100), "]".repeat(100));
        assert!(shown::<Json>(&nested).ends_with(": the file has too many levels"));
        let mut aliases = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let alias = format!("*a{}", level - 1);
            aliases += &format!("a{level}: &a{level} [{}]\n", [&*alias; 10].join(", "));
        }
        let shown = shown::<Json>(&aliases);
        assert!(shown.contains(": the file has too many "), "{shown}");
    }
}
