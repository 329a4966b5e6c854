//! TLS: of servers and clients, between roles, and to what is outside.

use std::path::PathBuf;
use std::sync::Arc;

use agent_contract::agent::v2::conversation_service_client::ConversationServiceClient;
use agent_contract::agent::v2::turn_event::Kind;
use agent_contract::agent::v2::*;
use agentd::config::Config;
use agentd::links;
use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;
use tonic::transport::{Identity, Server, ServerTlsConfig};

use super::endpoint::{End, Endpoint, Reply, content, finish};
use super::{Agentd, Apart, traces, verify_with};

/// Certificates that sign themselves, so each is its own authority.
pub(super) struct Certificates(TempDir);

impl Certificates {
    fn new(names: &[&str]) -> Self {
        let made = Certificates(tempfile::tempdir().expect("it can be made"));
        for name in names {
            let key = KeyPair::generate().expect("there is randomness");
            let params = CertificateParams::new(["127.0.0.1".to_owned()]).expect("it is a name");
            let certificate = params.self_signed(&key).expect("it can be signed");
            for (extension, text) in [("pem", certificate.pem()), ("key", key.serialize_pem())] {
                let path = made.path(&format!("{name}.{extension}"));
                std::fs::write(path, text).expect("it can be written");
            }
        }
        made
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).expect("it is there")
    }

    /// Returns the table `[tls]` of a server that wants certificates of `client`.
    fn table(&self, client: &str) -> String {
        let [cert, key, client] = ["server.pem", "server.key", client].map(|name| self.path(name));
        format!("[tls]\ncert = {cert:?}\nkey = {key:?}\nclient-ca = {client:?}\n")
    }
}

/// All interactions hold over TLS; a client without a certificate is refused if one is needed.
#[test]
fn all_interactions_hold_over_tls() {
    let files = Certificates::new(&["server", "client"]);
    let system = Agentd::with_settings(&files.table("client.pem"), &[]);
    let without = wireproof::contract::Tls {
        cacert: Some(files.path("server.pem")),
        ..wireproof::contract::Tls::default()
    };
    let with = wireproof::contract::Tls {
        cert: Some(files.path("client.pem")),
        key: Some(files.path("client.key")),
        ..without.clone()
    };
    assert_eq!(verify_with(&system.grpc, &system.states, with), Vec::<String>::new());
    assert!(!verify_with(&system.grpc, &system.states, without).is_empty());
}

/// Returns the events of a turn that answers `text`. The settings say whom its client trusts.
fn turn(conversation: &Agentd, settings: &str, text: &str) -> Vec<Kind> {
    let config: Config = toml::from_str(settings).expect("they are settings");
    let tls = agentd::tls::client(&config, &conversation.grpc).expect("the files are there");
    let runtime = tokio::runtime::Runtime::new().expect("it starts");
    runtime.block_on(async {
        let link = links::remote(&conversation.grpc, tls).expect("it is a URL");
        let mut client = ConversationServiceClient::new(link);
        let create = CreateConversationRequest { request_id: "c".to_owned(), ..Default::default() };
        let created = client.create_conversation(create).await.expect("it is created");
        let input = TurnInput { text: text.to_owned(), ..TurnInput::default() };
        let request = StreamTurnRequest {
            conversation_id: created.into_inner().conversation.expect("it is there").id,
            request_id: "t".to_owned(),
            input: Some(input),
            ..StreamTurnRequest::default()
        };
        let mut events = client.stream_turn(request).await.expect("it begins").into_inner();
        let mut kinds = Vec::new();
        while let Some(event) = events.message().await.expect("it goes on") {
            kinds.extend(event.event.and_then(|event| event.kind));
        }
        kinds
    })
}

/// Roles that run apart call each other over TLS, each with a certificate of its own, and send their
/// traces over it. A role that does not trust the others says so.
#[test]
fn roles_call_each_other_over_tls() {
    let files = Certificates::new(&["server"]);
    let settings = format!("ca = {:?}\n{}", files.path("server.pem"), files.table("server.pem"));
    let identity = Identity::from_pem(files.read("server.pem"), files.read("server.key"));
    let server = Server::builder().tls_config(ServerTlsConfig::new().identity(identity));
    let (received, otlp) = traces::receiver_of(server.expect("it is one"), "https");
    let args = ["--otlp", &*otlp];
    let role = |name, remote: &[_]| Apart::role(name, remote, &settings, &args);
    let permission = role("permission", &[]);
    let memory = role("memory", &[]);
    let rag = role("rag", &[]);
    let tools = role("tools", &[("permission", &permission), ("rag", &rag)]);
    let called =
        [("memory", &memory), ("permission", &permission), ("rag", &rag), ("tools", &tools)];
    let conversation = role("conversation", &called);
    assert!(conversation.grpc.starts_with("https://"), "{}", conversation.grpc);
    let problems = |events: &[Kind]| -> Vec<String> {
        let of = |kind: &Kind| match kind {
            Kind::Problem(problem) => Some(problem.message.clone()),
            Kind::Finished(turn) => turn.problem.as_ref().map(|it| it.message.clone()),
            _ => None,
        };
        events.iter().filter_map(of).collect()
    };
    let events = turn(&conversation, &settings, "What is 17 * 23?");
    assert_eq!(problems(&events), Vec::<String>::new());
    assert!(events.iter().any(|kind| matches!(kind, Kind::ToolResult(_))), "{events:?}");

    let other = Certificates::new(&["server"]);
    let stranger = format!("ca = {:?}\n{}", other.path("server.pem"), files.table("server.pem"));
    let stranger = Apart::role("conversation", &called, &stranger, &[]);
    let problems = problems(&turn(&stranger, &settings, "What is 17 * 23?"));
    assert!(problems.iter().any(|it| it.contains("certificate")), "{problems:?}");

    drop((conversation, stranger));
    // The callers first.
    [tools, rag, memory, permission].into_iter().for_each(Agentd::end);
    assert!(received.span_count() > 4, "{} spans", received.span_count());
}

/// A model behind HTTPS answers if the system trusts its certificate.
#[tokio::test(flavor = "multi_thread")]
async fn a_model_behind_https_answers() {
    let files = Certificates::new(&["server", "other"]);
    let certificate = CertificateDer::from_pem_slice(&files.read("server.pem")).expect("it is PEM");
    let key = PrivateKeyDer::from_pem_slice(&files.read("server.key")).expect("it is PEM");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has them")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("they belong together");
    let reply = Reply::Events(vec![content("Tea."), finish("stop")], End::Done);
    let mock = Endpoint::start_with_tls(config, [reply]).await;
    let answers = |trusted: &str| {
        let path = files.path(trusted).display().to_string();
        let args = ["--model-url", &mock.url, "--model-name", "mock"];
        let system = Agentd::start_with(&args, &[("SSL_CERT_FILE", &path)]);
        tokio::task::block_in_place(|| turn(&system, "", "Tea or coffee?"))
    };
    let refused = format!("{:?}", answers("other.pem"));
    assert!(refused.contains("cannot be reached") && refused.contains("certificate"), "{refused}");
    let answered = format!("{:?}", answers("server.pem"));
    assert!(answered.contains("Tea."), "{answered}");
}
