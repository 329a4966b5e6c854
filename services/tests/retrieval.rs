//! Retrieval: how good it is, and what it does with bad input.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use agent_contract::agent::v2::rag_service_server::RagService as _;
use agent_contract::agent::v2::*;
use agentd::rag::{
    Candidate, Embedded, Fusion, Rag, Reranker as _, Search, SqliteStore, StaticEmbedder,
    Store as _, Stored,
};
use agentd::records::Records;
use prost_types::value::Kind;
use tonic::{Code, Request, Status};

fn document(id: &str, title: &str) -> Document {
    Document {
        id: Some(DocumentId { value: id.to_owned() }),
        title: title.to_owned(),
        ..Document::default()
    }
}

/// Returns a service with the collections `handbook` and `other`, in memory.
fn rag() -> Rag {
    let records = Records::open(None).expect("it is in memory");
    let collections = ["handbook".to_owned(), "other".to_owned()];
    Rag::new(records, &collections, Arc::new(StaticEmbedder::built_in())).expect("it is set up")
}

/// Waits for the end of `work`.
fn wait<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("it starts");
    runtime.block_on(work)
}

fn retrieve(rag: &Rag, request: RetrieveRequest) -> Result<Vec<Passage>, Status> {
    let collection = "handbook".to_owned();
    let request = RetrieveRequest { collection, ..request };
    let response = wait(rag.retrieve(Request::new(request)))?;
    Ok(response.into_inner().passages)
}

fn ask(rag: &Rag, query: &str) -> Vec<Passage> {
    let query = query.to_owned();
    retrieve(rag, RetrieveRequest { query, ..Default::default() }).expect("it is answered")
}

fn id(passage: &Passage) -> &str {
    passage.document_id.as_ref().map(|id| &*id.value).unwrap_or_default()
}

/// The labelled questions of `services/model/quality.toml`.
#[derive(serde::Deserialize)]
struct Quality {
    passages: HashMap<String, String>,
    queries: Vec<Query>,
}

#[derive(serde::Deserialize)]
struct Query {
    text: String,
    relevant: Vec<String>,
}

/// Returns the nDCG of the first five of a ranking.
fn ndcg(ranking: &[String], relevant: &[String]) -> f64 {
    let gain = |rank: usize| 1.0 / (rank as f64 + 2.0).log2();
    let found = ranking.iter().take(5).enumerate().filter(|(_, id)| relevant.contains(id));
    let best: f64 = (0..relevant.len().min(5)).map(gain).sum();
    found.map(|(rank, _)| gain(rank)).sum::<f64>() / best
}

/// The whole is at least as good as vectors alone and words alone, and it tells what is stored from
/// what is not. It prints the figures of the README.
#[test]
fn retrieval_is_good() {
    let quality = include_str!("../model/quality.toml");
    let quality: Quality = toml::from_str(quality).expect("it is TOML");
    let embedder = StaticEmbedder::built_in();
    let records = Records::open(None).expect("it is in memory");
    let store = SqliteStore::new(records, StaticEmbedder::NAME).expect("it is set up");
    for (id, text) in &quality.passages {
        let stored = Stored { about: document(id, ""), text: text.clone() };
        let embedded = Embedded { text: text.clone(), vector: embedder.vector(text) };
        store.put("quality", &stored, &[embedded]).expect("it is stored");
    }
    let (mut vectors, mut words, mut whole, mut count) = (0.0, 0.0, 0.0, 0.0);
    let mut unrelated: Vec<(f32, &str)> = Vec::new();
    let mut found = 0;
    for Query { text, relevant } in &quality.queries {
        let vector = embedder.vector(text);
        let search = Search { query: text, vector: &vector, most: 100, accept: None };
        let candidates = store.search("quality", &search).expect("it is searched");
        let ranking = |score: &dyn Fn(&Candidate) -> Option<f32>| -> Vec<String> {
            let scored = candidates.iter().filter_map(|it| Some((score(it)?, id(&it.passage))));
            let mut scored: Vec<(f32, &str)> = scored.collect();
            scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
            scored.into_iter().map(|(_, id)| id.to_owned()).collect()
        };
        let (by_vector, by_words) = (ranking(&|it| Some(it.similarity)), ranking(&|it| it.bm25));
        let passages = Fusion.rerank(text, candidates);
        if relevant.is_empty() {
            unrelated.push((passages[0].relevance, text));
            continue;
        }
        let ids: Vec<String> = passages.iter().map(|passage| id(passage).to_owned()).collect();
        let is_found = |passage: &Passage| {
            passage.relevance >= 0.5 && relevant.iter().any(|it| it == id(passage))
        };
        found += usize::from(passages.iter().any(is_found));
        vectors += ndcg(&by_vector, relevant);
        words += ndcg(&by_words, relevant);
        whole += ndcg(&ids, relevant);
        count += 1.0;
    }
    let (vectors, words, whole) = (vectors / count, words / count, whole / count);
    let _ = writeln!(
        std::io::stderr(),
        "nDCG@5 of {count} questions: vectors {vectors:.3}, BM25 {words:.3}, both {whole:.3}; {found} \
         have an answer of relevance 0.5"
    );
    let _ = writeln!(std::io::stderr(), "unrelated: {unrelated:?}");
    assert!(whole >= vectors.max(words) - 0.02, "{vectors} {words} {whole}");
    assert!(whole >= 0.68, "{whole}");
    assert!(unrelated.iter().all(|(relevance, _)| *relevance < 0.5), "{unrelated:?}");
}

