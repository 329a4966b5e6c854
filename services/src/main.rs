//! `agentd`: the agent system.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line prints")]

use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use agentd::config::{BaseUrl, Config, Log, ModelConfig, Role};
use agentd::gateway;
use agentd::ingest::{self, Ingested};
use agentd::rag::Rag;
use agentd::records::Records;
use agentd::system::{self, System};
use agentd::telemetry::Telemetry;
use agentd::tls;
use axum::serve::ListenerExt as _;
use clap::Parser;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tonic::Status;
use tonic::transport::server::{Server, TcpIncoming};

/// How long open calls have after Ctrl-C or SIGTERM: longer than a turn. A second signal ends them.
const DRAIN: Duration = Duration::from_secs(11 * 60);

/// Run the services of the agent system
#[derive(Debug, Parser)]
#[command(disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Read settings from this TOML file
    #[arg(long, env = "AGENTD_CONFIG", value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Run only these roles [default: all]
    #[arg(long = "role", value_name = "ROLE", value_delimiter = ',', global = true)]
    roles: Vec<Role>,
    /// Serve gRPC at this address
    #[arg(long, env = "AGENTD_GRPC", value_name = "HOST:PORT", global = true)]
    grpc: Option<SocketAddr>,
    /// Serve REST at this address
    #[arg(long, env = "AGENTD_GATEWAY", value_name = "HOST:PORT", global = true)]
    gateway: Option<SocketAddr>,
    /// Keep all data in this file [default: in memory]
    #[arg(long, env = "AGENTD_DATA", value_name = "FILE", global = true)]
    data: Option<PathBuf>,
    /// Send traces and metrics to this address with OTLP over gRPC
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL", global = true)]
    otlp: Option<String>,
    /// Write this much to standard error [default: warn]
    #[arg(long, env = "AGENTD_LOG", value_name = "LEVEL", global = true)]
    log: Option<Log>,
    /// Let the model behind this OpenAI-compatible API write answers
    #[arg(long, env = "AGENTD_MODEL_URL", value_name = "URL", global = true)]
    model_url: Option<String>,
    /// The name of that model
    #[arg(long, env = "AGENTD_MODEL_NAME", value_name = "NAME", global = true)]
    model_name: Option<String>,
    /// For contract tests: let anybody on this machine delete all data and set up states
    #[arg(long)]
    states: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Print the settings that result from file, environment and flags; API keys as `…1`, `…2`
    Config,
    /// Store text files (.txt, .md) as documents; a repeated run stores only what has changed
    Ingest {
        /// The collection of the documents
        #[arg(long, value_name = "NAME", default_value = "handbook")]
        collection: String,
        /// Delete all documents first, of all collections: after a change of the embedder
        #[arg(long)]
        fresh: bool,
        /// The files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

impl Cli {
    fn settings(&self) -> Result<Config, String> {
        let mut config = self.config.as_deref().map(Config::read).transpose()?.unwrap_or_default();
        if !self.roles.is_empty() {
            config.roles = self.roles.clone();
        }
        if let Some(grpc) = self.grpc {
            config.grpc = grpc;
        }
        if let Some(gateway) = self.gateway {
            config.gateway = gateway;
        }
        if let Some(data) = &self.data {
            config.data = Some(data.clone());
        }
        if let Some(otlp) = &self.otlp {
            config.otlp = Some(otlp.clone());
        }
        if let Some(log) = self.log {
            config.log = log;
        }
        if self.model_url.is_some() || self.model_name.is_some() {
            let before = config.model.take();
            // Not by clap, which would print a URL that is refused for its password.
            let url = self.model_url.as_deref().map(str::parse::<BaseUrl>).transpose();
            let url = url.map_err(|error| format!("--model-url: {error}"))?;
            let url = url.or(before.as_ref().map(|it| it.url.clone()));
            let name = self.model_name.clone().or(before.as_ref().map(|it| it.name.clone()));
            let (Some(url), Some(name)) = (url, name) else {
                return Err("a model has both --model-url and --model-name".to_owned());
            };
            // A key is for one server.
            let key_env = before.filter(|it| it.url == url).and_then(|it| it.key_env);
            config.model = Some(ModelConfig { url, name, key_env });
        }
        Ok(config)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("agentd: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: &Cli) -> Result<(), String> {
    let config = cli.settings()?;
    match &cli.command {
        Some(Command::Config) => {
            let text = toml::to_string(&config.masked()).map_err(|error| error.to_string())?;
            print!("{text}");
            return Ok(());
        }
        Some(Command::Ingest { collection, fresh, files }) => {
            return store(&config, collection, *fresh, files).await;
        }
        None => {}
    }
    let telemetry = Telemetry::start(&config)?;
    let served = serve(cli, &config, &telemetry).await;
    telemetry.end().await;
    served
}

/// Serves the roles until the process is told to end.
async fn serve(cli: &Cli, config: &Config, telemetry: &Telemetry) -> Result<(), String> {
    let at = |error: &dyn std::fmt::Display| format!("{}: {error}", config.grpc);
    let system = System::new(config).await?;
    let signals = signals()?;
    let incoming = TcpIncoming::bind(config.grpc).map_err(|error| at(&error))?;
    let address = incoming.local_addr().map_err(|error| at(&error))?;
    let mut builder = Server::builder();
    if let Some(tls) = &config.tls {
        builder = builder.tls_config(tls::server(tls)?).map_err(|error| at(&error))?;
    }
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    let mut line = format!("listening on {scheme}://{address}");
    if cli.states {
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|error| error.to_string())?;
        let states = listener.local_addr().map_err(|error| error.to_string())?;
        line.push_str(&format!(", states at http://{states}/"));
        tokio::spawn(axum::serve(listener, system.states.clone().router()).into_future());
    }
    tokio::spawn(system.cleaner.keep_running());
    let mut lines = format!("{line}\n");
    let gateway = match config.has(Role::Gateway) {
        true => Some(bind_gateway(config.gateway).await?),
        false => None,
    };
    if let Some((_, address)) = &gateway {
        lines.push_str(&format!("gateway at http://{address}\n"));
    }
    print!("{lines}");
    std::io::stdout().flush().map_err(|error| error.to_string())?;
    let routes = gateway::with_grpc_web(system.routes, system.limit, &config.clients);
    let grpc = async {
        builder
            .accept_http1(true)
            .add_routes(routes)
            .serve_with_incoming_shutdown(
                incoming.with_nodelay(Some(true)),
                ended(signals.clone(), 1),
            )
            .await
            .map_err(|error| at(&error))
    };
    let rest = async {
        let Some((listener, address)) = gateway else { return Ok(()) };
        let router = gateway::router(&system.links, &config.clients, &telemetry.recent);
        let listener = listener.tap_io(|stream| {
            // Slower without, but not wrong.
            let _ = stream.set_nodelay(true);
        });
        axum::serve(listener, router)
            .with_graceful_shutdown(ended(signals.clone(), 1))
            .await
            .map_err(|error| format!("{address}: {error}"))
    };
    tokio::select! {
        served = async { tokio::try_join!(grpc, rest) } => served.map(drop),
        () = overdue(signals.clone()) => Ok(()),
    }
}

/// Waits until the process has to end although calls are open: streams without an end, as that of
/// health, must not keep it for ever.
async fn overdue(signals: watch::Receiver<u32>) {
    ended(signals.clone(), 1).await;
    tokio::select! {
        () = ended(signals, 2) => {}
        () = tokio::time::sleep(DRAIN) => {}
    }
}

/// Returns the listener of the gateway, and its address.
async fn bind_gateway(address: SocketAddr) -> Result<(TcpListener, SocketAddr), String> {
    let at = |error: std::io::Error| format!("the gateway at {address}: {error}");
    let listener = TcpListener::bind(address).await.map_err(at)?;
    let address = listener.local_addr().map_err(at)?;
    Ok((listener, address))
}

/// Stores files as documents, with progress on a terminal.
async fn store(
    config: &Config,
    collection: &str,
    fresh: bool,
    files: &[PathBuf],
) -> Result<(), String> {
    let Some(data) = &config.data else {
        return Err("ingest needs --data FILE: documents in memory end with the command".to_owned());
    };
    let records =
        Records::open(Some(data)).map_err(|error| format!("{}: {error}", data.display()))?;
    let embedder = system::embedder(config.embeddings.as_ref())?;
    let at = |status: Status| format!("{}: {}", data.display(), status.message());
    if fresh {
        // Nothing is deleted for an embedder that fails.
        embedder.embed(vec!["test".to_owned()]).await.map_err(at)?;
    }
    let rag = Rag::new(records, &config.collections, embedder).map_err(at)?;
    if fresh { rag.clear() } else { rag.check() }.map_err(at)?;
    let is_terminal = std::io::stderr().is_terminal();
    let mut done = |number: usize| {
        if is_terminal {
            eprint!("\r{}", ingest::bar(number, files.len()));
        }
    };
    let result = ingest::ingest(&rag, collection, files, &mut done).await;
    if is_terminal {
        eprintln!();
    }
    let Ingested { created, replaced, unchanged } = result?;
    println!("{created} created, {replaced} replaced, {unchanged} unchanged");
    Ok(())
}

/// Counts Ctrl-C and, on Unix, SIGTERM. All who wait for the end see the same count, from the first
/// signal on: a signal that comes while the servers start is not lost.
fn signals() -> Result<watch::Receiver<u32>, String> {
    let (sender, receiver) = watch::channel(0);
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
            let mut signal = signal(kind).map_err(|error| format!("signals: {error}"))?;
            let sender = sender.clone();
            tokio::spawn(async move {
                while signal.recv().await.is_some() {
                    sender.send_modify(|count| *count += 1);
                }
            });
        }
    }
    #[cfg(not(unix))]
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            sender.send_modify(|count| *count += 1);
        }
    });
    Ok(receiver)
}

/// Waits until that many signals have come.
async fn ended(mut signals: watch::Receiver<u32>, count: u32) {
    // The sender is there as long as the process.
    let _ = signals.wait_for(|it| *it >= count).await;
}
