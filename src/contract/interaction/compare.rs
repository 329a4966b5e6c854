//! Compares what a server answered with what an interaction expects.

use super::{Answer, CODES, Interaction, Text};
use crate::finding::{DETAIL, Finding};
use crate::schema::wire::{last_bytes, records};
use crate::value::{Mismatch, Step, json_path};

impl Interaction {
    /// Compares what a server answered with what is expected.
    pub(in crate::contract) fn compare(&self, answer: &Answer) -> Vec<Finding> {
        let mut found = Vec::new();
        let expected = &self.expected;
        if answer.is_cancelled {
            self.compare_messages(answer, &mut found);
            return found;
        }
        let code = |code: i32| CODES.get(code as usize).copied().unwrap_or("no status");
        if answer.code != expected.code {
            let message = format!(
                "the status is {}{DETAIL}expected: {}{DETAIL}found: {}{}",
                code(answer.code),
                code(expected.code),
                code(answer.code),
                if answer.message.is_empty() {
                    String::new()
                } else {
                    format!(": {}", answer.message)
                },
            );
            found.push(self.finding(&["response", "status"], &[], &message));
            // The rest of an answer with another status says nothing.
            return found;
        }
        if let Some(pattern) = expected.message.as_ref().filter(|it| !it.matches(&answer.message)) {
            let message = mismatch(
                "the status message",
                &pattern.described(),
                &format!("{:?}", answer.message),
            );
            found.push(self.finding(&["response", "status", "message"], &[], &message));
        }
        self.compare_details(answer, &mut found);
        for (part, expected, all) in [
            ("headers", &expected.headers, &answer.headers),
            ("trailers", &expected.trailers, &answer.trailers),
        ] {
            for (key, text) in expected {
                let values: Vec<&str> =
                    all.iter().filter(|(name, _)| name == key).map(|(_, value)| &**value).collect();
                let is_match = match text {
                    None => values.is_empty(),
                    Some(text) => values.iter().any(|value| text.matches(value)),
                };
                if !is_match {
                    let expected = text.as_ref().map_or("nothing".to_owned(), Text::described);
                    let shown = if values.is_empty() {
                        "nothing".to_owned()
                    } else {
                        format!("{values:?}")
                    };
                    let name = part.trim_end_matches('s');
                    let message = mismatch(&format!("the {name} `{key}`"), &expected, &shown);
                    found.push(self.finding(
                        &["response", part],
                        &[Step::Key(key.clone())],
                        &message,
                    ));
                }
            }
        }
        self.compare_messages(answer, &mut found);
        if let Some(limit) = expected.within.filter(|limit| answer.took > *limit) {
            let message = mismatch(
                "the time of the answer",
                &format!("at most {} ms", limit.as_millis()),
                &format!("{} ms", answer.took.as_millis()),
            );
            found.push(self.finding(&["response", "within"], &[], &message));
        }
        found
    }

    fn compare_details(&self, answer: &Answer, found: &mut Vec<Finding>) {
        let details = any_details(&answer.details);
        for (position, (name, pattern)) in self.expected.details.iter().enumerate() {
            let index = position.to_string();
            let path = ["response", "status", "details", &index];
            let of_type: Vec<&Vec<u8>> =
                details.iter().filter(|(known, _)| known == name).map(|(_, bytes)| bytes).collect();
            // Of several details of a type the first expectation is about the first.
            let before = &self.expected.details[..position];
            let before = before.iter().filter(|(known, _)| known == name).count();
            let Some(bytes) = of_type.get(before) else {
                let names: Vec<&str> = details.iter().map(|(name, _)| &**name).collect();
                let shown = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
                found.push(self.finding(
                    &path,
                    &[],
                    &mismatch("the type of the status details", name, &shown),
                ));
                continue;
            };
            let Some(pattern) = pattern else { continue };
            match pattern.of().decode(bytes) {
                Ok(message) => {
                    for mismatch in pattern.mismatches(&message, 0) {
                        found.push(self.mismatch(&path, &mismatch, ""));
                    }
                }
                Err(error) => found.push(self.finding(&path, &[], &error.to_string())),
            }
        }
    }

