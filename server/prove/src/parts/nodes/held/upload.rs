//! A request whose body is sent in two pieces, the second one after its key was revoked.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::Outcome;
use crate::parts::nodes::response::Arrived;

/// How long to wait for a response.
const LIMIT: Duration = Duration::from_secs(3);

/// A request that waits for the rest of its body.
pub struct Upload {
    stream: TcpStream,
    rest: String,
}

impl Upload {
    /// Sends the first half of a request that creates a workspace. The handler waits for the rest
    /// then, because it has asked for the body (RFC 9110, 10.1.1).
    ///
    /// # Errors
    /// If it does not ask for it.
    pub async fn begin(port: u16, key: &str, workspace: &str) -> Outcome<Self> {
        let body = format!("{{\"name\":\"{workspace}\",\"provider\":\"openai\"}}");
        let head = format!(
            "POST /api/v1/workspaces HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\
             Authorization: Bearer {key}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
            body.len()
        );
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        stream.write_all(head.as_bytes()).await?;
        match Arrived::on(&mut stream, LIMIT).await {
            Arrived::Head(head) if head.status == 100 => {}
            Arrived::Head(head) => {
                return Err(format!(
                    "an upload was answered {} before its body",
                    head.status
                )
                .into());
            }
            Arrived::Closed | Arrived::Late => {
                return Err("nothing asked for the body of an upload".into());
            }
        }
        let (first, rest) = body.split_at(body.len() / 2);
        stream.write_all(first.as_bytes()).await?;
        Ok(Self {
            stream,
            rest: rest.to_owned(),
        })
    }

    /// Sends the rest. Returns what is wrong with the response. The connection may be closed.
    pub async fn finish(mut self, name: &str) -> Option<String> {
        let _ = self.stream.write_all(self.rest.as_bytes()).await;
        match Arrived::on(&mut self.stream, LIMIT).await {
            Arrived::Head(head) if head.status == 401 => None,
            Arrived::Head(head) => Some(format!("{name}: an upload answers {}", head.status)),
            Arrived::Closed => None,
            Arrived::Late => Some(format!("{name}: an upload is still open")),
        }
    }
}
