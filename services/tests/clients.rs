//! The clients in `services/examples`, against an `agentd` with the documents of `services/corpus`.

use std::io::{Read, copy};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::faults::set_state;
use super::{Agentd, agentd, root, tool};

const QUESTION: &str = "How many vacation days do employees have?";
const PASSAGE: &str = "Employees have 30 vacation days a year. Days that are not used expire on 31 \
                       March of the next year.";
const NEXT_PASSAGE: &str =
    "Request vacation two weeks ahead. Your manager answers within three working days.";

/// Returns what the built-in model answers.
fn answer() -> String {
    format!("The document \"Vacation\" says: \"{PASSAGE}\"")
}

/// Stores the corpus in a file.
fn ingest(data: &str) {
    let mut ingest = agentd();
    ingest.args(["ingest", "--data", data]).stdout(Stdio::null());
    for entry in std::fs::read_dir(root().join("services/corpus")).expect("it is there") {
        ingest.arg(entry.expect("it can be read").path());
    }
    assert!(ingest.status().expect("it runs").success());
}

/// An `agentd` that has the corpus, and its data.
pub(super) struct Stored {
    pub(super) system: Agentd,
    pub(super) folder: tempfile::TempDir,
}

impl Stored {
    pub(super) fn start() -> Self {
        let folder = tempfile::tempdir().expect("it can be made");
        let data = folder.path().join("data.db");
        ingest(data.to_str().expect("it is text"));
        let system = Stored::serve(&folder, &[]);
        Stored { system, folder }
    }

    /// Starts it with a model that takes 100 ms for each token.
    fn slow(args: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("it can be made");
        let system = Stored::serve(&folder, args);
        set_state(&system, "the model is slow");
        ingest(folder.path().join("data.db").to_str().expect("it is text"));
        Stored { system, folder }
    }

    fn serve(folder: &tempfile::TempDir, args: &[&str]) -> Agentd {
        let data = folder.path().join("data.db");
        Agentd::start(&[&["--data", data.to_str().expect("it is text")], args].concat())
    }

    pub(super) fn address(&self) -> &str {
        self.system.grpc.trim_start_matches("http://")
    }
}

/// What a running program writes to one of its outputs.
struct Written {
    text: String,
    more: Receiver<String>,
}

impl Written {
    fn by(mut output: impl Read + Send + 'static) -> Self {
        let (sender, more) = channel();
        std::thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut part) {
                let text = String::from_utf8_lossy(&part[..count]).into_owned();
                if sender.send(text).is_err() {
                    break;
                }
            }
        });
        Written { text: String::new(), more }
    }

    /// Waits for a text, and returns what follows it in its line.
    fn after(&mut self, text: &str) -> String {
        loop {
            if let Some((_, rest)) = self.text.split_once(text)
                && let Some((line, _)) = rest.split_once('\n')
            {
                return line.to_owned();
            }
            self.read(text);
        }
    }

    /// Waits for a text.
    fn until(&mut self, text: &str) {
        while !self.text.contains(text) {
            self.read(text);
        }
    }

    fn read(&mut self, expected: &str) {
        let more = self.more.recv_timeout(Duration::from_secs(60));
        self.text.push_str(&more.unwrap_or_else(|_| panic!("no {expected:?}: {}", self.text)));
    }

    /// Returns all of it, when it has ended.
    fn whole(&mut self) -> String {
        self.text.extend(self.more.iter());
        std::mem::take(&mut self.text)
    }
}

/// A running client; it is ended when it is dropped.
struct Client {
    process: Child,
    stdout: Written,
    stderr: Written,
}

impl Client {
    fn start(command: &mut Command) -> Self {
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().expect("it starts");
        let stdout = Written::by(process.stdout.take().expect("it is piped"));
        let stderr = Written::by(process.stderr.take().expect("it is piped"));
        Client { process, stdout, stderr }
    }

