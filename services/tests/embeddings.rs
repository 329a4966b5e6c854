//! Vectors from an API like that of OpenAI: what is asked, what is stored, and what is refused.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use agent_contract::agent::v2::rag_service_server::RagService as _;
use agent_contract::agent::v2::*;
use agentd::config::EmbeddingsConfig;
use agentd::rag::{OpenAiEmbedder, Rag};
use agentd::records::Records;
use serde_json::{Value, json};
use tonic::{Code, Request, Status};

use super::endpoint::{Endpoint, Reply};
use super::{agentd, root};

/// Returns a service that uses the mock.
fn rag(endpoint: &Endpoint, dimensions: Option<usize>, data: Option<&Path>) -> Rag {
    let url = endpoint.url.parse().expect("it is a URL");
    let config = EmbeddingsConfig { url, name: "mock-e".to_owned(), dimensions, key_env: None };
    let embedder = OpenAiEmbedder::new(&config).expect("it needs no key");
    let records = Records::open(data).expect("it opens");
    Rag::new(records, &["handbook".to_owned()], Arc::new(embedder)).expect("it is set up")
}

/// Returns the reply with these vectors, in another order, as the API allows.
fn vectors(vectors: &[&[f32]]) -> Reply {
    let items = vectors.iter().enumerate();
    let items = items.map(|(index, vector)| json!({"index": index, "embedding": vector}));
    let items: Vec<Value> = items.rev().collect();
    Reply::Body(200, json!({"object": "list", "data": items}).to_string())
}

async fn put(rag: &Rag, id: &str, text: &str) -> Result<i32, Status> {
    let id = Some(DocumentId { value: id.to_owned() });
    let document = Document { id, ..Document::default() };
    rag.put_document("handbook", &document, text).await.map(|(_, count)| count)
}

async fn retrieve(rag: &Rag, query: &str) -> Result<Vec<String>, Status> {
    let request = RetrieveRequest {
        collection: "handbook".to_owned(),
        query: query.to_owned(),
        ..RetrieveRequest::default()
    };
    let found = rag.retrieve(Request::new(request)).await?.into_inner().passages;
    Ok(found.into_iter().map(|passage| passage.text).collect())
}

/// Texts are sent in batches, vectors count by their direction, and each belongs to its text.
#[tokio::test]
async fn documents_are_embedded_by_an_api() {
    let first: Vec<&[f32]> =
        [&[100.0, 30.0][..], &[0.1, 0.1]].into_iter().cycle().take(64).collect();
    let mut mock =
        Endpoint::start([vectors(&first), vectors(&[&[1e30, -1e30]]), vectors(&[&[0.0, 5.0]])])
            .await;
    let rag = rag(&mock, Some(2), None);
    let text: Vec<String> = (0..65).map(|number| format!("passage{number}")).collect();
    assert_eq!(put(&rag, "a", &text.join("\n\n")).await.expect("it is stored"), 65);
    let found = retrieve(&rag, "query").await.expect("it is answered");
    assert_eq!(found.len(), 5);
    for passage in found {
        let number: usize = passage.trim_start_matches("passage").parse().expect("it has one");
        assert!(number % 2 == 1, "{number} is farther from the query");
    }
    let (batch, rest, query) = (mock.seen(), mock.seen(), mock.seen());
    assert_eq!(batch.path, "/v1/embeddings");
    let input = batch.body["input"].as_array().expect("it has texts");
    assert_eq!((input.len(), &input[1]), (64, &json!(" passage1")));
    assert_eq!(rest.body["input"], json!([" passage64"]));
    assert_eq!(query.body, json!({"model": "mock-e", "dimensions": 2, "input": ["query"]}));
}

