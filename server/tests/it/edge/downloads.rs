//! F1: an incomplete download is never mistaken for a complete one, in any version of HTTP.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{exchange, is_refusal, listening, parted};
use crate::test_app::TestApp;

const EXPORT: &str = "/api/v1/audit-log/export";

// F1
#[tokio::test]
async fn a_file_is_not_sent_over_http_1_0() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let (key, address) = (
        app.key_of(&olivia)
            .await
            .plain
            .expose()
            .to_owned(),
        listening(&app).await,
    );
    let newest = async || {
        app.get("/api/v1/audit-log?limit=1", &key)
            .await
            .json()["events"][0]["n"]
            .clone()
    };
    let before = newest().await;
    for format in ["csv", "jsonl"] {
        for method in ["GET", "HEAD"] {
            let request = format!(
                "{method} {EXPORT}?format={format} HTTP/1.0\r\nAuthorization: Bearer {key}\r\n\r\n"
            );
            let answer = exchange(address, request.as_bytes()).await;
            if method == "HEAD" {
                assert_eq!(parted(&answer).0, 505);
                continue;
            }
            let details = is_refusal(format, &answer, 505, "http_version_not_supported");
            assert!(
                details.contains("proxy_http_version 1.1"),
                "{details}"
            );
        }
    }
    // The form of the dashboard responds with a page.
    let form = format!(
        "organization={0}&page=%2Fo%2F{0}%2Fsettings%2Faudit-log&format=csv",
        olivia.organization
    );
    let request = format!(
        "POST /ui/export_audit_log HTTP/1.0\r\nCookie: {}\r\nSec-Fetch-Site: same-origin\r\nAccept: text/html\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        olivia.cookie(),
        form.len()
    );
    let answer = exchange(address, request.as_bytes()).await;
    let (status, head, body) = parted(&answer);
    assert_eq!(status, 505, "{answer}");
    assert!(
        head.to_ascii_lowercase()
            .contains("content-type: text/html")
            && body.contains("HTTP/1.0"),
        "{answer}"
    );
    assert_eq!(
        newest().await,
        before,
        "nothing was exported, so nothing is recorded"
    );
}

// A page has a length over HTTP/1.0, so that an incomplete page is detected. An event stream has
// none. F1
#[tokio::test]
async fn other_bodies_have_a_length_over_http_1_0() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let address = listening(&app).await;
    let settings = format!("/o/{}/settings", olivia.organization);
    for path in [
        "/docs/errors".to_owned(),
        "/api/v1/openapi.json".into(),
        "/nowhere".into(),
        format!("{settings}/api-keys"),
    ] {
        let request = format!(
            "GET {path} HTTP/1.0\r\nCookie: {}\r\nAccept: text/html\r\n\r\n",
            olivia.cookie()
        );
        let answer = exchange(address, request.as_bytes()).await;
        let (_, head, body) = parted(&answer);
        let length = format!("content-length: {}", body.len());
        assert!(
            head.to_ascii_lowercase().contains(&length),
            "{path}: {head}"
        );
    }
    let mut stream = TcpStream::connect(address)
        .await
        .expect("connects");
    let live = app::routes::LIVE.replace("{organization}", olivia.organization.as_str());
    let request = format!(
        "GET {live} HTTP/1.0\r\nCookie: {}\r\n\r\n",
        olivia.cookie()
    );
    stream
        .write_all(request.as_bytes())
        .await
        .expect("sent");
    let mut answer = String::new();
    while !answer.contains("retry: 3000\n\n") {
        let mut bytes = [0; 1024];
        let read = tokio::time::timeout(Duration::from_secs(20), stream.read(&mut bytes))
            .await
            .expect("in time");
        let read = read.expect("read");
        assert!(read > 0, "it ended: {answer}");
        answer.push_str(&String::from_utf8_lossy(&bytes[..read]));
    }
}

// The client has an incomplete file.
#[tokio::test]
async fn a_client_that_does_not_read_is_disconnected() {
    let app = TestApp::new().await;
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("port");
    let address = listener.local_addr().expect("address");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let router = app.router.clone();
    let server = tokio::spawn(async move {
        let stopped = async {
            let _ = stopped.await;
        };
        listener::serve_with(listener, router, Duration::from_millis(200), stopped).await;
    });
    let socket = tokio::net::TcpSocket::new_v4().expect("socket");
    socket
        .set_recv_buffer_size(4096)
        .expect("a small buffer");
    let mut stream = socket.connect(address).await.expect("connects");
    let asked = "GET /api/v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(400);
    // The server stops reading while it cannot write, and then closes the connection, so that
    // writing fails.
    let refused = tokio::time::timeout(Duration::from_secs(30), async {
        while stream.write_all(asked.as_bytes()).await.is_ok() {}
    });
    assert!(refused.await.is_ok(), "the connection is still open");
    drop(stop);
    server.await.expect("ends");
}

