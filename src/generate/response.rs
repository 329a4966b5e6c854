//! The files of plugin responses: names are checked, the responses of one plugin are joined, and
//! insertions are made into the files of other plugins.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::manifest;
use super::merge::{Merge, Part};
use super::protocol::{Request, Response, feature};
use crate::config::Plugin;
use crate::error::{Error, Result};
use crate::printable;
use crate::schema::descriptor::{DescriptorProto, Edition, FileDescriptorProto};

/// A generated file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedFile {
    /// The index of the plugin that generated it.
    pub plugin: usize,
    /// Its content.
    pub content: String,
}

/// The files of one output, by their paths in it.
pub type Files = BTreeMap<String, GeneratedFile>;

/// The generated files of all outputs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GeneratedOutputs {
    /// The outputs, by the canonical forms of their paths.
    pub outputs: BTreeMap<String, Files>,
    /// Warnings, escaped for printing.
    pub warnings: Vec<String>,
    /// The plugins that are not installed and may be missing, by index. The content of their
    /// outputs is unknown.
    pub not_installed: BTreeMap<usize, MissingPlugin>,
    /// The outputs of missing plugins.
    unknown: BTreeSet<String>,
}

/// A plugin that is not installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingPlugin {
    /// Its name in the template.
    pub plugin: String,
    /// The missing program: its own, or one that it runs.
    pub program: String,
}

/// Writes the plugin in quotes, and the program if it has another name.
impl fmt::Display for MissingPlugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.plugin)?;
        if self.plugin.starts_with(&self.program) {
            return Ok(());
        }
        write!(f, " (there is no program {:?})", self.program)
    }
}

/// The length limit of a file name. No file system allows a longer one (`PATH_MAX` of Linux).
const MAX_NAME: usize = 4096;

impl GeneratedOutputs {
    /// Returns the number of files in all outputs.
    pub fn count(&self) -> usize {
        self.outputs.values().map(BTreeMap::len).sum()
    }

    /// Records that the plugin at `index`, whose output is `out`, is not installed.
    pub(super) fn record_missing(&mut self, index: usize, missing: MissingPlugin, out: String) {
        self.not_installed.insert(index, missing);
        self.outputs.remove(&out);
        self.unknown.insert(out);
    }

    /// Adds the outputs of another input. If both have a file, the other one replaces it; if their
    /// contents differ, that is a warning.
    pub fn extend(&mut self, other: GeneratedOutputs) {
        for (out, files) in other.outputs {
            let own = self.outputs.entry(out.clone()).or_default();
            for (path, file) in files {
                let content = &file.content;
                if own.get(&path).is_some_and(|first| first.content != *content) {
                    let warning = format!(
                        "two inputs generate {out}/{path} with different contents: the last is kept"
                    );
                    self.warnings.push(printable::line(&warning).into_owned());
                }
                own.insert(path, file);
            }
        }
        self.warnings.extend(other.warnings);
        self.not_installed.extend(other.not_installed);
        self.outputs.retain(|out, _| !other.unknown.contains(out));
        self.unknown.extend(other.unknown);
    }

    /// Adds the responses of the plugin at `index`, whose output is `out`.
    pub(super) fn add(
        &mut self,
        index: usize,
        plugins: &[Plugin],
        out: &str,
        responses: Vec<Response>,
    ) -> Result<()> {
        if self.unknown.contains(out) {
            return Ok(());
        }
        let plugin = &plugins[index];
        let mut parts = Vec::new();
        for response in responses {
            parts.extend(self.parts(response, plugin)?);
        }
        let files = self.outputs.entry(out.to_owned()).or_default();
        let mut merge = Merge::new(files, index, plugins, out);
        parts.into_iter().try_for_each(|part| merge.add(part))?;
        self.warnings.extend(merge.finish());
        Ok(())
    }

