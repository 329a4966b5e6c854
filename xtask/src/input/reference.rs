//! What the user wrote as an input, `PATH#key=value,…`, taken apart as buf takes it apart.

use crate::error::{Error, Result};
use crate::schema::image::{Compression, Format};

/// Where a schema comes from, before anything was looked at.
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
        /// Where its bytes are.
        location: Location,
        /// How it is written.
        format: Format,
        /// How it is compressed.
        compression: Compression,
    },
    /// A packed folder.
    Archive(ArchiveReference),
    /// A revision of a git repository.
    Git(GitReference),
}

/// Where bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// Standard input.
    Stdin,
    /// A file.
    File(String),
}

/// A packed folder and the part of it that is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveReference {
    /// Where its bytes are.
    pub location: Location,
    /// Tar or zip.
    pub kind: ArchiveKind,
    /// How a tar is compressed.
    pub compression: Compression,
    /// How many leading folders are taken off every path.
    pub strip_components: usize,
    /// The folder that is meant, after stripping; `.` for all.
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

/// A revision of a git repository and the part of it that is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitReference {
    /// The repository.
    pub repository: Repository,
    /// The revision.
    pub revision: Revision,
    /// The folder that is meant; `.` for all.
    pub subdir: String,
    /// How many commits are fetched of a remote repository.
    pub depth: Option<u32>,
    /// Whether the files of submodules belong to the tree.
    pub recurse_submodules: bool,
}

/// Where a git repository is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repository {
    /// A `.git`, a bare repository or a working tree on disk: read where it is.
    Local(String),
    /// A URL: fetched first.
    Remote(String),
}

/// Which revision of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revision {
    /// Nothing was said: what is checked out.
    Head,
    /// The tip of a branch.
    Branch(String),
    /// A tag.
    Tag(String),
    /// A commit, by its id or the start of it.
    Commit(String),
    /// Whatever git understands, `HEAD~1`; fetched from the branch if one is named.
    Ref {
        /// The expression.
        name: String,
        /// Where a remote repository has it.
        branch: Option<String>,
    },
}

/// The forms of input; each has options of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Directory,
    ProtoFile,
    Image(Format),
    Archive(ArchiveKind),
    Git,
}

/// The names that `#format=` takes, with the compression that each implies.
const FORMATS: &[(&str, Kind, Compression)] = &[
    ("binpb", Kind::Image(Format::Binary), Compression::None),
    ("bin", Kind::Image(Format::Binary), Compression::None),
    ("bingz", Kind::Image(Format::Binary), Compression::Gzip),
    ("json", Kind::Image(Format::Json), Compression::None),
    ("jsongz", Kind::Image(Format::Json), Compression::Gzip),
    ("txtpb", Kind::Image(Format::Text), Compression::None),
    ("yaml", Kind::Image(Format::Yaml), Compression::None),
    ("dir", Kind::Directory, Compression::None),
    ("protofile", Kind::ProtoFile, Compression::None),
    ("tar", Kind::Archive(ArchiveKind::Tar), Compression::None),
    ("targz", Kind::Archive(ArchiveKind::Tar), Compression::Gzip),
    ("zip", Kind::Archive(ArchiveKind::Zip), Compression::None),
    ("git", Kind::Git, Compression::None),
];

/// The endings that name a form without `#format=`, besides those of images.
const ENDINGS: &[(&str, Kind)] = &[
    ("tar", Kind::Archive(ArchiveKind::Tar)),
    ("tgz", Kind::Archive(ArchiveKind::Tar)),
    ("zip", Kind::Archive(ArchiveKind::Zip)),
    ("git", Kind::Git),
    ("proto", Kind::ProtoFile),
];

/// Which inputs an option belongs to.
type Applies = fn(Kind) -> bool;

/// All option keys.
const OPTIONS: &[(&str, Applies)] = &[
    ("format", |_| true),
    ("compression", |kind| matches!(kind, Kind::Image(_) | Kind::Archive(ArchiveKind::Tar))),
    ("subdir", |kind| matches!(kind, Kind::Archive(_) | Kind::Git)),
    ("strip_components", |kind| matches!(kind, Kind::Archive(_))),
    ("branch", is_git),
    ("tag", is_git),
    ("ref", is_git),
    ("commit", is_git),
    ("depth", is_git),
    ("filter", is_git),
    ("recurse_submodules", is_git),
    ("include_package_files", |kind| kind == Kind::ProtoFile),
];

fn is_git(kind: Kind) -> bool {
    kind == Kind::Git
}

