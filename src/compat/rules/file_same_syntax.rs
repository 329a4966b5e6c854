use super::{Check, CompatRule, File, Findings, Pair, Rule, on, tag};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "FILE_SAME_SYNTAX",
        purpose: "A file keeps its syntax.",
        docs: "\
## What it checks

A proto2 file stays proto2, a proto3 file proto3, and a file with an edition keeps one. A file
without `syntax` is proto2. A change from one edition to another is not reported.

## Why

The syntax decides the defaults of a file: whether fields have presence, whether enums are open,
whether strings are validated, whether repeated fields are packed. Some generators write different
code for each syntax, even if the features are the same.

## Instead

Keep the syntax. When a file has to move to an edition, set the features that preserve its
behaviour, and exempt the file from this rule with `ignore_only`.
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
            format_args!("changed from {old} to {new}."),
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
