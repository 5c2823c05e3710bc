//! The queue of runs: claims, heartbeats, results, lost leases, cancelling, and stopped workspaces.

use std::collections::HashMap;
use std::time::Duration;

use domain::command::{
    ChangeWorkspace, ClaimRun, CompleteRun, CreateRun, DeleteWorkspace, ExtendLease, RunQuery,
};
use domain::environment::Environment;
use domain::event::AuditAction;
use domain::run::RunState;
use domain::view::{ClaimedRun, RunView, WorkspaceView};
use domain::workspace::WorkspaceStatus;
use domain::{Code, RunId, WorkspaceId};
use engine::{Ctx, Engine, Error, Result};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::test_app::{NORTH, SOUTH, TestApp, engine, everything, refusal, revoke};

/// Longer than a worker may have to wait for a run of another node.
const PATIENCE: Duration = Duration::from_secs(20);

/// A workspace of max in North.
async fn staging(app: &TestApp) -> WorkspaceView {
    app.workspace(&app.north("max").await, "Staging")
        .await
        .expect("a workspace")
}

async fn start(app: &TestApp, ctx: &Ctx, workspace: &WorkspaceId) -> RunView {
    let command =
        CreateRun::read(workspace.clone(), Some("in".into()), false).expect("a valid command");
    app.engine
        .create_run(ctx, command)
        .await
        .expect("a run")
}

/// A worker of North, with a key that can only work on runs.
async fn worker(app: &TestApp) -> Ctx {
    let key = app
        .restricted_key("mia", "production", &["runs:work"])
        .await;
    app.with_key(&key.plain).await.ctx.clone()
}

fn any(wait_seconds: i64) -> ClaimRun {
    ClaimRun::read(None, Some(wait_seconds)).expect("a valid command")
}

async fn claim(app: &TestApp, ctx: &Ctx) -> Option<ClaimedRun> {
    app.engine
        .claim_run(ctx, &any(0))
        .await
        .expect("an answer")
}

async fn claimed(app: &TestApp, ctx: &Ctx) -> ClaimedRun {
    claim(app, ctx).await.expect("a run")
}

fn heartbeat(run: &ClaimedRun) -> ExtendLease {
    ExtendLease::read(run.run.id.clone(), Some(run.lease.clone())).expect("a valid command")
}

fn success(run: &ClaimedRun, output: Value) -> CompleteRun {
    CompleteRun::read(
        run.run.id.clone(),
        Some(run.lease.clone()),
        Some(output),
        None,
    )
    .expect("a valid command")
}

fn failure(run: &ClaimedRun, error: &str) -> CompleteRun {
    CompleteRun::read(
        run.run.id.clone(),
        Some(run.lease.clone()),
        None,
        Some(error.into()),
    )
    .expect("a valid command")
}

async fn set_status(
    app: &TestApp,
    ctx: &Ctx,
    workspace: &WorkspaceId,
    status: WorkspaceStatus,
) -> Result<WorkspaceView> {
    let command = ChangeWorkspace {
        workspace: workspace.clone(),
        status,
    };
    app.engine.change_workspace(ctx, &command).await
}

async fn state_of(app: &TestApp, id: &RunId) -> RunState {
    let detail = app
        .engine
        .get_run(&app.north("olga").await, id)
        .await
        .expect("a run");
    detail.run.status
}

async fn events(app: &TestApp) -> Vec<AuditAction> {
    let page = app
        .engine
        .read_audit_log(&app.north("olga").await, &Default::default(), 200)
        .await
        .expect("the audit log");
    page.rows
        .into_iter()
        .map(|event| event.action)
        .filter(|action| action.as_str().starts_with("run."))
        .collect()
}

/// A claim that waits in a task of its own.
fn waiting(engine: &Engine, ctx: &Ctx) -> tokio::task::JoinHandle<Result<Option<ClaimedRun>>> {
    let (engine, ctx) = (engine.clone(), ctx.clone());
    tokio::spawn(async move { engine.claim_run(&ctx, &any(30)).await })
}

