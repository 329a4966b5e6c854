//! `generate`: stubs, as `buf.gen.yaml` says.

mod difference;
mod inputs;

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::findings::{self, FormatArgs};
use super::selection::{SelectionArgs, working_dir};
use super::{Outcome, eprint, installation, say};
use crate::config::{self, Template};
use crate::error::{Error, Result};
use crate::files;
use crate::finding::Finding;
use crate::generate::managed;
use crate::generate::write::{self, Difference, Options};
use crate::generate::{self, Environment, GeneratedOutputs, MissingPlugin, STALE_STUB};
use crate::printable;
use crate::workspace::{Load, Loaded, Texts, config_override};

/// The name of a template.
const NAME: &str = "buf.gen.yaml";

/// How many seconds a plugin may take.
const TIMEOUT: u64 = 120;

/// Make stubs, as buf.gen.yaml says
#[derive(Debug, Default, clap::Args)]
pub(crate) struct GenerateArgs {
    /// A directory, file, image, archive or git reference; the template's inputs if there is none
    input: Option<String>,
    /// Write nothing: find stubs that are not what would be made
    #[arg(long)]
    check: bool,
    /// The template: a file, or the data itself; otherwise the nearest buf.gen.yaml
    #[arg(long, value_name = "FILE_OR_DATA")]
    template: Option<String>,
    /// Put this folder before every output
    #[arg(short, long, value_name = "DIR")]
    output: Option<String>,
    /// Configuration to use instead of the input's own: a file name, or the data itself
    #[arg(long, value_name = "FILE_OR_DATA")]
    config: Option<String>,
    /// Ask every plugin for the imports, too
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    include_imports: Option<bool>,
    /// Ask every plugin for the well-known types, too; needs --include-imports
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    include_wkt: Option<bool>,
    /// Only these types and what they need, instead of those that the template names (may be
    /// repeated)
    #[arg(long = "type", value_name = "NAME", value_delimiter = ',')]
    types: Vec<String>,
    /// Not these types, instead of those that the template names (may be repeated)
    #[arg(long = "exclude-type", value_name = "NAME", value_delimiter = ',')]
    exclude_types: Vec<String>,
    /// Delete what an earlier run made and this one does not, however little it makes; what was
    /// written by hand stays
    #[arg(long)]
    clean: bool,
    /// Replace files that were written by hand
    #[arg(long)]
    force: bool,
    /// How many seconds a plugin may take for one request
    #[arg(long, value_name = "SECONDS", default_value_t = TIMEOUT, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    format: FormatArgs,
}

pub(crate) fn run(args: &GenerateArgs) -> Result<Outcome> {
    if args.include_wkt == Some(true) && args.include_imports != Some(true) {
        return Err(Error::new("--include-wkt needs --include-imports"));
    }
    let here = working_dir()?;
    let Some((template, file, folder)) = find(args, &here)? else {
        let problem = format!("there is no {NAME} here or above, up to the top of the repository");
        let help = "--template names one, or is one: --template '{version: v2, plugins: […]}'";
        return Err(Error::new(problem).help(help));
    };
    let at = Standpoint { here, folder };
    let made = match make(args, &template, &at)? {
        Ok(made) => made,
        Err((broken, texts)) => {
            return findings::report(broken, args.format.error_format, &texts);
        }
    };
    // Data has no name by which a manifest could tell what is its own.
    let is_known = file.is_some() || template.clean;
    let whole = args.clean || is_known && is_whole(args);
    let waits = Some(says_that_it_waits as fn(&Path));
    let options = Options { whole, force: args.force, template: file, waits };
    warn(&made)?;
    if args.check {
        if !whole {
            say("this is a part: what nothing makes any more is not looked for");
        }
        let stale = stale(&at, &made, &options)?;
        return findings::report(stale, args.format.error_format, &Texts::default());
    }
    let summary = write::write(&at.folder, &made, &options)?;
    say(&format!(
        "{}, {} of them new or changed, {} deleted",
        counted_files(summary.made),
        summary.written,
        summary.deleted
    ));
    Ok(Outcome::Clean)
}

fn counted_files(number: usize) -> String {
    if number == 1 { "1 file".to_owned() } else { format!("{number} files") }
}

fn says_that_it_waits(folder: &Path) {
    let folder = folder.display();
    say(&format!("waits for another run, which holds {folder}"));
}

/// Whether this run makes everything that there should be.
fn is_whole(args: &GenerateArgs) -> bool {
    args.input.is_none()
        && args.types.is_empty()
        && args.exclude_types.is_empty()
        && args.selection.paths.is_empty()
        && args.selection.exclude_paths.is_empty()
}

