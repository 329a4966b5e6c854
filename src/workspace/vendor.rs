//! Finds the vendor folders of an input: the files of its dependencies from a registry.

use super::files::Files;
use super::loader::{Loader, Rules};
use crate::config::{self, Locked, Settings, VendorFolder, Workspace};
use crate::error::{Error, Result};
use crate::input::{self, Opened, Reference, Source, Vendored, View};

/// The part of an input in a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role<'a> {
    /// The input that is checked.
    New,
    /// The older version. Its vendor folders may be those of the newer one: a repository need not
    /// have committed them at all times.
    Old(Against<'a>),
}

/// What an older version is compared with, and its own name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Against<'a> {
    /// The older version, as named by `--against`.
    pub(crate) old: &'a str,
    /// The newer version, as named by the user.
    pub(crate) new: &'a str,
}

impl Loader {
    /// Returns the vendor folders of `source`, whose configuration is `workspace`.
    ///
    /// # Errors
    ///
    /// A vendor folder of the settings does not exist.
    pub(super) fn vendored(
        &self,
        source: &Source,
        workspace: &mut Workspace,
        files: &Files<'_>,
        role: Role<'_>,
    ) -> Result<Vec<Vendored>> {
        let mut settings = files.checked(Settings::load(files, &workspace.root))?;
        let is_one_for_all = matches!(&settings.vendor[..], [vendor] if vendor.module.is_none());
        let locked = match files.checked(config::locked(files, workspace)) {
            Err(error) if !is_one_for_all => {
                self.warn_once(&format!("buf's cache is not used: {error}"));
                Vec::new()
            }
            locked => locked?,
        };
        let dependencies = config::dependencies(workspace, &locked);
        if role == Role::New {
            require_known(&settings, &dependencies)?;
        }
        if is_one_for_all {
            match &dependencies[..] {
                [only] => settings.vendor[0].module = Some(only.clone()),
                _ => workspace.dependencies = dependencies,
            }
        }
        let own: Vec<_> =
            settings.vendor.iter().map(|vendor| self.find_folder(source, vendor)).collect();
        let missing = own.iter().position(Option::is_none);
        if let Role::Old(against) = role
            && (own.is_empty() || missing.is_some())
            && let Some(mut vendored) = self.of_newer(source, &settings, against)?
        {
            self.add_cached(&mut vendored, locked)?;
            return Ok(vendored);
        }
        match missing {
            Some(missing) => {
                Err(not_there(source, &workspace.deps, &settings, &settings.vendor[missing]))
            }
            None => {
                let mut vendored: Vec<Vendored> = own.into_iter().flatten().collect();
                self.add_cached(&mut vendored, locked)?;
                Ok(vendored)
            }
        }
    }

    /// Adds the modules of `locked` that no vendor folder has and buf's cache does.
    fn add_cached(&self, vendored: &mut Vec<Vendored>, locked: Vec<Locked>) -> Result<()> {
        if vendored.iter().any(|vendored| vendored.module.is_none()) {
            return Ok(());
        }
        for module in locked {
            if vendored.iter().any(|vendored| vendored.module.as_ref() == Some(&module.name)) {
                continue;
            }
            if let Some(source) = input::cached(&module, &self.input)? {
                let excluded = source.dir.clone();
                vendored.push(Vendored {
                    source,
                    module: Some(module.name),
                    excluded,
                    is_cached: true,
                });
            }
        }
        Ok(())
    }

    /// Returns the vendor folder in the tree of `source`. A folder that is not in the index may be
    /// on disk: one that git ignores, or a submodule.
    fn find_folder(&self, source: &Source, vendor: &VendorFolder) -> Option<Vendored> {
        let has_folder = |source: &Source| source.tree.has_folder(&vendor.folder);
        let is_index = self.options.staged && matches!(source.view, View::Disk { .. });
        let found = if has_folder(source) {
            source.clone()
        } else {
            self.disk().filter(|disk| is_index && has_folder(disk))?
        };
        Some(Vendored {
            source: Source { dir: vendor.folder.clone(), file: None, ..found },
            module: vendor.module.clone(),
            excluded: vendor.folder.clone(),
            is_cached: false,
        })
    }

