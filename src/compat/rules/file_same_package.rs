use super::{Check, CompatRule, File, Findings, Pair, Rule, on, tag};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "FILE_SAME_PACKAGE",
        purpose: "A file keeps its package.",
        docs: "\
## What it checks

The `package` of a file stays the same. A file without a package does not gain one.

## Why

The package is part of the path that clients call (`/package.Service/Method`), of the type URL in an
`Any`, and of generated namespaces. A new package changes all of them.

## Instead

Keep the package. Put a new version of an API into a new package, in a new file alongside the old
one.
",
        v1beta1: on(&["FILE"]),
        v1: on(&["FILE", "PACKAGE", "WIRE_JSON", "WIRE"]),
        v2: on(&["CSR", "FILE", "PACKAGE", "WIRE_JSON", "WIRE"]),
        ..Rule::PLAIN
    },
    check: Check::File(check),
}];

fn check(pair: Pair<File<'_>>, findings: &mut Findings<'_>) {
    let packages = pair.map(File::package);
    if packages.differs() {
        let Pair { old, new } = packages.map(word);
        let draft = findings.on(pair).part(&[tag::file::PACKAGE]);
        let draft = if packages.old.is_empty() { draft.without_old() } else { draft };
        draft.report(
            format_args!("{old} to {new}"),
            format_args!("was in {old} and is now in {new}: every full name in it changed."),
            "keep the package; put a new version into a new file",
        );
    }
}

fn word(package: &str) -> String {
    if package.is_empty() { "no package".to_owned() } else { format!("package `{package}`") }
}
