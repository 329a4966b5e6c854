//! Turns with a language model behind the API of OpenAI: what it is given, and what becomes of its
//! answers and its faults.

use std::time::{Duration, SystemTime};

use agent_contract::agent::v2::conversation_service_client::ConversationServiceClient;
use agent_contract::agent::v2::turn_event::Kind;
use agent_contract::agent::v2::*;
use agentd::config::{Config, ModelConfig, Role};
use agentd::links::Link;
use agentd::system::System;
use serde_json::{Value, json};
use tonic::{Code, Request, Status};

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

/// Serves gRPC: each call fails with the status that `answer` returns for its path, or never ends.
async fn refusing(answer: fn(&str) -> Option<Status>) -> String {
    use tonic::transport::server::TcpIncoming;
    let router = tonic::service::AxumRouter::new().fallback(move |uri: http::Uri| async move {
        match answer(uri.path()) {
            Some(status) => status.into_http::<tonic::body::Body>(),
            None => std::future::pending().await,
        }
    });
    let any = "127.0.0.1:0".parse().expect("it is an address");
    let incoming = TcpIncoming::bind(any).expect("there is a port");
    let url = format!("http://{}", incoming.local_addr().expect("it is bound"));
    let routes = tonic::service::Routes::from(router);
    let server = tonic::transport::Server::builder().add_routes(routes);
    tokio::spawn(server.serve_with_incoming(incoming));
    url
}

/// Returns a client of a system whose named roles are at these addresses.
async fn client_with(
    endpoint: &Endpoint,
    remote: &[(Role, String)],
) -> ConversationServiceClient<Link> {
    let url = endpoint.url.parse().expect("it is a URL");
    let all = [Role::Conversation, Role::Memory, Role::Permission, Role::Rag, Role::Tools];
    let is_here = |role: &Role| remote.iter().all(|(other, _)| other != role);
    let config = Config {
        model: Some(ModelConfig { url, name: "mock".to_owned(), key_env: None }),
        roles: all.into_iter().filter(is_here).collect(),
        remote: remote.iter().cloned().collect(),
        ..Config::default()
    };
    System::new(&config).await.expect("it starts").links.conversation()
}

fn ask(id: &Option<ConversationId>, key: &str, options: TurnOptions) -> RunTurnRequest {
    RunTurnRequest {
        conversation_id: id.clone(),
        request_id: key.to_owned(),
        input: input("Hello"),
        options: Some(options),
    }
}

async fn run(
    client: &mut ConversationServiceClient<Link>,
    request: impl tonic::IntoRequest<RunTurnRequest>,
) -> Result<Turn, Status> {
    Ok(client.run_turn(request).await?.into_inner().turn.expect("it is there"))
}

/// Returns the events of a turn that has run.
async fn events(client: &mut ConversationServiceClient<Link>, run: RunTurnRequest) -> Vec<Kind> {
    let RunTurnRequest { conversation_id, request_id, input, options } = run;
    let request = StreamTurnRequest { conversation_id, request_id, input, options };
    let mut stream = client.stream_turn(request).await.expect("it is known").into_inner();
    let mut events = Vec::new();
    while let Some(event) = stream.message().await.expect("it goes on") {
        events.extend(event.event.and_then(|event| event.kind));
    }
    events
}

/// Returns the codes of the results of tools and of what went wrong beside them, in their order.
fn codes(events: &[Kind]) -> (Vec<ProblemCode>, Vec<&Problem>) {
    let (mut results, mut problems) = (Vec::new(), Vec::new());
    for event in events {
        match event {
            Kind::ToolResult(ToolResult {
                outcome: Some(tool_result::Outcome::Problem(problem)),
                ..
            }) => results.push(problem.code()),
            Kind::Problem(problem) => problems.push(problem),
            _ => {}
        }
    }
    (results, problems)
}

fn calls(name: &str, arguments: &str) -> Reply {
    Reply::Events(vec![call(0, Some(name), arguments), finish("tool_calls")], End::Done)
}

fn done() -> Reply {
    Reply::Events(vec![content("Well"), finish("stop")], End::Done)
}