/// A document that is replaced is no longer found by what it said before.
#[test]
fn what_is_replaced_is_gone() {
    let rag = rag();
    let put = |id: &str, text: &str| {
        wait(rag.put_document("handbook", &document(id, ""), text)).expect("it is stored").0
    };
    assert_eq!(put("a", "The canteen serves soup.\n\nParking is free."), IngestOutcome::Created);
    assert_eq!(put("b", "Zebras live in Africa."), IngestOutcome::Created);
    assert_eq!(id(&ask(&rag, "canteen soup")[0]), "a");
    let first = ask(&rag, "canteen soup")[0].id.clone();
    assert_eq!(put("a", "Passwords are secret."), IngestOutcome::Replaced);
    assert_eq!(put("a", "Passwords are secret."), IngestOutcome::Unchanged);
    assert!(ask(&rag, "canteen soup").iter().all(|passage| !passage.text.contains("soup")));
    assert_ne!(ask(&rag, "passwords")[0].id, first, "no id is assigned twice");
    let other = RetrieveRequest {
        collection: "other".to_owned(),
        query: "passwords".to_owned(),
        ..Default::default()
    };
    let found = wait(rag.retrieve(Request::new(other))).expect("it is answered");
    assert!(found.into_inner().passages.is_empty(), "a collection has its own documents");
    rag.clear().expect("it is cleared");
    assert!(ask(&rag, "passwords").is_empty());
}

#[test]
fn a_deleted_document_leaves_nothing() {
    let records = Records::open(None).expect("it is in memory");
    let store = SqliteStore::new(records, StaticEmbedder::NAME).expect("it is set up");
    let embedder = StaticEmbedder::built_in();
    let text = "Zebras live in Africa.".to_owned();
    let vector = embedder.vector(&text);
    let search = Search { query: "zebras", vector: &vector, most: 5, accept: None };
    for id in ["a", "b"] {
        let stored = Stored { about: document(id, ""), text: text.clone() };
        let embedded = Embedded { text: text.clone(), vector: vector.clone() };
        store.put("handbook", &stored, &[embedded]).expect("it is stored");
    }
    store.delete("handbook", "a").expect("it is deleted");
    store.delete("handbook", "none").expect("there is nothing to do");
    let found = store.search("handbook", &search).expect("it is searched");
    assert_eq!(found.iter().map(|it| id(&it.passage)).collect::<Vec<_>>(), ["b"]);
    assert!(found[0].bm25.is_some() && found[0].similarity > 0.99, "{found:?}");
    assert_eq!(store.get("handbook", "a").expect("it is read"), None);
    store.delete("handbook", "b").expect("it is deleted");
    assert!(store.search("handbook", &search).expect("it is searched").is_empty());
}

