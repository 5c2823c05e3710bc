//! The commands for people: the real program against a server, with a person at the browser.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use domain::PersonId;
use engine::ctx::Origin;
use engine::people::Identity;
use engine::sessions::SessionKind;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::browser;
use crate::test_app::{ISSUER, Someone, TestApp, cookie};

/// A server, and a user of the computer that the commands run on.
struct Terminal {
    app: TestApp,
    url: String,
    home: PathBuf,
    olivia: Someone,
    person: PersonId,
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.home);
    }
}

/// What a command printed, and its exit code.
#[derive(Debug)]
struct Ended {
    code: i32,
    stdout: String,
    stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().expect("a code"),
            stdout: String::from_utf8(output.stdout).expect("text"),
            stderr: String::from_utf8(output.stderr).expect("text"),
        }
    }
}

impl Ended {
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The error as JSON.
    fn error(&self) -> Value {
        serde_json::from_str(&self.stderr).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Terminal {
    async fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let turn = NEXT.fetch_add(1, Ordering::SeqCst);
        let home = std::env::temp_dir().join(format!(
            "roundtable-home-{}-{turn}",
            std::process::id()
        ));
        std::fs::create_dir_all(&home).expect("a folder");
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let url = format!(
            "http://{}",
            listener.local_addr().expect("an address")
        );
        let app = TestApp::with(None, |site_config| {
            site_config.public_url = url.clone()
        })
        .await;
        app.engine
            .seed_demo(&server::demo::organizations(ISSUER))
            .await
            .expect("staged");
        let router = app.router.clone();
        tokio::spawn(async move {
            listener::serve_with(
                listener,
                router,
                Duration::from_secs(10),
                std::future::pending::<()>(),
            )
            .await;
        });
        let olivia = app.someone("olivia").await;
        let identity = Identity {
            issuer: ISSUER.into(),
            subject: "olivia".into(),
            email: None,
            name: None,
        };
        let caller = app
            .engine
            .identify_person(&identity, None)
            .await
            .expect("olivia");
        Self {
            app,
            url,
            home,
            olivia,
            person: caller.person,
        }
    }

    /// The program, without a terminal, a keychain and a browser.
    fn command(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_roundtable"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", &self.home)
            .envs(variables.iter().copied())
            .current_dir(&self.home)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    async fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
        let mut command = self.command(arguments, variables);
        let run = move || command.output().expect("the program runs");
        tokio::task::spawn_blocking(run)
            .await
            .expect("it ran")
            .into()
    }

    async fn run(&self, arguments: &[&str]) -> Ended {
        self.run_with(arguments, &[]).await
    }

    /// Runs a command that succeeds.
    async fn done(&self, arguments: &[&str]) -> Ended {
        let ended = self.run(arguments).await;
        assert_eq!(ended.code, 0, "{arguments:?}: {ended:?}");
        ended
    }

    /// The cookie of a browser that Olivia has just signed in with.
    async fn cookie(&self) -> String {
        cookie(self.app.session_of(self.person).await)
    }

    /// Starts a sign-in, and waits for a line of its output.
    async fn login(
        &self,
        arguments: &[&str],
        variables: &[(&str, &str)],
        wanted: impl Fn(&str) -> Option<String> + Send + 'static,
    ) -> (Child, BufReader<std::process::ChildStderr>, String) {
        let mut all = vec!["auth", "login"];
        all.extend_from_slice(arguments);
        let mut command = self.command(&all, variables);
        let start = move || {
            let mut child = command.spawn().expect("it starts");
            let mut lines = BufReader::new(child.stderr.take().expect("its output"));
            let found = line(&mut lines, wanted);
            (child, lines, found)
        };
        tokio::task::spawn_blocking(start)
            .await
            .expect("it started")
    }

    /// Signs in with a code.
    async fn sign_in(&self) -> Ended {
        let (child, lines, code) = self
            .login(&["--url", &self.url, "--no-browser"], &[], |line| {
                Some(
                    line.trim()
                        .strip_prefix("and enter this code:")?
                        .trim()
                        .to_owned(),
                )
            })
            .await;
        let page = format!("/device?user_code={code}");
        let shown = browser::page(&self.app, &page, &self.cookie().await).await;
        assert!(shown.text.contains(&code), "{}", shown.text);
        assert!(
            shown.text.contains("Command line on"),
            "the page names the device"
        );
        let fields = [("decision", "allow")];
        let answer = browser::send(
            &self.app,
            "decide_device",
            &page,
            &fields,
            &self.cookie().await,
        )
        .await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        ended(child, lines).await
    }
}

