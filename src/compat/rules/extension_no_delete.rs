use rustc_hash::FxHashSet;

use super::{Check, CompatRule, Field, File, Findings, Pair, Rule, on};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "EXTENSION_NO_DELETE",
        purpose: "Extensions are not deleted from a file.",
        docs: "\
## What it checks

Every extension of the old file, including nested ones, still exists with the same name in the file
with the same path. An extension that moved to another file or scope, or was renamed, counts as
deleted.

## Why

Code that sets or reads the extension refers to it by name and finds it by its file. Without the
declaration that code no longer compiles, nor do files that set it as a custom option. Values that
were already written remain in messages as unknown fields.

## Instead

Keep the extension in its file and mark it `[deprecated = true]`.
",
        v1beta1: None,
        v1: None,
        v2: on(&["FILE"]),
        ..Rule::PLAIN
    },
    check: Check::File(check),
}];

fn check(files: Pair<File<'_>>, findings: &mut Findings<'_>) {
    if files.old.all_extensions().len() == 0 {
        return;
    }
    let view = findings.view();
    let new: FxHashSet<String> = files.new.all_extensions().map(Field::nested_name).collect();
    for old in files.old.all_extensions() {
        let name = old.nested_name();
        if !new.contains(&name) {
            findings.deleted(old, view.left_of(old.container(), files)).report(
                format_args!("extension {name} deleted from file"),
                format_args!("is no longer declared in `{}`.", files.new.path()),
                "restore it in this file and mark it `[deprecated = true]` instead",
            );
        }
    }
}
