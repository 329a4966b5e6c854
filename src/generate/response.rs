//! What plugins answered becomes files: names checked, the answers to the requests of one plugin
//! put together, and what belongs into the file of another plugin put there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::adding::{Adding, Part};
use super::manifest;
use super::protocol::{Request, Response, feature};
use crate::config::Plugin;
use crate::error::{Error, Result};
use crate::printable;
use crate::schema::descriptor::Edition;

/// A file that plugins made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedFile {
    /// The index of the plugin that made it.
    pub plugin: usize,
    /// Its content.
    pub content: String,
}

/// The files of one output, by their paths in it.
pub type Files = BTreeMap<String, GeneratedFile>;

/// What is made: the files of every output, by the canonical form of its path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// The outputs.
    pub outputs: BTreeMap<String, Files>,
    /// What is odd and no reason to stop, escaped for printing.
    pub warnings: Vec<String>,
    /// The plugins that are not installed, where that was no reason to stop, by their index; what
    /// lies in their outputs is not known.
    pub not_installed: BTreeMap<usize, Lacking>,
    /// Their outputs.
    unknown: BTreeSet<String>,
}

/// A plugin that is not installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lacking {
    /// Its name in the template.
    pub plugin: String,
    /// The program that is not there: its own, or one that it asks.
    pub program: String,
}

/// The plugin, in quotes, and the program, where that is another word.
impl fmt::Display for Lacking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.plugin)?;
        match self.plugin.starts_with(&self.program) {
            true => Ok(()),
            false => write!(f, " (there is no program {:?})", self.program),
        }
    }
}

/// The longest name of a file. No file system takes a longer one (`PATH_MAX` of Linux).
const MAX_NAME: usize = 4096;

impl Made {
    /// Notes that the plugin at `index`, whose output is `out`, is not installed.
    pub(super) fn lacks(&mut self, index: usize, lacking: Lacking, out: String) {
        self.not_installed.insert(index, lacking);
        self.outputs.remove(&out);
        self.unknown.insert(out);
    }

    /// Adds what was made of another input; where both made a file, it is the other's, and where
    /// they made it otherwise that is a warning.
    pub fn extend(&mut self, other: Made) {
        for (out, files) in other.outputs {
            let own = self.outputs.entry(out.clone()).or_default();
            for (path, file) in files {
                let content = &file.content;
                if own.get(&path).is_some_and(|first| first.content != *content) {
                    let odd =
                        format!("two inputs make {out}/{path}, and not the same: the last counts");
                    self.warnings.push(printable::line(&odd).into_owned());
                }
                own.insert(path, file);
            }
        }
        self.warnings.extend(other.warnings);
        self.not_installed.extend(other.not_installed);
        self.outputs.retain(|out, _| !other.unknown.contains(out));
        self.unknown.extend(other.unknown);
    }

    /// Adds what the plugin at `index`, whose output is `out`, answered to its requests.
    pub(super) fn add(
        &mut self,
        index: usize,
        plugins: &[Plugin],
        out: &str,
        answers: Vec<Response>,
    ) -> Result<()> {
        if self.unknown.contains(out) {
            return Ok(());
        }
        let plugin = &plugins[index];
        let mut parts = Vec::new();
        for answer in answers {
            parts.extend(self.parts(answer, plugin)?);
        }
        let files = self.outputs.entry(out.to_owned()).or_default();
        let mut adding = Adding::new(files, index, plugins, out);
        parts.into_iter().try_for_each(|part| adding.add(part))?;
        self.warnings.extend(adding.finish());
        Ok(())
    }

    fn parts(&mut self, answer: Response, plugin: &Plugin) -> Result<Vec<Part>> {
        let mut parts = Vec::<Part>::new();
        for file in answer.file {
            let content = file.content.unwrap_or_default();
            match (file.name.filter(|name| !name.is_empty()), parts.last_mut()) {
                (None, Some(last)) => last.content.push_str(&content),
                (None, None) => {
                    return Err(broken(plugin, "the first file of its answer has no name"));
                }
                (Some(name), _) => {
                    let path = self.path(&name, plugin)?;
                    let point = file.insertion_point.filter(|point| !point.is_empty());
                    parts.push(Part { path, insertion_point: point, content });
                }
            }
        }
        Ok(parts)
    }