/// A fault of the endpoint is UNAVAILABLE and names it; the document is not stored.
#[tokio::test]
async fn faults_of_an_embedder_are_told() {
    for (reply, expected) in [
        (Reply::Body(401, String::new()), "answered 401 Unauthorized: the key is missing or wrong"),
        (Reply::Body(500, json!({"error": "full"}).to_string()), "answered 500"),
        (Reply::Body(200, "{\"data\": 1}".to_owned()), "sent wrong JSON"),
        (vectors(&[]), "did not send one vector for each text"),
        (vectors(&[&[1.0, 0.0], &[0.0, 1.0]]), "did not send one vector for each text"),
        (vectors(&[&[1.0, 0.0, 0.0]]), "sent vectors of wrong dimensions"),
        (
            Reply::Body(200, "{\"data\": [{\"index\": 0, \"embedding\": [1e60, 1]}]}".to_owned()),
            "sent wrong JSON: number out of range",
        ),
    ] {
        let mock = Endpoint::start([reply]).await;
        let rag = rag(&mock, Some(2), None);
        let status = put(&rag, "a", "Zebras.").await.expect_err(expected);
        assert_eq!(status.code(), Code::Unavailable, "{status}");
        let begins = status.message().starts_with(&format!("the embedder at {} ", mock.host()));
        assert!(begins && status.message().contains(expected), "{expected}: {status}");
        let document_id = Some(DocumentId { value: "a".to_owned() });
        let request = GetDocumentRequest { collection: "handbook".to_owned(), document_id };
        let none = rag.get_document(Request::new(request)).await.expect_err("it is not there");
        assert_eq!(none.code(), Code::NotFound);
    }
}

/// Vectors of two embedders are never compared.
#[tokio::test(flavor = "multi_thread")]
async fn embedders_are_not_mixed() {
    let folder = tempfile::tempdir().expect("it can be made");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let two = || vectors(&[&[1.0, 0.0]]);
    let mock = Endpoint::start([
        Reply::Body(503, String::new()),
        // The first is for a test, before anything is deleted.
        two(),
        two(),
        two(),
        vectors(&[&[1.0, 0.0, 0.0]]),
        vectors(&[&[1.0]]),
    ])
    .await;
    let settings = format!("[embeddings]\nurl = {:?}\nname = \"mock-e\"\n", mock.url);
    std::fs::write(path("remote.toml"), settings).expect("it can be written");
    std::fs::write(path("own.toml"), "").expect("it can be written");
    std::fs::write(path("travel.md"), "Book trains before flights.").expect("it can be written");
    let run = |config: &str, args: &[&str]| {
        let mut command = agentd();
        command.args(["--config", &path(config), "--data", &path("data.db")]).args(args);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().expect("it starts");
        let mut line = String::new();
        let stdout = process.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("it is text");
        if line.starts_with("listening") {
            process.kill().expect("it is ours");
        }
        let output = process.wait_with_output().expect("it ends");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(line) } else { Err(stderr) }
    };
    let file = root().join("services/corpus/travel.md");
    let file = file.to_str().expect("it is text");
    assert!(run("own.toml", &["ingest", file]).is_ok());
    let served = ["--grpc", "127.0.0.1:0", "--gateway", "127.0.0.1:0"];
    let of_own = "are of the embedder minilm-256-int8 (256 dimensions), not of mock-e";
    for args in [&["ingest", file][..], &served] {
        let error = run("remote.toml", args).expect_err("it is refused");
        assert!(error.contains(of_own) && error.contains("ingest --fresh"), "{error}");
    }
    let own = path("travel.md");
    let error = run("remote.toml", &["ingest", "--fresh", &own]).expect_err("it fails");
    assert!(error.contains("answered 503"), "{error}");
    let kept = run("own.toml", &["ingest", file]).expect("nothing was deleted");
    assert_eq!(kept, "0 created, 0 replaced, 1 unchanged\n");
    let fresh = run("remote.toml", &["ingest", "--fresh", &own]).expect("it is stored");
    assert_eq!(fresh, "1 created, 0 replaced, 0 unchanged\n");
    let error = run("own.toml", &["ingest", file]).expect_err("it is refused");
    assert!(error.contains("mock-e (2 dimensions), not of minilm-256-int8"), "{error}");

    // The same name does not help if the dimensions are others.
    let rag = rag(&mock, None, Some(Path::new(&path("data.db"))));
    assert_eq!(
        retrieve(&rag, "trains").await.expect("it is found"),
        ["Book trains before flights."]
    );
    let status = put(&rag, "a", "Zebras.").await.expect_err("it has three");
    assert_eq!(status.code(), Code::FailedPrecondition, "{status}");
    assert!(status.message().contains("mock-e (2 dimensions), not of mock-e (3)"), "{status}");
    let status = retrieve(&rag, "trains").await.expect_err("it has one");
    assert_eq!(status.code(), Code::FailedPrecondition, "{status}");
}
