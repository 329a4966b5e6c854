use super::{Check, CompatRule, File, Findings, Pair, Rule, on, tag};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "FILE_SAME_SYNTAX",
        purpose: "A file keeps its syntax.",
        docs: "\
## What it checks

A file stays proto2, proto3 or in an edition. No syntax at all means proto2. From one edition to
another is no change here.

## Why

The syntax decides what a file does not say: whether fields know that they were set, whether enums
are open, whether strings are checked, whether lists are packed. Some generators write other code
for each syntax, even where the features are the same.

## Instead

Leave the syntax. Once a file must move to an edition, write down the features that held before,
and except this rule for the file with `ignore_only`.
",
        v1beta1: on(&["FILE", "PACKAGE"]),
        v1: on(&["FILE", "PACKAGE"]),
        v2: on(&["CSR", "FILE", "PACKAGE"]),
        ..Rule::PLAIN
    },
    check: Check::File(check),
}];

fn check(pair: Pair<File<'_>>, findings: &mut Findings<'_>) {
    let syntax = pair.map(word);
    if syntax.differs() {
        let Pair { old, new } = syntax;
        let draft = findings.on(pair).part(&[tag::file::SYNTAX]);
        let silent = pair.old.proto().syntax.is_none();
        let draft = if silent { draft.without_old() } else { draft };
        draft.report(
            format_args!("{old} to {new}"),
            format_args!("was written in {old} and is in {new} now."),
            format!("keep {old}"),
        );
    }
}

fn word(file: File<'_>) -> &str {
    match file.proto().syntax() {
        "" => "proto2",
        "editions" => "an edition",
        syntax => syntax,
    }
}
