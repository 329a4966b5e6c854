//! Tests of approvals.

use super::*;
use crate::printable::tests::odd;

const RELEASE: &str = "v1.0.0";

fn date(text: &str) -> Date {
    Date::parse(text).expect("it is a date")
}

fn finding(rule: &'static str, element: &str, releases: &[&str]) -> Finding {
    let compiled = Finding::compile(Place::file("a.proto"), "was deleted.");
    let releases = releases.iter().map(|release| (*release).to_owned()).collect();
    Finding { rule, element: element.to_owned(), releases, ..compiled }
}

fn approval(of: &Finding) -> Approval {
    Approval {
        file: format!("contracts/accepted/{}.toml", of.fingerprint()),
        rule: of.rule.to_owned(),
        element: of.element.clone(),
        change: of.change.clone(),
        policy: of.policy.clone(),
        message: of.message.clone(),
        releases: of.releases.clone(),
        effects: Some(of.effects()),
        reason: "nobody reads it".to_owned(),
        owner: "Ada".to_owned(),
        expires: Some(date("2027-01-31")),
    }
}

fn parse(approval: &Approval, text: &str) -> Result<Approval, Malformed> {
    Approval::parse(&approval.file, text.as_bytes())
}

/// Returns `finding` as it is judged on `today` with `approvals`.
fn judged(approvals: &[Approval], today: &str, mut finding: Finding) -> Finding {
    Approvals::new(approvals.to_vec(), date(today)).accept(&mut finding);
    finding
}

#[test]
fn an_approval_is_written_as_toml() {
    insta::assert_snapshot!("approval", approval(&finding("FIELD_NO_DELETE", "p.M.x", &[RELEASE])));
}

proptest::proptest! {
    #[test]
    fn every_text_is_read_back(element in odd(), message in odd(), reason in odd(), owner in odd()) {
        let found = finding("A", &element, &[RELEASE, "v1.1.0"]).under(&message);
        let own = |text: String| format!("x{text}");
        let (reason, owner) = (own(reason), own(owner));
        let written = Approval { message, reason, owner, ..approval(&found) };
        let text = written.to_string();
        proptest::prop_assert!(!text.contains(|c| c != '\n' && is_hidden(c)), "{}", text);
        proptest::prop_assert_eq!(parse(&written, &text).expect("it was written so"), written);
    }
}

#[test]
fn a_broken_file_is_reported_with_its_location() {
    let good = approval(&finding("A", "p.M.x", &[RELEASE]));
    let text = good.to_string();
    for (wrong, line, says) in [
        (format!("<<<<<<< HEAD\n{text}"), 1, ""),
        (text.replace("owner", "onwer"), 9, "unknown key `onwer`; keys are rule, "),
        (text.replace("reason = \"nobody reads it\"\n", ""), 1, "missing field `reason`"),
        (text.replace("nobody reads it", " "), 1, "`reason` is empty"),
        (text.replace("Ada", ""), 1, "`owner` is empty"),
        (text.replace("2027-01-31", "2027-02-29"), 10, ""),
        (text.replace("2027-01-31", "\"2027-01-31\""), 10, ""),
        (
            text.replace("effects = {}", "effects = { wire = \"breaks\" }"),
            7,
            "unknown variant `wire`",
        ),
        (text.replace("p.M.x", "p.M.y"), 1, "the file has to be named "),
        (String::new(), 1, "missing field `rule`"),
    ] {
        let problem = parse(&good, &wrong).expect_err(&wrong);
        assert_eq!(problem.line, line, "{wrong}: {problem:?}");
        assert!(problem.message.starts_with(says), "{wrong}: {problem:?}");
        assert!(problem.finding("x.toml").message.starts_with("The approval is not valid: "));
    }
    assert!(Approval::parse(&good.file, b"\xff").is_err_and(|it| it.message.contains("UTF-8")));
    assert!(Approval::parse("0123456789abcdef.toml", text.as_bytes()).is_err());
}

