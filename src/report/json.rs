//! `--error-format json`: one object per line. The first keys are buf's, the others are our own.

use serde::Serialize;

use crate::finding::{Accepted, Finding, Place, Witness};

#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    place: Span<'a>,
    r#type: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<&'a str>,
    element: &'a str,
    level: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    fingerprint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    against: Option<Span<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    releases: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    witness: Option<&'a Witness>,
    #[serde(skip_serializing_if = "<[Witness]>::is_empty")]
    witnesses: &'a [Witness],
    /// Why there is no witness.
    #[serde(skip_serializing_if = "Option::is_none")]
    no_witness: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted: Option<Approval<'a>>,
}

#[derive(Serialize)]
struct Approval<'a> {
    file: &'a str,
    reason: &'a str,
    owner: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<&'a str>,
}

impl<'a> From<&'a Accepted> for Approval<'a> {
    fn from(accepted: &'a Accepted) -> Self {
        let Accepted { file, reason, owner, expires } = accepted;
        Approval { file, reason, owner, expires: expires.as_deref() }
    }
}

#[derive(Serialize)]
struct Span<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

impl<'a> From<&'a Place> for Span<'a> {
    fn from(place: &'a Place) -> Self {
        Span {
            path: place.path.as_deref(),
            start_line: place.start_line,
            start_column: place.start_column,
            end_line: place.end_line,
            end_column: place.end_column,
        }
    }
}

pub(super) fn render(findings: &[Finding]) -> String {
    let mut out = String::new();
    for finding in findings {
        let proof = finding.proof.as_ref();
        let witnesses = proof.map_or(&[][..], |proof| &proof.witnesses);
        let (witness, witnesses) = match witnesses {
            [only] => (Some(only), &[][..]),
            several => (None, several),
        };
        let line = Line {
            place: Span::from(&finding.place),
            r#type: finding.rule,
            message: &finding.message,
            policy: finding.policy.as_deref(),
            element: &finding.element,
            level: proof.map_or(super::LEVEL, |proof| proof.level.name()),
            help: finding.help.as_deref(),
            fingerprint: finding.fingerprint(),
            against: finding.against.as_ref().map(Span::from),
            releases: &finding.releases,
            witness,
            witnesses,
            no_witness: proof.and_then(|proof| proof.reason.as_deref()),
            accepted: finding.accepted.as_ref().map(Approval::from),
        };
        out.push_str(&super::to_json(&line));
        out.push('\n');
    }
    out
}
