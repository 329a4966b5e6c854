//! Comments that ask lint to be silent, right ones and others, written into sources line by line.

use crate::parity::generator::names::pick;
use crate::parity::generator::setup::live_rules;
use crate::parity::generator::token_printer::Rng;
use crate::parity::programs::table::Kind;

/// Writes comments into a text, and takes its syntax away now and then.
pub(crate) fn silence(text: &str, seed: u64) -> String {
    let mut rng = Rng(seed);
    let rng = &mut rng;
    let text = match text.strip_prefix("syntax = \"proto2\";") {
        Some(rest) if rng.once_in(2) => rest,
        _ => text,
    };
    let share = 2 + rng.below(8);
    let mut silenced = String::new();
    let mut block = false;
    for line in text.split_inclusive('\n') {
        // Nothing is written into what could be a comment of several lines already.
        let opens = line.matches("/*").count() != line.matches("*/").count();
        if !block && !opens && rng.once_in(share) {
            silenced.push_str(&comment(line, rng));
        } else {
            silenced.push_str(line);
        }
        block ^= opens;
    }
    silenced
}

/// `line` with a comment before or behind it.
fn comment(line: &str, rng: &mut Rng) -> String {
    let end = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
    let body = line.trim_end_matches(['\r', '\n']);
    let asks = asks(rng);
    match rng.below(9) {
        0..=2 => format!("// {asks}{end}{line}"),
        3 => format!("//{asks}{end}// and more{end}{line}"),
        4 => format!("// at first{end}//   {asks}{end}{line}"),
        5 => format!("/* {asks} */{end}{line}"),
        6 => format!("/**{end} * {asks}{end} */{end}{line}"),
        7 => format!("// {asks}{end}{end}{line}"),
        // Behind what could be open no comment may begin.
        _ => format!("{body} // {asks}{end}"),
    }
}

/// What a comment asks: of a rule, of a category, of nobody.
fn asks(rng: &mut Rng) -> String {
    let rules = live_rules(Kind::Lint, pick(&["v2", "v2", "v1beta1"], rng.below(30)));
    // A few rules have most of the findings.
    const FREQUENT: [&str; 8] = [
        "FIELD_LOWER_SNAKE_CASE",
        "ENUM_VALUE_PREFIX",
        "ENUM_VALUE_UPPER_SNAKE_CASE",
        "MESSAGE_PASCAL_CASE",
        "COMMENT_FIELD",
        "COMMENT_MESSAGE",
        "PACKAGE_DIRECTORY_MATCH",
        "RPC_REQUEST_STANDARD_NAME",
    ];
    let rule =
        if rng.once_in(2) { pick(&rules, rng.below(500)) } else { pick(&FREQUENT, rng.below(80)) };
    match rng.below(14) {
        0 => format!("buf:lint:ignore {rule}x"),
        1 => format!("buf:lint:ignore {}", &rule[..rule.len() - 1]),
        2 => format!("buf:lint:ignore {rule} because of it"),
        3 => format!("buf:lint:ignore  {rule}"),
        4 => format!("see buf:lint:ignore {rule}"),
        5 => format!("buf:lint:ignore {},{rule}", pick(&rules, rng.below(500))),
        6 => format!("buf:lint:ignore {}", pick(&["STANDARD", "COMMENTS", "BASIC"], rng.below(9))),
        7 => format!("buf:lint:ignore\t{rule}"),
        8 => format!("BUF:lint:ignore {rule}"),
        _ => format!("buf:lint:ignore {rule}"),
    }
}
