//! The formats that buf has, too: over the findings of the real buf our report is buf's; over our
//! own it is buf's but for the wording.

use std::path::Path;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use serde_json::{Value, json};
use wireproof::finding::{Finding, Place};
use wireproof::report::{self, Format, RenderOptions};

use crate::parity::generator::print::Sources;
use crate::parity::programs::tools::{Answer, buf, run, temporary, wireproof, write};

/// A path that asks for escapes wherever one is needed.
const ODD: &str = "odd %é,b:c/x&y'.proto";

/// Two versions: what changed in them, a file that is gone, and what lint has to say of.
fn trees() -> Sources {
    let odd =
        |kind: &str| format!("syntax = \"proto3\";\npackage w;\nmessage W {{ {kind} a = 1; }}\n");
    let files = [
        ("old/buf.yaml", "version: v2\nmodules: [{path: proto}]\n".to_owned()),
        (
            "new/buf.yaml",
            "version: v2\nmodules: [{path: proto}]\npolicies: [{policy: more.yaml}]\n".to_owned(),
        ),
        (
            "new/more.yaml",
            "version: v2\nlint: {use: [COMMENT_FIELD]}\n\
             breaking: {use: [FIELD_WIRE_JSON_COMPATIBLE_TYPE]}\n"
                .to_owned(),
        ),
        ("old/proto/gone.proto", "syntax = \"proto3\";\n".to_owned()),
        (
            "old/proto/a.proto",
            "syntax = \"proto3\";\npackage a;\nmessage M {\n  string a = 1;\n  M\n    b = 2;\n}\nmessage Gone {}\n"
                .to_owned(),
        ),
        (
            "new/proto/a.proto",
            "syntax = \"proto3\";\npackage a;\nmessage M {\n\tbytes a = 1;\n  string\n    b = 2;\n}\nenum e { z = 0; }\n"
                .to_owned(),
        ),
        (&format!("old/proto/{ODD}"), odd("string")),
        (&format!("new/proto/{ODD}"), odd("bytes")),
        (
            "broken/a.proto",
            "syntax = \"proto3\";\nmessage A {\n  repeated Nowhere\n    a = 1;\n}\n".to_owned(),
        ),
    ];
    files.into_iter().map(|(path, text)| (path.to_owned(), text)).collect()
}

/// What is run where; each is answered by both programs alike but for the words.
const BREAKING: [(&str, &[&str]); 2] = [
    ("new", &["breaking", "--against", "../old"]),
    ("broken", &["breaking", "--against", "../old"]),
];

/// What only the real buf is asked.
const LINT: (&str, &[&str]) = ("new", &["lint"]);

fn ask(program: &Path, root: &Path, (folder, args): (&str, &[&str]), format: Format) -> Answer {
    let args = [args, &["--error-format", format.name()]].concat();
    run(program, &root.join(folder), &args)
}

#[test]
fn reports_of_bufs_findings_equal_bufs() {
    let Some(buf) = buf() else { return };
    let root = temporary();
    write(root.path(), &trees());
    for question in BREAKING.into_iter().chain([LINT]) {
        let findings = read_back(&ask(buf, root.path(), question, Format::Json).stdout);
        let policies = findings.iter().any(|finding| finding.policy.is_some());
        assert!(policies || question.0 == "broken", "{question:?}");
        assert!(!findings.is_empty(), "{question:?}");
        let formats: &[Format] = match question == LINT {
            true => &Format::LINT,
            false => &Format::COMMON,
        };
        for format in formats.iter().filter(|format| !OWN.contains(format)) {
            let theirs = ask(buf, root.path(), question, *format);
            assert_eq!(theirs.code, 100, "{question:?} {format:?}: {}", theirs.stderr);
            let ours = render(&findings, *format);
            compare(*format, &ours, &theirs.stdout, &|words| words.to_owned());
        }
    }
}

#[test]
fn reports_of_our_findings_equal_bufs_except_for_messages() {
    let Some(buf) = buf() else { return };
    let root = temporary();
    write(root.path(), &trees());
    for question in BREAKING {
        for format in Format::COMMON.into_iter().filter(|format| !OWN.contains(format)) {
            let theirs = ask(buf, root.path(), question, format);
            let ours = ask(wireproof(), root.path(), question, format);
            assert_eq!((ours.code, theirs.code), (100, 100), "{question:?} {format:?}");
            compare(format, &ours.stdout, &theirs.stdout, &|_| String::new());
        }
    }
}

