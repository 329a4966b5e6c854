//! Inputs: a folder, one file, an image, an archive, a revision of a git repository, its index,
//! standard input. [`open`] opens a reference, and returns either the bytes of an image or a
//! [`Source`]: a tree of files, the part of it that is the input, and the display of its paths.
//! [`Sources`] are the `.proto` files in it.

mod archive;
mod budget;
mod cache;
mod disk;
mod entry;
mod folder;
mod git;
mod image_paths;
mod module_cache;
mod overlay;
mod package;
mod path;
mod reference;
mod selection;
mod sources;
mod tree;
mod view;

pub use budget::Budget;
pub(crate) use budget::max_items;
pub use cache::cache_dir;
pub use disk::Disk;
pub use entry::SourceEntry;
pub use folder::Vendored;
pub(crate) use git::{Git, user_name};
pub use image_paths::narrow_image;
pub(crate) use module_cache::cached;
pub(crate) use path::rebase;
pub use reference::{
    ArchiveKind, ArchiveReference, GitReference, Location, Reference, Repository, Revision,
};
pub use selection::Selection;
pub use sources::Sources;
pub use tree::Tree;
pub use view::View;

use crate::config::ReadFile;
use crate::error::{Error, Result};
use crate::files;
use crate::schema::image::{self, Compression, Format};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The options for opening inputs.
#[derive(Clone, Debug)]
pub struct Options {
    /// The absolute working directory, to which relative paths are relative.
    pub working_dir: PathBuf,
    /// Whether symbolic links on disk are followed (not with `--disable-symlinks`).
    pub follow_symlinks: bool,
    /// Whether local files are read from git's index (`--staged`) instead of the disk. A git
    /// reference is read from its revision in any case.
    pub staged: bool,
    /// The cache for remote repositories; see [`cache_dir`].
    pub cache_dir: PathBuf,
    /// The limit on all content that is read.
    pub budget: Budget,
}

impl Options {
    /// Returns the default options, with the working directory `working_dir`.
    pub fn new(working_dir: PathBuf) -> Self {
        Options {
            working_dir,
            follow_symlinks: true,
            staged: false,
            cache_dir: cache_dir(),
            budget: Budget::default(),
        }
    }
}

/// An opened input.
pub enum Opened {
    /// A compiled descriptor set.
    Image(ImageInput),
    /// Files to compile.
    Source(Source),
}

/// An image, decompressed but not decoded.
pub struct ImageInput {
    /// The name shown to the user.
    pub name: String,
    /// The content.
    pub bytes: Vec<u8>,
    /// The encoding.
    pub format: Format,
}

/// A tree of files and the part of it that is the input.
#[derive(Clone)]
pub struct Source {
    /// The tree.
    pub tree: Arc<dyn Tree>,
    /// The folder that is the input or contains the input file.
    pub dir: String,
    /// The file, if the input is a single one.
    pub file: Option<SingleFile>,
    /// The folder above which no `buf.yaml` of v1 configures the input (a workspace does).
    pub ceiling: String,
    /// The display of paths.
    pub view: View,
    /// The limit on the content that is read.
    pub budget: Budget,
}

/// An input that is one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SingleFile {
    /// Its path in the tree.
    pub path: String,
    /// Whether the other files of its package are targets, too.
    pub package_files: bool,
}

impl Source {
    /// Unpacks the archive in `bytes`. `reference` has its format and the folder that is the input.
    pub fn of_archive(bytes: &[u8], reference: &ArchiveReference) -> Result<Self> {
        let files = archive::unpack(bytes, reference)
            .map_err(|error| error.at(reference.location.name()))?;
        Ok(Source::own(Arc::new(files), &reference.subdir))
    }

    /// Returns the folder `dir` of a tree that is not on disk.
    fn own(tree: Arc<dyn Tree>, dir: &str) -> Self {
        let view = View::Own { dir: dir.to_owned() };
        let (dir, budget) = (dir.to_owned(), Budget::default());
        Source { tree, dir, file: None, ceiling: ".".to_owned(), view, budget }
    }

    /// Returns the root of its repository: the top of the git working tree; without one, the
    /// topmost folder with a configuration; without that, the input itself. A tree that is not on
    /// disk is a repository as a whole.
    pub fn top(&self) -> String {
        if let View::Own { .. } = self.view {
            return ".".to_owned();
        }
        let above: Vec<&str> =
            std::iter::successors(Some(&*self.dir), |dir| (*dir != ".").then(|| path::parent(dir)))
                .collect();
        let configured = |dir: &&&str| {
            CONFIGURATIONS.iter().any(|name| self.tree.exists(&path::join(dir, name)))
        };
        let git = self.tree.top_of_repository(&self.dir);
        git.unwrap_or_else(|| {
            above.iter().rfind(configured).map_or(&*self.dir, |top| top).to_owned()
        })
    }

    /// Whether `path`, inside of the repository, leads by a link out of it or into `.git`: such
    /// content belongs to somebody else, and must not be quoted.
    pub(crate) fn leads_out(&self, path: &str) -> bool {
        let top = self.top();
        path::contains(&top, path) && self.tree.leads_out(&top, path)
    }
}

/// The files that configure the folder they are in.
const CONFIGURATIONS: [&str; 3] = ["buf.yaml", "buf.work.yaml", "wireproof.toml"];

