//! `differences.toml`: where wireproof answers otherwise than buf and is right to, with reasons.

use std::sync::LazyLock;

use crate::parity::programs::tools::Answer;

/// One difference.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Difference {
    /// What differs, in a few words.
    pub what: String,
    /// Why it stays.
    pub reason: String,
    /// What shows it, and who is right.
    pub witness: String,
    /// The compile cases (without `.ok` or `.bad`) that show it.
    #[serde(default)]
    pub cases: Vec<String>,
    /// What the program that refuses says of it, where a fault of a schema can lead there.
    #[serde(default)]
    pub says: Vec<String>,
    /// The lines of `input_forms.txt` that show it.
    #[serde(default)]
    pub inputs: Vec<String>,
    /// The lines of `rules.txt`, or made of `expressions.txt`, that show it.
    #[serde(default)]
    #[cfg_attr(
        not(feature = "protovalidate"),
        expect(dead_code, reason = "for the tests of rules")
    )]
    pub rules: Vec<String>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    difference: Vec<Difference>,
}

/// All of them.
pub(super) fn all() -> &'static [Difference] {
    static ALL: LazyLock<File> = LazyLock::new(|| {
        toml::from_str(include_str!("differences.toml")).expect("differences.toml can be read")
    });
    &ALL.difference
}

/// Whether a compile case is known to be answered otherwise.
pub(super) fn of_case(name: &str) -> Option<&'static Difference> {
    all().iter().find(|difference| difference.cases.iter().any(|case| case == name))
}

/// Whether all that a program refuses in a schema is known to be answered otherwise.
pub(super) fn of_refusal(answer: &Answer) -> bool {
    let known = |message: &str| {
        let said = all().iter().flat_map(|difference| &difference.says);
        said.into_iter().any(|text| message.contains(text.as_str()))
    };
    let messages = answer.messages();
    !messages.is_empty() && messages.iter().all(|message| known(message))
}

/// Whether an input is known to be answered otherwise.
pub(super) fn of_input(line: &str) -> Option<&'static Difference> {
    all().iter().find(|difference| difference.inputs.iter().any(|input| input == line))
}

/// Whether rules of protovalidate are known to be judged otherwise.
#[cfg(feature = "protovalidate")]
pub(super) fn of_rule(line: &str) -> Option<&'static Difference> {
    all().iter().find(|difference| difference.rules.iter().any(|rule| rule == line))
}

#[test]
fn every_difference_says_why() {
    for difference in all() {
        for text in [&difference.what, &difference.reason, &difference.witness] {
            assert!(!text.trim().is_empty(), "{difference:?}");
        }
    }
}