/// Reads until a line is the wanted one.
fn line(lines: &mut impl BufRead, wanted: impl Fn(&str) -> Option<String>) -> String {
    loop {
        let mut line = String::new();
        let read = lines.read_line(&mut line).expect("a line");
        assert!(read > 0, "the command ended");
        if let Some(found) = wanted(&line) {
            return found;
        }
    }
}

async fn ended(child: Child, mut lines: BufReader<std::process::ChildStderr>) -> Ended {
    let wait = move || {
        let output = child.wait_with_output().expect("it ends");
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut lines, &mut rest).expect("text");
        Ended {
            stderr: rest,
            ..output.into()
        }
    };
    tokio::task::spawn_blocking(wait)
        .await
        .expect("it ended")
}

// KE-14, KE-15, KE-16: a person signs in on a machine without a browser, and acts in each of their
// organizations.
#[tokio::test]
async fn a_person_signs_in_with_a_code_and_switches_between_organizations() {
    let terminal = Terminal::new().await;
    let token = terminal.app.own_token(&terminal.olivia).await;
    let labs = json!({ "name": "Acme Labs" });
    let made = terminal
        .app
        .post("/api/v1/organizations", &token, labs)
        .await;
    assert_eq!(made.status, 201, "{}", made.text);
    let nobody = terminal.run(&["auth", "whoami"]).await;
    assert_eq!(nobody.code, 2, "no installation is known: {nobody:?}");
    let nobody = terminal
        .run(&["auth", "status", "--url", &terminal.url])
        .await;
    assert_eq!(nobody.code, 4, "{nobody:?}");
    assert!(
        nobody.stderr.contains("roundtable auth login"),
        "{nobody:?}"
    );

    let signed_in = terminal.sign_in().await;
    assert_eq!(signed_in.code, 0, "{signed_in:?}");
    assert!(
        signed_in
            .stdout
            .starts_with("Olivia Owens (owner) in Acme (org_"),
        "{signed_in:?}"
    );
    assert!(
        signed_in.stderr.contains("no keychain"),
        "{signed_in:?}"
    );
    let file = terminal
        .home
        .join(".local/state/roundtable/credentials.json");
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(&file)
            .expect("a file")
            .permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
    let settings = std::fs::read_to_string(
        terminal
            .home
            .join(".config/roundtable/config.toml"),
    );
    let stored = std::fs::read_to_string(&file).expect("the sign-in");
    assert!(stored.contains("rtr_") && !settings.expect("the settings").contains("rtr_"));

    let status = terminal
        .done(&["auth", "status", "--json"])
        .await
        .json();
    assert_eq!(
        (&status["store"], &status["url"]),
        (&json!("file"), &json!(terminal.url))
    );
    let list = terminal
        .done(&["org", "list", "--json"])
        .await
        .json();
    let all = list.as_array().expect("organizations");
    assert!(all.len() >= 2, "{list}");
    for one in all {
        let id = one["organization"].as_str().expect("an ID");
        terminal
            .done(&[
                "org",
                "switch",
                one["organization_name"].as_str().expect("a name"),
            ])
            .await;
        let me = terminal
            .done(&["auth", "whoami", "--json"])
            .await
            .json();
        assert_eq!(me["organization"], json!(id));
        let other = terminal
            .done(&["api", "get", "/api/v1/me", "--org", id])
            .await
            .json();
        assert_eq!(
            (&other["organization"], &other["credential"]),
            (&json!(id), &json!("id_token"))
        );
        let name = one["organization_name"].as_str().expect("a name");
        let named = terminal
            .done(&["auth", "status", "--json", "--org", name])
            .await
            .json();
        assert_eq!(named["organization"], json!(id));
    }
    let elsewhere = terminal
        .run(&["api-key", "list", "--org", "Nowhere"])
        .await;
    assert_eq!(elsewhere.code, 5, "{elsewhere:?}");
    let refused = terminal
        .run(&["org", "switch", "Nowhere", "--json"])
        .await;
    assert_eq!(
        (refused.code, &refused.error()["code"]),
        (5, &json!("refused"))
    );

    let sessions = async || {
        let caller = terminal.app.browser_of(terminal.person).await.0;
        let all = terminal.app.engine.list_sessions(&caller).await;
        let all = all.expect("sessions");
        let devices = all
            .iter()
            .filter(|session| session.kind == SessionKind::Device);
        devices.count()
    };
    assert_eq!(sessions().await, 1);
    let out = terminal.done(&["auth", "logout", "--json"]).await;
    assert_eq!(out.json(), json!({ "signed_out": true }));
    assert_eq!(sessions().await, 0, "the session is revoked");
    let after = terminal.run(&["auth", "whoami"]).await;
    assert_eq!(after.code, 4, "{after:?}");
    assert!(
        !std::fs::read_to_string(&file)
            .expect("a file")
            .contains("rtr_")
    );
}

