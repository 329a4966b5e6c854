//! `contract`: tests a running provider against the interactions that consumers wrote.

mod deploy;
mod new;
mod record;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::approvals::Effects;
use super::findings::{self, FormatArgs};
use super::selection::{SelectionArgs, folder_of};
use super::text::counted;
use super::{Outcome, eprint, print, releases, say, status};
use crate::config::Settings;
use crate::contract::{
    self, BetweenVersions, Endpoint, Interaction, Questions, States, Tls, Version,
};
use crate::error::{Error, Result};
use crate::files;
use crate::finding::Finding;
use crate::process;
use crate::report::Format;
use crate::schema::Schema;
use crate::workspace::{Load, Loaded, Loader, Options, Rules};

/// The folder of interactions, with a folder for each consumer.
const INTERACTIONS: &str = "contracts/interactions";

/// The time in which a provider has to print its address. It may have to be built first.
const START_LIMIT: Duration = Duration::from_secs(600);

/// Test providers and consumers with the interactions that consumers wrote
#[derive(Debug, clap::Args)]
pub(crate) struct ContractArgs {
    #[command(subcommand)]
    command: ContractCommand,
}

#[derive(Debug, clap::Subcommand)]
enum ContractCommand {
    CanIDeploy(deploy::CanIDeployArgs),
    Matrix(MatrixArgs),
    Mock(MockArgs),
    New(new::NewArgs),
    Record(record::RecordArgs),
    Test(TestArgs),
    Verify(VerifyArgs),
}

/// Start the provider that wireproof.toml names, verify it, stop it, and run the matrix
#[derive(Debug, clap::Args)]
struct TestArgs {
    #[command(flatten)]
    selected: SelectedArgs,
    #[command(flatten)]
    format: FormatArgs,
}

/// Run clients of every version against servers of every version, with generated messages
#[derive(Debug, clap::Args)]
struct MatrixArgs {
    /// Write the result as a page, DIR/index.html
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    format: FormatArgs,
}

/// Serve the interactions to a consumer's tests, until Ctrl-C
#[derive(Debug, clap::Args)]
struct MockArgs {
    /// Listen on this port of 127.0.0.1; 0 for any free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,
    #[command(flatten)]
    selected: SelectedArgs,
    #[command(flatten)]
    format: FormatArgs,
}

/// Replay every interaction against a running server
#[derive(Debug, clap::Args)]
struct VerifyArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// Send this metadata with every call (repeatable)
    #[arg(long = "header", value_name = "KEY: VALUE", value_parser = parse_header)]
    headers: Vec<(String, String)>,
    /// Set up provider states with this hook: http://…, grpc://host:port/package.Service/Method, or a command
    #[arg(long, value_name = "HOOK")]
    states: Option<String>,
    /// Write the result to contracts/results, for can-i-deploy
    #[arg(long, value_name = "SERVICE@VERSION", value_parser = deploy::parse_version)]
    publish: Option<(String, String)>,
    /// Time limit for a call without a deadline
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,
    #[command(flatten)]
    selected: SelectedArgs,
    #[command(flatten)]
    format: FormatArgs,
}

/// The flags that name a running server.
#[derive(Debug, clap::Args)]
struct ServerArgs {
    /// The server: http://host:port, or https://host:port for TLS
    #[arg(long, value_name = "URL")]
    target: String,
    /// For TLS: trust the authorities in this PEM file, instead of those of the system
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,
    /// For TLS: show the certificate in this PEM file; needs --key
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// For TLS: the private key of --cert, a PEM file
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// For TLS: the name that the server's certificate has to have, if not the host of the URL
    #[arg(long, value_name = "NAME")]
    servername: Option<String>,
}

impl ServerArgs {
    fn tls(&self) -> Tls {
        Tls {
            cacert: self.cacert.clone(),
            cert: self.cert.clone(),
            key: self.key.clone(),
            servername: self.servername.clone(),
        }
    }
}

/// The flags that select interactions.
#[derive(Debug, Default, clap::Args)]
struct SelectedArgs {
    /// Limit to the interactions of this consumer (repeatable)
    #[arg(long = "consumer", value_name = "NAME")]
    consumers: Vec<String>,
}

