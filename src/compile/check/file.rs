//! Checks of a file as a whole: the length of its package name, duplicate imports, and imports of
//! files for the lite runtime.

use rustc_hash::FxHashMap;

use super::{Problem, problem};
use crate::schema::File;
use crate::schema::descriptor::OptimizeMode;
use crate::schema::tag;

/// The length of the longest package name, and the number of its dots.
const MAX_LENGTH: usize = 512;
const MAX_DOTS: usize = 100;

pub(super) fn check(file: File<'_>, problems: &mut Vec<Problem>) {
    check_package(file, problems);
    check_twice(file, problems);
    check_lite(file, problems);
}

fn check_package(file: File<'_>, problems: &mut Vec<Problem>) {
    let package = file.package();
    if package.len() > MAX_LENGTH {
        let message = format!("the name of a package has at most {MAX_LENGTH} characters");
        problems.push(problem(file.element_path(), &[tag::file::PACKAGE], message));
    } else if package.len() > MAX_DOTS && package.matches('.').count() > MAX_DOTS {
        let message = format!("the name of a package has at most {MAX_DOTS} dots");
        problems.push(problem(file.element_path(), &[tag::file::PACKAGE], message));
    }
}

fn check_twice(file: File<'_>, problems: &mut Vec<Problem>) {
    let mut first = FxHashMap::default();
    for (index, path) in file.proto().dependency.iter().enumerate() {
        if first.insert(path, index).is_some() {
            problems.push(at(file, index, format!("`{path}` is imported twice")));
        }
    }
}

fn check_lite(file: File<'_>, problems: &mut Vec<Problem>) {
    let mut whole = None;
    for (index, path) in file.proto().dependency.iter().enumerate() {
        let lite = file.schema().file(path).is_some_and(is_lite);
        if lite && *whole.get_or_insert_with(|| !is_lite(file)) {
            let message = format!("`{path}` is made for the lite runtime, this file is not");
            problems.push(at(file, index, message).help(
                "set `option optimize_for = LITE_RUNTIME;` in both files or in neither of them",
            ));
        }
    }
}

fn is_lite(file: File<'_>) -> bool {
    file.proto().options.is_some() && file.options().optimize_for() == OptimizeMode::LiteRuntime
}

fn at(file: File<'_>, import: usize, message: String) -> Problem {
    problem(file.element_path(), &[tag::file::DEPENDENCY, import as i32], message)
}