/// Where the user stands, and the folder that the paths of the template are relative to.
struct Standpoint {
    here: PathBuf,
    folder: PathBuf,
}

impl Standpoint {
    /// A path that the user gave, as seen from the folder of the template.
    fn given(&self, path: &str) -> String {
        match self.here.strip_prefix(&self.folder) {
            Ok(below) => below.join(path).display().to_string(),
            Err(_) => self.here.join(path).display().to_string(),
        }
    }

    /// A path of the template, as the user sees it.
    fn shown(&self, path: &str) -> String {
        let full = self.folder.join(path);
        // What is far away is better found from the root.
        let is_near = |folder: &Path| folder.parent().is_some() && full.starts_with(folder);
        let Some(common) = self.here.ancestors().find(|folder| is_near(folder)) else {
            return full.display().to_string();
        };
        let up = self.here.strip_prefix(common).into_iter().flat_map(Path::components);
        let up: PathBuf = up.map(|_| "..").collect();
        up.join(full.strip_prefix(common).unwrap_or(&full)).display().to_string()
    }
}

/// The stubs that are not what was made.
fn stale(at: &Standpoint, made: &GeneratedOutputs, options: &Options) -> Result<Vec<Finding>> {
    let differences = write::differences(&at.folder, made, options)?;
    Ok(differences.iter().map(|(path, what)| finding(&at.shown(path), what)).collect())
}

/// What `check` says of the stubs of the template at or above `root`, and the findings.
pub(crate) fn check(root: &Path) -> Result<(String, Vec<Finding>)> {
    let args = GenerateArgs { check: true, timeout: TIMEOUT, ..GenerateArgs::default() };
    let root = root.canonicalize().map_err(|error| Error::io(root, error))?;
    let Some((template, file, folder)) = find(&args, &root)? else {
        return Ok((format!("no {NAME}: no stubs"), Vec::new()));
    };
    let at = Standpoint { here: working_dir()?, folder };
    let made = match make(&args, &template, &at)? {
        Ok(made) => made,
        Err((broken, _)) => return Ok(("the inputs do not compile".to_owned(), broken)),
    };
    warn(&made)?;
    let stubs: usize = made.outputs.values().map(|files| files.len()).sum();
    let says = match (template.plugins.len(), made.not_installed.len()) {
        (1, 0) => format!("1 plugin, {stubs} stubs"),
        (plugins, 0) => format!("{plugins} plugins, {stubs} stubs"),
        (plugins, lacking) => {
            format!("{} of {plugins} plugins, {stubs} stubs", plugins - lacking)
        }
    };
    let waits = Some(says_that_it_waits as fn(&Path));
    let options = Options { whole: true, force: false, template: file, waits };
    Ok((says, stale(&at, &made, &options)?))
}

fn warn(made: &GeneratedOutputs) -> Result<()> {
    // They are escaped, and what a plugin wrote has several lines.
    made.warnings.iter().for_each(|warning| eprint(&format!("wireproof: warning: {warning}\n")));
    if made.not_installed.is_empty() {
        return Ok(());
    }
    let mut named: Vec<String> =
        made.not_installed.values().map(MissingPlugin::to_string).collect();
    named.dedup();
    let named = named.join(", ");
    let problem = format!("not installed, so that nothing in their outputs is checked: {named}");
    let help = installation::help_all(made.not_installed.values());
    if std::env::var("CI").is_ok_and(|value| value == "true") {
        return Err(Error::new(problem).help(help));
    }
    let skipped = Error::new(format!("SKIPPED: {problem}")).help(help);
    eprint(&format!("wireproof: {skipped}\n"));
    Ok(())
}

/// The template, its file, if it is one, and the folder that its paths are relative to.
type Found = (Template, Option<PathBuf>, PathBuf);

fn find(args: &GenerateArgs, here: &Path) -> Result<Option<Found>> {
    if let Some(given) = config_override("template", args.template.as_deref())? {
        let template = Template::decode(&given.content, &given.name)?;
        let file = Path::new(&given.name).canonicalize().ok();
        return Ok(Some((template, file, here.to_owned())));
    }
    let top = top(here);
    for folder in here.ancestors().take_while(|folder| folder.starts_with(top)) {
        let path = folder.join(NAME);
        match files::read(&path, files::SETTINGS) {
            Ok(content) => {
                let shown = if folder == here { NAME.into() } else { path.display().to_string() };
                let template = Template::decode(&content, &shown)?;
                return Ok(Some((template, Some(path), folder.to_owned())));
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io(&path, error)),
        }
    }
    Ok(None)
}

