//! Live updates of open pages.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use domain::command::RevokeKey;
use domain::key::RevokeReason;
use domain::view::NewKey;
use engine::live::MAX_WATCHES;
use engine::sessions::IDLE_SECONDS;
use http_body_util::BodyExt;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::timeout;
use tower::ServiceExt;

use crate::test_app::{Someone, TestApp};

/// How long a notification and the check after it may take.
const SOON: Duration = Duration::from_secs(4);

/// An open event stream.
struct Stream {
    status: StatusCode,
    headers: HeaderMap,
    body: Body,
    heard: String,
}

impl Stream {
    async fn open(app: &TestApp, someone: &Someone, query: &str) -> Self {
        Self::at(app, &someone.cookie(), &format!("/o/{}/live{query}", someone.organization)).await
    }

    async fn at(app: &TestApp, cookie: &str, path: &str) -> Self {
        let request = Request::get(path).header("cookie", cookie).header("accept", "text/event-stream");
        let request = request.header("accept-encoding", "br, gzip").body(Body::empty()).expect("request");
        let (parts, body) = app.router.clone().oneshot(request).await.expect("never fails").into_parts();
        Self { status: parts.status, headers: parts.headers, body, heard: String::new() }
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap_or("?"))
    }

    /// Reads until a text arrives. Returns false after a timeout.
    async fn hears(&mut self, text: &str) -> bool {
        let hearing = async {
            while !self.heard.contains(text) {
                let Some(frame) = self.body.frame().await else { return false };
                let data = frame.expect("sound").into_data().expect("data");
                self.heard.push_str(&String::from_utf8_lossy(&data));
            }
            true
        };
        timeout(SOON, hearing).await.unwrap_or(false)
    }

    /// Whether the stream closes soon, and everything that it has sent.
    async fn ends(mut self) -> String {
        let rest = timeout(SOON, self.body.collect()).await.expect("it ends").expect("properly").to_bytes();
        self.heard.push_str(&String::from_utf8_lossy(&rest));
        self.heard
    }

    /// The data of the last event of a name.
    fn last(&self, name: &str) -> Value {
        let (_, after) = self.heard.rsplit_once(&format!("event: {name}\ndata: ")).expect("the event");
        serde_json::from_str(after.lines().next().expect("a line")).expect("JSON")
    }
}

async fn use_key(app: &TestApp, key: &NewKey) {
    let request = Request::get("/api/v1/me").header("authorization", format!("Bearer {}", key.plain.expose()));
    let request = request.header("user-agent", "deploy/1.0").body(Body::empty()).expect("request");
    assert_eq!(app.send(request).await.status, StatusCode::OK);
}

async fn revoke(app: &TestApp, by: &Someone, key: &NewKey) {
    let command = RevokeKey { key: key.view.key_id, reason: RevokeReason::NoLongerNeeded };
    app.engine.revoke_key(&by.ctx, command).await.expect("revoked");
}

#[tokio::test]
async fn a_use_is_heard_by_those_who_see_the_key() {
    let app = TestApp::new().await;
    let (olivia, mina, theo) = (app.someone("olivia").await, app.someone("mina").await, app.someone("theo").await);
    let (minas, olivias) = (app.key_of(&mina).await, app.key_of(&olivia).await);
    let (mut owner, mut member, mut other) = (
        Stream::open(&app, &olivia, "?since=999").await,
        Stream::open(&app, &mina, "?since=999").await,
        Stream::open(&app, &theo, "?since=999").await,
    );
    for stream in [&mut owner, &mut member, &mut other] {
        assert_eq!(stream.status, StatusCode::OK);
        assert!(stream.hears("retry: 3000\n\n").await);
    }
    use_key(&app, &olivias).await;
    use_key(&app, &minas).await;
    let of = |key: &NewKey| format!("\"key\":{}}}", key.view.key_id);
    assert!(owner.hears(&of(&minas)).await && owner.hears(&of(&olivias)).await, "{}", owner.heard);
    assert!(member.hears(&of(&minas)).await, "{}", member.heard);
    let told = member.last("used");
    assert_eq!((&told["ago"], &told["at"]), (&"just now".into(), &"2026-04-08T19:51:19Z".into()));
    assert_eq!((&told["agent"], &told["exact"]), (&"deploy/1.0".into(), &"2026-04-08 19:51:19 UTC".into()));
    assert!(!member.hears(&of(&olivias)).await, "{}", member.heard);
    assert!(!other.heard.contains("event"), "{}", other.heard);
    assert!(!owner.heard.contains("changed"), "{}", owner.heard);
}

#[tokio::test]
async fn a_change_is_heard_by_those_who_see_the_key() {
    let app = TestApp::new().await;
    let (olivia, mina, noor) = (app.someone("olivia").await, app.someone("mina").await, app.someone("noor").await);
    let key = app.key_of(&mina).await;
    let (mut hers, mut his) = (Stream::open(&app, &mina, "?since=99").await, Stream::open(&app, &noor, "").await);
    assert!(hers.hears("retry").await && his.hears("retry").await);
    revoke(&app, &olivia, &key).await;
    assert!(!hers.hears("changed").await, "the page says that it knows");
    let mut fresh = Stream::open(&app, &mina, "").await;
    assert!(fresh.hears("event: changed").await);
    assert!(!his.hears("changed").await);
}

