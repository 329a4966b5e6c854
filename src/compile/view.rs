//! The names that are visible in one file, and the resolution of references: C++ scoping, from the
//! innermost scope outwards; the first part of a name determines the scope. The search order is
//! that of protocompile (which buf uses), since it determines which of two candidates is found.

use rustc_hash::{FxHashMap, FxHashSet};

use super::public_imports::PublicImports;
use super::symbols::{Kind, Symbols, packages_outwards, qualify};

/// The reason why a reference cannot be resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unresolved {
    /// No scope has the name.
    Unknown,
    /// A file declares it that is not imported.
    NotImported(u32),
    /// Its first part is found in an inner scope, which hides the outer scopes.
    Hidden(String),
    /// The name is not that of a type.
    NotAType(String, Kind),
}

/// The names that are visible in one file: its own, those of its imports, and those of the
/// re-exports of its imports.
pub(super) struct View<'a> {
    pub(super) symbols: &'a Symbols,
    pub(super) package: &'a str,
    id: u32,
    /// The position of the import of each directly imported file.
    direct: FxHashMap<u32, usize>,
    /// The packages of these files, and the packages around them, by number.
    packages: FxHashSet<u32>,
    /// The imports that re-export files, with their positions.
    reexporting: Vec<(u32, usize)>,
    public_imports: &'a PublicImports,
}

impl<'a> View<'a> {
    /// Returns the view of the file `id`, which has these `imports`. `packages` are those of all
    /// files.
    pub(super) fn new(
        symbols: &'a Symbols,
        packages: &'a [String],
        id: u32,
        imports: &[(u32, usize)],
        public_imports: &'a PublicImports,
    ) -> Self {
        let package = packages.get(id as usize).map_or("", String::as_str);
        let (direct, seen) = (FxHashMap::default(), FxHashSet::default());
        let reexporting =
            imports.iter().copied().filter(|(file, _)| public_imports.reexports_any(*file));
        let reexporting = reexporting.collect();
        let mut view =
            View { symbols, package, id, direct, packages: seen, reexporting, public_imports };
        for (file, index) in imports {
            view.direct.entry(*file).or_insert(*index);
            let outwards = packages_outwards(&packages[*file as usize]);
            let mut numbers = outwards.filter_map(|package| symbols.package(package));
            // If a package is already in the set, so are those around it: stop there.
            while numbers.next().is_some_and(|number| view.packages.insert(number)) {}
        }
        view
    }
}

impl View<'_> {
    /// Resolves the type `reference` inside `scopes` (full names of the enclosing messages,
    /// outermost first). Returns its full name and kind.
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

    /// Resolves `reference` in `scope` alone; returns `None` if the scope does not have its first
    /// part.
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

    /// Returns the kind of the element with the full name `name`, if it is visible.
    pub(super) fn query(&self, name: &str) -> Option<Kind> {
        self.declared(name).or_else(|| self.is_package(name).then_some(Kind::Package))
    }

    /// Returns the kind of the visible declaration of `name`.
    fn declared(&self, name: &str) -> Option<Kind> {
        let symbol = self.symbols.get(name)?;
        self.sees(symbol.file).then_some(symbol.kind)
    }

    /// Whether the declarations of `file` are visible.
    pub(super) fn sees(&self, file: u32) -> bool {
        file == self.id || self.provider(file).is_some()
    }

    /// Returns the import that makes `file` visible: that of the file itself, or the first that
    /// re-exports it.
    pub(super) fn provider(&self, file: u32) -> Option<usize> {
        if file == self.id {
            return None;
        }
        let reexports = |(import, _): &&(u32, usize)| self.public_imports.reexports(*import, file);
        let direct = self.direct.get(&file).copied();
        direct.or_else(|| self.reexporting.iter().find(reexports).map(|(_, index)| *index))
    }

    /// Whether `name` is a visible package, or contains one.
    fn is_package(&self, name: &str) -> bool {
        let Some(number) = self.symbols.package(name) else { return false };
        let reexports =
            |(import, _): &(u32, usize)| self.public_imports.reexports_package(*import, number);
        is_within(self.package, name)
            || self.packages.contains(&number)
            || self.reexporting.iter().any(reexports)
    }

    /// Returns the file that declares the full name `name`.
    pub(super) fn file_of(&self, name: &str) -> Option<u32> {
        self.symbols.get(name).map(|symbol| symbol.file)
    }

    /// Returns the visible packages that have the name of another visible element, with the kind of
    /// that element.
    pub(super) fn package_conflicts(&self) -> Vec<(String, Kind)> {
        let conflicting = self.symbols.conflicting_packages();
        if conflicting.is_empty() {
            return Vec::new();
        }
        let own = packages_outwards(self.package).filter_map(|name| self.symbols.package(name));
        let public_imports =
            self.reexporting.iter().flat_map(|(import, _)| self.public_imports.packages(*import));
        let numbers = own.chain(self.packages.iter().copied()).chain(public_imports);
        let mut names: Vec<&str> =
            numbers.filter_map(|number| Some(&**conflicting.get(&number)?)).collect();
        names.sort_unstable();
        names.dedup();
        let conflict = |name: &str| Some((name.to_owned(), self.declared(name)?));
        names.into_iter().filter_map(conflict).collect()
    }

    fn unknown(&self, name: &str) -> Unresolved {
        match self.symbols.get(name) {
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

/// Whether `package` is `name` or a package inside it.
fn is_within(package: &str, name: &str) -> bool {
    package.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbols(files: &[&str]) -> (Symbols, Vec<String>) {
        let mut symbols = Symbols::default();
        let mut packages = Vec::new();
        for (id, source) in (0..).zip(files) {
            let parsed = super::super::parse::parse_text(source);
            let descriptor = parsed.expect("it is well formed").descriptor;
            assert_eq!(symbols.declare(id, &descriptor, |_| "x.proto"), []);
            packages.push(descriptor.package().to_owned());
        }
        (symbols, packages)
    }

    #[test]
    fn a_package_conflicts_with_visible_elements() {
        let files = ["package a; message M {}", "package a.M.b;"];
        let (symbols, packages) = symbols(&files);
        let nothing = PublicImports::default();
        let package_conflicts =
            |imports| View::new(&symbols, &packages, 1, imports, &nothing).package_conflicts();
        assert_eq!(package_conflicts(&[(0, 0)]), [("a.M".to_owned(), Kind::Message)]);
        assert_eq!(package_conflicts(&[]), []);
    }

    fn resolve(files: &[&str], visible: &[u32], reference: &str) -> Result<String, Unresolved> {
        let (symbols, packages) = symbols(files);
        let direct: Vec<_> = visible.iter().copied().filter(|id| *id != 0).zip(0..).collect();
        let nothing = PublicImports::default();
        let view = View::new(&symbols, &packages, 0, &direct, &nothing);
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
}
