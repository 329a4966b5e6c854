//! The options of the plugin.

use super::super::refused;

/// The options, for the error about another one.
const KNOWN: &str = "title=TEXT, version=TEXT, file=NAME, format=json|yaml, all=BOOL, \
    streams=sse|ndjson, errors=status|problem";

/// The options, each with its name in a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Options {
    /// `title`: the title of the document; by default the names of the packages.
    pub(super) title: Option<String>,
    /// `version`: the version of the API.
    pub(super) version: String,
    /// `file`: the name of the generated file.
    pub(super) file: Option<String>,
    /// `format`: the format of the document.
    pub(super) format: Format,
    /// `all`: whether methods without an annotation are included.
    pub(super) all: bool,
    /// `streams`: the encoding of response streams.
    pub(super) streams: Streams,
    /// `errors`: the form of errors.
    pub(super) errors: Errors,
}

/// The format of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Yaml,
}

/// The encoding of response streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Streams {
    /// Server-sent events.
    Sse,
    /// One message per line.
    Lines,
}

/// The form of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Errors {
    /// `google.rpc.Status` in JSON.
    Status,
    /// Problem details (<https://www.rfc-editor.org/rfc/rfc9457>).
    Problem,
}

impl Options {
    pub(super) fn parse(parameter: Option<&str>) -> Result<Self, String> {
        let mut options = Options {
            title: None,
            version: "0.0.0".to_owned(),
            file: None,
            format: Format::Json,
            all: false,
            streams: Streams::Sse,
            errors: Errors::Status,
        };
        for option in parameter.unwrap_or_default().split(',').filter(|option| !option.is_empty()) {
            match option.split_once('=').unwrap_or((option, "")) {
                ("title", title) if !title.is_empty() => options.title = Some(title.to_owned()),
                ("version", version) if !version.is_empty() => {
                    version.clone_into(&mut options.version)
                }
                ("file", name) if !name.is_empty() => options.file = Some(name.to_owned()),
                ("format", "json") => options.format = Format::Json,
                ("format", "yaml") => options.format = Format::Yaml,
                ("all", "" | "true") => options.all = true,
                ("all", "false") => options.all = false,
                ("streams", "sse") => options.streams = Streams::Sse,
                ("streams", "ndjson") => options.streams = Streams::Lines,
                ("errors", "status") => options.errors = Errors::Status,
                ("errors", "problem") => options.errors = Errors::Problem,
                _ => return Err(refused(option, KNOWN)),
            }
        }
        Ok(options)
    }

    /// Returns the name of the generated file.
    pub(super) fn file(&self) -> &str {
        match (&self.file, self.format) {
            (Some(file), _) => file,
            (None, Format::Json) => "openapi.json",
            (None, Format::Yaml) => "openapi.yaml",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_unknown_ones_refused() {
        let parse = |parameter| Options::parse(Some(parameter));
        let options = parse("title=A b,version=v2,format=yaml,all,streams=ndjson").expect("right");
        assert_eq!((options.title.as_deref(), &*options.version), (Some("A b"), "v2"));
        assert_eq!((options.file(), options.all), ("openapi.yaml", true));
        assert_eq!(options.streams, Streams::Lines);
        assert_eq!(parse("file=x.json").expect("right").file(), "x.json");
        for bad in ["titel=x", "title", "format=xml", "all=maybe", "streams=ws", "errors=none"] {
            assert!(parse(bad).is_err_and(|error| error.contains(bad)), "{bad}");
        }
    }
}