// D23: what was let in once is not let in for ever.
#[tokio::test]
async fn a_stream_ends_with_the_session_and_with_the_membership() {
    let app = TestApp::new().await;
    let (olivia, mina, noor) = (app.someone("olivia").await, app.someone("mina").await, app.someone("noor").await);
    let (mut one, mut two) = (Stream::open(&app, &mina, "").await, Stream::open(&app, &noor, "").await);
    assert!(one.hears("retry").await && two.hears("retry").await);
    app.engine.remove_member(&olivia.ctx, mina.ctx.actor().id).await.expect("removed");
    one.ends().await;
    assert_eq!(Stream::open(&app, &mina, "").await.status, StatusCode::NO_CONTENT);
    let request = Request::post("/ui/sign_out").header("cookie", noor.cookie()).header("sec-fetch-site", "same-origin");
    let request = request.header("accept", "application/json");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(app.send(request.body(Body::empty()).expect("request")).await.status, StatusCode::OK);
    two.ends().await;
    let again = Stream::open(&app, &noor, "").await;
    assert_eq!(again.status, StatusCode::NO_CONTENT);
    assert_eq!(again.ends().await, "");
}

// B4: an open page asks again and again, and its session ends all the same an hour after its person was last there.
#[tokio::test]
async fn asking_for_a_stream_is_no_use_of_the_session() {
    let app = TestApp::new().await;
    let mina = app.someone("mina").await;
    for _ in 0..5 {
        assert_eq!(Stream::open(&app, &mina, "").await.status, StatusCode::OK);
        app.clock.advance_seconds(IDLE_SECONDS / 5);
    }
    assert_eq!(Stream::open(&app, &mina, "").await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_stream_is_kept_nowhere_and_gathered_by_nobody() {
    let app = TestApp::new().await;
    let mina = app.someone("mina").await;
    let stream = Stream::open(&app, &mina, "").await;
    assert_eq!(stream.header("content-type"), "text/event-stream");
    assert_eq!(stream.header("cache-control"), "no-store");
    assert_eq!(stream.header("x-accel-buffering"), "no");
    assert_eq!((stream.header("content-encoding"), stream.header("set-cookie")), ("", ""));
    assert!(stream.header("content-security-policy").starts_with("default-src 'none'"));
    let path = format!("/o/{}/live", mina.organization);
    let request = Request::post(&path).header("cookie", mina.cookie()).body(Body::empty()).expect("request");
    assert_eq!(app.send(request).await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_person_hears_so_many_streams_and_no_more() {
    let app = TestApp::new().await;
    let (mina, noor) = (app.someone("mina").await, app.someone("noor").await);
    let mut streams = Vec::new();
    for _ in 0..MAX_WATCHES {
        streams.push(Stream::open(&app, &mina, "").await);
    }
    assert!(streams.iter().all(|stream| stream.status == StatusCode::OK));
    let refused = Stream::open(&app, &mina, "").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    let problem: Value = serde_json::from_str(&refused.ends().await).expect("the one shape");
    assert_eq!(problem["code"], "too_many_requests");
    assert_eq!(Stream::open(&app, &noor, "").await.status, StatusCode::OK);
    streams.clear();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(Stream::open(&app, &mina, "").await.status, StatusCode::OK, "those who left made room");
}

#[tokio::test]
async fn the_program_ends_within_a_second_though_streams_are_open() {
    let app = TestApp::new().await;
    let mina = app.someone("mina").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let (router, engine) = (app.router.clone(), app.engine.clone());
    let serving = tokio::spawn(server::http::listen::serve(listener, router, async move {
        let _ = stopped.await;
        engine.close_watches();
    }));
    let socket = TcpStream::connect(address).await.expect("connected");
    let asked = format!("GET /o/{}/live HTTP/1.1\r\nhost: x\r\ncookie: {}\r\n\r\n", mina.organization, mina.cookie());
    socket.writable().await.expect("writable");
    assert_eq!(socket.try_write(asked.as_bytes()).expect("written"), asked.len());
    let mut heard = String::new();
    let read = async |heard: &mut String| {
        let mut bytes = [0; 4096];
        loop {
            socket.readable().await.expect("readable");
            match socket.try_read(&mut bytes) {
                Ok(n) => {
                    heard.push_str(&String::from_utf8_lossy(&bytes[..n]));
                    return n;
                }
                Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock),
            }
        }
    };
    while !heard.contains("retry: 3000") {
        assert_ne!(read(&mut heard).await, 0, "{heard}");
    }
    stop.send(()).expect("it runs");
    timeout(Duration::from_secs(1), serving).await.expect("within a second").expect("calmly");
    while read(&mut heard).await > 0 {}
    assert!(
        heard.ends_with("retry: 20000\n\n\r\n0\r\n\r\n"),
        "a proper end, and a delay before the next attempt: {heard}"
    );
}
