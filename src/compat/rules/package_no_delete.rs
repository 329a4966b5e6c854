use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::{Check, CompatRule, File, Findings, Rule, View, off};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "PACKAGE_NO_DELETE",
        purpose: "Packages are not deleted.",
        docs: "\
## What it checks

Every package of the old schema has a file in the new one. Files without a package count as one
package.

## Why

Everything in the package disappears: types that code refers to and services that clients call. All
code that uses the package has to change.

## Instead

Keep serving the package alongside its successor, and delete it when it is no longer used. Exempt
packages without stability guarantees (`v1alpha1`) with `ignore_unstable_packages: true`.
",
        v1beta1: off(&["PACKAGE"]),
        v1: off(&["PACKAGE"]),
        v2: off(&["PACKAGE"]),
        ..Rule::PLAIN
    },
    check: Check::Schema(check),
}];

fn check(view: &View<'_>, findings: &mut Findings<'_>) {
    let new: FxHashSet<&str> = view.new_files().map(File::package).collect();
    let mut gone = BTreeMap::<&str, File<'_>>::new();
    for old in view.old_files().filter(|old| !new.contains(old.package())) {
        let first = gone.entry(old.package()).or_insert(old);
        if old.path() < first.path() {
            *first = old;
        }
    }
    for (package, first) in gone {
        let words = match package {
            "" => "The unnamed package was".to_owned(),
            package => format!("Package `{package}` was"),
        };
        findings.deleted_with_file(first).named(package, words).report(
            "package deleted",
            "deleted: no files are left in it.",
            "keep its files while they are in use",
        );
    }
}
