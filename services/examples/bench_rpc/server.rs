//! The server: each kind of transport in front of the same handlers.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use agent_contract::agent;
use agent_contract::agent::conversation_service_server::{
    ConversationService, ConversationServiceServer,
};
use agent_contract::agent::rag_service_server::{RagService, RagServiceServer};
use agent_contract::agent::{
    MessageRequest, MessageResponse, RetrievalRequest, RetrievalResponse, TokenChunk,
};
use agentd::config::GatewayConfig;
use agentd::limits::Limit;
use agentd::links::{self, Links};
use agentd::rag::{Rag, StaticEmbedder};
use agentd::records::Records;
use agentd::telemetry::Recent;
use agentd::v1::RagV1;
use agentd::{Stream, gateway, ingest};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path as Part, State};
use axum::http::{StatusCode, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tonic::service::Routes;
use tonic::transport::server::{Server, TcpIncoming};
use tonic::{Request, Status};

use crate::Failed;
use crate::messages::{Documents, Query, Token, query};

/// Where the server listens.
#[derive(Serialize, Deserialize)]
pub(crate) struct Addresses {
    /// gRPC: retrieval.
    pub(crate) grpc: SocketAddr,
    /// gRPC: answers and tokens that were made before.
    pub(crate) grpc_fixed: SocketAddr,
    /// HTTP/1.1 with JSON: `/retrieve`, `/fixed`, `/tokens/COUNT/PACE`.
    pub(crate) http: SocketAddr,
    /// The gateway of `agentd`: `/v1/documents:retrieve`.
    pub(crate) gateway: SocketAddr,
    /// Bare TCP.
    pub(crate) tcp: SocketAddr,
}

/// Serves until the process is ended. Prints the addresses first.
pub(crate) async fn serve() -> Result<(), Failed> {
    let rag = stored().await?;
    let fixed = Fixed(rag.retrieve(Request::new(query().into())).await?.into_inner());
    let mut at = Vec::new();
    for _ in 0..5 {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        at.push((listener.local_addr()?, listener));
    }
    let Ok([grpc, grpc_fixed, http, gateway, tcp]) = <[_; 5]>::try_from(at) else {
        return Err("there are five listeners".into());
    };
    let addresses = Addresses {
        grpc: grpc.0,
        grpc_fixed: grpc_fixed.0,
        http: http.0,
        gateway: gateway.0,
        tcp: tcp.0,
    };
    println!("{}", serde_json::to_string(&addresses)?);
    let routes = Routes::new(RagServiceServer::new(rag.clone()));
    let links = Links { rag: links::local(routes.clone(), Limit::new(1000)), ..Links::nowhere() };
    let fixed_routes = Routes::new(RagServiceServer::new(fixed.clone()))
        .add_service(ConversationServiceServer::new(fixed.clone()));
    tokio::try_join!(
        serve_grpc(grpc.1, routes),
        serve_grpc(grpc_fixed.1, fixed_routes),
        serve_http(http.1, rest(rag, fixed)),
        serve_http(
            gateway.1,
            gateway::router(&links, &GatewayConfig::default(), &Recent::default())
        ),
        serve_tcp(tcp.1),
    )?;
    Ok(())
}

/// Returns retrieval from the documents of `services/corpus`, as `agentd` serves it.
async fn stored() -> Result<RagV1, Failed> {
    let collections = vec!["handbook".to_owned()];
    let rag = Rag::new(Records::open(None)?, &collections, Arc::new(StaticEmbedder::built_in()))?;
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let files = std::fs::read_dir(corpus)?.map(|entry| entry.map(|entry| entry.path()));
    let files: Vec<_> = files.collect::<std::io::Result<_>>()?;
    ingest::ingest(&rag, "handbook", &files, &mut |_| {}).await?;
    Ok(RagV1(rag, collections))
}

async fn serve_grpc(listener: TcpListener, routes: Routes) -> Result<(), Failed> {
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    Ok(Server::builder().add_routes(routes).serve_with_incoming(incoming).await?)
}

async fn serve_http(listener: TcpListener, router: Router) -> Result<(), Failed> {
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, router).await?)
}