/// The folder above which no template is looked for, since its plugins are programs: the top of the
/// repository, or else of the workspace.
fn top(here: &Path) -> &Path {
    let with = |names: &[&str]| {
        here.ancestors().find(|folder| names.iter().any(|name| folder.join(name).exists()))
    };
    let workspace = || with(&["wireproof.toml", "buf.yaml", "buf.work.yaml"]);
    files::top_of_repository(here).or_else(workspace).unwrap_or(here)
}

/// Makes everything, or says what does not compile.
fn make(
    args: &GenerateArgs,
    template: &Template,
    at: &Standpoint,
) -> Result<Result<GeneratedOutputs, (Vec<Finding>, Texts)>> {
    let plugins = plugins(args, template, at);
    let environment = Environment {
        folder: at.folder.clone(),
        limit: Duration::from_secs(args.timeout),
        allow_missing: args.check,
        help: installation::help,
    };
    let mut made = GeneratedOutputs::default();
    let warnings = template.warnings.iter().map(|warning| printable::line(warning).into_owned());
    made.warnings.extend(warnings);
    let (mut broken, mut texts) = (Vec::new(), Texts::default());
    let mut schemas = Vec::new();
    for input in inputs::inputs(args, template)? {
        match inputs::read(args, &input, at)? {
            Load::Ready(loaded) => {
                inputs::refuse_parts_of_packages(args, template, &input, at, &loaded.schema)?;
                let Loaded { schema, workspace, .. } = *loaded;
                let schema = generate::in_order(schema);
                let schema = inputs::filtered(args, template, &input, schema)?;
                schemas.push(managed::manage(schema, &workspace, &template.managed));
            }
            Load::CompileErrors(findings, of_input) => {
                broken.extend(findings);
                texts.extend(of_input);
            }
        }
    }
    if !broken.is_empty() {
        return Ok(Err((broken, texts)));
    }
    for schema in schemas {
        made.extend(generate::generate(&schema, &plugins, &environment)?);
    }
    Ok(Ok(made))
}

/// The plugins of the template, as the flags would have them.
fn plugins(args: &GenerateArgs, template: &Template, at: &Standpoint) -> Vec<config::Plugin> {
    let as_asked = |plugin: &config::Plugin| config::Plugin {
        out: match args.output.as_deref().filter(|before| !before.is_empty()) {
            Some(before) => format!("{}/{}", at.given(before), plugin.out),
            None => plugin.out.clone(),
        },
        include_imports: args.include_imports.unwrap_or(plugin.include_imports),
        include_wkt: args.include_wkt.unwrap_or(plugin.include_wkt),
        ..plugin.clone()
    };
    template.plugins.iter().map(as_asked).collect()
}

/// A difference as a finding at its file.
fn finding(path: &str, difference: &Difference) -> Finding {
    let only_ends = |old: &str, new: &str| old.replace("\r\n", "\n") == new;
    let message = match difference {
        Difference::Changed(old, new) if only_ends(old, new) => {
            "only the ends of its lines differ from what the plugin makes: CRLF".to_owned()
        }
        Difference::Changed(..) => "this is not what the plugin makes".to_owned(),
        Difference::Foreign(..) => {
            "this is not listed in .wireproof-files, and not what the plugin makes".to_owned()
        }
        Difference::Missing => "this stub is missing".to_owned(),
        Difference::Orphaned => "nothing makes this stub any more".to_owned(),
        Difference::Extra => "this looks like a stub, and nothing makes it".to_owned(),
        Difference::Unlisted => "this stub is not listed in .wireproof-files".to_owned(),
        Difference::Manifest => "this does not list what was made".to_owned(),
        Difference::Unmarked => "this archive was not made by `generate`".to_owned(),
        Difference::InTheWay(obstacle) => format!("this {}", obstacle.problem()),
        Difference::CutOff => "a run of `generate` was cut off".to_owned(),
    };
    let help = match difference {
        Difference::Extra => "delete it, or give it a name that no stub has",
        Difference::InTheWay(obstacle) => obstacle.help(),
        Difference::Foreign(..) | Difference::Unmarked => {
            "move it, if it was written by hand; `generate --force` replaces it"
        }
        Difference::Changed(old, _) if old.contains("\r\n") => {
            "run `generate`; git leaves the ends of lines alone where .gitattributes says `-text`"
        }
        _ => "run `generate`, and commit what it makes",
    };
    let mut finding = Finding::of_file(STALE_STUB, path, message).with_help(help);
    if let Difference::Changed(old, new) | Difference::Foreign(old, new) = difference {
        let shown = difference::Difference::of(old, new);
        if !only_ends(old, new) {
            (finding.place.start_line, finding.place.end_line) = (shown.line, shown.line);
            finding.message.extend([":", &shown.text]);
        }
    }
    finding
}
