use super::{Check, Findings, LintRule, PREFIXES, Rule, Subject, off};
use crate::schema::descriptor::FieldType;
use crate::schema::{Enum, EnumValue, Field, Message, Method, Oneof, Service};

/// A rule that wants a comment before every element of one kind.
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

A non-empty comment directly precedes the element. A comment behind it, one that an
empty line separates from it, and a line that is only for a linter do not count. A group has its
comment as a message.

## Why

The comment becomes the documentation of the generated type, method or field. For callers of the
API it is often the only documentation. A name cannot say what a value means, its unit, or what
happens without it.

## Instead

Say in a sentence what the name does not: `// How long the token is valid, from when it was
issued.`
";

fn enumeration(subject: Enum<'_>, findings: &mut Findings<'_>) {
    commented(subject, findings);
}

fn value(subject: EnumValue<'_>, findings: &mut Findings<'_>) {
    commented(subject, findings);
}

fn field(subject: Field<'_>, findings: &mut Findings<'_>) {
    // The comment before a group is that of its message.
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
            "say before it, in a sentence, what its name does not",
        );
    }
}

/// Whether a line says something to a person.
fn documents(line: &str) -> bool {
    !line.is_empty() && !PREFIXES.iter().any(|prefix| line.starts_with(prefix))
}
