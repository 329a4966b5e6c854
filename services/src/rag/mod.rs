//! The role `rag`: documents in collections, and the passages that answer a query.
//!
//! A query is embedded ([`Embedder`]), the store returns three candidates for each passage that is
//! wanted ([`Store`]), and those are ranked again ([`Reranker`]). Passages of less than the minimum
//! relevance are left out.

mod chunks;
mod embedder;
mod filter;
mod openai;
mod reranker;
mod store;
mod words;

use std::sync::Arc;
use std::time::Duration;

use agent_contract::agent::v2::rag_service_server::RagService;
use agent_contract::agent::v2::{bulk_ingest_documents_response as bulk, *};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Response, Status, Streaming};

use crate::Stream;
use crate::call::Call;
use crate::checks::{count, invalid, required, text};
use crate::records::{Records, time_in};

pub use embedder::{Embedder, StaticEmbedder};
pub use openai::OpenAiEmbedder;
pub use reranker::{Fusion, Reranker};
pub use store::{Candidate, Embedded, Search, SqliteStore, Store, Stored};
pub use words::word_overlap;

/// The longest query, in bytes.
pub(crate) const MAX_QUERY: usize = 64 << 10;

/// The longest document, in bytes.
const MAX_DOCUMENT: usize = 16 << 20;

/// The key of a filter that names the document itself, not its metadata.
pub const DOCUMENT_ID: &str = "document.id";

/// The candidates for each passage that is returned.
const CANDIDATES: usize = 3;

/// The service of documents. All clones are one.
#[derive(Clone)]
pub struct Rag {
    embedder: Arc<dyn Embedder>,
    store: Arc<dyn Store>,
    reranker: &'static dyn Reranker,
    collections: Arc<[String]>,
}

impl Rag {
    /// Returns the service of the documents in `records`, with the store and the reranker that come
    /// with the program.
    ///
    /// # Errors
    ///
    /// INTERNAL: the database fails.
    pub fn new(
        records: Records,
        collections: &[String],
        embedder: Arc<dyn Embedder>,
    ) -> Result<Self, Status> {
        Ok(Rag {
            store: Arc::new(SqliteStore::new(records, embedder.name())?),
            embedder,
            reranker: &Fusion,
            collections: collections.into(),
        })
    }

    /// Checks that the documents were stored with the same embedder.
    ///
    /// # Errors
    ///
    /// FAILED_PRECONDITION: it was another one. INTERNAL: the database fails.
    pub fn check(&self) -> Result<(), Status> {
        self.store.check()
    }

    /// Deletes all documents.
    ///
    /// # Errors
    ///
    /// INTERNAL: the database fails.
    pub fn clear(&self) -> Result<(), Status> {
        self.store.clear()
    }

    /// Checks that a collection exists.
    fn check_collection(&self, collection: &str) -> Result<(), Status> {
        text("collection", collection)?;
        if self.collections.iter().any(|known| known == collection) {
            return Ok(());
        }
        Err(Status::not_found(format!("there is no collection {collection:?}")))
    }

