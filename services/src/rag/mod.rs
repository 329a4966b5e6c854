//! The role `rag`: documents in collections, and the passages that answer a query.

mod filter;

use std::sync::Arc;
use std::time::Duration;

use agent_contract::agent::v2::rag_service_server::RagService;
use agent_contract::agent::v2::{bulk_ingest_documents_response as bulk, *};
use prost::Message;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Response, Status, Streaming};

use crate::Stream;
use crate::call::Call;
use crate::checks::{count, invalid, required, text};
use crate::records::{Records, is_past, time_in};

/// The longest query, in bytes.
const MAX_QUERY: usize = 64 << 10;

/// The longest document, in bytes.
const MAX_DOCUMENT: usize = 16 << 20;

/// The key of a filter that names the document itself, not its metadata.
pub const DOCUMENT_ID: &str = "document.id";

/// The service of documents.
#[derive(Clone)]
pub struct Rag {
    records: Records,
    collections: Arc<[String]>,
}

/// A document, its text and its passages.
#[derive(Clone, PartialEq, Message)]
struct Stored {
    #[prost(message, optional, tag = "1")]
    about: Option<Document>,
    #[prost(string, tag = "2")]
    text: String,
    #[prost(message, repeated, tag = "3")]
    passages: Vec<Passage>,
}

impl Rag {
    /// Returns the service of the documents in `records`.
    pub fn new(records: Records, collections: &[String]) -> Self {
        Rag { records, collections: collections.into() }
    }

    /// Deletes all documents.
    ///
    /// # Errors
    ///
    /// INTERNAL: the database fails.
    pub fn clear(&self) -> Result<(), Status> {
        self.records.clear()
    }

    /// Checks the name of a collection, and returns the kind of its records.
    fn kind(&self, collection: &str) -> Result<String, Status> {
        text("collection", collection)?;
        if self.collections.iter().any(|known| known == collection) {
            return Ok(format!("document of {collection}"));
        }
        Err(Status::not_found(format!("there is no collection {collection:?}")))
    }

    /// Stores or replaces a document. Its passages are its paragraphs.
    ///
    /// # Errors
    ///
    /// NOT_FOUND: there is no such collection. INVALID_ARGUMENT: the document has no id or text, or
    /// its media type is not supported.
    pub fn put_document(
        &self,
        collection: &str,
        document: &Document,
        text: &str,
    ) -> Result<(IngestOutcome, i32), Status> {
        let kind = self.kind(collection)?;
        let id = required("document.id", &document.id)?;
        if text.trim().is_empty() {
            return Err(invalid("text", "is empty"));
        }
        if !["", "text/plain", "text/markdown"].contains(&&*document.media_type) {
            return Err(invalid("document.media_type", "is not supported"));
        }
        let before = self.records.get::<Stored>(&kind, id)?;
        let about = before.as_ref().and_then(|stored| stored.about.clone());
        let create_time = about.as_ref().and_then(|it| it.create_time).or(time_in(Duration::ZERO));
        let given = |document: &Document| Document {
            passage_count: 0,
            create_time: None,
            update_time: None,
            ..document.clone()
        };
        let outcome = match (&before, &about) {
            (Some(before), Some(about))
                if given(about) == given(document) && before.text == text =>
            {
                return Ok((IngestOutcome::Unchanged, about.passage_count));
            }
            (Some(_), _) => IngestOutcome::Replaced,
            _ => IngestOutcome::Created,
        };
        let paragraphs = text.split("\n\n").map(str::trim).filter(|text| !text.is_empty());
        let passages = paragraphs.map(|text| {
            Ok(Passage {
                id: Some(PassageId { value: self.records.new_id("passage")? }),
                document_id: document.id.clone(),
                text: text.to_owned(),
                relevance: 0.0,
                title: document.title.clone(),
                uri: document.uri.clone(),
                metadata: document.metadata.clone(),
            })
        });
        let passages = passages.collect::<Result<Vec<Passage>, Status>>()?;
        let passage_count = i32::try_from(passages.len()).unwrap_or(i32::MAX);
        let update_time = time_in(Duration::ZERO);
        let about = Document { passage_count, create_time, update_time, ..document.clone() };
        let stored = Stored { about: Some(about), text: text.to_owned(), passages };
        self.records.put(&kind, id, &stored)?;
        Ok((outcome, passage_count))
    }