fn parse_header(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once(':').ok_or("write KEY: VALUE")?;
    let (key, value) = (key.trim().to_lowercase(), value.trim().to_owned());
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    if key.is_empty() || !key.bytes().all(is_name) || key.ends_with("-bin") {
        return Err(format!("{key:?} is no name of metadata in text"));
    }
    if !value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(format!("the value of {key} is not printable ASCII"));
    }
    Ok((key, value))
}

pub(crate) fn run(args: &ContractArgs) -> Result<Outcome> {
    match &args.command {
        ContractCommand::CanIDeploy(args) => deploy::run(args),
        ContractCommand::Matrix(args) => matrix(args),
        ContractCommand::Mock(args) => mock(args),
        ContractCommand::New(args) => new::run(args),
        ContractCommand::Record(args) => record::run(args),
        ContractCommand::Test(args) => test(args),
        ContractCommand::Verify(args) => verify(args),
    }
}

/// The schema, the settings, and the loader of both.
struct Context {
    loader: Loader,
    settings: Settings,
}

impl Context {
    fn new() -> Result<Self> {
        let options = SelectionArgs::default().options()?;
        let loader = Loader::new(Options { single_namespace: true, ..options })?;
        let settings = loader.settings()?;
        Ok(Context { loader, settings })
    }

    /// Reads the settings and compiles the schema. A schema that does not compile is reported, and
    /// ends the command.
    fn load(format: Format) -> Result<Result<(Self, Box<Loaded>), Outcome>> {
        let context = Context::new()?;
        let root = context.loader.shown(&context.settings.root);
        Ok(match context.loader.load(&root, None, Rules::None)? {
            Load::Ready(loaded) => Ok((context, loaded)),
            Load::CompileErrors(found, texts) => Err(findings::report(found, format, &texts)?),
        })
    }
}

/// Returns the schemas of all releases, by name.
fn released(settings: &Settings, loader: &Loader) -> Result<Vec<(String, Schema)>> {
    let releases = releases::all(settings, loader.here())?;
    releases.iter().map(|release| Ok((release.to_string(), release.schema(loader)?))).collect()
}

/// Returns the schemas of the supported releases, by name.
fn supported(settings: &Settings, loader: &Loader) -> Result<Vec<(String, Schema)>> {
    let releases = releases::supported(settings, loader)?;
    releases.iter().map(|release| Ok((release.to_string(), release.schema(loader)?))).collect()
}

/// Runs the matrix of the supported releases and the working tree.
fn supported_matrix(
    settings: &Settings,
    loader: &Loader,
    current: &Schema,
) -> Result<contract::Matrix> {
    let released = supported(settings, loader)?;
    contract::matrix(&versions(&released, current))
}

/// Returns findings between `versions`, the accepted ones marked.
fn judged(
    found: Vec<BetweenVersions>,
    settings: &Settings,
    loader: &Loader,
    versions: &[Version<'_>],
) -> Result<Vec<Finding>> {
    let schemas = versions.iter().map(|version| version.schema);
    let effects = Effects::load(settings, loader, schemas)?;
    let judge = |found: BetweenVersions| {
        let BetweenVersions { mut finding, elements, message, path } = found;
        // Within a version, no change is the cause.
        if !elements.is_empty() {
            let elements: Vec<&str> = elements.iter().map(String::as_str).collect();
            effects.accept(&mut finding, &elements, &message, &path);
        }
        finding
    };
    Ok(found.into_iter().map(judge).collect())
}

/// Returns the versions that interactions can name: the releases and the working tree.
fn versions<'s>(released: &'s [(String, Schema)], current: &'s Schema) -> Vec<Version<'s>> {
    let releases = released.iter().map(|(name, schema)| Version::new(name, schema));
    releases.chain([Version::unreleased(current)]).collect()
}

/// Reads the interactions of `consumers`, or of all, and checks them against the releases and the
/// working tree.
fn interactions(
    settings: &Settings,
    loader: &Loader,
    versions: &[Version<'_>],
    consumers: &[String],
) -> Result<contract::Loaded> {
    let folder = folder_of(loader, settings, INTERACTIONS);
    let mut loaded = contract::Loaded::default();
    for path in yaml_files(&folder)? {
        let shown = path.display().to_string();
        let content =
            files::read_named(&path, files::SETTINGS).map_err(|error| Error::io(&path, error))?;
        contract::load(&content, &shown, versions, &mut loaded)?;
    }
    contract::reject_duplicates(&mut loaded);
    if !consumers.is_empty() {
        loaded.interactions.retain(|it| consumers.contains(&it.consumer));
        if let Some(unknown) =
            consumers.iter().find(|name| loaded.interactions.iter().all(|it| it.consumer != **name))
        {
            return Err(Error::new(format!("no interaction is of the consumer {unknown:?}"))
                .at(folder.display().to_string()));
        }
    }
    Ok(loaded)
}

/// Returns the YAML files in `folder` and the folders in it, sorted. A folder that does not exist
/// has none.
fn yaml_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io(folder, error)),
    };
    // Links are not followed: they could be a cycle.
    let paths: std::io::Result<Vec<(PathBuf, bool)>> = entries
        .map(|entry| entry.and_then(|entry| Ok((entry.path(), entry.file_type()?.is_dir()))))
        .collect();
    let mut paths = paths.map_err(|error| Error::io(folder, error))?;
    paths.sort();
    let mut found = Vec::new();
    for (path, is_folder) in paths {
        if is_folder {
            found.extend(yaml_files(&path)?);
        } else if path.extension().is_some_and(|it| it == "yaml" || it == "yml") {
            found.push(path);
        }
    }
    Ok(found)
}

