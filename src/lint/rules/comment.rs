use super::{Check, Findings, LintRule, PREFIXES, Rule, Subject, off};
use crate::schema::descriptor::FieldType;
use crate::schema::{Enum, EnumValue, Field, Message, Method, Oneof, Service};

/// Returns a rule that requires a comment on every element of one kind.
const fn rule(id: &'static str, purpose: &'static str, check: Check) -> LintRule {
    let membership = off(&["COMMENTS"]);
    LintRule {
        rule: Rule {
            id,
            purpose,
            docs: DOCS,
            v1beta1: membership,
            v1: membership,
            v2: membership,
            ..Rule::PLAIN
        },
        check,
    }
}

pub(super) const RULES: &[LintRule] = &[
    rule("COMMENT_ENUM", "Every enum has a comment.", Check::Enum(enumeration)),
    rule("COMMENT_ENUM_VALUE", "Every enum value has a comment.", Check::EnumValue(value)),
    rule("COMMENT_FIELD", "Every field has a comment.", Check::Field(field)),
    rule("COMMENT_MESSAGE", "Every message has a comment.", Check::Message(message)),
    rule("COMMENT_ONEOF", "Every oneof has a comment.", Check::Oneof(oneof)),
    rule("COMMENT_RPC", "Every RPC has a comment.", Check::Method(method)),
    rule("COMMENT_SERVICE", "Every service has a comment.", Check::Service(service)),
];

const DOCS: &str = "\
## What it checks

A non-empty comment directly precedes the element. Trailing comments, comments that an empty line
separates from the element, and lines that only suppress a lint rule do not count. The comment of a
group counts as that of its message.

## Why

The comment becomes the documentation of the generated type, method or field. For callers of the API
it is often the only documentation. A name alone does not tell the unit of a value, its limits, or
the effect of leaving it unset.

## Instead

Write a sentence that adds to the name: `// How long the token is valid, from when it was issued.`
";

fn enumeration(subject: Enum<'_>, findings: &mut Findings<'_>) {
    commented(subject, findings);
}

fn value(subject: EnumValue<'_>, findings: &mut Findings<'_>) {
    commented(subject, findings);
}

fn field(subject: Field<'_>, findings: &mut Findings<'_>) {
    // The comment before a group belongs to its message.
    if subject.proto().r#type() != FieldType::Group {
        commented(subject, findings);
    }
}

fn message(subject: Message<'_>, findings: &mut Findings<'_>) {
    commented(subject, findings);
}

fn oneof(subject: Oneof<'_>, findings: &mut Findings<'_>) {
    commented(subject, findings);
}

fn method(subject: Method<'_>, findings: &mut Findings<'_>) {
    commented(subject, findings);
}

fn service(subject: Service<'_>, findings: &mut Findings<'_>) {
    commented(subject, findings);
}

fn commented(subject: impl Subject, findings: &mut Findings<'_>) {
    let Some(comment) = findings.leading_comment(subject) else { return };
    if !comment.lines().map(str::trim).any(documents) {
        findings.on(subject).report(
            "no comment",
            "has no comment.",
            "add a comment that says what the name does not",
        );
    }
}

/// Whether a line is documentation: neither empty nor a suppression.
fn documents(line: &str) -> bool {
    !line.is_empty() && !PREFIXES.iter().any(|prefix| line.starts_with(prefix))
}
