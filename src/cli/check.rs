//! `check`: runs all stages in turn. Each prints a line with its time, and its findings below it. A
//! stage that has nothing to do prints why.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use super::approvals::Approvals;
use super::baseline::BaselineArgs;
use super::findings::{self, FormatArgs};
use super::releases;
use super::selection::SelectionArgs;
use super::text::counted;
use super::{Outcome, check_compat, eprint, generate};
use crate::config::{Settings, Workspace};
use crate::error::Result;
use crate::finding::Finding;
use crate::report::Format;
use crate::schema::Schema;
use crate::workspace::{self, Load, Loaded, Loader, Options, Rules, Texts};

/// Run all checks: compile, lint, check-compat, generate --check, roundtrip, contract test
#[derive(Debug, clap::Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    format: FormatArgs,
}

/// The result of a stage.
struct Stage {
    name: &'static str,
    /// The extent of the check, or why there was nothing to do.
    summary: String,
    findings: Vec<Finding>,
    /// Whether an error ended it.
    is_broken_off: bool,
    took: Duration,
}

pub(crate) fn run(args: &CheckArgs) -> Result<Outcome> {
    let options = SelectionArgs::default().options()?;
    let loader = Loader::new(Options { allow_unmatched_paths: true, ..options })?;
    let settings = loader.settings()?;
    let root = loader.shown(&settings.root);
    let started = Instant::now();
    let (compiled, load) = compile(&loader, &root)?;
    let (loaded, texts) = match &load {
        Load::Ready(loaded) => (Some(loaded), &loaded.texts),
        Load::CompileErrors(_, texts) => (None, texts),
    };
    let format = args.format.error_format;
    let mut report = Report { format, texts, outcome: Outcome::Clean, kept: Vec::new() };
    report.stage(Stage { took: started.elapsed(), ..compiled })?;
    let compiles = loaded.is_some();
    if let Some(loaded) = loaded {
        let started = Instant::now();
        let linted = lint(loaded)?;
        report.stage(Stage { took: started.elapsed(), ..linted })?;
        let started = Instant::now();
        let compared = compare(&loader, &settings, loaded)?;
        report.stage(Stage { took: started.elapsed(), ..compared })?;
    }
    if !compiles {
        return report.finish();
    }
    let started = Instant::now();
    // The findings of the other stages are reported even if this one fails with an error.
    #[cfg_attr(not(feature = "roundtrip"), expect(unused_mut, reason = "for later stages"))]
    let mut failed = match generate::check(Path::new(&root)) {
        Ok((summary, stale)) => {
            let generated = Stage::new("generate", summary, stale);
            report.stage(Stage { took: started.elapsed(), ..generated })?;
            None
        }
        Err(error) => {
            report.stage(Stage::broken_off("generate", started))?;
            Some(error)
        }
    };
    #[cfg(feature = "roundtrip")]
    if let Some(loaded) = loaded {
        let started = Instant::now();
        match super::roundtrip::check(&settings, &loader, loaded) {
            Ok((summary, found)) => {
                let tested = Stage::new("roundtrip", summary, found);
                report.stage(Stage { took: started.elapsed(), ..tested })?;
            }
            Err(error) => {
                report.stage(Stage::broken_off("roundtrip", started))?;
                failed = failed.or(Some(error));
            }
        }
    }
    #[cfg(feature = "contract")]
    if let Some(loaded) = loaded {
        let started = Instant::now();
        match super::contract::check(&settings, &loader, loaded) {
            Ok((summary, found, error)) => {
                let verified = Stage::new("contract", summary, found);
                let (took, is_broken_off) = (started.elapsed(), error.is_some());
                report.stage(Stage { took, is_broken_off, ..verified })?;
                failed = failed.or(error);
            }
            Err(error) => {
                report.stage(Stage::broken_off("contract", started))?;
                failed = failed.or(Some(error));
            }
        }
    }
    let outcome = report.finish()?;
    failed.map_or(Ok(outcome), Err)
}

/// The findings of the stages: printed below each or, in a format that is one document, at the end.
struct Report<'a> {
    format: Format,
    /// The sources that findings may quote.
    texts: &'a Texts,
    outcome: Outcome,
    /// The findings to print at the end.
    kept: Vec<Finding>,
}

