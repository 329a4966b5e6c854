//! A reference as written: split into path and options, with typed access to each option.

use super::kind::{
    ENDINGS, Kind, OPTIONS, compression_by_ending, describe, extension, is_standard_stream, named,
    nearest,
};
use super::{Location, Revision};
use crate::error::{Error, Result};
use crate::input::path::normalize;
use crate::schema::image::{Compression, Format};

/// A reference split into path and options, which are not checked yet.
pub(super) struct Written<'a> {
    text: &'a str,
    pub(super) path: &'a str,
    options: Vec<(&'a str, &'a str)>,
}

impl<'a> Written<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self> {
        let text = text.trim();
        let fail = |message: &str| Err(Error::new(message).at(text));
        if text.is_empty() {
            return Err(Error::new("the input is empty").help("use `.` for the working directory"));
        }
        let Some((path, options)) = text.split_once('#') else {
            return Ok(Written { text, path: text, options: Vec::new() });
        };
        let (path, options) = (path.trim(), options.trim());
        if options.contains('#') {
            return fail("an input has at most one `#`");
        }
        if path.is_empty() {
            return fail("no path before the `#`");
        }
        if options.is_empty() {
            return fail("no option after the `#`");
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
            return Err(Error::new(format!("duplicate option `{key}`")).at(self.text));
        }
        self.options.push((key, value));
        Ok(())
    }

    fn get(&self, key: &str) -> Option<&'a str> {
        self.options.iter().find(|option| option.0 == key).map(|option| option.1)
    }

    /// Returns the form of the input and the compression that its name or format implies.
    pub(super) fn kind(&self) -> Result<(Kind, Compression)> {
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
            _ => Err(Error::new("cannot tell the format from the file name")
                .at(self.path)
                .help(format!("name the format: {}#format=binpb", self.path))),
        }
    }

    pub(super) fn check_keys(&self, kind: Kind) -> Result<()> {
        for (key, _) in &self.options {
            let Some(option) = OPTIONS.iter().find(|option| option.0 == *key) else {
                let keys = OPTIONS.iter().map(|option| option.0);
                let error = Error::new(format!("unknown option `{key}`")).at(self.text);
                return Err(error.help(nearest(key, keys)));
            };
            if !(option.1)(kind) {
                let message = format!("the option `{key}` does not apply to {}", describe(kind));
                return Err(Error::new(message).at(self.text));
            }
        }
        Ok(())
    }

    pub(super) fn location(&self) -> Result<Location> {
        if is_standard_stream(self.path) {
            return Ok(Location::Stdin);
        }
        self.local_path().map(Location::File)
    }

    /// Returns the path; an error if it is not a path on this machine.
    pub(super) fn local_path(&self) -> Result<String> {
        let error = || Error::new("only git repositories can be read from a URL").at(self.text);
        if !self.path.contains("://") {
            return Ok(self.path.to_owned());
        }
        Err(match self.kind() {
            Ok((Kind::Directory, _)) => {
                error().help(format!("if it is a git repository, write {}#format=git", self.path))
            }
            _ => error().help(format!("download it first: curl -sSLO {}", self.path)),
        })
    }

    pub(super) fn compression(&self) -> Result<Option<Compression>> {
        match self.get("compression") {
            None => Ok(None),
            Some("none") => Ok(Some(Compression::None)),
            Some("gzip") => Ok(Some(Compression::Gzip)),
            Some("zstd") => Ok(Some(Compression::Zstd)),
            Some(other) => Err(Error::new(format!("unknown compression {other:?}"))
                .at(self.text)
                .help("use none, gzip or zstd")),
        }
    }

    pub(super) fn subdir(&self) -> Result<String> {
        let written = self.get("subdir").unwrap_or(".");
        normalize(written).ok_or_else(|| {
            let message = format!("subdir {written:?} is not a folder inside the input");
            Error::new(message).at(self.text)
        })
    }

    pub(super) fn flag(&self, key: &str) -> Result<bool> {
        match self.get(key) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(self.invalid(key, other, "true or false")),
        }
    }

    pub(super) fn number(&self, key: &str) -> Result<Option<u32>> {
        let parse = |value: &str| value.parse().map_err(|_| self.invalid(key, value, "a number"));
        self.get(key).map(parse).transpose()
    }

    pub(super) fn depth(&self) -> Result<Option<u32>> {
        match self.number("depth")? {
            Some(0) => Err(self.invalid("depth", "0", "1 or more")),
            depth => Ok(depth),
        }
    }

    fn invalid(&self, key: &str, value: &str, wanted: &str) -> Error {
        Error::new(format!("invalid value {key}={value}, expected {wanted}")).at(self.text)
    }

    pub(super) fn revision(&self) -> Result<Revision> {
        let get = |key| self.get(key).map(str::to_owned);
        match (get("branch"), get("tag"), get("commit"), get("ref")) {
            (None, None, None, None) => Ok(Revision::Head),
            (Some(branch), None, None, None) => Ok(Revision::Branch(branch)),
            (None, Some(tag), None, None) => Ok(Revision::Tag(tag)),
            (None, None, Some(commit), None) => Ok(Revision::Commit(commit)),
            (branch, None, None, Some(name)) => Ok(Revision::Ref { name, branch }),
            _ => Err(Error::new("use only one of branch, tag, commit and ref").at(self.text)),
        }
    }
}
