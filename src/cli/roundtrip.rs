//! `roundtrip`: property-based round trips, within a version and across versions.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::approvals::Effects;
use super::findings::{self, FormatArgs};
use super::selection::{SelectionArgs, create_folder, folder_of};
use super::text::counted;
use super::{Outcome, check_compat, eprint, releases, say, status};
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::files;
use crate::finding::Finding;
use crate::finding::Surface;
use crate::roundtrip::{self, Counterexample, Options, Regression, Report, Version};
use crate::schema::Schema;
use crate::value::Types;
use crate::workspace::{self, Against, Load, Loaded, Loader, Rules};

/// The folder of stored counterexamples.
const REGRESSIONS: &str = "contracts/regressions";

/// The name of the version that is not released.
const WORKING_TREE: &str = "the working tree";

/// Generated messages for each property in `check`.
const CASES_OF_CHECK: u32 = 25;

/// Generate messages, write them and read them again: within a version and across versions
#[derive(Debug, clap::Args)]
pub(crate) struct RoundtripArgs {
    /// Compare with this input instead of the releases, for example `.git#branch=main`
    #[arg(long, value_name = "INPUT", allow_hyphen_values = true)]
    against: Option<String>,
    /// Generate N messages for each property
    #[arg(long, value_name = "N", default_value_t = 100)]
    cases: u32,
    /// Use the seed of an earlier run, to generate the same messages
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Repeat with other seeds for this long, for example 60s or 5m
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    time: Option<Duration>,
    /// Test one part of the message types, for example 1/4
    #[arg(long, value_name = "PART/PARTS", value_parser = parse_partition, default_value = "1/1")]
    partition: (u32, u32),
    /// Test only this message type, by its full name
    #[arg(long, value_name = "NAME")]
    message: Option<String>,
    #[command(flatten)]
    format: FormatArgs,
}

fn parse_time(text: &str) -> Result<Duration, String> {
    let (number, unit) = text.split_at(text.trim_end_matches(|c: char| c.is_alphabetic()).len());
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err("write a number and s, m or h: 60s".to_owned()),
    };
    let number: u64 = number.parse().map_err(|_| "write a number and a unit: 60s".to_owned())?;
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(|| "too long".to_owned())
}

fn parse_partition(text: &str) -> Result<(u32, u32), String> {
    let parts = text.split_once('/').and_then(|(part, parts)| {
        let (part, parts) = (part.parse().ok()?, parts.parse().ok()?);
        (1 <= part && part <= parts).then_some((part, parts))
    });
    parts.ok_or_else(|| "write the part and the number of parts: 1/4".to_owned())
}

pub(crate) fn run(args: &RoundtripArgs) -> Result<Outcome> {
    let loader = Loader::new(workspace::Options {
        single_namespace: true,
        ..SelectionArgs::default().options()?
    })?;
    let settings = loader.settings()?;
    let root = loader.shown(&settings.root);
    let loaded = match loader.load(&root, None, Rules::None)? {
        Load::Ready(loaded) => loaded,
        Load::CompileErrors(found, texts) => {
            return findings::report(found, args.format.error_format, &texts);
        }
    };
    let older = match &args.against {
        None => released(&settings, &loader)?,
        Some(old) => {
            match check_compat::load_against(&loader, Against { old, new: &root }, None)? {
                Load::Ready(loaded) => vec![(old.clone(), loaded.schema)],
                Load::CompileErrors(found, texts) => {
                    return findings::report(found, args.format.error_format, &texts);
                }
            }
        }
    };
    let seed = args.seed.unwrap_or_else(random_seed);
    let options = Options {
        cases: args.cases,
        seed,
        time: args.time,
        partition: args.partition,
        message: args.message.clone(),
    };
    let versions = versions(&older, &loaded.schema)?;
    if let Some(name) = &options.message
        && versions.iter().all(|version| !version.messages.contains(name))
    {
        return Err(Error::new(format!("no message type is called {name:?}"))
            .help("write the full name of a message that is no import: package.Message"));
    }
    let folder = folder_of(&loader, &settings, REGRESSIONS);
    let started = Instant::now();
    let report = roundtrip::run(&versions, &stored(&folder)?, &options, &progress());
    let rate = report.cases as f64 / started.elapsed().as_secs_f64();
    let new: Vec<_> = report.counterexamples.iter().filter(|it| !it.is_stored).collect();
    for example in &new {
        let (name, content) = Regression::file(example);
        create_folder(&loader, &settings, &folder)?;
        files::write(&folder.join(name), content.as_bytes())?;
    }
    if !new.is_empty() {
        say(&format!(
            "{} stored in {}, to be tried first from now on",
            counted(new.len(), "counterexample"),
            folder.display()
        ));
    }
    say(&format!("{}, {rate:.0} messages a second, seed {seed}", described(&report)));
    let effects = Effects::load(&settings, &loader, schemas(&older, &loaded.schema))?;
    judge(&report, &settings, &loaded, &effects, args)
}