impl Reference {
    /// Takes apart what the user wrote.
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
            return Err(Error::new("no git repository can be read from there")
                .at(path)
                .help(format!("a path, or a URL that begins with {}", SCHEMES.join(", "))));
        }
        match path.split_once(':') {
            Some((host, rest)) if host.contains('@') && !host.contains('/') => {
                let url = format!("ssh://{host}/{}", rest.trim_start_matches('/'));
                Err(Error::new("this short form is not understood")
                    .at(path.clone())
                    .help(format!("write {url}")))
            }
            _ => Ok(Repository::Local(path)),
        }
    }
}

/// A reference split into path and options, none of them judged yet.
struct Written<'a> {
    text: &'a str,
    path: &'a str,
    options: Vec<(&'a str, &'a str)>,
}

impl<'a> Written<'a> {
    fn parse(text: &'a str) -> Result<Self> {
        let text = text.trim();
        let fail = |message: &str| Err(Error::new(message).at(text));
        if text.is_empty() {
            return Err(Error::new("the input is empty").help("`.` is the working directory"));
        }
        let Some((path, options)) = text.split_once('#') else {
            return Ok(Written { text, path: text, options: Vec::new() });
        };
        let (path, options) = (path.trim(), options.trim());
        if options.contains('#') {
            return fail("an input has at most one `#`");
        }
        if path.is_empty() {
            return fail("there is no path before the `#`");
        }
        if options.is_empty() {
            return fail("there is no option after the `#`");
        }
        let mut written = Written { text, path, options: Vec::new() };
        for option in options.split(',') {
            written.add(option)?;
        }
        Ok(written)
    }

    fn add(&mut self, option: &'a str) -> Result<()> {
        let pair = option.split_once('=').map(|(key, value)| (key.trim(), value.trim()));
        let Some((key, value)) = pair
            .filter(|(key, value)| !key.is_empty() && !value.is_empty() && !value.contains('='))
        else {
            let message = format!("{option:?} is not an option of the form `key=value`");
            return Err(Error::new(message).at(self.text));
        };
        if self.get(key).is_some() {
            return Err(Error::new(format!("the option `{key}` is given twice")).at(self.text));
        }
        self.options.push((key, value));
        Ok(())
    }

    fn get(&self, key: &str) -> Option<&'a str> {
        self.options.iter().find(|option| option.0 == key).map(|option| option.1)
    }

    /// The form of the input and the compression that its name or format implies.
    fn kind(&self) -> Result<(Kind, Compression)> {
        let Some(format) = self.get("format") else {
            return self.kind_by_ending();
        };
        let (kind, implied) = named(format).map_err(|error| error.at(self.text))?;
        match compression_by_ending(self.path) {
            Compression::None => Ok((kind, implied)),
            compression => Ok((kind, compression)),
        }
    }

    fn kind_by_ending(&self) -> Result<(Kind, Compression)> {
        if is_standard_stream(self.path) {
            return Ok((Kind::Image(Format::Binary), Compression::None));
        }
        if let Some((format, compression)) = Format::of_path(self.path) {
            return Ok((Kind::Image(format), compression));
        }
        let (rest, outer) = Compression::of_path(self.path);
        let ending = ENDINGS.iter().find(|ending| extension(rest) == Some(ending.0));
        match (ending, outer) {
            (Some((_, kind)), Compression::None) => Ok((*kind, compression_by_ending(self.path))),
            (Some(("tar", kind)), _) => Ok((*kind, outer)),
            (None, Compression::None) => Ok((Kind::Directory, Compression::None)),
            _ => Err(Error::new("what is compressed here cannot be told from the name")
                .at(self.path)
                .help(format!("name the format: {}#format=binpb", self.path))),
        }
    }

    fn check_keys(&self, kind: Kind) -> Result<()> {
        for (key, _) in &self.options {
            let Some(option) = OPTIONS.iter().find(|option| option.0 == *key) else {
                let keys = OPTIONS.iter().map(|option| option.0);
                let error = Error::new(format!("there is no option `{key}`")).at(self.text);
                return Err(error.help(nearest(key, keys)));
            };
            if !(option.1)(kind) {
                let message = format!("the option `{key}` does not apply to {}", describe(kind));
                return Err(Error::new(message).at(self.text));
            }
        }
        Ok(())
    }

    fn location(&self) -> Result<Location> {
        if is_standard_stream(self.path) {
            return Ok(Location::Stdin);
        }
        self.local_path().map(Location::File)
    }

    /// The path, if it is one of this machine.
    fn local_path(&self) -> Result<String> {
        let error = || Error::new("only git repositories are read from a URL").at(self.text);
        if !self.path.contains("://") {
            return Ok(self.path.to_owned());
        }
        Err(match self.kind() {
            Ok((Kind::Directory, _)) => {
                error().help(format!("if it is one: {}#format=git", self.path))
            }
            _ => error().help(format!("fetch it first: curl -sSLO {}", self.path)),
        })
    }

    fn compression(&self) -> Result<Option<Compression>> {
        match self.get("compression") {
            None => Ok(None),
            Some("none") => Ok(Some(Compression::None)),
            Some("gzip") => Ok(Some(Compression::Gzip)),
            Some("zstd") => Ok(Some(Compression::Zstd)),
            Some(other) => Err(Error::new(format!("there is no compression {other:?}"))
                .at(self.text)
                .help("none, gzip or zstd")),
        }
    }

    fn subdir(&self) -> Result<String> {
        let written = self.get("subdir").unwrap_or(".");
        super::path::normalize(written).ok_or_else(|| {
            let message = format!("subdir {written:?} is not a folder inside the input");
            Error::new(message).at(self.text)
        })
    }

    fn flag(&self, key: &str) -> Result<bool> {
        match self.get(key) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(self.invalid(key, other, "true or false")),
        }
    }

    fn number(&self, key: &str) -> Result<Option<u32>> {
        let parse = |value: &str| value.parse().map_err(|_| self.invalid(key, value, "a number"));
        self.get(key).map(parse).transpose()
    }

    fn depth(&self) -> Result<Option<u32>> {
        match self.number("depth")? {
            Some(0) => Err(self.invalid("depth", "0", "1 or more")),
            depth => Ok(depth),
        }
    }

    fn invalid(&self, key: &str, value: &str, wanted: &str) -> Error {
        Error::new(format!("{key}={value} is not {wanted}")).at(self.text)
    }

    fn revision(&self) -> Result<Revision> {
        let get = |key| self.get(key).map(str::to_owned);
        match (get("branch"), get("tag"), get("commit"), get("ref")) {
            (None, None, None, None) => Ok(Revision::Head),
            (Some(branch), None, None, None) => Ok(Revision::Branch(branch)),
            (None, Some(tag), None, None) => Ok(Revision::Tag(tag)),
            (None, None, Some(commit), None) => Ok(Revision::Commit(commit)),
            (branch, None, None, Some(name)) => Ok(Revision::Ref { name, branch }),
            _ => {
                Err(Error::new("one revision is enough: branch, tag, commit or ref").at(self.text))
            }
        }
    }
}

