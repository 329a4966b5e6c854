//! Tests of every format with unusual text: terminals and CI runners must not interpret it, and
//! parsers must read it back.

use proptest::prelude::*;
use serde_json::Value;

use super::{RULE, finding, parsed, shown};
use crate::finding::{Accepted, Finding, Place, STALE_STUB};
use crate::printable::is_hidden;
use crate::printable::tests::{is_command, odd};
use crate::report::{Format, RenderOptions, render};

/// Generates a finding with `odd` text in every part that can come from a schema, a path or a
/// configuration.
fn odd_finding() -> impl Strategy<Value = Finding> {
    let texts = prop::collection::vec(odd(), 10);
    let rule = prop::sample::select(&["FIELD_SAME_TYPE", STALE_STUB][..]);
    (texts, rule, any::<[bool; 3]>()).prop_map(|(texts, rule, [has_path, has_rest, one])| {
        let mut texts = texts.into_iter();
        let mut text = || texts.next().expect("there are enough");
        let place = Place::spanning(text(), [0, 0, 0, 3]);
        let place = if has_path { place } else { Place::nowhere() };
        let against = Place::spanning(text(), [0, 0, 0, 3]);
        let releases = (0..if one { 1 } else { 3 }).map(|_| text()).collect();
        let (element, message, help, change) = (text(), text(), text(), text());
        // The lines of a diff are already escaped, and indented.
        let message = if rule == STALE_STUB {
            format!("{}\n    -x\ty\n    +::x", message.replace('\n', " "))
        } else {
            message
        };
        let finding = Finding { rule, change, ..finding(rule, place, &element, &message) };
        if has_rest {
            Finding { against: Some(against), releases, ..finding.with_help(help) }
        } else {
            finding.under(&element)
        }
    })
}

/// Renders `findings` in every format, with and without a terminal. `source` is the text of all
/// files.
fn render_all(findings: &[Finding], source: &str) -> Vec<(Format, bool, String)> {
    let source = |_: &str| Some(source.to_owned());
    let formats = Format::LINT.into_iter().flat_map(|format| [(format, false), (format, true)]);
    let shown = formats.map(|(format, is_detailed)| {
        let (colors, import_path) = (false, &|_: &str| None);
        let options = RenderOptions {
            is_detailed,
            colors,
            source: &source,
            import_path,
            rules: &[&RULE],
            accept: "",
        };
        (format, is_detailed, render(findings, format, &options))
    });
    shown.collect()
}

/// Whether `line` is the only workflow command in it, and one of ours. One about `--against` has no
/// file.
fn is_our_command(line: &str, is_about_against: bool) -> bool {
    let ours: &[&str] = if is_about_against {
        &["::error::", "::notice::"]
    } else {
        &["::error file=", "::notice file="]
    };
    ours.iter().any(|begin| line.starts_with(begin)) && !line.contains("##[")
}

/// YAML folds long lines, so that the end of a path can begin a line.
#[test]
fn a_long_path_does_not_become_a_command_of_its_own() {
    let path = format!("{} ::error::x", "a".repeat(78));
    let found = finding("FIELD_SAME_TYPE", Place::file(&*path), "x", "is wrong.");
    let yaml = shown(&[found], Format::ConfigIgnoreYaml);
    assert!(yaml.ends_with(&format!("      - \"{path}\"\n")), "{yaml}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_terminal_and_no_runner_obeys_text_in_findings(
        findings in prop::collection::vec(odd_finding(), 1..4),
        source in odd(),
        is_about_against in any::<bool>(),
        approval in prop::option::of(odd()),
    ) {
        let about = |finding: Finding| match is_about_against {
            true => finding.of_against(&source),
            false => finding,
        };
        let accepted = approval.map(|text| Accepted {
            file: text.clone(),
            reason: text.clone(),
            owner: text,
            expires: None,
        });
        let accept = |finding: Finding| Finding { accepted: accepted.clone(), ..finding };
        let findings: Vec<Finding> = findings.into_iter().map(about).map(accept).collect();
        for (format, is_detailed, report) in render_all(&findings, &source) {
            let lines: Vec<&str> = report.lines().collect();
            let name = format.name();
            for line in &lines {
                prop_assert!(!line.contains(is_hidden), "{name}: {line:?}");
                let is_sound = match format {
                    Format::GithubActions => is_our_command(line, is_about_against),
                    _ => !is_command(line),
                };
                prop_assert!(is_sound, "{name}: {line:?}");
            }
            let of_a_finding = |finding: &Finding| match format {
                Format::Text if finding.rule == STALE_STUB && finding.fails() => 3,
                _ => 1,
            };
            let expected: usize = findings.iter().map(of_a_finding).sum();
            if matches!(format, Format::Text | Format::Msvs | Format::GithubActions) && !is_detailed {
                prop_assert_eq!(lines.len(), expected, "{}: {:?}", name, report);
            }
        }
    }

    #[test]
    fn programs_read_back_text_in_findings(finding in odd_finding()) {
        let json = parsed(&shown(std::slice::from_ref(&finding), Format::Json));
        prop_assert_eq!(json["message"].as_str(), Some(&*finding.message));
        prop_assert_eq!(json.get("path").and_then(Value::as_str), finding.place.path.as_deref());
        let issues = parsed(&shown(std::slice::from_ref(&finding), Format::GitlabCodeQuality));
        prop_assert_eq!(issues[0]["description"].as_str(), Some(&*finding.message));
        parsed(&shown(std::slice::from_ref(&finding), Format::Sarif));

        let yaml = shown(std::slice::from_ref(&finding), Format::ConfigIgnoreYaml);
        if let Some(path) = &finding.place.path {
            let yaml: Value = serde_saphyr::from_str(&yaml).expect("it is YAML");
            prop_assert_eq!(&yaml["lint"]["ignore_only"][finding.rule][0], &Value::from(&**path));
        }
        let junit = shown(std::slice::from_ref(&finding), Format::Junit);
        let mut reader = quick_xml::Reader::from_str(&junit);
        while reader.read_event().expect("it is XML") != quick_xml::events::Event::Eof {}
    }

    /// A reader of Markdown finds the markup of the format, and none from names and messages.
    #[cfg(feature = "generate")]
    #[test]
    fn text_in_findings_is_no_markdown(findings in prop::collection::vec(odd_finding(), 1..4)) {
        use pulldown_cmark::{Event, Options, Parser, Tag};
        let report = shown(&findings, Format::Markdown);
        let mut strong = 0;
        for event in Parser::new_ext(&report, Options::all()) {
            let is_ours = match &event {
                Event::Start(Tag::Strong) => {
                    strong += 1;
                    true
                }
                Event::Start(tag) => matches!(
                    tag,
                    Tag::Heading { .. } | Tag::Paragraph | Tag::List(_) | Tag::Item | Tag::CodeBlock(_)
                ),
                Event::InlineHtml(html) => &**html == "<!-- -->",
                Event::Text(_) | Event::Code(_) | Event::End(_) | Event::SoftBreak => true,
                _ => false,
            };
            prop_assert!(is_ours, "{event:?}: {report}");
        }
        let is_compat = |finding: &Finding| finding.rule == "FIELD_SAME_TYPE";
        let major = usize::from(findings.iter().any(is_compat));
        prop_assert_eq!(strong, findings.len() + major, "{}", report);
    }
}