    /// Splits `response` into its files and insertions.
    fn parts(&mut self, response: Response, plugin: &Plugin) -> Result<Vec<Part>> {
        let mut parts = Vec::<Part>::new();
        for file in response.file {
            let content = file.content.unwrap_or_default();
            match (file.name.filter(|name| !name.is_empty()), parts.last_mut()) {
                (None, Some(last)) => last.content.push_str(&content),
                (None, None) => {
                    return Err(broken(plugin, "the first file of its response has no name"));
                }
                (Some(name), _) => {
                    let path = canonical(&name, plugin)?;
                    if path != name {
                        let warning =
                            format!("the plugin {:?} calls {path:?} {name:?}", plugin.name);
                        self.warnings.push(warning);
                    }
                    let insertion_point = file.insertion_point.filter(|point| !point.is_empty());
                    parts.push(Part { path, insertion_point, content });
                }
            }
        }
        Ok(parts)
    }
}

/// Returns the canonical form of a file name in a response.
///
/// # Errors
///
/// The name leaves the output, or the manifest cannot list it.
fn canonical(name: &str, plugin: &Plugin) -> Result<String> {
    let refused = |why: &str| broken(plugin, &format!("{name:?} {why}"));
    let leaves = || refused("leads out of the output folder");
    check_length(name, plugin)?;
    if name.starts_with('/') || name.contains(['\\', ':']) {
        return Err(leaves());
    }
    let mut parts = Vec::new();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop().ok_or_else(leaves)?,
            part => parts.push(part),
        }
    }
    let path = parts.join("/");
    let is_unlistable = name.chars().any(char::is_control) || name.starts_with('#');
    if is_unlistable || !path.is_empty() && manifest::is_refused(&path) {
        return Err(refused("cannot be listed as the name of a file"));
    }
    if path.is_empty() {
        return Err(refused("is not the name of a file"));
    }
    if parts.iter().any(|part| part.starts_with(".wireproof-")) {
        return Err(refused("is a name that `generate` reserves"));
    }
    Ok(path)
}

/// Fails if a name is longer than a file name can be.
fn check_length(name: &str, plugin: &Plugin) -> Result<()> {
    if name.len() <= MAX_NAME {
        return Ok(());
    }
    let start: String = name.chars().take(64).collect();
    Err(broken(plugin, &format!("a name has more than {MAX_NAME} bytes: {start:?}…")))
}

/// Returns the error for an invalid response.
pub(super) fn broken(plugin: &Plugin, why: &str) -> Error {
    Error::new(format!("the plugin {:?}: {why}", plugin.name))
}

/// Checks that `response` is a valid response to `request`, and returns a warning if the plugin
/// lacks a feature that it can do without.
pub(super) fn check(
    response: &Response,
    request: &Request<'_>,
    plugin: &Plugin,
) -> Result<Option<String>> {
    if let Some(error) = response.error.as_deref().filter(|error| !error.is_empty()) {
        return Err(Error::quoting(format!("the plugin {:?}: {error}", plugin.name)));
    }
    let features = response.supported_features();
    let unknown = features & !(feature::PROTO3_OPTIONAL | feature::EDITIONS);
    if unknown != 0 {
        return Err(broken(plugin, &format!("it claims features that do not exist: {unknown:#x}")));
    }
    check_editions(response, request, plugin)?;
    let has_optional =
        |file: &&FileDescriptorProto| file.message_type.iter().any(has_proto3_optional);
    let optional = request.sources.iter().copied().find(has_optional);
    let warning = |file: &FileDescriptorProto| {
        let path = printable::line(file.name());
        format!(
            "the plugin {:?} does not support `optional` in proto3, used in {path}",
            plugin.name
        )
    };
    Ok(optional.filter(|_| features & feature::PROTO3_OPTIONAL == 0).map(warning))
}

fn has_proto3_optional(message: &DescriptorProto) -> bool {
    let mut fields = message.field.iter().chain(&message.extension);
    fields.any(|field| field.proto3_optional())
        || message.nested_type.iter().any(has_proto3_optional)
}

