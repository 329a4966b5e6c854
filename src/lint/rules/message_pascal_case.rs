use super::{BASIC, Check, Findings, LintRule, Message, Rule, names, on, spelled, style};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "MESSAGE_PASCAL_CASE",
        purpose: "Message names are PascalCase.",
        docs: "\
## What it checks

Message names consist of words that begin with a capital letter, without separators:
`message user_profile` becomes `message UserProfile`. Several capitals in a row are allowed, so
`HTTPServer` is fine.

## Why

Generators derive the type names of each language from these names. PascalCase gives users the name
that they expect in every language. Each generator converts other spellings in its own way.

## Instead

Choose the name before it is published. Renaming it later breaks generated code, so keep a name that
clients already use and list it under `ignore_only`, with the reason.
",
        v1beta1: on(style::BASIC),
        v1: on(BASIC),
        v2: on(BASIC),
        ..Rule::PLAIN
    },
    check: Check::Message(check),
}];

fn check(message: Message<'_>, findings: &mut Findings<'_>) {
    spelled(message, message.name(), names::pascal_case, "PascalCase", findings);
}
