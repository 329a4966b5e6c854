//! The arguments of [`load`](super::load): the input, and the related options of the command line.

/// The paths of the input to configure, in the tree that is read. All of them are relative to the
/// root of the tree (`.` is the root itself).
#[derive(Clone, Copy, Debug)]
pub struct InputPaths<'a> {
    /// The folder that is the input or contains the input file.
    pub dir: &'a str,
    /// The folder above which no v1 `buf.yaml` is looked up, and to which the modules of a v2
    /// `--config` are relative: the root of a git tree or an archive, the working directory if the
    /// input was named relative to it, else `dir`.
    pub ceiling: &'a str,
    /// Whether the input is one file; `dir` need not be a module then.
    pub is_file: bool,
    /// The values of `--path`. If the input has no configuration, theirs is used.
    pub paths: &'a [String],
}

impl<'a> InputPaths<'a> {
    /// Returns the paths of the folder `dir` as an input, which is also the ceiling.
    pub fn dir(dir: &'a str) -> Self {
        InputPaths { dir, ceiling: dir, is_file: false, paths: &[] }
    }
}

/// The value of `--config`, which replaces the configuration of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// The name shown to the user: the file, or `--config`.
    pub name: String,
    /// The content, YAML or JSON.
    pub content: Vec<u8>,
}
