//! Vectors from an API like that of OpenAI.

use std::time::Duration;

use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde_json::json;
use tonic::{Code, Status};

use super::embedder::{Embedder, normalized};
use crate::checks::cut;
use crate::config::EmbeddingsConfig;
use crate::endpoint::Endpoint;

/// How long the server may send nothing: some models are loaded first.
const PATIENCE: Duration = Duration::from_secs(60);

/// The texts of one request.
const BATCH: usize = 64;

/// The bytes of a text that count: no more than the tokens that the models of OpenAI take. A passage
/// has fewer.
const MAX_TEXT: usize = 8 << 10;

/// A model that embeds.
pub struct OpenAiEmbedder {
    endpoint: Endpoint,
    config: EmbeddingsConfig,
}

impl OpenAiEmbedder {
    /// Returns the embedder of these settings.
    ///
    /// # Errors
    ///
    /// The environment variable of the key is not set.
    pub fn new(config: &EmbeddingsConfig) -> Result<Self, String> {
        let EmbeddingsConfig { url, key_env, .. } = config;
        let (role, default_env) = ("embedder", "AGENTD_EMBEDDINGS_KEY");
        let endpoint = Endpoint::new(role, url, key_env.as_deref(), default_env, PATIENCE)?;
        Ok(OpenAiEmbedder { endpoint, config: config.clone() })
    }

    /// Returns the vectors of one batch.
    async fn batch(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, Status> {
        let texts: Vec<&str> = texts.iter().map(|text| cut(text, MAX_TEXT)).collect();
        let mut request = json!({"model": self.config.name, "input": texts});
        if let Some(dimensions) = self.config.dimensions {
            request["dimensions"] = dimensions.into();
        }
        let body = self.endpoint.post("embeddings", HeaderMap::new(), &request).await?;
        let error = |message: &str| self.endpoint.error(Code::Unavailable, message);
        let Response { mut data } = serde_json::from_slice(&body.whole().await?)
            .map_err(|it| error(&format!("sent wrong JSON: {it}")))?;
        data.sort_by_key(|item| item.index);
        if data.len() != texts.len() || data.iter().zip(0..).any(|(item, at)| item.index != at) {
            return Err(error("did not send one vector for each text"));
        }
        let vectors: Vec<_> = data.into_iter().map(|item| normalized(item.embedding)).collect();
        let dimensions = self.config.dimensions.or(vectors.first().map(Vec::len));
        if vectors.iter().any(|vector| vector.is_empty() || Some(vector.len()) != dimensions) {
            return Err(error("sent vectors of wrong dimensions"));
        }
        Ok(vectors)
    }
}

#[derive(Deserialize)]
struct Response {
    data: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    index: usize,
    embedding: Vec<f32>,
}

#[tonic::async_trait]
impl Embedder for OpenAiEmbedder {
    fn name(&self) -> &str {
        &self.config.name
    }

    async fn embed(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, Status> {
        let mut vectors = Vec::new();
        for batch in texts.chunks(BATCH) {
            // Whatever is wrong, retrieval is not there.
            let made = self.batch(batch).await;
            vectors.extend(made.map_err(|status| Status::unavailable(status.message()))?);
        }
        Ok(vectors)
    }
}
