//! Tests of every format with the same findings, which contain everything that is difficult for a
//! format.

mod printing;

use serde_json::Value;

use super::{Format, RenderOptions, render};
use crate::compat::rules::table;
use crate::finding::{
    Accepted, COMPILE, Direction, Effect, Extent, Finding, Level, Levels, Place, Proof, Reading,
    STALE_STUB, Surface, Witness,
};
use crate::rule::{Membership, Rule};

const SOURCE: &str = "syntax = \"proto3\";\npackage agent.v1;\n/* 世界 */\tmessage M { string id = 1; }\nmessage N {\n  string a = 1;\n}\n";

/// The only rule in these reports.
const RULE: Rule = Rule {
    id: "FIELD_SAME_TYPE",
    purpose: "A field keeps its type.",
    docs: "## What it checks\n\nThe type\nof a field.\n\n## Why\n\nOthers know it.\n\n## Instead\n\nAdd a field.\n",
    v1beta1: None,
    v1: Some(Membership { categories: &["WIRE", "FILE"], default: true }),
    v2: Some(Membership { categories: &["FILE", "CSR"], default: true }),
    ..Rule::PLAIN
};

fn finding(rule: &'static str, place: Place, element: &str, message: &str) -> Finding {
    Finding {
        rule,
        place,
        element: element.to_owned(),
        message: message.to_owned(),
        help: None,
        change: message.to_owned(),
        against: None,
        against_input: None,
        releases: Vec::new(),
        fix: None,
        policy: None,
        proof: None,
        accepted: None,
    }
}

/// Returns findings, in the order of a report.
fn findings() -> Vec<Finding> {
    let gone = Finding {
        against: Some(Place::file("proto/agent/v1/gone.proto")),
        releases: vec!["v1.0.0".to_owned(), "v1.1.0".to_owned()],
        fix: None,
        help: Some("restore it".to_owned()),
        ..finding(
            "FILE_NO_DELETE",
            Place::nowhere(),
            "agent/v1/gone.proto",
            "File `agent/v1/gone.proto` was deleted: files that import it no longer compile.",
        )
    };
    let odd = finding(
        "FIELD_SAME_JSON_NAME",
        Place::spanning("odd/a,b:c %é<&\"'>.proto", [1, 0, 1, 8]),
        "odd.M.x",
        "Said \"x\" & 'y', <z>: 100%, ünïcode 🎉, \u{1}control.\nSecond line.",
    );
    let wide = Finding {
        against: Some(Place::spanning("../old/agent/v1/a.proto", [3, 2, 3, 9])),
        help: Some("keep the type;\nadd a field".to_owned()),
        releases: vec!["v1.1.0".to_owned()],
        fix: None,
        ..finding(
            "FIELD_SAME_TYPE",
            Place::spanning("proto/agent/v1/a.proto", [2, 24, 2, 30]),
            "agent.v1.M.id",
            "Field `id` (1) of message `agent.v1.M` changed type from `int32` to `string`.",
        )
    };
    let lines = finding(
        "MESSAGE_NO_DELETE",
        Place::spanning("proto/agent/v1/a.proto", [3, 0, 5, 1]),
        "agent.v1.N",
        "Message `agent.v1.N` is no longer declared in `agent/v1/a.proto`.",
    );
    let broken = |line| {
        let place = Place::spanning("proto/agent/v1/b.proto", [line, 0, line, 1]);
        Finding::compile(place, "expected `{`, but found `}`")
    };
    let imported = finding(
        "FIELD_NO_DELETE",
        Place::spanning("vendor/google/type/date.proto", [9, 0, 9, 12]),
        "google.type.Date",
        "Field `day` (3) of message `google.type.Date` was deleted.",
    );
    vec![gone, odd, wide, lines, broken(6), broken(8), imported]
}

fn source(path: &str) -> Option<String> {
    (path == "proto/agent/v1/a.proto").then(|| SOURCE.to_owned())
}

fn import_path(path: &str) -> Option<String> {
    path.strip_prefix("proto/").map(str::to_owned)
}

fn shown(findings: &[Finding], format: Format) -> String {
    shown_with(findings, format, &[&RULE])
}

