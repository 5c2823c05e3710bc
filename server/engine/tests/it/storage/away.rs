//! A database server that goes away and comes back.

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

/// The way to the server, which can be cut.
struct Way {
    port: u16,
    /// Whether new connections are accepted and old ones go on.
    open: Arc<AtomicBool>,
    /// Whether what is cut is silent instead of closed.
    silent: Arc<AtomicBool>,
}

impl Way {
    async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (open, silent) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicBool::new(false)));
        let way = Self { port, open: open.clone(), silent: silent.clone() };
        tokio::spawn(async move {
            let mut running = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                running.spawn(carry(near, server.clone(), open.clone(), silent.clone()));
            }
        });
        way
    }

    fn set(&self, open: bool, silent: bool) {
        self.silent.store(silent, Ordering::SeqCst);
        self.open.store(open, Ordering::SeqCst);
    }
}

async fn carry(mut near: TcpStream, server: String, open: Arc<AtomicBool>, silent: Arc<AtomicBool>) {
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

// R4: while the server is away every answer is "unavailable" and nothing else, whether its connections are closed or
// silent; nobody waits for what is known; and it goes on by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_away_is_known_to_be_away() {
    let app = TestApp::on_postgres().await;
    let key = app.north_key("max").await;
    let (front, database) = app.address.rsplit_once('/').expect("a URL names a database");
    let (before, server) = front.rsplit_once('@').expect("a URL names a user");
    let server = if server.contains(':') { server.to_owned() } else { format!("{server}:5432") };
    let way = Way::to(server).await;
    let db = Db::open(&format!("{before}@127.0.0.1:{}/{database}", way.port)).await.expect("the database opens");
    let engine = engine(&db, &app.master, None, &app.runtime).await;
    for silent in [false, true, false, true] {
        engine.authenticate_key(&key.plain, crate::test_app::origin()).await.expect("the server is there");
        way.set(false, silent);
        let mut callers = JoinSet::new();
        for _ in 0..40 {
            let (engine, key) = (engine.clone(), key.plain.clone());
            callers.spawn(async move { engine.authenticate_key(&key, crate::test_app::origin()).await });
        }
        while let Some(answer) = callers.join_next().await {
            assert_eq!(refusal(answer.expect("no panic")), Code::Unavailable);
        }
        // Soon it is known, and from then on the answer is there without waiting for anything. A connection that turns
        // out to be closed also refuses without waiting, so one such answer proves nothing; the pool has far fewer
        // connections than are asked for here.
        let mut tries = 0;
        while !(0..200).all(|_| is_refused_at_once(&engine, &key.plain)) {
            tries += 1;
            assert!(tries < 200, "callers waited for what is known");
            assert_eq!(
                refusal(engine.authenticate_key(&key.plain, crate::test_app::origin()).await),
                Code::Unavailable
            );
            sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(refusal(engine.ready().await), Code::Unavailable);
        way.set(true, false);
        let mut tries = 0;
        while engine.authenticate_key(&key.plain, crate::test_app::origin()).await.is_err() {
            tries += 1;
            assert!(tries < 100, "never came back");
            sleep(Duration::from_millis(50)).await;
        }
        // All connections are good again, not only the first one.
        for _ in 0..30 {
            engine.authenticate_key(&key.plain, crate::test_app::origin()).await.expect("the server is back");
        }
    }
    db.close().await;
    app.close().await;
}

/// Whether a caller is refused without waiting for anything.
fn is_refused_at_once(engine: &Engine, key: &PlainKey) -> bool {
    let asking = std::pin::pin!(engine.authenticate_key(key, crate::test_app::origin()));
    match asking.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => refusal(answer) == Code::Unavailable,
        Poll::Pending => false,
    }
}

// F11: what is wrong is said, with the place and without the password.
#[tokio::test]
async fn a_server_that_cannot_be_reached_is_named() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        listener.local_addr().expect("an address").port()
    };
    let refused = Db::open(&format!("postgres://someone:hunter2@127.0.0.1:{port}/keys")).await.err();
    let Some(StoreError::Away(said)) = refused else { panic!("it opens") };
    assert_eq!(said, format!("connection refused at 127.0.0.1:{port}"));
    let place = TestDatabase::server().await;
    let (front, _) = place.address.rsplit_once('/').expect("a URL names a database");
    let missing = Db::open(&format!("{front}/no_such_database")).await.err().expect("no such database").to_string();
    assert!(missing.contains("\"no_such_database\" does not exist at "), "{missing}");
}
