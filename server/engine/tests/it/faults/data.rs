//! Workspaces, runs, sealed items, and the sign-ins of devices.

use domain::SealedKind;
use domain::command::{
    ChangeWorkspace, ClaimRun, CompleteRun, CreateRun, DeleteWorkspace, ExtendLease, SealText,
};
use domain::device::AuthorizationRequest;
use domain::view::{ClaimedRun, WorkspaceView};
use domain::workspace::WorkspaceStatus;
use engine::{Caller, Ctx};
use serde_json::json;

use super::parts::{CLI, allowed_device, granted, parties, signed_in_device, started_device};
use super::scene::{Operation, operation};
use crate::test_app::{NORTH, TestApp, origin, workspace};

// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const REDIRECT: &str = "http://127.0.0.1:49152/callback";

async fn staging(app: &TestApp) -> (Ctx, WorkspaceView) {
    let max = app.north("max").await;
    let made = app
        .workspace(&max, "Staging")
        .await
        .expect("a workspace");
    (max, made)
}

fn run_in(workspace: &WorkspaceView) -> CreateRun {
    CreateRun::read(workspace.id.clone(), Some("in".into()), false).expect("a run")
}

fn claim(workspace: &WorkspaceView) -> ClaimRun {
    ClaimRun::read(Some(workspace.id.as_str()), Some(0)).expect("a valid command")
}

async fn claimed(app: &TestApp) -> (Ctx, ClaimedRun) {
    let (max, staging) = staging(app).await;
    app.engine
        .create_run(&max, run_in(&staging))
        .await
        .expect("a run");
    let given = app.engine.claim_run(&max, &claim(&staging)).await;
    (max, given.expect("an answer").expect("a run"))
}

fn text(words: &str) -> SealText {
    SealText::read(words).expect("a text")
}

fn authorization() -> AuthorizationRequest {
    AuthorizationRequest {
        client: CLI,
        redirect_uri: REDIRECT.parse().expect("an address"),
        challenge: CHALLENGE.parse().expect("a challenge"),
        state: "af0ifjsldkj".into(),
    }
}

/// A request with a key of Max.
async fn calling(app: &TestApp) -> Ctx {
    let key = app.north_key("max").await;
    app.with_key(&key.plain).await.ctx
}

pub fn work() -> Vec<Operation> {
    vec![
        operation!(create_workspace, app => {
            let max = app.north("max").await;
        } (max) on => on.engine.create_workspace(&max, workspace("Staging"))),
        operation!(change_workspace, app => {
            let (max, staging) = staging(app).await;
            let command = ChangeWorkspace {
                workspace: staging.id,
                status: WorkspaceStatus::Stopped,
            };
        } (max, command) on => on.engine.change_workspace(&max, &command)),
        operation!(delete_workspace, app => {
            let (max, staging) = staging(app).await;
            app.engine.create_run(&max, run_in(&staging)).await.expect("a run");
            let command = DeleteWorkspace { workspace: staging.id };
        } (max, command) on => on.engine.delete_workspace(&max, &command)),
        operation!(create_run, app => {
            let (max, staging) = staging(app).await;
        } (max, staging) on => on.engine.create_run(&max, run_in(&staging))),
        operation!(claim_run, app => {
            let (max, staging) = staging(app).await;
            app.engine.create_run(&max, run_in(&staging)).await.expect("a run");
        } (max, staging) on => async { on.engine.claim_run(&max, &claim(&staging)).await }),
        operation!(extend_lease, app => {
            let (max, given) = claimed(app).await;
            app.clock.advance_seconds(5);
            let command = ExtendLease::read(given.run.id, Some(given.lease)).expect("valid");
        } (max, command) on => on.engine.extend_lease(&max, &command)),
        operation!(complete_run, app => {
            let (max, given) = claimed(app).await;
            let output = Some(json!("done"));
            let command = CompleteRun::read(given.run.id, Some(given.lease), output, None).expect("valid");
        } (max, command) on => on.engine.complete_run(&max, &command)),
        operation!(cancel_run, app => {
            let (max, given) = claimed(app).await;
            let id = given.run.id;
        } (max, id) on => on.engine.cancel_run(&max, &id)),
        operation!(return_lost_runs, app => {
            claimed(app).await;
            app.clock.advance_seconds(90);
        } () on => on.engine.return_lost_runs())
        .best_effort(),
        operation!(write_item, app => {
            let ctx = calling(app).await;
        } (ctx) on => on.engine.write_item(&ctx, SealedKind::Notebook, text("a note"))),
        operation!(delete_item, app => {
            let ctx = calling(app).await;
            let made = app.engine.write_item(&ctx, SealedKind::Notebook, text("a note")).await;
            let id = made.expect("written").id;
        } (ctx, id) on => on.engine.delete_item(&ctx, SealedKind::Notebook, &id)),
        operation!(send_message, app => {
            let (ada, ctx) = (app.north("ada").await, calling(app).await);
            let to = ctx.actor().id;
        } (ada) on => on.engine.send_message(&ada, to, text("a message"))),
        operation!(change_todo, app => {
            let ctx = calling(app).await;
            let made = app.engine.write_item(&ctx, SealedKind::Todos, text("a todo")).await;
            let id = made.expect("written").id;
        } (ctx, id) on => on.engine.change_todo(&ctx, &id, true)),
    ]
}

async fn code_for(app: &TestApp, browser: &Caller) -> String {
    let code = app
        .engine
        .authorize_device(browser, &authorization(), &origin())
        .await;
    code.expect("a code").to_string()
}

pub fn devices() -> Vec<Operation> {
    vec![
        operation!(start_device, app => {
            let _ = app.organization(NORTH).await;
        } () on => async { on.engine.start_device(CLI, &origin()).await }),
        operation!(decide_device, app => {
            let (device, (browser, _)) = (started_device(app).await, app.browser("una").await);
            let code = device.user_code;
        } (browser, code) on => async {
            on.engine.decide_device(&browser, &code, true, &origin()).await
        })
        .about("allows"),
        operation!(decide_device, app => {
            let (device, (browser, _)) = (started_device(app).await, app.browser("una").await);
            let code = device.user_code;
        } (browser, code) on => async {
            on.engine.decide_device(&browser, &code, false, &origin()).await
        })
        .about("denies"),
        operation!(exchange_device_code, app => {
            let code = allowed_device(app, "una").await.device_code;
        } (code) on => async {
            granted(on.engine.exchange_device_code(CLI, &code, &parties(), &origin()).await)
        }),
        operation!(authorize_device, app => {
            let (browser, _) = app.browser("una").await;
        } (browser) on => async {
            on.engine.authorize_device(&browser, &authorization(), &origin()).await
        }),
        operation!(deny_device, app => {
            let (browser, _) = app.browser("una").await;
        } (browser) on => async { on.engine.deny_device(&browser, CLI, &origin()).await }),
        operation!(exchange_authorization_code, app => {
            let (browser, _) = app.browser("una").await;
            let code = code_for(app, &browser).await;
        } (code) on => async {
            let (parties, origin) = (parties(), origin());
            let done = on.engine
                .exchange_authorization_code(CLI, &code, VERIFIER, REDIRECT, &parties, &origin);
            granted(done.await)
        }),
        operation!(refresh_device, app => {
            let token = signed_in_device(app, "una").await.refresh;
        } (token) on => async {
            granted(on.engine.refresh_device(CLI, &token, &parties(), &origin()).await)
        }),
        operation!(sign_out_device, app => {
            let token = signed_in_device(app, "una").await.refresh;
        } (token) on => async { on.engine.sign_out_device(CLI, &token, &origin()).await }),
    ]
}
