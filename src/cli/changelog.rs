//! `changelog`: the changelog of the contract, in Markdown. Each release has an entry, which is
//! written once: later edits by hand are kept.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use semver::Version;

use super::releases::{self, Release};
use super::selection::SelectionArgs;
use super::text::counted;
use super::{Outcome, diff, print, say};
use crate::compat::diff::Change;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::files;
use crate::report;
use crate::schema::Schema;
use crate::workspace::Loader;

/// The name of the file.
const FILE: &str = "CHANGELOG.md";

/// Write the changelog of all releases
#[derive(Debug, clap::Args)]
pub(crate) struct ChangelogArgs {
    /// Write nothing; report releases without an entry (exit code 100)
    #[arg(long)]
    check: bool,
    /// Print the changelog instead of writing the file
    #[arg(long, conflicts_with = "check")]
    stdout: bool,
}

pub(crate) fn run(args: &ChangelogArgs) -> Result<Outcome> {
    let loader = SelectionArgs::default().loader()?;
    let settings = loader.settings()?;
    let releases = releases::all(&settings, loader.here())?;
    let mut changelog = Changelog::read(&loader, &settings)?;
    let missing: Vec<&Release> =
        releases.iter().filter(|release| !changelog.has(release.version())).collect();
    let shown = changelog.path.display().to_string();
    if args.check {
        for release in &missing {
            print(&format!("{shown}: {release} has no entry\n"))?;
        }
        return Ok(if missing.is_empty() { Outcome::Clean } else { Outcome::Findings });
    }
    for release in &missing {
        let entry = entry_of(&loader, &settings, &releases, release)?;
        changelog.insert(release.version(), &entry);
    }
    if args.stdout {
        print(&changelog.text)?;
    } else if missing.is_empty() {
        say(&format!("{shown}: every release has an entry"));
    } else {
        files::write(&changelog.path, changelog.text.as_bytes())?;
        say(&format!("{shown}: added {}", counted(missing.len(), "release")));
    }
    Ok(Outcome::Clean)
}

/// Returns the entry of a release whose date is unknown.
fn entry_of(
    loader: &Loader,
    settings: &Settings,
    releases: &[Release],
    release: &Release,
) -> Result<String> {
    let schema = release.schema(loader)?;
    let previous = releases::previous(releases, release.version());
    let Some(previous) = previous else {
        return Ok(report::changelog_entry(&release.to_string(), None, &contents(&schema)));
    };
    let old = previous.schema(loader)?;
    let changes = diff::between(&old, &loader.release(schema, &settings.root)?, &settings.proof);
    Ok(report::changelog_entry(&release.to_string(), Some(&changes), ""))
}

/// Returns the entry of a release of today. `changes` are none for the first one.
pub(super) fn entry(
    version: &Version,
    date: &str,
    changes: Option<&[Change]>,
    schema: &Schema,
) -> String {
    report::changelog_entry(&format!("v{version} ({date})"), changes, &contents(schema))
}

/// Returns what a schema has, in numbers.
fn contents(schema: &Schema) -> String {
    let own = || schema.files().filter(|file| !file.is_import());
    let messages = own().flat_map(|file| file.all_messages());
    let services = own().flat_map(|file| file.services());
    let counts = [
        (own().count(), "file"),
        (messages.filter(|message| !message.is_map_entry()).count(), "message"),
        (own().map(|file| file.all_enums().len()).sum(), "enum"),
        (own().map(|file| file.services().len()).sum(), "service"),
        (services.map(|service| service.methods().len()).sum(), "method"),
    ];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    counts.map(|(count, noun)| counted(count, noun)).collect::<Vec<_>>().join(", ")
}

/// The text of the changelog.
pub(super) struct Changelog {
    /// Where it is written to.
    pub(super) path: PathBuf,
    /// What is in it; its beginning if there is no file yet.
    pub(super) text: String,
}

impl Changelog {
    /// Reads the changelog of the workspace: `CHANGELOG.md` beside the folder of the releases or, if
    /// the releases are at the top of the workspace, where other changelogs are, in it.
    pub(super) fn read(loader: &Loader, settings: &Settings) -> Result<Self> {
        let releases = &settings.releases;
        let (parent, name) = releases.rsplit_once('/').unwrap_or((".", releases));
        let inside = parent == settings.root;
        let path = match inside {
            true => format!("{releases}/{FILE}"),
            false => format!("{parent}/{FILE}"),
        };
        let shown = PathBuf::from(loader.shown(&path));
        if !files::is_inside(&loader.absolute(&settings.top), &shown) {
            return Err(Error::new("a symbolic link leads out of the repository here")
                .at(shown.display().to_string())
                .help("remove the link"));
        }
        let text = match loader.here().tree.read(&path, files::SETTINGS)? {
            Some(bytes) => String::from_utf8(bytes)
                .map_err(|_| Error::new("the text is not UTF-8").at(shown.display().to_string()))?,
            None => beginning(&if inside { "this folder".to_owned() } else { format!("`{name}`") }),
        };
        Ok(Changelog { path: target(&shown), text })
    }

