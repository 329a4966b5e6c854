use rustc_hash::FxHashSet;

use super::{Check, CompatRule, Findings, Message, Oneof, Pair, Rule, on};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "ONEOF_NO_DELETE",
        purpose: "Oneofs are not deleted.",
        docs: "\
## What it checks

Every oneof of the old message exists in the new one with the same name. The synthetic oneof of a
proto3 `optional` field does not count.

## Why

Generated code has a type or a method for the oneof that tells which member is set. Code that uses
it no longer compiles, and its members are no longer mutually exclusive.

## Instead

Keep the oneof with its name, deprecate its members, and add their replacements alongside it.
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