fn shown_with(findings: &[Finding], format: Format, rules: &[&'static Rule]) -> String {
    let options = RenderOptions {
        is_detailed: false,
        colors: false,
        source: &source,
        import_path: &import_path,
        rules,
        accept: "",
    };
    render(findings, format, &options)
}

fn parsed(report: &str) -> Value {
    serde_json::from_str(report).unwrap()
}

/// Returns SARIF with line breaks, and without the version of the tool.
fn pretty(sarif: &str) -> String {
    let text = serde_json::to_string_pretty(&parsed(sarif)).unwrap();
    text.replace(env!("CARGO_PKG_VERSION"), "VERSION")
}

#[test]
fn the_findings_are_in_order() {
    let findings = findings();
    assert!(findings.is_sorted_by(|a, b| a.sort_key() <= b.sort_key()));
}

#[test]
fn text() {
    insta::assert_snapshot!("text", shown(&findings(), Format::Text));
}

#[test]
fn json() {
    insta::assert_snapshot!("json", shown(&findings(), Format::Json));
}

#[test]
fn msvs() {
    insta::assert_snapshot!("msvs", shown(&findings(), Format::Msvs));
}

#[test]
fn junit() {
    insta::assert_snapshot!("junit", shown(&findings(), Format::Junit));
}

#[test]
fn github_actions() {
    insta::assert_snapshot!("github-actions", shown(&findings(), Format::GithubActions));
}

#[test]
fn gitlab_code_quality() {
    insta::assert_snapshot!("gitlab-code-quality", shown(&findings(), Format::GitlabCodeQuality));
}

#[test]
fn sarif() {
    insta::assert_snapshot!("sarif", pretty(&shown(&findings(), Format::Sarif)));
}

/// A finding that fails, and two of the same file that are accepted.
fn partly_accepted() -> Vec<Finding> {
    let accepted = |reason: &str, expires: Option<&str>| {
        Some(Accepted {
            file: "contracts/accepted/0123456789abcdef.toml".to_owned(),
            reason: reason.to_owned(),
            owner: "Ada & Co.".to_owned(),
            expires: expires.map(str::to_owned),
        })
    };
    let mut found = findings().into_iter().filter(|it| it.place.path.is_some());
    let [odd, wide, lines] = std::array::from_fn(|_| found.next().expect("there are enough"));
    let odd = Finding { accepted: accepted("No reader: \"x\"\n<soon>", None), ..odd };
    let wide = Finding { accepted: accepted("v2 is out", Some("2027-01-31")), ..wide };
    vec![odd, wide, lines]
}

#[test]
fn accepted_findings_are_marked_in_every_format() {
    for format in Format::COMMON {
        let report = shown(&partly_accepted(), format);
        let report = if format == Format::Sarif { pretty(&report) } else { report };
        insta::assert_snapshot!(format!("accepted-{}", format.name()), report);
    }
}

#[test]
fn markdown() {
    insta::assert_snapshot!("markdown", shown(&findings(), Format::Markdown));
}

/// Returns a proof with a witness whose text tries to end the code block.
fn proof() -> Proof {
    let witness = Witness {
        surface: Surface::Binary,
        direction: Direction::OldToNew,
        effect: Effect::Misreads,
        extent: Extent::Every,
        message: "agent.v1.M".to_owned(),
        read_as: Some("agent.v1.N".to_owned()),
        written: "id: \"```\\n@octocat\"".to_owned(),
        bytes: Some(vec![8, 0xff]),
        json: None,
        read: Some("id: 255".to_owned()),
        error: None,
        readings: vec![Reading {
            runtimes: "Go, prost",
            effect: Some(Effect::Fails),
            read: None,
            error: Some("wire type".to_owned()),
        }],
        replay: "wireproof replay 08ff".to_owned(),
    };
    let effects = [(Surface::Binary, Level::Breaks)].into();
    Proof { level: Level::Breaks, witnesses: vec![witness], effects, reason: None }
}

#[test]
fn markdown_shows_witnesses_and_accepted_findings() {
    let place = || Place::spanning("proto/agent/v1/a.proto", [2, 24, 2, 30]);
    let message = "Field `id` (1) of message `agent.v1.M` changed type from `int32` to `string`.";
    let proved = Finding {
        help: Some("keep the type".to_owned()),
        releases: vec!["v1.0.0".to_owned(), "v1.1.0".to_owned()],
        proof: Some(proof()),
        ..finding("FIELD_SAME_TYPE", place(), "agent.v1.M.id", message)
    };
    let safe = Proof {
        level: Level::Safe,
        witnesses: Vec::new(),
        effects: Levels::new(),
        reason: Some("the wire does not change: type renamed".to_owned()),
    };
    let accepted = Finding {
        proof: Some(safe),
        accepted: Some(Accepted {
            file: "contracts/accepted/0123456789abcdef.toml".to_owned(),
            reason: "Nobody uses it, says @team: see #7.".to_owned(),
            owner: "<b>search</b>".to_owned(),
            expires: Some("2027-01-31".to_owned()),
        }),
        ..finding("FIELD_SAME_TYPE", place(), "agent.v1.M.id", message)
    };
    let stale = finding(STALE_STUB, Place::file("gen/a.rs"), "", "is stale:\n    -`x`\n    +``");
    let report = shown(&[stale, proved, accepted.clone()], Format::Markdown);
    insta::assert_snapshot!("markdown-proof", report);
    let report = shown(&[accepted], Format::Markdown);
    assert!(report.starts_with("## wireproof: no findings, 1 accepted\n\n<details>"), "{report}");
    assert!(!report.contains("major"), "an accepted break requires no version: {report}");
}

#[test]
fn sarif_has_metadata_for_each_rule_and_a_place_for_each_finding() {
    let log = parsed(&shown_with(&findings(), Format::Sarif, &table()));
    let run = &log["runs"][0];
    for (result, finding) in run["results"].as_array().unwrap().iter().zip(findings()) {
        let rule = &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
        assert_eq!(rule["id"], finding.rule);
        assert_eq!(result["ruleId"], finding.rule);
        for text in ["/shortDescription/text", "/fullDescription/text", "/help/text"] {
            let text = rule.pointer(text).and_then(Value::as_str);
            assert!(text.is_some_and(|text| !text.is_empty()), "{}: {text:?}", finding.rule);
        }
        let place = &result["locations"][0]["physicalLocation"];
        assert!(!place["artifactLocation"]["uri"].as_str().unwrap().is_empty());
        assert!(place["region"]["startLine"].as_u64().unwrap() >= 1);
    }
}

#[test]
fn descriptions_of_rules_fit_code_scanning() {
    for rule in table() {
        for heading in ["What it checks", "Why", "Instead"] {
            assert!(rule.section(heading).is_some_and(|text| !text.is_empty()), "{}", rule.id);
        }
        assert!(rule.section("What it checks").unwrap().len() <= 1024, "{} is cut", rule.id);
    }
}

#[test]
fn config_ignore_yaml() {
    let mut findings = findings();
    let text = shown(&findings, Format::Text);
    assert_eq!(shown(&findings, Format::ConfigIgnoreYaml), text, "it does not compile");
    findings.retain(|finding| finding.rule != COMPILE);
    insta::assert_snapshot!("config-ignore-yaml", shown(&findings, Format::ConfigIgnoreYaml));
}

#[test]
fn an_xml_reader_reads_back_junit() {
    use quick_xml::XmlVersion;
    use quick_xml::events::Event;
    let report = shown(&findings(), Format::Junit);
    let mut reader = quick_xml::Reader::from_str(&report);
    let mut messages = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(element) if element.name().0 == "failure" => {
                let message = element.try_get_attribute("message").unwrap().unwrap();
                messages
                    .push(message.normalized_value(XmlVersion::Implicit1_0).unwrap().into_owned());
            }
            Event::Eof => break,
            _ => {}
        }
    }
    // XML cannot represent control characters.
    let message = |f: &Finding| format!("{}:{}", f.place, f.message.replace('\u{1}', "\u{fffd}"));
    let expected: Vec<_> = findings().iter().map(message).collect();
    assert_eq!(messages, expected);
}

