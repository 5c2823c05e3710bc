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
        Self::at(
            app,
            &someone.cookie(),
            &format!("/o/{}/live{query}", someone.organization),
        )
        .await
    }

    async fn at(app: &TestApp, cookie: &str, path: &str) -> Self {
        let request = Request::get(path)
            .header("cookie", cookie)
            .header("accept", "text/event-stream");
        let request = request
            .header("accept-encoding", "br, gzip")
            .body(Body::empty())
            .expect("request");
        let (parts, body) = app
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("never fails")
            .into_parts();
        Self {
            status: parts.status,
            headers: parts.headers,
            body,
            heard: String::new(),
        }
    }

    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap_or("?"))
    }

    /// Reads until a text arrives. Returns false after a timeout.
    async fn receives(&mut self, text: &str) -> bool {
        let hearing = async {
            while !self.heard.contains(text) {
                let Some(frame) = self.body.frame().await else {
                    return false;
                };
                let data = frame.expect("sound").into_data().expect("data");
                self.heard
                    .push_str(&String::from_utf8_lossy(&data));
            }
            true
        };
        timeout(SOON, hearing).await.unwrap_or(false)
    }

    /// Whether the stream closes soon, and everything that it has sent.
    async fn rest(mut self) -> String {
        let rest = timeout(SOON, self.body.collect())
            .await
            .expect("it is closed")
            .expect("properly")
            .to_bytes();
        self.heard
            .push_str(&String::from_utf8_lossy(&rest));
        self.heard
    }

    /// The data of the last event of a name.
    fn last(&self, name: &str) -> Value {
        let (_, after) = self
            .heard
            .rsplit_once(&format!("event: {name}\ndata: "))
            .expect("the event");
        serde_json::from_str(after.lines().next().expect("a line")).expect("JSON")
    }
}

async fn use_key(app: &TestApp, key: &NewKey) {
    let request = Request::get("/api/v1/me").header(
        "authorization",
        format!("Bearer {}", key.plain.expose()),
    );
    let request = request
        .header("user-agent", "deploy/1.0")
        .body(Body::empty())
        .expect("request");
    assert_eq!(app.send(request).await.status, StatusCode::OK);
}

async fn revoke(app: &TestApp, by: &Someone, key: &NewKey) {
    let command = RevokeKey {
        key: key.view.key_id,
        reason: RevokeReason::NoLongerNeeded,
    };
    app.engine
        .revoke_key(&by.ctx, command)
        .await
        .expect("revoked");
}

#[tokio::test]
async fn a_use_is_sent_to_those_who_can_see_the_key() {
    let app = TestApp::new().await;
    let (olivia, mina, theo) = (
        app.someone("olivia").await,
        app.someone("mina").await,
        app.someone("theo").await,
    );
    let (minas, olivias) = (app.key_of(&mina).await, app.key_of(&olivia).await);
    let (mut owner, mut member, mut other) = (
        Stream::open(&app, &olivia, "?since=999").await,
        Stream::open(&app, &mina, "?since=999").await,
        Stream::open(&app, &theo, "?since=999").await,
    );
    for stream in [&mut owner, &mut member, &mut other] {
        assert_eq!(stream.status, StatusCode::OK);
        assert!(stream.receives("retry: 3000\n\n").await);
    }
    use_key(&app, &olivias).await;
    use_key(&app, &minas).await;
    let of = |key: &NewKey| format!("\"key\":{}}}", key.view.key_id);
    assert!(
        owner.receives(&of(&minas)).await && owner.receives(&of(&olivias)).await,
        "{}",
        owner.heard
    );
    assert!(member.receives(&of(&minas)).await, "{}", member.heard);
    let event = member.last("used");
    assert_eq!(
        (&event["ago"], &event["at"]),
        (&"just now".into(), &"2026-04-08T19:51:19Z".into())
    );
    assert_eq!(
        (&event["agent"], &event["exact"]),
        (
            &"deploy/1.0".into(),
            &"2026-04-08 19:51:19 UTC".into()
        )
    );
    assert!(
        !member.receives(&of(&olivias)).await,
        "{}",
        member.heard
    );
    assert!(!other.heard.contains("event"), "{}", other.heard);
    assert!(!owner.heard.contains("changed"), "{}", owner.heard);
}

#[tokio::test]
async fn a_change_is_sent_to_those_who_can_see_the_key() {
    let app = TestApp::new().await;
    let (olivia, mina, noor) = (
        app.someone("olivia").await,
        app.someone("mina").await,
        app.someone("noor").await,
    );
    let key = app.key_of(&mina).await;
    let (mut hers, mut his) = (
        Stream::open(&app, &mina, "?since=99").await,
        Stream::open(&app, &noor, "").await,
    );
    assert!(hers.receives("retry").await && his.receives("retry").await);
    revoke(&app, &olivia, &key).await;
    assert!(
        !hers.receives("changed").await,
        "the page is up to date"
    );
    let mut fresh = Stream::open(&app, &mina, "").await;
    assert!(fresh.receives("event: changed").await);
    assert!(!his.receives("changed").await);
}