fn verify(args: &VerifyArgs) -> Result<Outcome> {
    let (context, loaded) = match Context::load(args.format.error_format)? {
        Ok(loaded) => loaded,
        Err(outcome) => return Ok(outcome),
    };
    let Context { settings, loader } = &context;
    let released = released(settings, loader)?;
    let versions = versions(&released, &loaded.schema);
    let found = interactions(settings, loader, &versions, &args.selected.consumers)?;
    require_some(&found)?;
    let endpoint = Endpoint {
        url: args.server.target.clone(),
        tls: args.server.tls(),
        headers: args.headers.clone(),
        timeout: Duration::from_secs(args.timeout),
    };
    let states = match (&args.states, &settings.states) {
        // A command on the command line runs in the working directory.
        (Some(hook), _) => States::parse(hook, Path::new(".")),
        (None, Some(hook)) => States::parse(hook, &loader.absolute(&settings.root)),
        (None, None) => States::None,
    };
    let verified =
        contract::verify(&found.interactions, &questions(settings, &versions)?, &endpoint, &states);
    let verified = match verified {
        Ok(verified) => verified,
        Err(error) => {
            findings::report(found.findings, args.format.error_format, &loaded.texts)?;
            return Err(error);
        }
    };
    say(&described(&verified, &found));
    if let Some((service, version)) = &args.publish {
        if !args.selected.consumers.is_empty() || !found.findings.is_empty() {
            return Err(Error::new("a result is published for all interactions only")
                .help("leave out --consumer, and fix the interactions with findings"));
        }
        deploy::publish(settings, loader, (service, version), &found.interactions, &verified)?;
    }
    let probed = judged(verified.probed, settings, loader, &versions)?;
    let all = [found.findings, verified.findings, probed].concat();
    findings::report(all, args.format.error_format, &loaded.texts)
}

fn matrix(args: &MatrixArgs) -> Result<Outcome> {
    let (context, loaded) = match Context::load(args.format.error_format)? {
        Ok(loaded) => loaded,
        Err(outcome) => return Ok(outcome),
    };
    let Context { settings, loader } = &context;
    let released = supported(settings, loader)?;
    let versions = versions(&released, &loaded.schema);
    let matrix = contract::matrix(&versions)?;
    eprint(&matrix.table());
    if let Some(folder) = &args.output {
        std::fs::create_dir_all(folder).map_err(|error| Error::io(folder, error))?;
        let path = folder.join("index.html");
        files::write(&path, contract::page(&matrix).as_bytes())?;
        say(&format!("wrote {}", path.display()));
    }
    let found = judged(matrix.findings(&loaded.schema), settings, loader, &versions)?;
    findings::report(found, args.format.error_format, &loaded.texts)
}

fn mock(args: &MockArgs) -> Result<Outcome> {
    let (context, loaded) = match Context::load(args.format.error_format)? {
        Ok(loaded) => loaded,
        Err(outcome) => return Ok(outcome),
    };
    let Context { settings, loader } = &context;
    let released = released(settings, loader)?;
    let versions = versions(&released, &loaded.schema);
    let found = interactions(settings, loader, &versions, &args.selected.consumers)?;
    require_some(&found)?;
    if !found.findings.is_empty() {
        return findings::report(found.findings, args.format.error_format, &loaded.texts);
    }
    let report = contract::mock(found.interactions, &loaded.schema, args.port, &listening)?;
    findings::report(report, args.format.error_format, &loaded.texts)
}

