//! A TCP proxy before Postgres that can stop forwarding.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::Outcome;

/// The number of bytes that are forwarded at a time.
const PIECE: usize = 16 * 1024;

/// A proxy. While it is closed, no byte passes in either direction, and every connection stays
/// open. What was sent meanwhile arrives late, when it is opened again.
pub struct Proxy {
    port: u16,
    is_open: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Starts an open proxy before a port on 127.0.0.1.
    ///
    /// # Errors
    /// If there is no free port.
    pub async fn start(target: u16) -> Outcome<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let (is_open, watched) = watch::channel(true);
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(connect(client, target, watched.clone()));
            }
        });
        Ok(Self {
            port,
            is_open,
            accepting,
        })
    }

    /// Its port on 127.0.0.1.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Stops forwarding.
    pub fn close(&self) {
        self.is_open.send_replace(false);
    }

    /// Forwards again.
    pub fn open(&self) {
        self.is_open.send_replace(true);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn connect(client: TcpStream, target: u16, mut is_open: watch::Receiver<bool>) {
    if !opened(&mut is_open).await {
        return;
    }
    let Ok(server) = TcpStream::connect(("127.0.0.1", target)).await else {
        return;
    };
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::join!(
        forward(from_client, to_server, is_open.clone()),
        forward(from_server, to_client, is_open)
    );
}

async fn forward(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut is_open: watch::Receiver<bool>,
) {
    let mut piece = vec![0; PIECE];
    while let Ok(size @ 1..) = from.read(&mut piece).await {
        if !opened(&mut is_open).await || to.write_all(&piece[..size]).await.is_err() {
            break;
        }
    }
    // The end of a connection is not forwarded either while the proxy is closed.
    opened(&mut is_open).await;
    let _ = to.shutdown().await;
}

/// Waits until the proxy is open. Returns whether it still exists.
async fn opened(is_open: &mut watch::Receiver<bool>) -> bool {
    is_open.wait_for(|is_open| *is_open).await.is_ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn nothing_passes_while_it_is_closed_and_everything_afterwards() {
        let server = TcpListener::bind(("127.0.0.1", 0))
            .await
            .expect("a port");
        let target = server.local_addr().expect("an address").port();
        let proxy = Proxy::start(target).await.expect("a proxy");
        let mut client = TcpStream::connect(("127.0.0.1", proxy.port()))
            .await
            .expect("connected");
        let (mut served, _) = server.accept().await.expect("accepted");
        proxy.close();
        client.write_all(b"late").await.expect("sent");
        let mut piece = [0; 4];
        let waited = timeout(Duration::from_millis(50), served.read(&mut piece)).await;
        assert!(waited.is_err(), "something passed");
        proxy.open();
        served
            .read_exact(&mut piece)
            .await
            .expect("arrived");
        assert_eq!(&piece, b"late");
        drop(client);
        assert_eq!(served.read(&mut piece).await.expect("ended"), 0);
    }
}