/// Memories, permissions and tools that fail are told, and the turn goes on without them.
#[tokio::test]
async fn a_turn_goes_on_without_what_fails() {
    let busy = refusing(|_| {
        let mut status = Status::resource_exhausted("busy");
        status.metadata_mut().insert("grpc-retry-pushback-ms", "500".parse().expect("it is"));
        Some(status)
    });
    let gone = refusing(|_| Some(Status::unavailable("gone")));
    let remote = [(Role::Memory, busy.await), (Role::Permission, gone.await)];
    let mock = Endpoint::start([calls("send_email", "{}"), done()]).await;
    let mut client = client_with(&mock, &remote).await;
    let id = create(&mut client).await;
    let request = ask(&id, "t", TurnOptions::default());
    let turn = run(&mut client, request.clone()).await.expect("it runs");
    assert_eq!((turn.finish_reason(), &*text(&turn)), (FinishReason::Stop, "Well"));
    let events = events(&mut client, request).await;
    let (results, problems) = codes(&events);
    assert_eq!(results, [ProblemCode::Unavailable]);
    // The collections, the memories, the tools, and the new memory.
    use ProblemCode::{ResourceExhausted as Busy, Unavailable as Gone};
    let found: Vec<_> = problems.iter().map(|problem| problem.code()).collect();
    let collections = Config::default().collections.len();
    assert_eq!(found, [vec![Gone; collections], vec![Busy, Gone, Busy]].concat());
    assert!(problems.iter().all(|problem| problem.retryable), "{problems:?}");
    let after = prost_types::Duration { seconds: 0, nanos: 500_000_000 };
    assert_eq!(problems[collections].retry_after, Some(after));

    // Nothing is deleted as long as the memories are there, and the request can be repeated.
    let delete = DeleteConversationRequest { conversation_id: id.clone() };
    let refused = client.delete_conversation(delete).await.expect_err("the memories stay");
    assert_eq!(refused.code(), Code::ResourceExhausted);
    let get = GetConversationRequest { conversation_id: id };
    client.get_conversation(get).await.expect("it is still there");
}

/// A role that takes too long does not take the time of the turn, which goes on without it.
#[tokio::test]
async fn a_turn_goes_on_without_a_role_that_is_late() {
    let late = refusing(|_| Some(Status::deadline_exceeded("too late"))).await;
    let mock = Endpoint::start([done()]).await;
    let mut client = client_with(&mock, &[(Role::Memory, late)]).await;
    let id = create(&mut client).await;
    let request = ask(&id, "t", TurnOptions::default());
    let turn = run(&mut client, request.clone()).await.expect("it runs");
    assert_eq!((turn.finish_reason(), &*text(&turn)), (FinishReason::Stop, "Well"));
    let events = events(&mut client, request).await;
    let (_, problems) = codes(&events);
    let found: Vec<_> = problems.iter().map(|problem| problem.code()).collect();
    assert_eq!(found, [ProblemCode::DeadlineExceeded; 2]);
}

/// A call that is open at the end of a turn has a result.
#[tokio::test]
async fn an_open_call_of_a_tool_has_a_result() {
    let silent = refusing(|path| {
        path.ends_with("/ListTools").then(|| Status::unavailable("the tools are not listed"))
    });
    let mock = Endpoint::start([calls("cook", "{}"), calls("cook", "{}")]).await;
    let mut client = client_with(&mock, &[(Role::Tools, silent.await)]).await;
    let id = create(&mut client).await;
    let deadline = Some((SystemTime::now() + Duration::from_secs(1)).into());
    let late = ask(&id, "t-1", TurnOptions { deadline, ..TurnOptions::default() });
    let turn = run(&mut client, late.clone()).await.expect("it runs");
    assert_eq!(turn.finish_reason(), FinishReason::Deadline);
    assert_eq!(codes(&events(&mut client, late).await).0, [ProblemCode::DeadlineExceeded]);

    let endless = ask(&id, "t-2", TurnOptions::default());
    let RunTurnRequest { conversation_id, request_id, input, options } = endless.clone();
    let request = StreamTurnRequest { conversation_id, request_id, input, options };
    let mut stream = client.stream_turn(request).await.expect("it starts").into_inner();
    let mut turn_id = None;
    loop {
        let event = stream.message().await.expect("it goes on").expect("it has not ended");
        match event.event.and_then(|event| event.kind) {
            Some(Kind::Started(started)) => turn_id = started.turn_id,
            Some(Kind::ToolCall(_)) => break,
            _ => {}
        }
    }
    let cancel = CancelTurnRequest { turn_id, ..Default::default() };
    client.cancel_turn(cancel).await.expect("it ends");
    assert_eq!(codes(&events(&mut client, endless).await).0, [ProblemCode::Cancelled]);
}