    /// Whether there is an entry for `version`.
    pub(super) fn has(&self, version: &Version) -> bool {
        headings(&self.text).iter().any(|(_, known)| known == version)
    }

    /// Adds an entry above the newest one that is older; nothing else changes.
    pub(super) fn insert(&mut self, version: &Version, entry: &str) {
        let older = headings(&self.text).into_iter().find(|(_, known)| known < version);
        let line_end = if self.text.contains("\r\n") { "\r\n" } else { "\n" };
        let entry = entry.trim_end().replace('\n', line_end);
        match older {
            Some((at, _)) => self.text.insert_str(at, &format!("{entry}{line_end}{line_end}")),
            None => {
                let kept = self.text.trim_end().len();
                self.text.truncate(kept);
                let space = if kept == 0 { String::new() } else { line_end.repeat(2) };
                let _ = write!(self.text, "{space}{entry}{line_end}");
            }
        }
    }
}

/// Returns the file that a link leads to, so that the link is kept.
fn target(path: &Path) -> PathBuf {
    std::fs::canonicalize(path)
        .ok()
        .filter(|_| path.is_symlink())
        .unwrap_or_else(|| path.to_owned())
}

/// Returns the text of a changelog without entries.
fn beginning(folder: &str) -> String {
    format!(
        "# Changelog of the contract\n\nThe releases in {folder}, newest first. \
         `wireproof release` adds an entry and changes nothing else: edit the text as you like.\n"
    )
}

/// Returns the versions that have an entry, each with the offset of its heading: `## v1.2.0`, maybe
/// in brackets and followed by other text. Headings in code blocks do not count.
fn headings(text: &str) -> Vec<(usize, Version)> {
    let mut found = Vec::new();
    let (mut offset, mut fence) = (0, None);
    for line in text.split_inclusive('\n') {
        let mark = ["```", "~~~"].into_iter().find(|mark| line.starts_with(mark));
        match (fence, mark) {
            (None, Some(_)) => fence = mark,
            (Some(open), Some(mark)) if open == mark => fence = None,
            _ => {}
        }
        if let Some(version) = version_of(line).filter(|_| fence.is_none()) {
            found.push((offset, version));
        }
        offset += line.len();
    }
    found
}

fn version_of(line: &str) -> Option<Version> {
    let word = line.strip_prefix("## ")?.split_whitespace().next()?;
    let word = word.trim_start_matches('[').split([']', ',', ':']).next()?;
    releases::parse_version(word).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inserted(text: &str, version: &str) -> String {
        let mut changelog = Changelog { path: PathBuf::new(), text: text.to_owned() };
        let version = Version::parse(version).expect("it is one");
        changelog.insert(&version, &format!("## v{version}\n\nNew.\n"));
        changelog.text
    }

    #[test]
    fn an_entry_goes_above_the_older_ones_and_below_the_rest() {
        let text = "# Log\n\nBy hand.\n\n## [Unreleased]\n\n- soon\n\n## [1.1.0] - 2026\n\n- x\n";
        let expected = text.replace("## [1.1.0]", "## v1.2.0\n\nNew.\n\n## [1.1.0]");
        assert_eq!(inserted(text, "1.2.0"), expected);
        assert_eq!(inserted(text, "1.0.0"), format!("{text}\n## v1.0.0\n\nNew.\n"));
        assert_eq!(inserted("", "1.0.0"), "## v1.0.0\n\nNew.\n");
        assert_eq!(inserted("a\r\n", "1.0.0"), "a\r\n\r\n## v1.0.0\r\n\r\nNew.\r\n");
    }

    #[test]
    fn headings_in_code_blocks_are_text() {
        let text =
            "```\n## v1.0.0\n~~~\n## v1.1.0\n```\n## v1.2.0 (2026-01-01)\n### v3.0.0\n## x\n";
        let versions: Vec<String> =
            headings(text).iter().map(|(_, version)| version.to_string()).collect();
        assert_eq!(versions, ["1.2.0"]);
    }
}