/// Prints the address of a server of ours.
fn listening(address: std::net::SocketAddr) {
    // A closed standard output ends nothing: the address may be known.
    let _ = print(&format!("listening on http://{address}\n"));
}

fn require_some(loaded: &contract::Loaded) -> Result<()> {
    if loaded.interactions.is_empty() && loaded.findings.is_empty() {
        return Err(Error::new("there is no interaction").at(INTERACTIONS).help(
            "write one with `wireproof contract new --consumer NAME package.Service.Method`",
        ));
    }
    Ok(())
}

fn described(verified: &contract::Verified, found: &contract::Loaded) -> String {
    let mut consumers: Vec<&str> =
        found.interactions.iter().map(|it| it.consumer.as_str()).collect();
    consumers.sort_unstable();
    consumers.dedup();
    let left_out = match found.findings.len() {
        0 => String::new(),
        count => format!(", {count} not run: see the findings"),
    };
    format!(
        "{} pass of {} of {}, {}{left_out}",
        verified.passed,
        counted(verified.interactions, "interaction"),
        counted(consumers.len(), "consumer"),
        counted(verified.calls, "generated call"),
    )
}

fn test(args: &TestArgs) -> Result<Outcome> {
    let (context, loaded) = match Context::load(args.format.error_format)? {
        Ok(loaded) => loaded,
        Err(outcome) => return Ok(outcome),
    };
    let Context { settings, loader } = &context;
    let released = released(settings, loader)?;
    let versions = versions(&released, &loaded.schema);
    let found = interactions(settings, loader, &versions, &args.selected.consumers)?;
    require_some(&found)?;
    if settings.provider.is_empty() {
        return Err(Error::new("no provider is configured").help(
            "name the command that starts it in `contract.provider` of wireproof.toml, \
             or verify a running server: `wireproof contract verify --target URL`",
        ));
    }
    match with_provider(settings, loader, &versions, &found.interactions) {
        Ok(verified) => {
            let matrix = supported_matrix(settings, loader, &loaded.schema)?;
            say(&format!("{}, {}", described(&verified, &found), matrix.described()));
            let between = [verified.probed, matrix.findings(&loaded.schema)].concat();
            let between = judged(between, settings, loader, &versions)?;
            let all = [found.findings, verified.findings, between].concat();
            findings::report(all, args.format.error_format, &loaded.texts)
        }
        Err(error) => {
            findings::report(found.findings, args.format.error_format, &loaded.texts)?;
            Err(error)
        }
    }
}

fn questions<'q>(settings: &'q Settings, versions: &'q [Version<'q>]) -> Result<Questions<'q>> {
    let is_method = |name: &str| {
        versions.iter().any(|version| {
            let (service, method) = name.rsplit_once(['.', '/']).unwrap_or_default();
            let service = version.schema.service(service);
            service.is_some_and(|it| it.methods().any(|it| it.name() == method))
        })
    };
    if let Some(unknown) = settings.probe.iter().find(|name| !is_method(name)) {
        let message = format!("`contract.probe` names \"{unknown}\", which is no method");
        return Err(Error::new(message)
            .at("wireproof.toml")
            .help("write the full name of the method, for example `my.v1.Service.Method`"));
    }
    Ok(Questions { versions, methods: &settings.probe })
}