/// Other data of the same file can be read and written during a search.
#[test]
fn a_search_holds_up_nobody() {
    let folder = tempfile::tempdir().expect("it can be made");
    let records = Records::open(Some(&folder.path().join("data.db"))).expect("it opens");
    let store = SqliteStore::new(records.clone(), StaticEmbedder::NAME).expect("it is set up");
    let vector = StaticEmbedder::built_in().vector("zebras");
    let embedded = Embedded { text: "Zebras.".to_owned(), vector: vector.clone() };
    let stored = Stored { about: document("a", ""), text: "Zebras.".to_owned() };
    store.put("handbook", &stored, &[embedded]).expect("it is stored");
    let accept = |_: &Document| {
        let (sender, receiver) = std::sync::mpsc::channel();
        let records = records.clone();
        std::thread::spawn(move || sender.send(records.new_id("memory")));
        let id = receiver.recv_timeout(Duration::from_secs(3)).expect("it does not wait");
        id.expect("it is written") == "memory-1"
    };
    let search = Search { query: "zebras", vector: &vector, most: 5, accept: Some(&accept) };
    assert_eq!(store.search("handbook", &search).expect("it is searched").len(), 1);
}

/// The passages of a document carry its title, address and metadata, and expire with it.
#[test]
fn a_passage_has_what_its_document_has() {
    let rag = rag();
    let metadata = prost_types::Struct {
        fields: [("year".to_owned(), Kind::NumberValue(2025.0).into())].into(),
    };
    let kept = Document {
        uri: "https://handbook.example/zebras".to_owned(),
        metadata: Some(metadata.clone()),
        ..document("kept", "Animals")
    };
    let expire_time = Some(prost_types::Timestamp { seconds: 1, nanos: 0 });
    let expired = Document { expire_time, ..document("expired", "Animals") };
    for about in [&kept, &expired] {
        wait(rag.put_document("handbook", about, "Zebras live in Africa.")).expect("it is stored");
    }
    let found = ask(&rag, "zebras");
    assert_eq!(found.len(), 1, "{found:?}");
    let passage = &found[0];
    assert_eq!((&*passage.title, &*passage.uri), ("Animals", &*kept.uri));
    assert_eq!((id(passage), &passage.metadata), ("kept", &Some(metadata)));
    assert!(passage.relevance > 0.5, "{passage:?}");
}

#[test]
fn bad_input_is_answered_or_refused() {
    let rag = rag();
    let put = |id: &str, text: &str| wait(rag.put_document("handbook", &document(id, ""), text));
    put("a", "Zebras live in Africa.").expect("it is stored");
    put("long", &"Many words and no end of them. ".repeat(2000)).expect("it is stored");
    for query in [
        "zebras ".repeat(9_000),
        "z".repeat(1 << 16),
        "\u{301}".repeat(1 << 15),
        "\" OR NEAR( * : ^ -".repeat(3_000),
        "斑馬".repeat(10_000),
        "\0\0\0".to_owned(),
        (0..9_000).map(|number| format!("w{number} ")).collect(),
    ] {
        for passage in ask(&rag, &query) {
            assert!((0.0..=1.0).contains(&passage.relevance), "{passage:?}");
        }
    }
    let most = RetrieveRequest {
        query: "zebras".to_owned(),
        top_k: i32::MAX,
        min_relevance: -1.0,
        ..Default::default()
    };
    let found = retrieve(&rag, most.clone()).expect("it is answered");
    assert!((1..=100).contains(&found.len()) && id(&found[0]) == "a", "{found:?}");
    for (min_relevance, expected) in
        [(f32::INFINITY, 0), (2.0, 0), (f32::NEG_INFINITY, found.len())]
    {
        let request = RetrieveRequest { min_relevance, ..most.clone() };
        assert_eq!(retrieve(&rag, request).expect("it is answered").len(), expected);
    }
    let refused = [
        RetrieveRequest { min_relevance: f32::NAN, ..most.clone() },
        RetrieveRequest { top_k: -1, ..most.clone() },
        RetrieveRequest { query: "z".repeat(1 << 20), ..most.clone() },
        RetrieveRequest { query: String::new(), ..most },
    ];
    for request in refused {
        let status = retrieve(&rag, request).expect_err("it is refused");
        assert_eq!(status.code(), Code::InvalidArgument, "{status}");
    }
}
