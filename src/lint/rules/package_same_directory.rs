use std::collections::BTreeSet;

use super::{Check, File, Findings, LintRule, MINIMAL, Rule, on, packages, style, tag};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "PACKAGE_SAME_DIRECTORY",
        purpose: "Files of the same package are in the same directory.",
        docs: "\
## What it checks

All files of a package are in the same directory. Files without a package are treated as one
package.

## Why

Languages whose packages are directories need the files side by side, and readers should find a
package in one place.

## Instead

Move the files into one directory.
",
        v1beta1: on(style::FILE_LAYOUT),
        v1: on(MINIMAL),
        v2: on(MINIMAL),
        ..Rule::PLAIN
    },
    check: Check::Package(check),
}];

fn check(package: &str, files: &[File<'_>], findings: &mut Findings<'_>) {
    let folders: BTreeSet<&str> = files.iter().map(|file| packages::folder(file.path())).collect();
    if folders.len() < 2 {
        return;
    }
    let listed: Vec<String> = folders.iter().map(|folder| format!("`{folder}`")).collect();
    let listed = listed.join(", ");
    for file in files {
        findings.on(*file).part(&[tag::file::PACKAGE]).report(
            "folders of a package",
            format_args!(
                "has {}, as do files in several directories: {listed}.",
                packages::named(package)
            ),
            "move the files of the package into one directory",
        );
    }
}
