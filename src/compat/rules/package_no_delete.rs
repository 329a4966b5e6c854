use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::{Check, CompatRule, File, Findings, Rule, View, off};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "PACKAGE_NO_DELETE",
        purpose: "Packages are not deleted.",
        docs: "\
## What it checks

Every package of the old schema is that of a file of the new one. Files without a package count as
one package.

## Why

Everything in the package is gone: types that code names, services that clients call. Code that used
the package must change all of it.

## Instead

Keep serving the package beside its successor, and delete it when nobody uses it any more. Exempt
packages that promise nothing (`v1alpha1`) with `ignore_unstable_packages: true`.
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
            "" => "Files without a package are".to_owned(),
            package => format!("Package `{package}` is"),
        };
        findings.deleted_with_file(first).named(package, words).report(
            "package deleted",
            "gone: no file is in it any more.",
            "keep its files for as long as anybody uses them",
        );
    }
}