#[test]
fn the_formats_are_bufs_sarif_and_markdown() {
    let Some(buf) = buf() else { return };
    let root = temporary();
    write(root.path(), &trees());
    for format in Format::LINT {
        for command in ["breaking", "lint"] {
            let question = match command {
                "breaking" => BREAKING[0],
                _ => LINT,
            };
            let known = ask(buf, root.path(), question, format).code == 100;
            let ours: &[Format] = match command {
                "breaking" => &Format::COMMON,
                _ => &Format::LINT,
            };
            let is_buf = ![Format::Sarif, Format::Markdown].contains(&format);
            let expected = ours.contains(&format) && is_buf;
            assert_eq!(known, expected, "{command} {format:?}");
        }
    }
}

#[test]
fn intended_differences_of_reports_remain() {
    let Some(buf) = buf() else { return };
    let root = temporary();
    write(root.path(), &trees());
    let both =
        |format| [buf, wireproof()].map(|it| ask(it, root.path(), BREAKING[0], format).stdout);

    let [theirs, ours] = both(Format::GithubActions);
    assert!(theirs.contains(&format!("file=proto/{ODD},line=3")), "buf escapes: {theirs}");
    assert!(ours.contains("file=proto/odd %25é%2Cb%3Ac/x&y'.proto,line=3"), "{ours}");

    let gone = both(Format::GitlabCodeQuality)
        .map(|report| serde_json::from_str::<Value>(&report).expect("it is JSON")[0].take());
    let [theirs, ours] = gone.map(|mut issue| issue["location"].take());
    assert_eq!(theirs, json!({ "positions": { "begin": {}, "end": {} } }));
    assert_eq!(ours["path"], "../old/proto/gone.proto");
    assert_eq!(ours["positions"]["begin"], json!({ "line": 1, "column": 1 }));

    let clean = ("new", &["breaking", "--against", "."][..]);
    for (format, empty) in
        [(Format::Junit, "<testsuites>\n</testsuites>\n"), (Format::GitlabCodeQuality, "[]\n")]
    {
        let [theirs, ours] = [buf, wireproof()].map(|it| ask(it, root.path(), clean, format));
        assert_eq!((theirs.code, &*theirs.stdout), (0, ""));
        assert_eq!((ours.code, &*ours.stdout), (0, empty));
    }
}

/// Formats that buf has not, or that the other parity tests compare.
const OWN: [Format; 4] = [Format::Text, Format::Json, Format::Sarif, Format::Markdown];

/// Asserts that two reports have the same shape; `words` says what of a message counts.
fn compare(format: Format, ours: &str, theirs: &str, words: &dyn Fn(&str) -> String) {
    match format {
        Format::Msvs => assert_eq!(msvs(ours, words), msvs(theirs, words)),
        Format::Junit => assert_eq!(junit(ours, words), junit(theirs, words)),
        Format::GithubActions => {
            assert_eq!(annotations(ours, true, words), annotations(theirs, false, words));
        }
        Format::GitlabCodeQuality => assert_eq!(gitlab(ours, words), gitlab(theirs, words)),
        Format::ConfigIgnoreYaml => assert_eq!(ours, theirs),
        Format::Text | Format::Json | Format::Sarif | Format::Markdown => {
            unreachable!("{format:?} is not compared")
        }
    }
}

type Words<'a> = &'a dyn Fn(&str) -> String;

fn msvs(report: &str, words: Words<'_>) -> Vec<String> {
    let lines = report.lines().map(|line| {
        let parts: Vec<&str> = line.splitn(3, " : ").collect();
        let [place, rule, message] = parts[..] else { panic!("not a finding: {line}") };
        [place, rule, &words(message)].join(" : ")
    });
    lines.collect()
}

/// The elements and their attributes, in order.
fn junit(report: &str, words: Words<'_>) -> Vec<String> {
    let mut reader = quick_xml::Reader::from_str(report);
    let mut elements = Vec::new();
    loop {
        match reader.read_event().expect("the report is XML") {
            Event::Start(element) => elements.push(described(&element, words)),
            Event::End(element) => elements.push(format!("/{}", element.name().0)),
            Event::Text(text) => assert!(text.trim().is_empty(), "{text:?}"),
            Event::Eof => return elements,
            other => panic!("unexpected: {other:?}"),
        }
    }
}

