//! Tests of fixes: the text before and after.

use super::*;
use crate::compile::width;
use crate::finding::Place;

/// Returns line and column of `at` in `text`, counted from 1.
fn point(text: &str, at: usize) -> (u32, u32) {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let line = text[..at].matches('\n').count() + 1;
    (u32::try_from(line).expect("texts are short"), width(&text[start..at]) + 1)
}

/// Returns findings about every import of `text` that contains `unused`, and one about a missing
/// syntax.
fn findings(text: &str) -> Vec<Finding> {
    let text = text.trim_start_matches('\u{feff}');
    let about = |place, fix| Finding { fix: Some(fix), ..Finding::compile(place, "") };
    let starts = text.match_indices("import").map(|(at, _)| at);
    let imports = starts.filter_map(|start| {
        let end = start + text[start..].find(';')? + 1;
        let (start_line, start_column) = point(text, start);
        let (end_line, end_column) = point(text, end);
        let place = Place { start_line, start_column, end_line, end_column, ..Place::file("a") };
        text[start..end].contains("unused").then(|| about(place, Fix::Delete))
    });
    let syntax = about(Place::file("a"), Fix::Prepend("syntax = \"proto2\";"));
    let syntax = (!text.contains("syntax")).then_some(syntax);
    imports.chain(syntax).collect()
}

fn fixed(text: &str) -> String {
    let findings = findings(text);
    apply_fixes(text, &findings.iter().collect::<Vec<_>>()).text
}

/// Asserts that the fixes turn the first text of each case into the second, with both line endings
/// and with a byte order mark, and that the second one has no further fix.
fn become_so(cases: &[(&str, &str)]) {
    for (before, after) in cases {
        assert_eq!(fixed(before), *after, "{before:?}");
        let [windows, expected] = [before, after].map(|text| text.replace('\n', "\r\n"));
        // Without a line ending in the text, `\n` is used.
        if before.contains('\n') {
            assert_eq!(fixed(&windows), expected, "{windows:?}");
        }
        assert_eq!(fixed(&format!("\u{feff}{before}")), format!("\u{feff}{after}"));
        assert_eq!(fixed(after), *after, "it is done");
    }
}

#[test]
fn an_import_goes_with_its_line_and_its_comments() {
    become_so(&[
        ("syntax = \"proto3\";\nimport \"unused\";\n", "syntax = \"proto3\";\n"),
        ("syntax;\n\nimport \"unused\"; // why\n\nmessage M {}\n", "syntax;\n\nmessage M {}\n"),
        ("syntax;\n\nimport \"unused\"; /* a */ // c\n\n\nM", "syntax;\n\n\nM"),
        (
            "syntax;\nimport \"a\";\n// It is\n// here.\nimport \"unused\";\nM",
            "syntax;\nimport \"a\";\nM",
        ),
        ("syntax;\n/* It is\nhere. */\nimport \"unused\";\nM", "syntax;\nM"),
        ("syntax;\n\t/* 世界 */ import \"unused\" ; M", "syntax;\n\tM"),
        ("syntax;\nimport\n  // inside\n  \"unused\"\n  ;\nM", "syntax;\nM"),
        ("syntax;\n\nimport \"unused1\";\n\nimport \"unused2\";\n\nM", "syntax;\n\nM"),
        ("syntax;\nimport \"unused1\"; import \"unused2\";\nM", "syntax;\nM"),
        ("syntax;\n\nimport \"unused\";", "syntax;\n"),
    ]);
}

#[test]
fn what_is_not_its_own_stays() {
    become_so(&[
        ("syntax;\n\n// Loose.\n\nimport \"unused\";\n\nM", "syntax;\n\n// Loose.\n\nM"),
        ("syntax; // s\nimport \"unused\";\nM", "syntax; // s\nM"),
        ("syntax;\nimport \"unused\"; /* a\n b */\nM", "syntax;\n/* a\n b */\nM"),
        ("syntax; import \"unused\"; // why\nM", "syntax;\nM"),
        ("syntax; import \"unused\"; M", "syntax; M"),
        ("syntax; import \"unused\"; /* whose? */ M", "syntax; /* whose? */ M"),
        (
            "syntax;\n/* whose? */ /* its */ import \"unused\";\nM",
            "syntax;\n/* whose? */ /* its */\n\nM",
        ),
        ("syntax;\nimport \"unused\";\n// M's.\nM", "syntax;\n// M's.\nM"),
    ]);
}

#[test]
fn comments_stay_with_their_elements() {
    become_so(&[
        ("// Licence.\nimport \"unused\";\nM syntax", "// Licence.\n\nM syntax"),
        ("syntax;\n/* Loose. */\n// Its.\nimport \"unused\";\nM", "syntax;\n/* Loose. */\n\nM"),
        ("syntax;\nimport \"unused\"; /* a */ /* b */ M", "syntax;\n\n/* a */ /* b */\n\nM"),
        ("syntax;\nimport \"unused1\"; /* a */ import \"unused2\";\nM", "syntax;\n\n/* a */\n\nM"),
        ("import \"unused\"; /* a */ M syntax", "/* a */\n\nM syntax"),
        ("syntax;\nimport \"unused\";\n// Loose.\n\nM", "syntax;\n\n// Loose.\n\nM"),
        (
            "syntax;\nimport \"unused\";\n// Loose.\n/* M's. */\nM",
            "syntax;\n\n// Loose.\n/* M's. */\nM",
        ),
    ]);
}

#[test]
fn a_file_begins_behind_the_comments_that_are_nobodys() {
    const SYNTAX: &str = "syntax = \"proto2\";";
    let cases = [
        ("", "{}\n"),
        ("package p;\n", "{}\n\npackage p;\n"),
        ("// P's.\npackage p;\n", "{}\n\n// P's.\npackage p;\n"),
        (
            "// Licence.\n\n// P's.\n\t/* too */ package p;",
            "// Licence.\n\n{}\n\n// P's.\n\t/* too */ package p;",
        ),
        ("// Licence.\n\n\npackage p;\n", "// Licence.\n\n\n{}\n\npackage p;\n"),
        ("// Licence.", "// Licence.\n\n{}\n"),
        ("// Licence.\n\n", "// Licence.\n\n{}\n"),
        ("// Licence.\nimport \"unused\";\nM", "// Licence.\n\n{}\n\nM"),
    ];
    let cases = cases.map(|(before, after)| (before, after.replace("{}", SYNTAX)));
    let cases: Vec<(&str, &str)> = cases.iter().map(|(a, b)| (*a, b.as_str())).collect();
    become_so(&cases);
}

#[test]
fn findings_that_do_not_point_at_their_element_change_nothing() {
    let text = "syntax;\nimport \"unused\";\n";
    let mut found = findings(text);
    for (line, column) in [(1, 1), (9, 1), (2, 40), (2, 0), (0, 1)] {
        (found[0].place.start_line, found[0].place.start_column) = (line, column);
        let fixed = apply_fixes(text, &[&found[0]]);
        assert_eq!(fixed, Fixed { text: text.to_owned(), findings: vec![] }, "{line}:{column}");
    }
}
