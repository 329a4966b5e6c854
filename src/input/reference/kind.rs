//! The forms of input: their formats, file extensions and options.

use super::ArchiveKind;
use super::written::Written;
use crate::error::{Error, Result};
use crate::schema::image::{Compression, Format};

/// A form of input, which determines the allowed options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Directory,
    ProtoFile,
    Image(Format),
    Archive(ArchiveKind),
    Git,
}

/// The values of `#format=`, with the compression that each implies.
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

/// The file extensions that imply a form without `#format=`, in addition to those of images.
pub(super) const ENDINGS: &[(&str, Kind)] = &[
    ("tar", Kind::Archive(ArchiveKind::Tar)),
    ("tgz", Kind::Archive(ArchiveKind::Tar)),
    ("zip", Kind::Archive(ArchiveKind::Zip)),
    ("git", Kind::Git),
    ("proto", Kind::ProtoFile),
];

/// The test whether an option applies to a form of input.
type Applies = fn(Kind) -> bool;

/// All option keys.
pub(super) const OPTIONS: &[(&str, Applies)] = &[
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

/// Returns the format called `name`.
pub(super) fn named(name: &str) -> Result<(Kind, Compression)> {
    if let Some((_, kind, compression)) = FORMATS.iter().find(|format| format.0 == name) {
        return Ok((*kind, *compression));
    }
    let error = Error::new(format!("unknown format {name:?}"));
    Err(match name {
        "mod" => error.help("run `buf export MODULE -o DIR` and use DIR as the input"),
        _ => error.help(nearest(name, FORMATS.iter().map(|format| format.0))),
    })
}

/// The extensions of archives that are not read.
const UNREAD: [&str; 10] = ["xz", "txz", "bz2", "tbz", "tbz2", "lz", "lzma", "tlz", "7z", "rar"];

/// Returns the help for the file `path`, whose extension is not known.
pub(in crate::input) fn help_for_file(path: &str) -> String {
    let lower = path.to_ascii_lowercase();
    if extension(&lower).is_some_and(|extension| UNREAD.contains(&extension)) {
        return "unpack it first; .tar, .tar.gz, .tgz, .tar.zst and .zip are read".to_owned();
    }
    // As in buf, extensions are in lower case.
    let format = match Written::parse(&lower).and_then(|written| written.kind()) {
        Ok((kind, compression)) if kind != Kind::Directory => name_of(kind, compression),
        _ => "binpb".to_owned(),
    };
    format!("name its format: {path}#format={format}")
}

/// Returns the value of `#format=` for a form and a compression, with the option `compression` if no
/// value implies it.
fn name_of(kind: Kind, compression: Compression) -> String {
    let named = |implied| FORMATS.iter().find(|format| format.1 == kind && format.2 == implied);
    let plain = named(Compression::None).map_or("binpb", |format| format.0);
    match (named(compression), compression) {
        (Some(format), _) => format.0.to_owned(),
        (None, Compression::Zstd) => format!("{plain},compression=zstd"),
        (None, _) => format!("{plain},compression=gzip"),
    }
}

/// Returns the compression that the extension of `path` names.
pub(super) fn compression_by_ending(path: &str) -> Compression {
    match extension(path) {
        Some("tgz") => Compression::Gzip,
        _ => Compression::of_path(path).1,
    }
}

/// Whether `path` is standard input, under either of its names.
pub(super) fn is_standard_stream(path: &str) -> bool {
    matches!(path, "-" | "/dev/stdin")
}

/// Returns the text after the last dot of the last name. Names that begin with a dot are included:
/// `.git`.
pub(super) fn extension(path: &str) -> Option<&str> {
    let name = path.trim_end_matches('/').rsplit('/').next()?;
    name.rsplit_once('.').map(|(_, extension)| extension)
}

pub(super) fn describe(kind: Kind) -> &'static str {
    match kind {
        Kind::Directory => "a folder",
        Kind::ProtoFile => "a single file",
        Kind::Image(_) => "an image",
        Kind::Archive(ArchiveKind::Tar) => "a tar archive",
        Kind::Archive(ArchiveKind::Zip) => "a zip archive",
        Kind::Git => "a git repository",
    }
}

/// Returns the one of `names` that is most similar to `wrong`, or a list of all.
pub(super) fn nearest<'a>(wrong: &str, names: impl Iterator<Item = &'a str> + Clone) -> String {
    let distance = |name: &&str| strsim::damerau_levenshtein(wrong, name);
    match names.clone().min_by_key(distance) {
        Some(name) if distance(&name) <= 2.max(name.len() / 3) => format!("did you mean `{name}`?"),
        _ => format!("use one of {}", names.collect::<Vec<_>>().join(", ")),
    }
}
