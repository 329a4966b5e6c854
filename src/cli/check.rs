//! `check`, the main job: every stage in turn, a line a stage with its time, what it found below
//! it. A stage that has nothing to do says why.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use super::findings::{self, FormatArgs};
use super::releases;
use super::selection::SelectionArgs;
use super::{Outcome, check_compat, eprint, generate};
use crate::config::{Settings, Workspace};
use crate::error::Result;
use crate::finding::Finding;
use crate::report::Format;
use crate::schema::Schema;
use crate::workspace::{self, CompatOptions, Load, Loaded, Loader, Options, Rules, Texts};

/// Run all checks: compile, lint, check-compat, generate --check
#[derive(Debug, clap::Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    format: FormatArgs,
}

/// What a stage came to.
struct Stage {
    name: &'static str,
    /// What it looked at, or why it had nothing to do.
    says: String,
    findings: Vec<Finding>,
    took: Duration,
}

pub(crate) fn run(args: &CheckArgs) -> Result<Outcome> {
    let options = SelectionArgs::default().options()?;
    let loader = Loader::new(Options { allow_unmatched_paths: true, ..options })?;
    let settings = loader.settings()?;
    let root = loader.shown(&settings.root);
    let started = Instant::now();
    let (compiled, read) = compile(&loader, &root)?;
    let (loaded, texts) = match &read {
        Load::Ready(loaded) => (Some(loaded), &loaded.texts),
        Load::CompileErrors(_, texts) => (None, texts),
    };
    let format = args.format.error_format;
    let mut report = Report { format, texts, outcome: Outcome::Clean, kept: Vec::new() };
    report.stage(Stage { took: started.elapsed(), ..compiled })?;
    let compiles = loaded.is_some();
    if let Some(loaded) = loaded {
        let started = Instant::now();
        let linted = linted(loaded);
        report.stage(Stage { took: started.elapsed(), ..linted })?;
        let started = Instant::now();
        let compared = compare(&loader, &settings, loaded)?;
        report.stage(Stage { took: started.elapsed(), ..compared })?;
    }
    if !compiles {
        return report.finish();
    }
    let started = Instant::now();
    // What the stages before found is said even where this one cannot do its work.
    let failed = match generate::check(Path::new(&root)) {
        Ok((says, stale)) => {
            let generated = Stage::new("generate", says, stale);
            report.stage(Stage { took: started.elapsed(), ..generated })?;
            None
        }
        Err(error) => Some(error),
    };
    let outcome = report.finish()?;
    failed.map_or(Ok(outcome), Err)
}

/// What the stages found: shown below each or, as one document, at the end.
struct Report<'a> {
    format: Format,
    /// What findings may quote.
    texts: &'a Texts,
    outcome: Outcome,
    kept: Vec<Finding>,
}

impl Report<'_> {
    fn stage(&mut self, stage: Stage) -> Result<()> {
        eprint(&stage.line());
        match self.format.is_document() {
            true => self.kept.extend(stage.findings),
            false => self.show(stage.findings)?,
        }
        Ok(())
    }

    fn show(&mut self, found: Vec<Finding>) -> Result<()> {
        if findings::report(found, self.format, self.texts)? == Outcome::Findings {
            self.outcome = Outcome::Findings;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Outcome> {
        if self.format.is_document() {
            let kept = std::mem::take(&mut self.kept);
            self.show(kept)?;
        }
        Ok(self.outcome)
    }
}

impl Stage {
    fn new(name: &'static str, says: String, findings: Vec<Finding>) -> Self {
        Stage { name, says, findings, took: Duration::ZERO }
    }

    fn line(&self) -> String {
        let verdict = if self.findings.is_empty() { "ok" } else { "FAILED" };
        let took = self.took.as_millis();
        format!("{:<14}{verdict:<8}{:<44}{took:>6} ms\n", self.name, self.says)
    }
}

fn compile(loader: &Loader, root: &str) -> Result<(Stage, Load)> {
    const NAME: &str = "compile";
    let read = loader.load(root, None, Rules::Both)?;
    let stage = match &read {
        Load::Ready(loaded) => Stage::new(NAME, describe(&loaded.schema), Vec::new()),
        Load::CompileErrors(found, _) => {
            let says = "the other stages need a schema that compiles".to_owned();
            Stage::new(NAME, says, found.clone())
        }
    };
    Ok((stage, read))
}

fn describe(schema: &Schema) -> String {
    let (imports, own): (Vec<_>, Vec<_>) = schema.files().partition(|file| file.is_import());
    let count = |number: usize, word: &str| match number {
        1 => format!("1 {word}"),
        _ => format!("{number} {word}s"),
    };
    match imports.len() {
        0 => count(own.len(), "file"),
        imports => format!("{}, {}", count(own.len(), "file"), count(imports, "import")),
    }
}

fn linted(loaded: &Loaded) -> Stage {
    const NAME: &str = "lint";
    let Workspace { modules, policies, .. } = &loaded.workspace;
    let sets = modules.iter().map(|module| &module.lint);
    let sets = sets.chain(policies.iter().map(|policy| &policy.lint));
    let used: BTreeSet<&str> = sets.flat_map(|set| set.rules.iter().copied()).collect();
    let says = match used.len() {
        0 => "no rules in use".to_owned(),
        1 => "1 rule".to_owned(),
        count => format!("{count} rules"),
    };
    Stage::new(NAME, says, workspace::run_lint(loaded))
}

fn compare(loader: &Loader, settings: &Settings, loaded: &Loaded) -> Result<Stage> {
    const NAME: &str = "check-compat";
    let releases = releases::supported(settings, loader)?;
    let says = match releases.as_slice() {
        [] => "no release yet: create one with `wireproof release v1.0.0`".to_owned(),
        [only] => format!("against {only}"),
        [oldest, .., newest] => {
            format!("against {} releases, {oldest} to {newest}", releases.len())
        }
    };
    let found = check_compat::against_releases(releases, loader, loaded, CompatOptions::default())?;
    Ok(Stage::new(NAME, says, found))
}