#[test]
fn an_approval_covers_its_releases_until_it_expires() {
    let one = finding("A", "p.M.x", &[RELEASE]);
    let both = finding("A", "p.M.x", &[RELEASE, "v1.1.0"]);
    let none = finding("A", "p.M.x", &[]);
    let known = [approval(&one)];
    for (found, today, accepted) in [
        (&one, "2027-01-31", true),
        (&none, "2027-01-31", true),
        (&both, "2027-01-31", false),
        (&one, "2027-02-01", false),
        (&finding("A", "p.M.y", &[RELEASE]), "2027-01-31", false),
    ] {
        let judged = judged(&known, today, found.clone());
        assert_eq!(judged.accepted.is_some(), accepted, "{found:?} on {today}");
        assert_eq!(judged.fails(), !accepted);
    }
    let accepted = judged(&known, "2027-01-31", one.clone()).accepted.expect("it is covered");
    assert_eq!(accepted.expires.as_deref(), Some("2027-01-31"));
    let file = &known[0].file;
    let help = |today, found: &Finding| judged(&known, today, found.clone()).help;
    let expected = format!("the approval {file} covers v1.0.0, not v1.1.0: accept it again");
    assert_eq!(help("2027-01-31", &both), Some(expected));
    let expected = format!("the approval {file} expired on 2027-01-31: accept it again");
    assert_eq!(help("2027-02-01", &one), Some(expected));
    let of_against = [approval(&none)];
    assert!(!judged(&of_against, "2027-01-31", none).fails());
    let help = judged(&of_against, "2027-01-31", one).help.expect("it is not covered");
    assert!(help.contains("covers no release, not v1.0.0"), "{help}");
}

#[test]
fn a_policy_is_part_of_the_fingerprint() {
    let own = finding("A", "p.M.x", &[]);
    let policy = own.clone().under("more.yaml");
    let known = [approval(&policy)];
    assert!(judged(&known, "2027-01-01", own).fails());
    assert!(!judged(&known, "2027-01-01", policy).fails());
}

#[test]
fn effects_are_covered_by_the_approvals_of_their_element_together() {
    let known = [
        approval(&finding("A", "p.M.x", &[RELEASE])),
        approval(&finding("B", "p.M.x", &["v1.1.0"])),
    ];
    let known = Approvals::new(known.to_vec(), date("2027-01-01"));
    let covered = |element: &str, releases: &[&str]| {
        let mut effect = finding("ROUNDTRIP", element, releases);
        known.accept_effect(&mut effect, &BTreeSet::from([element.to_owned()]));
        !effect.fails()
    };
    assert!(covered("p.M.x", &[RELEASE]) && covered("p.M.x", &[]));
    assert!(covered("p.M.x", &[RELEASE, "v1.1.0"]));
    assert!(!covered("p.M.x", &[RELEASE, "v1.2.0"]));
    assert!(!covered("p.M.y", &[RELEASE]) && !covered("p.M.y", &[]));
}

#[test]
fn expired_and_unused_approvals_are_findings() {
    let [used, unused, against] =
        [("p.M.used", RELEASE), ("p.M.unused", RELEASE), ("p.M.against", "")]
            .map(|(name, release)| finding("A", name, &[release]));
    let against = Finding { releases: Vec::new(), ..against };
    let known = [approval(&used), approval(&unused), approval(&against)];
    let messages = |today: &str, found: Option<&[Finding]>| {
        let approvals = Approvals::new(known.to_vec(), date(today));
        let findings = approvals.findings(found);
        findings.into_iter().map(|it| it.message).collect::<Vec<_>>()
    };
    let used = [used];
    let expected = ["The approval of A for `p.M.unused` matches no finding any more."];
    assert_eq!(messages("2027-01-31", Some(&used)), expected);
    assert_eq!(messages("2027-01-31", None), [""; 0]);
    let expired = ["used", "unused", "against"]
        .map(|name| format!("The approval of A for `p.M.{name}` expired on 2027-01-31."));
    assert_eq!(messages("2027-02-01", Some(&used)), expired);
}
