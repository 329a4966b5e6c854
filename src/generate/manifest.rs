//! `.wireproof-files`, the manifest of an output folder: its generated files, by template. Files that
//! it does not list are hand-written and left alone.
//!
//! Each line is a path. A comment begins the part of a template, named by its path from the folder.
//! Several templates can share a folder, and each deletes only its own files. Older versions wrote no
//! parts: paths before the first part belong to every template.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Error, Result};

/// The name of a manifest, in its folder.
pub(super) const NAME: &str = ".wireproof-files";

const HEAD: &str = "# Made by `wireproof generate`. The files below are made again by it; all others are left alone.\n";

/// The start of the line before the part of a template.
const OF: &str = "# Of ";

/// The line before the new files of a run that has not finished.
const PENDING: &str = "# Not there before:";

/// The paths that a manifest lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Manifest {
    /// The files by template. Those that an older version listed have an empty one.
    pub(super) parts: BTreeMap<String, BTreeSet<String>>,
    /// The files that did not exist before a run that has not finished.
    pub(super) pending: BTreeSet<String>,
}

impl Manifest {
    /// Returns its text; none if it lists nothing.
    pub(super) fn text(&self) -> Option<String> {
        let parts = self.parts.iter().filter(|(_, paths)| !paths.is_empty());
        let begin = |template: &str| match template {
            "" => String::new(),
            template => format!("{OF}{template}:\n"),
        };
        let parts = parts.map(|(template, paths)| (begin(template), paths));
        let pending = (!self.pending.is_empty()).then(|| (format!("{PENDING}\n"), &self.pending));
        let mut text = String::from(HEAD);
        for (begin, paths) in parts.chain(pending) {
            text.push_str(&begin);
            paths.iter().for_each(|path| text.extend([path, "\n"]));
        }
        (text != HEAD).then_some(text)
    }

    /// Parses a manifest. `shown` is its name in errors.
    pub(super) fn parse(text: &str, shown: &str) -> Result<Self> {
        let mut manifest = Manifest::default();
        let (mut template, mut is_pending) = (String::new(), false);
        for (line, number) in text.lines().zip(1..) {
            if line.starts_with('#') {
                is_pending = line == PENDING;
                if let Some(named) = line.strip_prefix(OF) {
                    named.strip_suffix(':').unwrap_or(named).clone_into(&mut template);
                }
                continue;
            }
            if line.is_empty() {
                continue;
            }
            if is_refused(line) {
                return Err(Error::new(format!("{line:?} is not a path inside this folder"))
                    .at(format!("{shown}:{number}"))
                    .help("it may come from a merge: delete the line and run `generate`"));
            }
            let part = if is_pending {
                &mut manifest.pending
            } else {
                manifest.parts.entry(template.clone()).or_default()
            };
            part.insert(line.to_owned());
        }
        Ok(manifest)
    }
}

/// Whether a line is not a path inside the folder, or looks like a conflict marker of a merge.
pub(super) fn is_refused(line: &str) -> bool {
    ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|mark| line.starts_with(mark))
        || line.starts_with('/')
        || line.contains(['\\', ':'])
        || line.split('/').any(|part| matches!(part, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Manifest> {
        Manifest::parse(text, "gen/.wireproof-files")
    }

    #[test]
    fn lists_paths_by_template() {
        let paths = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect();
        let manifest = Manifest {
            parts: [
                (String::new(), paths(&["a.rs"])),
                ("../buf.gen.yaml".to_owned(), paths(&["b/c.rs", "d.rs"])),
                ("../x.yaml".to_owned(), paths(&["b/c.rs"])),
            ]
            .into(),
            pending: paths(&["d.rs"]),
        };
        let text = manifest.text().expect("it lists something");
        assert_eq!(parse(&text).expect("it is well formed"), manifest);
        let crlf = parse(&text.replace('\n', "\r\n")).expect("it is well formed");
        assert_eq!(crlf, manifest, "a checkout can change line endings");
        assert_eq!(Manifest::default().text(), None);
    }

    #[test]
    fn refuses_paths_outside_the_folder() {
        for line in ["../a", "/a", "a/../b", "<<<<<<< HEAD", "a\\b"] {
            let error = parse(&format!("{HEAD}a\n{line}\n")).expect_err("it is refused");
            assert!(error.to_string().starts_with("gen/.wireproof-files:3: "), "{error}");
        }
    }
}
