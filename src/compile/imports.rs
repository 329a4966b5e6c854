//! The import graph: missing imports, import cycles, the imports of each file.

use rustc_hash::FxHashMap;

use super::problem::Problem;
use super::public_imports::PublicImports;
use super::suggest;
use super::symbols::Symbols;
use super::unit::Unit;
use crate::input::Sources;
use crate::schema::{tag, well_known};

/// The number of files that the message names at each end of a longer cycle.
const MAX_NAMED: usize = 5;

/// The vendor folder that is suggested if none is configured.
const DEFAULT_VENDOR_FOLDER: &str = "third_party";

/// The imports of a set of files. Files are identified by index.
pub(super) struct Imports {
    /// The imports of each file; `None` for those that are not found.
    pub(super) direct: Vec<Vec<Option<u32>>>,
    /// The files in an order in which imports come before importers.
    pub(super) order: Vec<u32>,
    /// The public imports, direct and transitive, once [`Imports::follow`] has run.
    pub(super) public_imports: PublicImports,
    public: Vec<Vec<i32>>,
}

impl Imports {
    /// Finds the imports of `units`, which are sorted by path, and reports missing imports and
    /// cycles.
    pub(super) fn new(units: &mut [Unit], sources: &Sources) -> Self {
        let ids: FxHashMap<&str, u32> = units.iter().map(|u| u.path.as_str()).zip(0..).collect();
        let find = |path: &String| ids.get(path.as_str()).copied();
        let direct = units.iter().map(|u| u.descriptor.dependency.iter().map(find).collect());
        let mut imports = Imports {
            direct: direct.collect(),
            order: Vec::with_capacity(units.len()),
            public_imports: PublicImports::default(),
            public: units.iter().map(|unit| unit.descriptor.public_dependency.clone()).collect(),
        };
        imports.report_missing(units, sources);
        for (file, problem) in imports.sort(units) {
            units[file].problems.push(problem);
        }
        imports
    }

    /// Returns the files that `file` imports, each with the position of the import.
    pub(super) fn of_file(&self, file: u32) -> Vec<(u32, usize)> {
        let direct = self.direct[file as usize].iter().enumerate();
        direct.filter_map(|(index, import)| Some(((*import)?, index))).collect()
    }

    /// Returns the public imports of `file`.
    fn public(&self, file: u32) -> impl Iterator<Item = u32> {
        let direct = &self.direct[file as usize];
        let public = self.public[file as usize].iter();
        public.filter_map(|index| direct.get(usize::try_from(*index).ok()?).copied().flatten())
    }

    /// Follows the public imports. All names must be declared before.
    pub(super) fn follow(&mut self, units: &mut [Unit], symbols: &Symbols) {
        let packages: Vec<String> =
            units.iter().map(|unit| unit.descriptor.package().to_owned()).collect();
        let public = self.order.iter().map(|file| (*file, self.public(*file)));
        let (public_imports, problems) = PublicImports::new(public, symbols, &packages);
        self.public_imports = public_imports;
        for (file, problem) in problems {
            units[file as usize].problems.push(problem);
        }
    }

    /// Returns for each file whether it and all its imports, direct and transitive, were found and
    /// parsed.
    pub(super) fn sound(&self, units: &[Unit]) -> Vec<bool> {
        let mut sound = vec![false; units.len()];
        for file in &self.order {
            let unit = &units[*file as usize];
            let imports = &self.direct[*file as usize];
            sound[*file as usize] = unit.broken.is_empty()
                && imports.iter().all(|import| import.is_some_and(|id| sound[id as usize]));
        }
        sound
    }

    fn report_missing(&self, units: &mut [Unit], sources: &Sources) {
        let mut suggestions = suggest::MAX;
        for (unit, direct) in units.iter_mut().zip(&self.direct) {
            for (index, path) in unit.descriptor.dependency.iter().enumerate() {
                if direct[index].is_none() {
                    let (message, mut help) = missing(path, sources);
                    if suggestions > 0 && sources.candidates(path).is_empty() {
                        suggestions -= 1;
                        let own = sources.targets().iter().map(|entry| &*entry.path);
                        let known = well_known::well_known().file.iter().map(|file| file.name());
                        help = suggest::of_import(path, own.chain(known)).or(help);
                    }
                    let problem = Problem::at(vec![tag::file::DEPENDENCY, index as i32], message);
                    unit.problems.push(Problem { help, ..problem });
                }
            }
        }
    }

