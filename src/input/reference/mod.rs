//! Input references, `PATH#key=value,…`, parsed as in buf.

mod kind;
mod written;

#[cfg(test)]
mod tests;

use self::kind::Kind;
pub(super) use self::kind::help_for_file;
use self::written::Written;
use crate::error::{Error, Result};
use crate::schema::image::{Compression, Format};

/// A parsed reference to an input. The input itself has not been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// A folder on disk.
    Directory {
        /// Its path.
        path: String,
    },
    /// One `.proto` file on disk.
    ProtoFile {
        /// Its path.
        path: String,
        /// Whether the other files of its package belong to the input, too.
        package_files: bool,
    },
    /// A compiled descriptor set.
    Image {
        /// The location of its bytes.
        location: Location,
        /// Its encoding.
        format: Format,
        /// Its compression.
        compression: Compression,
    },
    /// An archive.
    Archive(ArchiveReference),
    /// A revision of a git repository.
    Git(GitReference),
}

/// A location of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// Standard input.
    Stdin,
    /// A file.
    File(String),
}

/// An archive and the folder of it that is the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveReference {
    /// The location of its bytes.
    pub location: Location,
    /// Tar or zip.
    pub kind: ArchiveKind,
    /// The compression of a tar.
    pub compression: Compression,
    /// The number of leading folders that are removed from every path.
    pub strip_components: usize,
    /// The folder that is the input, after stripping; `.` for all.
    pub subdir: String,
}

/// The kinds of archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveKind {
    /// `.tar`
    Tar,
    /// `.zip`
    Zip,
}

/// A revision of a git repository and the folder of it that is the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitReference {
    /// The repository.
    pub repository: Repository,
    /// The revision.
    pub revision: Revision,
    /// The folder that is the input; `.` for all.
    pub subdir: String,
    /// The number of commits that are fetched from a remote repository.
    pub depth: Option<u32>,
    /// Whether the files of submodules belong to the tree.
    pub recurse_submodules: bool,
}

/// The location of a git repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repository {
    /// A `.git`, a bare repository or a working tree on disk, read in place.
    Local(String),
    /// A URL, which is fetched first.
    Remote(String),
}

/// A revision of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revision {
    /// The revision that is checked out; the default.
    Head,
    /// The tip of a branch.
    Branch(String),
    /// A tag.
    Tag(String),
    /// A commit, by its id or the start of it.
    Commit(String),
    /// An expression in the syntax of git, such as `HEAD~1`; fetched from the branch if one is
    /// named.
    Ref {
        /// The expression.
        name: String,
        /// The branch of the remote repository that contains it.
        branch: Option<String>,
    },
}

impl Reference {
    /// Parses a reference.
    pub fn parse(text: &str) -> Result<Reference> {
        let written = Written::parse(text)?;
        let (kind, compression) = written.kind()?;
        written.check_keys(kind)?;
        let path = written.path.to_owned();
        match kind {
            Kind::Directory => Ok(Reference::Directory { path: written.local_path()? }),
            Kind::ProtoFile => Ok(Reference::ProtoFile {
                path: written.local_path()?,
                package_files: written.flag("include_package_files")?,
            }),
            Kind::Image(format) => Ok(Reference::Image {
                location: written.location()?,
                format,
                compression: written.compression()?.unwrap_or(compression),
            }),
            Kind::Archive(kind) => Ok(Reference::Archive(ArchiveReference {
                location: written.location()?,
                kind,
                compression: written.compression()?.unwrap_or(compression),
                strip_components: written.number("strip_components")?.unwrap_or(0) as usize,
                subdir: written.subdir()?,
            })),
            Kind::Git => Ok(Reference::Git(GitReference {
                repository: Repository::parse(path)?,
                revision: written.revision()?,
                subdir: written.subdir()?,
                depth: written.depth()?,
                recurse_submodules: written.flag("recurse_submodules")?,
            })),
        }
    }
}

impl Repository {
    fn parse(path: String) -> Result<Repository> {
        const SCHEMES: [&str; 5] = ["https://", "http://", "ssh://", "file://", "git://"];
        if SCHEMES.iter().any(|scheme| path.starts_with(scheme)) {
            return Ok(Repository::Remote(path));
        }
        if path == "-" || path.contains("://") {
            return Err(Error::new("unsupported git repository address")
                .at(path)
                .help(format!("use a path, or a URL that begins with {}", SCHEMES.join(", "))));
        }
        match path.split_once(':') {
            Some((host, rest)) if host.contains('@') && !host.contains('/') => {
                let url = format!("ssh://{host}/{}", rest.trim_start_matches('/'));
                Err(Error::new("scp-style git addresses are not supported")
                    .at(path.clone())
                    .help(format!("write {url}")))
            }
            _ => Ok(Repository::Local(path)),
        }
    }
}
