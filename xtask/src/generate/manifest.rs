//! `.wireproof-files`: which files of an output folder plugins made. What it does not list was
//! written by hand and is left alone.

use std::collections::BTreeSet;

use crate::error::{Error, Result};

/// The name of a manifest, in the folder that it is about.
pub(super) const NAME: &str = ".wireproof-files";

const HEAD: &str = "# Made by `wireproof generate`. The files below are made again by it; all others are left alone.\n";

/// The text of the manifest that lists `paths`.
pub(super) fn text<'p>(paths: impl Iterator<Item = &'p str>) -> String {
    let lines = paths.flat_map(|path| [path, "\n"]);
    std::iter::once(HEAD).chain(lines).collect()
}

/// The paths that a manifest lists; it is called `shown` in errors.
pub(super) fn paths(text: &str, shown: &str) -> Result<BTreeSet<String>> {
    let lines =
        text.lines().zip(1..).filter(|(line, _)| !line.is_empty() && !line.starts_with('#'));
    let path = |(line, number): (&str, u32)| {
        let is_of_merge = ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|m| line.starts_with(m));
        let leaves = is_of_merge
            || line.starts_with('/')
            || line.contains(['\\', ':'])
            || line.split('/').any(|part| matches!(part, "" | "." | ".."));
        match leaves {
            false => Ok(line.to_owned()),
            true => Err(Error::new(format!("{line:?} is no path in this folder"))
                .at(format!("{shown}:{number}"))
                .help("a merge may have left it: delete the line and run `generate`")),
        }
    };
    lines.map(path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_paths_and_refuses_what_leads_out() {
        let text = text(["a.rs", "b/c.rs"].into_iter());
        let paths = |text: &str| super::paths(text, "gen/.wireproof-files");
        assert_eq!(
            paths(&text).expect("it is well formed"),
            ["a.rs", "b/c.rs"].map(String::from).into()
        );
        for line in ["../a", "/a", "a/../b", "<<<<<<< HEAD", "a\\b"] {
            let error = paths(&format!("{text}{line}\n")).expect_err("it is refused").to_string();
            assert!(error.starts_with("gen/.wireproof-files:4: "), "{error}");
        }
    }
}