/// The format called `name`.
fn named(name: &str) -> Result<(Kind, Compression)> {
    if let Some((_, kind, compression)) = FORMATS.iter().find(|format| format.0 == name) {
        return Ok((*kind, *compression));
    }
    let error = Error::new(format!("there is no format {name:?}"));
    Err(match name {
        "mod" => error.help("a module of a registry is read after `buf export MODULE -o DIR`"),
        _ => error.help(nearest(name, FORMATS.iter().map(|format| format.0))),
    })
}

/// How the file called `path` is compressed.
fn compression_by_ending(path: &str) -> Compression {
    match extension(path) {
        Some("tgz") => Compression::Gzip,
        _ => Compression::of_path(path).1,
    }
}

/// Standard input and its other name.
fn is_standard_stream(path: &str) -> bool {
    matches!(path, "-" | "/dev/stdin")
}

/// What follows the last dot of the last name, the names beginning with a dot included: `.git`.
fn extension(path: &str) -> Option<&str> {
    let name = path.trim_end_matches('/').rsplit('/').next()?;
    name.rsplit_once('.').map(|(_, extension)| extension)
}

fn describe(kind: Kind) -> &'static str {
    match kind {
        Kind::Directory => "a folder",
        Kind::ProtoFile => "a single file",
        Kind::Image(_) => "an image",
        Kind::Archive(ArchiveKind::Tar) => "a tar archive",
        Kind::Archive(ArchiveKind::Zip) => "a zip archive",
        Kind::Git => "a git repository",
    }
}

