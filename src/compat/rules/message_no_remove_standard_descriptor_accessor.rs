use super::{Check, CompatRule, Findings, Message, Pair, Rule, on, tag};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "MESSAGE_NO_REMOVE_STANDARD_DESCRIPTOR_ACCESSOR",
        purpose: "A message keeps its standard descriptor accessor.",
        docs: "\
## What it checks

A message does not gain `option no_standard_descriptor_accessor = true;`. To take the option away is
allowed.

## Why

The option leaves out the generated `descriptor()` method. Code that asks the message for its
descriptor no longer compiles.

## Instead

Rename the field called `descriptor` for which the option was meant, before anybody uses it, or
leave the accessor.
",
        v1beta1: on(&["FILE", "PACKAGE"]),
        v1: on(&["FILE", "PACKAGE"]),
        v2: on(&["CSR", "FILE", "PACKAGE"]),
        ..Rule::PLAIN
    },
    check: Check::Message(check),
}];

fn check(pair: Pair<Message<'_>>, findings: &mut Findings<'_>) {
    if !pair.map(|message| &message.proto().options).differs() {
        return;
    }
    let written = pair.map(|message| message.options().no_standard_descriptor_accessor);
    if written.new == Some(true) && written.old != Some(true) {
        let draft = findings.on(pair).part(&ACCESSOR);
        let draft = if written.old.is_some() { draft } else { draft.without_old() };
        draft.report(
            "accessor removed",
            "lost its descriptor accessor.",
            "remove `option no_standard_descriptor_accessor`",
        );
    }
}

/// `options.no_standard_descriptor_accessor`.
const ACCESSOR: [i32; 2] =
    [tag::message::OPTIONS, tag::message_options::NO_STANDARD_DESCRIPTOR_ACCESSOR];
