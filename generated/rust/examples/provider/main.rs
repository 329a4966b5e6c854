//! A small provider of both packages that keeps its data in memory. It answers as the comments of
//! the schema require, with a model that repeats what it was told. Contract tests can call it until
//! there is a real agent system, and it shows what an implementation of each service looks like.
//!
//! ```sh
//! cargo run -p agent-contract --example provider             # or: … provider 127.0.0.1:50051
//! listening on http://127.0.0.1:40123, states at http://127.0.0.1:40124/
//! ```
//!
//! The caller is the principal in the metadata `x-principal-id`, or `anonymous`. Principals whose
//! id begins with `agent-` are agents. All others are people, who may grant everything.
//!
//! - `store`: the data, and the states that tests can request
//! - `checks`: what is required of requests; deadlines
//! - `model`: the model, the tools and the search
//! - `turns`: turns of `agent.v2`, which go on when their call ends
//! - `v1` and `v2`: the services of the packages `agent` and `agent.v2`

mod checks;
mod model;
mod store;
mod turns;
mod v1;
mod v2;

use std::error::Error;
use std::io::{self, Write as _};

use agent_contract::agent;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tonic::transport::server::{Server, TcpIncoming};

use crate::store::Provider;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let incoming = TcpIncoming::bind(address.parse()?)?.with_nodelay(Some(true));
    let states = TcpListener::bind("127.0.0.1:0").await?;
    let (calls_at, states_at) = (incoming.local_addr()?, states.local_addr()?);
    println!("listening on http://{calls_at}, states at http://{states_at}/");
    io::stdout().flush()?;

    let provider = Provider::default();
    tokio::spawn(serve_states(states, provider.clone()));
    use agent::conversation_service_server::ConversationServiceServer;
    use agent::rag_service_server::RagServiceServer;
    use agent::tool_execution_service_server::ToolExecutionServiceServer;
    use agent::v2;
    Server::builder()
        .add_service(ConversationServiceServer::new(provider.clone()))
        .add_service(ToolExecutionServiceServer::new(provider.clone()))
        .add_service(RagServiceServer::new(provider.clone()))
        .add_service(v2::conversation_service_server::ConversationServiceServer::new(
            provider.clone(),
        ))
        .add_service(v2::memory_service_server::MemoryServiceServer::new(provider.clone()))
        .add_service(v2::permission_service_server::PermissionServiceServer::new(provider.clone()))
        .add_service(v2::rag_service_server::RagServiceServer::new(provider.clone()))
        .add_service(v2::tool_service_server::ToolServiceServer::new(provider))
        .serve_with_incoming(incoming)
        .await?;
    Ok(())
}

/// Sets up states. Each connection has one request, `POST /` with `{"consumer": …, "state": …}`.
async fn serve_states(listener: TcpListener, provider: Provider) {
    while let Ok((stream, _)) = listener.accept().await {
        if let Err(error) = set_state(stream, &provider).await {
            eprintln!("the request for a state failed: {error}");
        }
    }
}

async fn set_state(stream: TcpStream, provider: &Provider) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut length = 0;
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 2 {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
        line.clear();
    }
    let mut body = Vec::new();
    (&mut stream).take(length).read_to_end(&mut body).await?;
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    let status = match body["state"].as_str() {
        Some(state) if provider.set_state(state) => "200 OK",
        Some(_) => "404 Not Found",
        None => "400 Bad Request",
    };
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    stream.shutdown().await
}
