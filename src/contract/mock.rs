//! A provider for a consumer's tests: it answers the calls that the interactions describe, and
//! reports at its end what was called and not agreed, and what was agreed and never called.

use std::collections::BTreeSet;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use super::finding;
use super::interaction::Interaction;
use super::reflection::Reflection;
use super::server::{Ended, Received, Reply, Requests, Responder, listen};
use super::standard;
use crate::error::Result;
use crate::finding::{DETAIL, Finding, Place};
use crate::schema::Schema;
use crate::value::MessageValue;

/// The metadata by which a consumer's test chooses the interaction, by its name, where several have
/// the same requests.
const CHOSEN: &str = "wireproof-interaction";

/// What a mock has seen.
#[derive(Default)]
struct Seen {
    /// The indexes of the interactions that were called.
    called: BTreeSet<usize>,
    /// The calls that no interaction describes, each once.
    unexpected: BTreeSet<(String, String)>,
}

struct Mock {
    interactions: Vec<Interaction>,
    reflection: Reflection,
    seen: Mutex<Seen>,
}

/// Serves `interactions` on `port` of the loopback interface, 0 for any free one, until a signal
/// ends it. `ready` receives the address. Returns what was not agreed, and what was not called.
///
/// # Errors
///
/// The port is taken.
pub fn mock(
    interactions: Vec<Interaction>,
    schema: &Schema,
    port: u16,
    ready: &dyn Fn(SocketAddr),
) -> Result<Vec<Finding>> {
    let runtime = super::runtime()?;
    let mock = Arc::new(Mock {
        interactions,
        reflection: Reflection::new(schema),
        seen: Mutex::new(Seen::default()),
    });
    let own = mock.clone();
    let handle = Arc::new(move |received: Received| {
        let reply: Pin<Box<dyn Future<Output = Reply> + Send>> =
            Box::pin(reply(own.clone(), received));
        reply
    });
    runtime.block_on(listen(port, ready, handle))?;
    runtime.shutdown_background();
    let seen = mock.seen.lock().expect("nobody panics while holding it");
    Ok(mock.report(&seen))
}

/// Waits for the time before a response.
async fn pause(interaction: &Interaction) {
    if let Some(pause) = interaction.expected.pause {
        tokio::time::sleep(pause).await;
    }
}

async fn reply(mock: Arc<Mock>, received: Received) -> Reply {
    let Received { path, metadata, mut requests } = received;
    if let Some(service) = standard::Known::of(&path) {
        return Reply {
            headers: Vec::new(),
            run: Box::new(move |responder| {
                Box::pin(async move { service.run(&mock.reflection, requests, &responder).await })
            }),
        };
    }
    let mut candidates = mock.candidates(&path, &metadata);
    let mut received = Vec::new();
    // A client of a stream both ways may wait for an answer before it sends more.
    let is_both = candidates.iter().any(|index| {
        let kind = mock.interactions[*index].call.kind;
        kind.client_streaming && kind.server_streaming
    });
    if !is_both {
        // Without a candidate the first request is enough for the report.
        while let Some(request) = requests.next().await {
            received.push(request);
            candidates.retain(|index| mock.begins_with(*index, &received));
            if candidates.is_empty() {
                break;
            }
        }
        candidates.retain(|index| mock.has_requests(*index, &received));
    }
    let chosen = metadata.iter().find(|(key, _)| key == CHOSEN).map(|(_, name)| name.clone());
    let headers = candidates.first().map(|index| mock.interactions[*index].example_headers());
    Reply {
        headers: headers.unwrap_or_default(),
        run: Box::new(move |responder| {
            Box::pin(async move {
                let talk = Talk { path, chosen, candidates, received, sent: 0 };
                mock.answer(talk, requests, &responder).await
            })
        }),
    }
}

/// A call, as far as it has come.
struct Talk {
    path: String,
    /// The name of the interaction that the client chose.
    chosen: Option<String>,
    /// The interactions that begin like the call, the one with the most metadata first.
    candidates: Vec<usize>,
    received: Vec<Vec<u8>>,
    /// The number of responses.
    sent: usize,
}

impl Mock {
    /// Returns the interactions with the path and metadata of a call, the one with the most
    /// metadata first.
    fn candidates(&self, path: &str, metadata: &[(String, String)]) -> Vec<usize> {
        let chosen = metadata.iter().find(|(key, _)| key == CHOSEN).map(|(_, name)| name);
        let mut candidates: Vec<usize> = (0..self.interactions.len())
            .filter(|index| {
                let interaction = &self.interactions[*index];
                interaction.call.path == path
                    && interaction.call.metadata.iter().all(|pair| metadata.contains(pair))
                    && chosen.is_none_or(|name| *name == interaction.name)
            })
            .collect();
        candidates
            .sort_by_key(|index| std::cmp::Reverse(self.interactions[*index].call.metadata.len()));
        candidates
    }