/// The options of a turn are honoured, or refused; what is remembered is found in the next turn.
#[tokio::test]
async fn options_are_honoured_or_refused() {
    let mut mock = Endpoint::start([calls("calculator", "{}"), done(), done()]).await;
    let mut client = client(&mock).await;
    let id = create(&mut client).await;
    let options = TurnOptions::default;
    for (options, field) in [
        (TurnOptions { model: "other".to_owned(), ..options() }, "options.model"),
        (TurnOptions { max_tool_calls: Some(-1), ..options() }, "options.max_tool_calls"),
    ] {
        let refused = run(&mut client, ask(&id, "t-0", options)).await.expect_err("it is wrong");
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(refused.message().starts_with(field), "{refused:?}");
    }
    let mut request = ask(&id, "t-0", options());
    if let Some(input) = &mut request.input {
        input.context_document_ids = vec![DocumentId { value: "d".to_owned() }; 21];
    }
    let refused = run(&mut client, request).await.expect_err("they are too many");
    assert!(refused.message().starts_with("input.context_document_ids"), "{refused:?}");

    // A deadline that is too late counts as the limit of the server.
    let deadline = Some(prost_types::Timestamp { seconds: i64::MAX, nanos: 0 });
    let allowed_tool_names = vec!["current_time".to_owned()];
    let model = "mock".to_owned();
    let only = TurnOptions { model, deadline, allowed_tool_names, ..options() };
    let request = ask(&id, "t-1", only);
    let turn = run(&mut client, request.clone()).await.expect("it runs");
    assert_eq!((turn.finish_reason(), &*turn.model), (FinishReason::Stop, "mock"));
    assert_eq!(codes(&events(&mut client, request).await).0, [ProblemCode::PermissionDenied]);
    assert_eq!(mock.seen().body["tools"].as_array().map(Vec::len), Some(1));
    mock.seen();

    let none = TurnOptions { max_tool_calls: Some(0), ..options() };
    run(&mut client, ask(&id, "t-2", none)).await.expect("it runs");
    let body = mock.seen().body;
    assert_eq!(body.get("tools"), None);
    let instructions = body["messages"][0]["content"].as_str().expect("it is text");
    assert!(instructions.contains("The user asked: Hello"), "{instructions}");
}

/// A conversation is its owner's: others do not find it, nor does anybody when it is over.
#[tokio::test]
async fn a_conversation_is_found_by_its_owner_until_it_ends() {
    let silent = Reply::Events(vec![content("Well")], End::Never);
    let mock = Endpoint::start([done(), silent]).await;
    let mut client = client(&mock).await;
    fn by<T>(principal: &'static str, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("x-principal-id", principal.parse().expect("it is text"));
        request
    }
    let create = |title: &str| CreateConversationRequest {
        request_id: "c".to_owned(),
        title: title.to_owned(),
        ..Default::default()
    };
    let created = client.create_conversation(by("anna", create(""))).await.expect("it is created");
    let of_anna = created.into_inner().conversation.expect("it is there");
    assert_eq!(of_anna.create_time, of_anna.update_time);
    let created = client.create_conversation(by("bob", create(""))).await.expect("it is created");
    assert_ne!(created.into_inner().conversation.expect("it is there").id, of_anna.id);
    // The key is the caller's, also if it acts for somebody else.
    let for_anna = CreateConversationRequest { principal_id: of_anna.principal_id, ..create("") };
    let created = client.create_conversation(for_anna).await.expect("a trusted caller may");
    assert_ne!(created.into_inner().conversation.expect("it is there").id, of_anna.id);
    let other = client.create_conversation(by("anna", create("Other"))).await;
    assert_eq!(other.expect_err("the key is taken").code(), Code::InvalidArgument);

    let id = of_anna.id;
    let turn = ask(&id, "t", TurnOptions::default());
    let ended = run(&mut client, by("anna", turn.clone())).await.expect("it runs");
    let refused = run(&mut client, by("bob", turn.clone())).await.expect_err("it is not his");
    assert_eq!(refused.code(), Code::NotFound);
    let cancel = CancelTurnRequest { turn_id: ended.id, ..Default::default() };
    let refused = client.cancel_turn(by("bob", cancel.clone())).await.expect_err("nor this");
    assert_eq!(refused.code(), Code::NotFound);
    client.cancel_turn(by("anna", cancel.clone())).await.expect("it is hers");

    // It is deleted with its turns, also with the active one.
    let RunTurnRequest { conversation_id, input, options, .. } = turn;
    let request_id = "t-2".to_owned();
    let request = StreamTurnRequest { conversation_id, request_id, input, options };
    let mut stream = client.stream_turn(request).await.expect("it starts").into_inner();
    let delete = DeleteConversationRequest { conversation_id: id.clone() };
    client.delete_conversation(delete).await.expect("it is deleted");
    let mut last = None;
    let mut turn_id = None;
    while let Some(event) = stream.message().await.expect("it goes on") {
        last = event.event.and_then(|event| event.kind);
        if let Some(Kind::Started(started)) = &last {
            turn_id = started.turn_id.clone();
        }
    }
    let Some(Kind::Finished(turn)) = last else { panic!("it has no end: {last:?}") };
    assert_eq!(turn.finish_reason(), FinishReason::Cancelled);
    for cancel in [cancel, CancelTurnRequest { turn_id, ..Default::default() }] {
        let refused = client.cancel_turn(cancel).await.expect_err("it is deleted");
        assert_eq!(refused.code(), Code::NotFound);
    }

    let time_to_live = Some(prost_types::Duration::default());
    let request_id = "s".to_owned();
    let short = CreateConversationRequest { request_id, time_to_live, ..create("Short") };
    let created = client.create_conversation(short).await.expect("it is created").into_inner();
    let conversation_id = created.conversation.expect("it is there").id;
    let get = GetConversationRequest { conversation_id };
    let refused = client.get_conversation(get).await.expect_err("it has expired");
    assert_eq!(refused.code(), Code::NotFound);
}
