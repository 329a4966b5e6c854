//! Turns with a language model behind the API of OpenAI: what it is given, and what becomes of its
//! answers and its faults.

use std::time::{Duration, SystemTime};

use agent_contract::agent::v2::conversation_service_client::ConversationServiceClient;
use agent_contract::agent::v2::turn_event::Kind;
use agent_contract::agent::v2::*;
use agentd::config::{Config, ModelConfig};
use agentd::links::Link;
use agentd::system::System;
use serde_json::{Value, json};
use tonic::Request;

use super::Agentd;
use super::endpoint::{End, Endpoint, Reply, call, content, finish, usage};
use super::faults::set_state;

/// Returns a client of a system in this process that uses the mock.
async fn client(endpoint: &Endpoint) -> ConversationServiceClient<Link> {
    let url = endpoint.url.parse().expect("it is a URL");
    let model = ModelConfig { url, name: "mock".to_owned(), key_env: None };
    let config = Config { model: Some(model), ..Config::default() };
    System::new(&config).await.expect("it starts").links.conversation()
}

/// Creates a conversation.
async fn create(client: &mut ConversationServiceClient<Link>) -> Option<ConversationId> {
    let request = CreateConversationRequest { request_id: "c".to_owned(), ..Default::default() };
    let created = client.create_conversation(request).await.expect("it is created");
    created.into_inner().conversation.expect("it is there").id
}

fn input(text: &str) -> Option<TurnInput> {
    Some(TurnInput { text: text.to_owned(), ..TurnInput::default() })
}

/// Returns the turn that answers "Hello".
async fn turn(endpoint: &Endpoint, options: TurnOptions) -> Turn {
    let mut client = client(endpoint).await;
    let request = RunTurnRequest {
        conversation_id: create(&mut client).await,
        request_id: "t".to_owned(),
        input: input("Hello"),
        options: Some(options),
    };
    client.run_turn(request).await.expect("it runs").into_inner().turn.expect("it is there")
}

/// Returns the text of an answer.
fn text(turn: &Turn) -> String {
    let parts = turn.answer.iter().flat_map(|answer| &answer.parts);
    let texts = parts.filter_map(|part| match &part.kind {
        Some(part::Kind::Text(text)) => Some(&*text.text),
        _ => None,
    });
    texts.collect()
}