// KE-17, KE-18, KE-19, KE-20, KE-31, KE-32: keys from the terminal; a key is shown once, and the
// preview remains.
#[tokio::test]
async fn keys_are_created_listed_rotated_and_revoked() {
    let terminal = Terminal::new().await;
    assert_eq!(terminal.sign_in().await.code, 0);
    let created = terminal
        .done(&["api-key", "create", "--name", "From the terminal"])
        .await;
    let key = created.stdout.trim_end();
    assert!(
        key.starts_with("rt_sk_") && !key.contains(char::is_whitespace),
        "the key alone: {created:?}"
    );
    assert!(!created.stderr.contains(key), "{created:?}");
    let me = terminal.app.get("/api/v1/me", key).await;
    assert_eq!(me.status, 200, "{}", me.text);
    let id = me.json()["key_id"]
        .as_u64()
        .expect("an ID")
        .to_string();

    let list = terminal
        .done(&["api-key", "list", "--active", "--search", "From the"])
        .await;
    let row: Vec<_> = list.stdout.trim_end().split('\t').collect();
    assert_eq!(
        row[..2],
        [id.as_str(), "From the terminal"],
        "{list:?}"
    );
    assert_eq!(row[5], "active");
    let ends = format!("{}{}", "*".repeat(28), &key[key.len() - 4..]);
    assert!(
        row[2].ends_with(&ends) && !list.stdout.contains(key),
        "only the preview: {list:?}"
    );
    let shown = terminal
        .done(&["api-key", "show", &id, "--json"])
        .await;
    assert_eq!(shown.json()["label"], json!("From the terminal"));
    assert!(!shown.stdout.contains(key), "{shown:?}");

    let file = terminal.home.join("key.txt");
    let out = file.to_str().expect("a path");
    let rotated = terminal
        .done(&[
            "api-key",
            "rotate",
            &id,
            "--overlap",
            "1h",
            "--yes",
            "--out",
            out,
        ])
        .await;
    assert!(rotated.stdout.is_empty(), "{rotated:?}");
    let next = std::fs::read_to_string(&file).expect("the key");
    let next = next.trim_end();
    assert_eq!(
        terminal.app.get("/api/v1/me", key).await.status,
        200,
        "the grace period"
    );
    let answer = terminal.app.get("/api/v1/me", next).await.json();
    let next_id = answer["key_id"]
        .as_u64()
        .expect("an ID")
        .to_string();
    let taken = terminal
        .run(&["api-key", "create", "--name", "x", "--out", out])
        .await;
    assert_eq!(
        taken.code, 2,
        "a file is never overwritten: {taken:?}"
    );

    let unsure = terminal
        .run(&["api-key", "revoke", &next_id])
        .await;
    assert_eq!(unsure.code, 2, "{unsure:?}");
    assert_eq!(terminal.app.get("/api/v1/me", next).await.status, 200);
    let revoked = terminal
        .done(&["api-key", "revoke", &next_id, "--yes", "--json"])
        .await;
    assert_eq!(revoked.json()["status"], json!("revoked"));
    assert_eq!(terminal.app.get("/api/v1/me", next).await.status, 401);
    let unknown = terminal
        .run(&["api-key", "revoke", "999999", "--yes", "--json"])
        .await;
    assert_eq!(
        (unknown.code, &unknown.error()["code"]),
        (5, &json!("not_found")),
        "{unknown:?}"
    );
    let invalid = terminal
        .run(&["api-key", "create", "--name", "\u{202e}x"])
        .await;
    assert_eq!(invalid.code, 5, "{invalid:?}");
    assert!(invalid.stderr.contains("--name:"), "{invalid:?}");
}

