//! The stream of a connection. It closes connections whose client sends no request, or does not read
//! its response, and replaces the responses of hyper's parser with responses in the format of all
//! other errors.

use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::StatusCode;
use hyper::body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

/// How long a connection that is being closed waits for a client that is still sending. Closing a
/// socket with unread bytes resets the connection, and the client loses the response.
const LINGER: Duration = Duration::from_secs(1);
/// The number of bytes that are read and discarded meanwhile.
const MAX_DISCARDED: usize = 1024 * 1024;

/// When a response has to end even if its client does not read it: an extension of the response.
#[derive(Clone)]
pub struct EndsWith(Arc<dyn Fn() -> Ending + Send + Sync>);

/// Resolves when the response has to end.
pub type Ending = Pin<Box<dyn Future<Output = ()> + Send>>;

impl EndsWith {
    /// The response ends when the future resolves that this gives.
    pub fn new(ending: impl Fn() -> Ending + Send + Sync + 'static) -> Self {
        Self(Arc::new(ending))
    }
}

/// Whether the router is writing a response. Otherwise only the parser writes.
#[derive(Clone, Default)]
pub struct Exchange(Arc<State>);

#[derive(Default)]
struct State {
    is_running: AtomicBool,
    /// The number of requests that have begun.
    begun: AtomicU64,
    ending: Mutex<Option<Ending>>,
}

impl State {
    fn ending(&self) -> MutexGuard<'_, Option<Ending>> {
        self.ending
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Exchange {
    /// Marks the router as writing, until the guard and the body that it moves into are dropped.
    pub fn begin(&self) -> Running {
        *self.0.ending() = None;
        self.0.begun.fetch_add(1, Ordering::Relaxed);
        self.0.is_running.store(true, Ordering::Release);
        Running(self.0.clone())
    }

    fn is_running(&self) -> bool {
        self.0.is_running.load(Ordering::Acquire)
    }

    fn begun(&self) -> u64 {
        self.0.begun.load(Ordering::Relaxed)
    }

    /// Notes that everything was given to the kernel.
    fn flushed(&self) {
        if !self.is_running() {
            *self.0.ending() = None;
        }
    }

    /// Whether the response has to end now.
    fn has_to_end(&self, cx: &mut Context<'_>) -> bool {
        let mut ending = self.0.ending();
        let is_over = ending
            .as_mut()
            .is_some_and(|ending| ending.as_mut().poll(cx).is_ready());
        if is_over {
            // It stays over: a future must not be polled after its end.
            *ending = Some(Box::pin(std::future::poll_fn(|_| Poll::Ready(()))));
        }
        is_over
    }
}

/// A response in progress.
pub struct Running(Arc<State>);

impl Running {
    /// Ends the response when it has to, even if the client does not read it.
    pub fn ends_with(&self, end: &EndsWith) {
        *self.0.ending() = Some((end.0)());
    }

    /// Keeps the guard until the body has been sent.
    pub fn until_sent(self, body: Body) -> Body {
        Body::new(Answering {
            body,
            _running: self,
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The ending stays: the last bytes of the response may still be in a buffer.
        self.0.is_running.store(false, Ordering::Release);
    }
}

struct Answering {
    body: Body,
    _running: Running,
}

impl HttpBody for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<std::result::Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        HttpBody::size_hint(&self.body)
    }
}

/// A response in progress, as bytes.
pub type PendingResponse = Pin<Box<dyn Future<Output = Vec<u8>> + Send>>;
/// Creates the response to a request that the parser has rejected with this status.
pub type Refuse = Box<dyn Fn(StatusCode) -> PendingResponse + Send + Sync>;

/// How long a connection waits for its client.
#[derive(Clone, Copy)]
pub struct Patience {
    /// For the head of a request.
    pub head: Duration,
    /// While it reads nothing of a response.
    pub unread: Duration,
}

/// The wait for the head of a request.
struct HeadWait {
    /// How many requests had begun before.
    after: u64,
    since: Instant,
    /// It is not reset for each request, because that costs more than to look at `since` when it
    /// elapses.
    timer: Pin<Box<Sleep>>,
}

/// A connection.
pub struct Wire<S> {
    stream: S,
    exchange: Exchange,
    refuse: Refuse,
    patience: Patience,
    head: Option<HeadWait>,
    stalled: Option<Pin<Box<Sleep>>>,
    making: Option<PendingResponse>,
    own: Vec<u8>,
    refused: bool,
    lingering: Option<(Pin<Box<Sleep>>, usize)>,
}

impl<S> Wire<S> {
    /// Wraps a stream.
    pub fn new(stream: S, exchange: Exchange, patience: Patience, refuse: Refuse) -> Self {
        Self {
            stream,
            exchange,
            refuse,
            patience,
            head: None,
            stalled: None,
            making: None,
            own: Vec::new(),
            refused: false,
            lingering: None,
        }
    }

