//! Writes the calls that went through the proxy as interactions.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Map, Value as Json, json};

use super::{Exchange, Recording};
use crate::contract::interaction::{CODES, Version, any_details};
use crate::contract::server::Ended;
use crate::contract::yaml::yaml;
use crate::schema::Method;
use crate::value::{MessageType, MessageValue, Redacted, Types};

pub(super) fn find<'v, 's>(versions: &'v [Version<'s>], name: &str) -> Option<&'v Version<'s>> {
    let bare = |name: &str| name.trim_start_matches('v').to_owned();
    versions.iter().find(|version| bare(&version.name) == bare(name))
}

/// Writes interactions.
pub(super) struct Writer<'w, 's> {
    pub(super) recording: &'w Recording,
    pub(super) redacted: Redacted,
    pub(super) versions: &'w [Version<'s>],
    pub(super) left_out: BTreeSet<String>,
}

/// A method of a version.
struct Known<'v> {
    release: &'v str,
    method: Method<'v>,
    request: MessageType,
    response: MessageType,
    types: &'v Types,
}

impl<'w> Writer<'w, '_> {
    /// Returns the text of a file for each release that has a method that was called. Calls with
    /// the same request are one interaction.
    pub(super) fn files(&mut self, exchanges: &[Exchange]) -> Vec<(String, String, usize)> {
        let mut groups: Vec<(Json, Vec<&Exchange>)> = Vec::new();
        for exchange in exchanges {
            let Some(known) = self.known(&exchange.path) else {
                self.left_out.insert(format!("{}: no such method", exchange.path));
                continue;
            };
            match self.request(&known, exchange) {
                Ok(request) => {
                    let key = json!([exchange.path, request]);
                    match groups.iter_mut().find(|(found, _)| *found == key) {
                        Some((_, group)) => group.push(exchange),
                        None => groups.push((key, vec![exchange])),
                    }
                }
                Err(reason) => {
                    self.left_out.insert(format!("{}: {reason}", exchange.path));
                }
            }
        }
        let mut files: BTreeMap<String, (String, usize)> = BTreeMap::new();
        let mut taken = self.recording.taken.clone();
        for (key, group) in groups {
            let Some(known) = self.known(&group[0].path) else { continue };
            let request = key[1].clone();
            let response = match self.response(&known, &group) {
                Ok(response) => response,
                Err(reason) => {
                    self.left_out.insert(format!("{}: {reason}", group[0].path));
                    continue;
                }
            };
            let method = known.method.name();
            let name = (1..).map(|number| format!("{method} {number}"));
            let name = name.into_iter().find(|name| !taken.contains(name)).unwrap_or_default();
            taken.insert(name.clone());
            let head = || {
                let consumer = Json::from(&*self.recording.consumer);
                let release = known.release;
                let text = format!(
                    "# Recorded by `wireproof contract record`. Give each interaction a name that \
                     says\n# what holds, and delete what the consumer does not rely on.\n\
                     consumer: {consumer}\nrelease: {release}\ninteractions:\n"
                );
                (text, 0)
            };
            let (text, count) = files.entry(known.release.to_owned()).or_insert_with(head);
            *count += 1;
            let full = known.method.full_name();
            let gap = if *count > 1 { "\n" } else { "" };
            let _ = write!(text, "{gap}  - name: {name}\n    method: {full}\n");
            for (key, part) in [("request", &request), ("response", &response)] {
                if part.as_object().is_some_and(|part| !part.is_empty()) {
                    let _ = writeln!(text, "    {key}:");
                    yaml(part, 6, text);
                } else {
                    let _ = writeln!(text, "    {key}: {{}}");
                }
            }
        }
        files.into_iter().map(|(release, (text, count))| (release, text, count)).collect()
    }

    /// Returns the method of a path, of the release that interactions are written for.
    fn known(&self, path: &str) -> Option<Known<'w>> {
        let (service, method) = path.trim_start_matches('/').split_once('/')?;
        let of = |version: &'w Version<'_>| {
            let service = version.schema.service(service)?;
            let method = service.methods().find(|found| found.name() == method)?;
            Some(Known {
                release: &version.name,
                request: version.types.message(method.request_type())?,
                response: version.types.message(method.response_type())?,
                types: &version.types,
                method,
            })
        };
        match &self.recording.release {
            Some(name) => of(find(self.versions, name)?),
            // The last version is the working tree.
            None => {
                let (tree, releases) = self.versions.split_last()?;
                releases.iter().rev().find_map(of).or_else(|| of(tree))
            }
        }
    }

    /// Returns the `request` of an interaction.
    fn request(&self, known: &Known<'_>, exchange: &Exchange) -> Result<Json, String> {
        let read = |bytes: &Vec<u8>| {
            let message = known.request.decode(bytes).map_err(|error| error.to_string())?;
            let shown = self.redacted.request(&known.request, &message);
            known.request.to_json(&shown).map_err(|error| error.to_string())
        };
        let messages = exchange.requests.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let mut request = Map::new();
        let metadata = self.metadata(&exchange.metadata);
        if !metadata.is_empty() {
            request.insert("metadata".to_owned(), metadata.into());
        }
        match (known.method.proto().client_streaming(), messages.as_slice()) {
            (true, _) => {
                request.insert("messages".to_owned(), messages.into());
            }
            (false, [message]) => {
                request.insert("message".to_owned(), message.clone());
            }
            (false, _) => return Err("a call without its request".to_owned()),
        }
        let code = exchange.status.as_ref().map(|status| status.code);
        let deadline = exchange.metadata.iter().find(|(key, _)| key == "grpc-timeout");
        match (code, deadline) {
            (Some(4), Some((_, time))) => {
                let time = milliseconds(time).ok_or("a deadline that cannot be read")?;
                request.insert("deadline".to_owned(), format!("{time}ms").into());
            }
            (None, _) if exchange.responses.is_empty() => {
                return Err("a call that the client cancelled before a response".to_owned());
            }
            (None, _) if !known.method.proto().server_streaming() => {
                return Err("a call that the client cancelled".to_owned());
            }
            (None, _) => {
                request.insert("cancel_after".to_owned(), exchange.responses.len().into());
            }
            _ => {}
        }
        Ok(request.into())
    }

    /// Returns the metadata that is written. Metadata in bytes cannot be.
    fn metadata(&self, all: &[(String, String)]) -> Map<String, Json> {
        let is_written = |name: &str| {
            !name.ends_with("-bin") && self.recording.metadata.iter().any(|known| known == name)
        };
        let shown = all.iter().filter(|(name, _)| is_written(name));
        shown.map(|(name, value)| (name.clone(), Json::from(&**value))).collect()
    }

    /// Returns the `response` of an interaction: what the answers to the same request have in
    /// common.
    fn response(&self, known: &Known<'_>, group: &[&Exchange]) -> Result<Json, String> {
        let first = group[0];
        let code = |exchange: &Exchange| exchange.status.as_ref().map_or(0, |status| status.code);
        if group.iter().any(|exchange| code(exchange) != code(first)) {
            return Err("the same request was answered with different statuses".to_owned());
        }
        let mut response = Map::new();
        for (part, all) in [
            ("headers", group.iter().map(|it| &it.headers).collect::<Vec<_>>()),
            (
                "trailers",
                group.iter().filter_map(|it| Some(&it.status.as_ref()?.trailers)).collect(),
            ),
        ] {
            let common = all.iter().map(|pairs| self.metadata(pairs)).reduce(|mut one, other| {
                one.retain(|name, value| other.get(name) == Some(value));
                one
            });
            if let Some(common) = common.filter(|common| !common.is_empty()) {
                response.insert(part.to_owned(), common.into());
            }
        }
        if code(first) != 0 {
            response.insert("status".to_owned(), self.status(known, group));
        }
        let decoded = group.iter().map(|exchange| {
            let messages = exchange.responses.iter().map(|bytes| known.response.decode(bytes));
            let messages: Result<Vec<MessageValue>, _> = messages.collect();
            messages.map(|messages| (messages, exchange.at)).map_err(|error| error.to_string())
        });
        let decoded = decoded.collect::<Result<Vec<_>, String>>()?;
        if !known.method.proto().server_streaming() {
            let messages: Vec<_> =
                decoded.iter().filter_map(|(list, at)| Some((list.first()?, *at))).collect();
            if code(first) == 0 {
                let common = known.response.common_pattern(&messages, &self.redacted);
                response.insert("message".to_owned(), common);
            }
            return Ok(response.into());
        }
        let counts = decoded.iter().map(|(list, _)| list.len());
        let (least, most) = (counts.clone().min().unwrap_or(0), counts.max().unwrap_or(0));
        if least == most {
            let common = (0..least).map(|index| {
                let at: Vec<_> = decoded.iter().map(|(list, at)| (&list[index], *at)).collect();
                known.response.common_pattern(&at, &self.redacted)
            });
            response.insert("messages".to_owned(), common.collect::<Vec<_>>().into());
        } else {
            let all: Vec<_> = decoded
                .iter()
                .flat_map(|(list, at)| list.iter().map(|message| (message, *at)))
                .collect();
            let each = known.response.common_pattern(&all, &self.redacted);
            response.insert("stream".to_owned(), json!({ "count": [least, most], "each": each }));
        }
        Ok(response.into())
    }

    fn status(&self, known: &Known<'_>, group: &[&Exchange]) -> Json {
        let statuses: Vec<(&Ended, i64)> =
            group.iter().filter_map(|it| Some((it.status.as_ref()?, it.at))).collect();
        let Some((first, _)) = statuses.first() else { return Json::from("OK") };
        let code = usize::try_from(first.code).ok().and_then(|code| CODES.get(code));
        let mut status = Map::new();
        status.insert("code".to_owned(), (*code.unwrap_or(&"UNKNOWN")).into());
        let is_same = statuses.iter().all(|(status, _)| status.message == first.message);
        if is_same && !first.message.is_empty() {
            status.insert("message".to_owned(), (&*first.message).into());
        }
        let details = any_details(&first.details).into_iter().map(|(name, bytes)| {
            let mut detail = Map::new();
            let of = known.types.message(&name);
            if let Some(of) = of.filter(|_| statuses.len() == 1)
                && let Ok(message) = of.decode(&bytes)
                && let Json::Object(common) =
                    of.common_pattern(&[(&message, statuses[0].1)], &self.redacted)
            {
                detail = common;
            }
            detail.insert("@type".to_owned(), format!("type.googleapis.com/{name}").into());
            Json::Object(detail)
        });
        let details: Vec<Json> = details.collect();
        if !details.is_empty() {
            status.insert("details".to_owned(), details.into());
        }
        if status.len() == 1 { status["code"].clone() } else { status.into() }
    }
}

/// Returns the milliseconds of a `grpc-timeout`, rounded up
/// (<https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>).
fn milliseconds(timeout: &str) -> Option<u64> {
    let (digits, unit) = timeout.split_at_checked(timeout.len().checked_sub(1)?)?;
    let number: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => number.checked_mul(3_600_000)?,
        "M" => number.checked_mul(60_000)?,
        "S" => number.checked_mul(1_000)?,
        "m" => number,
        "u" => number.div_ceil(1_000),
        "n" => number.div_ceil(1_000_000),
        _ => return None,
    })
}
