use super::{Check, CompatRule, Findings, Message, Pair, Rule, on, tag};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "MESSAGE_NO_REMOVE_STANDARD_DESCRIPTOR_ACCESSOR",
        purpose: "A message keeps its standard descriptor accessor.",
        docs: "\
## What it checks

`option no_standard_descriptor_accessor = true;` is not added to a message. Removing the option is
allowed.

## Why

The option suppresses the generated `descriptor()` method. Code that calls it no longer compiles.

## Instead

Keep the accessor. The option exists for messages with a field named `descriptor`: rename such a
field before it is in use.
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
            "no longer has its standard descriptor accessor.",
            "remove `option no_standard_descriptor_accessor`",
        );
    }
}

/// The descriptor path of `options.no_standard_descriptor_accessor`.
const ACCESSOR: [i32; 2] =
    [tag::message::OPTIONS, tag::message_options::NO_STANDARD_DESCRIPTOR_ACCESSOR];