/// A whole turn with the program: passages, tools, two calls at once, usage, the key and the trace.
#[tokio::test(flavor = "multi_thread")]
async fn a_language_model_answers() {
    let mut mock = Endpoint::start([
        Reply::Events(
            vec![
                json!({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}),
                content("One "),
                content("moment. "),
                call(0, Some("calculator"), ""),
                call(0, None, "{\"expression\""),
                call(0, None, ": \"2 + 3\"}"),
                call(1, Some("cook"), "{\"dish\": \"crème brûlée\"}"),
                finish("tool_calls"),
                usage(100, 40, 20),
            ],
            End::Done,
        ),
        Reply::Events(
            vec![content("Crème: "), content("30"), finish("stop"), usage(150, 0, 3)],
            End::Done,
        ),
        Reply::Body(401, json!({"error": {"message": "wrong key secret-of-ours"}}).to_string()),
        Reply::Body(500, json!({"error": {"message": "odd key secret-of-ours"}}).to_string()),
        Reply::Events(vec![content("Well"), finish("secret-of-ours")], End::Done),
    ])
    .await;
    let environment = [("AGENTD_MODEL_URL", &*mock.url), ("AGENTD_MODEL_KEY", "secret-of-ours")];
    let system = Agentd::start_with(&["--model-name", "mock-1"], &environment);
    set_state(&system, "conversation c-1 of anna, and the handbook is stored");
    let mut client = ConversationServiceClient::connect(system.grpc.clone()).await.expect("it is");
    let ask = |key: &str, message: &str| {
        let mut request = Request::new(RunTurnRequest {
            conversation_id: Some(ConversationId { value: "c-1".to_owned() }),
            request_id: key.to_owned(),
            input: input(message),
            options: None,
        });
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        request.metadata_mut().insert("traceparent", trace.parse().expect("it is text"));
        request
    };
    let question = "How many vacation days a year do employees have?";
    let answered = client.run_turn(ask("t-1", question)).await.expect("it runs").into_inner();
    let turn = answered.turn.expect("it is there");
    assert_eq!(turn.finish_reason(), FinishReason::Stop, "{turn:?}");
    assert_eq!(text(&turn), "One moment. Crème: 30");
    // The parts are in the order in which they were written; who does not say what it quotes, cites
    // nothing.
    let parts = turn.answer.iter().flat_map(|answer| &answer.parts);
    let shown = parts.map(|part| match &part.kind {
        Some(part::Kind::Text(text)) => format!("{} {}", text.text, text.citations.len()),
        Some(part::Kind::ToolCall(call)) => call.tool_name.clone(),
        _ => "result".to_owned(),
    });
    let expected = ["One moment.  0", "calculator", "result", "cook", "result", "Crème: 30 0"];
    assert_eq!(shown.collect::<Vec<_>>(), expected);
    let expected =
        Usage { input_tokens: 250, cached_input_tokens: 40, output_tokens: 23, model_calls: 2 };
    assert_eq!((turn.usage, &*turn.model), (Some(expected), "mock-1"));

    let first = mock.seen();
    assert_eq!((&*first.path, &first.body["model"]), ("/v1/chat/completions", &json!("mock-1")));
    assert_eq!(first.headers["authorization"], "Bearer secret-of-ours");
    let trace = first.headers["traceparent"].to_str().expect("it is text");
    assert!(trace.starts_with("00-0af7651916cd43dd8448eb211c80319c-"), "{trace}");
    assert_eq!(first.body["stream_options"], json!({"include_usage": true}));
    let messages = first.body["messages"].as_array().expect("it has messages");
    assert_eq!(messages.len(), 2, "{messages:?}");
    let instructions = messages[0]["content"].as_str().expect("it is text");
    assert!(instructions.contains("Employees have 30 vacation days a year."), "{instructions}");
    assert_eq!(messages[1], json!({"role": "user", "content": question}));
    let tools = first.body["tools"].as_array().expect("it has tools");
    let calculator = tools.iter().find(|tool| tool["function"]["name"] == "calculator");
    let schema = &calculator.expect("it is offered")["function"]["parameters"];
    assert_eq!(schema["properties"]["expression"]["type"], "string", "{schema}");

    let second = mock.seen();
    let messages = second.body["messages"].as_array().expect("it has messages");
    let asked = &messages[2];
    assert_eq!((&asked["role"], &asked["content"]), (&json!("assistant"), &json!("One moment. ")));
    let function = json!({"name": "calculator", "arguments": "{\"expression\":\"2 + 3\"}"});
    assert_eq!(asked["tool_calls"][0]["function"], function);
    let result = |index: usize| {
        let (asked, result) = (&asked["tool_calls"][index], &messages[3 + index]);
        assert_eq!((&result["role"], &result["tool_call_id"]), (&json!("tool"), &asked["id"]));
        result["content"].clone()
    };
    assert_eq!((result(0), messages.len()), (json!("5"), 5));
    assert_eq!(result(1), "Failed: there is no tool \"cook\"");

    // Errors name the endpoint, never the key; the conversation goes on.
    for (key, expected) in [
        ("t-2", "answered 401 Unauthorized: the key is missing or wrong"),
        ("t-3", "answered 500 Internal Server Error: odd key …"),
        ("t-4", "ended its stream for the reason \"…\""),
    ] {
        let answered = client.run_turn(ask(key, "Thank you")).await.expect("it runs").into_inner();
        let problem = answered.turn.expect("it is there").problem.expect("it failed");
        assert_eq!(problem.message, format!("the model at {} {expected}", mock.host()));
    }
    let body = mock.seen().body;
    let roles: Vec<&Value> =
        body["messages"].as_array().into_iter().flatten().map(|it| &it["role"]).collect();
    let past = ["user", "assistant", "assistant", "tool", "assistant", "tool", "assistant"];
    assert_eq!(roles, [&["system"], &past[..], &["user"]].concat());
}