both! {
    // RU-01, D30
    a_worker_gets_the_oldest_run_and_reports_its_output(app) {
        let (workspace, max, worker) = (staging(app).await, app.north("max").await, worker(app).await);
        let (first, second) = (start(app, &max, &workspace.id).await, start(app, &max, &workspace.id).await);
        let given = claimed(app, &worker).await;
        assert_eq!((&given.run.id, given.run.input.as_deref()), (&first.id, Some("in")));
        assert_eq!((given.run.status, given.run.attempts), (RunState::Running, 1));
        assert_eq!((given.run.claimed_by.as_deref(), given.run.claimed_at), (Some("mia"), Some(app.runtime.now())));
        assert_eq!(given.lease_expires_at, app.runtime.now().plus_seconds(60));
        assert_eq!(claimed(app, &worker).await.run.id, second.id);
        assert!(claim(app, &worker).await.is_none(), "the queue is empty");

        app.clock.advance_seconds(5);
        let output = json!({ "rows": [1, "نور", null] });
        let done = app.engine.complete_run(&worker, &success(&given, output.clone())).await.expect("completed");
        assert_eq!((done.status, done.ended_at, done.error), (RunState::Succeeded, Some(app.runtime.now()), None));
        let detail = app.engine.get_run(&max, &first.id).await.expect("a run");
        assert_eq!((detail.run.status, detail.output), (RunState::Succeeded, Some(output)));
        assert_eq!(events(app).await, [AuditAction::RunSucceeded, AuditAction::RunCreated, AuditAction::RunCreated]);
        app.sound_chain(NORTH).await;
    }

    // RU-01, D30
    a_worker_reports_an_error(app) {
        let (workspace, max, worker) = (staging(app).await, app.north("max").await, worker(app).await);
        start(app, &max, &workspace.id).await;
        let given = claimed(app, &worker).await;
        let failed = app.engine.complete_run(&worker, &failure(&given, "no such report")).await.expect("completed");
        assert_eq!((failed.status, failed.error.as_deref()), (RunState::Failed, Some("no such report")));
        let event = app.newest_event(&app.north("olga").await).await;
        assert_eq!((event.action, event.object_label.as_str()), (AuditAction::RunFailed, "Staging"));
        assert!(!format!("{event:?}").contains("no such report"), "the log has no error texts");
        assert!(claim(app, &worker).await.is_none(), "a failed run is not tried again");
    }

    // RU-01, D30
    a_report_that_is_sent_again_changes_nothing(app) {
        let (workspace, max, worker) = (staging(app).await, app.north("max").await, worker(app).await);
        start(app, &max, &workspace.id).await;
        let given = claimed(app, &worker).await;
        let report = success(&given, json!("done"));
        let first = app.engine.complete_run(&worker, &report).await.expect("completed");
        app.clock.advance_seconds(90);
        let before = everything(app).await;
        assert_eq!(app.engine.complete_run(&worker, &report).await.expect("the same report"), first);
        assert_eq!(refusal(app.engine.complete_run(&worker, &success(&given, json!("other"))).await), Code::LeaseLost);
        assert_eq!(refusal(app.engine.complete_run(&worker, &failure(&given, "no")).await), Code::LeaseLost);
        assert_eq!(refusal(app.engine.extend_lease(&worker, &heartbeat(&given)).await), Code::LeaseLost);
        assert_eq!(before, everything(app).await);
    }

    // RU-01, D30: two workers never get the same run.
    fifty_runs_and_twenty_racing_workers(app) {
        let (workspace, max) = (staging(app).await, app.north("max").await);
        let mut started = Vec::new();
        for _ in 0..50 {
            started.push(start(app, &max, &workspace.id).await.id);
        }
        let mut workers = JoinSet::new();
        for _ in 0..20 {
            let (engine, ctx) = (app.engine.clone(), worker(app).await);
            workers.spawn(async move {
                let mut got = Vec::new();
                while let Some(given) = engine.claim_run(&ctx, &any(0)).await.expect("an answer") {
                    engine.complete_run(&ctx, &success(&given, json!(given.run.attempts))).await.expect("completed");
                    got.push(given.run.id);
                }
                got
            });
        }
        let mut got: Vec<_> = workers.join_all().await.into_iter().flatten().collect();
        got.sort();
        started.sort();
        assert_eq!(got, started, "each run was given out once");
        for id in &started {
            let detail = app.engine.get_run(&max, id).await.expect("a run");
            assert_eq!((detail.run.status, detail.run.attempts, detail.output), (RunState::Succeeded, 1, Some(json!(1))));
        }
        app.sound_chain(NORTH).await;
    }

    // RU-01, D30
    a_heartbeat_extends_the_lease(app) {
        let (workspace, max, worker) = (staging(app).await, app.north("max").await, worker(app).await);
        start(app, &max, &workspace.id).await;
        let given = claimed(app, &worker).await;
        for _ in 0..3 {
            app.clock.advance_seconds(59);
            let end = app.engine.extend_lease(&worker, &heartbeat(&given)).await.expect("extended");
            assert_eq!(end, app.runtime.now().plus_seconds(60));
            assert!(claim(app, &worker).await.is_none(), "the worker still has it");
        }
        app.clock.advance_seconds(59);
        app.engine.complete_run(&worker, &success(&given, json!(1))).await.expect("completed");
        assert_eq!(events(app).await, [AuditAction::RunSucceeded, AuditAction::RunCreated]);
    }

    // RU-01, D30: an expired lease ends with its time, not when the run is returned to the queue.
    an_expired_lease_reports_nothing_any_more(app) {
        let (workspace, max, worker) = (staging(app).await, app.north("max").await, worker(app).await);
        let run = start(app, &max, &workspace.id).await;
        let old = claimed(app, &worker).await;
        app.clock.advance_seconds(60);
        let before = everything(app).await;
        assert_eq!(refusal(app.engine.extend_lease(&worker, &heartbeat(&old)).await), Code::LeaseLost);
        assert_eq!(refusal(app.engine.complete_run(&worker, &success(&old, json!(1))).await), Code::LeaseLost);
        assert_eq!(before, everything(app).await);

        let new = claimed(app, &worker).await;
        assert_eq!((&new.run.id, new.run.attempts), (&run.id, 2));
        assert_ne!(new.lease, old.lease);
        let before = everything(app).await;
        assert_eq!(refusal(app.engine.extend_lease(&worker, &heartbeat(&old)).await), Code::LeaseLost);
        assert_eq!(refusal(app.engine.complete_run(&worker, &success(&old, json!("late"))).await), Code::LeaseLost);
        assert_eq!(before, everything(app).await);
        app.engine.complete_run(&worker, &success(&new, json!("new"))).await.expect("completed");
        assert_eq!(app.engine.get_run(&max, &run.id).await.expect("a run").output, Some(json!("new")));
        let before = everything(app).await;
        assert_eq!(refusal(app.engine.complete_run(&worker, &success(&old, json!("late"))).await), Code::LeaseLost);
        assert_eq!(before, everything(app).await);
    }

    // RU-01, D30
    a_run_fails_after_three_lost_leases(app) {
        let (workspace, max, worker) = (staging(app).await, app.north("max").await, worker(app).await);
        let run = start(app, &max, &workspace.id).await;
        for attempt in 1..=3 {
            assert_eq!(claimed(app, &worker).await.run.attempts, attempt);
            app.clock.advance_seconds(60);
            assert_eq!(app.engine.return_lost_runs().await.expect("returned"), 1);
            let expected = if attempt < 3 { RunState::Queued } else { RunState::Failed };
            assert_eq!(state_of(app, &run.id).await, expected);
        }
        assert_eq!(app.engine.return_lost_runs().await.expect("none"), 0);
        assert!(claim(app, &worker).await.is_none());
        let detail = app.engine.get_run(&max, &run.id).await.expect("a run").run;
        assert_eq!((detail.error.as_deref(), detail.attempts, detail.ended_at), (Some("lease_lost"), 3, Some(app.runtime.now())));
        let event = app.newest_event(&app.north("olga").await).await;
        assert_eq!((event.action, event.actor_name.as_str(), event.actor_id), (AuditAction::RunFailed, "Roundtable", None));
        assert_eq!(events(app).await, [AuditAction::RunFailed, AuditAction::RunCreated], "claims and returns are not recorded");
        app.sound_chain(NORTH).await;
    }

    // RU-01, D30
    lost_runs_return_once_from_several_nodes(app) {
        let (workspace, max, worker) = (staging(app).await, app.north("max").await, worker(app).await);
        for _ in 0..5 {
            start(app, &max, &workspace.id).await;
            claimed(app, &worker).await;
        }
        app.clock.advance_seconds(61);
        let mut nodes = JoinSet::new();
        for _ in 0..6 {
            let engine = app.engine.clone();
            nodes.spawn(async move { engine.return_lost_runs().await.expect("returned") });
        }
        assert_eq!(nodes.join_all().await.into_iter().sum::<usize>(), 5);
    }

    // RU-01, D30
    a_cancelled_run_is_not_given_out_and_its_worker_is_told(app) {
        let (workspace, max, worker) = (staging(app).await, app.north("max").await, worker(app).await);
        let waits = start(app, &max, &workspace.id).await;
        let cancelled = app.engine.cancel_run(&max, &waits.id).await.expect("cancelled");
        assert_eq!((cancelled.status, cancelled.ended_at), (RunState::Cancelled, Some(app.runtime.now())));
        assert!(claim(app, &worker).await.is_none());

        let runs = start(app, &max, &workspace.id).await;
        let given = claimed(app, &worker).await;
        app.engine.cancel_run(&max, &runs.id).await.expect("cancelled");
        let before = everything(app).await;
        assert_eq!(refusal(app.engine.extend_lease(&worker, &heartbeat(&given)).await), Code::RunCancelled);
        assert_eq!(refusal(app.engine.complete_run(&worker, &success(&given, json!(1))).await), Code::RunCancelled);
        app.clock.advance_seconds(90);
        assert_eq!(app.engine.return_lost_runs().await.expect("none"), 0);
        assert_eq!(app.engine.cancel_run(&max, &runs.id).await.expect("again").status, RunState::Cancelled);
        assert_eq!(before, everything(app).await);
        let [one, other] = [AuditAction::RunCancelled, AuditAction::RunCreated];
        assert_eq!(events(app).await, [one, other, one, other]);
    }

    // RU-01, D30
    only_the_creator_and_admins_cancel_a_run(app) {
        let workspace = staging(app).await;
        for (who, allowed) in [("max", true), ("ada", true), ("olga", true), ("mia", false)] {
            let run = start(app, &app.north("max").await, &workspace.id).await;
            let done = app.engine.cancel_run(&app.north(who).await, &run.id).await;
            assert_eq!(done.is_ok(), allowed, "{who}");
            if !allowed {
                assert_eq!(refusal(done), Code::Forbidden);
            }
        }
        let ended = start(app, &app.north("max").await, &workspace.id).await;
        let worker = worker(app).await;
        while let Some(given) = claim(app, &worker).await {
            app.engine.complete_run(&worker, &success(&given, json!(1))).await.expect("completed");
        }
        let olga = app.north("olga").await;
        let before = everything(app).await;
        assert_eq!(refusal(app.engine.cancel_run(&olga, &ended.id).await), Code::Conflict);
        assert_eq!(before, everything(app).await);
    }

    // RU-01, D30, D22
    a_stopped_workspace_takes_no_runs_and_its_queue_waits(app) {
        let (workspace, max, worker) = (staging(app).await, app.north("max").await, worker(app).await);
        let (held, queued) = (start(app, &max, &workspace.id).await, start(app, &max, &workspace.id).await);
        let given = claimed(app, &worker).await;
        assert_eq!(given.run.id, held.id);
        let stopped = set_status(app, &max, &workspace.id, WorkspaceStatus::Stopped).await.expect("stopped");
        assert_eq!(stopped.status, WorkspaceStatus::Stopped);
        assert_eq!(app.newest_event(&max).await.action, AuditAction::WorkspaceStopped);

        let before = everything(app).await;
        for by_hook in [false, true] {
            let command = CreateRun::read(workspace.id.clone(), None, by_hook).expect("a valid command");
            assert_eq!(refusal(app.engine.create_run(&max, command).await), Code::Conflict);
        }
        assert!(claim(app, &worker).await.is_none(), "the queued run waits");
        set_status(app, &max, &workspace.id, WorkspaceStatus::Stopped).await.expect("already stopped");
        assert_eq!(before, everything(app).await);

        app.engine.complete_run(&worker, &success(&given, json!(1))).await.expect("a run that a worker has is completed");
        let olga = app.north("olga").await;
        set_status(app, &olga, &workspace.id, WorkspaceStatus::Running).await.expect("started");
        assert_eq!(app.newest_event(&olga).await.action, AuditAction::WorkspaceStarted);
        assert_eq!(claimed(app, &worker).await.run.id, queued.id);
    }

    // D22, D30
    only_the_creator_and_admins_start_and_stop_a_workspace(app) {
        for (who, allowed) in [("max", true), ("ada", true), ("olga", true), ("mia", false)] {
            let workspace = staging(app).await;
            let done = set_status(app, &app.north(who).await, &workspace.id, WorkspaceStatus::Stopped).await;
            assert_eq!(done.is_ok(), allowed, "{who}");
        }
        let workspace = staging(app).await;
        let otto = app.south("otto").await;
        assert_eq!(refusal(set_status(app, &otto, &workspace.id, WorkspaceStatus::Stopped).await), Code::Forbidden);
        let nowhere: WorkspaceId = "ws_nowhere".parse().expect("an id");
        assert_eq!(refusal(set_status(app, &otto, &nowhere, WorkspaceStatus::Stopped).await), Code::NotFound);
    }

    // RU-17, D7
    a_worker_gets_only_runs_of_its_environment(app) {
        let (real, max, worker) = (staging(app).await, app.north("max").await, worker(app).await);
        let key = app.restricted_key("max", "test", &["workspaces:write", "runs:write", "runs:work"]).await;
        let sandbox = app.with_key(&key.plain).await.ctx.clone();
        let trial = app.workspace(&sandbox, "Trial").await.expect("a workspace");
        let tested = start(app, &sandbox, &trial.id).await;
        assert!(claim(app, &worker).await.is_none(), "a test run");
        let real_run = start(app, &max, &real.id).await;
        let given = claimed(app, &sandbox).await;
        assert_eq!((&given.run.id, given.run.environment), (&tested.id, Environment::Test));
        assert!(claim(app, &sandbox).await.is_none(), "a production run");
        let other = claimed(app, &worker).await;
        assert_eq!(other.run.id, real_run.id);
        for (ctx, run) in [(&worker, &given), (&sandbox, &other)] {
            assert_eq!(refusal(app.engine.extend_lease(ctx, &heartbeat(run)).await), Code::NotFound);
            assert_eq!(refusal(app.engine.complete_run(ctx, &success(run, json!(1))).await), Code::NotFound);
        }
        assert_eq!(refusal(app.engine.cancel_run(&max, &tested.id).await), Code::NotFound);
        assert_eq!(refusal(app.engine.get_run(&max, &tested.id).await), Code::NotFound);
        for (ctx, own) in [(&sandbox, &tested), (&max, &real_run)] {
            let list = app.engine.find_runs(ctx, &RunQuery::default(), None, 10).await.expect("a list").rows;
            assert_eq!(list.iter().map(|run| &run.id).collect::<Vec<_>>(), [&own.id]);
        }
        // The dashboard shows a person both, a key only its own.
        let in_test = max.in_environment(Environment::Test).expect("a person");
        assert_eq!(app.engine.get_run(&in_test, &tested.id).await.expect("a run").run.id, tested.id);
        app.engine.cancel_run(&in_test, &tested.id).await.expect("cancelled");
        assert_eq!(refusal(worker.in_environment(Environment::Test)), Code::Forbidden);
    }

    // RU-01, RA-32
    runs_of_another_organization_do_not_exist(app) {
        let (workspace, max, worker) = (staging(app).await, app.north("max").await, worker(app).await);
        let run = start(app, &max, &workspace.id).await;
        let otto = app.south("otto").await;
        assert!(claim(app, &otto).await.is_none());
        let elsewhere = ClaimRun::read(Some(workspace.id.as_str()), Some(0)).expect("a valid command");
        assert_eq!(refusal(app.engine.claim_run(&otto, &elsewhere).await), Code::Forbidden);
        let given = claimed(app, &worker).await;
        let before = everything(app).await;
        assert_eq!(refusal(app.engine.get_run(&otto, &run.id).await), Code::NotFound);
        assert_eq!(refusal(app.engine.cancel_run(&otto, &run.id).await), Code::NotFound);
        assert_eq!(refusal(app.engine.extend_lease(&otto, &heartbeat(&given)).await), Code::NotFound);
        assert_eq!(refusal(app.engine.complete_run(&otto, &success(&given, json!(1))).await), Code::NotFound);
        assert!(app.engine.find_runs(&otto, &RunQuery::default(), None, 10).await.expect("a list").rows.is_empty());
        assert_eq!(before, everything(app).await);
        app.sound_chain(SOUTH).await;
    }

    // RU-01, D6, D30
    a_key_needs_the_scope_runs_work_to_work_on_runs(app) {
        let (workspace, max) = (staging(app).await, app.north("max").await);
        start(app, &max, &workspace.id).await;
        let key = app.restricted_key("max", "production", &["runs:write", "workspaces:write"]).await;
        let starter = app.with_key(&key.plain).await.ctx.clone();
        assert_eq!(refusal(app.engine.claim_run(&starter, &any(0)).await), Code::MissingScope);
        let worker = worker(app).await;
        let given = claimed(app, &worker).await;
        assert_eq!(refusal(app.engine.extend_lease(&starter, &heartbeat(&given)).await), Code::MissingScope);
        assert_eq!(refusal(app.engine.complete_run(&starter, &success(&given, json!(1))).await), Code::MissingScope);
        for missing in [
            refusal(app.engine.get_run(&worker, &given.run.id).await),
            refusal(app.engine.cancel_run(&worker, &given.run.id).await),
            refusal(app.engine.find_runs(&worker, &RunQuery::default(), None, 1).await),
        ] {
            assert_eq!(missing, Code::MissingScope);
        }
    }

    // RU-01, D30
    a_worker_can_be_limited_to_a_workspace(app) {
        let (one, other, max, worker) = (staging(app).await, staging(app).await, app.north("max").await, worker(app).await);
        start(app, &max, &one.id).await;
        let wanted = start(app, &max, &other.id).await;
        let only = ClaimRun::read(Some(other.id.as_str()), Some(0)).expect("a valid command");
        let given = app.engine.claim_run(&worker, &only).await.expect("an answer").expect("a run");
        assert_eq!(given.run.id, wanted.id);
        assert!(app.engine.claim_run(&worker, &only).await.expect("an answer").is_none());
        let nowhere = ClaimRun::read(Some("ws_nowhere"), Some(0)).expect("a valid command");
        assert_eq!(refusal(app.engine.claim_run(&worker, &nowhere).await), Code::NotFound);
    }

    // RU-01, D30
    runs_are_found_by_state_and_workspace(app) {
        let (one, other, max, worker) = (staging(app).await, staging(app).await, app.north("max").await, worker(app).await);
        let mut ids = HashMap::new();
        for (name, workspace) in [("done", &one), ("held", &one), ("waits", &other)] {
            ids.insert(name, start(app, &max, &workspace.id).await.id);
        }
        let given = claimed(app, &worker).await;
        app.engine.complete_run(&worker, &success(&given, json!(1))).await.expect("completed");
        claimed(app, &worker).await;
        let find = async |state: Option<&str>, workspace: Option<&WorkspaceView>| {
            let query = RunQuery::read(state, workspace.map(|found| found.id.as_str())).expect("a valid query");
            let page = app.engine.find_runs(&max, &query, None, 10).await.expect("a list");
            page.rows.into_iter().map(|run| run.id).collect::<Vec<_>>()
        };
        let [done, held, waits] = ["done", "held", "waits"].map(|name| ids[name].clone());
        assert_eq!(find(None, None).await, [waits.clone(), held.clone(), done.clone()]);
        assert_eq!(find(Some("queued"), None).await, std::slice::from_ref(&waits));
        assert_eq!(find(Some("running"), None).await, std::slice::from_ref(&held));
        assert_eq!(find(Some("succeeded"), Some(&one)).await, std::slice::from_ref(&done));
        assert_eq!(find(None, Some(&one)).await, [held.clone(), done.clone()]);
        assert!(find(Some("queued"), Some(&one)).await.is_empty());
        let (mut all, mut before) = (Vec::new(), None);
        loop {
            let page = app.engine.find_runs(&max, &RunQuery::default(), before, 2).await.expect("a page");
            all.extend(page.rows.into_iter().map(|run| run.id));
            match page.next {
                Some(next) => before = Some(next),
                None => break,
            }
        }
        assert_eq!(all, [waits, held, done]);
    }

    // RU-01, D23: a request of a revoked key writes nothing.
    a_worker_whose_key_was_revoked_gets_no_run(app) {
        let (workspace, max) = (staging(app).await, app.north("max").await);
        let key = app.restricted_key("mia", "production", &["runs:work"]).await;
        let worker = app.with_key(&key.plain).await.ctx.clone();
        start(app, &max, &workspace.id).await;
        let given = claimed(app, &worker).await;
        start(app, &max, &workspace.id).await;
        app.engine.revoke_key(&app.north("olga").await, revoke(key.view.key_id)).await.expect("revoked");
        let before = everything(app).await;
        assert_eq!(refusal(app.engine.claim_run(&worker, &any(0)).await), Code::Unauthorized);
        assert_eq!(refusal(app.engine.extend_lease(&worker, &heartbeat(&given)).await), Code::Unauthorized);
        assert_eq!(refusal(app.engine.complete_run(&worker, &success(&given, json!(1))).await), Code::Unauthorized);
        assert_eq!(before, everything(app).await);
    }

    // RU-01, D30: a waiting worker gets a new run of the same node at once, and one of another node
    // without a notification.
    a_waiting_worker_gets_a_new_run(app) {
        let (workspace, max, worker) = (staging(app).await, app.north("max").await, worker(app).await);
        let other = engine(&app.db, &app.master, None, &app.runtime).await;
        for node in [&app.engine, &other] {
            let waits = waiting(&app.engine, &worker);
            tokio::time::sleep(Duration::from_millis(100)).await;
            assert!(!waits.is_finished(), "there is no run");
            let command = CreateRun::read(workspace.id.clone(), None, false).expect("a valid command");
            let run = node.create_run(&max, command).await.expect("a run");
            let given = timeout(PATIENCE, waits).await.expect("in time").expect("joined").expect("an answer");
            assert_eq!(given.expect("a run").run.id, run.id);
        }
    }

    // RU-01, D30
    a_waiting_worker_gets_a_returned_run_and_a_started_workspace(app) {
        let (workspace, max, worker) = (staging(app).await, app.north("max").await, worker(app).await);
        let run = start(app, &max, &workspace.id).await;
        claimed(app, &worker).await;
        let waits = waiting(&app.engine, &worker);
        tokio::time::sleep(Duration::from_millis(100)).await;
        app.clock.advance_seconds(60);
        let given = timeout(PATIENCE, waits).await.expect("in time").expect("joined").expect("an answer").expect("a run");
        assert_eq!((given.run.id, given.run.attempts), (run.id, 2));

        let queued = start(app, &max, &workspace.id).await;
        set_status(app, &max, &workspace.id, WorkspaceStatus::Stopped).await.expect("stopped");
        let waits = waiting(&app.engine, &worker);
        tokio::time::sleep(Duration::from_millis(100)).await;
        set_status(app, &max, &workspace.id, WorkspaceStatus::Running).await.expect("started");
        let given = timeout(PATIENCE, waits).await.expect("in time").expect("joined").expect("an answer").expect("a run");
        assert_eq!(given.run.id, queued.id);
    }

    // RU-01, D30: more workers wait than there are connections.
    waiting_workers_hold_no_connection(app) {
        let (workspace, max, worker) = (staging(app).await, app.north("max").await, worker(app).await);
        let mut workers: Vec<_> = (0..60).map(|_| waiting(&app.engine, &worker)).collect();
        tokio::time::sleep(Duration::from_millis(300)).await;
        for _ in 0..60 {
            start(app, &max, &workspace.id).await;
        }
        let mut got = Vec::new();
        for worker in workers.drain(..) {
            let given = timeout(PATIENCE, worker).await.expect("in time").expect("joined").expect("an answer");
            got.push(given.expect("a run").run.id);
        }
        got.sort();
        got.dedup();
        assert_eq!(got.len(), 60);
    }

    // RU-01, D30
    a_waiting_worker_is_sent_away_before_the_process_exits(app) {
        let worker = worker(app).await;
        let waits = waiting(&app.engine, &worker);
        tokio::time::sleep(Duration::from_millis(100)).await;
        app.engine.close_watches();
        let given = timeout(PATIENCE, waits).await.expect("in time").expect("joined").expect("an answer");
        assert!(given.is_none());
    }

    // RU-01
    the_run_of_a_deleted_workspace_is_gone_for_its_worker(app) {
        let (workspace, max, worker) = (staging(app).await, app.north("max").await, worker(app).await);
        start(app, &max, &workspace.id).await;
        let given = claimed(app, &worker).await;
        app.engine.delete_workspace(&max, &DeleteWorkspace { workspace: workspace.id }).await.expect("deleted");
        assert_eq!(refusal(app.engine.extend_lease(&worker, &heartbeat(&given)).await), Code::NotFound);
        assert_eq!(refusal(app.engine.complete_run(&worker, &success(&given, json!(1))).await), Code::NotFound);
    }

    // RU-01: a lease is a secret of its worker, and the database has only its digest.
    a_stolen_database_has_no_leases(app) {
        let (workspace, max, worker) = (staging(app).await, app.north("max").await, worker(app).await);
        start(app, &max, &workspace.id).await;
        let given = claimed(app, &worker).await;
        let dump = format!("{:?}", everything(app).await);
        assert!(dump.contains(given.run.id.as_str()));
        assert!(!dump.contains(given.lease.as_str()));
        let guess = ExtendLease::read(given.run.id, Some("lease_0000000000000000".into())).expect("a valid command");
        assert_eq!(refusal(app.engine.extend_lease(&worker, &guess).await), Code::LeaseLost);
    }

    // RU-01: a run whose row has an unknown state is an internal error, and not given out.
    a_run_with_an_unknown_state_is_not_shown(app) {
        let (workspace, max, worker) = (staging(app).await, app.north("max").await, worker(app).await);
        let run = start(app, &max, &workspace.id).await;
        app.intruder().await.run("UPDATE runs SET status = 'asleep'").await;
        assert!(claim(app, &worker).await.is_none());
        assert!(matches!(app.engine.get_run(&max, &run.id).await, Err(Error::Broken(_))));
    }
}