// D17: what a new key expires after is a setting of the organization, unless an option says it.
#[tokio::test]
async fn a_new_key_expires_as_the_organization_preselects() {
    let terminal = Terminal::new().await;
    assert_eq!(terminal.sign_in().await.code, 0);
    let expiry = async |setting: &str, options: &[&str]| {
        let change = format!(r#"{{"default_key_days": {setting}}}"#);
        let path = "/api/v1/organization";
        terminal
            .done(&["api", "patch", path, "--data", &change])
            .await;
        let create = ["api-key", "create", "--name", "Ends", "--json"];
        let created = terminal
            .done(&[&create, options].concat())
            .await
            .json();
        let id = created["key_id"].to_string();
        let shown = terminal
            .done(&["api-key", "show", &id, "--json"])
            .await
            .json();
        moment(&shown["expires_at"])
    };
    // The command computes it with the clock of this computer.
    let week = expiry("30", &["--expires", "7d"]).await;
    let month = expiry("30", &[]).await;
    let quarter = expiry("90", &[]).await;
    let days = |span: time::Duration| (span + time::Duration::HOUR).whole_days();
    assert_eq!([days(month - week), days(quarter - month)], [23, 60]);
    let change = r#"{"default_key_days": null}"#;
    let path = "/api/v1/organization";
    terminal
        .done(&["api", "patch", path, "--data", change])
        .await;
    let id = terminal
        .done(&["api-key", "create", "--name", "Stays", "--json"])
        .await
        .json()["key_id"]
        .to_string();
    let shown = terminal.done(&["api-key", "show", &id]).await;
    assert!(
        shown.stdout.contains("expires\tnever\n") && shown.stdout.contains("scopes\tfull access\n"),
        "{shown:?}"
    );
}

/// A time of the API.
fn moment(text: &Value) -> time::OffsetDateTime {
    let format = &time::format_description::well_known::Rfc3339;
    time::OffsetDateTime::parse(text.as_str().expect("a time"), format).expect("RFC 3339")
}

#[tokio::test]
async fn a_key_that_is_revoked_already_is_not_revoked_again() {
    let terminal = Terminal::new().await;
    assert_eq!(terminal.sign_in().await.code, 0);
    let create = ["api-key", "create", "--name", "Twice", "--json"];
    let id = terminal.done(&create).await.json()["key_id"].to_string();
    let revoke = ["api-key", "revoke", id.as_str(), "--yes"];
    let first = terminal.done(&revoke).await;
    assert!(first.stdout.starts_with("Revoked key"), "{first:?}");
    let second = terminal.done(&revoke).await;
    assert!(
        second.stdout.is_empty() && second.stderr.contains("was revoked already"),
        "{second:?}"
    );
    let json = terminal
        .done(&[&revoke[..], &["--json"]].concat())
        .await
        .json();
    assert!(json["revoked_at"].is_string(), "{json}");
}

// An installation that can be reached through a proxy only. The server stands for the proxy: it
// answers requests in absolute form (RFC 9112, 3.2.2).
#[tokio::test]
async fn commands_go_through_the_proxy_of_the_environment() {
    let terminal = Terminal::new().await;
    let token = terminal.app.own_token(&terminal.olivia).await;
    let variables = [
        ("ROUNDTABLE_URL", "http://keys.example.test"),
        ("ROUNDTABLE_TOKEN", token.as_str()),
    ];
    let me = ["auth", "whoami", "--json"];
    let without = terminal.run_with(&me, &variables).await;
    assert_eq!(without.code, 69, "{without:?}");
    let proxied = [&variables[..], &[("http_proxy", terminal.url.as_str())]].concat();
    let through = terminal.run_with(&me, &proxied).await;
    assert_eq!(through.code, 0, "{through:?}");
    assert_eq!(
        through.json()["url"],
        json!("http://keys.example.test")
    );
}

// RFC 8252: the browser of the same computer.
#[tokio::test]
async fn a_person_signs_in_in_the_browser_of_the_same_computer() {
    let terminal = Terminal::new().await;
    for (decision, code) in [("deny", 3), ("allow", 0)] {
        let (child, lines, url) = terminal
            .login(
                &["--url", &terminal.url],
                &[("DISPLAY", ":0")],
                |line| Some(line.trim().to_owned()).filter(|line| line.starts_with("http")),
            )
            .await;
        let page = url
            .strip_prefix(&terminal.url)
            .expect("a page")
            .to_owned();
        let cookie = terminal.cookie().await;
        let shown = browser::page(&terminal.app, &page, &cookie).await;
        assert_eq!(shown.status, 200, "{}", shown.text);
        let fields = [("decision", decision)];
        let answer = browser::send(
            &terminal.app,
            "decide_device",
            &page,
            &fields,
            &cookie,
        )
        .await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let back = address(&answer.text);
        let forged = back.replace("state=", "state=x");
        assert!(get(&forged).await.contains("another sign-in"));
        get(&back).await;
        let ended = ended(child, lines).await;
        assert_eq!(ended.code, code, "{ended:?}");
    }
    terminal.done(&["auth", "whoami"]).await;
}

/// The address that the page leads back to.
fn address(markup: &str) -> String {
    let start = markup
        .find("http://127.0.0.1:")
        .expect("an address");
    let rest = &markup[start..];
    let end = rest.find('"').expect("its end");
    rest[..end].replace("&amp;", "&")
}

async fn get(url: &str) -> String {
    reqwest::get(url)
        .await
        .expect("an answer")
        .text()
        .await
        .expect("text")
}

#[tokio::test]
async fn a_token_is_given_instead_of_a_sign_in() {
    let terminal = Terminal::new().await;
    let token = terminal.app.own_token(&terminal.olivia).await;
    let organization = terminal.olivia.organization.to_string();
    let variables = [
        ("ROUNDTABLE_URL", terminal.url.as_str()),
        ("ROUNDTABLE_ORG", organization.as_str()),
        ("ROUNDTABLE_TOKEN", token.as_str()),
    ];
    let me = terminal
        .run_with(&["auth", "status", "--json"], &variables)
        .await;
    assert_eq!(me.json()["store"], json!("given token"), "{me:?}");
    let key = terminal.app.key("olivia").await;
    let variables = [
        ("ROUNDTABLE_URL", terminal.url.as_str()),
        ("ROUNDTABLE_TOKEN", key.as_str()),
    ];
    let refused = terminal
        .run_with(&["auth", "whoami"], &variables)
        .await;
    assert_eq!(
        refused.code, 2,
        "no command authenticates with an API key: {refused:?}"
    );
    assert!(!refused.stderr.contains(&key), "{refused:?}");
}

#[tokio::test]
async fn a_refreshed_session_goes_on_and_a_revoked_one_ends() {
    let terminal = Terminal::new().await;
    assert_eq!(terminal.sign_in().await.code, 0);
    let file = terminal
        .home
        .join(".local/state/roundtable/credentials.json");
    let mut stored: Value =
        serde_json::from_str(&std::fs::read_to_string(&file).expect("a file")).expect("JSON");
    let before = stored[&terminal.url]["refresh_token"].clone();
    stored[&terminal.url]["expires_at"] = json!(0);
    std::fs::write(&file, stored.to_string()).expect("written");
    let (first, second) = tokio::join!(
        terminal.run(&["auth", "whoami"]),
        terminal.run(&["api-key", "list"])
    );
    assert_eq!(
        (first.code, second.code),
        (0, 0),
        "{first:?} {second:?}"
    );
    let after: Value =
        serde_json::from_str(&std::fs::read_to_string(&file).expect("a file")).expect("JSON");
    assert_ne!(after[&terminal.url]["refresh_token"], before);

    let (browser, _) = terminal.app.browser_of(terminal.person).await;
    terminal
        .app
        .engine
        .revoke_other_sessions(&browser, &Origin::default())
        .await
        .expect("revoked");
    let ended = terminal.run(&["auth", "status"]).await;
    assert_eq!(ended.code, 4, "{ended:?}");
}

#[tokio::test]
async fn an_installation_that_does_not_answer_is_unavailable() {
    let terminal = Terminal::new().await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address: SocketAddr = free.local_addr().expect("an address");
    drop(free);
    let url = format!("http://{address}");
    let away = terminal
        .run_with(
            &["auth", "whoami", "--url", &url, "--json"],
            &[("ROUNDTABLE_TOKEN", "x.y.z")],
        )
        .await;
    assert_eq!(
        (away.code, &away.error()["code"]),
        (69, &json!("unavailable")),
        "{away:?}"
    );
    let other = terminal
        .run(&["auth", "login", "--url", "ftp://x"])
        .await;
    assert_eq!(other.code, 2, "{other:?}");
}

#[tokio::test]
async fn completions_and_manual_pages_are_written() {
    let terminal = Terminal::new().await;
    let completions = terminal.done(&["completion", "bash"]).await;
    assert!(
        completions.stdout.contains("api-key"),
        "{completions:?}"
    );
    let folder = terminal.home.to_str().expect("a path");
    terminal.done(&["man", folder]).await;
    let page = std::fs::read_to_string(terminal.home.join("roundtable-api-key-create.1"));
    assert!(page.expect("a page").contains("name"));
    terminal
        .done(&["config", "set", "url", "https://keys.example.com/"])
        .await;
    let got = terminal.done(&["config", "get", "url"]).await;
    assert_eq!(got.stdout, "https://keys.example.com\n");
}
