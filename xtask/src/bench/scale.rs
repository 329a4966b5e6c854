//! Measures costs that must not grow quadratically: of broken files, and of releases.

use std::fs;
use std::path::Path;

use super::case::Bench;
use super::measure::Cost;
use super::tree::{Part, write};
use wireproof::error::{Error, Result};

/// The numbers of broken files to measure.
const BROKEN: &[usize] = &[0, 1, 10, 100, 1_000];
/// The numbers of releases to measure.
const RELEASES: &[usize] = &[1, 2, 4, 8];

/// Measures building a copy of `tree` in which some files do not compile.
pub(super) fn broken(
    bench: &Bench,
    tree: &Part,
    folder: &Path,
    runs: usize,
) -> Result<Vec<(usize, Cost)>> {
    let copy = Part::copy(&tree.folder, folder.to_owned(), tree.files)?;
    let files = copy.paths()?;
    let mut costs = Vec::new();
    for count in BROKEN.iter().copied().filter(|count| *count <= files.len()) {
        // The broken files are spread over the tree, and include those of the step before.
        let step = files.len().checked_div(count).unwrap_or(files.len());
        for file in files.iter().step_by(step).take(count) {
            write(&folder.join(file), "syntax = \"proto3\";\n\nmessage {\n")?;
        }
        costs.push((count, bench.alone(&["build", "."], folder, runs)?));
    }
    Ok(costs)
}

/// Measures checking `new` against several releases, each an image of `old`.
pub(super) fn releases(
    bench: &Bench,
    old: &Part,
    new: &Part,
    runs: usize,
) -> Result<Vec<(usize, Cost)>> {
    // Without its own settings, those of a folder above would apply, with its releases.
    write(&new.folder.join("wireproof.toml"), "[history]\nreleases = \"contracts/releases\"\n")?;
    let folder = new.folder.join("contracts/releases");
    let image = |number: usize| folder.join(format!("v1.{number}.0.binpb"));
    fs::create_dir_all(&folder).map_err(|error| Error::io(&folder, error))?;
    let first = image(0).display().to_string();
    bench.alone(&["build", ".", "-o", &first], &old.folder, 1)?;
    let mut costs = Vec::new();
    for count in RELEASES {
        for number in 1..*count {
            fs::copy(image(0), image(number)).map_err(|error| Error::io(&image(number), error))?;
        }
        costs.push((*count, bench.alone(&["check-compat"], &new.folder, runs)?));
    }
    Ok(costs)
}
