//! Starting and listing runs.

use domain::command::{CreateRun, DeleteWorkspace};
use domain::environment::Environment;
use domain::event::AuditAction;
use domain::run::RunState;
use domain::view::WorkspaceView;
use domain::{Code, WorkspaceId};

use crate::test_app::{NORTH, TestApp, everything, refusal};

fn run(workspace: &WorkspaceId, input: Option<&str>) -> CreateRun {
    CreateRun::read(workspace.clone(), input.map(str::to_owned), false).expect("a run")
}

async fn staging(app: &TestApp) -> WorkspaceView {
    app.workspace(&app.north("max").await, "Staging")
        .await
        .expect("a workspace")
}

both! {
    // D22
    a_new_run_is_queued_and_names_its_creator(app) {
        let (workspace, mia) = (staging(app).await, app.north("mia").await);
        let made = app.engine.create_run(&mia, run(&workspace.id, Some("{\"branch\": \"main\"}"))).await.expect("a run");
        assert!(made.id.as_str().starts_with("run_"));
        assert_eq!((made.status, made.trigger.as_str(), made.created_by.as_str()), (RunState::Queued, "api", "mia"));
        assert_eq!((made.attempts, made.created_by_id), (0, mia.actor().id));
        assert_eq!((made.environment, &made.workspace_id), (Environment::Production, &workspace.id));
        assert_eq!(made.input.as_deref(), Some("{\"branch\": \"main\"}"));
        assert_eq!(app.engine.list_runs(&app.north("max").await, &workspace.id, None, 10).await.expect("a list").rows, [made]);
    }

    // KE-12
    a_run_by_webhook_is_marked_and_belongs_to_the_owner_of_the_key(app) {
        let (workspace, key) = (staging(app).await, app.north_key("mia").await);
        let admitted = app.with_key(&key.plain).await;
        let command = CreateRun::read(workspace.id, None, true).expect("a run");
        let made = app.engine.create_run(&admitted.ctx, command).await.expect("a run");
        assert_eq!((made.trigger.as_str(), made.created_by.as_str(), made.input), ("hook", "mia", None));
    }

    starting_a_run_writes_an_event_without_its_input(app) {
        let (workspace, olga) = (staging(app).await, app.north("olga").await);
        let made = app.engine.create_run(&olga, run(&workspace.id, Some("secret input"))).await.expect("a run");
        let event = app.newest_event(&olga).await;
        assert_eq!((event.action, event.object_kind.as_str()), (AuditAction::RunCreated, "run"));
        assert_eq!((event.object_id.as_str(), event.object_label.as_str()), (made.id.as_str(), "Staging"));
        assert!(!format!("{event:?}").contains("secret input"));
        app.sound_chain(NORTH).await;
    }

    pages_of_runs_of_a_workspace_are_newest_first(app) {
        let (max, one) = (app.north("max").await, staging(app).await);
        let other = staging(app).await;
        for n in 0..7 {
            app.engine.create_run(&max, run(&one.id, Some(&n.to_string()))).await.expect("a run");
            app.engine.create_run(&max, run(&other.id, Some("in between"))).await.expect("a run");
        }
        let (mut inputs, mut before) = (Vec::new(), None);
        loop {
            let page = app.engine.list_runs(&max, &one.id, before, 3).await.expect("a page");
            inputs.extend(page.rows.into_iter().filter_map(|row| row.input));
            match page.next {
                Some(next) => before = Some(next),
                None => break,
            }
        }
        assert_eq!(inputs, ["6", "5", "4", "3", "2", "1", "0"]);
    }

    // RA-32
    runs_of_a_workspace_of_another_organization_are_forbidden(app) {
        let (workspace, otto) = (staging(app).await, app.south("otto").await);
        let before = everything(app).await;
        assert_eq!(refusal(app.engine.list_runs(&otto, &workspace.id, None, 10).await), Code::Forbidden);
        assert_eq!(refusal(app.engine.create_run(&otto, run(&workspace.id, None)).await), Code::Forbidden);
        let nowhere: WorkspaceId = "ws_nowhere".parse().expect("an id");
        assert_eq!(refusal(app.engine.list_runs(&otto, &nowhere, None, 10).await), Code::NotFound);
        assert_eq!(refusal(app.engine.create_run(&otto, run(&nowhere, None)).await), Code::NotFound);
        assert_eq!(before, everything(app).await);
    }

    // D7
    runs_of_the_sandbox_are_not_visible_in_production(app) {
        let (workspace, max) = (staging(app).await, app.north("max").await);
        app.engine.create_run(&max, run(&workspace.id, None)).await.expect("a run");
        app.move_to_sandbox(&workspace).await;
        assert_eq!(refusal(app.engine.list_runs(&max, &workspace.id, None, 10).await), Code::NotFound);
        assert_eq!(refusal(app.engine.create_run(&max, run(&workspace.id, None)).await), Code::NotFound);
    }

    deleting_a_workspace_deletes_its_runs(app) {
        let (workspace, max) = (staging(app).await, app.north("max").await);
        app.engine.create_run(&max, run(&workspace.id, None)).await.expect("a run");
        app.engine.delete_workspace(&max, &DeleteWorkspace { workspace: workspace.id }).await.expect("deleted");
        assert_eq!(app.intruder().await.number("SELECT COUNT(*) FROM runs").await, 0);
    }

    // B20
    a_request_of_a_removed_member_cannot_start_a_run(app) {
        let (workspace, max) = (staging(app).await, app.north("max").await);
        app.engine.remove_member(&app.north("olga").await, max.actor().id).await.expect("removed");
        let before = everything(app).await;
        assert_eq!(refusal(app.engine.create_run(&max, run(&workspace.id, None)).await), Code::Forbidden);
        assert_eq!(before, everything(app).await);
    }

    // D7
    a_test_key_starts_runs_only_in_the_sandbox(app) {
        let real = staging(app).await;
        let key = app.restricted_key("max", "test", &["workspaces:write", "runs:write"]).await;
        let sandbox = app.with_key(&key.plain).await.ctx.clone();
        let trial = app.workspace(&sandbox, "Trial").await.expect("a workspace");
        let made = app.engine.create_run(&sandbox, run(&trial.id, None)).await.expect("a run");
        assert_eq!(made.environment, Environment::Test);
        assert_eq!(app.engine.list_runs(&sandbox, &trial.id, None, 10).await.expect("a list").rows, [made]);
        assert_eq!(refusal(app.engine.create_run(&sandbox, run(&real.id, None)).await), Code::NotFound);
        assert_eq!(refusal(app.engine.list_runs(&app.north("max").await, &trial.id, None, 10).await), Code::NotFound);
    }

    // D6
    a_key_needs_the_scope_runs_write_to_start_a_run(app) {
        let (real, key) = (staging(app).await, app.restricted_key("max", "production", &["runs:read"]).await);
        let reader = app.with_key(&key.plain).await;
        app.engine.list_runs(&reader.ctx, &real.id, None, 10).await.expect("a list");
        assert_eq!(refusal(app.engine.create_run(&reader.ctx, run(&real.id, None)).await), Code::MissingScope);
    }
}
