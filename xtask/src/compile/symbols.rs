//! The names that files declare, and how a reference finds one of them: C++ scoping, from the
//! innermost scope outwards, the first part of a name decides. The order of the search is
//! protocompile's (what buf uses), since it decides which of two candidates is meant.

use rustc_hash::FxHashMap;

use super::problem::Problem;
use crate::schema::descriptor::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto};

/// What a name stands for. Members that no reference can mean (fields, methods) are not listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Message,
    Enum,
    EnumValue,
    Service,
    Extension,
    Package,
}

impl Kind {
    fn is_type(self) -> bool {
        matches!(self, Kind::Message | Kind::Enum)
    }

    /// Whether something can be declared inside it.
    fn is_scope(self) -> bool {
        !matches!(self, Kind::EnumValue | Kind::Extension)
    }

    pub(super) fn describe(self) -> &'static str {
        match self {
            Kind::Message => "a message",
            Kind::Enum => "an enum",
            Kind::EnumValue => "an enum value",
            Kind::Service => "a service",
            Kind::Extension => "an extension",
            Kind::Package => "a package",
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Symbol {
    kind: Kind,
    file: u32,
}

/// Every name of a compilation, each declared once. Packages are no part of it: any number of
/// files open the same one, and whether one clashes with a type depends on who sees both.
#[derive(Debug, Default)]
pub(super) struct Symbols {
    names: FxHashMap<Box<str>, Symbol>,
    clash: bool,
}

impl Symbols {
    /// Whether two files declare the same name.
    pub(super) fn clash(&self) -> bool {
        self.clash
    }

    /// Declares what `descriptor` holds; a name that is taken is a problem. `path_of` names the
    /// file that took it.
    pub(super) fn declare<'p>(
        &mut self,
        file: u32,
        descriptor: &FileDescriptorProto,
        path_of: impl Fn(u32) -> &'p str,
    ) -> Vec<Problem> {
        let mut declaring = Declaring { symbols: self, file, problems: Vec::new(), path_of };
        let package = descriptor.package();
        let name = |name: &str| qualify(package, name);
        for (index, message) in (0..).zip(&descriptor.message_type) {
            declaring.message(&name(message.name()), message, &[4, index]);
        }
        for (index, enumeration) in (0..).zip(&descriptor.enum_type) {
            declaring.add(name(enumeration.name()), Kind::Enum, &[5, index, 1]);
            declaring.values(package, enumeration, &[5, index]);
        }
        for (index, service) in (0..).zip(&descriptor.service) {
            declaring.add(name(service.name()), Kind::Service, &[6, index, 1]);
        }
        for (index, extension) in (0..).zip(&descriptor.extension) {
            declaring.add(name(extension.name()), Kind::Extension, &[7, index, 1]);
        }
        declaring.problems
    }
}

struct Declaring<'a, F> {
    symbols: &'a mut Symbols,
    file: u32,
    problems: Vec<Problem>,
    path_of: F,
}

impl<'p, F: Fn(u32) -> &'p str> Declaring<'_, F> {
    fn message(&mut self, full_name: &str, message: &DescriptorProto, path: &[i32]) {
        self.add(full_name.to_owned(), Kind::Message, &[path, &[1]].concat());
        for (index, nested) in (0..).zip(&message.nested_type) {
            let nested_name = qualify(full_name, nested.name());
            self.message(&nested_name, nested, &[path, &[3, index]].concat());
        }
        for (index, enumeration) in (0..).zip(&message.enum_type) {
            let path = [path, &[4, index, 1]].concat();
            self.add(qualify(full_name, enumeration.name()), Kind::Enum, &path);
        }
        for (index, extension) in (0..).zip(&message.extension) {
            let path = [path, &[6, index, 1]].concat();
            self.add(qualify(full_name, extension.name()), Kind::Extension, &path);
        }
    }

    /// The values of a top-level enum, which stand beside it.
    fn values(&mut self, scope: &str, enumeration: &EnumDescriptorProto, path: &[i32]) {
        for (index, value) in (0..).zip(&enumeration.value) {
            let path = [path, &[2, index, 1]].concat();
            self.add(qualify(scope, value.name()), Kind::EnumValue, &path);
        }
    }

    fn add(&mut self, name: String, kind: Kind, path: &[i32]) {
        use std::collections::hash_map::Entry;
        match self.symbols.names.entry(name.into_boxed_str()) {
            Entry::Vacant(entry) => {
                entry.insert(Symbol { kind, file: self.file });
            }
            Entry::Occupied(entry) => {
                let taken = *entry.get();
                self.symbols.clash |= taken.file != self.file;
                let message = format!(
                    "\"{}\" is already declared as {} in {}",
                    entry.key(),
                    taken.kind.describe(),
                    (self.path_of)(taken.file),
                );
                self.problems.push(Problem::at(path.to_vec(), message));
            }
        }
    }
}