// D23
#[tokio::test]
async fn a_stream_is_closed_with_the_session_and_the_membership() {
    let app = TestApp::new().await;
    let (olivia, mina, noor) = (
        app.someone("olivia").await,
        app.someone("mina").await,
        app.someone("noor").await,
    );
    let (mut one, mut two) = (
        Stream::open(&app, &mina, "").await,
        Stream::open(&app, &noor, "").await,
    );
    assert!(one.receives("retry").await && two.receives("retry").await);
    app.engine
        .remove_member(&olivia.ctx, mina.ctx.actor().id)
        .await
        .expect("removed");
    one.rest().await;
    assert_eq!(
        Stream::open(&app, &mina, "").await.status,
        StatusCode::NO_CONTENT
    );
    let request = Request::post("/ui/sign_out")
        .header("cookie", noor.cookie())
        .header("sec-fetch-site", "same-origin");
    let request = request.header("accept", "application/json");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(
        app.send(request.body(Body::empty()).expect("request"))
            .await
            .status,
        StatusCode::OK
    );
    two.rest().await;
    let again = Stream::open(&app, &noor, "").await;
    assert_eq!(again.status, StatusCode::NO_CONTENT);
    assert_eq!(again.rest().await, "");
}

// B4: the session of an open page expires an hour after its last use.
#[tokio::test]
async fn opening_a_stream_does_not_extend_the_session() {
    let app = TestApp::new().await;
    let mina = app.someone("mina").await;
    for _ in 0..5 {
        assert_eq!(
            Stream::open(&app, &mina, "").await.status,
            StatusCode::OK
        );
        app.clock.advance_seconds(IDLE_SECONDS / 5);
    }
    assert_eq!(
        Stream::open(&app, &mina, "").await.status,
        StatusCode::NO_CONTENT
    );
}

#[tokio::test]
async fn a_stream_is_not_cached_or_buffered() {
    let app = TestApp::new().await;
    let mina = app.someone("mina").await;
    let stream = Stream::open(&app, &mina, "").await;
    assert_eq!(stream.header("content-type"), "text/event-stream");
    assert_eq!(stream.header("cache-control"), "no-store");
    assert_eq!(stream.header("x-accel-buffering"), "no");
    assert_eq!(
        (
            stream.header("content-encoding"),
            stream.header("set-cookie")
        ),
        ("", "")
    );
    assert!(
        stream
            .header("content-security-policy")
            .starts_with("default-src 'none'")
    );
    let path = format!("/o/{}/live", mina.organization);
    let request = Request::post(&path)
        .header("cookie", mina.cookie())
        .body(Body::empty())
        .expect("request");
    assert_eq!(
        app.send(request).await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
}

#[tokio::test]
async fn the_number_of_streams_per_person_is_limited() {
    let app = TestApp::new().await;
    let (mina, noor) = (app.someone("mina").await, app.someone("noor").await);
    let mut streams = Vec::new();
    for _ in 0..MAX_WATCHES {
        streams.push(Stream::open(&app, &mina, "").await);
    }
    assert!(
        streams
            .iter()
            .all(|stream| stream.status == StatusCode::OK)
    );
    let refused = Stream::open(&app, &mina, "").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    let problem: Value =
        serde_json::from_str(&refused.rest().await).expect("the format of all errors");
    assert_eq!(problem["code"], "too_many_requests");
    assert_eq!(
        Stream::open(&app, &noor, "").await.status,
        StatusCode::OK
    );
    streams.clear();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(
        Stream::open(&app, &mina, "").await.status,
        StatusCode::OK,
        "closed streams free their slots"
    );
}

#[tokio::test]
async fn the_server_stops_within_a_second_despite_open_streams() {
    let app = TestApp::new().await;
    let mina = app.someone("mina").await;
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let (router, engine) = (app.router.clone(), app.engine.clone());
    let serving = tokio::spawn(listener::serve(listener, router, async move {
        let _ = stopped.await;
        engine.close_watches();
    }));
    let socket = TcpStream::connect(address)
        .await
        .expect("connected");
    let asked = format!(
        "GET /o/{}/live HTTP/1.1\r\nhost: x\r\ncookie: {}\r\n\r\n",
        mina.organization,
        mina.cookie()
    );
    socket.writable().await.expect("writable");
    assert_eq!(
        socket
            .try_write(asked.as_bytes())
            .expect("written"),
        asked.len()
    );
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
    timeout(Duration::from_secs(1), serving)
        .await
        .expect("within a second")
        .expect("calmly");
    while read(&mut heard).await > 0 {}
    assert!(
        heard.ends_with("retry: 20000\n\n\r\n0\r\n\r\n"),
        "a regular end, and a delay before the next attempt: {heard}"
    );
}
