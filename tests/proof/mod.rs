//! Proofs: the known kinds of changes, each with its expected verdicts, and independent readers that
//! replay every witness; witnesses from the command line, and against several releases.

#[cfg(all(feature = "contract", feature = "generate", feature = "protovalidate"))]
mod commands;
#[cfg(all(feature = "contract", feature = "generate", feature = "protovalidate"))]
mod folder;
#[cfg(all(feature = "contract", feature = "generate", feature = "protovalidate"))]
mod generated;
#[cfg(all(feature = "contract", feature = "generate", feature = "protovalidate"))]
mod history;
#[cfg(feature = "roundtrip")]
mod random;
#[cfg(all(feature = "contract", feature = "generate", feature = "protovalidate"))]
mod readers;
mod rules;

use std::fmt::Write as _;
use std::path::PathBuf;

use wireproof::compat::Prover;
use wireproof::finding::{Proof, Surface};
use wireproof::schema::Schema;
use wireproof::schema::pair::Pair;

use crate::fixture;

/// The variable that makes the test write the expected verdicts instead of comparing them.
const UPDATE: &str = "WIREPROOF_UPDATE_PROOFS";

/// A change, and the element that it concerns.
struct Case {
    name: String,
    element: String,
    old: String,
    new: String,
    expected: String,
}

/// The files of cases, one for each topic.
fn topics() -> Vec<PathBuf> {
    fixture::fixtures("proof")
}

/// Reads the cases of a file: `-- NAME --`, `element: NAME`, and the parts `old:`, `new:` and
/// `expect:`.
fn cases(text: &str) -> Vec<Case> {
    let parts = text.split("-- ").skip(1);
    let case = |part: &str| {
        let (name, rest) = part.split_once(" --\nelement: ").expect("a case has a name");
        let (element, rest) = rest.split_once("\n\nold:\n").expect("it has an old version");
        let (old, rest) = rest.split_once("\n\nnew:\n").expect("it has a new version");
        let (new, expected) = rest.split_once("\n\nexpect:\n").expect("it has verdicts");
        Case {
            name: name.to_owned(),
            element: element.to_owned(),
            old: old.to_owned(),
            new: new.to_owned(),
            expected: expected.trim().to_owned(),
        }
    };
    parts.map(case).collect()
}

impl Case {
    /// Compiles both versions.
    fn schemas(&self) -> (Schema, Schema) {
        let compile = |text: &str| fixture::tree(&[("a.proto", text)], "version: v2").0;
        (compile(&self.old), compile(&self.new))
    }

    /// Returns the proof of the change, on all surfaces.
    fn proof(&self, old: &Schema, new: &Schema) -> Proof {
        Prover::new(Pair { old, new }).prove_element(&self.element, &Surface::ALL)
    }
}

/// Returns the verdicts of a proof: the level, and a line for each witness.
fn verdicts(proof: &Proof) -> String {
    let mut out = format!("{}\n", proof.level);
    for witness in &proof.witnesses {
        let _ = writeln!(out, "{}", witness.summary());
        let _ = writeln!(out, "  writes {}", witness.value());
        let _ = writeln!(out, "  reads {}", witness.reading());
    }
    if let Some(reason) = &proof.reason {
        let _ = writeln!(out, "{reason}");
    }
    out.trim_end().to_owned()
}

#[test]
fn known_changes_have_their_verdicts() {
    let update = std::env::var_os(UPDATE).is_some();
    let (mut count, mut wrong) = (0, Vec::new());
    for path in topics() {
        let text = std::fs::read_to_string(&path).expect("a file of cases");
        let mut written = String::new();
        for case in cases(&text) {
            count += 1;
            let (old, new) = case.schemas();
            let found = verdicts(&case.proof(&old, &new));
            if found != case.expected {
                wrong.push(format!("{}:\n{found}\n  instead of\n{}", case.name, case.expected));
            }
            let Case { name, element, old, new, .. } = case;
            let _ = write!(
                written,
                "-- {name} --\nelement: {element}\n\nold:\n{old}\n\nnew:\n{new}\n\nexpect:\n{found}\n\n"
            );
        }
        if update {
            std::fs::write(&path, written.trim_end().to_owned() + "\n").expect("it is written");
        }
    }
    assert!(count >= 80, "{count} cases");
    assert!(update || wrong.is_empty(), "{}", wrong.join("\n\n"));
}