    /// Returns the disk, if inputs are read from the index.
    fn disk(&self) -> Option<Source> {
        let options = input::Options { staged: false, ..self.input.clone() };
        input::directory(".", &options).ok()
    }

    /// Returns the vendor folders of the input `new`, and the folder of the settings that name them;
    /// none if it is no folder.
    ///
    /// # Errors
    ///
    /// The folder has no valid configuration, or a vendor folder of it does not exist.
    pub(crate) fn vendored_of(&self, new: &str) -> Result<(String, Vec<Vendored>)> {
        let none = || Ok((String::new(), Vec::new()));
        let reference = Reference::parse(new)?;
        // Standard input can be read once only.
        if !matches!(reference, Reference::Directory { .. } | Reference::ProtoFile { .. }) {
            return none();
        }
        let Opened::Source(source) = input::open(&reference, &self.input)? else {
            return none();
        };
        let files = Files::new(&source, self.here());
        let Settings { root, vendor, .. } = files.checked(Settings::load(&files, &source.dir))?;
        if vendor.is_empty() {
            return none();
        }
        let (mut workspace, files) = self.configuration(&source, None, Rules::None)?;
        let mut vendored = self.vendored(&source, &mut workspace, &files, Role::New)?;
        vendored.retain(|vendored| !vendored.is_cached);
        Ok((root, vendored))
    }

    /// Returns the vendor folders of the newer version for `old`, which has the settings `settings`,
    /// and tells the user. If `old` has a folder at the same path, it is that one. None if the newer
    /// version has no vendor folder.
    fn of_newer(
        &self,
        old: &Source,
        settings: &Settings,
        against: Against<'_>,
    ) -> Result<Option<Vec<Vendored>>> {
        let (root, newer) = self.vendored_of(against.new)?;
        let mut is_used = false;
        let found = newer.into_iter().map(|vendored| {
            let excluded = input::rebase(&root, &settings.root, &vendored.excluded);
            let same = VendorFolder { folder: excluded.clone(), module: vendored.module.clone() };
            self.find_folder(old, &same).unwrap_or_else(|| {
                is_used = true;
                Vendored { excluded, ..vendored }
            })
        });
        let found: Vec<Vendored> = found.collect();
        if is_used {
            self.warn_once(&format!(
                "--against {} has no vendor folders: those of the working tree are used",
                against.old
            ));
        }
        Ok((!found.is_empty()).then_some(found))
    }
}

/// Refuses a folder for a module that nothing depends on, if a dependency has no folder: the name is
/// probably misspelled, and rules of managed mode would silently not hold.
fn require_known(settings: &Settings, dependencies: &[String]) -> Result<()> {
    let named: Vec<&String> =
        settings.vendor.iter().filter_map(|vendor| vendor.module.as_ref()).collect();
    let unknown = named.iter().find(|name| !dependencies.contains(name));
    let without = dependencies.iter().find(|name| !named.contains(name));
    let (Some(unknown), Some(without)) = (unknown, without) else { return Ok(()) };
    let message = format!(
        "`deps.vendor` has a folder for {unknown:?}, which is in neither `deps` nor buf.lock, and none \
         for {without:?}"
    );
    let file = settings.file.clone().unwrap_or_default();
    Err(Error::new(message).at(file).help("correct the name of the module"))
}

/// Returns the error for a vendor folder in `source` that does not exist. `deps` are the dependencies
/// in its `buf.yaml`.
fn not_there(
    source: &Source,
    deps: &[String],
    settings: &Settings,
    vendor: &VendorFolder,
) -> Error {
    let folder = source.view.show(&vendor.folder);
    let export = |dep: &String| format!("`buf export {dep} -o {folder}`");
    let exports: Vec<String> = match &vendor.module {
        Some(module) => vec![format!("`buf export {module} --exclude-imports -o {folder}`")],
        None => deps.iter().map(export).collect(),
    };
    let submodule = "if it is a git submodule: `git submodule update --init`";
    let help = match &exports[..] {
        [] => submodule.to_owned(),
        exports => format!("{}; {submodule}", exports.join(", ")),
    };
    Error::new(format!("the vendor folder {folder:?} does not exist or is empty"))
        .at(settings.file.clone().unwrap_or(folder))
        .help(help)
}