    /// Waits for its end, and returns what it wrote: to standard output and standard error.
    fn end(mut self) -> (String, String) {
        let (stdout, stderr) = (self.stdout.whole(), self.stderr.whole());
        let status = self.process.wait().expect("it ends");
        assert!(status.success(), "{stdout}{stderr}");
        (stdout, stderr)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Runs a client to its end, and returns its standard output.
fn run(command: &mut Command) -> String {
    Client::start(command).end().0
}

fn python(program: &Path) -> Command {
    let mut python = Command::new(program);
    python.arg("-B").current_dir(root()).env("PYTHONPATH", "generated/python");
    python
}

/// The seed's Python client finds a document over its threshold; grpcurl lists, describes and calls
/// by reflection alone.
#[test]
fn clients_in_other_languages_work() {
    let stored = Stored::start();
    let address = stored.address();
    if let Some(program) = tool("WIREPROOF_PYTHON") {
        // Unchanged but for the address.
        let seed = include_str!("../../tests/generate/seed_client.py");
        let example = include_str!("../examples/retrieve.py");
        assert_eq!(example, seed.replace("rag-service", "localhost"));
        let client = seed.replace("rag-service:50051", address);
        let stdout = run(python(&program).args(["-c", &client]));
        assert!(stdout.starts_with("Score: 0."), "{stdout}");
        assert!(stdout.contains("The balance of an account is updated"), "{stdout}");
    }
    if let Some(grpcurl) = tool("WIREPROOF_GRPCURL") {
        let run = |args: &[&str]| -> String {
            let output = Command::new(&grpcurl).arg("-plaintext").args(args).output();
            let output = output.expect("it runs");
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{args:?}: {stderr}");
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        let services = run(&[address, "list"]);
        for service in ["agent.RAGService", "agent.v2.RagService", "grpc.health.v1.Health"] {
            assert!(services.lines().any(|line| line == service), "{service}: {services}");
        }
        let described = run(&[address, "describe", "agent.v2.ConversationService.StreamTurn"]);
        assert!(
            described.contains("returns ( stream .agent.v2.StreamTurnResponse )"),
            "{described}"
        );
        let query = r#"{"query": "vacation days", "topK": 1}"#;
        let found = run(&["-d", query, address, "agent.RAGService/Retrieve"]);
        assert!(found.contains("30 vacation days"), "{found}");
    }
}

#[test]
fn the_go_client_works() {
    // Who has the plugin has Go.
    if tool("WIREPROOF_PROTOC_GEN_GO").is_none() {
        return;
    }
    let stored = Stored::start();
    let client = stored.folder.path().join(format!("client{}", std::env::consts::EXE_SUFFIX));
    let mut build = Command::new("go");
    build.args(["build", "-mod=readonly", "-o"]).arg(&client).arg(".");
    run(build.current_dir(root().join("services/examples/go")));
    let stdout = run(Command::new(&client).args([stored.address(), QUESTION]));
    let lines: Vec<&str> = stdout.lines().collect();
    assert_eq!(lines.len(), 6, "{stdout}");
    assert!(lines[0].starts_with("Score: 0.") && lines[0].ends_with(&format!(" - {PASSAGE}")));
    assert!(lines[1].starts_with("Score: 0.") && lines[1].ends_with(&format!(" - {NEXT_PASSAGE}")));
    let passages = [PASSAGE, NEXT_PASSAGE].map(|text| format!("Passage: {text}"));
    assert_eq!(lines[2..4], passages);
    assert_eq!(lines[4..], [&*answer(), "Finished: FINISH_REASON_STOP"]);
}

/// The example `client`, which `cargo test` has built.
pub(super) fn rust_client(url: &str) -> Command {
    let own = std::env::current_exe().expect("it is known");
    let folder = own.ancestors().nth(2).expect("it is in a folder of the target folder");
    let client = folder.join(format!("examples/client{}", std::env::consts::EXE_SUFFIX));
    assert!(client.is_file(), "run `cargo build -p agentd --examples` first");
    let mut command = Command::new(client);
    command.args([url, QUESTION]);
    command
}

/// Checks all lines of its standard output from the passages on: each token once.
fn check_answer(lines: &[&str]) {
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert!(lines[0].starts_with("Passage: 0.") && lines[0].ends_with(PASSAGE), "{}", lines[0]);
    assert!(lines[1].starts_with("Passage: 0.") && lines[1].ends_with(NEXT_PASSAGE));
    assert_eq!(lines[2..], [&*answer(), "Finished: FINISH_REASON_STOP"]);
}

#[test]
fn the_rust_client_works() {
    let stored = Stored::start();
    let (stdout, stderr) = Client::start(&mut rust_client(&stored.system.grpc)).end();
    assert_eq!(stderr, "");
    let lines: Vec<&str> = stdout.lines().collect();
    assert!(lines[0].starts_with("Tools: ") && lines[0].contains("calculator"), "{stdout}");
    check_answer(&lines[1..]);
}

/// A server that is busy says when to come back.
#[test]
fn the_rust_client_waits_for_a_busy_server() {
    use agent_contract::agent::MessageRequest;
    use agent_contract::agent::conversation_service_client::ConversationServiceClient;
    let folder = tempfile::tempdir().expect("it can be made");
    let config = folder.path().join("agentd.toml");
    std::fs::write(&config, "max-calls = 1\n").expect("it can be written");
    let stored = Stored::slow(&["--config", config.to_str().expect("it is text")]);
    let runtime = tokio::runtime::Runtime::new().expect("it starts");
    // The answer repeats the message: it takes a minute.
    let message = MessageRequest {
        session_id: "s-1".to_owned(),
        user_message: "word ".repeat(600),
        ..MessageRequest::default()
    };
    let taken = runtime.block_on(async {
        let url = stored.system.grpc.clone();
        let mut client = ConversationServiceClient::connect(url).await.expect("it is there");
        client.stream_response(message).await.expect("it starts")
    });
    let mut client = Client::start(&mut rust_client(&stored.system.grpc));
    let refused = "agent.v2.ConversationService.CreateConversation: attempt 1: ResourceExhausted: ";
    assert_eq!(client.stderr.after(refused), "again in 500 ms");
    drop(taken);
    drop(runtime);
    let (stdout, _) = client.end();
    let lines: Vec<_> = stdout.lines().collect();
    // The tools are busy for the other turn, or not.
    let is_listed = lines.first().is_some_and(|line| line.starts_with("Tools: "));
    check_answer(&lines[usize::from(is_listed)..]);
}

/// A process that is killed, and started again with its data. The call that may not be repeated is not.
#[test]
fn the_rust_client_waits_for_a_server_that_is_started_again() {
    let Stored { system, folder } = Stored::start();
    let relay = Relay::start(&system.grpc);
    drop(system);
    let mut client = Client::start(&mut rust_client(&relay.url));
    client.stderr.until("agent.v2.RagService.Retrieve: attempt 1: ");
    let system = Stored::serve(&folder, &[]);
    relay.lead_to(&system.grpc);
    let (stdout, stderr) = client.end();
    assert!(stderr.starts_with("no tools: "), "{stderr}");
    assert!(!stderr.contains("ListTools: attempt"), "{stderr}");
    check_answer(&stdout.lines().collect::<Vec<_>>());
}

/// A connection that breaks in the middle of an answer: the rest follows, and no token comes twice.
#[test]
fn the_rust_client_resumes_a_stream() {
    let stored = Stored::slow(&[]);
    let relay = Relay::start(&stored.system.grpc);
    let mut client = Client::start(&mut rust_client(&relay.url));
    for part in ["The document", "says: \"Employees have"] {
        client.stdout.until(part);
        relay.cut();
    }
    let (stdout, stderr) = client.end();
    for attempt in [1, 2] {
        let line = format!("agent.v2.ConversationService.StreamTurn: attempt {attempt}: ");
        assert!(stderr.contains(&line), "{stderr}");
    }
    check_answer(&stdout.lines().skip(1).collect::<Vec<_>>());
}

/// A relay of connections, which can be cut.
struct Relay {
    url: String,
    /// The server's address.
    target: Arc<Mutex<String>>,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Relay {
    fn start(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let relay = Relay { url, target: Arc::default(), open: Arc::default() };
        relay.lead_to(target);
        let (target, open) = (relay.target.clone(), relay.open.clone());
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.expect("it is accepted");
                let target = target.lock().expect("nobody panicked").clone();
                // A client of a server that is not there is refused.
                let Ok(server) = TcpStream::connect(target) else { continue };
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let clone = |stream: &TcpStream| stream.try_clone().expect("it is open");
                    let (mut from, mut to) = (clone(from), clone(to));
                    std::thread::spawn(move || {
                        let _ = copy(&mut from, &mut to);
                        let _ = to.shutdown(Shutdown::Both);
                    });
                }
                open.lock().expect("nobody panicked").extend([client, server]);
            }
        });
        relay
    }

