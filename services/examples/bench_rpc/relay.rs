//! A relay of TCP connections that counts their bytes: what the programs write, without the headers of
//! TCP and IP.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use crate::Failed;

/// A running relay.
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    sent: AtomicUsize,
    received: AtomicUsize,
    connections: AtomicUsize,
}

impl Relay {
    pub(crate) async fn start(target: SocketAddr) -> Result<Self, Failed> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let relay = Relay { address: listener.local_addr()?, counts: Arc::default() };
        let counts = relay.counts.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(target).await else { continue };
                let _ = client.set_nodelay(true).and_then(|()| server.set_nodelay(true));
                counts.connections.fetch_add(1, Ordering::Relaxed);
                let (client_read, client_write) = client.into_split();
                let (server_read, server_write) = server.into_split();
                let (to, from) = (counts.clone(), counts.clone());
                tokio::spawn(async move { pass(client_read, server_write, &to.sent).await });
                tokio::spawn(async move { pass(server_read, client_write, &from.received).await });
            }
        });
        Ok(relay)
    }

    /// Returns the bytes so far: from the client, and from the server.
    pub(crate) fn bytes(&self) -> (usize, usize) {
        let read = |count: &AtomicUsize| count.load(Ordering::Relaxed);
        (read(&self.counts.sent), read(&self.counts.received))
    }

    pub(crate) fn connections(&self) -> usize {
        self.counts.connections.load(Ordering::Relaxed)
    }
}

/// Passes bytes on until one end closes.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, count: &AtomicUsize) {
    let mut part = vec![0; 64 << 10];
    while let Ok(length @ 1..) = from.read(&mut part).await {
        count.fetch_add(length, Ordering::Relaxed);
        if to.write_all(&part[..length]).await.is_err() {
            break;
        }
    }
}