/// `name` inside `scope`; the empty scope is the root.
pub(super) fn qualify(scope: &str, name: &str) -> String {
    match scope {
        "" => name.to_owned(),
        _ => [scope, ".", name].concat(),
    }
}

/// Why a reference means nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unresolved {
    /// No scope knows the name.
    Unknown,
    /// A file declares it, but not one that is imported.
    NotImported(u32),
    /// Its first part is known in an inner scope, which hides everything further out.
    Hidden(String),
    /// It is known and is not a type.
    NotAType(String, Kind),
}

/// What one file sees.
pub(super) struct View<'a> {
    pub(super) symbols: &'a Symbols,
    pub(super) package: &'a str,
    /// The file itself, what it imports, and what those import publicly.
    pub(super) visible: &'a [u32],
    /// The packages of those files.
    pub(super) packages: &'a [&'a str],
}

impl View<'_> {
    /// Finds the type that `reference` means inside `scopes` (full names of the enclosing
    /// messages, outermost first): its full name and kind.
    pub(super) fn resolve(
        &self,
        reference: &str,
        scopes: &[String],
    ) -> Result<(String, Kind), Unresolved> {
        if let Some(absolute) = reference.strip_prefix('.') {
            return match self.query(absolute) {
                Some(kind) => as_type(absolute.to_owned(), kind),
                None => Err(self.unknown(absolute)),
            };
        }
        let mut guess = None;
        for scope in scopes.iter().rev() {
            match self.relative(scope, reference) {
                Some(Ok((name, kind))) if !kind.is_type() && !reference.contains('.') => {
                    guess.get_or_insert(Unresolved::NotAType(name, kind));
                }
                Some(found) => return found.and_then(|(name, kind)| as_type(name, kind)),
                None => {}
            }
        }
        for scope in packages_outwards(self.package) {
            if let Some(found) = self.relative(scope, reference) {
                return found.and_then(|(name, kind)| as_type(name, kind));
            }
        }
        Err(guess.unwrap_or_else(|| self.unknown_in(reference, scopes)))
    }

    /// What `reference` means in `scope` alone; none if the scope does not know its first part.
    fn relative(&self, scope: &str, reference: &str) -> Option<Result<(String, Kind), Unresolved>> {
        let first_len = reference.find('.').unwrap_or(reference.len());
        let mut name = qualify(scope, &reference[..first_len]);
        let kind = self.query(&name)?;
        if first_len == reference.len() {
            return Some(Ok((name, kind)));
        }
        if !kind.is_scope() {
            return None;
        }
        name.push_str(&reference[first_len..]);
        Some(match self.query(&name) {
            Some(kind) => Ok((name, kind)),
            None => Err(Unresolved::Hidden(name)),
        })
    }

    /// What the full name `name` stands for, if this file sees it.
    pub(super) fn query(&self, name: &str) -> Option<Kind> {
        let is_package = || self.packages.iter().any(|package| is_within(package, name));
        self.declared(name).or_else(|| is_package().then_some(Kind::Package))
    }

    /// What `name` is declared as in a file that is in sight.
    fn declared(&self, name: &str) -> Option<Kind> {
        let symbol = self.symbols.names.get(name)?;
        self.visible.contains(&symbol.file).then_some(symbol.kind)
    }

    /// The file that declares the full name `name`.
    pub(super) fn file_of(&self, name: &str) -> Option<u32> {
        self.symbols.names.get(name).map(|symbol| symbol.file)
    }

    /// The packages in sight that have the name of something else in sight, with what that is.
    pub(super) fn clashes(&self) -> Vec<(String, Kind)> {
        let mut packages = self.packages.to_vec();
        packages.sort_unstable();
        packages.dedup();
        let mut names: Vec<&str> = packages.into_iter().flat_map(packages_outwards).collect();
        names.sort_unstable();
        names.dedup();
        let clash = |name: &str| Some((name.to_owned(), self.declared(name)?));
        names.into_iter().filter_map(clash).collect()
    }

    fn unknown(&self, name: &str) -> Unresolved {
        match self.symbols.names.get(name) {
            Some(symbol) if symbol.kind.is_type() => Unresolved::NotImported(symbol.file),
            _ => Unresolved::Unknown,
        }
    }

    fn unknown_in(&self, reference: &str, scopes: &[String]) -> Unresolved {
        let scopes = scopes.iter().rev().map(String::as_str);
        scopes
            .chain(packages_outwards(self.package))
            .map(|scope| self.unknown(&qualify(scope, reference)))
            .find(|unresolved| *unresolved != Unresolved::Unknown)
            .unwrap_or(Unresolved::Unknown)
    }
}

