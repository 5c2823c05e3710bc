//! `roundtable worker` against a server: the real program, and small shell scripts that it runs.
#![cfg(unix)]

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use domain::command::{CreateRun, CreateWorkspace, RevokeKey};
use domain::key::RevokeReason;
use domain::run::RunState;
use domain::view::{NewKey, RunDetail};
use domain::{RunId, Scope, WorkspaceId};
use serde_json::json;
use tokio::net::TcpListener;

use crate::test_app::{Someone, TestApp};

/// How long a test waits for what must happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// An installation that listens, with a workspace and the key of a worker.
struct Site {
    app: TestApp,
    olivia: Someone,
    key: NewKey,
    workspace: WorkspaceId,
    url: String,
}

impl Site {
    async fn new() -> Self {
        let app = TestApp::new().await;
        let olivia = app.someone("olivia").await;
        let key = app.narrow_key(&olivia, [Scope::RunsWork]).await;
        let command = CreateWorkspace::read("Staging", "openai", None).expect("valid");
        let workspace = app
            .engine
            .create_workspace(&olivia.ctx, command)
            .await
            .expect("a workspace");
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let url = format!(
            "http://{}",
            listener.local_addr().expect("an address")
        );
        tokio::spawn(listener::serve(
            listener,
            app.router.clone(),
            std::future::pending(),
        ));
        Self {
            app,
            olivia,
            key,
            workspace: workspace.id,
            url,
        }
    }

    async fn start(&self, input: &str) -> RunId {
        let command =
            CreateRun::read(self.workspace.clone(), Some(input.into()), true).expect("valid");
        self.app
            .engine
            .create_run(&self.olivia.ctx, command)
            .await
            .expect("a run")
            .id
    }

    async fn run(&self, id: &RunId) -> RunDetail {
        self.app
            .engine
            .get_run(&self.olivia.ctx, id)
            .await
            .expect("a run")
    }

    /// Waits until a run is in a state.
    async fn until(&self, id: &RunId, state: RunState) -> RunDetail {
        let reached = async {
            loop {
                let run = self.run(id).await;
                if run.run.status == state {
                    return run;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        match tokio::time::timeout(PATIENCE, reached).await {
            Ok(run) => run,
            Err(_) => panic!("{:?} is not {state}", self.run(id).await),
        }
    }

    /// An executable script.
    fn script(&self, text: &str) -> PathBuf {
        let path = self.app.folder.join("work.sh");
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("a file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))
            .expect("executable");
        path
    }

    fn worker(&self, script: &PathBuf) -> Worker {
        Worker::start(
            self.command(script)
                .env("ROUNDTABLE_API_KEY", self.key.plain.expose()),
        )
    }

    fn command(&self, script: &PathBuf) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_roundtable"));
        command
            .args(["worker", "--url", &self.url, "--exec"])
            .arg(script)
            .env_remove("ROUNDTABLE_API_KEY");
        command
    }
}

/// A running worker.
struct Worker(Child);

impl Worker {
    fn start(command: &mut Command) -> Self {
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        Self(child)
    }

    /// Waits until it waits for runs: from here on it handles SIGTERM.
    fn once_ready(mut self) -> Self {
        let stdout = self.0.stdout.take().expect("output");
        let mut lines = BufReader::new(stdout);
        let mut line = String::new();
        lines.read_line(&mut line).expect("a line");
        assert!(line.starts_with("Waiting for runs"), "{line}");
        std::thread::spawn(move || {
            let mut rest = String::new();
            while lines.read_line(&mut rest).is_ok_and(|n| n > 0) {}
        });
        self
    }

    fn signal(&self) {
        let pid = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("a signal");
    }

    /// Its exit code and its standard error.
    async fn ended(mut self) -> (Option<i32>, String) {
        let waiting = tokio::task::spawn_blocking(move || {
            let mut text = String::new();
            let stderr = self.0.stderr.take().expect("standard error");
            std::io::Read::read_to_string(&mut BufReader::new(stderr), &mut text).expect("text");
            let status = self.0.wait().expect("it ends");
            (status.code(), text)
        });
        tokio::time::timeout(PATIENCE, waiting)
            .await
            .expect("in time")
            .expect("joined")
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

// RU-01, D30: the program gets the input and the IDs of the run, and not the key.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_runs_a_program_for_each_run() {
    let site = Site::new().await;
    let script = site.script(
        r#"case "$(cat)" in
  json) printf '{"run": "%s", "workspace": "%s", "environment": "%s", "key": "%s"}' \
    "$ROUNDTABLE_RUN_ID" "$ROUNDTABLE_WORKSPACE_ID" "$ROUNDTABLE_ENVIRONMENT" "$ROUNDTABLE_API_KEY" ;;
  text) echo "three rows" ;;
  large) head -c 70000 /dev/zero | tr '\0' a ;;
  fail) echo "no such report" >&2; exit 3 ;;
  silent) exit 4 ;;
esac"#,
    );
    let inputs = ["json", "text", "large", "fail", "silent"];
    let mut ids = Vec::new();
    for input in inputs {
        ids.push(site.start(input).await);
    }
    let worker = site.worker(&script).once_ready();
    let json_run = site.until(&ids[0], RunState::Succeeded).await;
    assert_eq!(
        json_run.output,
        Some(json!({
            "run": ids[0], "workspace": site.workspace, "environment": "production", "key": ""
        }))
    );
    let text = site.until(&ids[1], RunState::Succeeded).await;
    assert_eq!(text.output, Some(json!("three rows\n")));
    for (id, error) in [
        (&ids[2], "more than 64 KiB"),
        (&ids[3], "no such report"),
        (&ids[4], "exit status: 4"),
    ] {
        let failed = site.until(id, RunState::Failed).await.run;
        let text = failed.error.expect("an error");
        assert!(text.contains(error), "{text}");
    }
    worker.signal();
    assert_eq!(worker.ended().await, (Some(0), String::new()));
}

