//! Narrowing of an image by `--path` and `--exclude-path`: the target files, and their imports.

use super::path::{contains, normalize};
use super::selection::Selection;
use crate::error::{Error, Result};
use crate::schema::descriptor::{FileDescriptorProto, FileDescriptorSet};
use crate::schema::image::{BufFile, is_import};
use rustc_hash::{FxHashMap, FxHashSet};

/// Narrows the image `set` as buf does. The paths are the names of its files.
pub fn narrow_image(
    set: FileDescriptorSet,
    selection: &Selection<'_>,
) -> Result<FileDescriptorSet> {
    let paths = normalize_all(selection.paths)?;
    let exclude_paths = normalize_all(selection.exclude_paths)?;
    if paths.is_empty() && exclude_paths.is_empty() {
        return Ok(set);
    }
    if let Some(path) = paths.iter().find(|path| exclude_paths.contains(path)) {
        return Err(Error::new("this path is in both --path and --exclude-path").at(path));
    }
    let is_target = |file: &FileDescriptorProto| {
        let within = |paths: &[String]| paths.iter().any(|path| contains(path, file.name()));
        let is_wanted = if paths.is_empty() { !is_import(file) } else { within(&paths) };
        // A file listed in `--path` is a target, even in an excluded folder.
        is_wanted && (!within(&exclude_paths) || paths.iter().any(|path| path == file.name()))
    };
    let targets: FxHashSet<String> =
        set.file.iter().filter(|file| is_target(file)).map(|file| file.name().to_owned()).collect();
    if targets.is_empty() && !selection.allow_unmatched {
        let paths: Vec<String> = paths.iter().map(|path| format!("{path:?}")).collect();
        let problem = match &paths[..] {
            [] => "no file in the image matches".to_owned(),
            paths => format!("no file in the image at {}", paths.join(" or ")),
        };
        return Err(
            Error::new(problem).help("--path matches none, or --exclude-path excludes them all")
        );
    }
    let needed = needed(&set, &targets);
    let files = set.file.into_iter().filter(|file| needed.contains(file.name()));
    let marked = files.map(|file| {
        let is_import = !targets.contains(file.name());
        mark(file, is_import)
    });
    Ok(FileDescriptorSet { file: marked.collect::<Result<_>>()? })
}

/// Returns the names of `targets` and of their imports, direct and transitive.
fn needed(set: &FileDescriptorSet, targets: &FxHashSet<String>) -> FxHashSet<String> {
    let by_name: FxHashMap<&str, &FileDescriptorProto> =
        set.file.iter().map(|file| (file.name(), file)).collect();
    let mut needed = FxHashSet::default();
    let mut open: Vec<&str> = targets.iter().map(String::as_str).collect();
    while let Some(name) = open.pop() {
        if needed.insert(name.to_owned())
            && let Some(file) = by_name.get(name)
        {
            open.extend(file.dependency.iter().map(String::as_str));
        }
    }
    needed
}

/// Records in `file` whether it is an import.
fn mark(mut file: FileDescriptorProto, is_import: bool) -> Result<FileDescriptorProto> {
    let unspecified = file.syntax.is_none();
    let record = BufFile::of(&file)?.unwrap_or_else(|| BufFile::new(false, unspecified, vec![]));
    BufFile { is_import: Some(is_import), ..record }.write(&mut file);
    Ok(file)
}

fn normalize_all(paths: &[String]) -> Result<Vec<String>> {
    let inside = |path: &String| {
        let found = normalize(path).filter(|path| path != ".");
        found.ok_or_else(|| {
            Error::new("not a path inside the image")
                .at(path)
                .help("use import paths: pkg/file.proto, pkg")
        })
    };
    paths.iter().map(inside).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, imports: &[&str], is_import: bool) -> FileDescriptorProto {
        let mut file = FileDescriptorProto {
            name: Some(name.to_owned()),
            dependency: imports.iter().map(|import| (*import).to_owned()).collect(),
            ..FileDescriptorProto::default()
        };
        if is_import {
            BufFile::new(true, true, Vec::new()).write(&mut file);
        }
        file
    }

    /// Returns the names of the remaining files, imports in parentheses.
    fn narrowed(paths: &[&str], exclude_paths: &[&str], allow_unmatched: bool) -> String {
        let own = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>();
        let set = FileDescriptorSet {
            file: vec![
                file("google/t.proto", &[], true),
                file("p/d.proto", &[], false),
                file("p/c.proto", &["p/d.proto"], false),
                file("p/a.proto", &["google/t.proto", "p/c.proto"], false),
            ],
        };
        let (paths, exclude_paths) = (own(paths), own(exclude_paths));
        let selection = Selection {
            paths: &paths,
            exclude_paths: &exclude_paths,
            allow_unmatched,
            vendored: &[],
        };
        match narrow_image(set, &selection) {
            Ok(set) => set
                .file
                .iter()
                .map(|file| {
                    if is_import(file) {
                        format!("({})", file.name())
                    } else {
                        file.name().to_owned()
                    }
                })
                .collect::<Vec<_>>()
                .join(" "),
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn as_buf_narrows_it() {
        let all = "(google/t.proto) p/d.proto p/c.proto p/a.proto";
        assert_eq!(narrowed(&[], &[], false), all);
        assert_eq!(narrowed(&["p"], &[], false), all);
        assert_eq!(narrowed(&[], &["google"], false), all);
        let one = "(google/t.proto) (p/d.proto) (p/c.proto) p/a.proto";
        assert_eq!(narrowed(&["p/a.proto"], &[], false), one);
        assert_eq!(narrowed(&["./p/a.proto", "nope"], &[], false), one);
        assert_eq!(narrowed(&["p/a.proto"], &["p"], false), one);
        assert_eq!(narrowed(&["google"], &[], false), "google/t.proto");
        assert_eq!(narrowed(&["p"], &["p/a.proto"], false), "p/d.proto p/c.proto");
        let excluded = "(google/t.proto) p/d.proto (p/c.proto) p/a.proto";
        assert_eq!(narrowed(&[], &["p/c.proto"], false), excluded);
    }

    #[test]
    fn what_leaves_nothing_is_refused_unless_it_may_be_missing() {
        assert!(narrowed(&["nope"], &[], false).starts_with("error"));
        assert_eq!(narrowed(&["nope"], &[], true), "");
        for path in [".", "/p", "../p"] {
            assert!(narrowed(&[path], &[], true).starts_with("error"), "{path}");
        }
        assert!(narrowed(&["p"], &["p"], true).starts_with("error"));
    }
}
