//! The program `agentd`, with its roles in one process and apart: every interaction of every consumer
//! holds, data is kept, and what is wrong is told.

mod clients;
mod embeddings;
mod endpoint;
mod faults;
mod fetch;
mod model;
#[cfg(unix)]
mod readme;
mod retrieval;
#[cfg(unix)]
mod tls;
#[cfg(unix)]
mod traces;
#[cfg(unix)]
mod web;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// More than any call of a test needs to end after SIGTERM.
#[cfg(unix)]
const DRAINED: std::time::Duration = std::time::Duration::from_secs(60);

/// A running `agentd`; it is ended when it is dropped.
struct Agentd {
    process: Child,
    grpc: String,
    states: String,
    /// The address of the gateway; empty if its role is not in this process.
    gateway: String,
    /// The other roles, with their names, if they run apart.
    others: Vec<(&'static str, Agentd)>,
}

fn agentd() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_agentd"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AGENTD_") {
            command.env_remove(name);
        }
    }
    command.env_remove("OTEL_EXPORTER_OTLP_ENDPOINT").env("AGENTD_LOG", "error");
    command
}

impl Agentd {
    fn start(args: &[&str]) -> Self {
        Agentd::start_with(args, &[])
    }

    fn start_with(args: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::run(agentd().args(args).envs(environment.iter().copied()))
    }