#[test]
fn gitlab_fingerprints_are_unique() {
    let report = shown(&findings(), Format::GitlabCodeQuality);
    let issues = parsed(&report);
    let mut prints: Vec<&str> = issues
        .as_array()
        .unwrap()
        .iter()
        .map(|issue| issue["fingerprint"].as_str().unwrap())
        .collect();
    prints.sort_unstable();
    prints.dedup();
    assert_eq!(prints.len(), findings().len());
}

#[test]
fn documents_are_valid_without_findings() {
    let none = Format::LINT.map(|format| (format.name(), shown(&[], format)));
    let none = none.into_iter().filter(|(name, _)| *name != "sarif");
    let none: Vec<_> = none.filter(|(_, report)| !report.is_empty()).collect();
    let expected = [
        ("junit", "<testsuites>\n</testsuites>\n".to_owned()),
        ("gitlab-code-quality", "[]\n".to_owned()),
        ("markdown", "## wireproof: no findings\n".to_owned()),
    ];
    assert_eq!(none, expected);
    insta::assert_snapshot!("sarif-clean", pretty(&shown(&[], Format::Sarif)));
}

#[test]
fn an_unknown_format_is_refused_with_the_known_ones() {
    let error = Format::named("xml", &Format::COMMON).unwrap_err();
    let expected = "formats are text, json, msvs, junit, github-actions, gitlab-code-quality, \
                    sarif, markdown";
    assert_eq!(error, expected);
    assert_eq!(Format::named("junit", &Format::LINT), Ok(Format::Junit));
}

