//! `generate`: stubs, as `buf.gen.yaml` says.

mod inputs;

use std::path::{Path, PathBuf};
use std::time::Duration;

use similar::TextDiff;

use super::findings::{self, FormatArgs};
use super::schema::{Loaded, Outcome as Read, SelectionArgs, config_override, working_dir};
use super::{Outcome, eprint, installation};
use crate::config::{self, Template};
use crate::error::{Error, Result};
use crate::finding::Finding;
use crate::generate::managed;
use crate::generate::write::{self, Difference, Options};
use crate::generate::{self, Environment, Lacking, Made, STALE_STUB};

/// The name of a template.
const NAME: &str = "buf.gen.yaml";

/// How many seconds a plugin may take.
const TIMEOUT: u64 = 120;

/// How many lines of a difference are shown.
const SHOWN: usize = 12;

/// Make stubs, as buf.gen.yaml says
#[derive(Debug, Default, clap::Args)]
pub(crate) struct GenerateArgs {
    /// A folder, file, image, archive or git reference; the template's inputs if there is none
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
    /// The configuration instead of the input's own: a file, or the data itself
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
    let Some((template, folder)) = find(args, &here)? else {
        let problem = format!("there is no {NAME} here or above, up to the top of the repository");
        let help = "--template names one, or is one: --template '{version: v2, plugins: […]}'";
        return Err(Error::new(problem).help(help));
    };
    let at = Standpoint { here, folder };
    let made = match make(args, &template, &at)? {
        Ok(made) => made,
        Err(broken) => return findings::report(broken, args.format.error_format),
    };
    let whole = args.clean || is_whole(args, &template);
    let options = Options { whole, force: args.force };
    warn(&made)?;
    if args.check {
        return findings::report(stale(&at, &made, options)?, args.format.error_format);
    }
    let summary = write::write(&at.folder, &made, options)?;
    eprint(&format!(
        "wireproof: {} files, {} of them new or changed, {} deleted\n",
        summary.made, summary.written, summary.deleted
    ));
    Ok(Outcome::Clean)
}

/// Whether this run makes everything that there should be. A template beside the usual one may
/// share outputs with it: what that one makes stays.
fn is_whole(args: &GenerateArgs, template: &Template) -> bool {
    (args.template.is_none() || template.clean)
        && args.input.is_none()
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
        let Ok(below) = self.here.strip_prefix(&self.folder) else {
            return self.folder.join(path).display().to_string();
        };
        match Path::new(path).strip_prefix(below) {
            Ok(path) => path.display().to_string(),
            Err(_) => {
                let up: PathBuf = below.components().map(|_| "..").collect();
                up.join(path).display().to_string()
            }
        }
    }
}

/// The stubs that are not what was made.
fn stale(at: &Standpoint, made: &Made, options: Options) -> Result<Vec<Finding>> {
    let differences = write::differences(&at.folder, made, options)?;
    Ok(differences.iter().map(|(path, what)| finding(&at.shown(path), what)).collect())
}