fn as_type(name: String, kind: Kind) -> Result<(String, Kind), Unresolved> {
    if kind.is_type() { Ok((name, kind)) } else { Err(Unresolved::NotAType(name, kind)) }
}

/// Whether `package` is `name` or lies in it.
fn is_within(package: &str, name: &str) -> bool {
    package.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// `a.b.c`, `a.b`, `a`, and the root.
pub(super) fn packages_outwards(package: &str) -> impl Iterator<Item = &str> {
    let inner = std::iter::successors(Some(package), |p| Some(&p[..p.rfind('.')?]));
    inner.filter(|p| !p.is_empty()).chain([""])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbols(files: &[&str]) -> (Symbols, Vec<String>) {
        let mut symbols = Symbols::default();
        let mut packages = Vec::new();
        for (id, source) in (0..).zip(files) {
            let parsed = super::super::parse::parse("x.proto", "x.proto", source.as_bytes());
            let descriptor = parsed.expect("it is well formed").descriptor;
            assert_eq!(symbols.declare(id, &descriptor, |_| "x.proto"), []);
            packages.push(descriptor.package().to_owned());
        }
        (symbols, packages)
    }

    #[test]
    fn a_package_clashes_with_what_is_in_sight_of_it() {
        let files = ["package a; message M {}", "package a.M.b;"];
        let (symbols, packages) = symbols(&files);
        let seen: Vec<&str> = packages.iter().map(String::as_str).collect();
        let view = |visible| View { symbols: &symbols, package: "a.M.b", visible, packages: &seen };
        assert_eq!(view(&[0, 1]).clashes(), [("a.M".to_owned(), Kind::Message)]);
        assert_eq!(view(&[1]).clashes(), []);
    }

    fn resolve(files: &[&str], visible: &[u32], reference: &str) -> Result<String, Unresolved> {
        let (symbols, packages) = symbols(files);
        let seen: Vec<&str> = visible.iter().map(|id| packages[*id as usize].as_str()).collect();
        let view = View { symbols: &symbols, package: &packages[0], visible, packages: &seen };
        view.resolve(reference, &[qualify(&packages[0], "M")]).map(|(name, _)| name)
    }

    const INNER: &str =
        "package a.b; message M { message N {} optional int32 a = 1; } enum E { V = 0; }";

    #[test]
    fn the_innermost_scope_wins() {
        let other = "package a; message N { message O {} } message P {}";
        assert_eq!(resolve(&[INNER, other], &[0, 1], "N"), Ok("a.b.M.N".into()));
        assert_eq!(resolve(&[INNER, other], &[0, 1], "P"), Ok("a.P".into()));
        assert_eq!(resolve(&[INNER, other], &[0, 1], ".a.N"), Ok("a.N".into()));
        let hidden = Unresolved::Hidden("a.b.M.N.O".into());
        assert_eq!(resolve(&[INNER, other], &[0, 1], "N.O"), Err(hidden));
    }

    #[test]
    fn a_name_is_unknown_not_imported_or_no_type() {
        let other = "package c; message P {}";
        assert_eq!(resolve(&[INNER, other], &[0], "c.P"), Err(Unresolved::NotImported(1)));
        assert_eq!(resolve(&[INNER], &[0], "Q"), Err(Unresolved::Unknown));
        let value = Unresolved::NotAType("a.b.V".into(), Kind::EnumValue);
        assert_eq!(resolve(&[INNER], &[0], "V"), Err(value));
    }

    #[test]
    fn a_name_can_be_declared_once() {
        let mut symbols = Symbols::default();
        let source = b"package a; message M {} enum E { M = 0; } message a {}";
        let parsed = super::super::parse::parse("x.proto", "x.proto", source);
        let descriptor = parsed.expect("it is well formed").descriptor;
        let problems = symbols.declare(0, &descriptor, |_| "x.proto");
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].paths, [[5, 0, 2, 0, 1]]);
    }
}
