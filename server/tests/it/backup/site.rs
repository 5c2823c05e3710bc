//! A running server with an organization, in a folder of its own.

use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::program::{Folder, Server};

const SETUP_TOKEN: &str = "setup_of_the_backup_test";

pub struct Site {
    pub folder: Folder,
    server: Option<Server>,
    url: String,
    variables: Vec<(String, String)>,
    http: reqwest::Client,
    /// The key of the owner.
    owner: String,
}

impl Site {
    /// A server on an SQLite file.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// A server with these variables.
    pub async fn with(variables: &[(&str, &str)]) -> Self {
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = free.local_addr().expect("an address").to_string();
        drop(free);
        let own = [
            ("ROUNDTABLE_ADDR", address.as_str()),
            ("ROUNDTABLE_SETUP_TOKEN", SETUP_TOKEN),
            // Revoked keys are tried often.
            ("ROUNDTABLE_AUTH_FAILURES_PER_MINUTE", "0"),
        ];
        let all = own.iter().chain(variables);
        let mut site = Self {
            folder: Folder::new(),
            server: None,
            url: format!("http://{address}"),
            variables: all
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            http: reqwest::Client::new(),
            owner: String::new(),
        };
        let made = site.run(&["init", "--new-master-key"]);
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        site.serve();
        let body = json!({
            "setup_token": SETUP_TOKEN, "organization": "Acme", "name": "Olivia", "email": "olivia@acme.example",
        });
        let founded = site
            .call(reqwest::Method::POST, "/api/v1/bootstrap", &body)
            .await;
        founded["api_key"]
            .as_str()
            .expect("a key")
            .clone_into(&mut site.owner);
        site
    }

    /// The program in the folder of the server, with the settings of the server.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let variables: Vec<_> = self
            .variables
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let mut command = self.folder.command(arguments, &variables);
        command.env("TMPDIR", std::env::temp_dir());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments)
            .output()
            .expect("the program runs")
    }

    /// Sets a variable of the program from now on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.into(), value.into()));
    }

    pub fn serve(&mut self) {
        self.server = Some(Server::start(self.command(&["serve"])));
    }

    /// Kills the server.
    pub fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill();
        }
    }

    async fn call(&self, method: reqwest::Method, path: &str, body: &Value) -> Value {
        let request = self
            .http
            .request(method, format!("{}{path}", self.url))
            .header("content-type", "application/json")
            .body(body.to_string());
        let request = if self.owner.is_empty() {
            request
        } else {
            request.bearer_auth(&self.owner)
        };
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        let text = answer.text().await.expect("a body");
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    /// New keys: their IDs and what is presented.
    pub async fn keys(&self, count: usize) -> Vec<(i64, String)> {
        let mut keys = Vec::new();
        for n in 0..count {
            let body = json!({ "label": format!("key {n}") });
            let made = self
                .call(reqwest::Method::POST, "/api/v1/keys", &body)
                .await;
            keys.push((
                made["key_id"].as_i64().expect("an ID"),
                made["api_key"]
                    .as_str()
                    .expect("a key")
                    .to_owned(),
            ));
        }
        keys
    }

    pub async fn revoke(&self, id: i64) {
        let path = format!("/api/v1/keys/{id}");
        self.call(reqwest::Method::DELETE, &path, &Value::Null)
            .await;
    }

    /// The status of a request with a key.
    pub async fn status(&self, key: &str) -> u16 {
        let request = self
            .http
            .get(format!("{}/api/v1/me", self.url))
            .bearer_auth(key);
        let answer = request.send().await.expect("an answer");
        answer.status().as_u16()
    }

    /// Creates keys until it is stopped.
    pub fn write_all_the_time(&self, writers: usize) -> Writers {
        let written = Arc::new(AtomicU64::new(0));
        let mut tasks = JoinSet::new();
        for _ in 0..writers {
            let (http, url, owner) = (
                self.http.clone(),
                self.url.clone(),
                self.owner.clone(),
            );
            let written = written.clone();
            tasks.spawn(async move {
                loop {
                    let request = http
                        .post(format!("{url}/api/v1/keys"))
                        .bearer_auth(&owner)
                        .header("content-type", "application/json")
                        .body(json!({ "label": "load" }).to_string());
                    let answer = request.send().await.expect("an answer");
                    assert_eq!(answer.status().as_u16(), 201);
                    written.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        Writers { tasks, written }
    }
}

/// Tasks that write.
pub struct Writers {
    tasks: JoinSet<()>,
    written: Arc<AtomicU64>,
}

impl Writers {
    /// How much they have written so far.
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::SeqCst)
    }

    pub fn abort(mut self) {
        self.tasks.abort_all();
    }
}