/// What `check` says of the stubs of the template at or above `root`, and the findings.
pub(crate) fn check(root: &Path) -> Result<(String, Vec<Finding>)> {
    let args = GenerateArgs { check: true, timeout: TIMEOUT, ..GenerateArgs::default() };
    let root = root.canonicalize().map_err(|error| Error::io(root, error))?;
    let Some((template, folder)) = find(&args, &root)? else {
        return Ok((format!("no {NAME}: no stubs"), Vec::new()));
    };
    let at = Standpoint { here: working_dir()?, folder };
    let made = match make(&args, &template, &at)? {
        Ok(made) => made,
        Err(broken) => return Ok(("the inputs do not compile".to_owned(), broken)),
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
    Ok((says, stale(&at, &made, Options { whole: true, force: false })?))
}

fn warn_of(warning: &str) {
    eprint(&format!("wireproof: warning: {warning}\n"));
}

fn warn(made: &Made) -> Result<()> {
    made.warnings.iter().for_each(|warning| warn_of(warning));
    if made.not_installed.is_empty() {
        return Ok(());
    }
    let mut named: Vec<String> = made.not_installed.values().map(Lacking::to_string).collect();
    named.dedup();
    let named = named.join(", ");
    let problem = format!("not installed, so that nothing in their outputs is checked: {named}");
    let help = installation::help_all(made.not_installed.values());
    if std::env::var("CI").is_ok_and(|value| value == "true") {
        return Err(Error::new(problem).help(help));
    }
    eprint(&format!("wireproof: SKIPPED: {problem}\n  help: {help}\n"));
    Ok(())
}

/// The template, and the folder that its paths are relative to.
fn find(args: &GenerateArgs, here: &Path) -> Result<Option<(Template, PathBuf)>> {
    if let Some(given) = config_override("template", args.template.as_deref())? {
        return Ok(Some((Template::decode(&given.content, &given.name)?, here.to_owned())));
    }
    let top = top(here);
    for folder in here.ancestors().take_while(|folder| folder.starts_with(top)) {
        let path = folder.join(NAME);
        match std::fs::read(&path) {
            Ok(content) => {
                let shown = if folder == here { NAME.into() } else { path.display().to_string() };
                return Ok(Some((Template::decode(&content, &shown)?, folder.to_owned())));
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
    with(&[".git"]).or_else(workspace).unwrap_or(here)
}

/// Makes everything, or says what does not compile.
fn make(
    args: &GenerateArgs,
    template: &Template,
    at: &Standpoint,
) -> Result<Result<Made, Vec<Finding>>> {
    generate::end_plugins_on_signals()
        .map_err(|error| Error::new(format!("signals cannot be watched: {error}")))?;
    let plugins = plugins(args, template, at);
    let environment = Environment {
        folder: at.folder.clone(),
        limit: Duration::from_secs(args.timeout),
        may_lack: args.check,
        help: installation::help,
    };
    let mut made = Made::default();
    made.warnings.clone_from(&template.warnings);
    let mut broken = Vec::new();
    let mut schemas = Vec::new();
    for input in inputs::inputs(args, template)? {
        match inputs::read(args, &input, at)? {
            Read::Loaded(loaded) => {
                inputs::refuse_parts_of_packages(args, template, &input, at, &loaded.schema)?;
                let Loaded { schema, workspace } = *loaded;
                let schema = generate::in_order(schema);
                let schema = inputs::filtered(args, template, &input, schema)?;
                schemas.push(managed::manage(schema, &workspace, &template.managed));
            }
            Read::Broken(findings) => broken.extend(findings),
        }
    }
    if !broken.is_empty() {
        return Ok(Err(broken));
    }
    for schema in schemas {
        made.extend(generate::generate(&schema, &plugins, &environment)?);
    }
    Ok(Ok(made))
}

/// The plugins of the template, as the flags would have them.
fn plugins(args: &GenerateArgs, template: &Template, at: &Standpoint) -> Vec<config::Plugin> {
    let as_asked = |plugin: &config::Plugin| config::Plugin {
        out: match &args.output {
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
    let message = match difference {
        Difference::Changed(old, new) if old.replace("\r\n", "\n") == *new => {
            "only the ends of its lines differ from what the plugin makes: CRLF".to_owned()
        }
        Difference::Changed(old, new) => {
            format!("this is not what the plugin makes:{}", short_diff(old, new))
        }
        Difference::Foreign(old, new) => format!(
            "this is not listed in .wireproof-files, and not what the plugin makes:{}",
            short_diff(old, new)
        ),
        Difference::Missing => "this stub is missing".to_owned(),
        Difference::Orphaned => "nothing makes this stub any more".to_owned(),
        Difference::Extra => "this looks like a stub, and nothing makes it".to_owned(),
        Difference::Unlisted => "this stub is not listed in .wireproof-files".to_owned(),
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
    Finding::of_file(STALE_STUB, path, message).with_help(help)
}

/// The first lines that differ.
fn short_diff(old: &str, new: &str) -> String {
    let diff = TextDiff::from_lines(old, new);
    let text = diff.unified_diff().context_radius(0).to_string();
    let lines: Vec<&str> = text.lines().collect();
    let more = lines.len().saturating_sub(SHOWN);
    let mut shown: String = lines.iter().take(SHOWN).flat_map(|line| ["\n    ", line]).collect();
    if more > 0 {
        shown.push_str(&format!("\n    … and {more} lines more"));
    }
    shown
}
