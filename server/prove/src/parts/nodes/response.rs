//! Reads HTTP/1.1 responses from bytes, so that a test knows how much of a response has arrived.

use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The beginning of a response, or why there is none.
pub enum Arrived {
    /// Its head.
    Head(Head),
    /// The connection was closed first.
    Closed,
    /// Nothing happened in time.
    Late,
}

/// The head of a response.
pub struct Head {
    /// The status.
    pub status: u16,
    size: usize,
    length: Option<usize>,
    is_chunked: bool,
}

impl Arrived {
    /// Waits for the head of a response.
    pub async fn on(stream: &mut TcpStream, limit: Duration) -> Self {
        let mut bytes = Vec::new();
        let reading = async {
            loop {
                if let Some(head) = Head::read(&bytes) {
                    return Self::Head(head);
                }
                if !matches!(stream.read_buf(&mut bytes).await, Ok(1..)) {
                    return Self::Closed;
                }
            }
        };
        timeout(limit, reading)
            .await
            .unwrap_or(Self::Late)
    }
}

impl Head {
    /// The head at the start of these bytes, if all of it has arrived.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let end = bytes
            .windows(4)
            .position(|window| window == b"\r\n\r\n")?;
        let text = str::from_utf8(&bytes[..end]).ok()?;
        let mut lines = text.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers: Vec<_> = lines
            .filter_map(|line| line.split_once(':'))
            .collect();
        let value = |name: &str| {
            headers
                .iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.trim())
        };
        Some(Self {
            status,
            size: end + 4,
            length: value("content-length").and_then(|length| length.parse().ok()),
            is_chunked: value("transfer-encoding").is_some(),
        })
    }

    /// Whether the response with this head is complete in these bytes.
    pub fn is_complete(&self, bytes: &[u8]) -> bool {
        let body = bytes.get(self.size..).unwrap_or_default();
        match self.length {
            Some(length) => body.len() >= length,
            None if self.is_chunked => body.ends_with(b"0\r\n\r\n"),
            None => true,
        }
    }

    /// Whether it is a success.
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_complete_with_its_last_byte() {
        for whole in [
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
            "HTTP/1.1 401 Unauthorized\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        ] {
            let head = Head::read(whole.as_bytes()).expect("a head");
            assert!(head.is_complete(whole.as_bytes()), "{whole}");
            let part = &whole.as_bytes()[..whole.len() - 1];
            assert!(!head.is_complete(part), "{whole}");
            assert_eq!(head.is_success(), head.status == 200);
        }
        assert!(Head::read(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n").is_none());
        let empty = b"HTTP/1.1 204 No Content\r\n\r\n";
        assert!(Head::read(empty).is_some_and(|head| head.is_complete(empty)));
    }
}
