//! `roundtable gate doctor` against reverse proxies that are wrong in one way each.

mod fake;

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Stdio};

use serde_json::Value;

use fake::{GOOD, POWERLESS, Wrong};

/// What the command printed.
struct Ended {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Ended {
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}{}", self.stdout, self.stderr))
    }

    /// The outcome of each check.
    fn outcomes(&self) -> BTreeMap<String, String> {
        let json = self.json();
        let checks = json["checks"].as_array().expect("checks");
        let word = |check: &Value, name: &str| check[name].as_str().expect("a word").to_owned();
        checks
            .iter()
            .map(|check| (word(check, "check"), word(check, "outcome")))
            .collect()
    }

    fn with(&self, outcome: &str) -> Vec<String> {
        let outcomes = self.outcomes().into_iter();
        outcomes
            .filter(|(_, found)| found == outcome)
            .map(|(check, _)| check)
            .collect()
    }

    /// The advice for a check.
    fn advice(&self, check: &str) -> String {
        let json = self.json();
        let checks = json["checks"].as_array().expect("checks");
        let found = checks
            .iter()
            .find(|found| found["check"] == check);
        found.expect("the check")["advice"].to_string()
    }
}

const KEYS: [(&str, &str); 2] = [
    ("ROUNDTABLE_GATE_KEY", GOOD),
    ("ROUNDTABLE_GATE_KEY_WITHOUT_SCOPE", POWERLESS),
];

