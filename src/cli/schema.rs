//! The one way that a schema comes in: reference → input → configuration → compile (or an image)
//! → schema.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::LazyLock;

use super::policies::Files;
use super::say;
use crate::compat;
use crate::compile::{self, Compiled};
use crate::config::{self, Override, Settings, Table, Tables, Target, Workspace};
use crate::error::{Error, Result};
use crate::files;
use crate::finding::Finding;
use crate::input::{self, Opened, Reference, Selection, Source, Sources};
use crate::lint;
use crate::rule::Rule;
use crate::schema::descriptor::FileDescriptorSet;
use crate::schema::{Schema, image};

/// What narrows an input, as buf's flags do.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct SelectionArgs {
    /// Only these files and folders (may be repeated)
    #[arg(long = "path", value_name = "PATH")]
    pub(crate) paths: Vec<String>,
    /// Not these files and folders (may be repeated)
    #[arg(long = "exclude-path", value_name = "PATH")]
    pub(crate) exclude_paths: Vec<String>,
    /// Do not follow symbolic links
    #[arg(long)]
    pub(crate) disable_symlinks: bool,
    /// Read what is staged in git's index instead of the files on disk
    #[arg(long)]
    pub(crate) staged: bool,
}

/// How inputs are read, for all inputs of one command.
pub(crate) struct Reader<'a> {
    options: input::Options,
    /// The working directory.
    here: Source,
    selection: &'a SelectionArgs,
    may_miss: bool,
    whole: bool,
    warned: std::cell::RefCell<BTreeSet<String>>,
}

/// A schema and the configuration that it was found with.
pub(crate) struct Loaded {
    pub(crate) schema: Schema,
    pub(crate) workspace: Workspace,
    pub(crate) texts: Texts,
}

/// The texts that findings about an input may quote: those of the sources that it was compiled
/// from. An image has none: what it calls its files is no reason to open files of such names.
#[derive(Default)]
pub(crate) struct Texts(Vec<Sources>);

impl Texts {
    /// The text of the file that findings have as `path`.
    pub(crate) fn text(&self, path: &str) -> Option<String> {
        self.0.iter().find_map(|sources| sources.text(path))
    }

    /// Adds the texts of another input.
    pub(crate) fn extend(&mut self, other: Texts) {
        self.0.extend(other.0);
    }
}

/// What became of an input.
pub(crate) enum Outcome {
    /// It compiles.
    Loaded(Box<Loaded>),
    /// It does not.
    Broken(Vec<Finding>, Texts),
}

impl<'a> Reader<'a> {
    /// A reader of what `selection` leaves of an input.
    pub(crate) fn new(selection: &'a SelectionArgs) -> Result<Self> {
        Reader::within(working_dir()?, selection)
    }

    /// The same for inputs that are relative to `folder`.
    pub(crate) fn within(folder: PathBuf, selection: &'a SelectionArgs) -> Result<Self> {
        let options = input::Options {
            follow_symlinks: !selection.disable_symlinks,
            staged: selection.staged,
            ..input::Options::new(folder)
        };
        let here = input::directory(".", &options)?;
        let warned = std::cell::RefCell::default();
        Ok(Reader { options, here, selection, may_miss: false, whole: false, warned })
    }

    /// Lets `--path` name what only one of two versions has.
    pub(crate) fn compares(mut self) -> Self {
        self.may_miss = true;
        self
    }

    /// Has every name declared once in all modules, as an image needs it; otherwise modules that
    /// do not see each other may declare the same.
    pub(crate) fn whole(mut self) -> Self {
        self.whole = true;
        self
    }

    /// The working directory.
    pub(crate) fn here(&self) -> &Source {
        &self.here
    }

    /// The settings of the workspace that the working directory lies in.
    pub(crate) fn settings(&self) -> Result<Settings> {
        let files = Files::new(&self.here, &self.here);
        files.checked(Settings::load(&files, &self.here.dir))
    }

    /// A path of the settings as the user sees it, and as the file system takes it.
    pub(crate) fn shown(&self, path: &str) -> String {
        self.here.view.show(path)
    }

    /// The top of the repository that the input on disk called `reference` lies in, as the file
    /// system takes it.
    pub(crate) fn top(&self, reference: &str) -> Result<PathBuf> {
        match input::open(&Reference::parse(reference)?, &self.options)? {
            Opened::Source(source) => Ok(self.absolute(&source.top())),
            Opened::Image(image) => Err(Error::new("an image has no sources").at(image.name)),
        }
    }

    /// A path of the settings as the file system takes it from anywhere.
    pub(crate) fn absolute(&self, path: &str) -> PathBuf {
        self.options.working_dir.join(self.shown(path))
    }

    /// Reads what `reference` names, configured by `config` or by what lies there, to be checked
    /// by rules of the kinds that are `asked`.
    pub(crate) fn read(
        &self,
        reference: &str,
        config: Option<&Override>,
        asked: Asked,
    ) -> Result<Outcome> {
        self.read_with(reference, config, &tables(asked))
    }

    /// The same for an input that no rule is asked about: what its configuration says of rules
    /// is not looked at.
    pub(crate) fn read_schema(
        &self,
        reference: &str,
        config: Option<&Override>,
    ) -> Result<Outcome> {
        self.read_with(reference, config, &Tables::default())
    }

