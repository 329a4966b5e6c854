//! What may move between the files of a package and not leave it.

use rustc_hash::FxHashSet;

use super::{Check, CompatRule, Container, Draft, Field, File, Findings, Membership, Pair, Rule, View, off};

pub(super) const RULES: &[CompatRule] = &[
    rule(
        "PACKAGE_ENUM_NO_DELETE",
        "Enums are not deleted from a package.",
        "\
## What it checks

Every enum of the old package is in the new one under its name, in whatever file. Of a package that
is gone, or that has no enum at all any more, this rule reports nothing.

## Why

Generated code names the enum by package and name. Code that uses it no longer compiles.

## Instead

Leave the enum in its package and mark it `option deprecated = true;`.
",
        off(&["PACKAGE"]),
        Check::Schema(enums),
    ),
    rule(
        "PACKAGE_EXTENSION_NO_DELETE",
        "Extensions are not deleted from a package.",
        "\
## What it checks

Every extension of the old package is in the new one under its name and scope, in whatever file. Of
a package that is gone, or that has no extension at all any more, this rule reports nothing.

## Why

Code that sets or reads the extension names it by package and name and no longer compiles; a custom
option of that name no longer means anything in the files that set it.

## Instead

Leave the extension in its package and mark it `[deprecated = true]`.
",
        None,
        Check::Schema(extensions),
    ),
    rule(
        "PACKAGE_MESSAGE_NO_DELETE",
        "Messages are not deleted from a package.",
        "\
## What it checks

Every message of the old package is in the new one under its name, in whatever file, nested ones,
groups and the entries of maps included. Of a package that is gone, or that has no message at all
any more, this rule reports nothing.

## Why

Generated code names the message by package and name: code that uses it no longer compiles. What was
packed into an `Any` under its name can no longer be unpacked.

## Instead

Leave the message in its package and mark it `option deprecated = true;`.
",
        off(&["PACKAGE"]),
        Check::Schema(messages),
    ),
    rule(
        "PACKAGE_SERVICE_NO_DELETE",
        "Services are not deleted from a package.",
        "\
## What it checks

Every service of the old package is in the new one under its name, in whatever file. Of a package
that is gone this rule reports nothing.

## Why

Clients in the field call `/package.Service/Method`. When the service is gone, a server built from
the new schema answers each of those calls with `UNIMPLEMENTED`.

## Instead

Leave the service in its package, mark it `option deprecated = true;`, and keep serving it for as
long as it has clients.
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

/// The packages of the new files that `have` something.
fn packages<'s>(view: &View<'s>, have: impl Fn(File<'_>) -> bool) -> FxHashSet<&'s str> {
    view.new_files().filter(|file| have(*file)).map(File::package).collect()
}

/// What is left, in the file that it stood in, around what stood in `old`; none if the file is
/// gone.
fn near<'s>(view: &View<'s>, file: File<'s>, old: Container<'_>) -> Option<Container<'s>> {
    let new = view.new_file(file.path())?;
    Some(view.left_of(old, Pair { old: file, new }))
}

/// The innermost message around what stood in `old` that is left in any file of the package; the
/// file if none is.
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