/// Serves round trips: a client says once how long its requests and their answers are.
async fn serve_tcp(listener: TcpListener) -> Result<(), Failed> {
    loop {
        let (stream, _) = listener.accept().await?;
        // A client that goes ends its connection.
        tokio::spawn(async move { answer(stream).await.ok() });
    }
}

async fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut request = vec![0; stream.read_u32().await? as usize];
    let response = vec![0; stream.read_u32().await? as usize];
    loop {
        stream.read_exact(&mut request).await?;
        stream.write_all(&response).await?;
    }
}

/// Handlers that do nothing: what is left is the transport.
#[derive(Clone)]
struct Fixed(RetrievalResponse);

#[tonic::async_trait]
impl RagService for Fixed {
    async fn retrieve(
        &self,
        _: Request<RetrievalRequest>,
    ) -> Result<tonic::Response<RetrievalResponse>, Status> {
        Ok(tonic::Response::new(self.0.clone()))
    }
}

#[tonic::async_trait]
impl ConversationService for Fixed {
    type StreamResponseStream = Stream<TokenChunk>;

    async fn handle_message(
        &self,
        _: Request<MessageRequest>,
    ) -> Result<tonic::Response<MessageResponse>, Status> {
        Err(Status::unimplemented("it is not measured"))
    }

    async fn stream_response(
        &self,
        request: Request<MessageRequest>,
    ) -> Result<tonic::Response<Self::StreamResponseStream>, Status> {
        let MessageRequest { max_output_tokens, user_message, .. } = request.into_inner();
        let pace = user_message.parse().map_err(|_| Status::invalid_argument("no pace"))?;
        let tokens = tokens(max_output_tokens.unwrap_or_default(), pace);
        let chunks = tokens.map(|Token { token, is_final, sequence_number }| {
            Ok(TokenChunk { token, is_final, sequence_number, ..Default::default() })
        });
        Ok(tonic::Response::new(Box::pin(chunks)))
    }
}

/// Returns tokens, one every `pace` milliseconds; all at once if it is 0. The text of each is the time
/// at which it was made.
fn tokens(count: i32, pace: u64) -> impl futures_util::Stream<Item = Token> + Send {
    let ticks = (pace > 0).then(|| tokio::time::interval(Duration::from_millis(pace)));
    futures_util::stream::unfold((0, ticks), move |(index, mut ticks)| async move {
        if index == count {
            return None;
        }
        if let Some(ticks) = &mut ticks {
            ticks.tick().await;
        }
        let token = Token {
            token: format!("{:06} ", micros()),
            is_final: index + 1 == count,
            sequence_number: index,
        };
        Some((token, (index + 1, ticks)))
    })
}

/// Returns the microseconds of the current second.
pub(crate) fn micros() -> u32 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().subsec_micros()
}

/// Returns the routes of the same handlers with JSON.
fn rest(rag: RagV1, fixed: Fixed) -> Router {
    let stream = async |Part((count, pace)): Part<(i32, u64)>| {
        let event = |token: Token| {
            Ok::<_, serde_json::Error>(Event::default().data(serde_json::to_string(&token)?))
        };
        Sse::new(tokens(count, pace).map(event))
    };
    Router::new()
        .route("/retrieve", post(retrieve::<RagV1>).with_state(rag))
        .route("/fixed", post(retrieve::<Fixed>).with_state(fixed))
        .route("/tokens/{count}/{pace}", get(stream))
}

async fn retrieve<S: RagService>(State(service): State<S>, body: Bytes) -> Response {
    let Ok(query) = serde_json::from_slice::<Query>(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let request = agent::RetrievalRequest::from(query);
    let Ok(response) = service.retrieve(Request::new(request)).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    match serde_json::to_vec(&Documents::from(response.into_inner())) {
        Ok(json) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
