//! One question to both programs: how an input is written, or what breaks between two. What buf
//! finds in a category follows from what it finds with every rule, and from its tables.

use std::collections::BTreeSet;
use std::path::Path;

use crate::parity::generator::setup;
use crate::parity::programs::table;
use crate::parity::programs::table::Kind;
use crate::parity::programs::tools::{self, Answer, Finding};

/// Two inputs as the programs are given them.
pub(crate) struct Question<'a> {
    pub buf: &'a Path,
    /// The working directory.
    pub folder: &'a Path,
    /// What is asked: how the input is written, or what breaks.
    pub kind: Kind,
    /// The input; for what breaks `--against` and the old one besides.
    pub inputs: &'a [&'a str],
}

impl Question<'_> {
    /// What both find under `config`, none where a schema does not compile; or how they differ.
    pub(crate) fn compare(&self, config: Option<&str>) -> Result<Option<Vec<Finding>>, String> {
        let theirs = self.ask(self.buf, config);
        let ours = self.ask(tools::wireproof(), config);
        same(&theirs, &ours).map_err(|error| {
            format!("{error}{:?} {}\n", self.inputs, config.unwrap_or_default())
        })?;
        if refuses_own_image(&theirs) {
            return Ok(None);
        }
        if theirs.code == 1 && config.is_some() {
            return Err(format!("buf cannot do it, so nothing is compared: {}", theirs.stderr));
        }
        Ok((!theirs.broken()).then(|| theirs.findings()))
    }

    /// Asks wireproof under every category whose rules were all asked when `found` was found with
    /// every rule of `version`; how many they are.
    pub(crate) fn categories(&self, version: &str, found: &[Finding]) -> Result<usize, String> {
        let asked: BTreeSet<&str> = setup::live_rules(self.kind, version).into_iter().collect();
        let mut count = 0;
        for (version, category) in Question::every_category(self.kind) {
            let rules = table::in_category(self.kind, version, category);
            if rules.iter().all(|rule| asked.contains(rule)) {
                self.category(version, category, &rules, found)?;
                count += 1;
            }
        }
        Ok(count)
    }

    /// The categories of every version.
    pub(crate) fn every_category(kind: Kind) -> Vec<(&'static str, &'static str)> {
        let of = |version| table::categories(kind, version).into_iter().map(move |c| (version, c));
        table::VERSIONS.into_iter().flat_map(of).collect()
    }

    /// Asks wireproof under one category, whose rules are `rules`.
    pub(crate) fn category(
        &self,
        version: &str,
        category: &str,
        rules: &[&str],
        found: &[Finding],
    ) -> Result<(), String> {
        let expected: Vec<_> =
            found.iter().filter(|f| rules.contains(&f.rule.as_str())).cloned().collect();
        let ours =
            self.ask(tools::wireproof(), Some(&setup::category(self.kind, version, category)));
        let code = if expected.is_empty() { 0 } else { 100 };
        let difference = tools::difference(&expected, &ours.findings());
        if ours.code == code && difference.is_empty() {
            return Ok(());
        }
        let Answer { code, stderr, .. } = ours;
        Err(format!("category {category} of {version}: exit {code}\n{difference}{stderr}"))
    }

    fn ask(&self, program: &Path, config: Option<&str>) -> Answer {
        let mut args = vec![self.kind.name()];
        args.extend(self.inputs);
        args.extend(["--error-format", "json"]);
        if let Some(config) = config {
            args.extend(["--config", config]);
            if self.kind == Kind::Breaking {
                args.extend(["--against-config", config]);
            }
        }
        tools::run(program, self.folder, &args)
    }
}

/// Whether buf refuses an image that it has built: see "images of maps whose names begin with a
/// digit" in differences.toml.
fn refuses_own_image(theirs: &Answer) -> bool {
    theirs.code == 1 && theirs.stderr.contains("has an invalid nested name")
}

/// Whether two answers say the same: exit codes and findings; of what does not compile, only that.
fn same(theirs: &Answer, ours: &Answer) -> Result<(), String> {
    let both = format!(
        "exit {} (buf), {} (wireproof)\n{}{}",
        theirs.code, ours.code, theirs.stderr, ours.stderr
    );
    if refuses_own_image(theirs) {
        return Ok(());
    }
    if theirs.code != ours.code || theirs.broken() != ours.broken() {
        return Err(format!("{both}buf:\n{}wireproof:\n{}", theirs.stdout, ours.stdout));
    }
    if theirs.code == 1 || theirs.broken() {
        return Ok(());
    }
    let difference = tools::difference(&theirs.findings(), &ours.findings());
    if difference.is_empty() { Ok(()) } else { Err(difference) }
}
