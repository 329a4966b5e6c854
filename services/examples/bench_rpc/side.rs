//! The sides of the comparison: a transport and a handler.

use std::net::SocketAddr;
use std::sync::Arc;

use agent_contract::agent;
use agent_contract::agent::rag_service_client::RagServiceClient;
use axum::body::Bytes;
use http::{Request, Uri, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic::transport::Channel;

use crate::Failed;
use crate::messages::{Documents, query};
use crate::server::Addresses;

/// The HTTP client of hyper, on which reqwest is built as well.
pub(crate) type Http = Arc<Client<HttpConnector, Full<Bytes>>>;

/// A transport and a handler.
pub(crate) enum Side {
    /// gRPC: one connection for all calls.
    Grpc(SocketAddr, Channel),
    /// HTTP/1.1: a pool of connections, or a new one for each call. The path of the handler.
    Http(SocketAddr, &'static str, bool, Http),
    /// TCP: a connection for each caller. The bytes of a request and of its answer.
    Tcp(SocketAddr, usize, usize),
}

/// Returns all sides but those of bare TCP, which need the sizes of the others.
pub(crate) fn all(addresses: &Addresses) -> Result<Vec<(&'static str, Side)>, Failed> {
    Ok(vec![
        ("grpc", grpc(addresses.grpc)?),
        ("http", http(addresses.http, "/retrieve", true)),
        ("http-new", http(addresses.http, "/retrieve", false)),
        ("gateway", http(addresses.gateway, "/v1/documents:retrieve", true)),
        ("grpc-fixed", grpc(addresses.grpc_fixed)?),
        ("http-fixed", http(addresses.http, "/fixed", true)),
        ("http-new-fixed", http(addresses.http, "/fixed", false)),
    ])
}

fn grpc(address: SocketAddr) -> Result<Side, Failed> {
    let channel = Channel::from_shared(format!("http://{address}"))?.connect_lazy();
    Ok(Side::Grpc(address, channel))
}

fn http(address: SocketAddr, path: &'static str, is_kept: bool) -> Side {
    Side::Http(address, path, is_kept, http_client(is_kept))
}

/// Returns a client that keeps its connections, or none of them.
pub(crate) fn http_client(is_kept: bool) -> Http {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let mut builder = Client::builder(TokioExecutor::new());
    if !is_kept {
        builder.pool_max_idle_per_host(0);
    }
    Arc::new(builder.build(connector))
}

/// Returns the documents that the measured calls retrieve.
pub(crate) async fn documents(addresses: &Addresses) -> Result<agent::RetrievalResponse, Failed> {
    let mut client = RagServiceClient::connect(format!("http://{}", addresses.grpc)).await?;
    Ok(client.retrieve(agent::RetrievalRequest::from(query())).await?.into_inner())
}

impl Side {
    pub(crate) fn address(&self) -> SocketAddr {
        match self {
            Side::Grpc(address, _) | Side::Http(address, ..) | Side::Tcp(address, ..) => *address,
        }
    }

    /// Returns the same side at another address, with connections of its own.
    pub(crate) fn at(&self, address: SocketAddr) -> Result<Side, Failed> {
        Ok(match self {
            Side::Grpc(..) => grpc(address)?,
            Side::Http(_, path, is_kept, _) => http(address, path, *is_kept),
            Side::Tcp(_, sent, received) => Side::Tcp(address, *sent, *received),
        })
    }

    /// Returns somebody who makes one call after the other.
    pub(crate) async fn connect(&self) -> Result<Caller, Failed> {
        Ok(match self {
            Side::Grpc(_, channel) => Caller::Grpc(RagServiceClient::new(channel.clone())),
            Side::Http(address, path, _, client) => {
                let url = format!("http://{address}{path}");
                Caller::Http(client.clone(), url.parse()?)
            }
            Side::Tcp(address, sent, received) => {
                let mut stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                stream.write_u32(u32::try_from(*sent)?).await?;
                stream.write_u32(u32::try_from(*received)?).await?;
                Caller::Tcp(stream, vec![0; *sent], vec![0; *received])
            }
        })
    }
}

/// Makes one call after the other.
pub(crate) enum Caller {
    Grpc(RagServiceClient<Channel>),
    Http(Http, Uri),
    Tcp(TcpStream, Vec<u8>, Vec<u8>),
}

impl Caller {
    /// Makes a call, and reads the documents of its answer.
    pub(crate) async fn call(&mut self) -> Result<(), Failed> {
        let found = match self {
            Caller::Grpc(client) => {
                let request = agent::RetrievalRequest::from(query());
                client.retrieve(request).await?.into_inner().documents.len()
            }
            Caller::Http(client, uri) => {
                let body = Full::from(serde_json::to_vec(&query())?);
                let request = Request::post(uri.clone())
                    .header(header::CONTENT_TYPE, "application/json")
                    .body(body)?;
                let body = client.request(request).await?.into_body().collect().await?.to_bytes();
                serde_json::from_slice::<Documents>(&body)?.documents.len()
            }
            Caller::Tcp(stream, request, response) => {
                stream.write_all(request).await?;
                stream.read_exact(response).await?;
                return Ok(());
            }
        };
        if found == 5 { Ok(()) } else { Err(format!("{found} documents").into()) }
    }
}
