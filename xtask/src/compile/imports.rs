//! Who imports whom: what is missing, what goes round in a circle, what a file sees.

use rustc_hash::FxHashMap;

use super::problem::Problem;
use super::unit::Unit;

/// Field number of `dependency` in a file's descriptor.
const DEPENDENCY: i32 = 3;

/// The imports of a set of files; files are meant by their index.
pub(super) struct Imports {
    /// For each file and each of its imports, the imported file, if it was found.
    pub(super) direct: Vec<Vec<Option<u32>>>,
    /// The files in an order in which imports come before importers.
    pub(super) order: Vec<u32>,
    public: Vec<Vec<i32>>,
}

impl Imports {
    /// Finds the imports of `units`, which are sorted by path, and reports what is wrong with them.
    /// `lacking` is what to do about one that is not there.
    pub(super) fn new(units: &mut [Unit], lacking: Option<&str>) -> Self {
        let ids: FxHashMap<&str, u32> = units.iter().map(|u| u.path.as_str()).zip(0..).collect();
        let find = |path: &String| ids.get(path.as_str()).copied();
        let direct = units.iter().map(|u| u.descriptor.dependency.iter().map(find).collect());
        let mut imports = Imports {
            direct: direct.collect(),
            order: Vec::with_capacity(units.len()),
            public: units.iter().map(|unit| unit.descriptor.public_dependency.clone()).collect(),
        };
        imports.report_missing(units, lacking);
        for (file, problem) in imports.sort(units) {
            units[file].problems.push(problem);
        }
        imports
    }

    /// The file itself, what it imports, and what those import publicly.
    pub(super) fn visible(&self, file: u32) -> Vec<u32> {
        let mut visible = vec![file];
        visible.extend(self.direct[file as usize].iter().flatten());
        let mut next = 1;
        while let Some(id) = visible.get(next).copied() {
            next += 1;
            for index in &self.public[id as usize] {
                let imported = self.direct[id as usize].get(*index as usize).copied().flatten();
                visible.extend(imported.filter(|id| !visible.contains(id)));
            }
        }
        visible
    }

    /// Which of the imports `direct` of a file brings what `file` declares: that of the file
    /// itself, or the first that passes it on.
    pub(super) fn provider(&self, direct: &[Option<u32>], file: u32) -> Option<usize> {
        direct.iter().position(|import| *import == Some(file)).or_else(|| {
            direct.iter().position(|import| import.is_some_and(|id| self.passes_on(id, file)))
        })
    }

    /// Whether `from` imports `file` publicly, directly or through others.
    fn passes_on(&self, from: u32, file: u32) -> bool {
        let mut open = vec![from];
        let mut next = 0;
        while let Some(id) = open.get(next).copied() {
            next += 1;
            for index in &self.public[id as usize] {
                let import = self.direct[id as usize].get(*index as usize).copied().flatten();
                open.extend(import.filter(|id| !open.contains(id)));
            }
        }
        open.contains(&file)
    }

    /// For each file, whether it and everything below it was found and parsed.
    pub(super) fn sound(&self, units: &[Unit]) -> Vec<bool> {
        let mut sound = vec![false; units.len()];
        for file in &self.order {
            let unit = &units[*file as usize];
            let imports = &self.direct[*file as usize];
            sound[*file as usize] = unit.broken.is_none()
                && imports.iter().all(|import| import.is_some_and(|id| sound[id as usize]));
        }
        sound
    }

    fn report_missing(&self, units: &mut [Unit], lacking: Option<&str>) {
        for (unit, direct) in units.iter_mut().zip(&self.direct) {
            for (index, path) in unit.descriptor.dependency.iter().enumerate() {
                if direct[index].is_none() {
                    let message = format!("the import \"{path}\" is not found");
                    let problem = Problem::at(vec![DEPENDENCY, index as i32], message);
                    unit.problems.push(Problem { help: lacking.map(str::to_owned), ..problem });
                }
            }
        }
    }

    /// Fills `order`, depth first without recursion, and reports each import that closes a circle.
    fn sort(&mut self, units: &[Unit]) -> Vec<(usize, Problem)> {
        #[derive(Clone, Copy, PartialEq)]
        enum Mark {
            New,
            Open,
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
                marks[id] = Mark::Open;
                let Some(import) = self.direct[id].get(next).copied() else {
                    marks[id] = Mark::Done;
                    self.order.push(file);
                    continue;
                };
                stack.push((file, next + 1));
                match import.map(|import| (import, marks[import as usize])) {
                    Some((import, Mark::New)) => stack.push((import, 0)),
                    Some((import, Mark::Open)) => {
                        let circle = circle(&stack, import, units);
                        let message = format!("the imports go round in a circle: {circle}");
                        let path = vec![DEPENDENCY, next as i32];
                        problems.push((id, Problem::at(path, message)));
                    }
                    _ => {}
                }
            }
        }
        problems
    }
}

/// `a.proto → b.proto → a.proto`
fn circle(stack: &[(u32, usize)], start: u32, units: &[Unit]) -> String {
    let from = stack.iter().position(|(file, _)| *file == start).unwrap_or(0);
    let around = stack[from..].iter().map(|(file, _)| *file).chain([start]);
    around.map(|file| units[file as usize].path.as_str()).collect::<Vec<_>>().join(" → ")
}
