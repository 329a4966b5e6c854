//! HTTP/2 and gRPC frames: a connection, and messages as bytes, without generated code.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tonic::Status;
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::Service;
use tonic::codegen::http::{self, Uri};

use super::tls::{self, Tls};
use crate::error::{Error, Result};

/// The time in which a server has to accept a connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// How long a server may take for its first bytes until calls are made all the same.
const FIRST_BYTES: Duration = Duration::from_secs(1);

/// The beginning of a connection of HTTP/2, and an empty SETTINGS frame (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// The type of a SETTINGS frame.
const SETTINGS: u8 = 4;

/// Messages as bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bytes;

impl Codec for Bytes {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Bytes;
    type Decoder = Bytes;

    fn encoder(&mut self) -> Bytes {
        Bytes
    }

    fn decoder(&mut self) -> Bytes {
        Bytes
    }
}

impl Encoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        prost::bytes::BufMut::put_slice(buffer, &item);
        Ok(())
    }
}

impl Decoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut item = vec![0; prost::bytes::Buf::remaining(buffer)];
        prost::bytes::Buf::copy_to_slice(buffer, &mut item);
        Ok(Some(item))
    }
}

/// A server to connect to.
#[derive(Clone)]
pub(super) struct Server {
    /// `http://host:port` or `https://host:port`.
    pub(super) origin: Uri,
    /// `host:port`.
    address: String,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Server {
    /// Returns the server at `url`.
    ///
    /// # Errors
    ///
    /// The URL is none of a server, or a file of `tls` cannot be used.
    pub(super) fn new(url: &str, tls: &Tls) -> Result<Self> {
        let wrong = |what: &str| {
            Error::new(format!("{url:?} {what}"))
                .help("write http://127.0.0.1:50051, or https:// for TLS")
        };
        let trimmed = url.trim_end_matches('/');
        let (is_tls, address) = match trimmed.split_once("://") {
            Some(("http", address)) => (false, address),
            Some(("https", address)) => (true, address),
            _ => return Err(wrong("is not http://host:port")),
        };
        if address.contains('/') {
            return Err(wrong("has a path"));
        }
        let port = address.rsplit_once(':').map(|(host, port)| (host, port.parse::<u16>()));
        let Some((host, Ok(_))) = port else { return Err(wrong("has no port")) };
        if !is_tls && *tls != Tls::default() {
            return Err(wrong(
                "has no TLS, which --cacert, --cert, --key and --servername are for",
            ));
        }
        let origin = trimmed.parse().map_err(|_| wrong("is not http://host:port"))?;
        let tls = is_tls.then(|| tls.connector(host)).transpose()?;
        Ok(Server { origin, address: address.to_owned(), tls })
    }
}

/// A connection of HTTP/2, on which calls are made. tonic's own channel ends a call itself at its
/// deadline, so that one cannot see whether the server does.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    sender: http2::SendRequest<Body>,
}

impl Connection {
    /// Connects to a server.
    pub(super) async fn open(server: &Server) -> Result<Self, String> {
        let connect = async {
            let stream =
                TcpStream::connect(&server.address).await.map_err(|error| error.to_string())?;
            stream.set_nodelay(true).map_err(|error| error.to_string())?;
            let Some((connector, name)) = &server.tls else {
                return Connection::over(stream).await;
            };
            let stream = connector.connect(name.clone(), stream).await;
            let stream = stream.map_err(|error| format!("TLS failed: {error}"))?;
            if stream.get_ref().1.alpn_protocol() != Some(tls::HTTP2) {
                return Err("TLS failed: the server did not agree to HTTP/2 (ALPN h2)".to_owned());
            }
            Connection::over(stream).await
        };
        match tokio::time::timeout(CONNECT_LIMIT, connect).await {
            Ok(connection) => connection,
            Err(_) => Err(format!("no connection within {} s", CONNECT_LIMIT.as_secs())),
        }
    }

    /// Connects to a server, and waits a moment for what it says first: the frame SETTINGS, or it does
    /// not speak HTTP/2.
    pub(super) async fn check(server: &Server) -> Result<(), String> {
        Connection::open(server).await?;
        if server.tls.is_some() {
            // The protocol was agreed on.
            return Ok(());
        }
        let answer = async {
            let mut stream = TcpStream::connect(&server.address).await?;
            stream.write_all(PREFACE).await?;
            let mut first = [0; 4];
            stream.read_exact(&mut first).await?;
            Ok::<_, std::io::Error>(first)
        };
        // The length of a frame, and its type.
        match tokio::time::timeout(FIRST_BYTES, answer).await {
            Ok(Ok([_, _, _, SETTINGS])) | Ok(Err(_)) | Err(_) => Ok(()),
            Ok(Ok(first)) => {
                let spoken = if first == *b"HTTP" { "HTTP/1" } else { "another protocol" };
                Err(format!("the server speaks {spoken}, and gRPC needs HTTP/2"))
            }
        }
    }

    async fn over<S>(stream: S) -> Result<Self, String>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| chain(&error))?;
        // It ends with the last sender, or with an error that the calls see, too.
        tokio::spawn(async move { drop(connection.await) });
        Ok(Connection { sender })
    }
}

/// Returns the message for a call that ended without a status: the connection closed before it, or in
/// the middle of it.
pub(super) fn broken(error: &dyn std::error::Error) -> String {
    format!("the call broke off: {}", chain(error))
}

/// Returns an error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text
}

impl Service<http::Request<Body>> for Connection {
    type Response = http::Response<Incoming>;
    type Error = hyper::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, hyper::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), hyper::Error>> {
        self.sender.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(self.sender.send_request(request))
    }
}