// RU-01, D30
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_finishes_its_run_before_it_stops() {
    let site = Site::new().await;
    let mark = site.app.folder.join("go");
    let script = site.script(&format!(
        "while [ ! -e '{}' ]; do sleep 0.05; done; echo done",
        mark.display()
    ));
    let (held, next) = (site.start("").await, site.start("").await);
    let worker = site.worker(&script).once_ready();
    site.until(&held, RunState::Running).await;
    worker.signal();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(site.run(&held).await.run.status, RunState::Running);
    std::fs::write(&mark, "").expect("a mark");
    assert_eq!(worker.ended().await, (Some(0), String::new()));
    let done = site.run(&held).await;
    assert_eq!(
        (done.run.status, done.output),
        (RunState::Succeeded, Some(json!("done\n")))
    );
    assert_eq!(site.run(&next).await.run.status, RunState::Queued);
}

// RU-01, D30: a key that is not valid, or not any more.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_ends_if_its_key_is_refused() {
    let site = Site::new().await;
    let script = site.script("cat");
    let other = site
        .app
        .narrow_key(&site.olivia, [Scope::RunsRead])
        .await;
    for (key, why) in [
        (
            "rt_live_0000000000000000",
            "Missing or invalid authentication token",
        ),
        (
            other.plain.expose(),
            "does not have the scope runs:work",
        ),
    ] {
        let worker = Worker::start(
            site.command(&script)
                .env("ROUNDTABLE_API_KEY", key),
        );
        let (code, text) = worker.ended().await;
        assert_eq!(code, Some(5), "{text}");
        assert!(
            text.starts_with("roundtable: the server refuses the key: ") && text.contains(why),
            "{text}"
        );
        assert!(
            !text.contains(key) && text.lines().count() == 1,
            "{text}"
        );
    }

    // From a file, and revoked while the worker waits.
    let file = site.app.folder.join("worker.key");
    std::fs::write(&file, format!("{}\n", site.key.plain.expose())).expect("a file");
    let worker = Worker::start(site.command(&script).arg("--key-file").arg(&file)).once_ready();
    let run = site.start("x").await;
    site.until(&run, RunState::Succeeded).await;
    let revoke = RevokeKey {
        key: site.key.view.key_id,
        reason: RevokeReason::Leaked,
    };
    site.app
        .engine
        .revoke_key(&site.olivia.ctx, revoke)
        .await
        .expect("revoked");
    let (code, text) = worker.ended().await;
    assert_eq!(code, Some(5), "{text}");
}

// RU-01
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_without_a_key_or_a_workspace_says_so() {
    let site = Site::new().await;
    let script = site.script("cat");
    let (code, text) = Worker::start(&mut site.command(&script))
        .ended()
        .await;
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("ROUNDTABLE_API_KEY"), "{text}");
    let worker = Worker::start(
        site.command(&script)
            .args(["--workspace", "ws_nowhere"])
            .env("ROUNDTABLE_API_KEY", site.key.plain.expose()),
    );
    let (code, text) = worker.ended().await;
    assert_eq!(code, Some(2), "{text}");
}

// RU-01, D30: a program that cannot be started fails its run, not the worker.
#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_does_not_start_fails_its_run() {
    let site = Site::new().await;
    let run = site.start("x").await;
    let worker = site
        .worker(&site.app.folder.join("missing"))
        .once_ready();
    let failed = site.until(&run, RunState::Failed).await.run.error;
    assert!(
        failed.is_some_and(|error| error.contains("could not be started")),
        "the error says why"
    );
    worker.signal();
    assert_eq!(worker.ended().await.0, Some(0));
}
