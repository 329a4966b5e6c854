//! What goes wrong: a process that ends, too many calls, requests that are too much.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;

use agent_contract::agent::v2;

use super::{Agentd, both};

/// A request of package `agent` for a slow answer.
fn message(session: usize) -> agent_contract::agent::MessageRequest {
    agent_contract::agent::MessageRequest {
        session_id: format!("s-{session}"),
        user_message: "one two three four five six seven eight nine ten".to_owned(),
        ..Default::default()
    }
}

/// Sets up a state.
pub(super) fn set_state(system: &Agentd, state: &str) {
    let host = system.states.trim_start_matches("http://").trim_end_matches('/');
    let body = format!("{{\"consumer\":\"tests\",\"state\":{state:?}}}");
    let length = body.len();
    let request = format!(
        "POST / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect(host).expect("the hook is there");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

type V1 = agent_contract::agent::conversation_service_client::ConversationServiceClient<
    tonic::transport::Channel,
>;

async fn v1(system: &Agentd) -> V1 {
    V1::connect(system.grpc.clone()).await.expect("it is there")
}

/// Reads a stream to its end: the sequence numbers, whether the last chunk was final, and the status.
async fn read(
    mut stream: tonic::Streaming<agent_contract::agent::TokenChunk>,
) -> (Vec<i32>, bool, Option<tonic::Code>) {
    let (mut numbers, mut is_final) = (Vec::new(), false);
    loop {
        match stream.message().await {
            Ok(Some(chunk)) => {
                assert!(!is_final, "a chunk after the final one");
                numbers.push(chunk.sequence_number);
                is_final = chunk.is_final;
            }
            Ok(None) => return (numbers, is_final, None),
            Err(status) => return (numbers, is_final, Some(status.code())),
        }
    }
}

/// A drain under 200 open streams: all come to their end, no token is lost or doubled.
#[test]
fn a_drain_loses_no_token() {
    for system in both("", &[]) {
        set_state(&system, "the model is slow");
        let runtime = tokio::runtime::Runtime::new().expect("it starts");
        runtime.block_on(async {
            let client = v1(&system).await;
            let mut open = Vec::new();
            for session in 0..200 {
                let stream = client.clone().stream_response(message(session)).await;
                open.push(stream.expect("it starts").into_inner());
            }
            let pid = system.process.id().to_string();
            let signal = Command::new("kill").args(["-s", "TERM", &pid]).status();
            assert!(signal.expect("it runs").success());
            let readers: Vec<_> =
                open.into_iter().map(|stream| tokio::spawn(read(stream))).collect();
            for reader in readers {
                let (numbers, is_final, status) = reader.await.expect("it ends");
                assert_eq!(numbers, (0..14).collect::<Vec<_>>());
                assert_eq!((is_final, status), (true, None));
            }
        });
    }
}

/// A process that is killed in the middle of a stream: an error, never a short answer called complete.
#[test]
fn a_killed_process_ends_a_stream_with_an_error() {
    for mut system in both("", &[]) {
        set_state(&system, "the model is slow");
        let runtime = tokio::runtime::Runtime::new().expect("it starts");
        runtime.block_on(async {
            let mut client = v1(&system).await;
            let mut stream =
                client.stream_response(message(0)).await.expect("it starts").into_inner();
            let first = stream.message().await.expect("it is sent").expect("it is a chunk");
            assert_eq!(first.sequence_number, 0);
            system.process.kill().expect("it is ours");
            let (numbers, is_final, status) = read(stream).await;
            assert!(numbers.len() < 13 && !is_final, "{numbers:?}");
            let status = status.expect("an error");
            assert!(
                matches!(status, tonic::Code::Unavailable | tonic::Code::Unknown),
                "{status:?}"
            );
        });
    }
}

/// A turn that runs when its process is killed has failed after the restart, and the conversation
/// goes on.
#[test]
fn a_killed_process_leaves_no_active_turn() {
    let folder = tempfile::tempdir().expect("it can be made");
    for (number, system) in both("", &[]).into_iter().enumerate() {
        let data = folder.path().join(format!("{number}.db"));
        let data = data.to_str().expect("it is text");
        let system = system.again(&["--data", data]);
        set_state(&system, "conversation c-1 of anna, and the model is slow");
        let runtime = tokio::runtime::Runtime::new().expect("it starts");
        let request = turn("one two three".to_owned(), false);
        runtime.block_on(async {
            let mut client = V2::connect(system.grpc.clone()).await.expect("it is there");
            let mut stream =
                client.stream_turn(request.clone()).await.expect("it runs").into_inner();
            while token(stream.message().await.expect("it is sent").expect("more")).is_none() {}
        });
        let system = system.again(&["--data", data]);
        runtime.block_on(async {
            let mut client = V2::connect(system.grpc.clone()).await.expect("it is there");
            let get =
                v2::GetConversationRequest { conversation_id: request.conversation_id.clone() };
            let found = client.get_conversation(get).await.expect("it is there").into_inner();
            assert_eq!(found.conversation.expect("it is set").active_turn_id, None);
            let lost = finished(&mut client, request).await;
            let code = lost.problem.as_ref().map(v2::Problem::code);
            assert_eq!(lost.finish_reason(), v2::FinishReason::Failed);
            assert_eq!(code, Some(v2::ProblemCode::Unavailable));
            assert!(lost.input_message_id.is_some(), "{lost:?}");
            let cancel = v2::CancelTurnRequest { turn_id: lost.id.clone(), ..Default::default() };
            let cancelled = client.cancel_turn(cancel).await.expect("it is known").into_inner();
            assert_eq!(cancelled.turn, Some(lost));
        });
    }
}

/// What no client should send: an answer or an error, and the next request is served.
#[test]
fn requests_that_are_too_much_are_refused() {
    use agent_contract::agent::rag_service_client::RagServiceClient;
    use agent_contract::agent::{RetrievalRequest, ToolRequest};
    use tonic::Code;
    let system = Agentd::start(&[]);
    set_state(&system, "the handbook is stored");
    let runtime = tokio::runtime::Runtime::new().expect("it starts");
    runtime.block_on(async {
        let mut rag = RagServiceClient::connect(system.grpc.clone()).await.expect("it is there");
        let query = |text: &str, top_k, min_score| RetrievalRequest {
            query: text.to_owned(),
            top_k,
            min_score,
            ..Default::default()
        };
        let code = |result: Result<_, tonic::Status>| result.err().map(|status| status.code());
        for (request, expected) in [
            (query("vacation", i32::MAX, 0.0), None),
            (query("vacation", -1, 0.0), Some(Code::InvalidArgument)),
            (query("vacation", 5, f32::NAN), Some(Code::InvalidArgument)),
            (query(&"vacation ".repeat(120_000), 5, 0.0), Some(Code::InvalidArgument)),
            (query(&"x".repeat(5 << 20), 5, 0.0), Some(Code::OutOfRange)),
        ] {
            let shown = format!("{} bytes, {}", request.query.len(), request.top_k);
            let found = rag.retrieve(request).await.map(|_| ());
            assert_eq!(code(found), expected, "{shown}");
        }
        use agent_contract::agent::tool_execution_service_client::ToolExecutionServiceClient;
        let mut tools =
            ToolExecutionServiceClient::connect(system.grpc.clone()).await.expect("it is there");
        let request = |expression: &str| ToolRequest {
            tool_name: "calculator".to_owned(),
            parameters: [("expression".to_owned(), expression.to_owned())].into(),
            ..Default::default()
        };
        for expression in [&*"(".repeat(200_000), "9**9**9**9"] {
            let answer = tools.execute_tool(request(expression)).await.expect("it is an answer");
            let answer = answer.into_inner();
            assert!(!answer.success && !answer.error_message.is_empty(), "{answer:?}");
        }
        let number = ToolRequest {
            parameters: [("expression".to_owned(), "7".to_owned())].into(),
            ..request("")
        };
        let answer = tools.execute_tool(number).await.expect("a text can look like a number");
        assert_eq!(answer.into_inner().result, "7");
        let nothing = ToolRequest { parameters: Default::default(), ..request("") };
        let refused = tools.execute_tool(nothing).await.expect_err("an argument is missing");
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(refused.message().contains("\"expression\""), "{}", refused.message());
    });
}

/// A chunk that is too long ends an upload; a text that is too long is a problem of its document.
#[test]
fn long_chunks_and_texts_are_refused() {
    use v2::bulk_ingest_documents_response::Result as Stored;
    use v2::rag_service_client::RagServiceClient;
    use v2::upload_document_request::Content;
    let system = Agentd::start(&[]);
    let runtime = tokio::runtime::Runtime::new().expect("it starts");
    runtime.block_on(async {
        let mut rag = RagServiceClient::connect(system.grpc.clone()).await.expect("it is there");
        let collection = "handbook".to_owned();
        let id = Some(v2::DocumentId { value: "long".to_owned() });
        let document = v2::Document { id, ..Default::default() };
        let long = "word ".repeat((1 << 20) / 5 + 1);
        let contents =
            [Content::Document(document.clone()), Content::Chunk(long.clone().into_bytes())];
        let upload = contents.map(|content| v2::UploadDocumentRequest {
            collection: collection.clone(),
            content: Some(content),
        });
        let refused = rag.upload_document(tokio_stream::iter(upload)).await;
        let refused = refused.expect_err("the chunk is too long");
        assert_eq!(refused.code(), tonic::Code::InvalidArgument);
        let texts = [long, "word".to_owned()].map(|text| v2::BulkIngestDocumentsRequest {
            collection: collection.clone(),
            document: Some(document.clone()),
            text,
        });
        let responses = rag.bulk_ingest_documents(tokio_stream::iter(texts)).await;
        let mut responses = responses.expect("it starts").into_inner();
        let mut stored = Vec::new();
        while let Some(response) = responses.message().await.expect("it goes on") {
            stored.push((response.index, response.result.expect("it is set")));
        }
        let [(0, Stored::Problem(problem)), (1, Stored::Outcome(_))] = &*stored else {
            panic!("{stored:?}");
        };
        assert_eq!(problem.code(), v2::ProblemCode::InvalidArgument);
    });
}

/// A grant for one conversation counts there only. The log has the reasons, each in one line.
#[cfg(unix)]
#[test]
fn a_grant_counts_in_its_conversation_and_its_reason_is_logged() {
    use v2::permission_service_client::PermissionServiceClient;
    use v2::tool_service_client::ToolServiceClient;
    let mut command = super::agentd();
    command.args(["--log", "info"]).stderr(std::process::Stdio::piped());
    let mut system = Agentd::run(&mut command);
    let mut stderr = system.process.stderr.take().expect("it is piped");
    let anna = Some(v2::PrincipalId { value: "anna".to_owned() });
    let runtime = tokio::runtime::Runtime::new().expect("it starts");
    runtime.block_on(async {
        let grpc = &system.grpc;
        let mut tools = ToolServiceClient::connect(grpc.clone()).await.expect("it is there");
        let mut permissions =
            PermissionServiceClient::connect(grpc.clone()).await.expect("it is there");
        let conversation_id = Some(v2::ConversationId { value: "c-1".to_owned() });
        let scope = v2::Scope {
            action: "tools.*".to_owned(),
            resource_type: "tool".to_owned(),
            resources: Some(v2::scope::Resources::AnyResource(v2::AnyResource {})),
        };
        let grant = v2::GrantPermissionRequest {
            request_id: "k".to_owned(),
            principal_id: anna.clone(),
            scopes: vec![scope],
            conversation_id: conversation_id.clone(),
            time_to_live: Some(prost_types::Duration { seconds: 60, nanos: 0 }),
            reason: "she asked\nfor it".to_owned(),
        };
        let granted = permissions.grant_permission(grant).await.expect("it is granted");
        for (conversation_id, expected) in [(conversation_id, true), (None, false)] {
            let principal_id = anna.clone();
            let request =
                v2::ListToolsRequest { principal_id, conversation_id, ..Default::default() };
            let listed = tools.list_tools(request).await.expect("they are listed").into_inner();
            assert_eq!(listed.tools.iter().any(|tool| tool.name == "send_email"), expected);
        }
        let grant_id = granted.into_inner().grant.and_then(|grant| grant.id);
        let revoke = v2::RevokeGrantRequest { grant_id, reason: "no longer needed".to_owned() };
        permissions.revoke_grant(revoke).await.expect("it is revoked");
    });
    system.end();
    let mut lines = String::new();
    stderr.read_to_string(&mut lines).expect("it is text");
    for reason in [
        "granted grant=\"grant-1\" principal=\"anna\" by=\"anonymous\" reason=\"she asked\\nfor it\"",
        "revoked grant=\"grant-1\" by=\"anonymous\" reason=\"no longer needed\"",
    ] {
        assert!(lines.contains(reason), "{lines}");
    }
}

/// A call beyond the limit is refused with a hint when to try again; one after it is served.
#[test]
fn calls_beyond_the_limit_are_refused() {
    for system in both("max-calls = 2\n", &[]) {
        set_state(&system, "the model is slow");
        let runtime = tokio::runtime::Runtime::new().expect("it starts");
        runtime.block_on(async {
            let mut client = v1(&system).await;
            let mut open = Vec::new();
            for session in 0..2 {
                open.push(client.stream_response(message(session)).await.expect("it starts"));
            }
            let refused = client.stream_response(message(2)).await.expect_err("it is one too many");
            assert_eq!(refused.code(), tonic::Code::ResourceExhausted);
            assert!(refused.metadata().contains_key("grpc-retry-pushback-ms"), "{refused:?}");
            for stream in open {
                assert!(read(stream.into_inner()).await.1, "it is complete");
            }
            client.stream_response(message(2)).await.expect("there is room again");
        });
    }
}

/// A turn goes on without its call, and counts: a client that gives up early cannot start any number.
#[test]
fn turns_that_outlive_their_calls_count() {
    for system in both("max-calls = 1\n", &[]) {
        set_state(&system, "conversation c-1 of anna, and the model is slow");
        let runtime = tokio::runtime::Runtime::new().expect("it starts");
        runtime.block_on(async {
            let mut v2 = V2::connect(system.grpc.clone()).await.expect("it is there");
            let mut stream =
                v2.stream_turn(turn("word ".repeat(600), false)).await.expect("it starts");
            stream.get_mut().message().await.expect("it is sent").expect("it is an event");
            drop(stream);
            let mut client = v1(&system).await;
            loop {
                let refused =
                    client.stream_response(message(0)).await.expect_err("it is one too many");
                assert_eq!(refused.code(), tonic::Code::ResourceExhausted);
                assert!(refused.metadata().contains_key("grpc-retry-pushback-ms"), "{refused:?}");
                // First that of the call, until the server has seen that its client has gone.
                if refused.message() == "the server has too many turns" {
                    break;
                }
            }
            let long_gone = v2::CreateConversationRequest {
                request_id: "r-2".to_owned(),
                time_to_live: Some(prost_types::Duration { seconds: -1, nanos: 0 }),
                ..Default::default()
            };
            let refused = v2.create_conversation(long_gone).await.expect_err("it is negative");
            assert_eq!(refused.code(), tonic::Code::InvalidArgument);
        });
    }
}

/// Returns a request for a turn in the conversation of [`set_state`].
fn turn(text: String, cancel_on_disconnect: bool) -> v2::StreamTurnRequest {
    let options = v2::TurnOptions { cancel_on_disconnect, ..Default::default() };
    v2::StreamTurnRequest {
        conversation_id: Some(v2::ConversationId { value: "c-1".to_owned() }),
        request_id: "r-1".to_owned(),
        input: Some(v2::TurnInput { text, ..Default::default() }),
        options: Some(options),
    }
}

/// Waits for the end of the turn of a request.
async fn finished(client: &mut V2, request: v2::StreamTurnRequest) -> v2::Turn {
    let v2::StreamTurnRequest { conversation_id, request_id, input, options } = request;
    let request = v2::RunTurnRequest { conversation_id, request_id, input, options };
    let response = client.run_turn(request).await.expect("the turn is known");
    response.into_inner().turn.expect("it has ended")
}

type V2 = v2::conversation_service_client::ConversationServiceClient<tonic::transport::Channel>;

fn token(event: v2::StreamTurnResponse) -> Option<i32> {
    match event.event.and_then(|event| event.kind) {
        Some(v2::turn_event::Kind::TokenChunk(chunk)) => Some(chunk.sequence_number),
        _ => None,
    }
}

/// A client that disappears: its turn stops if it said so, and goes on otherwise.
#[test]
fn a_turn_stops_with_its_client_only_if_it_said_so() {
    for system in both("", &[]) {
        let runtime = tokio::runtime::Runtime::new().expect("it starts");
        for (is_bound, expected) in
            [(true, v2::FinishReason::Cancelled), (false, v2::FinishReason::Stop)]
        {
            set_state(&system, "conversation c-1 of anna, and the model is slow");
            runtime.block_on(async {
                let request = turn("one two three four five six seven eight".to_owned(), is_bound);
                let mut gone = V2::connect(system.grpc.clone()).await.expect("it is there");
                let stream = gone.stream_turn(request.clone()).await.expect("it starts");
                let mut stream = stream.into_inner();
                while token(stream.message().await.expect("it is sent").expect("more")).is_none() {}
                drop((stream, gone));
                let mut client = V2::connect(system.grpc.clone()).await.expect("it is there");
                let turn = finished(&mut client, request).await;
                assert_eq!(turn.finish_reason(), expected);
                let tokens = turn.usage.expect("it is counted").output_tokens;
                assert_eq!(tokens < 12, is_bound, "{tokens}");
                // A call of RunTurn that ends early, too.
                set_state(&system, "conversation c-1 of anna, and the model is slow");
                let message = self::turn("word ".repeat(20), is_bound);
                let v2::StreamTurnRequest { conversation_id, request_id, input, options } =
                    message.clone();
                let run = v2::RunTurnRequest { conversation_id, request_id, input, options };
                let mut run = tonic::Request::new(run);
                run.set_timeout(std::time::Duration::from_millis(500));
                client.run_turn(run).await.expect_err("it is too late");
                assert_eq!(finished(&mut client, message).await.finish_reason(), expected);
            });
        }
    }
}

/// A client that does not read: its turn ends all the same, others are served, and it gets every
/// token when it reads at last.
#[test]
fn a_slow_reader_holds_up_nobody_and_gets_every_token() {
    const WORDS: usize = 1_000;
    for system in both("", &[]) {
        set_state(&system, "conversation c-1 of anna");
        let runtime = tokio::runtime::Runtime::new().expect("it starts");
        runtime.block_on(async {
            let request = turn("word ".repeat(WORDS) + &"x".repeat(100_000), false);
            let mut slow = V2::connect(system.grpc.clone()).await.expect("it is there");
            let mut stream =
                slow.stream_turn(request.clone()).await.expect("it starts").into_inner();
            let mut client = V2::connect(system.grpc.clone()).await.expect("it is there");
            let turn = finished(&mut client, request).await;
            assert_eq!(turn.finish_reason(), v2::FinishReason::Stop);
            let mut next = 0;
            while let Some(event) = stream.message().await.expect("it goes on") {
                if let Some(number) = token(event) {
                    assert_eq!(number, next);
                    next += 1;
                }
            }
            assert!(usize::try_from(next).is_ok_and(|next| next >= WORDS), "{next}");
        });
    }
}

/// Frames that are none: an error for the call, and the next call is served.
#[test]
fn malformed_frames_are_refused_and_the_server_goes_on() {
    use http_body_util::{BodyExt as _, Full};
    use tower::Service as _;
    let system = Agentd::start(&[]);
    let runtime = tokio::runtime::Runtime::new().expect("it starts");
    runtime.block_on(async {
        let channel = tonic::transport::Endpoint::from_shared(system.grpc.clone());
        let channel = channel.expect("it is a URL").connect().await.expect("it is there");
        let send = async |frame: &'static [u8]| {
            let body = tonic::body::Body::new(Full::new(tonic::codegen::Bytes::from_static(frame)));
            let request = http::Request::post("/agent.RAGService/Retrieve")
                .header("content-type", "application/grpc")
                .header("te", "trailers")
                .body(body)
                .expect("it is a request");
            let mut channel = channel.clone();
            std::future::poll_fn(|context| channel.poll_ready(context)).await.expect("it is there");
            let response = channel.call(request).await.expect("it answers");
            let status = response.headers().get("grpc-status").cloned();
            let body = response.into_body().collect().await.expect("it ends");
            let trailers = body.trailers().and_then(|all| all.get("grpc-status")).cloned();
            let status = status.or(trailers).expect("there is a status");
            tonic::Code::from_bytes(status.as_bytes())
        };
        for (frame, what) in [
            (&b"\0\0\0\0\x02\xff\xff"[..], "no message of protobuf"),
            (b"\x09\0\0\0\0", "an unknown flag"),
            (b"\0\xff\xff\xff\xff", "4 GiB are announced"),
            (b"\0\0\0\0\x05ab", "an end in the middle"),
            (b"", "no message"),
        ] {
            let code = tokio::time::timeout(std::time::Duration::from_secs(10), send(frame)).await;
            let code = code.unwrap_or_else(|_| panic!("{what}: no answer"));
            assert_ne!(code, tonic::Code::Ok, "{what}");
        }
        // A query, 1: "vacation", and top_k, 2: 1.
        let code = send(b"\0\0\0\0\x0c\x0a\x08vacation\x10\x01").await;
        assert_eq!(code, tonic::Code::Ok);
    });
    // Bytes that are no HTTP: the connection is closed.
    let host = system.grpc.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).expect("it is there");
    stream.set_read_timeout(Some(std::time::Duration::from_secs(10))).expect("it can be set");
    stream
        .write_all(&[0x16, 0x03, 0x01, 0, 0, 0xff, b'\r', b'\n', b'\r', b'\n'])
        .expect("it reads");
    let mut answer = Vec::new();
    // A reset is an end, too.
    let ended = stream.read_to_end(&mut answer);
    let is_time_out = ended.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
    assert!(!is_time_out, "the connection stays open");
}
