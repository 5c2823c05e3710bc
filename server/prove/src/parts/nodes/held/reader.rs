//! A client that reads a long response slowly. Its buffers are small, so that most of the response
//! stays in the program.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

use super::kernel;
use crate::Outcome;
use crate::parts::nodes::kept_alive::get;
use crate::parts::nodes::response::Head;

/// The receive buffer of the client. The kernel rounds it.
const BUFFER: usize = 4 * 1024;
/// The segment size. The buffer of the sender is a multiple of it, and on loopback the default is
/// so large that a whole response fits in.
const SEGMENT: u32 = 536;
/// How much is read at a time, how often, and with what pause.
const PIECE: usize = 64;
const PIECES: usize = 5;
const PAUSE: Duration = Duration::from_millis(10);
/// How long the connection rests before anything is measured: longer than a delayed
/// acknowledgement.
const REST: Duration = Duration::from_millis(60);
/// How long to wait for more bytes.
const LIMIT: Duration = Duration::from_secs(3);

/// The response.
#[derive(Clone, Copy)]
pub enum Target {
    /// A list with as many rows as allowed: one body of known length.
    List,
    /// An export of the audit log: a body that is read from the database in pieces.
    Export,
}

/// What was read in the end.
pub enum Read {
    /// A part of the response, or a refusal.
    CutOff,
    /// All of it. The kernel had it when the revocation was answered.
    InKernel,
    /// All of it, and this many bytes more than the kernel had then.
    Complete(u64),
}

/// A response that is read slowly.
pub struct Reader {
    stream: TcpStream,
    server: u16,
    client: u16,
    bytes: Vec<u8>,
    /// The bytes that were read or in the kernel when the revocation was answered.
    handed_over: u64,
}

impl Reader {
    /// Sends the request.
    ///
    /// # Errors
    /// If there is no connection.
    pub async fn begin(server: u16, key: &str, target: Target) -> Outcome<Self> {
        let path = match target {
            Target::List => "/api/v1/keys?limit=200",
            Target::Export => "/api/v1/audit-log/export",
        };
        let mut stream = connect(server).await?;
        let client = stream.local_addr()?.port();
        stream
            .write_all(get(server, path, key).as_bytes())
            .await?;
        Ok(Self {
            stream,
            server,
            client,
            bytes: Vec::new(),
            handed_over: 0,
        })
    }

    /// Reads the beginning of the response, a few bytes at a time.
    ///
    /// # Errors
    /// If there is no response.
    pub async fn read_a_little(&mut self) -> Outcome<()> {
        let mut piece = [0; PIECE];
        for _ in 0..PIECES {
            let read = timeout(LIMIT, self.stream.read(&mut piece)).await??;
            if read == 0 {
                return Err("a response ended before its key was revoked".into());
            }
            self.bytes.extend_from_slice(&piece[..read]);
            sleep(PAUSE).await;
        }
        sleep(REST).await;
        Ok(())
    }

    /// Notes how much of the response has left the program.
    ///
    /// # Errors
    /// If the kernel does not tell.
    pub fn look_into_kernel(&mut self) -> Outcome<()> {
        let unread = kernel::unread(self.server, self.client)?;
        self.handed_over = self.bytes.len() as u64 + unread;
        Ok(())
    }

    /// Reads the rest as fast as it comes.
    pub async fn rest(mut self) -> Read {
        loop {
            let head = Head::read(&self.bytes);
            if let Some(head) = &head
                && head.is_complete(&self.bytes)
            {
                return self.complete(head);
            }
            let read = timeout(LIMIT, self.stream.read_buf(&mut self.bytes)).await;
            if !matches!(read, Ok(Ok(1..))) {
                return Read::CutOff;
            }
        }
    }

    fn complete(&self, head: &Head) -> Read {
        let missing = (self.bytes.len() as u64).saturating_sub(self.handed_over);
        match (head.is_success(), missing) {
            (false, _) => Read::CutOff,
            (true, 0) => Read::InKernel,
            (true, _) => Read::Complete(missing),
        }
    }
}

async fn connect(port: u16) -> std::io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_recv_buffer_size(BUFFER)?;
    socket.set_tcp_mss(SEGMENT)?;
    socket.set_nonblocking(true)?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpSocket::from_std_stream(socket.into())
        .connect(address)
        .await
}
