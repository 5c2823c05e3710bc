//! A circuit breaker for the Postgres server. While the server is unreachable, callers fail
//! immediately. A connection is tried several times a second, and the first that succeeds closes
//! the circuit.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::StoreError;

/// After this long without an answer, the server is probed.
const SLOW: Duration = Duration::from_millis(800);
/// How long the server may take to accept a connection.
const ACCEPT: Duration = Duration::from_secs(1);
/// How often an unreachable server is tried.
const RETRY: Duration = Duration::from_millis(300);
/// How long the result of a probe is reused.
const FRESH: Duration = Duration::from_millis(200);

/// The circuit breaker of a pool.
pub(super) struct Breaker {
    options: PgConnectOptions,
    away: watch::Sender<bool>,
    /// The time and result of the last probe.
    tried: tokio::sync::Mutex<Option<(Instant, bool)>>,
    /// When a connection was last lost.
    trouble: Mutex<Option<Instant>>,
    suspecting: AtomicBool,
}

impl Breaker {
    pub(super) fn new(options: PgConnectOptions) -> Arc<Self> {
        let (away, _) = watch::channel(false);
        Arc::new(Self {
            options,
            away,
            tried: tokio::sync::Mutex::default(),
            trouble: Mutex::default(),
            suspecting: AtomicBool::new(false),
        })
    }

    /// How to connect to the server.
    pub(super) const fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    /// Waits for the database, unless the server is or becomes unreachable.
    ///
    /// # Errors
    /// `Away`, or the error of `work`.
    pub(super) async fn run<T, E: Into<StoreError>>(
        self: &Arc<Self>,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, StoreError> {
        if *self.away.borrow() {
            return Err(self.unreachable());
        }
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => {
                    let done = done.map_err(Into::into);
                    if done.as_ref().is_err_and(is_lost) {
                        self.suspect();
                    }
                    return done;
                }
                () = self.found_away() => return Err(self.unreachable()),
                () = self.ask_when_slow() => {}
            }
        }
    }

    /// Whether a connection that was idle for this long may be broken.
    pub(super) fn may_be_stale(&self, idle_for: Duration) -> bool {
        let trouble = *self
            .trouble
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        idle_for > Duration::from_secs(1) || trouble.is_some_and(|at| at.elapsed() <= idle_for)
    }

    async fn found_away(&self) {
        let mut away = self.away.subscribe();
        if away.wait_for(|away| *away).await.is_err() {
            std::future::pending().await
        }
    }

    async fn ask_when_slow(self: &Arc<Self>) {
        sleep(SLOW).await;
        self.probe().await;
    }

    /// Probes the server in the background.
    fn suspect(self: &Arc<Self>) {
        *self
            .trouble
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        if !self.suspecting.swap(true, Ordering::AcqRel) {
            let breaker = self.clone();
            tokio::spawn(async move {
                breaker.probe().await;
                breaker.suspecting.store(false, Ordering::Release);
            });
        }
    }

    /// Probes the server. Continues even if the caller is dropped.
    async fn probe(self: &Arc<Self>) {
        let breaker = self.clone();
        let probing = tokio::spawn(async move {
            if !breaker.answers().await {
                breaker.open();
            }
        });
        let _ = probing.await;
    }

    async fn answers(&self) -> bool {
        let mut tried = self.tried.lock().await;
        if let Some((at, answered)) = *tried
            && at.elapsed() < FRESH
        {
            return answered;
        }
        let answered = accepts(&self.options).await;
        *tried = Some((Instant::now(), answered));
        answered
    }

    /// Opens the circuit: callers fail until the server is reachable again.
    fn open(self: &Arc<Self>) {
        *self
            .trouble
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        if !self.away.send_replace(true) {
            tracing::error!(
                server = endpoint(&self.options),
                "the database server cannot be reached"
            );
            tokio::spawn(close_when_back(Arc::downgrade(self)));
        }
    }

    fn unreachable(&self) -> StoreError {
        StoreError::Away(format!(
            "the database server at {} cannot be reached",
            endpoint(&self.options)
        ))
    }
}

async fn close_when_back(breaker: Weak<Breaker>) {
    loop {
        sleep(RETRY).await;
        let Some(breaker) = breaker.upgrade() else {
            return;
        };
        if breaker.answers().await {
            breaker.away.send_replace(false);
            tracing::info!(
                server = endpoint(&breaker.options),
                "the database server is back"
            );
            return;
        }
    }
}

/// Whether the server accepts connections. A server at its connection limit is reachable.
async fn accepts(options: &PgConnectOptions) -> bool {
    match timeout(ACCEPT, options.connect()).await {
        Ok(Ok(conn)) => {
            let _ = timeout(ACCEPT, PgConnection::close(conn)).await;
            true
        }
        Ok(Err(sqlx::Error::Database(error))) => error
            .code()
            .is_none_or(|code| !code.starts_with("57P")),
        Ok(Err(_)) | Err(_) => false,
    }
}

/// Whether an error concerns the connection and not the statement.
fn is_lost(error: &StoreError) -> bool {
    match error {
        StoreError::Sqlx(sqlx::Error::Database(error)) => error
            .code()
            .is_some_and(|code| code.starts_with("57P")),
        StoreError::Sqlx(error) => matches!(
            error,
            sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::Protocol(_)
                | sqlx::Error::PoolTimedOut
        ),
        _ => false,
    }
}

/// Host and port, or the socket. Without user and password.
pub(super) fn endpoint(options: &PgConnectOptions) -> String {
    match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    }
}
