//! Loads the inputs of a command, within one budget.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use super::files::Files;
use super::vendor::{Against, Role};
use super::{BaselineFile, Load, Loaded, Options, Texts};
use crate::compat;
use crate::compile::{self, Compiled};
use crate::config::{self, InputPaths, Override, Settings, Table, Tables, Workspace};
use crate::error::{Error, Result};
use crate::files;
use crate::input::{
    self, ImageInput, Opened, Reference, Selection, Source, SourceEntry, Sources, Vendored,
};
use crate::lint;
use crate::rule::Rule;
use crate::schema::descriptor::FileDescriptorSet;
use crate::schema::{File, Schema, image};

/// A loader for the inputs of one command. They share one budget for the bytes that are read, and
/// each warning is given once.
pub(crate) struct Loader {
    pub(super) options: Options,
    pub(super) input: input::Options,
    /// The working directory, as a tree.
    here: Source,
    warned: RefCell<BTreeSet<String>>,
}

/// The kinds of rules that a command runs. The configuration of other kinds is not resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rules {
    /// No rules: the rule sections of a configuration are not read.
    None,
    /// The lint rules.
    Lint,
    /// The breaking rules.
    Compat,
    /// All rules.
    Both,
}

impl Loader {
    /// Returns a loader for inputs relative to the working directory of `options`.
    pub(crate) fn new(options: Options) -> Result<Self> {
        let input = input::Options {
            follow_symlinks: options.follow_symlinks,
            staged: options.staged,
            ..input::Options::new(options.working_dir.clone())
        };
        let here = input::directory(".", &input)?;
        Ok(Loader { options, input, here, warned: RefCell::default() })
    }

    /// Returns the working directory as a tree.
    pub(crate) fn here(&self) -> &Source {
        &self.here
    }

    /// Whether inputs are read from git's index.
    pub(crate) fn is_staged(&self) -> bool {
        self.options.staged
    }

    /// Reads the settings of the workspace that contains the working directory.
    pub(crate) fn settings(&self) -> Result<Settings> {
        let files = Files::new(&self.here, &self.here);
        files.checked(Settings::load(&files, &self.here.dir))
    }

    /// Returns a path of the settings as shown to the user.
    pub(crate) fn shown(&self, path: &str) -> String {
        self.here.view.show(path)
    }

    /// Returns the top folder of the repository that contains `reference`, an input on disk.
    pub(crate) fn top(&self, reference: &str) -> Result<PathBuf> {
        match input::open(&Reference::parse(reference)?, &self.input)? {
            Opened::Source(source) => Ok(self.absolute(&source.top())),
            Opened::Image(image) => Err(Error::new("an image has no sources").at(image.name)),
        }
    }

    /// Returns a path of the settings as an absolute path.
    pub(crate) fn absolute(&self, path: &str) -> PathBuf {
        self.input.working_dir.join(self.shown(path))
    }

    /// Loads the input `reference` with the configuration `config`, or else the one of the input,
    /// resolved for `rules`.
    pub(crate) fn load(
        &self,
        reference: &str,
        config: Option<&Override>,
        rules: Rules,
    ) -> Result<Load> {
        self.load_as(Role::New, reference, config, rules)
    }

    /// Loads the older version of `against` like [`Loader::load`], without rules.
    pub(crate) fn load_old(&self, against: Against<'_>, config: Option<&Override>) -> Result<Load> {
        self.load_as(Role::Old(against), against.old, config, Rules::None)
    }

    fn load_as(
        &self,
        role: Role<'_>,
        reference: &str,
        config: Option<&Override>,
        rules: Rules,
    ) -> Result<Load> {
        match input::open(&Reference::parse(reference)?, &self.input)? {
            Opened::Image(packed) => {
                let set = self.decode_image(&packed)?;
                let workspace = self.image_workspace(&self.here.dir, config, rules)?;
                let (schema, texts) = (self.image_schema(set, &packed)?, Texts::default());
                let baseline = self.baseline(&self.here, &self.here.dir, rules)?;
                Ok(Load::Ready(Box::new(Loaded { schema, workspace, texts, baseline })))
            }
            Opened::Source(source) => self.compile(role, &source, config, rules),
        }
    }