    /// Returns all passages with their relevance for a query, best first.
    fn search(&self, collection: &str, query: &str) -> Result<Vec<Passage>, Status> {
        let documents = self.records.all::<Stored>(&self.kind(collection)?)?;
        let documents = documents.into_iter().map(|(_, stored)| stored).filter(|stored| {
            !is_past(stored.about.as_ref().and_then(|about| about.expire_time.as_ref()))
        });
        let mut found: Vec<Passage> = documents
            .flat_map(|stored| stored.passages)
            .map(|passage| {
                let searched = format!("{} {}", passage.title, passage.text);
                Passage { relevance: word_overlap(query, &searched), ..passage }
            })
            .collect();
        found.sort_by(|a, b| b.relevance.total_cmp(&a.relevance));
        Ok(found)
    }
}

/// Returns how well a text matches a query, from 0 to 1: the share of the words of the query that it
/// contains. Words of less than four letters do not count.
pub fn word_overlap(query: &str, text: &str) -> f32 {
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 3);
        words.map(str::to_lowercase).collect()
    };
    let (query, text) = (words(query), words(text));
    let found = query.iter().filter(|word| text.contains(word)).count();
    found as f32 / query.len().max(1) as f32
}

/// Returns the problem of a document that was refused.
fn problem(status: &Status) -> Problem {
    let code = match status.code() {
        Code::InvalidArgument => ProblemCode::InvalidArgument,
        Code::NotFound => ProblemCode::NotFound,
        _ => ProblemCode::Internal,
    };
    let message = status.message().to_owned();
    Problem { code: code.into(), message, retryable: false, retry_after: None }
}

#[tonic::async_trait]
impl RagService for Rag {
    type BulkIngestDocumentsStream = Stream<BulkIngestDocumentsResponse>;

    async fn retrieve(
        &self,
        request: Request<RetrieveRequest>,
    ) -> Result<Response<RetrieveResponse>, Status> {
        Call::of(request.metadata(), None)?;
        let request = request.into_inner();
        self.kind(&request.collection)?;
        let query = text("query", &request.query)?;
        if query.len() > MAX_QUERY {
            return Err(invalid("query", "is longer than 64 KiB"));
        }
        if request.min_relevance.is_nan() {
            return Err(invalid("min_relevance", "is not a number"));
        }
        let most = count("top_k", request.top_k, 5, 100)?;
        request.filter.as_ref().map(filter::check_filter).transpose()?;
        let mut passages = self.search(&request.collection, query)?;
        let is_named = |passage: &Passage| {
            let filter = request.filter.iter().flat_map(|filter| &filter.comparisons);
            let id = passage.document_id.clone().unwrap_or_default().value;
            filter.filter(|it| it.key == DOCUMENT_ID).any(|it| filter::is_text(it, &id))
        };
        passages.retain(|passage| {
            // All of a document that is named, whatever it is about.
            let is_relevant = passage.relevance > 0.0 && passage.relevance >= request.min_relevance;
            (is_relevant || is_named(passage))
                && request.filter.as_ref().is_none_or(|filter| filter::passes(filter, passage))
        });
        passages.truncate(most);
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
        self.kind(&first.collection)?;
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
        let (outcome, passage_count) = self.put_document(&first.collection, &document, &text)?;
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
                    if let Err(status) = rag.kind(&collection) {
                        return drop(responses.send(Err(status)).await);
                    }
                }
                let document = request.document.unwrap_or_default();
                let stored = if ["", &*collection].contains(&&*request.collection) {
                    rag.put_document(&collection, &document, &request.text)
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
        let kind = self.kind(&collection)?;
        let id = required("document_id", &document_id)?;
        let stored = self.records.get::<Stored>(&kind, id)?;
        let stored =
            stored.ok_or_else(|| Status::not_found(format!("there is no document {id:?}")))?;
        Ok(Response::new(GetDocumentResponse { document: stored.about }))
    }
}