impl ReadFile for Source {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        self.tree.read(path, files::SETTINGS)
    }

    fn top(&self) -> String {
        Source::top(self)
    }

    fn display(&self, path: &str) -> String {
        self.view.show(path)
    }
}

/// Opens the input `reference`.
pub fn open(reference: &Reference, options: &Options) -> Result<Opened> {
    match reference {
        Reference::Directory { path } => directory(path, options).map(Opened::Source),
        Reference::ProtoFile { path, package_files } => {
            proto_file(path, *package_files, options).map(Opened::Source)
        }
        Reference::Image { location, format, compression } => {
            let packed = read_location(location, options)?;
            let bytes = unpack(&packed, *compression).map_err(|error| error.at(location.name()))?;
            options.budget.charge(bytes.len())?;
            let name = location.name().to_owned();
            Ok(Opened::Image(ImageInput { name, bytes, format: *format }))
        }
        Reference::Git(git) => git::open(git, options).map(|source| charged(source, options)),
        Reference::Archive(reference) => {
            let packed = read_location(&reference.location, options)?;
            Source::of_archive(&packed, reference).map(|source| charged(source, options))
        }
    }
}

/// Returns `source` with the budget of `options`.
fn charged(source: Source, options: &Options) -> Opened {
    Opened::Source(Source { budget: options.budget.clone(), ..source })
}

/// Opens the folder at `path`.
pub fn directory(path: &str, options: &Options) -> Result<Source> {
    let folder = options.working_dir.join(path);
    if folder.is_dir() || options.staged {
        return local(path, options);
    }
    Err(if folder.exists() {
        Error::new("not a directory, .proto file, image, archive or git reference")
            .at(path)
            .help(reference::help_for_file(path))
    } else if is_module_name(path) {
        let help = format!("fetch it first: buf export {path} -o DIR");
        Error::new("registry modules are not supported").at(path).help(help)
    } else {
        let error = Error::new("no such directory").at(path);
        match git::suggest(path, options) {
            Some(reference) => error.help(format!("did you mean {reference}?")),
            None => error,
        }
    })
}

fn proto_file(path: &str, package_files: bool, options: &Options) -> Result<Source> {
    let mut source = local(path, options)?;
    if source.tree.read(&source.dir, files::SCHEMAS)?.is_none() {
        return Err(Error::new("no such file").at(path));
    }
    let dir = path::parent(&source.dir).to_owned();
    if source.ceiling == source.dir {
        source.ceiling.clone_from(&dir);
    }
    let path = std::mem::replace(&mut source.dir, dir);
    source.file = Some(SingleFile { path, package_files });
    Ok(source)
}

/// Opens the local input `written`: a path on disk or, with `--staged`, in the git index.
fn local(written: &str, options: &Options) -> Result<Source> {
    let root = options.working_dir.ancestors().last().unwrap_or(Path::new("/"));
    let cwd = tree_path(&options.working_dir, root)?;
    let view = View::Disk { cwd: cwd.clone(), absolute: Path::new(written).is_absolute() };
    let dir = view.find(written)?;
    let is_below_cwd = !view.is_absolute() && path::contains(&cwd, &dir);
    let ceiling = if is_below_cwd { cwd } else { dir.clone() };
    let tree: Arc<dyn Tree> = if options.staged {
        git::index(root, &dir, options)?
    } else {
        Arc::new(disk(root, options))
    };
    let budget = options.budget.clone();
    Ok(Source { tree, dir, file: None, ceiling, view, budget })
}

/// Returns the tree of the disk, which follows links if `options` allow it.
fn disk(root: &Path, options: &Options) -> Disk {
    let disk = Disk::new(root);
    if options.follow_symlinks {
        return disk;
    }
    let here = &options.working_dir;
    disk.without_links_below(files::top_of_repository(here).unwrap_or(here))
}

/// Returns the path of `folder` in a tree that begins at `root`.
fn tree_path(folder: &Path, root: &Path) -> Result<String> {
    let below = folder.strip_prefix(root).unwrap_or(folder);
    let written = below.to_str().and_then(|path| path::normalize(&path.replace('\\', "/")));
    written.ok_or_else(|| {
        Error::new("the path of this folder is not UTF-8").at(folder.display().to_string())
    })
}

/// Whether `path` has the form `host.tld/owner/module`, with or without a label.
fn is_module_name(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    parts.len() == 3 && parts[0].contains('.') && !parts[0].starts_with('.')
}

impl Location {
    /// Returns the name shown to the user.
    fn name(&self) -> &str {
        match self {
            Location::Stdin => "<stdin>",
            Location::File(path) => path,
        }
    }
}

/// Reads a location, which may be a pipe.
fn read_location(location: &Location, options: &Options) -> Result<Vec<u8>> {
    let read = match location {
        Location::Stdin => files::read_bounded(std::io::stdin().lock(), files::SCHEMAS),
        Location::File(path) if options.staged => {
            let source = local(path, options)?;
            let missing = || Error::new("no such file in the git index").at(path);
            return source.tree.read(&source.dir, files::SCHEMAS)?.ok_or_else(missing);
        }
        Location::File(path) => files::read_named(&options.working_dir.join(path), files::SCHEMAS),
    };
    read.map_err(|error| Error::io(Path::new(location.name()), error))
}

fn unpack(bytes: &[u8], compression: Compression) -> Result<Vec<u8>> {
    image::decompress(bytes, compression, image::MAX_SIZE)
}

#[cfg(test)]
mod tests;
