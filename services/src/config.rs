//! What the user sets: by file, environment and flags, the later first.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use reqwest::Url;
use serde::{Deserialize, Serialize};
use tracing_subscriber::filter::LevelFilter;

/// What is shown of an API key, before its number.
const MASK: &str = "…";

/// A part of the system that can run apart.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Conversations and turns, of both packages.
    Conversation,
    /// Memories.
    Memory,
    /// Grants.
    Permission,
    /// Documents and passages.
    Rag,
    /// Tools.
    Tools,
    /// REST, for clients outside of the system.
    Gateway,
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Role::Conversation => "conversation",
            Role::Memory => "memory",
            Role::Permission => "permission",
            Role::Rag => "rag",
            Role::Tools => "tools",
            Role::Gateway => "gateway",
        })
    }
}

/// The settings of `agentd`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The address of gRPC.
    pub grpc: SocketAddr,
    /// The roles of this process; empty for all.
    pub roles: Vec<Role>,
    /// The addresses of roles that run elsewhere: `http://host:port`, or `https` if they have TLS.
    pub remote: BTreeMap<Role, String>,
    /// The file of all data; none for data in memory.
    pub data: Option<PathBuf>,
    /// The collections of documents. A turn searches all of them.
    pub collections: Vec<String>,
    /// The most calls of a role at once, streams included. More are refused with RESOURCE_EXHAUSTED.
    pub max_calls: usize,
    /// The files for TLS; none for a server without it.
    pub tls: Option<Tls>,
    /// The authorities, in a PEM file, of the roles elsewhere and of the receiver of OTLP, if their URLs
    /// are `https`. None: the authorities of the system.
    pub ca: Option<PathBuf>,
    /// The address of the gateway.
    pub gateway: SocketAddr,
    /// The clients of the gateway.
    pub clients: GatewayConfig,
    /// The address to which traces and metrics are sent with OTLP over gRPC:
    /// `http://127.0.0.1:4317`, or `https`. None for no export.
    pub otlp: Option<String>,
    /// How much is written to standard error.
    pub log: Log,
    /// The model that writes answers; none for the one that comes with the program.
    pub model: Option<ModelConfig>,
    /// The model that embeds documents and queries; none for the one that comes with the program.
    pub embeddings: Option<EmbeddingsConfig>,
    /// The pages that the tool `fetch` may get.
    pub fetch: FetchConfig,
}

/// How much is written to standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Log {
    /// Nothing.
    Off,
    /// Errors of the program.
    Error,
    /// What needs attention, for example who still calls deprecated methods.
    #[default]
    Warn,
    /// A line for each call besides.
    Info,
}

impl Log {
    /// Returns the filter of lines.
    pub(crate) fn filter(self) -> LevelFilter {
        match self {
            Log::Off => LevelFilter::OFF,
            Log::Error => LevelFilter::ERROR,
            Log::Warn => LevelFilter::WARN,
            Log::Info => LevelFilter::INFO,
        }
    }
}

/// A model behind the API of OpenAI, or one like it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ModelConfig {
    /// The address of the API, without `/chat/completions`.
    pub url: BaseUrl,
    /// The name of the model, as the API knows it.
    pub name: String,
    /// The environment variable that has the key; AGENTD_MODEL_KEY by default.
    pub key_env: Option<String>,
}

/// An embedder behind the API of OpenAI, or one like it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EmbeddingsConfig {
    /// The address of the API, without `/embeddings`.
    pub url: BaseUrl,
    /// The name of the model, as the API knows it.
    pub name: String,
    /// The dimensions of the vectors, for models that leave the choice.
    pub dimensions: Option<usize>,
    /// The environment variable that has the key; AGENTD_EMBEDDINGS_KEY by default.
    pub key_env: Option<String>,
}

/// The pages that the tool `fetch` may get.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct FetchConfig {
    /// The addresses, each with all below it: `https://docs.example.com/guide/`. Without one there is
    /// no such tool.
    pub allow: Vec<BaseUrl>,
}