/// What is not a complete answer is never called one.
#[tokio::test]
async fn faults_of_a_model_are_told() {
    let hello = || content("Hello");
    let cut = "ended its stream before the answer was complete";
    for (reply, code, expected) in [
        (
            Reply::Body(429, json!({"error": {"message": "slow down"}}).to_string()),
            ProblemCode::ResourceExhausted,
            "answered 429 Too Many Requests: slow down",
        ),
        (
            Reply::Body(503, "<html>".to_owned()),
            ProblemCode::Unavailable,
            "answered 503 Service Unavailable: no reason is given",
        ),
        (Reply::Body(307, String::new()), ProblemCode::Internal, "answered 307"),
        (Reply::Body(200, "data: {\"choices\": 1}\n\n".to_owned()), ProblemCode::Internal, "JSON"),
        (Reply::Body(200, "data: {\"choi\n\n".to_owned()), ProblemCode::Internal, "JSON"),
        (Reply::Body(200, "{}".to_owned()), ProblemCode::Unavailable, cut),
        (Reply::Events(vec![hello()], End::Early), ProblemCode::Unavailable, cut),
        (Reply::Events(vec![hello()], End::Done), ProblemCode::Unavailable, cut),
        (
            Reply::Events(vec![hello()], End::Breaks),
            ProblemCode::Unavailable,
            "broke the connection",
        ),
        (
            Reply::Events(vec![hello(), json!({"error": {"message": "lost"}})], End::Done),
            ProblemCode::Unavailable,
            "failed: lost",
        ),
        (
            Reply::Events(vec![call(0, Some("calculator"), "{\"a"), finish("stop")], End::Done),
            ProblemCode::Unavailable,
            "sent arguments of \"calculator\" that are no JSON object",
        ),
    ] {
        let mock = Endpoint::start([reply]).await;
        let turn = turn(&mock, TurnOptions::default()).await;
        let problem = turn.problem.clone().expect("it failed");
        assert_eq!(turn.finish_reason(), FinishReason::Failed, "{expected}");
        assert_eq!(problem.code(), code, "{problem:?}");
        let begins = problem.message.starts_with(&format!("the model at {} ", mock.host()));
        assert!(begins && problem.message.contains(expected), "{expected}: {problem:?}");
    }
    let mut gone = Endpoint::start([]).await;
    gone.url = gone.url.replace("http:", "https:");
    let problem = turn(&gone, TurnOptions::default()).await.problem.expect("it failed");
    assert!(problem.message.contains("cannot be reached: received corrupt message"), "{problem:?}");
    gone.url = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("there is a port");
        format!("http://{}/v1", listener.local_addr().expect("it is bound"))
    };
    let problem = turn(&gone, TurnOptions::default()).await.problem.expect("it failed");
    assert!(problem.message.contains("cannot be reached: Connection refused"), "{problem:?}");
    assert!(problem.retryable && problem.message.contains(gone.host()), "{problem:?}");
}

/// The limit of the model, that of the request, and a filter.
#[tokio::test]
async fn a_short_answer_is_called_short() {
    let words = || vec![content("one "), content("two "), content("three ")];
    let ended = |reason: &str| {
        let events = words().into_iter().chain([finish(reason)]).collect();
        Reply::Events(events, End::Done)
    };
    for (reply, most, reason, expected) in [
        (ended("length"), None, FinishReason::Length, "one two three "),
        (ended("content_filter"), None, FinishReason::Filtered, "one two three "),
        (ended("stop"), Some(2), FinishReason::Length, "one two "),
        (Reply::Events(words(), End::Never), Some(2), FinishReason::Length, "one two "),
    ] {
        let mut mock = Endpoint::start([reply]).await;
        let options = TurnOptions { max_output_tokens: most, ..TurnOptions::default() };
        let turn = turn(&mock, options).await;
        assert_eq!((turn.finish_reason(), &*text(&turn)), (reason, expected));
        mock.dropped().await;
        assert_eq!(mock.seen().body["max_completion_tokens"], json!(most));
    }
}

/// A turn that is cancelled, or has no time left, ends the request of its model.
#[tokio::test]
async fn a_cancelled_turn_ends_the_request() {
    let silent = || Reply::Events(vec![content("Well")], End::Never);
    let mut mock = Endpoint::start([silent(), silent()]).await;
    let mut client = client(&mock).await;
    let request = StreamTurnRequest {
        conversation_id: create(&mut client).await,
        request_id: "t".to_owned(),
        input: input("Hello"),
        options: None,
    };
    let mut events = client.stream_turn(request).await.expect("it starts").into_inner();
    let mut turn_id = None;
    loop {
        let event = events.message().await.expect("it goes on").expect("it has not ended");
        match event.event.and_then(|event| event.kind) {
            Some(Kind::Started(started)) => turn_id = started.turn_id,
            Some(Kind::TokenChunk(_)) => break,
            _ => {}
        }
    }
    let cancelled = client
        .cancel_turn(CancelTurnRequest { turn_id, ..Default::default() })
        .await
        .expect("it ends");
    let cancelled = cancelled.into_inner().turn.expect("it is there");
    assert_eq!(cancelled.finish_reason(), FinishReason::Cancelled);
    assert_eq!(text(&cancelled), "Well");
    mock.dropped().await;

    let deadline = Some((SystemTime::now() + Duration::from_millis(300)).into());
    let late = turn(&mock, TurnOptions { deadline, ..TurnOptions::default() }).await;
    assert_eq!(late.finish_reason(), FinishReason::Deadline);
    mock.dropped().await;
}
