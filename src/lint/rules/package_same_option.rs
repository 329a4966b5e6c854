use std::collections::BTreeSet;

use super::{BASIC, Check, File, Findings, LintRule, Rule, on, packages, style, tag};
use crate::schema::descriptor::FileOptions;

/// A file option that must have the same value in all files of a package.
struct Agreed {
    name: &'static str,
    /// The field number in `google.protobuf.FileOptions`.
    number: i32,
    /// The accessor of the value, which is empty if the option is not set.
    value: fn(&FileOptions) -> String,
}

const CSHARP_NAMESPACE: Agreed = Agreed {
    name: "csharp_namespace",
    number: tag::file_options::CSHARP_NAMESPACE,
    value: |options| options.csharp_namespace().to_owned(),
};
const GO_PACKAGE: Agreed =
    Agreed { name: "go_package", number: tag::file_options::GO_PACKAGE, value: |options| options.go_package().to_owned() };
const JAVA_MULTIPLE_FILES: Agreed = Agreed {
    name: "java_multiple_files",
    number: tag::file_options::JAVA_MULTIPLE_FILES,
    value: |options| options.java_multiple_files.map(|value| value.to_string()).unwrap_or_default(),
};
const JAVA_PACKAGE: Agreed =
    Agreed { name: "java_package", number: tag::file_options::JAVA_PACKAGE, value: |options| options.java_package().to_owned() };
const PHP_NAMESPACE: Agreed = Agreed {
    name: "php_namespace",
    number: tag::file_options::PHP_NAMESPACE,
    value: |options| options.php_namespace().to_owned(),
};
const RUBY_PACKAGE: Agreed = Agreed {
    name: "ruby_package",
    number: tag::file_options::RUBY_PACKAGE,
    value: |options| options.ruby_package().to_owned(),
};
const SWIFT_PREFIX: Agreed = Agreed {
    name: "swift_prefix",
    number: tag::file_options::SWIFT_PREFIX,
    value: |options| options.swift_prefix().to_owned(),
};

type PackageCheck = fn(&str, &[File<'_>], &mut Findings<'_>);

const fn rule(id: &'static str, purpose: &'static str, check: PackageCheck) -> LintRule {
    LintRule {
        rule: Rule {
            id,
            purpose,
            docs: DOCS,
            v1beta1: on(style::PACKAGE_AFFINITY),
            v1: on(BASIC),
            v2: on(BASIC),
            ..Rule::PLAIN
        },
        check: Check::Package(check),
    }
}

pub(super) const RULES: &[LintRule] = &[
    rule(
        "PACKAGE_SAME_CSHARP_NAMESPACE",
        "Files of the same package have the same `csharp_namespace`.",
        |package, files, findings| agree(&CSHARP_NAMESPACE, package, files, findings),
    ),
    rule(
        "PACKAGE_SAME_GO_PACKAGE",
        "Files of the same package have the same `go_package`.",
        |package, files, findings| agree(&GO_PACKAGE, package, files, findings),
    ),
    rule(
        "PACKAGE_SAME_JAVA_MULTIPLE_FILES",
        "Files of the same package have the same `java_multiple_files`.",
        |package, files, findings| agree(&JAVA_MULTIPLE_FILES, package, files, findings),
    ),
    rule(
        "PACKAGE_SAME_JAVA_PACKAGE",
        "Files of the same package have the same `java_package`.",
        |package, files, findings| agree(&JAVA_PACKAGE, package, files, findings),
    ),
    rule(
        "PACKAGE_SAME_PHP_NAMESPACE",
        "Files of the same package have the same `php_namespace`.",
        |package, files, findings| agree(&PHP_NAMESPACE, package, files, findings),
    ),
    rule(
        "PACKAGE_SAME_RUBY_PACKAGE",
        "Files of the same package have the same `ruby_package`.",
        |package, files, findings| agree(&RUBY_PACKAGE, package, files, findings),
    ),
    rule(
        "PACKAGE_SAME_SWIFT_PREFIX",
        "Files of the same package have the same `swift_prefix`.",
        |package, files, findings| agree(&SWIFT_PREFIX, package, files, findings),
    ),
];

const DOCS: &str = "\
## What it checks

Either no file of a package sets the option, or all of them set it to the same value. Files without
a package are treated as one package.

## Why

The option determines where generated code goes, or what it is called. With two values, one Protocol
Buffers package becomes two packages in that language, which may then import each other in a cycle.

## Instead

Set the same value in every file of the package, or leave the option to managed mode.
";

fn agree(option: &Agreed, package: &str, files: &[File<'_>], findings: &mut Findings<'_>) {
    let values: BTreeSet<String> =
        files.iter().map(|file| (option.value)(&file.options())).collect();
    if values.len() < 2 {
        return;
    }
    let listed: Vec<String> = values
        .iter()
        .map(|value| if value.is_empty() { "none".to_owned() } else { format!("`{value}`") })
        .collect();
    let (name, listed) = (option.name, listed.join(", "));
    let package = packages::named(package);
    for file in files {
        findings.on(*file).part(&[tag::file::OPTIONS, option.number]).report(
            format_args!("{name} of a package"),
            format_args!(
                "has {package}, as do files with different values of `{name}`: {listed}."
            ),
            format!("set `{name}` to one value in every file of the package"),
        );
    }
}
