//! Loads inputs: [`load`] opens an input, reads its configuration and compiles it. The command line,
//! the tests, the fuzz targets and other programs all load schemas here.
//!
//! This module depends on `lint` and `compat`, since a configuration is resolved against the tables
//! of their rules.

mod checks;
mod files;
mod loader;
mod vendor;

use std::path::PathBuf;

pub use checks::{CompatOptions, run_compat, run_lint};
pub(crate) use checks::{Seen, compare};
pub(crate) use loader::{Loader, PackageFile, Rules, config_override};
pub(crate) use vendor::Against;

use crate::config::Workspace;
use crate::error::Result;
use crate::finding::Finding;
use crate::input::{Source, Sources};
use crate::schema::Schema;

/// Options for loading an input.
#[derive(Clone, Debug)]
pub struct Options {
    /// The working directory, absolute: relative paths start here, and findings show paths relative
    /// to it.
    pub working_dir: PathBuf,
    /// The only files and directories to load, like `--path`. Empty loads all of the input.
    pub paths: Vec<String>,
    /// Files and directories to leave out, like `--exclude-path`.
    pub exclude_paths: Vec<String>,
    /// The configuration to use instead of the input's own, like `--config`: the name of a `.yaml`,
    /// `.yml` or `.json` file, or inline data.
    pub config: Option<String>,
    /// Whether symbolic links are followed, unlike `--disable-symlinks`.
    pub follow_symlinks: bool,
    /// Whether inputs, their configuration and releases are read from git's index instead of the
    /// disk, like `--staged`. A file that `config` names is read from disk in any case.
    pub staged: bool,
    /// Whether `paths` may match no file. Two versions of a schema need not have the same files.
    pub allow_unmatched_paths: bool,
    /// Whether all modules share one namespace, as in an image. Otherwise, independent modules may
    /// declare the same name.
    pub single_namespace: bool,
    /// The function that receives each warning about a configuration, once.
    pub warn: fn(&str),
}

impl Options {
    /// Returns the defaults, for inputs relative to `working_dir`.
    pub fn new(working_dir: impl Into<PathBuf>) -> Self {
        Options {
            working_dir: working_dir.into(),
            paths: Vec::new(),
            exclude_paths: Vec::new(),
            config: None,
            follow_symlinks: true,
            staged: false,
            allow_unmatched_paths: false,
            single_namespace: false,
            warn: |_| (),
        }
    }
}

/// A loaded input.
pub enum Load {
    /// The input compiles.
    Ready(Box<Loaded>),
    /// The input does not compile: the findings of the rule COMPILE, and the sources that they may
    /// quote.
    CompileErrors(Vec<Finding>, Texts),
}

/// A schema and its configuration.
pub struct Loaded {
    /// The compiled schema.
    pub schema: Schema,
    /// The modules of the schema, and the rules that they use.
    pub workspace: Workspace,
    /// The sources that findings about the schema may quote.
    pub texts: Texts,
    /// The baseline of its settings; none if they name none, or if no lint rules were loaded.
    pub(crate) baseline: Option<BaselineFile>,
}

/// The file that `lint.baseline` names.
pub(crate) struct BaselineFile {
    /// Its path, as shown to the user.
    pub(crate) name: String,
    /// Its content; none if it does not exist.
    pub(crate) content: Option<Vec<u8>>,
}

/// The sources that findings may quote: the files that an input was compiled from. An image has
/// none, since file names in it must not make wireproof open files.
#[derive(Default)]
pub struct Texts(Vec<Sources>);

impl Texts {
    /// Returns the text of the file that findings show as `path`; none if it is not a file of the
    /// input.
    pub fn text(&self, path: &str) -> Option<String> {
        self.0.iter().find_map(|sources| sources.text(path))
    }

    /// Adds the texts of another input.
    pub(crate) fn extend(&mut self, other: Texts) {
        self.0.extend(other.0);
    }
}

/// Loads an input: a directory, a `.proto` file, an image, an archive or a git reference, written
/// as on the command line.
///
/// A schema that does not compile is [`Load::CompileErrors`], not an error.
///
/// # Errors
///
/// The input cannot be read, or its configuration is not valid.
///
/// # Examples
///
/// ```
/// use wireproof::workspace::{Load, Options, load};
///
/// # let folder = tempfile::tempdir()?;
/// # std::fs::write(folder.path().join("a.proto"), "syntax = \"proto3\";\n\nmessage person {}\n")?;
/// let options = Options::new(folder.path());
/// let Load::Ready(loaded) = load(".", &options)? else {
///     panic!("the schema does not compile");
/// };
/// let rules: Vec<&str> = wireproof::lint(&loaded).iter().map(|finding| finding.rule).collect();
/// assert!(rules.contains(&"MESSAGE_PASCAL_CASE"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn load(reference: &str, options: &Options) -> Result<Load> {
    let config = config_override("config", options.config.as_deref())?;
    Loader::new(options.clone())?.load(reference, config.as_ref(), Rules::Both)
}

/// Loads an open input. The inputs of the fuzz targets are in memory.
#[doc(hidden)]
pub fn load_source(source: &Source, options: &Options) -> Result<Load> {
    Loader::new(options.clone())?.load_source(source, None, Rules::Both)
}
