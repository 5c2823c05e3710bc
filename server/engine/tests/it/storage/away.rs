//! A database server that becomes unavailable and recovers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use domain::Code;
use domain::token::PlainKey;
use engine::{Db, Engine, StoreError};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::test_app::{TestApp, TestDatabase, engine, refusal};

/// A proxy to the server that can interrupt connections.
struct Proxy {
    port: u16,
    /// Whether connections are forwarded.
    open: Arc<AtomicBool>,
    /// Whether interrupted connections are silent instead of closed.
    silent: Arc<AtomicBool>,
}

impl Proxy {
    async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (open, silent) = (
            Arc::new(AtomicBool::new(true)),
            Arc::new(AtomicBool::new(false)),
        );
        let proxy = Self {
            port,
            open: open.clone(),
            silent: silent.clone(),
        };
        tokio::spawn(async move {
            let mut running = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                running.spawn(carry(
                    near,
                    server.clone(),
                    open.clone(),
                    silent.clone(),
                ));
            }
        });
        proxy
    }

    fn set(&self, open: bool, silent: bool) {
        self.silent.store(silent, Ordering::SeqCst);
        self.open.store(open, Ordering::SeqCst);
    }
}

async fn carry(
    mut near: TcpStream,
    server: String,
    open: Arc<AtomicBool>,
    silent: Arc<AtomicBool>,
) {
    let cut = async || {
        while open.load(Ordering::SeqCst) {
            sleep(Duration::from_millis(5)).await;
        }
    };
    if open.load(Ordering::SeqCst)
        && let Ok(mut far) = TcpStream::connect(&server).await
    {
        tokio::select! {
            _ = tokio::io::copy_bidirectional(&mut near, &mut far) => return,
            () = cut() => {}
        }
    }
    while silent.load(Ordering::SeqCst) && !open.load(Ordering::SeqCst) {
        sleep(Duration::from_millis(5)).await;
    }
}

// R4: all calls fail as unavailable while connections are closed or silent, without waiting once
// the outage is known. The engine recovers by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_of_the_server_is_detected_and_ends_by_itself() {
    let app = TestApp::on_postgres().await;
    let key = app.north_key("max").await;
    let (front, database) = app
        .address
        .rsplit_once('/')
        .expect("a URL names a database");
    let (before, server) = front
        .rsplit_once('@')
        .expect("a URL names a user");
    let server = if server.contains(':') {
        server.to_owned()
    } else {
        format!("{server}:5432")
    };
    let proxy = Proxy::to(server).await;
    let db = Db::open(&format!(
        "{before}@127.0.0.1:{}/{database}",
        proxy.port
    ))
    .await
    .expect("the database opens");
    let engine = engine(&db, &app.master, None, &app.runtime).await;
    for silent in [false, true, false, true] {
        engine
            .authenticate_key(&key.plain, crate::test_app::origin())
            .await
            .expect("the server is there");
        proxy.set(false, silent);
        // Connections are interrupted within a few milliseconds.
        sleep(Duration::from_millis(50)).await;
        let mut callers = JoinSet::new();
        for _ in 0..40 {
            let (engine, key) = (engine.clone(), key.plain.clone());
            callers.spawn(async move {
                engine
                    .authenticate_key(&key, crate::test_app::origin())
                    .await
            });
        }
        while let Some(answer) = callers.join_next().await {
            assert_eq!(refusal(answer.expect("no panic")), Code::Unavailable);
        }
        // Once the outage is known, calls fail without waiting. A closed connection also fails
        // without waiting, so a single immediate failure proves nothing. The test makes more calls
        // than the pool has connections.
        let mut tries = 0;
        while !(0..200).all(|_| fails_immediately(&engine, &key.plain)) {
            tries += 1;
            assert!(
                tries < 200,
                "calls waited although the outage is known"
            );
            assert_eq!(
                refusal(
                    engine
                        .authenticate_key(&key.plain, crate::test_app::origin())
                        .await
                ),
                Code::Unavailable
            );
            sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(refusal(engine.ready().await), Code::Unavailable);
        proxy.set(true, false);
        let mut tries = 0;
        while engine
            .authenticate_key(&key.plain, crate::test_app::origin())
            .await
            .is_err()
        {
            tries += 1;
            assert!(tries < 100, "the server did not recover");
            sleep(Duration::from_millis(50)).await;
        }
        // All connections work again, not only the first one.
        for _ in 0..30 {
            engine
                .authenticate_key(&key.plain, crate::test_app::origin())
                .await
                .expect("the server is available");
        }
    }
    db.close().await;
    app.close().await;
}

/// Whether a call fails without waiting.
fn fails_immediately(engine: &Engine, key: &PlainKey) -> bool {
    let asking = std::pin::pin!(engine.authenticate_key(key, crate::test_app::origin()));
    match asking.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => refusal(answer) == Code::Unavailable,
        Poll::Pending => false,
    }
}

// F11: the error contains the host but not the password.
#[tokio::test]
async fn the_error_of_an_unreachable_server_names_the_server() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        listener.local_addr().expect("an address").port()
    };
    let refused = Db::open(&format!(
        "postgres://someone:hunter2@127.0.0.1:{port}/keys"
    ))
    .await
    .err();
    let Some(StoreError::Away(said)) = refused else {
        panic!("it opens")
    };
    assert_eq!(
        said,
        format!("connection refused at 127.0.0.1:{port}")
    );
    let place = TestDatabase::server().await;
    let (front, _) = place
        .address
        .rsplit_once('/')
        .expect("a URL names a database");
    let missing = Db::open(&format!("{front}/no_such_database"))
        .await
        .err()
        .expect("no such database")
        .to_string();
    assert!(
        missing.contains("\"no_such_database\" does not exist at "),
        "{missing}"
    );
}