/// Reports the counterexamples: as findings those that fail, the others on standard error.
fn judge(
    report: &Report,
    settings: &Settings,
    loaded: &Loaded,
    effects: &Effects<'_>,
    args: &RoundtripArgs,
) -> Result<Outcome> {
    let against = args.against.as_ref().map_or_else(String::new, |a| format!(" --against {a}"));
    let replay = |example: &Counterexample| {
        format!(
            "wireproof roundtrip --message {} --seed {} --cases {}{against}",
            example.message, example.seed, args.cases
        )
    };
    let is_released = args.against.is_none();
    let (failing, notes) = split(report, settings, &loaded.schema, effects, is_released, &replay);
    print_notes(&notes);
    findings::report(failing, args.format.error_format, &loaded.texts)
}

/// Splits the counterexamples: those that fail, and those that are notes because their surface is
/// not in `proof.surfaces`. `is_released`: the versions other than the working tree are releases.
fn split(
    report: &Report,
    settings: &Settings,
    schema: &Schema,
    effects: &Effects<'_>,
    is_released: bool,
    replay: &dyn Fn(&Counterexample) -> String,
) -> (Vec<Finding>, Vec<Finding>) {
    let surfaces = settings.proof.surfaces.as_deref().unwrap_or_default();
    let fails_on = |surface| surfaces.contains(&surface);
    let fails = |example: &Counterexample| match (example.effect, example.surface) {
        (None, _) | (_, roundtrip::Surface::Text) => true,
        (_, roundtrip::Surface::Binary) => fails_on(Surface::Binary),
        (_, roundtrip::Surface::Json) => fails_on(Surface::Json),
    };
    let (failing, notes): (Vec<_>, Vec<_>) =
        report.counterexamples.iter().partition(|example| fails(example));
    let finding = |example: &Counterexample| {
        let mut finding = example.finding(schema, &replay(example));
        // Within a version, no change is the cause.
        if let Some(older) = &example.older {
            finding.releases.extend(is_released.then(|| older.clone()));
            let Counterexample { element, message, path, .. } = example;
            effects.accept(&mut finding, &[element], message, path);
        }
        finding
    };
    let found = |examples: Vec<&Counterexample>| examples.into_iter().map(finding).collect();
    (found(failing), found(notes))
}

fn print_notes(notes: &[Finding]) {
    for note in notes {
        eprint(&format!("note: {}: {}\n", note.place, note.message));
    }
    if !notes.is_empty() {
        say("notes do not fail: set `proof.surfaces` in wireproof.toml, for example \
             [\"binary\", \"json\"]");
    }
}