/// An nginx process with these directives in its location.
struct Nginx {
    process: std::process::Child,
    folder: std::path::PathBuf,
    port: u16,
}

impl Nginx {
    async fn start(upstream: std::net::SocketAddr, location: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("port")
            .local_addr()
            .expect("address")
            .port();
        let folder = std::env::temp_dir().join(format!(
            "roundtable-nginx-{}-{port}",
            std::process::id()
        ));
        std::fs::create_dir_all(&folder).expect("folder");
        let kept = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {}/{kind};", folder.display()))
            .join(" ");
        let text = format!(
            "daemon off; pid {0}/pid; error_log {0}/error.log;\nevents {{}}\nhttp {{ access_log off; {kept}\n\
             server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://{upstream}; {location} }} }} }}\n",
            folder.display()
        );
        std::fs::write(folder.join("nginx.conf"), text).expect("written");
        let command = if std::path::Path::new("/usr/sbin/nginx").exists() {
            "/usr/sbin/nginx"
        } else {
            "nginx"
        };
        let process = std::process::Command::new(command)
            .args([
                "-p".as_ref(),
                folder.as_os_str(),
                "-c".as_ref(),
                folder.join("nginx.conf").as_os_str(),
            ])
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("nginx, which .ci/tools test installs");
        let nginx = Self {
            process,
            folder,
            port,
        };
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port))
                .await
                .is_ok()
            {
                return nginx;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("nginx does not listen");
    }

    async fn get(&self, path: &str, key: &str) -> String {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: keys.example.com\r\nConnection: close\r\nAuthorization: Bearer {key}\r\n\r\n"
        );
        exchange(([127, 0, 0, 1], self.port).into(), request.as_bytes()).await
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let pid = std::fs::read_to_string(self.folder.join("pid")).unwrap_or_default();
        let _ = std::process::Command::new("kill")
            .args(["-TERM", pid.trim()])
            .status();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The nginx directives of the documentation, without the upstream.
fn of_the_docs() -> String {
    let page = include_str!("../../../../docs/reverse-proxy.md");
    let block = page
        .split_once("location / {")
        .expect("nginx lines")
        .1
        .split_once('}')
        .expect("an end")
        .0;
    block
        .split_once(';')
        .expect("proxy_pass first")
        .1
        .to_owned()
}

// F1
#[tokio::test]
async fn behind_nginx_an_incomplete_file_is_detected() {
    let app = TestApp::new().await;
    let (key, address) = (app.key("olivia").await, listening(&app).await);
    for n in 0..260 {
        let name = format!("{n:04}{}", "x".repeat(90));
        assert_eq!(
            app.post(
                "/api/v1/workspaces",
                &key,
                json!({ "name": name, "provider": "openai" })
            )
            .await
            .status,
            201
        );
    }
    let mut proxies = vec![
        Nginx::start(address, &of_the_docs()).await,
        Nginx::start(address, "").await,
    ];
    let old = Nginx::start(address, "proxy_http_version 1.0;").await;
    proxies.push(old);
    let (mut whole, mut refused) = (0, 0);
    for proxy in &proxies {
        let answer = proxy.get(EXPORT, &key).await;
        match parted(&answer).0 {
            505 => {
                is_refusal(
                    "an old nginx",
                    &answer,
                    505,
                    "http_version_not_supported",
                );
                refused += 1;
            }
            status => {
                assert_eq!(status, 200, "{answer:.300}");
                assert!(
                    answer.ends_with("0\r\n\r\n") && answer.contains("\n{\"complete\":true,"),
                    "not complete"
                );
                whole += 1;
            }
        }
    }
    assert!(
        whole >= 1 && refused >= 1,
        "{whole} complete, {refused} rejected"
    );
    assert_eq!(
        parted(&proxies[0].get(EXPORT, &key).await).0,
        200,
        "the lines of the documentation are safe"
    );
    // From here on every file is incomplete.
    let events = app
        .get("/api/v1/audit-log?limit=1", &key)
        .await
        .json()["events"][0]["n"]
        .as_i64()
        .expect("a number");
    for _ in events..560 {
        app.get(&format!("{EXPORT}?action=key.created"), &key)
            .await;
    }
    app.sql("UPDATE audit_events SET action = 'no.such.word' WHERE n = 550")
        .await;
    for proxy in &proxies {
        let answer = proxy.get(EXPORT, &key).await;
        let (status, head, body) = parted(&answer);
        if status == 505 {
            continue;
        }
        let ends = body.ends_with("0\r\n\r\n")
            || head
                .to_ascii_lowercase()
                .contains(&format!("content-length: {}", body.len()));
        assert!(
            status >= 500 || !ends,
            "an incomplete file looks complete: {head}"
        );
        let says = body.lines().any(|line| {
            serde_json::from_str::<Value>(line).is_ok_and(|line| line["complete"] == true)
        });
        assert!(!says, "it is marked as complete");
    }
}