#[test]
fn sarif_is_valid_whatever_the_paths_and_messages() {
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/schemas/sarif-2.1.0.json");
    // The published schema has an extra bracket in a pattern, which a strict parser rejects.
    let schema = std::fs::read_to_string(schema).unwrap().replace("{2}]?$", "{2}?$");
    let schema = parsed(&schema);
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let mut findings = [findings(), partly_accepted()].concat();
    for (path, place) in
        [("/tmp/a b.proto", true), ("C:\\x\\a.proto", true), ("../up.proto", true), ("", false)]
    {
        let place = if place { Place::file(path) } else { Place::nowhere() };
        findings.push(finding("FILE_SAME_PACKAGE", place, "x", "moved"));
    }
    let log = parsed(&shown(&findings, Format::Sarif));
    let wrong: Vec<String> = validator.iter_errors(&log).map(|e| e.to_string()).collect();
    assert_eq!(wrong, [""; 0]);
    let results = log["runs"][0]["results"].as_array().unwrap();
    let uris: Vec<&str> = results
        .iter()
        .map(|result| &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])
        .map(|uri| uri.as_str().unwrap())
        .collect();
    assert_eq!(uris[1], "odd/a%2Cb%3Ac%20%25%C3%A9%3C%26%22%27%3E.proto");
    let last = ["file:///tmp/a%20b.proto", "file:///C:/x/a.proto", "../up.proto", "buf.yaml"];
    assert_eq!(uris[uris.len() - 4..], last);
}

#[test]
fn a_policy_is_named_where_buf_names_it() {
    let place = Place::spanning("proto/agent/v1/a.proto", [3, 0, 5, 1]);
    let own = finding(
        "MESSAGE_NO_DELETE",
        place,
        "agent.v1.N",
        "Message `agent.v1.N` is no longer declared in `agent/v1/a.proto`.",
    );
    let both = [own.clone(), own.under("more.yaml")];
    for format in [Format::Text, Format::Msvs, Format::GithubActions] {
        let report = shown(&both, format);
        let ends: Vec<bool> = report.lines().map(|line| line.ends_with(" (more.yaml)")).collect();
        assert_eq!(ends, [false, true], "{report}");
    }
    assert!(shown(&both, Format::Junit).contains(
        ":Message `agent.v1.N` is no longer declared in `agent/v1/a.proto`. (more.yaml)\""
    ));
    let report = shown(&both, Format::Json);
    let lines: Vec<Value> = report.lines().map(parsed).collect();
    assert_eq!((lines[0].get("policy"), &lines[1]["policy"]), (None, &"more.yaml".into()));
    assert_ne!(lines[0]["fingerprint"], lines[1]["fingerprint"]);
    let issues = parsed(&shown(&both, Format::GitlabCodeQuality));
    assert_eq!(issues[0]["description"], issues[1]["description"]);
    assert_ne!(issues[0]["fingerprint"], issues[1]["fingerprint"]);
    let log = parsed(&shown(&both, Format::Sarif));
    let results = &log["runs"][0]["results"];
    assert_eq!(
        (results[0].get("properties"), &results[1]["properties"]["policy"]),
        (None, &"more.yaml".into())
    );
}