    /// Stores or replaces a document. Its passages are its paragraphs; long ones are split.
    ///
    /// # Errors
    ///
    /// NOT_FOUND: there is no such collection. INVALID_ARGUMENT: the document has no id or text, or
    /// its media type is not supported. UNAVAILABLE: the embedder fails. FAILED_PRECONDITION: other
    /// documents were stored with another one.
    pub async fn put_document(
        &self,
        collection: &str,
        document: &Document,
        text: &str,
    ) -> Result<(IngestOutcome, i32), Status> {
        self.check_collection(collection)?;
        let id = required("document.id", &document.id)?;
        if text.trim().is_empty() {
            return Err(invalid("text", "is empty"));
        }
        if !["", "text/plain", "text/markdown"].contains(&&*document.media_type) {
            return Err(invalid("document.media_type", "is not supported"));
        }
        let (store, key) = (self.store.clone(), (collection.to_owned(), id.to_owned()));
        let before = blocking(move || store.get(&key.0, &key.1)).await?;
        let create_time = before.as_ref().and_then(|stored| stored.about.create_time);
        let given = |document: &Document| Document {
            passage_count: 0,
            create_time: None,
            update_time: None,
            ..document.clone()
        };
        let outcome = match &before {
            Some(Stored { about, text: known })
                if given(about) == given(document) && known == text =>
            {
                return Ok((IngestOutcome::Unchanged, about.passage_count));
            }
            Some(_) => IngestOutcome::Replaced,
            None => IngestOutcome::Created,
        };
        let texts = chunks::passages(text);
        // The title often names what the passage is about, and the passage does not.
        let titled = texts.iter().map(|text| format!("{} {text}", document.title)).collect();
        let vectors = self.embedder.embed(titled).await?;
        let passages = texts.into_iter().zip(vectors);
        let passages = passages.map(|(text, vector)| Embedded { text, vector });
        let passages: Vec<Embedded> = passages.collect();
        let passage_count = i32::try_from(passages.len()).unwrap_or(i32::MAX);
        let now = time_in(Duration::ZERO);
        let about = Document {
            passage_count,
            create_time: create_time.or(now),
            update_time: now,
            ..document.clone()
        };
        let (store, collection) = (self.store.clone(), collection.to_owned());
        let stored = Stored { about, text: text.to_owned() };
        blocking(move || store.put(&collection, &stored, &passages)).await?;
        Ok((outcome, passage_count))
    }

    /// Returns the `most` passages that match a query best, with their relevance.
    async fn search(&self, request: RetrieveRequest, most: usize) -> Result<Vec<Passage>, Status> {
        let vector = self.embedder.embed(vec![request.query.clone()]).await?.pop();
        let rag = self.clone();
        blocking(move || rag.best(&request, &vector.unwrap_or_default(), most)).await
    }

    /// Returns the same with the vector of the query.
    fn best(
        &self,
        request: &RetrieveRequest,
        vector: &[f32],
        most: usize,
    ) -> Result<Vec<Passage>, Status> {
        let filter = request.filter.as_ref();
        let accept = |document: &Document| filter.is_none_or(|it| filter::passes(it, document));
        let found = self.store.search(
            &request.collection,
            &Search {
                query: &request.query,
                vector,
                most: most * CANDIDATES,
                accept: filter.is_some().then_some(&accept),
            },
        )?;
        let mut passages = self.reranker.rerank(&request.query, found);
        // All of a document that is named, whatever it is about.
        let comparisons = || filter.iter().flat_map(|filter| &filter.comparisons);
        let is_named = |passage: &Passage| {
            let id = passage.document_id.as_ref().map(|id| &*id.value).unwrap_or_default();
            comparisons().any(|it| it.key == DOCUMENT_ID && filter::is_text(it, id))
        };
        passages.retain(|passage| {
            let is_relevant = passage.relevance > 0.0 && passage.relevance >= request.min_relevance;
            is_relevant || is_named(passage)
        });
        passages.truncate(most);
        Ok(passages)
    }
}

/// Does work that takes long, where it holds up nobody else.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Status> + Send + 'static,
) -> Result<T, Status> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Status::internal(error.to_string()))?
}

/// Returns the problem of a document that was refused.
fn problem(status: &Status) -> Problem {
    let code = match status.code() {
        Code::InvalidArgument => ProblemCode::InvalidArgument,
        Code::NotFound => ProblemCode::NotFound,
        Code::Unavailable => ProblemCode::Unavailable,
        _ => ProblemCode::Internal,
    };
    let message = status.message().to_owned();
    let retryable = code == ProblemCode::Unavailable;
    Problem { code: code.into(), message, retryable, retry_after: None }
}

#[tonic::async_trait]
impl RagService for Rag {
    type BulkIngestDocumentsStream = Stream<BulkIngestDocumentsResponse>;