    /// Whether the older version of `against` is sources whose modules have no file.
    pub(crate) fn is_empty(&self, against: Against<'_>, config: Option<&Override>) -> Result<bool> {
        let Opened::Source(source) = input::open(&Reference::parse(against.old)?, &self.input)?
        else {
            return Ok(false);
        };
        let (mut workspace, files) = self.configuration(&source, config, Rules::None)?;
        let vendored = self.vendored(&source, &mut workspace, &files, Role::Old(against))?;
        Sources::is_empty(&source, &workspace, &vendored)
    }

    /// Lists the target files of an input with their packages, without compiling them.
    pub(crate) fn packages(
        &self,
        reference: &str,
        config: Option<&Override>,
    ) -> Result<Vec<PackageFile>> {
        match input::open(&Reference::parse(reference)?, &self.input)? {
            Opened::Image(packed) => {
                let schema = self.image_schema(self.decode_image(&packed)?, &packed)?;
                let targets = schema.files().filter(|file| !file.is_import());
                Ok(targets.map(PackageFile::of).collect())
            }
            Opened::Source(source) => {
                let (sources, _) = self.list(Role::New, &source, config, Rules::None)?;
                let file = |entry: &Arc<SourceEntry>| {
                    let (path, external) = (entry.path.clone(), entry.external.clone());
                    Ok(PackageFile { path, external, package: sources.package(entry)? })
                };
                sources.targets().iter().map(file).collect()
            }
        }
    }

    /// Loads sources like [`Loader::load`], with the content of `files`, by their paths in the tree,
    /// replaced in memory.
    pub(crate) fn load_changed(
        &self,
        reference: &str,
        config: Option<&Override>,
        rules: Rules,
        files: BTreeMap<String, Vec<u8>>,
    ) -> Result<Load> {
        match input::open(&Reference::parse(reference)?, &self.input)? {
            Opened::Source(source) => self.load_source(&source.with_files(files), config, rules),
            Opened::Image(image) => Err(Error::new("an image has no sources").at(image.name)),
        }
    }

    /// Decodes an image.
    fn decode_image(&self, packed: &ImageInput) -> Result<FileDescriptorSet> {
        let set = image::decode(&packed.bytes, packed.format);
        set.map_err(|error| self.broken_image(error, &packed.name))
    }

    /// Returns the error for an image that cannot be decoded. A file outside the repository is not
    /// quoted.
    fn broken_image(&self, error: Error, name: &str) -> Error {
        let leads_out = self.here.view.find(name).is_ok_and(|path| self.here.leads_out(&path));
        if !leads_out {
            return error.at(name);
        }
        Error::new(
            "the image is not valid; details are hidden because a symbolic link leads out of the \
             repository",
        )
        .at(name)
    }

    /// Returns `schema`, a release of the workspace at `root`, with the configuration of that folder
    /// resolved for breaking rules.
    pub(crate) fn release(&self, schema: Schema, root: &str) -> Result<Loaded> {
        let workspace = self.image_workspace(root, None, Rules::Compat)?;
        Ok(Loaded { schema, workspace, texts: Texts::default(), baseline: None })
    }

    /// Reads the configuration for an image: that of the folder `dir`.
    fn image_workspace(
        &self,
        dir: &str,
        config: Option<&Override>,
        rules: Rules,
    ) -> Result<Workspace> {
        let files = Files::new(&self.here, &self.here).with_override(config);
        let workspace = config::load_for_image(&files, dir, config, &tables(rules));
        let workspace = files.checked(workspace)?;
        self.warn(&workspace);
        Ok(workspace)
    }

    /// Compiles an opened input.
    pub(crate) fn load_source(
        &self,
        source: &Source,
        config: Option<&Override>,
        rules: Rules,
    ) -> Result<Load> {
        self.compile(Role::New, source, config, rules)
    }

    fn compile(
        &self,
        role: Role<'_>,
        source: &Source,
        config: Option<&Override>,
        rules: Rules,
    ) -> Result<Load> {
        let (sources, workspace) = self.list(role, source, config, rules)?;
        let baseline = self.baseline(source, &workspace.root, rules)?;
        let single_namespace = self.options.single_namespace;
        let options = compile::Options { single_namespace, entry_locations: lint::ENTRY_LOCATIONS };
        let compiled = compile::compile(&sources, &options)?;
        let texts = Texts(vec![sources]);
        Ok(match compiled {
            Compiled::Schema(schema) => {
                Load::Ready(Box::new(Loaded { schema, workspace, texts, baseline }))
            }
            Compiled::Broken(findings) => Load::CompileErrors(findings, texts),
        })
    }

