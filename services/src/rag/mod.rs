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

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use agent_contract::agent::v2::rag_service_server::RagService;
use agent_contract::agent::v2::{bulk_ingest_documents_response as bulk, *};
use prost::Message as _;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use crate::Stream;
use crate::call::Call;
use crate::checks::{count, id, invalid, required, text};
use crate::problem::problem;
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

/// The longest chunk of a document, and the longest document of many, in bytes.
const MAX_CHUNK: usize = 1 << 20;

/// The most metadata of a document, in bytes.
const MAX_METADATA: usize = 16 << 10;

/// The longest time between two whole messages of an upload. A client that sends none would otherwise
/// take one of the calls of the role for as long as it stays.
const IDLE: Duration = Duration::from_secs(60);

/// The most documents that a query names.
const MAX_NAMED: usize = 20;

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
    /// INVALID_ARGUMENT: a collection has a malformed name. INTERNAL: the database fails.
    pub fn new(
        records: Records,
        collections: &[String],
        embedder: Arc<dyn Embedder>,
    ) -> Result<Self, Status> {
        let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let is_name =
            |name: &&String| (1..=64).contains(&name.len()) && name.chars().all(is_allowed);
        if let Some(name) = collections.iter().find(|name| !is_name(name)) {
            let message = "a name has 1 to 64 characters of a-z, 0-9 and -";
            return Err(Status::invalid_argument(format!("the collection {name:?}: {message}")));
        }
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

    /// Deletes the documents that have expired.
    ///
    /// # Errors
    ///
    /// INTERNAL: the store fails.
    pub(crate) async fn delete_expired(&self) -> Result<(), Status> {
        let store = self.store.clone();
        blocking(move || store.delete_expired()).await
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
        if document.metadata.as_ref().is_some_and(|it| it.encoded_len() > MAX_METADATA) {
            return Err(invalid("document.metadata", "is longer than 16 KiB"));
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
        let named: HashSet<&str> = request.document_ids.iter().map(|id| &*id.value).collect();
        let accept = |document: &Document| {
            let id = document.id.as_ref().map(|id| &*id.value).unwrap_or_default();
            (named.is_empty() || named.contains(id))
                && filter.is_none_or(|it| filter::passes(it, document))
        };
        let is_limited = filter.is_some() || !named.is_empty();
        let found = self.store.search(
            &request.collection,
            &Search {
                query: &request.query,
                vector,
                most: most * CANDIDATES,
                accept: is_limited.then_some(&accept),
            },
        )?;
        let mut passages = self.reranker.rerank(&request.query, found);
        // A document that is named counts, whatever it is about.
        passages.retain(|passage| {
            let is_something = passage.relevance > 0.0 || !named.is_empty();
            is_something && passage.relevance >= request.min_relevance
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
        if request.document_ids.len() > MAX_NAMED {
            return Err(invalid("document_ids", "has more than 20 items"));
        }
        request.document_ids.iter().try_for_each(|it| id("document_ids", it).map(drop))?;
        let passages = call.in_time(self.search(request, most)).await??;
        Ok(Response::new(RetrieveResponse { passages }))
    }

    async fn upload_document(
        &self,
        request: Request<Streaming<UploadDocumentRequest>>,
    ) -> Result<Response<UploadDocumentResponse>, Status> {
        use upload_document_request::Content;
        Call::of(request.metadata(), None)?;
        let mut requests = request.into_inner();
        let first = in_turn(IDLE, requests.message()).await?.unwrap_or_default();
        let Some(Content::Document(document)) = first.content else {
            return Err(invalid("document", "is required in the first request"));
        };
        self.check_collection(&first.collection)?;
        let mut bytes = Vec::new();
        while let Some(request) = in_turn(IDLE, requests.message()).await? {
            if !request.collection.is_empty() && request.collection != first.collection {
                return Err(invalid("collection", "is not that of the first request"));
            }
            match request.content {
                Some(Content::Chunk(chunk)) if chunk.len() > MAX_CHUNK => {
                    return Err(invalid("chunk", "is longer than 1 MiB"));
                }
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
        Call::of(request.metadata(), None)?;
        let mut requests = request.into_inner();
        let rag = self.clone();
        let (responses, receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            let mut collection = String::new();
            for index in 0.. {
                let request = match in_turn(IDLE, requests.message()).await {
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
                let stored = if !["", &*collection].contains(&&*request.collection) {
                    Err(invalid("collection", "is not that of the first request"))
                } else if request.text.len() > MAX_CHUNK {
                    Err(invalid("text", "is longer than 1 MiB: upload it in chunks"))
                } else {
                    rag.put_document(&collection, &document, &request.text).await
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
        Call::of(request.metadata(), None)?;
        let GetDocumentRequest { collection, document_id } = request.into_inner();
        self.check_collection(&collection)?;
        let id = required("document_id", &document_id)?;
        let stored = self.store.get(&collection, id)?;
        let stored =
            stored.ok_or_else(|| Status::not_found(format!("there is no document {id:?}")))?;
        Ok(Response::new(GetDocumentResponse { document: Some(stored.about) }))
    }
}

/// Waits for the next message of an upload, but not longer than `idle`.
async fn in_turn<T>(
    idle: Duration,
    next: impl Future<Output = Result<T, Status>>,
) -> Result<T, Status> {
    let late = || Status::deadline_exceeded(format!("no message came for {idle:?}"));
    tokio::time::timeout(idle, next).await.map_err(|_| late())?
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    fn rag(collection: &str) -> Result<Rag, Code> {
        let records = Records::open(None).expect("it is in memory");
        let embedder = Arc::new(StaticEmbedder::built_in());
        Rag::new(records, &[collection.to_owned()], embedder).map_err(|status| status.code())
    }

    fn document(id: &str) -> Document {
        Document { id: Some(DocumentId { value: id.to_owned() }), ..Document::default() }
    }

    async fn put(rag: &Rag, document: &Document, text: &str) -> Result<IngestOutcome, Code> {
        let stored = rag.put_document("notes", document, text).await;
        stored.map(|(outcome, _)| outcome).map_err(|status| status.code())
    }

    fn retrieve(ids: &[&str]) -> RetrieveRequest {
        RetrieveRequest {
            collection: "notes".to_owned(),
            query: "Which tea is green?".to_owned(),
            document_ids: ids.iter().map(|id| DocumentId { value: (*id).to_owned() }).collect(),
            ..RetrieveRequest::default()
        }
    }

    async fn found(rag: &Rag, request: RetrieveRequest) -> Result<Vec<String>, Code> {
        let answer = rag.retrieve(Request::new(request)).await.map_err(|status| status.code())?;
        let passages = answer.into_inner().passages.into_iter();
        Ok(passages.map(|it| it.document_id.expect("it is set").value).collect())
    }

    #[tokio::test]
    async fn an_upload_without_messages_ends() {
        let idle = Duration::from_millis(5);
        let late = in_turn(idle, std::future::pending::<Result<(), Status>>()).await;
        let late = late.expect_err("nothing comes");
        assert_eq!(
            (late.code(), late.message()),
            (Code::DeadlineExceeded, "no message came for 5ms")
        );
        assert!(matches!(in_turn(idle, async { Ok(1) }).await, Ok(1)));
    }

    #[test]
    fn a_collection_has_a_name() {
        for name in ["", "Notes", "my notes", &"a".repeat(65)] {
            assert_eq!(rag(name).err(), Some(Code::InvalidArgument), "{name}");
        }
        assert!(rag("notes-2").is_ok());
    }

    #[tokio::test]
    async fn only_named_documents_are_searched() {
        let rag = rag("notes").expect("it is a name");
        for (id, text) in [("tea", "Sencha is a green tea."), ("rocks", "Granite: igneous!")] {
            assert_eq!(put(&rag, &document(id), text).await, Ok(IngestOutcome::Created));
        }
        assert_eq!(found(&rag, retrieve(&["rocks", "none"])).await, Ok(vec!["rocks".to_owned()]));
        let relevant = RetrieveRequest { min_relevance: 0.5, ..retrieve(&["rocks"]) };
        assert_eq!(found(&rag, relevant).await, Ok(Vec::new()));
        assert_eq!(found(&rag, retrieve(&[])).await.expect("it is found")[0], "tea");
        assert_eq!(found(&rag, retrieve(&["a b"])).await, Err(Code::InvalidArgument));
        assert_eq!(found(&rag, retrieve(&["tea"; 21])).await, Err(Code::InvalidArgument));
        let operator = comparison::Operator::Equal.into();
        let value = Some(prost_types::Value { kind: None });
        let comparisons = vec![Comparison { key: "year".to_owned(), operator, value }];
        let odd = RetrieveRequest { filter: Some(Filter { comparisons }), ..retrieve(&[]) };
        assert_eq!(found(&rag, odd).await, Err(Code::InvalidArgument));
    }

    #[tokio::test]
    async fn an_expired_document_is_not_there() {
        let rag = rag("notes").expect("it is a name");
        let expired = Document { expire_time: time_in(Duration::ZERO), ..document("tea") };
        let text = "Sencha is a green tea.";
        for _ in 0..2 {
            assert_eq!(put(&rag, &expired, text).await, Ok(IngestOutcome::Created));
        }
        assert_eq!(found(&rag, retrieve(&[])).await, Ok(Vec::new()));
        let request = || {
            let document_id = document("tea").id;
            Request::new(GetDocumentRequest { collection: "notes".to_owned(), document_id })
        };
        let code = rag.get_document(request()).await.err().map(|status| status.code());
        assert_eq!(code, Some(Code::NotFound));
        assert_eq!(put(&rag, &document("tea"), text).await, Ok(IngestOutcome::Created));
        assert!(rag.get_document(request()).await.is_ok());
    }

    #[tokio::test]
    async fn metadata_has_a_limit() {
        use prost_types::value::Kind;
        let rag = rag("notes").expect("it is a name");
        let with = |length: usize| Document {
            metadata: Some(crate::tools::object([("note", Kind::StringValue("x".repeat(length)))])),
            ..document("tea")
        };
        assert_eq!(put(&rag, &with(17 << 10), "Tea").await, Err(Code::InvalidArgument));
        assert_eq!(put(&rag, &with(15 << 10), "Tea").await, Ok(IngestOutcome::Created));
    }
}