    /// Closes a connection whose client reads nothing. Every byte that it reads restarts the timer.
    fn watched<T>(&mut self, cx: &mut Context<'_>, written: Poll<Result<T>>) -> Poll<Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        if self.exchange.has_to_end(cx) {
            return Poll::Ready(Err(Error::new(
                ErrorKind::ConnectionAborted,
                "the response must not be completed",
            )));
        }
        let patience = self.patience.unread;
        let timer = self
            .stalled
            .get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Err(Error::new(
            ErrorKind::TimedOut,
            "the client does not read its response",
        )))
    }

    /// Closes a connection whose client does not complete the head of a request in time.
    fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let (after, patience) = (self.exchange.begun(), self.patience.head);
        let head = self.head.get_or_insert_with(|| {
            let since = Instant::now();
            HeadWait {
                after,
                since,
                timer: Box::pin(sleep_until(since + patience)),
            }
        });
        if head.after != after {
            (head.after, head.since) = (after, Instant::now());
        }
        while head.timer.as_mut().poll(cx).is_ready() {
            let end = head.since + patience;
            if end <= Instant::now() {
                return Poll::Ready(Err(Error::new(
                    ErrorKind::TimedOut,
                    "the client does not send the head of a request",
                )));
            }
            head.timer.as_mut().reset(end);
        }
        Poll::Pending
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// Writes the response that replaces that of the parser.
    fn poll_own(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        if let Some(making) = &mut self.making {
            let bytes = ready!(making.as_mut().poll(cx));
            self.making = None;
            self.own.extend(bytes);
        }
        while !self.own.is_empty() {
            let written = Pin::new(&mut self.stream).poll_write(cx, &self.own);
            let written = ready!(self.watched(cx, written))?;
            if written == 0 {
                return Poll::Ready(Err(ErrorKind::WriteZero.into()));
            }
            self.own.drain(..written);
        }
        Poll::Ready(Ok(()))
    }

    /// Reads for a moment, so that the client can read the last response.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut scratch = [0; 4096];
        loop {
            let (timer, discarded) = self
                .lingering
                .get_or_insert_with(|| (Box::pin(sleep(LINGER)), 0));
            if *discarded > MAX_DISCARDED || timer.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            let mut buffer = ReadBuf::new(&mut scratch);
            match Pin::new(&mut self.stream).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    *discarded += buffer.filled().len()
                }
                // Wait only for a client that is still sending.
                Poll::Pending if self.refused || *discarded > 0 => return Poll::Pending,
                _ => return Poll::Ready(()),
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if read.is_pending() && !self.exchange.is_running() {
            return self.poll_head(cx);
        }
        read
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        ready!(self.poll_own(cx))?;
        if !self.exchange.is_running()
            && let Some((before, status)) = automatic(bytes)
        {
            self.own.extend_from_slice(before);
            self.making = Some((self.refuse)(status));
            self.refused = true;
            return Poll::Ready(Ok(bytes.len()));
        }
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watched(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let mut filled = slices.iter().filter(|slice| !slice.is_empty());
        // A response of the parser has no body.
        if let (Some(only), None) = (filled.next(), filled.next())
            && !self.exchange.is_running()
            && automatic(only).is_some()
        {
            return self.poll_write(cx, only);
        }
        ready!(self.poll_own(cx))?;
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.watched(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        ready!(self.poll_own(cx))?;
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        if let Poll::Ready(Ok(())) = flushed {
            self.exchange.flushed();
        }
        self.watched(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        if self.lingering.is_none() {
            ready!(self.poll_own(cx))?;
            let ended = Pin::new(&mut self.stream).poll_shutdown(cx);
            ready!(self.watched(cx, ended))?;
        }
        ready!(self.poll_linger(cx));
        Poll::Ready(Ok(()))
    }
}

/// Finds a response of the parser, and what is in the buffer before it. It is recognized by its few
/// headers, because every response of the router has more.
fn automatic(bytes: &[u8]) -> Option<(&[u8], StatusCode)> {
    const MAX_LENGTH: usize = 200;
    let from = bytes.len().saturating_sub(MAX_LENGTH);
    let begin = from
        + bytes[from..]
            .windows(9)
            .rposition(|window| window == b"HTTP/1.1 " || window == b"HTTP/1.0 ")?;
    let head = str::from_utf8(&bytes[begin..])
        .ok()?
        .strip_suffix("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?;
    let is_bare = |line: &str| {
        let line = line.to_ascii_lowercase();
        line == "content-length: 0" || line == "connection: close" || line.starts_with("date: ")
    };
    let status = StatusCode::from_bytes(status.as_bytes())
        .ok()
        .filter(StatusCode::is_client_error)?;
    if lines.all(is_bare) {
        Some((&bytes[..begin], status))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    const PATIENCE: Patience = Patience {
        head: Duration::from_secs(10),
        unread: Duration::from_secs(30),
    };

    fn refuse() -> Refuse {
        Box::new(|status| Box::pin(async move { format!("OURS {}", status.as_u16()).into_bytes() }))
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_complete_a_head_is_disconnected() {
        let exchange = Exchange::default();
        let (server, mut client) = duplex(64);
        let mut wire = Wire::new(server, exchange.clone(), PATIENCE, refuse());
        let mut byte = [0];
        let begin = Instant::now();
        // A request every nine seconds keeps the connection open.
        for _ in 0..3 {
            sleep(Duration::from_secs(9)).await;
            client.write_all(b"x").await.expect("written");
            wire.read_exact(&mut byte).await.expect("read");
            let waiting = tokio::time::timeout(Duration::from_millis(1), wire.read(&mut byte));
            assert!(waiting.await.is_err(), "nothing to read");
            // However long it takes.
            let running = exchange.begin();
            let waiting = tokio::time::timeout(Duration::from_secs(60), wire.read(&mut byte));
            assert!(waiting.await.is_err(), "a request runs");
            drop(running);
        }
        // Its bytes do not.
        let dripping = tokio::spawn(async move {
            for _ in 0..30 {
                sleep(Duration::from_secs(1)).await;
                if client.write_all(b"x").await.is_err() {
                    break;
                }
            }
        });
        let idle_since = Instant::now();
        let error = loop {
            if let Err(error) = wire.read_exact(&mut byte).await {
                break error;
            }
        };
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert_eq!(idle_since.elapsed().as_secs(), 10);
        assert!(begin.elapsed() > Duration::from_secs(200));
        dripping.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_reads_nothing_is_disconnected() {
        let exchange = Exchange::default();
        let _running = exchange.begin();
        let (server, _client) = duplex(64);
        let mut wire = Wire::new(server, exchange.clone(), PATIENCE, refuse());
        let error = wire
            .write_all(&[0; 1000])
            .await
            .expect_err("the client does not read");
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        // Every read restarts the timer.
        let (server, mut client) = duplex(64);
        let mut wire = Wire::new(server, exchange, PATIENCE, refuse());
        let reading = async {
            for _ in 0..100 {
                sleep(Duration::from_secs(29)).await;
                client
                    .read_exact(&mut [0; 10])
                    .await
                    .expect("read");
            }
        };
        let (written, ()) = tokio::join!(wire.write_all(&[0; 1000]), reading);
        written.expect("written");
    }

    // P2
    #[tokio::test]
    async fn an_unread_response_ends_when_it_has_to() {
        let exchange = Exchange::default();
        let running = exchange.begin();
        let (end, ended) = tokio::sync::watch::channel(false);
        running.ends_with(&EndsWith::new(move || {
            let mut ended = ended.clone();
            Box::pin(async move {
                let _ = ended.wait_for(|ended| *ended).await;
            })
        }));
        let (server, _client) = duplex(64);
        let mut wire = Wire::new(server, exchange.clone(), PATIENCE, refuse());
        let writing = tokio::spawn(async move { wire.write_all(&[0; 1000]).await });
        tokio::task::yield_now().await;
        end.send_replace(true);
        let error = writing.await.expect("joined").expect_err("ended");
        assert_eq!(error.kind(), ErrorKind::ConnectionAborted);
        // It ends until all of it was given to the kernel, also when the body is gone.
        drop(running);
        assert!(exchange.0.ending().is_some());
        let (server, _client) = duplex(64);
        let mut wire = Wire::new(server, exchange.clone(), PATIENCE, refuse());
        wire.flush().await.expect("flushed");
        assert!(exchange.0.ending().is_none());
    }

    #[tokio::test]
    async fn only_the_response_of_the_parser_is_replaced() {
        let (server, mut client) = duplex(4096);
        let exchange = Exchange::default();
        let mut wire = Wire::new(server, exchange.clone(), PATIENCE, refuse());
        let bare = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\
            date: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n";
        let running = exchange.begin();
        wire.write_all(bare).await.expect("written");
        drop(running);
        wire.write_all(
            b"HTTP/1.1 404 Not Found\r\nx-request-id: req_1\r\ncontent-length: 0\r\n\r\n",
        )
        .await
        .expect("written");
        wire.write_all(&[b"rest", &bare[..]].concat())
            .await
            .expect("written");
        wire.flush().await.expect("flushed");
        drop(wire);
        let mut text = String::new();
        client
            .read_to_string(&mut text)
            .await
            .expect("read");
        assert!(
            text.starts_with("HTTP/1.1 431") && text.contains("HTTP/1.1 404"),
            "{text}"
        );
        assert!(text.ends_with("\r\n\r\nrestOURS 431"), "{text}");
    }
}