    /// The canonical form of a path that a plugin gave: one that stays in the output.
    fn path(&mut self, name: &str, plugin: &Plugin) -> Result<String> {
        let leaves = || broken(plugin, &format!("{name:?} leads out of the output folder"));
        not_too_long(name, plugin)?;
        if name.starts_with('/') || name.contains(['\\', ':']) {
            return Err(leaves());
        }
        if name.chars().any(char::is_control) || name.starts_with('#') {
            return Err(broken(
                plugin,
                &format!("{name:?} cannot be listed as the name of a file"),
            ));
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
        if path.is_empty() {
            return Err(broken(plugin, &format!("{name:?} names no file")));
        }
        if manifest::leaves(&path) {
            return Err(broken(
                plugin,
                &format!("{name:?} cannot be listed as the name of a file"),
            ));
        }
        if parts.iter().any(|part| part.starts_with(".wireproof-")) {
            return Err(broken(
                plugin,
                &format!("{name:?} is a name that `generate` has for itself"),
            ));
        }
        if path != name {
            let odd = format!("the plugin {:?} calls {path:?} {name:?}", plugin.name);
            self.warnings.push(odd);
        }
        Ok(path)
    }
}

/// Fails where a name is longer than a file can have.
fn not_too_long(name: &str, plugin: &Plugin) -> Result<()> {
    if name.len() <= MAX_NAME {
        return Ok(());
    }
    let begins: String = name.chars().take(64).collect();
    Err(broken(plugin, &format!("a name has more than {MAX_NAME} bytes: {begins:?}…")))
}

/// The error for an answer that makes no sense.
pub(super) fn broken(plugin: &Plugin, why: &str) -> Error {
    Error::new(format!("the plugin {:?}: {why}", plugin.name))
}

/// Checks that an answer is one to `request`; what it lacks and need not have is a warning.
pub(super) fn check(
    answer: &Response,
    request: &Request<'_>,
    plugin: &Plugin,
) -> Result<Option<String>> {
    if let Some(error) = answer.error.as_deref().filter(|error| !error.is_empty()) {
        return Err(Error::quoting(format!("the plugin {:?}: {error}", plugin.name)));
    }
    let features = answer.supported_features();
    let unknown = features & !(feature::PROTO3_OPTIONAL | feature::EDITIONS);
    if unknown != 0 {
        return Err(broken(plugin, &format!("it claims features that do not exist: {unknown:#x}")));
    }
    editions(answer, request, plugin)?;
    let has_optional = |file: &&crate::schema::descriptor::FileDescriptorProto| {
        file.message_type.iter().any(has_proto3_optional)
    };
    let optional = request.sources.iter().find(|file| has_optional(file));
    let warning = |file: &&crate::schema::descriptor::FileDescriptorProto| {
        let path = printable::line(file.name());
        format!("the plugin {:?} does not know `optional` in proto3, which {path} has", plugin.name)
    };
    Ok(optional.filter(|_| features & feature::PROTO3_OPTIONAL == 0).map(warning))
}

fn has_proto3_optional(message: &crate::schema::descriptor::DescriptorProto) -> bool {
    let mut fields = message.field.iter().chain(&message.extension);
    fields.any(|field| field.proto3_optional())
        || message.nested_type.iter().any(has_proto3_optional)
}

/// A plugin says which editions it understands, and those of the files must be among them.
fn editions(answer: &Response, request: &Request<'_>, plugin: &Plugin) -> Result<()> {
    let claims = answer.supported_features() & feature::EDITIONS != 0;
    let known = answer.minimum_edition.zip(answer.maximum_edition);
    if claims && known.is_none_or(|(oldest, newest)| oldest > newest) {
        return Err(broken(plugin, "it claims to know editions and does not say which"));
    }
    let (oldest, newest) = known.filter(|_| claims).unwrap_or((1, 0));
    for file in &request.sources {
        let Some(edition) = file.edition else { continue };
        if !(oldest..=newest).contains(&edition) {
            let name = Edition::try_from(edition)
                .map_or("an edition".to_owned(), |known| format!("{known:?}"));
            return Err(broken(
                plugin,
                &format!("it does not know {name}, which {} has", file.name()),
            ));
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

    fn answer(files: &[(&str, &str, &str)]) -> Response {
        let file = |(name, point, content): &(&str, &str, &str)| ResponseFile {
            name: Some((*name).to_owned()),
            insertion_point: Some((*point).to_owned()),
            content: Some((*content).to_owned()),
        };
        Response { file: files.iter().map(file).collect(), ..Response::default() }
    }

    /// What two plugins with the same output make of their answers.
    fn made(first: Vec<Response>, second: Vec<Response>) -> Result<BTreeMap<String, String>> {
        let plugins = [plugin("one"), plugin("two")];
        let mut made = Made::default();
        made.add(0, &plugins, "gen", first)?;
        made.add(1, &plugins, "gen", second)?;
        let files = made.outputs.remove("gen").expect("both write there");
        Ok(files.into_iter().map(|(path, file)| (path, file.content)).collect())
    }

    #[test]
    fn an_insertion_stands_before_its_point_and_as_far_in() {
        let file = "a {\n\t// @@protoc_insertion_point(x)\n}\n// @@protoc_insertion_point(x)\n";
        let first = vec![answer(&[("a", "", file)])];
        let files = made(first, vec![answer(&[("a", "x", "one\n\n two")])]).expect("it is there");
        assert_eq!(
            files["a"],
            "a {\n\tone\n\t\n\t two\n\t// @@protoc_insertion_point(x)\n}\n\
             one\n\n two\n// @@protoc_insertion_point(x)\n"
        );
    }

    #[test]
    fn a_name_that_is_left_out_goes_on_with_the_file_before() {
        let first = vec![answer(&[("a", "", "1"), ("", "", "2"), ("b", "", "3")])];
        let files = made(first, Vec::new()).expect("it makes sense");
        assert_eq!(
            files.into_iter().collect::<Vec<_>>(),
            [("a".to_owned(), "12".to_owned()), ("b".to_owned(), "3".to_owned())]
        );
    }

    #[test]
    fn what_makes_no_sense_is_an_error_with_the_name_of_the_plugin() {
        let file = |name| vec![answer(&[(name, "", "x")])];
        let long = "a/".repeat(2500);
        for (first, second, error) in [
            (file(&long), vec![], "more than 4096 bytes: \"a/a/"),
            (file("../x"), vec![], "\"one\": \"../x\" leads out"),
            (file("a/../../x"), vec![], "leads out"),
            (file("/x"), vec![], "leads out"),
            (file("c:\\x"), vec![], "leads out"),
            (file("."), vec![], "names no file"),
            (file(""), vec![], "has no name"),
            (file("x"), file("./a/../x"), "\"one\" and \"two\" both make gen/x"),
            (file("x"), file("x/y"), "\"one\" makes gen/x, and the plugin \"two\" gen/x/y:"),
            (file("x/y/z"), file("x"), "\"one\" makes gen/x/y/z, and the plugin \"two\" gen/x:"),
            (vec![], vec![answer(&[("x", "p", "y")])], "no plugin has made the file"),
            (file("x"), vec![answer(&[("x", "p", "y")])], "no such point"),
        ] {
            let found = made(first, second).expect_err("it is refused").to_string();
            assert!(found.contains(error), "{found}");
        }
    }

    #[test]
    fn the_same_file_twice_by_one_plugin_is_the_first() {
        let answers = vec![answer(&[("a", "", "1")]), answer(&[("a", "", "2"), ("b", "", "3")])];
        let files = made(answers, Vec::new()).expect("it makes sense");
        assert_eq!((&*files["a"], &*files["b"]), ("1", "3"));
    }
}