    /// Leads new connections to another server.
    fn lead_to(&self, url: &str) {
        let target = url.trim_start_matches("http://").to_owned();
        *self.target.lock().expect("nobody panicked") = target;
    }

    /// Cuts all connections.
    fn cut(&self) {
        for stream in self.open.lock().expect("nobody panicked").drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// Starts the example with FastAPI, and returns it with its URL.
fn fastapi(program: &Path, agentd: &str, args: &[&str]) -> (Client, String) {
    let mut command = python(program);
    command.args(["services/examples/fastapi_app.py", "--agentd", agentd, "--http", "0"]);
    let mut app = Client::start(command.args(args));
    let line = app.stderr.after("Uvicorn running on ");
    let url = line.split(' ').next().expect("it is there").to_owned();
    (app, url)
}

/// In a process of its own: JSON, server-sent events, deadlines and errors.
#[test]
fn fastapi_is_a_gateway() {
    let Some(program) = tool("WIREPROOF_PYTHON") else { return };
    let Stored { system, folder: _folder } = Stored::start();
    let address = system.grpc.trim_start_matches("http://");
    let (_app, url) = fastapi(&program, address, &[]);
    let post = |path: &str, question: &str, timeout: &[&str]| {
        // The session is named after the path: a turn that takes long has its own.
        let body = serde_json::json!({"question": question, "session_id": path}).to_string();
        let mut client = python(&program);
        client.args(["services/tests/fastapi_client.py", &format!("{url}{path}"), &body]);
        let stdout = run(client.args(timeout));
        let (head, body) = stdout.split_once('\n').expect("there is a status");
        (head.to_owned(), body.to_owned())
    };
    let json =
        |body: &str| -> serde_json::Value { serde_json::from_str(body).expect("it is JSON") };

    let (head, body) = post("/ask", QUESTION, &[]);
    assert_eq!(head, "200 application/json", "{body}");
    let sources = [PASSAGE, NEXT_PASSAGE];
    let expected =
        serde_json::json!({"answer": answer(), "session_id": "/ask", "sources": sources});
    assert_eq!(json(&body), expected);

    let (head, body) = post("/ask/stream", QUESTION, &[]);
    assert_eq!(head, "200 text/event-stream; charset=utf-8", "{body}");
    let (tokens, end) = body.split_once("event: ").expect("it has an end");
    assert_eq!(end, "end\ndata: {}\n\n");
    let text: String = tokens
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| json(data)["token"].as_str().expect("it is text").to_owned())
        .collect();
    assert_eq!(text, answer());

    // The answer repeats the message: it takes a minute. The gateway's deadline is that of the call.
    set_state(&system, "the model is slow");
    let long = "word ".repeat(600);
    let (head, body) = post("/ask", &long, &["200"]);
    assert_eq!(head, "504 application/json", "{body}");
    assert_eq!(json(&body)["code"], "DEADLINE_EXCEEDED");
    let (head, body) = post("/ask/stream", &long, &["5000"]);
    assert!(head.starts_with("200 ") && body.starts_with("data: {\"token\": "), "{head} {body}");
    let (_, error) = body.split_once("event: error\ndata: ").expect("it ends with an error");
    assert_eq!(json(error)["code"], "DEADLINE_EXCEEDED");

    drop(system);
    let (head, body) = post("/ask", QUESTION, &[]);
    assert_eq!(head, "503 application/json", "{body}");
    assert_eq!(json(&body)["code"], "UNAVAILABLE");
}

/// In one process with a gRPC server, which has a limit of its own and passes errors on.
#[test]
fn fastapi_and_a_grpc_server_share_a_process() {
    let Some(program) = tool("WIREPROOF_PYTHON") else { return };
    let stored = Stored::start();
    let args = ["--grpc", "127.0.0.1:0"];
    let (mut app, url) = fastapi(&program, stored.address(), &args);
    let port = app.stdout.after("gRPC on port ");
    let mut client = python(&program);
    client.args(["services/tests/grpc_in_fastapi.py", &format!("127.0.0.1:{port}")]);
    assert_eq!(run(&mut client), format!("3 {PASSAGE}\nINVALID_ARGUMENT\n"));
    let mut client = python(&program);
    let body = serde_json::json!({"question": QUESTION}).to_string();
    client.args(["services/tests/fastapi_client.py", &format!("{url}/ask"), &body]);
    let stdout = run(&mut client);
    assert!(stdout.starts_with("200 application/json\n") && stdout.contains("30 vacation days"));
}