    async fn retrieve(
        &self,
        request: Request<RetrieveRequest>,
    ) -> Result<Response<RetrieveResponse>, Status> {
        let call = Call::of(request.metadata(), None)?;
        let request = request.into_inner();
        self.check_collection(&request.collection)?;
        if text("query", &request.query)?.len() > MAX_QUERY {
            return Err(invalid("query", "is longer than 64 KiB"));
        }
        let most = count("top_k", request.top_k, 5, 100)?;
        if request.min_relevance.is_nan() {
            return Err(invalid("min_relevance", "is not a number"));
        }
        request.filter.as_ref().map(filter::check_filter).transpose()?;
        let passages = call.in_time(self.search(request, most)).await??;
        Ok(Response::new(RetrieveResponse { passages }))
    }

    async fn upload_document(
        &self,
        request: Request<Streaming<UploadDocumentRequest>>,
    ) -> Result<Response<UploadDocumentResponse>, Status> {
        use upload_document_request::Content;
        let mut requests = request.into_inner();
        let first = requests.message().await?.unwrap_or_default();
        let Some(Content::Document(document)) = first.content else {
            return Err(invalid("document", "is required in the first request"));
        };
        self.check_collection(&first.collection)?;
        let mut bytes = Vec::new();
        while let Some(request) = requests.message().await? {
            if !request.collection.is_empty() && request.collection != first.collection {
                return Err(invalid("collection", "is not that of the first request"));
            }
            match request.content {
                Some(Content::Chunk(chunk)) if bytes.len() + chunk.len() <= MAX_DOCUMENT => {
                    bytes.extend(chunk);
                }
                Some(Content::Chunk(_)) => return Err(invalid("text", "is longer than 16 MiB")),
                _ => return Err(invalid("chunk", "is required after the first request")),
            }
        }
        let received_bytes = bytes.len() as i64;
        let text = String::from_utf8(bytes).map_err(|_| invalid("text", "is not UTF-8"))?;
        let (outcome, passage_count) =
            self.put_document(&first.collection, &document, &text).await?;
        Ok(Response::new(UploadDocumentResponse {
            document_id: document.id,
            outcome: outcome.into(),
            passage_count,
            received_bytes,
        }))
    }

    async fn bulk_ingest_documents(
        &self,
        request: Request<Streaming<BulkIngestDocumentsRequest>>,
    ) -> Result<Response<Self::BulkIngestDocumentsStream>, Status> {
        let mut requests = request.into_inner();
        let rag = self.clone();
        let (responses, receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            let mut collection = String::new();
            for index in 0.. {
                let request = match requests.message().await {
                    Ok(Some(request)) => request,
                    Ok(None) => return,
                    Err(status) => return drop(responses.send(Err(status)).await),
                };
                if index == 0 {
                    collection = request.collection.clone();
                    if let Err(status) = rag.check_collection(&collection) {
                        return drop(responses.send(Err(status)).await);
                    }
                }
                let document = request.document.unwrap_or_default();
                let stored = if ["", &*collection].contains(&&*request.collection) {
                    rag.put_document(&collection, &document, &request.text).await
                } else {
                    Err(invalid("collection", "is not that of the first request"))
                };
                let result = match stored {
                    Ok((outcome, _)) => bulk::Result::Outcome(outcome.into()),
                    Err(status) => bulk::Result::Problem(problem(&status)),
                };
                let response = BulkIngestDocumentsResponse {
                    index,
                    document_id: document.id,
                    result: Some(result),
                };
                if responses.send(Ok(response)).await.is_err() {
                    return;
                }
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }

    async fn get_document(
        &self,
        request: Request<GetDocumentRequest>,
    ) -> Result<Response<GetDocumentResponse>, Status> {
        let GetDocumentRequest { collection, document_id } = request.into_inner();
        self.check_collection(&collection)?;
        let id = required("document_id", &document_id)?;
        let stored = self.store.get(&collection, id)?;
        let stored =
            stored.ok_or_else(|| Status::not_found(format!("there is no document {id:?}")))?;
        Ok(Response::new(GetDocumentResponse { document: Some(stored.about) }))
    }
}
