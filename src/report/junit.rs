//! `--error-format junit`: a test suite for each file with findings, a failed test for each finding, or
//! a skipped one for a finding that is accepted.

use std::borrow::Cow;
use std::io;

use quick_xml::Writer;
use quick_xml::events::BytesText;

use super::NO_PATH;
use crate::finding::Finding;
use crate::printable;

type Xml = Writer<Vec<u8>>;

pub(super) fn render(findings: &[Finding]) -> String {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    suites(&mut xml, findings).expect("a vector can be written to");
    let xml = String::from_utf8(xml.into_inner()).expect("it was written from text") + "\n";
    // Only values can contain such characters, and in a value a character reference is equivalent.
    let reference = |out: &mut String, c: char| *out += &format!("&#{};", u32::from(c));
    printable::lines_with(&xml, reference).into_owned()
}

fn suites(xml: &mut Xml, findings: &[Finding]) -> io::Result<()> {
    xml.create_element("testsuites").write_inner_content(|xml| {
        findings
            .chunk_by(|a, b| a.place.path == b.place.path)
            .try_for_each(|of_one_file| suite(xml, of_one_file))
    })?;
    Ok(())
}

fn suite(xml: &mut Xml, findings: &[Finding]) -> io::Result<()> {
    let path = findings[0].place.path.as_deref().unwrap_or(NO_PATH);
    let name = path.strip_suffix(".proto").unwrap_or(path);
    let failures = findings.iter().filter(|finding| finding.fails()).count();
    let mut suite = xml
        .create_element("testsuite")
        .with_attribute(("name", without_invalid(name)))
        .with_attribute(("tests", &*findings.len().to_string()))
        .with_attribute(("failures", &*failures.to_string()))
        .with_attribute(("errors", "0"));
    // buf knows no skipped tests.
    if let Some(skipped) = findings.len().checked_sub(failures).filter(|count| *count > 0) {
        suite = suite.with_attribute(("skipped", &*skipped.to_string()));
    }
    suite.write_inner_content(|xml| findings.iter().try_for_each(|finding| case(xml, finding)))?;
    Ok(())
}

fn case(xml: &mut Xml, finding: &Finding) -> io::Result<()> {
    let message = format!("{}:{}", finding.place, super::message(finding));
    let message = without_invalid(&message);
    let case = xml.create_element("testcase").with_attribute(("name", &*name(finding)));
    case.write_inner_content(|xml| {
        if let Some(approval) = super::approval(finding) {
            let message = format!("{message} ({approval})");
            let skipped = xml.create_element("skipped");
            skipped.with_attribute(("message", without_invalid(&message))).write_empty()?;
            return Ok(());
        }
        xml.create_element("failure")
            .with_attribute(("message", message))
            .with_attribute(("type", finding.rule))
            .write_text_content(BytesText::new(""))?;
        Ok(())
    })?;
    Ok(())
}

/// Returns the name of a test: the rule, and the location if there is one.
fn name(finding: &Finding) -> String {
    let place = &finding.place;
    match place.path {
        Some(_) => format!("{}_{}_{}", finding.rule, place.start_line, place.start_column),
        None => finding.rule.to_owned(),
    }
}

/// Returns `text` with the characters replaced that XML cannot represent, not even as references.
fn without_invalid(text: &str) -> Cow<'_, str> {
    let is_invalid = |c: char| matches!(c, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}');
    if text.contains(is_invalid) {
        Cow::Owned(text.replace(is_invalid, "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}
