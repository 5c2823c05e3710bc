//! A connection that is kept open between requests. It knows when a request began to be sent.

use std::io::{ErrorKind, Result};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::response::Head;

/// The timeout of a request. It is longer than any pause of a node.
const LIMIT: Duration = Duration::from_secs(8);
/// The initial capacity for a response.
const CAPACITY: usize = 4 * 1024;

/// A connection to a node. It is opened with the next request after it was lost.
pub struct KeptAlive {
    port: u16,
    stream: Option<TcpStream>,
    response: Vec<u8>,
}

impl KeptAlive {
    /// A connection that is not open yet.
    pub fn to(port: u16) -> Self {
        Self {
            port,
            stream: None,
            response: Vec::with_capacity(CAPACITY),
        }
    }

    /// Sends a request. Returns when its first byte was sent, and the status of the response, if
    /// all of it arrived.
    pub async fn send(&mut self, request: &[u8]) -> (Instant, Option<u16>) {
        let mut begun = Instant::now();
        let answered = timeout(LIMIT, self.exchange(request, &mut begun)).await;
        (begun, answered.ok().and_then(Result::ok))
    }

    /// The stream is put back only after a complete response, so it is closed in every other case.
    async fn exchange(&mut self, request: &[u8], begun: &mut Instant) -> Result<u16> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => connect(self.port).await?,
        };
        self.response.clear();
        *begun = Instant::now();
        stream.write_all(request).await?;
        loop {
            if stream.read_buf(&mut self.response).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            if let Some(head) = Head::read(&self.response)
                && head.is_complete(&self.response)
            {
                self.stream = Some(stream);
                return Ok(head.status);
            }
        }
    }
}

async fn connect(port: u16) -> Result<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// A request for a path with a key.
pub fn get(port: u16, path: &str, key: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n\r\n")
}