    fn run(command: &mut Command) -> Self {
        command.args(["--grpc", "127.0.0.1:0", "--gateway", "127.0.0.1:0", "--states"]);
        let mut process = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let mut stdout = BufReader::new(process.stdout.take().expect("it is piped"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("it prints its addresses");
        // Both lines are written at once.
        line.push_str(&String::from_utf8_lossy(stdout.buffer()));
        let mut urls = line.split([' ', ',', '\n']).filter(|word| word.contains("://"));
        let mut next = || urls.next().map(str::to_owned);
        let (Some(grpc), Some(states)) = (next(), next()) else { panic!("no address: {line}") };
        Agentd { process, grpc, states, gateway: next().unwrap_or_default(), others: Vec::new() }
    }

    /// Starts the conversation, with `settings`, beside the roles `others`; with none, all roles in one
    /// process.
    fn beside(others: Vec<(&'static str, Agentd)>, settings: &str, args: &[&str]) -> Self {
        if others.is_empty() {
            return Self::with_settings(settings, args);
        }
        let called: Vec<_> = others.iter().map(|(role, system)| (*role, system)).collect();
        let mut system = Apart::role("conversation", &called, settings, args);
        let hooks = others.iter().map(|(_, other)| other.states.clone());
        system.states = fan_out(hooks.chain([system.states.clone()]).collect());
        system.others = others;
        system
    }

    fn with_settings(settings: &str, args: &[&str]) -> Self {
        let mut file = tempfile::NamedTempFile::new().expect("it can be made");
        file.write_all(settings.as_bytes()).expect("it can be written");
        Agentd::start(&[&["--config", file.path().to_str().expect("it is text")], args].concat())
    }

    /// Kills the process, and starts it again without settings, beside the same others.
    fn again(mut self, args: &[&str]) -> Self {
        self.process.kill().expect("it is ours");
        self.process.wait().expect("it ends");
        Self::beside(std::mem::take(&mut self.others), "", args)
    }

    /// Ends the process as its user does, and waits until it has ended.
    #[cfg(unix)]
    fn end(mut self) {
        let pid = self.process.id().to_string();
        let signal = Command::new("kill").args(["-s", "TERM", &pid]).status();
        assert!(signal.expect("it runs").success());
        let begin = std::time::Instant::now();
        let status = loop {
            if let Some(status) = self.process.try_wait().expect("it can be asked") {
                break status;
            }
            assert!(begin.elapsed() < DRAINED, "agentd does not end after SIGTERM");
            std::thread::sleep(std::time::Duration::from_millis(20));
        };
        assert!(status.success());
    }
}

impl Drop for Agentd {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("it is in a folder").to_owned()
}

/// Verifies the interactions of all consumers, and returns the findings.
fn verify(target: &str, states: &str) -> Vec<String> {
    verify_with(target, states, wireproof::contract::Tls::default())
}

fn verify_with(target: &str, states: &str, tls: wireproof::contract::Tls) -> Vec<String> {
    use wireproof::contract::{Endpoint, Loaded, Questions, States, Version, load, verify};
    use wireproof::workspace::{self, Load, Options};
    let read = |input: &str| match workspace::load(input, &Options::new(root())) {
        Ok(Load::Ready(loaded)) => loaded.schema,
        _ => panic!("{input} compiles"),
    };
    let releases = ["v1.0.0", "v1.1.0", "v1.2.0"];
    let schemas = releases.map(|name| read(&format!("contracts/releases/{name}.binpb")));
    let tree = read("proto");
    let named = releases.iter().zip(&schemas);
    let versions = named.map(|(name, schema)| Version::new(name, schema));
    let versions: Vec<Version<'_>> = versions.chain([Version::unreleased(&tree)]).collect();
    let mut loaded = Loaded::default();
    for consumer in ["evaluation", "gateway", "mobile"] {
        let folder = root().join("contracts/interactions").join(consumer);
        for entry in std::fs::read_dir(folder).expect("it is there") {
            let path = entry.expect("it can be read").path();
            let content = std::fs::read(&path).expect("it can be read");
            load(&content, &path.display().to_string(), &versions, &mut loaded)
                .expect("it is YAML");
        }
    }
    assert!(loaded.findings.is_empty() && loaded.interactions.len() >= 54);
    let endpoint = Endpoint {
        url: target.to_owned(),
        tls,
        headers: Vec::new(),
        timeout: std::time::Duration::from_secs(10),
    };
    let questions = Questions { versions: &versions, methods: &[] };
    let states = States::parse(states, Path::new("."));
    let verified =
        verify(&loaded.interactions, &questions, &endpoint, &states).expect("it is reached");
    assert!(verified.calls > 0, "generated requests are sent");
    verified.findings.into_iter().map(|finding| finding.message).collect()
}

#[test]
fn all_interactions_hold_in_one_process() {
    let system = Agentd::start(&[]);
    assert_eq!(verify(&system.grpc, &system.states), Vec::<String>::new());
}

/// Each role is a process of its own; the conversation's process also answers for itself.
#[test]
fn all_interactions_hold_with_every_role_in_its_own_process() {
    let apart = Apart::start(&[]);
    let Apart { permission, memory, rag, tools, conversation } = &apart;
    let roles = [
        ("agent.ConversationService", conversation),
        ("agent.v2.ConversationService", conversation),
        ("agent.RAGService", rag),
        ("agent.v2.RagService", rag),
        ("agent.ToolExecutionService", tools),
        ("agent.v2.ToolService", tools),
        ("agent.v2.MemoryService", memory),
        ("agent.v2.PermissionService", permission),
    ];
    let proxy = proxy(roles.map(|(service, system)| (service, system.grpc.clone())).to_vec());
    assert_eq!(verify(&proxy, &apart.hook()), Vec::<String>::new());
}

/// All roles but the gateway, each in a process of its own.
struct Apart {
    permission: Agentd,
    memory: Agentd,
    rag: Agentd,
    tools: Agentd,
    conversation: Agentd,
}

impl Apart {
    fn start(args: &[&str]) -> Self {
        let permission = Self::role("permission", &[], "", args);
        let memory = Self::role("memory", &[], "", args);
        let rag = Self::role("rag", &[], "", args);
        let tools = Self::role("tools", &[("permission", &permission), ("rag", &rag)], "", args);
        let called =
            [("memory", &memory), ("permission", &permission), ("rag", &rag), ("tools", &tools)];
        let conversation = Self::role("conversation", &called, "", args);
        Apart { permission, memory, rag, tools, conversation }
    }

    /// Starts one role, with `settings`, which calls the `remote` ones.
    fn role(role: &str, remote: &[(&str, &Agentd)], settings: &str, args: &[&str]) -> Agentd {
        let entries = remote.iter().map(|(role, system)| format!("{role} = {:?}\n", system.grpc));
        let remote: String = entries.collect();
        Agentd::with_settings(&format!("roles = [{role:?}]\n{settings}[remote]\n{remote}"), args)
    }

    /// Returns the address of a hook that sets up a state in all of them.
    fn hook(&self) -> String {
        let Apart { permission, memory, rag, tools, conversation } = self;
        let all = [permission, memory, rag, tools, conversation];
        fan_out(all.map(|system| system.states.clone()).to_vec())
    }
}

/// Starts the system in both ways: all roles in one process, and each in one of its own. The second is
/// the process of the conversation. Settings and arguments are for that process.
fn both(settings: &str, args: &[&str]) -> [Agentd; 2] {
    let mut others: Vec<(&'static str, Agentd)> = Vec::new();
    for role in ["permission", "memory", "rag", "tools"] {
        let calls = |(name, _): &&(&'static str, Agentd)| role == "tools" && *name != "memory";
        let called: Vec<_> =
            others.iter().filter(calls).map(|(name, system)| (*name, system)).collect();
        let started = Apart::role(role, &called, "", &[]);
        others.push((role, started));
    }
    [Agentd::beside(Vec::new(), settings, args), Agentd::beside(others, settings, args)]
}

/// Serves, in front of roles that run apart, the services of all of them.
fn proxy(services: Vec<(&'static str, String)>) -> String {
    use tonic::service::AxumRouter;
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().expect("it starts");
        runtime.block_on(async move {
            let mut router = AxumRouter::new();
            for (service, url) in services {
                let link = agentd::links::remote(&url, None).expect("it is a URL");
                let link = tower::ServiceBuilder::new()
                    .map_request(|request: http::Request<_>| request.map(tonic::body::Body::new))
                    .map_err(|status: tonic::Status| panic!("the role is not there: {status}"))
                    .service(link);
                router = router.route_service(&format!("/{service}/{{*method}}"), link);
            }
            let incoming = tonic::transport::server::TcpIncoming::bind(
                "127.0.0.1:0".parse().expect("it is an address"),
            )
            .expect("there is a port");
            let address = incoming.local_addr().expect("it is bound");
            sender.send(format!("http://{address}")).expect("somebody waits");
            let routes = tonic::service::Routes::from(router);
            tonic::transport::Server::builder()
                .add_routes(routes)
                .serve_with_incoming(incoming)
                .await
                .expect("it serves");
        });
    });
    receiver.recv().expect("it starts")
}

/// Serves one hook for states that calls all of `hooks`.
fn fan_out(hooks: Vec<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let address = listener.local_addr().expect("it is bound");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("it is accepted");
            let mut request = Vec::new();
            let mut part = [0; 4096];
            // The body ends with the JSON object.
            while !request.ends_with(b"}") {
                let count = stream.read(&mut part).expect("it can be read");
                request.extend_from_slice(&part[..count]);
            }
            for hook in &hooks {
                let host = hook.trim_start_matches("http://").trim_end_matches('/');
                let mut own = TcpStream::connect(host).expect("the hook is there");
                own.write_all(&request).expect("it reads");
                let mut answer = String::new();
                own.read_to_string(&mut answer).expect("it answers");
                assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").expect("it reads");
        }
    });
    format!("http://{address}/")
}

/// Returns a tool that `cargo xtask tools` installs. Without it the test is skipped, but not in CI.
fn tool(variable: &str) -> Option<PathBuf> {
    let found = std::env::var_os(variable).map(PathBuf::from);
    if found.is_none() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{variable} is not set");
        let _ = writeln!(std::io::stderr(), "SKIPPED: {variable} is not set: `cargo xtask tools`");
    }
    found
}

/// Documents, conversations and grants are there again after a restart.
#[test]
fn data_is_kept() {
    let folder = tempfile::tempdir().expect("it can be made");
    let data = folder.path().join("data.db");
    let data = data.to_str().expect("it is text");
    let corpus = root().join("services/corpus");
    let ingest = |file: &str| -> Output {
        let file = corpus.join(file);
        let args = ["ingest", "--data", data];
        agentd().args(args).arg(file).output().expect("it runs")
    };
    let first = ingest("vacation.md");
    assert_eq!(String::from_utf8_lossy(&first.stdout), "1 created, 0 replaced, 0 unchanged\n");
    let again = ingest("vacation.md");
    assert_eq!(String::from_utf8_lossy(&again.stdout), "0 created, 0 replaced, 1 unchanged\n");

    use agent_contract::agent::v2::*;
    use conversation_service_client::ConversationServiceClient;
    let runtime = tokio::runtime::Runtime::new().expect("it starts");
    let connect = |url: &str| {
        let channel = tonic::transport::Endpoint::from_shared(url.to_owned()).expect("it is one");
        let channel = runtime.block_on(channel.connect()).expect("it is there");
        ConversationServiceClient::new(channel)
    };
    let system = Agentd::start(&["--data", data]);
    let mut client = connect(&system.grpc);
    let create = CreateConversationRequest { request_id: "r-1".to_owned(), ..Default::default() };
    let created = runtime.block_on(client.create_conversation(create)).expect("it is created");
    let id = created.into_inner().conversation.expect("it is there").id;
    let turn = RunTurnRequest {
        conversation_id: id.clone(),
        request_id: "r-2".to_owned(),
        input: Some(TurnInput {
            text: "How many vacation days a year do employees have?".to_owned(),
            ..Default::default()
        }),
        options: None,
    };
    let first = runtime.block_on(client.run_turn(turn.clone())).expect("it runs").into_inner();
    drop(system);

    let system = Agentd::start(&["--data", data]);
    let mut client = connect(&system.grpc);
    // A repeated request gets the turn that has ended.
    let again = runtime.block_on(client.run_turn(turn)).expect("it is there").into_inner();
    assert_eq!(first, again);
    let list = ListMessagesRequest { conversation_id: id, ..Default::default() };
    let listed = runtime.block_on(client.list_messages(list)).expect("they are there");
    let messages = listed.into_inner().messages;
    assert_eq!(messages.len(), 2);
    let answer = format!("{:?}", messages[1]);
    assert!(answer.contains("Employees have 30 vacation days a year."), "{answer}");
}

/// The settings are printed without secrets, and wrong ones are refused without them.
#[test]
fn settings_show_no_secret() {
    let folder = tempfile::tempdir().expect("it can be made");
    let file = folder.path().join("agentd.toml");
    let run = |text: &str, url: &str| {
        std::fs::write(&file, text).expect("it can be written");
        let mut command = agentd();
        command.arg("--config").arg(&file).arg("config").env("AGENTD_MODEL_KEY", "hidden-4");
        if !url.is_empty() {
            command.env("AGENTD_MODEL_URL", url).args(["--model-name", "m"]);
        }
        let Output { status, stdout, stderr } = command.output().expect("it runs");
        let text = String::from_utf8([stdout, stderr].concat()).expect("it is text");
        assert!(!text.contains("hidden"), "{text}");
        (status.success(), text)
    };
    let keys = "[clients.keys]\nhidden-2 = \"ben\"\nhidden-1 = \"anna\"\nhidden-3 = \"anna\"\n";
    let (is_fine, shown) = run(keys, "https://models.example/v1");
    assert!(is_fine, "{shown}");
    let masked = "\"…1\" = \"anna\"\n\"…2\" = \"ben\"\n\"…3\" = \"anna\"\n";
    assert!(shown.contains(&format!("[clients.keys]\n{masked}")), "{shown}");
    assert!(
        shown.contains("[model]\nurl = \"https://models.example/v1\"\nname = \"m\"\n"),
        "{shown}"
    );
    let message = "a URL of http or https without user, query and fragment is required";
    for (text, url, expected) in [
        (&*shown, "", "are those that `agentd config` prints"),
        ("[clients.keys]\nhidden-1 = 1\n", "", "agentd.toml:2: invalid type: integer"),
        ("", "https://u:hidden@models.example/v1", message),
        ("[model]\nurl = \"https://h/v1?key=hidden\"\nname = \"m\"\n", "", message),
    ] {
        let (is_fine, shown) = run(text, url);
        assert!(!is_fine && shown.contains(expected), "{expected}: {shown}");
    }
}

#[test]
fn what_is_wrong_is_told() {
    let folder = tempfile::tempdir().expect("it can be made");
    let file = folder.path().join("agentd.toml");
    let path = file.to_str().expect("it is text");
    for (text, args, expected) in [
        ("grcp = 1\n", &[][..], "unknown field `grcp`"),
        ("grpc = \"nowhere\"\n", &[], "invalid socket address"),
        (
            "",
            &["--role", "tools"],
            "the role tools calls the role permission, which is not in this process",
        ),
        ("", &["--role", "cooking"], "invalid value 'cooking'"),
        ("data = \"/no/such/folder/x.db\"\n", &[], "unable to open database file"),
        ("", &["ingest", "none.md"], "ingest needs --data FILE"),
    ] {
        std::fs::write(&file, text).expect("it can be written");
        let mut command = agentd();
        command.args(["--config", path, "--grpc", "127.0.0.1:0", "--gateway", "127.0.0.1:0"]);
        command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().expect("it starts");
        // One that serves would not end by itself.
        let mut line = String::new();
        let stdout = process.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("it is text");
        if !line.is_empty() {
            process.kill().expect("it is ours");
        }
        let output = process.wait_with_output().expect("it ends");
        assert_eq!(line, "", "{expected}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && stderr.contains(expected), "{expected}: {stderr}");
    }
    let output = agentd().args(["--role", "rag,tools", "config"]).output().expect("it runs");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains("roles = [\"rag\", \"tools\"]"), "{stdout}");
}
