use std::collections::{BTreeMap, BTreeSet};

use super::{Check, Findings, LintRule, MINIMAL, Module, Rule, off, on, tag};
use crate::schema::File;

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "PACKAGE_NO_IMPORT_CYCLE",
        purpose: "Packages do not import each other in a cycle.",
        docs: "\
## What it checks

If package `a` imports `b`, directly or through others, `b` does not import `a`. Packages can form a
cycle even if their files do not: `a/x.proto` imports `b/y.proto`, and `b/z.proto` imports
`a/w.proto`.

## Why

In languages that compile a package as one unit, such as Go, the generated code of a cycle does not
compile. In every language, packages that depend on each other have to be released, tested and read
as one.

## Instead

Move the shared types into a package of their own, or merge the packages.
",
        v1beta1: None,
        v1: off(&[]),
        v2: on(MINIMAL),
        ..Rule::PLAIN
    },
    check: Check::Module(check),
}];

/// The packages that each package imports.
type Graph<'s> = BTreeMap<&'s str, BTreeSet<&'s str>>;

fn check(module: &Module<'_>, findings: &mut Findings<'_>) {
    let mut graph = Graph::new();
    for file in module.seen() {
        let imported = imports(file).map(|(_, import)| import.package());
        graph.entry(file.package()).or_default().extend(imported);
    }
    for (package, imported) in &mut graph {
        imported.retain(|import| !import.is_empty() && import != package);
    }
    graph.remove("");
    let cycles = cycles(&graph);
    for file in module.files() {
        let Some(cycle) = cycles.get(file.package()) else { continue };
        for (index, import) in imports(*file) {
            let other = import.package();
            if other == file.package() || cycles.get(other) != Some(cycle) {
                continue;
            }
            let package = file.package();
            findings.on(*file).part(&[tag::file::DEPENDENCY, index]).distinguished_by(other).report(
                format_args!("import of {}", import.path()),
                format_args!(
                    "imports `{}`: package `{package}` depends on `{other}`, which depends on \
                     `{package}`, directly or transitively.",
                    import.path()
                ),
                "move the shared types into a package of their own",
            );
        }
    }
}

/// Returns the imports of a file that are in the schema, each with its index.
fn imports<'s>(file: File<'s>) -> impl Iterator<Item = (i32, File<'s>)> {
    let paths = (0..).zip(&file.proto().dependency);
    paths.filter_map(move |(index, path)| Some((index, file.schema().file(path)?)))
}

/// Returns the number of the cycle of each package that is part of one. A cycle is a strongly
/// connected component, found with Tarjan's algorithm (1972), without recursion.
fn cycles<'s>(graph: &Graph<'s>) -> BTreeMap<&'s str, usize> {
    let mut state = Tarjan::default();
    for package in graph.keys() {
        if !state.order.contains_key(package) {
            state.visit(package, graph);
        }
    }
    state.cycles
}

#[derive(Default)]
struct Tarjan<'s> {
    /// The index of each package in visiting order, and the lowest index reachable from it.
    order: BTreeMap<&'s str, (usize, usize)>,
    /// The visited packages whose component is not known yet.
    open: Vec<&'s str>,
    cycles: BTreeMap<&'s str, usize>,
}

impl<'s> Tarjan<'s> {
    fn visit(&mut self, root: &'s str, graph: &Graph<'s>) {
        let mut stack = vec![(root, self.enter(root, graph))];
        while let Some((package, imports)) = stack.last_mut() {
            let package = *package;
            match imports.pop() {
                Some(next) if !self.order.contains_key(next) => {
                    stack.push((next, self.enter(next, graph)));
                }
                Some(next) if self.open.contains(&next) => {
                    let met = self.order[next].0;
                    self.reaches(package, met);
                }
                Some(_) => {}
                None => {
                    stack.pop();
                    self.leave(package);
                    if let Some((parent, _)) = stack.last() {
                        let low = self.order[package].1;
                        self.reaches(parent, low);
                    }
                }
            }
        }
    }

    /// Visits a package and returns its imports.
    fn enter(&mut self, package: &'s str, graph: &Graph<'s>) -> Vec<&'s str> {
        let met = self.order.len();
        self.order.insert(package, (met, met));
        self.open.push(package);
        graph.get(package).into_iter().flatten().copied().collect()
    }

    fn reaches(&mut self, package: &'s str, met: usize) {
        if let Some((_, low)) = self.order.get_mut(package) {
            *low = met.min(*low);
        }
    }

    /// Closes the component of `package`, if `package` is the first one visited in it.
    fn leave(&mut self, package: &'s str) {
        let (met, low) = self.order[package];
        if met != low {
            return;
        }
        let from = self.open.iter().position(|open| *open == package).unwrap_or(0);
        let component = self.open.split_off(from);
        // A single package is not a cycle: imports within a package are not in the graph.
        if component.len() > 1 {
            self.cycles.extend(component.into_iter().map(|package| (package, met)));
        }
    }
}