    /// Reads the baseline that the settings for `root`, a folder of `source`, name.
    fn baseline(&self, source: &Source, root: &str, rules: Rules) -> Result<Option<BaselineFile>> {
        if matches!(rules, Rules::None | Rules::Compat) {
            return Ok(None);
        }
        let files = Files::new(source, &self.here);
        let settings = files.checked(Settings::load(&files, root))?;
        let read = |path: String| {
            let content = source.tree.read(&path, files::BASELINE)?;
            Ok(BaselineFile { name: source.view.show(&path), content })
        };
        settings.baseline.map(read).transpose()
    }

    /// Reads the configuration of an opened input, and lists its files.
    fn list(
        &self,
        role: Role<'_>,
        source: &Source,
        config: Option<&Override>,
        rules: Rules,
    ) -> Result<(Sources, Workspace)> {
        let (mut workspace, files) = self.configuration(source, config, rules)?;
        let vendored = self.vendored(source, &mut workspace, &files, role)?;
        let selection = self.selection(&vendored);
        let sources = Sources::list(source, &workspace, &selection)?;
        Ok((sources, workspace))
    }

    /// Reads the configuration of an opened input. Its settings are read from the same files.
    pub(super) fn configuration<'a>(
        &'a self,
        source: &'a Source,
        config: Option<&Override>,
        rules: Rules,
    ) -> Result<(Workspace, Files<'a>)> {
        let paths = self.options.paths.iter().map(|path| source.view.find(path));
        let paths = paths.collect::<Result<Vec<_>>>()?;
        let input = InputPaths {
            dir: &source.dir,
            ceiling: &source.ceiling,
            is_file: source.file.is_some(),
            paths: &paths,
        };
        let files = Files::new(source, &self.here).with_override(config);
        let workspace = files.checked(config::load(&files, input, config, &tables(rules)))?;
        self.warn(&workspace);
        Ok((workspace, files))
    }

    /// Returns the schema of the image `packed`, whose files are `set`, narrowed to the selected
    /// paths.
    fn image_schema(&self, set: FileDescriptorSet, packed: &ImageInput) -> Result<Schema> {
        let schema = image::schema(input::narrow_image(set, &self.selection(&[]))?);
        image::check(&schema).map_err(|error| self.broken_image(error, &packed.name))?;
        Ok(schema)
    }

    /// Returns the selection of files that the options describe.
    fn selection<'s>(&'s self, vendored: &'s [Vendored]) -> Selection<'s> {
        Selection {
            paths: &self.options.paths,
            exclude_paths: &self.options.exclude_paths,
            allow_unmatched: self.options.allow_unmatched_paths,
            vendored,
        }
    }

    /// Passes on the warnings about `workspace` that were not given before.
    fn warn(&self, workspace: &Workspace) {
        workspace.warnings.iter().for_each(|warning| self.warn_once(warning));
    }

    /// Passes on `warning`, unless it was given before.
    pub(super) fn warn_once(&self, warning: &str) {
        if self.warned.borrow_mut().insert(warning.to_owned()) {
            (self.options.warn)(warning);
        }
    }
}

/// A target file of an input, and its package.
pub(crate) struct PackageFile {
    /// The path by which the file is imported.
    pub(crate) path: String,
    /// The path that is shown to the user.
    pub(crate) external: String,
    /// The package; empty if the file has none.
    pub(crate) package: String,
}

impl PackageFile {
    fn of(file: File<'_>) -> Self {
        let own = str::to_owned;
        PackageFile {
            path: own(file.path()),
            external: own(file.external()),
            package: own(file.package()),
        }
    }
}

/// Returns the tables of rules that a configuration is resolved against. With one kind of rules, the
/// names of the other kind are known, too.
fn tables(rules: Rules) -> Tables<'static> {
    static LINT: LazyLock<Vec<&'static Rule>> =
        LazyLock::new(|| lint::rules::all().map(|rule| &rule.rule).collect());
    static COMPAT: LazyLock<Vec<&'static Rule>> =
        LazyLock::new(|| compat::rules::all().map(|rule| &rule.rule).collect());
    let table =
        |table, is_used| if is_used { Table::Active(table) } else { Table::Inactive(table) };
    match rules {
        Rules::None => Tables::default(),
        _ => Tables {
            lint: table(&LINT, rules != Rules::Compat),
            compat: table(&COMPAT, rules != Rules::Lint),
        },
    }
}

/// Returns the configuration given by `--config` or a similar flag: the content of a file, or the
/// inline data. An empty value is none.
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
