use rustc_hash::FxHashSet;

use super::{Check, CompatRule, Findings, Message, Oneof, Pair, Rule, on};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "ONEOF_NO_DELETE",
        purpose: "Oneofs are not deleted.",
        docs: "\
## What it checks

Every oneof of the old message is in the new one under its name. What `optional` makes of a proto3
field does not count as a oneof.

## Why

Generated code has a type or a method for the oneof that says which member is set. Code that uses it
no longer compiles, and members that excluded each other no longer do.

## Instead

Leave the oneof under its name, deprecate its members, and add what replaces them beside it.
",
        v1beta1: on(&["FILE", "PACKAGE"]),
        v1: on(&["FILE", "PACKAGE"]),
        v2: on(&["CSR", "FILE", "PACKAGE"]),
        ..Rule::PLAIN
    },
    check: Check::Message(check),
}];

fn check(pair: Pair<Message<'_>>, findings: &mut Findings<'_>) {
    if !pair.map(|message| &message.proto().oneof_decl).differs() {
        return;
    }
    let new: FxHashSet<&str> = pair.new.oneofs().map(Oneof::name).collect();
    let optional = pair.old.fields().filter(|field| field.proto().proto3_optional());
    let synthetic: FxHashSet<i32> = optional.filter_map(|f| f.proto().oneof_index).collect();
    let gone = (0..).zip(pair.old.oneofs()).filter(|(_, old)| !new.contains(old.name()));
    for (_, old) in gone.filter(|(index, _)| !synthetic.contains(index)) {
        let name = old.name();
        findings.on(pair).report(
            format_args!("oneof {name} deleted"),
            format_args!("no longer has the oneof `{name}`."),
            format!("restore `oneof {name}`"),
        );
    }
}
