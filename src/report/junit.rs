//! `--error-format junit`: a suite for each file with findings, a failed test for each finding.
//! What fails nothing is a test that passes and says something.

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
    suites(&mut xml, findings).expect("a vector takes what is written");
    let xml = String::from_utf8(xml.into_inner()).expect("it was written from text") + "\n";
    // Names of elements and attributes are ours: what is odd is in a value, as a reference the same.
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
    xml.create_element("testsuite")
        .with_attribute(("name", without_lost(name)))
        .with_attribute(("tests", &*findings.len().to_string()))
        .with_attribute(("failures", &*findings.len().to_string()))
        .with_attribute(("errors", "0"))
        .write_inner_content(|xml| findings.iter().try_for_each(|finding| case(xml, finding)))?;
    Ok(())
}

fn case(xml: &mut Xml, finding: &Finding) -> io::Result<()> {
    let message = format!("{}:{}", finding.place, super::message(finding));
    let message = without_lost(&message);
    let case = xml.create_element("testcase").with_attribute(("name", &*name(finding)));
    case.write_inner_content(|xml| {
        xml.create_element("failure")
            .with_attribute(("message", message))
            .with_attribute(("type", finding.rule))
            .write_text_content(BytesText::new(""))?;
        Ok(())
    })?;
    Ok(())
}

/// The rule, and the place if there is one.
fn name(finding: &Finding) -> String {
    let place = &finding.place;
    match place.path {
        Some(_) => format!("{}_{}_{}", finding.rule, place.start_line, place.start_column),
        None => finding.rule.to_owned(),
    }
}

/// A text without the characters that XML cannot hold, not even escaped.
fn without_lost(text: &str) -> Cow<'_, str> {
    let is_lost = |c: char| matches!(c, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}');
    match text.contains(is_lost) {
        true => Cow::Owned(text.replace(is_lost, "\u{fffd}")),
        false => Cow::Borrowed(text),
    }
}