/// Runs the command with these variables only.
async fn doctor(
    arguments: Vec<String>,
    variables: Vec<(&'static str, &'static str)>,
    input: &'static str,
) -> Ended {
    let run = move || {
        let mut child = Command::new(env!("CARGO_BIN_EXE_roundtable"))
            .args(["gate", "doctor"])
            .args(arguments)
            .env_clear()
            .envs(variables)
            .current_dir(std::env::temp_dir())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        // A program that does not read its input may have ended.
        let _ = child
            .stdin
            .take()
            .expect("input")
            .write_all(input.as_bytes());
        let output = child.wait_with_output().expect("it ends");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        let ended = Ended {
            code: output.status.code().expect("a code"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        };
        for secret in [GOOD, POWERLESS, &GOOD[..GOOD.len() - 1]] {
            assert!(!ended.stdout.contains(secret) && !ended.stderr.contains(secret));
        }
        ended
    };
    tokio::task::spawn_blocking(run)
        .await
        .expect("it ran")
}

/// An address where nothing listens.
fn free() -> SocketAddr {
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
    free.local_addr().expect("an address")
}

/// Checks a fake proxy, in place of its API.
async fn with_app(wrong: Wrong) -> Ended {
    let app = free();
    let proxy = fake::start(wrong, Some(app)).await;
    let arguments = [
        &format!("http://{proxy}/orders"),
        "--app",
        &app.to_string(),
        "--json",
        "--timeout",
        "2",
    ];
    doctor(
        arguments.map(str::to_owned).to_vec(),
        KEYS.to_vec(),
        "",
    )
    .await
}

/// Checks a fake proxy from outside.
async fn outside(wrong: Wrong) -> Ended {
    let proxy = fake::start(wrong, None).await;
    let arguments = [
        &format!("http://{proxy}/orders?page=1"),
        "--json",
        "--timeout",
        "2",
    ];
    doctor(
        arguments.map(str::to_owned).to_vec(),
        KEYS.to_vec(),
        "",
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_is_right_passes_every_check() {
    let ended = with_app(Wrong::Nothing).await;
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    let json = ended.json();
    assert_eq!(json["proxy"], "nginx");
    assert_eq!(
        (&json["passed"], &json["failed"], &json["not_checked"]),
        (&20.into(), &0.into(), &0.into()),
        "{json:#}"
    );
    assert_eq!(ended.stderr, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn from_outside_it_says_what_it_did_not_check_and_how_to() {
    let ended = outside(Wrong::Nothing).await;
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    let passed = [
        "bad_key",
        "challenge",
        "key_in_query",
        "large_body",
        "missing_scope",
        "no_key",
        "same_connection",
        "valid_key",
    ];
    assert_eq!(ended.with("passed"), passed);
    assert_eq!(
        ended.with("not_checked").len(),
        12,
        "{}",
        ended.stdout
    );
    for check in ended.json()["checks"].as_array().expect("checks") {
        let needs_app = check["outcome"] == "not_checked";
        assert_eq!(
            needs_app,
            check["found"] == "it needs --app ADDRESS",
            "{check}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_that_shows_behind_the_proxy_is_named() {
    for (wrong, failed, line) in [
        (
            Wrong::ShowsAuthorization,
            &["key_hidden_authorization"][..],
            "proxy_set_header Authorization",
        ),
        (
            Wrong::ShowsXApiKey,
            &["key_hidden_x_api_key"],
            "proxy_set_header X-API-Key",
        ),
        (
            Wrong::CopiesKey,
            &["key_hidden_authorization", "key_hidden_x_api_key"],
            "`x-original-key`",
        ),
        (
            Wrong::KeepsOwner,
            &["doubled_header", "forged_headers"],
            "proxy_set_header X-Roundtable-Owner $rt_owner;",
        ),
        (
            Wrong::LacksOwner,
            &["owner_headers"],
            "proxy_set_header X-Roundtable-Owner $rt_owner;",
        ),
        (
            Wrong::AppendsOwner,
            &["doubled_header"],
            "proxy_set_header X-Roundtable-Owner $rt_owner;",
        ),
        (
            Wrong::KeepsUnderscores,
            &["underscores"],
            "underscores_in_headers",
        ),
        (Wrong::KeepsDots, &["dots"], "ignore_invalid_headers"),
        (
            Wrong::LosesBody,
            &["body_arrives"],
            "proxy_pass_request_body off;",
        ),
        (
            Wrong::LimitsBody,
            &["large_body"],
            "client_max_body_size",
        ),
        (Wrong::ChangesMethod, &["method"], "proxy_method GET;"),
        (Wrong::Mirrors, &["refused_stays_out"], "mirror"),
        (Wrong::OtherApi, &["reaches_api"], "proxy_pass"),
    ] {
        let ended = with_app(wrong).await;
        assert_eq!(
            ended.with("failed"),
            failed,
            "{wrong:?}: {}{}",
            ended.stdout,
            ended.stderr
        );
        assert_eq!(ended.code, 1);
        for check in failed {
            let advice = ended.advice(check);
            assert!(advice.contains(line), "{wrong:?}: {advice}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_that_shows_in_front_of_the_proxy_is_named() {
    for (wrong, failed, line) in [
        (
            Wrong::Open,
            &["bad_key", "no_key"][..],
            "auth_request /_gate;",
        ),
        (
            Wrong::Answers202,
            &["bad_key", "no_key"],
            "auth_request /_gate;",
        ),
        (
            Wrong::Redirects,
            &["bad_key", "no_key"],
            "error_page 401",
        ),
        (Wrong::NoChallenge, &["challenge"], "WWW-Authenticate"),
        (
            Wrong::KeepsAnswers,
            &["same_connection"],
            "proxy_cache",
        ),
        (Wrong::IgnoresScope, &["missing_scope"], "?scope="),
        (Wrong::TakesQuery, &["key_in_query"], "$arg_api_key"),
        (
            Wrong::HangsOnBody,
            &["large_body"],
            "proxy_set_header Content-Length",
        ),
        (
            Wrong::FailsOnBody,
            &["large_body"],
            "proxy_pass_request_body off;",
        ),
        (Wrong::RefusesAll, &["valid_key"], "/gate/"),
        (
            Wrong::Unavailable,
            &["bad_key", "no_key", "valid_key"],
            "upstream roundtable",
        ),
    ] {
        let ended = outside(wrong).await;
        assert_eq!(
            ended.with("failed"),
            failed,
            "{wrong:?}: {}{}",
            ended.stdout,
            ended.stderr
        );
        assert_eq!(ended.code, 1);
        let json = ended.json();
        assert!(
            failed
                .iter()
                .any(|check| ended.advice(check).contains(line)),
            "{wrong:?}: {json:#}"
        );
    }
}

// nginx cannot remove headers by their prefix.
#[tokio::test(flavor = "multi_thread")]
async fn other_headers_are_a_note_for_nginx_and_a_failure_elsewhere() {
    let ended = with_app(Wrong::KeepsOthers).await;
    assert_eq!(
        (ended.code, ended.with("note")),
        (0, vec!["other_headers".to_owned()]),
        "{}",
        ended.stdout
    );
    let app = free();
    let proxy = fake::start(Wrong::KeepsOthers, Some(app)).await;
    let arguments = [
        &format!("http://{proxy}/"),
        "--app",
        &app.to_string(),
        "--proxy",
        "caddy",
    ];
    let ended = doctor(
        arguments.map(str::to_owned).to_vec(),
        KEYS.to_vec(),
        "",
    )
    .await;
    assert_eq!(ended.code, 1);
    assert!(
        ended
            .stdout
            .contains("Caddy: Add `request_header -X-Roundtable-*` before `forward_auth`."),
        "{}",
        ended.stdout
    );
    assert_eq!(ended.stderr, "roundtable: 1 check failed\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_revokes_the_key_during_the_run() {
    for (wrong, outcome, code) in [
        (Wrong::Revoked { again: false }, "passed", 0),
        (Wrong::Revoked { again: true }, "failed", 1),
    ] {
        let proxy = fake::start(wrong, None).await;
        let arguments = vec![
            format!("http://{proxy}/"),
            "--json".to_owned(),
            "--wait-for-revoke".to_owned(),
        ];
        let ended = doctor(arguments, KEYS.to_vec(), "").await;
        assert_eq!(ended.code, code, "{}{}", ended.stdout, ended.stderr);
        assert_eq!(
            ended.outcomes()["revoked"],
            outcome,
            "{}",
            ended.stdout
        );
        assert!(
            ended
                .stdout
                .contains("the first refusal was the answer to request 4"),
            "{}",
            ended.stdout
        );
        assert!(
            ended
                .stderr
                .starts_with("Revoke the key in the dashboard now."),
            "{}",
            ended.stderr
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_comes_from_the_environment_or_from_standard_input() {
    let proxy = fake::start(Wrong::Nothing, None).await;
    let url = format!("http://{proxy}/");
    let input: &'static str = Box::leak(format!("  {GOOD}\n").into_boxed_str());
    let bad_settings = vec![("ROUNDTABLE_ADDR", "here"), ("ROUNDTABLE_LOG", "a=b=c")];
    let ended = doctor(
        vec![url.clone(), "--key-stdin".to_owned()],
        bad_settings,
        input,
    )
    .await;
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    assert!(
        ended
            .stdout
            .contains("set ROUNDTABLE_GATE_KEY_WITHOUT_SCOPE"),
        "{}",
        ended.stdout
    );
    let header = vec![url.clone(), "--header".to_owned(), "x-api-key".to_owned()];
    assert_eq!(doctor(header, KEYS.to_vec(), "").await.code, 0);

    let ended = doctor(vec![url.clone()], Vec::new(), "").await;
    assert_eq!(ended.code, 2);
    assert!(
        ended
            .stderr
            .starts_with("roundtable: set ROUNDTABLE_GATE_KEY"),
        "{}",
        ended.stderr
    );
    let ended = doctor(
        vec![url],
        vec![("ROUNDTABLE_GATE_KEY", "two words of it")],
        "",
    )
    .await;
    assert_eq!(
        (ended.code, &*ended.stderr),
        (2, "roundtable: ROUNDTABLE_GATE_KEY is not a key\n")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_arguments_exit_with_2_and_an_unreachable_proxy_with_69() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address");
    for arguments in [
        vec!["127.0.0.1:8080".to_owned()],
        vec![
            "http://127.0.0.1:1/".to_owned(),
            "--proxy".to_owned(),
            "apache".to_owned(),
        ],
        vec![
            "http://127.0.0.1:1/".to_owned(),
            "--app".to_owned(),
            address.to_string(),
        ],
        vec![],
    ] {
        let ended = doctor(arguments.clone(), KEYS.to_vec(), "").await;
        assert_eq!(
            (ended.code, &*ended.stdout),
            (2, ""),
            "{arguments:?}: {}",
            ended.stderr
        );
    }
    let nobody = format!("http://{}/orders?secret=1", free());
    let ended = doctor(vec![nobody], KEYS.to_vec(), "").await;
    assert_eq!(
        (ended.code, &*ended.stdout),
        (69, ""),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("cannot be reached") && !ended.stderr.contains("secret"),
        "{}",
        ended.stderr
    );
    // It accepts connections and never answers.
    let ended = doctor(
        vec![
            format!("http://{address}/"),
            "--timeout".to_owned(),
            "1".to_owned(),
        ],
        KEYS.to_vec(),
        "",
    )
    .await;
    assert_eq!(ended.code, 69, "{}", ended.stderr);
    assert!(
        ended
            .stderr
            .contains("does not answer within 1 seconds"),
        "{}",
        ended.stderr
    );
}