impl Report<'_> {
    /// Prints the line of `stage`, and its findings unless they are kept for the end.
    fn stage(&mut self, stage: Stage) -> Result<()> {
        eprint(&stage.line());
        if self.format.is_document() {
            self.kept.extend(stage.findings);
            Ok(())
        } else {
            self.print(stage.findings)
        }
    }

    fn print(&mut self, findings: Vec<Finding>) -> Result<()> {
        if findings::report(findings, self.format, self.texts)? == Outcome::Findings {
            self.outcome = Outcome::Findings;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Outcome> {
        if self.format.is_document() {
            let kept = std::mem::take(&mut self.kept);
            self.print(kept)?;
        }
        Ok(self.outcome)
    }
}

impl Stage {
    fn new(name: &'static str, summary: String, findings: Vec<Finding>) -> Self {
        Stage { name, summary, findings, is_broken_off: false, took: Duration::ZERO }
    }

    /// A stage that ended with an error, which is printed after the last stage.
    fn broken_off(name: &'static str, started: Instant) -> Self {
        let stage = Stage::new(name, "error: see below".to_owned(), Vec::new());
        Stage { is_broken_off: true, took: started.elapsed(), ..stage }
    }

    fn line(&self) -> String {
        let accepted = self.findings.iter().filter(|finding| !finding.fails()).count();
        let is_ok = accepted == self.findings.len() && !self.is_broken_off;
        let verdict = if is_ok { "ok" } else { "FAILED" };
        let summary = match accepted {
            0 => self.summary.clone(),
            accepted => format!("{}, {accepted} accepted", self.summary),
        };
        let took = self.took.as_millis();
        format!("{:<14}{verdict:<8}{summary:<43} {took:>6} ms\n", self.name)
    }
}

fn compile(loader: &Loader, root: &str) -> Result<(Stage, Load)> {
    const NAME: &str = "compile";
    let load = loader.load(root, None, Rules::Both)?;
    let stage = match &load {
        Load::Ready(loaded) => Stage::new(NAME, describe(&loaded.schema), Vec::new()),
        Load::CompileErrors(findings, _) => Stage::new(
            NAME,
            "the other stages need a schema that compiles".to_owned(),
            findings.clone(),
        ),
    };
    Ok((stage, load))
}

/// Returns how many files a schema has.
fn describe(schema: &Schema) -> String {
    let (imports, own): (Vec<_>, Vec<_>) = schema.files().partition(|file| file.is_import());
    let files = counted(own.len(), "file");
    match imports.len() {
        0 => files,
        imports => format!("{files}, {}", counted(imports, "import")),
    }
}

/// Runs the lint rules. The findings of the baseline that the settings name are left out.
fn lint(loaded: &Loaded) -> Result<Stage> {
    const NAME: &str = "lint";
    let Workspace { modules, policies, .. } = &loaded.workspace;
    let sets = modules.iter().map(|module| &module.lint);
    let sets = sets.chain(policies.iter().map(|policy| &policy.lint));
    let used: BTreeSet<&str> = sets.flat_map(|set| set.rules.iter().copied()).collect();
    let rules = match used.len() {
        0 => "no rules in use".to_owned(),
        count => counted(count, "rule"),
    };
    let all = workspace::run_lint(loaded);
    let count = all.len();
    let new = BaselineArgs::default().apply(all, loaded, false)?;
    let summary = match count - new.len() {
        0 => rules,
        known => format!("{rules}, {}", counted(known, "known finding")),
    };
    Ok(Stage::new(NAME, summary, new))
}

fn compare(loader: &Loader, settings: &Settings, loaded: &Loaded) -> Result<Stage> {
    const NAME: &str = "check-compat";
    let releases = releases::supported(settings, loader)?;
    let summary = match releases.as_slice() {
        [] => "no release yet: create one with `wireproof release v1.0.0`".to_owned(),
        [only] => format!("against {only}"),
        [oldest, .., newest] => {
            format!("against {} releases, {oldest} to {newest}", releases.len())
        }
    };
    let options = check_compat::options_of(&settings.proof);
    let root = loader.shown(&settings.root);
    let mut found =
        check_compat::against_releases(releases, loader, (&root, loaded), &options, "")?;
    Approvals::load(settings, loader)?.apply(&mut found, true);
    Ok(Stage::new(NAME, summary, check_compat::judged(found, &settings.proof)))
}