/// The stage of `check`: returns its summary and its findings.
pub(super) fn check(
    settings: &Settings,
    loader: &Loader,
    loaded: &Loaded,
) -> Result<(String, Vec<Finding>)> {
    let released = released(settings, loader)?;
    let versions = versions(&released, &loaded.schema)?;
    let effects = Effects::load(settings, loader, schemas(&released, &loaded.schema))?;
    let folder = folder_of(loader, settings, REGRESSIONS);
    let options = Options { cases: CASES_OF_CHECK, ..Options::default() };
    let report = roundtrip::run(&versions, &stored(&folder)?, &options, &|_, _| ());
    let replay = |example: &Counterexample| {
        format!(
            "wireproof roundtrip --message {} --seed 0 --cases {CASES_OF_CHECK}",
            example.message
        )
    };
    let (failing, notes) = split(&report, settings, &loaded.schema, &effects, true, &replay);
    let mut summary = described(&report);
    if !notes.is_empty() {
        summary = format!("{summary}, {}: see `wireproof roundtrip`", counted(notes.len(), "note"));
    }
    Ok((summary, failing))
}

fn described(report: &Report) -> String {
    let messages = counted(usize::try_from(report.cases).unwrap_or(usize::MAX), "message");
    let types = counted(report.messages, "type");
    let pairs = match report.pairs + report.equal_pairs {
        0 => String::new(),
        pairs => {
            format!(", {} of their versions, {} differ", counted(pairs, "pair"), report.pairs)
        }
    };
    format!("{messages} of {types}{pairs}")
}

/// Returns the schemas of the supported releases, by name.
fn released(settings: &Settings, loader: &Loader) -> Result<Vec<(String, Schema)>> {
    let releases = releases::supported(settings, loader)?;
    releases.iter().map(|release| Ok((release.to_string(), release.schema(loader)?))).collect()
}

/// Returns the schemas of the older versions and the current one.
fn schemas<'s>(older: &'s [(String, Schema)], schema: &'s Schema) -> Vec<&'s Schema> {
    older.iter().map(|(_, schema)| schema).chain([schema]).collect()
}

/// Returns the older versions and, as the newest one, the current schema. It alone is tested within
/// itself, so it alone has a pool.
fn versions(older: &[(String, Schema)], schema: &Schema) -> Result<Vec<Version>> {
    let versions = older.iter().map(|(name, schema)| version(name, schema));
    let mut versions = versions.collect::<Result<Vec<Version>>>()?;
    let files = schema.files().map(|file| file.proto());
    let pool = Some(crate::schema::runtime::pool(files)?);
    versions.push(Version { pool, ..version(WORKING_TREE, schema)? });
    Ok(versions)
}

fn version(name: &str, schema: &Schema) -> Result<Version> {
    let own = schema.messages().filter(|message| !message.is_map_entry());
    let own = own.filter(|message| !message.file().is_import());
    let messages = own.map(|message| message.full_name().to_owned()).collect();
    Ok(Version { name: name.to_owned(), types: Types::new(schema), pool: None, messages })
}

/// Reads the stored counterexamples. A folder that does not exist has none.
fn stored(folder: &Path) -> Result<Vec<Regression>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io(folder, error)),
    };
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let paths = paths.collect::<std::io::Result<Vec<_>>>();
    let mut paths = paths.map_err(|error| Error::io(folder, error))?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    let read = |path: &PathBuf| {
        let content = files::read_named(path, files::SETTINGS).map_err(|e| Error::io(path, e))?;
        Regression::parse(&content).map_err(|error| error.at(path.display().to_string()))
    };
    paths.iter().map(read).collect()
}

/// Returns a function that shows the progress on a terminal, after half a second.
fn progress() -> impl Fn(usize, usize) + Sync {
    let started = Instant::now();
    let last = Mutex::new(started);
    move |done, count| {
        let Ok(mut last) = last.lock() else { return };
        let is_due = started.elapsed() > Duration::from_millis(500)
            && (last.elapsed() > Duration::from_millis(100) || done == count);
        if is_due {
            *last = Instant::now();
            let text = format!("roundtrip: {done} of {count}");
            status(if done == count { "" } else { &text });
        }
    }
}

/// Returns a seed that differs from run to run.
fn random_seed() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::from(since.subsec_nanos())
}