/// A URL of http or https without user, query and fragment: no place for a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// Returns its host, and its port if it has one.
    pub fn authority(&self) -> &str {
        self.0.authority()
    }

    /// Returns whether `url` is this address or one below it, of the same scheme, host and port.
    pub(crate) fn covers(&self, url: &Url) -> bool {
        let origin = |url: &Url| {
            let host = url.host_str().map(str::to_owned);
            (url.scheme().to_owned(), host, url.port_or_known_default())
        };
        let below = url.path().strip_prefix(self.0.path().trim_end_matches('/'));
        // Some servers take these for separators, or leave them out, so that `..` leads out again.
        let path = url.path().to_ascii_lowercase();
        let is_plain = !["%2f", "%5c", "%25", "..;"].iter().any(|part| path.contains(part));
        origin(&self.0) == origin(url)
            && !url.authority().contains('@')
            && below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            && is_plain
    }
}

impl FromStr for BaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| format!("invalid URL: {error}"))?;
        let has_more = url.authority().contains('@') || url.query().or(url.fragment()).is_some();
        if !["http", "https"].contains(&url.scheme()) || has_more {
            let message = "a URL of http or https without user, query and fragment is required";
            return Err(message.to_owned());
        }
        Ok(BaseUrl(url))
    }
}

impl TryFrom<String> for BaseUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<BaseUrl> for String {
    fn from(url: BaseUrl) -> String {
        url.to_string()
    }
}

impl std::fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

/// Who may call the gateway, from which web pages, and how often.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GatewayConfig {
    /// The principal of each API key. If there are no keys, no key is needed, and clients name
    /// their principal themselves.
    pub keys: BTreeMap<String, String>,
    /// The origins whose web pages may call the gateway (`https://app.example`), or `*` for all.
    pub origins: Vec<String>,
    /// The names by which clients call the gateway. Without keys, it refuses all others, but for
    /// addresses and `localhost`: web pages could use them.
    pub hosts: Vec<String>,
    /// The most calls a minute with one key. Without keys, of all clients together. 0 for no limit.
    pub requests_per_minute: u32,
}

/// The files for TLS, in PEM format.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tls {
    /// The server's certificate, and those that lead to its authority.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The authorities of clients' certificates; with it, clients need one.
    pub client_ca: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            grpc: SocketAddr::from(([127, 0, 0, 1], 50051)),
            roles: Vec::new(),
            remote: BTreeMap::new(),
            data: None,
            collections: vec!["handbook".to_owned(), "evaluation".to_owned()],
            max_calls: 1000,
            tls: None,
            ca: None,
            gateway: SocketAddr::from(([127, 0, 0, 1], 8080)),
            clients: GatewayConfig::default(),
            otlp: None,
            log: Log::default(),
            model: None,
            embeddings: None,
            fetch: FetchConfig::default(),
        }
    }
}

impl Config {
    /// Reads a file of settings in TOML.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or has an unknown key or a wrong value: the message has the number of
    /// the line, but not its text, which can be a secret.
    pub fn read(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
        let config: Config = toml::from_str(&text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            format!("{shown}:{}: {}", before.matches('\n').count() + 1, error.message())
        })?;
        if config.clients.keys.keys().any(|key| key.starts_with(MASK)) {
            return Err(format!(
                "{shown}: the keys of `clients.keys` are those that `agentd config` prints instead of \
                 the real ones"
            ));
        }
        Ok(config)
    }

    /// Returns the same settings without secrets. Each API key is a number; the principals stay.
    pub fn masked(&self) -> Self {
        let mut masked = self.clone();
        let principals = self.clients.keys.values().zip(1..);
        masked.clients.keys = principals
            .map(|(principal, number)| (format!("{MASK}{number}"), principal.clone()))
            .collect();
        masked
    }

    /// Whether a role runs in this process.
    pub fn has(&self, role: Role) -> bool {
        self.roles.is_empty() || self.roles.contains(&role)
    }
}
