//! What is asked of [`load`](super::load): the input, and what the command line says about it.

/// What is to be configured, in the tree that is read from. All paths are relative to the tree's
/// root (`.` is the root itself).
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The folder that is the input, or that holds the file that is.
    pub dir: &'a str,
    /// The folder above which no v1 `buf.yaml` is looked for, and to which the modules of a v2
    /// `--config` are relative: the root of a git tree or an archive, the working directory if
    /// the input was named relative to it, else `dir`.
    pub ceiling: &'a str,
    /// Whether the input is one file: then `dir` need not be a module.
    pub is_file: bool,
    /// What `--path` names: where the input has no configuration, theirs is used.
    pub paths: &'a [String],
}

impl<'a> Target<'a> {
    /// The folder `dir`, which is also the ceiling.
    pub fn dir(dir: &'a str) -> Self {
        Target { dir, ceiling: dir, is_file: false, paths: &[] }
    }
}

/// The value of `--config`: it stands in for the configuration of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// What the user calls it: the file, or `--config`.
    pub name: String,
    /// YAML or JSON.
    pub content: Vec<u8>,
}