/// Fails if the response does not claim support for the editions of the target files.
fn check_editions(response: &Response, request: &Request<'_>, plugin: &Plugin) -> Result<()> {
    let claims = response.supported_features() & feature::EDITIONS != 0;
    let range = response.minimum_edition.zip(response.maximum_edition);
    if claims && range.is_none_or(|(oldest, newest)| oldest > newest) {
        return Err(broken(plugin, "it claims to support editions and does not name a range"));
    }
    let (oldest, newest) = range.filter(|_| claims).unwrap_or((1, 0));
    for file in &request.sources {
        let Some(edition) = file.edition else { continue };
        if !(oldest..=newest).contains(&edition) {
            let name = Edition::try_from(edition)
                .map_or("an edition".to_owned(), |known| format!("{known:?}"));
            let why = format!("it does not support {name}, the edition of {}", file.name());
            return Err(broken(plugin, &why));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::protocol::ResponseFile;
    use super::*;
    use crate::config::{Program, Strategy};

    fn plugin(name: &str) -> Plugin {
        Plugin {
            name: name.to_owned(),
            program: Program::Local(vec![name.to_owned()]),
            out: "gen".to_owned(),
            parameter: None,
            strategy: Strategy::All,
            include_imports: false,
            include_wkt: false,
            types: Vec::new(),
            exclude_types: Vec::new(),
        }
    }

    fn response(files: &[(&str, &str, &str)]) -> Response {
        let file = |(name, point, content): &(&str, &str, &str)| ResponseFile {
            name: Some((*name).to_owned()),
            insertion_point: Some((*point).to_owned()),
            content: Some((*content).to_owned()),
        };
        Response { file: files.iter().map(file).collect(), ..Response::default() }
    }

    /// Merges the responses of two plugins with the same output.
    fn merged(first: Vec<Response>, second: Vec<Response>) -> Result<BTreeMap<String, String>> {
        let plugins = [plugin("one"), plugin("two")];
        let mut outputs = GeneratedOutputs::default();
        outputs.add(0, &plugins, "gen", first)?;
        outputs.add(1, &plugins, "gen", second)?;
        let files = outputs.outputs.remove("gen").expect("both write there");
        Ok(files.into_iter().map(|(path, file)| (path, file.content)).collect())
    }

    #[test]
    fn insertions_go_before_their_point_with_its_indentation() {
        let file = "a {\n\t// @@protoc_insertion_point(x)\n}\n// @@protoc_insertion_point(x)\n";
        let first = vec![response(&[("a", "", file)])];
        let files =
            merged(first, vec![response(&[("a", "x", "one\n\n two")])]).expect("it is there");
        assert_eq!(
            files["a"],
            "a {\n\tone\n\t\n\t two\n\t// @@protoc_insertion_point(x)\n}\n\
             one\n\n two\n// @@protoc_insertion_point(x)\n"
        );
    }

    #[test]
    fn a_file_without_a_name_continues_the_one_before() {
        let first = vec![response(&[("a", "", "1"), ("", "", "2"), ("b", "", "3")])];
        let files = merged(first, Vec::new()).expect("it is valid");
        assert_eq!(
            files.into_iter().collect::<Vec<_>>(),
            [("a".to_owned(), "12".to_owned()), ("b".to_owned(), "3".to_owned())]
        );
    }

    #[test]
    fn invalid_responses_are_errors_that_name_the_plugin() {
        let file = |name| vec![response(&[(name, "", "x")])];
        let long = "a/".repeat(2500);
        for (first, second, error) in [
            (file(&long), vec![], "more than 4096 bytes: \"a/a/"),
            (file("../x"), vec![], "\"one\": \"../x\" leads out"),
            (file("a/../../x"), vec![], "leads out"),
            (file("/x"), vec![], "leads out"),
            (file("c:\\x"), vec![], "leads out"),
            (file("."), vec![], "is not the name of a file"),
            (file(""), vec![], "has no name"),
            (file("x"), file("./a/../x"), "\"one\" and \"two\" both make gen/x"),
            (file("x"), file("x/y"), "\"one\" makes gen/x, and the plugin \"two\" gen/x/y:"),
            (file("x/y/z"), file("x"), "\"one\" makes gen/x/y/z, and the plugin \"two\" gen/x:"),
            (vec![], vec![response(&[("x", "p", "y")])], "but no plugin before it makes this file"),
            (file("x"), vec![response(&[("x", "p", "y")])], "but the file has no such point"),
        ] {
            let found = merged(first, second).expect_err("it is refused").to_string();
            assert!(found.contains(error), "{found}");
        }
    }

    #[test]
    fn of_a_repeated_file_the_first_is_kept() {
        let responses =
            vec![response(&[("a", "", "1")]), response(&[("a", "", "2"), ("b", "", "3")])];
        let files = merged(responses, Vec::new()).expect("it is valid");
        assert_eq!((&*files["a"], &*files["b"]), ("1", "3"));
    }
}
