//! `.wireproof-files`: which files of an output folder plugins made, and which template asked for
//! them. What it does not list was written by hand and is left alone.
//!
//! A path a line. A comment begins the part of a template, by its path from the folder; several
//! templates may share a folder, and each takes away its own files only. What stands before the
//! first part is of an older version, and of any template.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Error, Result};

/// The name of a manifest, in the folder that it is about.
pub(super) const NAME: &str = ".wireproof-files";

const HEAD: &str = "# Made by `wireproof generate`. The files below are made again by it; all others are left alone.\n";

/// What begins the part of a template.
const OF: &str = "# Of ";

/// What begins the part of files that a run was about to make when it was cut off.
const PENDING: &str = "# Not there before:";

/// The paths that a manifest lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Manifest {
    /// By template; what is of an older version has none.
    pub(super) parts: BTreeMap<String, BTreeSet<String>>,
    /// Those that were not there before a run that has not ended.
    pub(super) pending: BTreeSet<String>,
}

impl Manifest {
    /// Its text; none where it lists nothing.
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

    /// The manifest of `text`; it is called `shown` in errors.
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
                return Err(Error::new(format!("{line:?} is no path in this folder"))
                    .at(format!("{shown}:{number}"))
                    .help("a merge may have left it: delete the line and run `generate`"));
            }
            let part = match is_pending {
                true => &mut manifest.pending,
                false => manifest.parts.entry(template.clone()).or_default(),
            };
            part.insert(line.to_owned());
        }
        Ok(manifest)
    }
}

/// Whether a line is no path that stays in its folder, or is one that a merge leaves.
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
        let turned = parse(&text.replace('\n', "\r\n")).expect("it is well formed");
        assert_eq!(turned, manifest, "a checkout can turn the ends of lines");
        assert_eq!(Manifest::default().text(), None);
    }

    #[test]
    fn refuses_what_leads_out() {
        for line in ["../a", "/a", "a/../b", "<<<<<<< HEAD", "a\\b"] {
            let error = parse(&format!("{HEAD}a\n{line}\n")).expect_err("it is refused");
            assert!(error.to_string().starts_with("gen/.wireproof-files:3: "), "{error}");
        }
    }
}