fn described(element: &BytesStart<'_>, words: Words<'_>) -> String {
    let mut line = element.name().0.to_owned();
    for attribute in element.attributes() {
        let attribute = attribute.expect("attributes are whole");
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).expect("they are text");
        let value = match attribute.key.0 {
            "message" => {
                let (place, message) = value.split_at(end_of_place(&value));
                format!("{place}{}", words(message))
            }
            _ => value.into_owned(),
        };
        line.push_str(&format!(" {}={value:?}", attribute.key.0));
    }
    line
}

/// Where `path:line:column:` ends.
fn end_of_place(text: &str) -> usize {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<&str> = text.split(':').collect();
    let at = parts.windows(2).position(|pair| pair.iter().all(|part| is_number(part)));
    let before = &parts[..at.expect("a place is in front") + 2];
    before.iter().map(|part| part.len() + 1).sum()
}

/// The command and its properties, read as GitHub's runner reads them where they are escaped.
fn annotations(report: &str, escaped: bool, words: Words<'_>) -> Vec<String> {
    let read = |text: &str| match escaped {
        true => [("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")]
            .iter()
            .fold(text.to_owned(), |text, (code, character)| text.replace(code, character)),
        false => text.to_owned(),
    };
    let lines = report.lines().map(|line| {
        let (command, message) =
            line.strip_prefix("::").and_then(|line| line.split_once("::")).expect("a command");
        // Ours begins with the rule, which buf does not say, and goes on with what helps.
        let message = match escaped {
            true => message.split_once(' ').map_or(message, |(_, message)| message),
            false => message,
        };
        format!("{} {}", read(command), words(&read(message)))
    });
    lines.collect()
}

/// The issues without what cannot be equal: fingerprints, which have to be there and to be
/// different, and the place of a file that is gone, without which GitLab takes no issue.
fn gitlab(report: &str, words: Words<'_>) -> Vec<Value> {
    let mut issues: Vec<Value> = serde_json::from_str(report).expect("an array of objects");
    let mut prints: Vec<String> = Vec::new();
    for issue in &mut issues {
        let print = issue["fingerprint"].take();
        prints.push(print.as_str().expect("a fingerprint is text").to_owned());
        issue["description"] = json!(words(issue["description"].as_str().expect("it is text")));
        if issue["check_name"] == "FILE_NO_DELETE" {
            issue["location"].take();
        }
    }
    let all = prints.len();
    prints.sort();
    prints.dedup();
    assert_eq!(prints.len(), all, "fingerprints are not unique");
    issues
}

/// buf's JSON lines as findings of ours.
fn read_back(lines: &str) -> Vec<Finding> {
    let findings = lines.lines().map(|line| {
        let line: Value = serde_json::from_str(line).expect("a finding is a line of JSON");
        let number = |key: &str| line[key].as_u64().and_then(|number| u32::try_from(number).ok());
        let number = |key: &str| number(key).expect("a place is made of numbers");
        let place = Place {
            path: line["path"].as_str().map(str::to_owned),
            start_line: number("start_line"),
            start_column: number("start_column"),
            end_line: number("end_line"),
            end_column: number("end_column"),
        };
        let message = line["message"].as_str().expect("a message is text").to_owned();
        let rule = line["type"].as_str().expect("a rule is text").to_owned();
        Finding {
            rule: Box::leak(rule.into_boxed_str()),
            element: place.to_string(),
            change: message.clone(),
            message,
            place,
            help: None,
            against: None,
            against_input: None,
            releases: Vec::new(),
            fix: None,
            policy: line["policy"].as_str().map(str::to_owned),
            proof: None,
            accepted: None,
        }
    });
    findings.collect()
}

fn render(findings: &[Finding], format: Format) -> String {
    let import_path = |path: &str| path.strip_prefix("proto/").map(str::to_owned);
    let options = RenderOptions {
        is_detailed: false,
        colors: false,
        source: &|_| None,
        import_path: &import_path,
        rules: &[],
        accept: "",
    };
    report::render(findings, format, &options)
}
