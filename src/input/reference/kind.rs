//! The forms of input, by what names them: formats, endings, and the options that each takes.

use super::ArchiveKind;
use crate::error::{Error, Result};
use crate::schema::image::{Compression, Format};

/// The forms of input; each has options of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
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
pub(super) const ENDINGS: &[(&str, Kind)] = &[
    ("tar", Kind::Archive(ArchiveKind::Tar)),
    ("tgz", Kind::Archive(ArchiveKind::Tar)),
    ("zip", Kind::Archive(ArchiveKind::Zip)),
    ("git", Kind::Git),
    ("proto", Kind::ProtoFile),
];

/// Which inputs an option belongs to.
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

/// The format called `name`.
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

/// How the file called `path` is compressed.
pub(super) fn compression_by_ending(path: &str) -> Compression {
    match extension(path) {
        Some("tgz") => Compression::Gzip,
        _ => Compression::of_path(path).1,
    }
}

/// Standard input and its other name.
pub(super) fn is_standard_stream(path: &str) -> bool {
    matches!(path, "-" | "/dev/stdin")
}

/// What follows the last dot of the last name, the names beginning with a dot included: `.git`.
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

/// The name that `wrong` may have been meant as, or all there are.
pub(super) fn nearest<'a>(wrong: &str, names: impl Iterator<Item = &'a str> + Clone) -> String {
    let distance = |name: &&str| strsim::damerau_levenshtein(wrong, name);
    match names.clone().min_by_key(distance) {
        Some(name) if distance(&name) <= 2.max(name.len() / 3) => format!("did you mean `{name}`?"),
        _ => format!("use one of {}", names.collect::<Vec<_>>().join(", ")),
    }
}