    fn compare_messages(&self, answer: &Answer, found: &mut Vec<Finding>) {
        let expected = &self.expected.messages;
        let of = &self.call.response;
        let mut messages = Vec::new();
        for (index, bytes) in answer.messages.iter().enumerate() {
            match of.decode(bytes) {
                Ok(message) => messages.push(message),
                Err(error) => {
                    let what = format!("{} cannot read response {index}: {error}", self.release);
                    found.push(self.finding(&["response"], &[], &what));
                    return;
                }
            }
        }
        let is_stream = self.call.kind.server_streaming;
        if let Some(count) = self.call.cancel_after.filter(|count| *count > messages.len()) {
            let message = format!(
                "the stream ended after {} of the {count} responses after which the client cancels",
                messages.len()
            );
            found.push(self.finding(&["request", "cancel_after"], &[], &message));
        }
        if let Some(patterns) = &expected.exact {
            for (index, (pattern, message)) in patterns.iter().zip(&messages).enumerate() {
                let number = index.to_string();
                let path: &[&str] = if is_stream {
                    &["response", "messages", &number]
                } else {
                    &["response", "message"]
                };
                for mismatch in pattern.mismatches(message, index as u64) {
                    let what =
                        if is_stream { format!("response {index}: ") } else { String::new() };
                    found.push(self.mismatch(path, &mismatch, &what));
                }
            }
            // A client that cancels has not seen the end.
            if patterns.len() != messages.len()
                && !answer.is_cancelled
                && (is_stream || self.expected.code == 0)
            {
                let message = mismatch(
                    "the number of responses",
                    &patterns.len().to_string(),
                    &messages.len().to_string(),
                );
                found.push(self.finding(&["response", "messages"], &[], &message));
            }
            return;
        }
        let (min, max) = expected.count;
        let count = messages.len() as u64;
        if !answer.is_cancelled && (count < min || max.is_some_and(|max| count > max)) {
            let range = match max {
                Some(max) if max == min => min.to_string(),
                Some(max) => format!("{min} to {max}"),
                None => format!("at least {min}"),
            };
            let message = mismatch("the number of responses", &range, &count.to_string());
            found.push(self.finding(&["response", "stream", "count"], &[], &message));
        }
        for (index, message) in messages.iter().enumerate() {
            let is_last = index + 1 == messages.len() && !answer.is_cancelled;
            let parts = [
                ("each", expected.each.as_ref()),
                ("first", expected.first.as_ref().filter(|_| index == 0)),
                ("last", expected.last.as_ref().filter(|_| is_last)),
            ];
            for (key, pattern) in parts {
                let Some(pattern) = pattern else { continue };
                for mismatch in pattern.mismatches(message, index as u64) {
                    let what = format!("response {index}: ");
                    let finding = self.mismatch(&["response", "stream", key], &mismatch, &what);
                    found.push(of_response(finding, index));
                }
            }
            // What is expected of the last response alone ends the stream.
            let ends_early = !is_last
                && !answer.is_cancelled
                && expected
                    .last
                    .as_ref()
                    .is_some_and(|last| last.mismatches(message, index as u64).is_empty());
            if ends_early {
                let message = format!(
                    "response {index} of {count} already matches `last`, which only the last one may"
                );
                let finding = self.finding(&["response", "stream", "last"], &[], &message);
                found.push(of_response(finding, index));
            }
        }
        let misses_last = messages.is_empty() && expected.last.is_some() && !answer.is_cancelled;
        if misses_last && min == 0 {
            found.push(self.finding(&["response", "stream", "last"], &[], "there is no response"));
        }
    }

    fn mismatch(&self, path: &[&str], found: &Mismatch, what: &str) -> Finding {
        let Mismatch { path: rest, expected, found } = found;
        let message = mismatch(&format!("{what}`{}`", json_path(rest)), expected, found);
        self.finding(path, rest, &message)
    }
}

/// Distinguishes findings about the same part of a pattern: their fingerprints have the response.
fn of_response(finding: Finding, index: usize) -> Finding {
    Finding { change: format!("{}, response {index}", finding.change), ..finding }
}

fn mismatch(what: &str, expected: &str, found: &str) -> String {
    format!("{what} differs{DETAIL}expected: {expected}{DETAIL}found: {found}")
}

/// Returns the type names and the bytes of the messages in an encoded `google.rpc.Status`
/// (<https://github.com/googleapis/googleapis/blob/master/google/rpc/status.proto>).
pub(in crate::contract) fn any_details(status: &[u8]) -> Vec<(String, Vec<u8>)> {
    let details = records(status).filter(|record| record.number == 3);
    details
        .filter_map(|record| {
            let any = record.value.bytes();
            let url = String::from_utf8_lossy(last_bytes(any, 1)?).into_owned();
            let name = url.rsplit('/').next().unwrap_or(&url).to_owned();
            Some((name, last_bytes(any, 2).unwrap_or_default().to_vec()))
        })
        .collect()
}