/// The name that `wrong` may have been meant as, or all there are.
fn nearest<'a>(wrong: &str, names: impl Iterator<Item = &'a str> + Clone) -> String {
    let distance = |name: &&str| strsim::damerau_levenshtein(wrong, name);
    match names.clone().min_by_key(distance) {
        Some(name) if distance(&name) <= 2.max(name.len() / 3) => format!("did you mean `{name}`?"),
        _ => format!("one of {}", names.collect::<Vec<_>>().join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Reference {
        Reference::parse(text).unwrap()
    }

    fn error(text: &str) -> String {
        Reference::parse(text).unwrap_err().to_string()
    }

    fn image_of(text: &str) -> (Format, Compression) {
        match parse(text) {
            Reference::Image { format, compression, .. } => (format, compression),
            other => panic!("{text} is {other:?}"),
        }
    }

    fn git(text: &str) -> GitReference {
        match parse(text) {
            Reference::Git(git) => git,
            other => panic!("{text} is {other:?}"),
        }
    }

    fn archive(text: &str) -> ArchiveReference {
        match parse(text) {
            Reference::Archive(archive) => archive,
            other => panic!("{text} is {other:?}"),
        }
    }

    #[test]
    fn a_path_without_a_known_ending_is_a_folder() {
        for path in [".", "proto", "a.b/c", "../x"] {
            assert_eq!(parse(path), Reference::Directory { path: path.to_owned() });
        }
        let file = Reference::ProtoFile { path: "a/b.proto".to_owned(), package_files: true };
        assert_eq!(parse("a/b.proto#include_package_files=true"), file);
    }

    #[test]
    fn the_ending_names_format_and_compression() {
        assert_eq!(image_of("x.binpb"), (Format::Binary, Compression::None));
        assert_eq!(image_of("x.bin.gz"), (Format::Binary, Compression::Gzip));
        assert_eq!(image_of("x.binpb.zst"), (Format::Binary, Compression::Zstd));
        assert_eq!(image_of("x.json"), (Format::Json, Compression::None));
        assert_eq!(image_of("x.txtpb.gz"), (Format::Text, Compression::Gzip));
        assert_eq!(image_of("x.yaml.zst"), (Format::Yaml, Compression::Zstd));
        assert_eq!(image_of("x#format=jsongz"), (Format::Json, Compression::Gzip));
        assert_eq!(image_of("-"), (Format::Binary, Compression::None));
        assert_eq!(archive("x.tgz").compression, Compression::Gzip);
        assert_eq!(archive("x.tar.zst").compression, Compression::Zstd);
        assert_eq!(archive("x.zip").kind, ArchiveKind::Zip);
    }

    #[test]
    fn options_decide_against_the_ending() {
        assert_eq!(image_of("x.dat#format=bin,compression=zstd").1, Compression::Zstd);
        assert_eq!(image_of("x.binpb.gz#compression=none").1, Compression::None);
        assert_eq!(image_of("x.dat.gz#format=binpb").1, Compression::Gzip);
        assert_eq!(image_of("x#format=bingz").1, Compression::Gzip);
        let packed = archive("-#format=targz,strip_components=1,subdir=./a//b/");
        assert_eq!(packed.location, Location::Stdin);
        assert_eq!((packed.strip_components, packed.subdir.as_str()), (1, "a/b"));
        assert_eq!(archive("x.tgz#format=tar").compression, Compression::Gzip);
    }

    #[test]
    fn git_repositories_are_local_or_remote() {
        let local = git(".git#tag=v1,subdir=proto");
        assert_eq!(local.repository, Repository::Local(".git".to_owned()));
        assert_eq!(local.revision, Revision::Tag("v1".to_owned()));
        assert_eq!(local.subdir, "proto");
        let remote = git("https://host/a/b.git#branch=main,ref=HEAD~1,depth=5");
        assert_eq!(remote.repository, Repository::Remote("https://host/a/b.git".to_owned()));
        let branch = Some("main".to_owned());
        assert_eq!(remote.revision, Revision::Ref { name: "HEAD~1".to_owned(), branch });
        assert_eq!(remote.depth, Some(5));
        assert_eq!(git("repo#format=git").revision, Revision::Head);
        assert_eq!(git("x.git/#commit=abc").revision, Revision::Commit("abc".to_owned()));
        assert!(error("git@host:a/b.git").contains("ssh://git@host/a/b.git"));
    }

    #[test]
    fn a_mistake_is_answered_with_what_was_meant() {
        assert!(error("x.tar#sub_dir=a").contains("did you mean `subdir`?"));
        assert!(error(".git#brunch=a").contains("did you mean `branch`?"));
        assert!(error(".git#zzzzzzzz=a").contains("one of format, compression"));
        assert!(error("x#format=binp").contains("did you mean `binpb`?"));
        assert!(error("x#format=mod").contains("buf export"));
        assert!(error("a.b.gz").contains("#format=binpb"));
        assert!(error("https://host/a/b").contains("https://host/a/b#format=git"));
        assert!(error("https://host/a.zip").contains("curl"));
    }

    #[test]
    fn what_buf_refuses_is_refused() {
        for text in [
            "",
            " ",
            "#format=tar",
            "a#",
            "a#b#c",
            "a#format",
            "a#format=",
            "a#format=x=y",
            "a.bin#format=bin,format=bin",
            "a#subdir=b",
            "a#branch=b",
            "a#strip_components=1",
            "a.zip#compression=gzip",
            "a.tar#subdir=../b",
            "a.tar#subdir=/b",
            ".git#depth=0",
            ".git#depth=x",
            ".git#branch=a,tag=b",
            ".git#tag=a,ref=b",
            ".git#recurse_submodules=1",
            "a.proto#include_package_files=no",
            "a.bin#compression=lz4",
            "-#format=git",
            "svn://host/x#format=git",
        ] {
            assert!(Reference::parse(text).is_err(), "{text:?}");
        }
    }
}