    /// Fills `order`, depth first without recursion, and reports each import that closes a cycle.
    fn sort(&mut self, units: &[Unit]) -> Vec<(usize, Problem)> {
        #[derive(Clone, Copy, PartialEq)]
        enum Mark {
            New,
            /// On the stack, at this position.
            Open(usize),
            Done,
        }
        let mut problems = Vec::new();
        let mut marks = vec![Mark::New; units.len()];
        for root in 0..units.len() as u32 {
            let mut stack = vec![(root, 0)];
            while let Some((file, next)) = stack.pop() {
                let id = file as usize;
                if next == 0 && marks[id] != Mark::New {
                    continue;
                }
                marks[id] = Mark::Open(stack.len());
                let Some(import) = self.direct[id].get(next).copied() else {
                    marks[id] = Mark::Done;
                    self.order.push(file);
                    continue;
                };
                stack.push((file, next + 1));
                match import.map(|import| (import, marks[import as usize])) {
                    Some((import, Mark::New)) => stack.push((import, 0)),
                    Some((_, Mark::Open(start))) => {
                        let cycle = cycle(&stack[start..], units);
                        let message = format!("import cycle: {cycle}");
                        let path = vec![tag::file::DEPENDENCY, next as i32];
                        problems.push((id, Problem::at(path, message)));
                    }
                    _ => {}
                }
            }
        }
        problems
    }
}

/// Returns the message and the help for the import `path`, which has no file, or several.
fn missing(path: &str, sources: &Sources) -> (String, Option<String>) {
    let candidates = sources.candidates(path);
    let [first, second, ..] = &candidates[..] else {
        return (format!("the import \"{path}\" is not found"), vendor_advice(sources));
    };
    let (first_path, second_path) = (&first.external, &second.external);
    let message = format!("the import \"{path}\" is ambiguous: {first_path}, {second_path}");
    let help = "delete one; `buf export --exclude-imports` writes a module without its imports";
    (message, first.module.is_none().then(|| help.to_owned()))
}

/// Returns how to get the dependencies of `sources` from their registry, since nothing is
/// downloaded here; `None` if there are none.
fn vendor_advice(sources: &Sources) -> Option<String> {
    let deps = sources.deps();
    let vendored = sources.vendored();
    let has_table = vendored.len() > 1;
    let folder = match &vendored[..] {
        [(_, only)] => only,
        _ => DEFAULT_VENDOR_FOLDER,
    };
    let export = |dep: &String| {
        let module = dep.split_once(':').map_or(&**dep, |(module, _)| module);
        let own = vendored.iter().find(|(name, _)| has_table && *name == Some(module));
        match own {
            Some((_, folder)) => format!("`buf export {dep} --exclude-imports -o {folder}`"),
            None => format!("`buf export {dep} -o {folder}`"),
        }
    };
    let exports: Vec<String> = deps.iter().map(export).collect();
    let from = match deps {
        [] => return None,
        [_] => "the dependency has it",
        _ => "a dependency has it",
    };
    let mut advice = format!("if {from}: {}", exports.join(", "));
    if vendored.is_empty() {
        let settings = format!("`[deps]` `vendor = \"{folder}\"`");
        advice.push_str(&format!(", and name that folder in wireproof.toml: {settings}"));
    }
    Some(advice)
}

/// Returns the paths of the files `around`, and of the first again: `a.proto → b.proto → a.proto`.
fn cycle(around: &[(u32, usize)], units: &[Unit]) -> String {
    let path = |(file, _): &(u32, usize)| units[*file as usize].path.clone();
    let paths: Vec<String> = match around.len().checked_sub(2 * MAX_NAMED) {
        None | Some(0) => around.iter().chain(around.first()).map(path).collect(),
        Some(others) => {
            let (begin, end) = (&around[..MAX_NAMED], &around[MAX_NAMED + others..]);
            let end = end.iter().chain(begin.first()).map(path);
            let others = format!("… {others} more …");
            begin.iter().map(path).chain([others]).chain(end).collect()
        }
    };
    paths.join(" → ")
}
