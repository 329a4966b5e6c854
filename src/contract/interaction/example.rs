//! What a provider answers that keeps an interaction.

use prost::encoding::{WireType, encode_key, encode_varint};

use super::{Expected, Interaction, Messages, Text};
use crate::contract::server::Ended;
use crate::schema::wire::encode_bytes;
use crate::value::MessageValue;

impl Interaction {
    /// Returns the headers that a provider sends.
    pub(in crate::contract) fn example_headers(&self) -> Vec<(String, String)> {
        examples(&self.expected.headers)
    }

    /// Returns the status that a provider ends the call with.
    pub(in crate::contract) fn example_status(&self) -> Ended {
        let Expected { code, message, details, trailers, .. } = &self.expected;
        let mut status = Vec::new();
        if !details.is_empty() {
            encode_key(1, WireType::Varint, &mut status);
            encode_varint(u64::from(code.unsigned_abs()), &mut status);
            // Clients refuse details whose message is not that of the status.
            let text = message.as_ref().map(Text::example).unwrap_or_default();
            if !text.is_empty() {
                encode_bytes(2, text.as_bytes(), &mut status);
            }
            for (name, pattern) in details {
                let mut any = Vec::new();
                encode_bytes(1, format!("type.googleapis.com/{name}").as_bytes(), &mut any);
                if let Some(pattern) = pattern {
                    encode_bytes(2, &pattern.of().encode(&pattern.example(0)), &mut any);
                }
                encode_bytes(3, &any, &mut status);
            }
        }
        Ended {
            code: *code,
            message: message.as_ref().map(Text::example).unwrap_or_default(),
            details: status,
            trailers: examples(trailers),
        }
    }

    /// Returns the responses that a provider sends.
    pub(in crate::contract) fn example_messages(&self) -> Vec<MessageValue> {
        let Messages { exact, each, first, last, count } = &self.expected.messages;
        if let Some(patterns) = exact {
            let examples = patterns.iter().enumerate();
            return examples.map(|(index, pattern)| pattern.example(index as u64)).collect();
        }
        let is_ok = self.expected.code == 0;
        let least = match self.call.kind.server_streaming {
            true if last.is_some() || first.is_some() => count.0.max(1),
            true => count.0,
            false => u64::from(is_ok),
        };
        let number =
            least.max(self.call.cancel_after.unwrap_or(0) as u64).min(count.1.unwrap_or(u64::MAX));
        let one = |position: u64| {
            let mut message = self.call.response.empty();
            let is_last = position + 1 == number;
            let parts = [
                each.as_ref(),
                first.as_ref().filter(|_| position == 0),
                last.as_ref().filter(|_| is_last),
            ];
            for pattern in parts.into_iter().flatten() {
                let example = pattern.example(position);
                example.fields().for_each(|(number, value)| message.set(number, value.clone()));
            }
            message
        };
        (0..number).map(one).collect()
    }
}

/// Returns headers or trailers that match.
fn examples(texts: &[(String, Option<Text>)]) -> Vec<(String, String)> {
    let present =
        texts.iter().filter_map(|(key, text)| Some((key.clone(), text.as_ref()?.example())));
    present.collect()
}
