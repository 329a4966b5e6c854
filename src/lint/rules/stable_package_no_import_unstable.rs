use super::packages::{Stability, stability};
use super::{Check, Findings, LintRule, Module, Rule, off, tag};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "STABLE_PACKAGE_NO_IMPORT_UNSTABLE",
        purpose: "Stable packages do not import unstable packages.",
        docs: "\
## What it checks

A file of a stable package (`acme.users.v1`) does not import a file of an unstable package
(`acme.tools.v1beta1`, `v1alpha`, `v1test`) of the same module.

## Why

A stable package promises not to break. The types that it takes from an unstable package may change
or disappear in the next release, which breaks that promise.

## Instead

Wait until the other package is stable, or copy the types that you need into your own package.
",
        v1beta1: None,
        v1: None,
        v2: off(&[]),
        ..Rule::PLAIN
    },
    check: Check::Module(check),
}];

fn check(module: &Module<'_>, findings: &mut Findings<'_>) {
    let is = |package: &str, wanted| stability(package) == Some(wanted);
    for file in module.files().iter().filter(|file| is(file.package(), Stability::Stable)) {
        for (index, path) in (0..).zip(&file.proto().dependency) {
            let import = module.schema().file(path);
            let own = import.filter(|import| !import.is_import() && import.module() == file.module());
            let Some(import) = own.filter(|own| is(own.package(), Stability::Unstable)) else {
                continue;
            };
            let (package, other) = (file.package(), import.package());
            findings.on(*file).part(&[tag::file::DEPENDENCY, index]).report(
                format_args!("unstable import of {path}"),
                format_args!(
                    "has the stable package `{package}` but imports `{path}` of the unstable \
                     package `{other}`."
                ),
                "wait until that package is stable, or copy the types that you need",
            );
        }
    }
}