/// Starts the provider, verifies it, and stops it.
fn with_provider(
    settings: &Settings,
    loader: &Loader,
    versions: &[Version<'_>],
    interactions: &[Interaction],
) -> Result<contract::Verified> {
    let Some((program, args)) = settings.provider.split_first() else {
        return Ok(contract::Verified::default());
    };
    let questions = questions(settings, versions)?;
    let mut command = Command::new(program);
    command.args(args).current_dir(loader.absolute(&settings.root));
    status("contract: starting the provider");
    let started = process::start(&mut command, START_LIMIT, urls);
    status("");
    let (mut running, mut urls) = started.map_err(|error| {
        Error::quoting(format!("the provider printed no address: {error}"))
            .at(settings.provider.join(" "))
            .help("the command in `contract.provider` has to print a line with http://host:port")
    })?;
    let states = match (&settings.states, urls.len()) {
        (Some(hook), _) => States::parse(hook, &loader.absolute(&settings.root)),
        (None, 2..) => States::parse(&urls.remove(1), Path::new(".")),
        (None, _) => States::None,
    };
    let endpoint = Endpoint {
        url: urls.remove(0),
        tls: Tls::default(),
        headers: Vec::new(),
        timeout: Duration::from_secs(10),
    };
    let verified = contract::verify(interactions, &questions, &endpoint, &states);
    // A server that dies closes its connections before it has ended.
    let is_suspect = verified
        .as_ref()
        .map_or(true, |verified| !verified.findings.is_empty() || !verified.probed.is_empty());
    if let Some(how) = running.ended(if is_suspect { GRACE } else { Duration::ZERO }) {
        let error = Error::quoting(format!("the provider ended before the last call: {how}"))
            .at(settings.provider.join(" "));
        let first = verified.ok().and_then(|it| {
            let mut probed = it.probed.into_iter().map(|it| it.finding);
            it.findings.into_iter().next().or_else(|| probed.next())
        });
        return Err(match first {
            Some(first) => {
                let message = first.message.lines().next().unwrap_or_default().to_owned();
                error.help(format!("the first call that failed: {message}"))
            }
            None => error,
        });
    }
    verified
}

/// How long a provider may take to end after its calls fail.
const GRACE: Duration = Duration::from_secs(1);

fn is_url(word: &str) -> bool {
    word.starts_with("http://") || word.starts_with("grpc://")
}

/// Returns the URLs in a line that a provider printed: its address, and perhaps the hook for states.
fn urls(line: &str) -> Option<Vec<String>> {
    let words = line.split(|c: char| c.is_whitespace() || c == ',');
    // A sentence may end with it.
    let words = words.map(|word| word.trim_end_matches(['.', ';', ':', '"', '\'', ')']));
    let urls: Vec<String> = words.filter(|word| is_url(word)).map(str::to_owned).collect();
    urls.first().is_some_and(|url| url.starts_with("http://")).then_some(urls)
}

/// The stage of `check`: returns its summary, its findings and, if the provider does not run, the
/// error. Without interactions or a provider, the summary says so.
pub(super) fn check(
    settings: &Settings,
    loader: &Loader,
    loaded: &Loaded,
) -> Result<(String, Vec<Finding>, Option<Error>)> {
    let released = released(settings, loader)?;
    let versions = versions(&released, &loaded.schema);
    let found = interactions(settings, loader, &versions, &[])?;
    if found.interactions.is_empty() && found.findings.is_empty() {
        return Ok(("no interactions".to_owned(), Vec::new(), None));
    }
    if settings.provider.is_empty() {
        let count = counted(found.interactions.len(), "interaction");
        return Ok((format!("{count}, no `contract.provider`"), found.findings, None));
    }
    if let Some(program) = settings.provider.first().filter(|program| !is_there(program, loader)) {
        if std::env::var("CI").is_ok_and(|ci| ci == "true") {
            let error = Error::new(format!("the provider does not run: {program:?} not found"))
                .help("install it before `check`, or remove `contract.provider`");
            return Ok(("the provider was not found".to_owned(), found.findings, Some(error)));
        }
        let summary = format!("SKIPPED: the provider {program:?} was not found");
        return Ok((summary, found.findings, None));
    }
    match with_provider(settings, loader, &versions, &found.interactions) {
        Ok(verified) => {
            let matrix = supported_matrix(settings, loader, &loaded.schema)?;
            let summary = format!("{}, {}", described(&verified, &found), matrix.described());
            let between = [verified.probed, matrix.findings(&loaded.schema)].concat();
            let between = judged(between, settings, loader, &versions)?;
            Ok((summary, [found.findings, verified.findings, between].concat(), None))
        }
        Err(error) => Ok(("the provider does not run".to_owned(), found.findings, Some(error))),
    }
}

/// Whether a program exists, on the PATH or in the folder of the settings.
fn is_there(program: &str, loader: &Loader) -> bool {
    let path = Path::new(program);
    if path.components().count() > 1 {
        return loader.absolute(program).is_file() || path.is_file();
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).any(|folder| folder.join(program).is_file())
}
