//! Differences between the output folders and what would be generated, as findings.

mod excerpt;
mod staged;

use self::excerpt::Excerpt;
use self::staged::Staged;
use super::response::GeneratedOutputs;
use super::roots::Roots;
use super::write::{self, Difference, Options};
use crate::error::Result;
use crate::finding::{Finding, STALE_STUB};

/// Compares the outputs below the folder of the template with `outputs`, and returns a finding for
/// each difference.
///
/// # Errors
///
/// An output folder cannot be read.
pub fn stale(roots: &Roots, outputs: &GeneratedOutputs, options: &Options) -> Result<Vec<Finding>> {
    let differences = write::differences(&roots.template_dir, outputs, options)?;
    Ok(differences.iter().map(|(path, what)| finding(&roots.shown(path), what)).collect())
}

/// Compares the outputs in git's index with `outputs`, like [`stale`]. Also returns the outputs that
/// git ignores, which are not compared.
///
/// # Errors
///
/// The folder of the template is not in a git repository, or the index cannot be read.
pub fn stale_in_index(
    roots: &Roots,
    mut outputs: GeneratedOutputs,
    options: &Options,
) -> Result<(Vec<Finding>, Vec<String>)> {
    let (staged, ignored) = Staged::copy(&roots.template_dir, &mut outputs)?;
    let copy = staged.path(&roots.template_dir);
    let differences = write::differences(&copy, &outputs, &staged.options(options))?;
    let finding = |(path, what): &(String, Difference)| finding(&roots.shown(path), what);
    Ok((differences.iter().map(finding).collect(), ignored))
}

/// Returns the finding for a difference at `path`.
fn finding(path: &str, difference: &Difference) -> Finding {
    let mut finding = Finding::of_file(STALE_STUB, path, message(difference));
    finding.change = change(difference);
    finding.help = Some(help(difference).to_owned());
    if let Difference::Changed(old, new) | Difference::Foreign(old, new) = difference
        && !differ_in_line_endings(old, new)
    {
        let excerpt = Excerpt::of(old, new);
        (finding.place.start_line, finding.place.end_line) = (excerpt.line, excerpt.line);
        finding.message.extend([":", &excerpt.text]);
    }
    finding
}

fn message(difference: &Difference) -> String {
    let message = match difference {
        Difference::Changed(old, new) if differ_in_line_endings(old, new) => {
            "only the line endings differ from what the plugin generates: CRLF"
        }
        Difference::Changed(..) => "this differs from what the plugin generates",
        Difference::Foreign(..) => {
            "this is not listed in .wireproof-files, and differs from what the plugin generates"
        }
        Difference::Missing => "this generated file is missing",
        Difference::Stale => "no plugin generates this file any more",
        Difference::Unowned => "this looks generated, but no plugin produces it",
        Difference::Unlisted => "this generated file is not listed in .wireproof-files",
        Difference::Manifest => "this does not list the generated files",
        Difference::Unmarked => "this archive was not written by `generate`",
        Difference::InTheWay(obstacle) => return format!("this {}", obstacle.problem()),
        Difference::Interrupted => "a run of `generate` was interrupted",
    };
    message.to_owned()
}

fn help(difference: &Difference) -> &'static str {
    match difference {
        Difference::Unowned => "delete it, or give it a name that no generated file has",
        Difference::InTheWay(obstacle) => obstacle.help(),
        Difference::Foreign(..) | Difference::Unmarked => {
            "if buf or another tool generated it, `generate --force` replaces it; \
             if it was written by hand, move it first"
        }
        Difference::Changed(old, _) if old.contains("\r\n") => {
            "run `generate`; git leaves line endings alone if .gitattributes has `-text`"
        }
        _ => "run `generate` and commit the result",
    }
}

/// Returns the text that goes into the fingerprint. It must stay as it is: baselines contain the
/// fingerprints.
fn change(difference: &Difference) -> String {
    let change = match difference {
        Difference::Changed(old, new) if differ_in_line_endings(old, new) => {
            "only the ends of its lines differ from what the plugin makes: CRLF"
        }
        Difference::Changed(..) => "this is not what the plugin makes",
        Difference::Foreign(..) => {
            "this is not listed in .wireproof-files, and not what the plugin makes"
        }
        Difference::Missing => "this stub is missing",
        Difference::Stale => "nothing makes this stub any more",
        Difference::Unowned => "this looks like a stub, and nothing makes it",
        Difference::Unlisted => "this stub is not listed in .wireproof-files",
        Difference::Manifest => "this does not list what was made",
        Difference::Unmarked => "this archive was not made by `generate`",
        Difference::InTheWay(obstacle) => return format!("this {}", obstacle.problem()),
        Difference::Interrupted => "a run of `generate` was cut off",
    };
    change.to_owned()
}

/// Whether `old` is `new` with CRLF line endings.
fn differ_in_line_endings(old: &str, new: &str) -> bool {
    old.replace("\r\n", "\n") == new
}

#[cfg(test)]
mod tests {
    use super::super::write::Obstacle;
    use super::*;

    /// GitLab and baselines identify findings by their fingerprints.
    #[test]
    fn fingerprints_do_not_change() {
        let text = |text: &str| text.to_owned();
        for (difference, fingerprint) in [
            (Difference::Changed(text("a"), text("b")), "4cfca72ecd3d22f0"),
            (Difference::Changed(text("a\r\n"), text("a\n")), "e2e22c88d747ef87"),
            (Difference::Foreign(text("a"), text("b")), "b28a59a1a1515cf3"),
            (Difference::Missing, "5460e25fb42f60da"),
            (Difference::Stale, "4150728aaab2f98f"),
            (Difference::Unowned, "4ade3a2ff0320d22"),
            (Difference::Unlisted, "0e41886c845c0684"),
            (Difference::Manifest, "7b8da30e24d5200a"),
            (Difference::Unmarked, "7c618cd5e394aed3"),
            (Difference::InTheWay(Obstacle::Link), "318bad422a2e1234"),
            (Difference::InTheWay(Obstacle::Folder), "4c82260c02498850"),
            (Difference::InTheWay(Obstacle::File), "ff61792d941ee94b"),
            (Difference::InTheWay(Obstacle::Special), "d6d5079d26f246bc"),
            (Difference::Interrupted, "898ac88f06d0a5f2"),
        ] {
            assert_eq!(finding("gen/x", &difference).fingerprint(), fingerprint, "{difference:?}");
        }
    }
}