    /// Answers with the interaction whose requests are those of the call. In a stream both ways, each
    /// request is answered before the next one is read, as long as all interactions that begin like
    /// the call have the same answer.
    async fn answer(&self, talk: Talk, mut requests: Requests, responder: &Responder) -> Ended {
        let Talk { path, chosen, mut candidates, mut received, mut sent } = talk;
        if candidates.is_empty() {
            return self.unexpected(&path, chosen.as_deref(), &received);
        }
        while let Some(request) = requests.next().await {
            received.push(request);
            candidates.retain(|index| self.begins_with(*index, &received));
            let Some(first) = candidates.first() else { break };
            let next = |index: &usize| {
                let Interaction { call, .. } = &self.interactions[*index];
                let has_more = received.len() < call.requests.len();
                let examples = self.interactions[*index].example_messages();
                examples.get(sent).filter(|_| has_more).map(|message| call.response.encode(message))
            };
            let answer = next(first);
            if let Some(answer) = answer
                && candidates.iter().all(|index| next(index).as_ref() == Some(&answer))
            {
                pause(&self.interactions[*first]).await;
                if !responder.send(&answer).await {
                    return Ended::default();
                }
                sent += 1;
            }
            // A client may wait for the last answer before it ends its stream.
            if candidates.len() == 1 && self.has_requests(candidates[0], &received) {
                break;
            }
        }
        let whole = candidates.iter().find(|index| self.has_requests(**index, &received));
        let Some(index) = whole.copied() else {
            return self.unexpected(&path, chosen.as_deref(), &received);
        };
        let interaction = &self.interactions[index];
        self.seen.lock().expect("nobody panics while holding it").called.insert(index);
        for message in interaction.example_messages().iter().skip(sent) {
            pause(interaction).await;
            if !responder.send(&interaction.call.response.encode(message)).await {
                break;
            }
        }
        interaction.example_status()
    }

    /// Whether the requests of an interaction are those that were received.
    fn has_requests(&self, index: usize, received: &[Vec<u8>]) -> bool {
        self.interactions[index].call.requests.len() == received.len()
            && self.begins_with(index, received)
    }

    /// Whether the requests of an interaction begin with those that were received.
    fn begins_with(&self, index: usize, received: &[Vec<u8>]) -> bool {
        let call = &self.interactions[index].call;
        received.len() <= call.requests.len()
            && received.iter().zip(&call.requests).all(|(bytes, expected)| {
                call.request.decode(bytes).is_ok_and(|message: MessageValue| message == *expected)
            })
    }

    fn unexpected(&self, path: &str, chosen: Option<&str>, received: &[Vec<u8>]) -> Ended {
        let of =
            self.interactions.iter().find(|it| it.call.path == path).map(|it| &it.call.request);
        let of = of.cloned().or_else(|| self.reflection.request_type(path));
        let shown = received.iter().map(|bytes| match &of {
            Some(of) => of.decode(bytes).map_or_else(|e| e.to_string(), |it| of.to_text(&it)),
            None => format!("{} bytes", bytes.len()),
        });
        let shown: Vec<String> = shown.map(|text| format!("{{ {text} }}")).collect();
        let requests = shown.join(", ");
        let named = chosen.map_or_else(String::new, |name| format!(" called {name:?}"));
        let message =
            format!("no interaction{named} has this call of {path} with its metadata: {requests}");
        let mut seen = self.seen.lock().expect("nobody panics while holding it");
        // A consumer in a loop must not fill the memory.
        if seen.unexpected.len() < 1_000 {
            seen.unexpected.insert((path.to_owned(), requests));
        }
        Ended::new(if of.is_some() { 9 } else { 12 }, message)
    }

    fn report(&self, seen: &Seen) -> Vec<Finding> {
        let unexpected = seen.unexpected.iter().map(|(path, requests)| {
            let method = path.trim_start_matches('/').replace('/', ".");
            let message = format!(
                "{method} was called, and no interaction has the call{DETAIL}requests: {requests}"
            );
            finding(Place::nowhere(), &method, message, &format!("not agreed: {requests}"))
        });
        let never =
            self.interactions.iter().enumerate().filter(|(index, _)| !seen.called.contains(index));
        let never = never.map(|(_, interaction)| {
            let message =
                format!("{}, {}: never called", interaction.call.method, interaction.name);
            let element = format!("{}: {}", interaction.consumer, interaction.name);
            finding(interaction.place(), &element, message, "never called")
        });
        unexpected.chain(never).collect()
    }
}
