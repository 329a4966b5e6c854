//! Deleted elements of packages: they may move between files, but not leave their package.

use rustc_hash::FxHashSet;

use super::{Check, CompatRule, Container, Draft, Field, File, Findings, Membership, Pair, Rule, View, off};

pub(super) const RULES: &[CompatRule] = &[
    rule(
        "PACKAGE_ENUM_NO_DELETE",
        "Enums are not deleted from a package.",
        "\
## What it checks

Every enum of the old package exists in the new one with the same name, in any file. Nothing is
reported for a package that was deleted or has no enums left.

## Why

Generated code refers to the enum by package and name. Code that uses it no longer compiles.

## Instead

Keep the enum in its package and mark it `option deprecated = true;`.
",
        off(&["PACKAGE"]),
        Check::Schema(enums),
    ),
    rule(
        "PACKAGE_EXTENSION_NO_DELETE",
        "Extensions are not deleted from a package.",
        "\
## What it checks

Every extension of the old package exists in the new one with the same name and scope, in any file.
Nothing is reported for a package that was deleted or has no extensions left.

## Why

Code that sets or reads the extension refers to it by package and name and no longer compiles, nor
do files that set it as a custom option.

## Instead

Keep the extension in its package and mark it `[deprecated = true]`.
",
        None,
        Check::Schema(extensions),
    ),
    rule(
        "PACKAGE_MESSAGE_NO_DELETE",
        "Messages are not deleted from a package.",
        "\
## What it checks

Every message of the old package, including nested messages, groups and map entries, exists in the
new one with the same name, in any file. Nothing is reported for a package that was deleted or has
no messages left.

## Why

Generated code refers to the message by package and name. Code that uses it no longer compiles. An
`Any` that contains the message can no longer be unpacked.

## Instead

Keep the message in its package and mark it `option deprecated = true;`.
",
        off(&["PACKAGE"]),
        Check::Schema(messages),
    ),
    rule(
        "PACKAGE_SERVICE_NO_DELETE",
        "Services are not deleted from a package.",
        "\
## What it checks

Every service of the old package exists in the new one with the same name, in any file. Nothing is
reported for a package that was deleted.

## Why

Existing clients call `/package.Service/Method`. Without the service, a server built from the new
schema returns `UNIMPLEMENTED` for each of those calls.

## Instead

Keep the service in its package, mark it `option deprecated = true;`, and keep serving it while it
has clients.
",
        off(&["PACKAGE"]),
        Check::Schema(services),
    ),
];

const fn rule(
    id: &'static str,
    purpose: &'static str,
    docs: &'static str,
    before_v2: Option<Membership>,
    check: Check,
) -> CompatRule {
    let rule = Rule {
        id,
        purpose,
        docs,
        v1beta1: before_v2,
        v1: before_v2,
        v2: off(&["PACKAGE"]),
        ..Rule::PLAIN
    };
    CompatRule { rule, check }
}

fn enums(view: &View<'_>, findings: &mut Findings<'_>) {
    let packages = packages(view, |file| file.all_enums().len() > 0);
    for old in view.old_files().filter(|file| packages.contains(file.package())) {
        for gone in old.all_enums().filter(|old| view.new_enum(old.full_name()).is_none()) {
            let what = format!("enum {} deleted from package", gone.nested_name());
            let near = near(view, old, gone.container());
            report(findings.deleted_near(gone, near), old, &what);
        }
    }
}

fn extensions(view: &View<'_>, findings: &mut Findings<'_>) {
    let packages = packages(view, |file| file.all_extensions().len() > 0);
    let new = view.new_files().flat_map(File::all_extensions).map(Field::full_name);
    let new: FxHashSet<String> = new.collect();
    for old in view.old_files().filter(|file| packages.contains(file.package())) {
        for gone in old.all_extensions().filter(|old| !new.contains(&old.full_name())) {
            let what = format!("extension {} deleted from package", gone.nested_name());
            let near = near(view, old, gone.container());
            report(findings.deleted_near(gone, near), old, &what);
        }
    }
}

fn messages(view: &View<'_>, findings: &mut Findings<'_>) {
    let packages = packages(view, |file| file.all_messages().len() > 0);
    for old in view.old_files().filter(|file| packages.contains(file.package())) {
        for gone in old.all_messages().filter(|old| view.new_message(old.full_name()).is_none()) {
            let what = format!("message {} deleted from package", gone.nested_name());
            let near = view.new_file(old.path()).map(|file| left_in_package(view, gone.container(), file));
            report(findings.deleted_near(gone, near), old, &what);
        }
    }
}

fn services(view: &View<'_>, findings: &mut Findings<'_>) {
    let packages = packages(view, |_| true);
    for old in view.old_files().filter(|file| packages.contains(file.package())) {
        for gone in old.services().filter(|old| view.new_service(old.full_name()).is_none()) {
            let what = format!("service {} deleted from package", gone.name());
            let near = view.new_file(old.path()).map(Container::File);
            report(findings.deleted_near(gone, near), old, &what);
        }
    }
}

/// Returns the packages of the new files for which `have` is true.
fn packages<'s>(view: &View<'s>, have: impl Fn(File<'_>) -> bool) -> FxHashSet<&'s str> {
    view.new_files().filter(|file| have(*file)).map(File::package).collect()
}

/// Returns the innermost container, `old` or around it, that still exists in the new version of
/// `file`; none if that file was deleted.
fn near<'s>(view: &View<'s>, file: File<'s>, old: Container<'_>) -> Option<Container<'s>> {
    let new = view.new_file(file.path())?;
    Some(view.left_of(old, Pair { old: file, new }))
}

/// Returns the innermost message, `old` or around it, that still exists in any file of the package;
/// `file` if none does.
fn left_in_package<'s>(view: &View<'s>, old: Container<'_>, file: File<'s>) -> Container<'s> {
    match old {
        Container::File(_) => Container::File(file),
        Container::Message(old) => match view.new_message(old.full_name()) {
            Some(new) => Container::Message(new),
            None => left_in_package(view, old.container(), file),
        },
    }
}

fn report(draft: Draft<'_, '_>, file: File<'_>, what: &str) {
    draft.report(
        what,
        format_args!("is no longer declared in package `{}`.", file.package()),
        "restore it in any file of the package and deprecate it instead",
    );
}
