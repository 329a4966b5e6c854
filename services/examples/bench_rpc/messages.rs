//! The messages of package `agent` as a REST service writes them by hand: plain types with serde, names
//! as in the schema, and no member for an empty map. JSON is not made by the protobuf mapping, which
//! would be slower.

use std::collections::BTreeMap;

use agent_contract::agent;
use prost::Message as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// `agent.RetrievalRequest`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Query {
    pub(crate) query: String,
    pub(crate) top_k: i32,
    pub(crate) min_score: f32,
}

/// `agent.RetrievalResponse`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Documents {
    pub(crate) documents: Vec<Document>,
}

/// `agent.Document`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Document {
    content: String,
    score: f32,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<String, String>,
    id: String,
}

/// `agent.TokenChunk`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Token {
    pub(crate) token: String,
    pub(crate) is_final: bool,
    pub(crate) sequence_number: i32,
}

/// Returns the query of all measured calls.
pub(crate) fn query() -> Query {
    Query {
        query: "How many vacation days do employees have?".to_owned(),
        top_k: 5,
        min_score: 0.0,
    }
}

impl From<Query> for agent::RetrievalRequest {
    fn from(Query { query, top_k, min_score }: Query) -> Self {
        agent::RetrievalRequest { query, top_k, min_score, ..Default::default() }
    }
}

impl From<agent::RetrievalResponse> for Documents {
    fn from(response: agent::RetrievalResponse) -> Self {
        let documents = response.documents.into_iter();
        Documents {
            documents: documents
                .map(|agent::Document { content, score, metadata, id }| Document {
                    content,
                    score,
                    metadata,
                    id,
                })
                .collect(),
        }
    }
}

/// Returns the bytes of messages in both encodings, without what the transport adds.
pub(crate) fn sizes(documents: &agent::RetrievalResponse) -> Value {
    let length = |json: serde_json::Result<String>| json.map_or(0, |json| json.len());
    let (token, numbers) = ("vacation ", [1234, 56, 1024]);
    let chunk =
        agent::TokenChunk { token: token.to_owned(), sequence_number: 17, ..Default::default() };
    let usage = agent::Usage {
        input_tokens: numbers[0],
        output_tokens: numbers[1],
        cached_input_tokens: numbers[2],
    };
    let usage_json = json!({
        "input_tokens": numbers[0], "output_tokens": numbers[1], "cached_input_tokens": numbers[2],
    });
    let token = Token { token: token.to_owned(), is_final: false, sequence_number: 17 };
    json!({
        "request": [
            agent::RetrievalRequest::from(query()).encoded_len(),
            length(serde_json::to_string(&query())),
        ],
        "response": [
            documents.encoded_len(),
            length(serde_json::to_string(&Documents::from(documents.clone()))),
        ],
        "token": [chunk.encoded_len(), length(serde_json::to_string(&token))],
        "usage": [usage.encoded_len(), length(serde_json::to_string(&usage_json))],
    })
}