    /// The same for sources of which some, by their path in the tree, are not as they are kept.
    pub(crate) fn read_changed(
        &self,
        reference: &str,
        config: Option<&Override>,
        asked: Asked,
        files: BTreeMap<String, Vec<u8>>,
    ) -> Result<Outcome> {
        match input::open(&Reference::parse(reference)?, &self.options)? {
            Opened::Source(source) => {
                self.compile(&source.with_files(files), config, &tables(asked))
            }
            Opened::Image(image) => Err(Error::new("an image has no sources").at(image.name)),
        }
    }

    fn read_with(
        &self,
        reference: &str,
        config: Option<&Override>,
        tables: &Tables<'_>,
    ) -> Result<Outcome> {
        match input::open(&Reference::parse(reference)?, &self.options)? {
            Opened::Image(packed) => {
                let set = image::decode(&packed.bytes, packed.format);
                let set = set.map_err(|error| self.broken_image(error, &packed.name))?;
                let workspace = self.image_workspace(config, tables)?;
                let (schema, texts) = (self.image_schema(set)?, Texts::default());
                Ok(Outcome::Loaded(Box::new(Loaded { schema, workspace, texts })))
            }
            Opened::Source(source) => self.compile(&source, config, tables),
        }
    }

    /// Why the image called `name` cannot be read. What is in a file that a link leads to from
    /// inside of the repository to its outside is not quoted.
    fn broken_image(&self, error: Error, name: &str) -> Error {
        let leads_out = self.here.view.find(name).is_ok_and(|path| self.here.leads_out(&path));
        if !leads_out {
            return error.at(name);
        }
        Error::new(
            "this is not an image; a symbolic link leads from here out of the repository, so that \
             nothing of it is shown",
        )
        .at(name)
    }

    /// The configuration that holds for images: that of the working directory.
    fn image_workspace(&self, config: Option<&Override>, tables: &Tables<'_>) -> Result<Workspace> {
        let files = Files::new(&self.here, &self.here).with_override(config);
        let workspace = config::load_for_image(&files, &self.here.dir, config, tables);
        let workspace = files.checked(workspace)?;
        self.warn(&workspace);
        Ok(workspace)
    }

    fn compile(
        &self,
        source: &Source,
        config: Option<&Override>,
        tables: &Tables<'_>,
    ) -> Result<Outcome> {
        let paths = self.selection.paths.iter().map(|path| source.view.find(path));
        let paths = paths.collect::<Result<Vec<_>>>()?;
        let target = Target {
            dir: &source.dir,
            ceiling: &source.ceiling,
            is_file: source.file.is_some(),
            paths: &paths,
        };
        let files = Files::new(source, &self.here).with_override(config);
        let workspace = files.checked(config::load(&files, target, config, tables))?;
        self.warn(&workspace);
        let settings = files.checked(Settings::load(&files, &workspace.root))?;
        let vendor = settings.vendor.map(|dir| Source { dir, file: None, ..source.clone() });
        let selection = self.selection(vendor.as_ref());
        let sources = Sources::list(source, &workspace, &selection)?;
        let compile = if self.whole { compile::compile } else { compile::compile_modules };
        let compiled = compile(&sources)?;
        let texts = Texts(vec![sources]);
        Ok(match compiled {
            Compiled::Schema(schema) => {
                Outcome::Loaded(Box::new(Loaded { schema, workspace, texts }))
            }
            Compiled::Broken(findings) => Outcome::Broken(findings, texts),
        })
    }

    /// The schema of an image, as far as `--path` leaves it.
    fn image_schema(&self, set: FileDescriptorSet) -> Result<Schema> {
        Ok(image::schema(input::narrow_image(set, &self.selection(None))?))
    }

    fn selection<'s>(&'s self, vendor: Option<&'s Source>) -> Selection<'s> {
        Selection {
            paths: &self.selection.paths,
            exclude_paths: &self.selection.exclude_paths,
            may_miss: self.may_miss,
            vendor,
        }
    }

    fn warn(&self, workspace: &Workspace) {
        for warning in &workspace.warnings {
            if self.warned.borrow_mut().insert(warning.clone()) {
                say(&format!("warning: {warning}"));
            }
        }
    }
}

/// The kinds of rules that a command checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Lint,
    Compat,
    Both,
}

/// The rules that this binary has.
fn tables(asked: Asked) -> Tables<'static> {
    static LINT: LazyLock<Vec<&'static Rule>> =
        LazyLock::new(|| lint::rules::all().map(|rule| &rule.rule).collect());
    static COMPAT: LazyLock<Vec<&'static Rule>> =
        LazyLock::new(|| compat::rules::all().map(|rule| &rule.rule).collect());
    let table = |rules, other| match asked == other {
        true => Table::Known(rules),
        false => Table::Asked(rules),
    };
    Tables { lint: table(&LINT, Asked::Compat), compat: table(&COMPAT, Asked::Lint) }
}

/// The value of `--config` or `--against-config`: a file, or the configuration itself.
pub(crate) fn config_override(flag: &str, value: Option<&str>) -> Result<Option<Override>> {
    let Some(value) = value.filter(|value| !value.is_empty()) else { return Ok(None) };
    let is_file = [".yaml", ".yml", ".json"].iter().any(|suffix| value.ends_with(suffix));
    if !is_file {
        let content = value.as_bytes().to_vec();
        return Ok(Some(Override { name: format!("--{flag}"), content }));
    }
    let content = files::read_named(value.as_ref(), files::SETTINGS);
    let content = content.map_err(|error| Error::io(value.as_ref(), error))?;
    Ok(Some(Override { name: value.to_owned(), content }))
}

/// Where the user stands.
pub(crate) fn working_dir() -> Result<PathBuf> {
    std::env::current_dir()
        .map_err(|error| Error::new(error.to_string()).help("run it in a folder that exists"))
}
