use super::{BASIC, Check, Findings, LintRule, Message, Rule, names, on, spelled, style};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "MESSAGE_PASCAL_CASE",
        purpose: "Message names are PascalCase.",
        docs: "\
## What it checks

The names of messages are words that begin with a capital, joined without anything between: `message
user_profile` is `message UserProfile`. Capitals in a row stay as they are, so `HTTPServer` is fine.

## Why

Generators turn names into the types of each language. From PascalCase every one of them makes the
name that its users expect; from anything else they guess, and differently.

## Instead

Choose the name before it is published. Afterwards renaming breaks generated code, so a name that
clients know stays: write it down under `ignore_only`, with the reason.
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
