//! Coverage: every REST operation and every server function has a row in a table here, with its
//! responses to anonymous callers and to strangers. An endpoint without a row fails the test.

use std::collections::BTreeSet;

use app::routes::LIVE;
use axum::body::Body;
use axum::http::{Method, Request};
use domain::Role;
use domain::command::{CreateServiceAccount, InviteMember, MemberQuery};
use domain::view::ServiceAccount;

use crate::operations::{Scene, described};
use crate::test_app::{Someone, TestApp};

#[tokio::test]
async fn every_rest_operation_rejects_strangers() {
    let app = TestApp::new().await;
    let scene = Scene::of(&app).await;
    let theo = app.someone("theo").await;
    let table = scene.operations();
    let server_fns: BTreeSet<_> = described()
        .into_iter()
        .map(|operation| operation.id)
        .collect();
    let rows: BTreeSet<_> = table
        .iter()
        .map(|operation| operation.id.to_owned())
        .collect();
    assert_eq!(
        server_fns, rows,
        "the description and the table differ"
    );

    let secrets = ["Olivia", &scene.key.view.key_prefix];
    for operation in table {
        let before = events(&app, &scene).await;
        let answer = app.carry_out(&operation, "").await;
        assert_eq!(
            answer.status.as_u16(),
            operation.anonymous,
            "anonymous: {}: {}",
            operation.id,
            answer.text
        );
        let stranger = app.key_of(&theo).await;
        let answer = app
            .carry_out(&operation, stranger.plain.expose())
            .await;
        assert_eq!(
            answer.status.as_u16(),
            operation.stranger,
            "stranger: {}: {}",
            operation.id,
            answer.text
        );
        assert!(
            !secrets
                .iter()
                .any(|secret| answer.text.contains(secret)),
            "{} leaks",
            operation.id
        );
        assert_eq!(
            events(&app, &scene).await,
            before,
            "{} changed something",
            operation.id
        );
    }
}

/// The number of audit events of Acme. Every change adds one.
async fn events(app: &TestApp, scene: &Scene) -> Option<i64> {
    app.engine
        .read_audit_log(&scene.olivia.ctx, &Default::default(), 1)
        .await
        .expect("events")
        .rows
        .first()
        .map(|event| event.n)
}

/// A server function or a download: its path, an example form, and the statuses for anonymous
/// callers and for strangers.
pub const FORMS: &[(&str, &str, u16, u16)] = &[
    (
        "/ui/create_key",
        "organization=ORG&name=Mine",
        401,
        403,
    ),
    (
        "/ui/revoke_key",
        "organization=ORG&key_id=KEY&reason=leaked&confirm_name=CI%2FCD+Pipeline",
        401,
        403,
    ),
    (
        "/ui/revoke_keys",
        "organization=ORG&keys=KEY&reason=leaked&confirm_name=revoke+1+key",
        401,
        403,
    ),
    (
        "/ui/rotate_key",
        "organization=ORG&key_id=KEY&overlap_seconds=0",
        401,
        403,
    ),
    (
        "/ui/rename_key",
        "organization=ORG&key_id=KEY&name=Mine",
        401,
        403,
    ),
    (
        "/ui/describe_key",
        "organization=ORG&key_id=KEY&description=Mine",
        401,
        403,
    ),
    (
        "/ui/expire_key_earlier",
        "organization=ORG&key_id=KEY&expires_on=2099-01-01",
        401,
        403,
    ),
    (
        "/ui/narrow_key",
        "organization=ORG&key_id=KEY&access%5Bruns%5D=read",
        401,
        403,
    ),
    (
        "/ui/decide_device",
        "decision=deny&page=%2Fdevice%3Fuser_code%3DWDJB-MJHT",
        401,
        404,
    ),
    (
        "/ui/search",
        "organization=ORG&page=/o/ORG/settings/api-keys&q=CI",
        401,
        403,
    ),
    (
        "/ui/dismiss_nudges",
        "organization=ORG&page=/o/ORG/settings/api-keys",
        401,
        403,
    ),
    (
        "/ui/found_organization",
        "organization=Mine&setup_token=setup_0123456789abcdef",
        401,
        409,
    ),
    (
        "/ui/create_service_account",
        "organization=ORG&name=Mine&role=admin",
        401,
        403,
    ),
    (
        "/ui/rename_service_account",
        "organization=ORG&actor_id=ACTOR&name=Mine",
        401,
        403,
    ),
    (
        "/ui/change_service_account",
        "organization=ORG&actor_id=ACTOR&role=admin&disabled=true",
        401,
        403,
    ),
    (
        "/ui/create_api",
        "organization=ORG&name=Mine&slug=mine",
        401,
        403,
    ),
    (
        "/ui/change_api",
        "organization=ORG&api=orders&archived=true",
        401,
        403,
    ),
    (
        "/ui/create_api_key",
        "organization=ORG&api=orders&name=Mine&owner=me",
        401,
        403,
    ),
    (
        "/ui/create_consumer",
        "organization=ORG&external_id=customer_9",
        401,
        403,
    ),
    (
        "/ui/change_consumer",
        "organization=ORG&actor_id=ACTOR&paused=true",
        401,
        403,
    ),
    (
        "/ui/create_workspace",
        "organization=ORG&name=Mine&provider=openai",
        401,
        403,
    ),
    (
        "/ui/change_workspace",
        "organization=ORG&workspace_id=ws_0000000000000000&status=stopped",
        401,
        403,
    ),
    (
        "/ui/delete_workspace",
        "organization=ORG&workspace_id=ws_0000000000000000&confirm_name=Mine",
        401,
        403,
    ),
    (
        "/ui/cancel_run",
        "organization=ORG&run_id=run_0000000000000000",
        401,
        403,
    ),
    (
        "/ui/rename_organization",
        "organization=ORG&name=Mine",
        401,
        403,
    ),
    (
        "/ui/change_key_rules",
        "organization=ORG&key_makers=admins",
        401,
        403,
    ),
    ("/ui/create_organization", "name=Further", 401, 200),
    (
        "/ui/invite_member",
        "organization=ORG&email=eve@example.test&role=owner",
        401,
        403,
    ),
    (
        "/ui/cancel_invitation",
        "organization=ORG&invitation_id=INVITATION",
        401,
        403,
    ),
    ("/ui/accept_invitation", "page=/join/TOKEN", 401, 403),
    (
        "/ui/change_role",
        "organization=ORG&actor_id=MEMBER&role=member",
        401,
        403,
    ),
    (
        "/ui/remove_member",
        "organization=ORG&actor_id=MEMBER&keys%5BKEY%5D=end",
        401,
        403,
    ),
    ("/ui/leave_organization", "organization=ORG", 401, 403),
    (
        "/ui/export_audit_log",
        "organization=ORG&page=/o/ORG/settings/audit-log&format=csv",
        401,
        403,
    ),
    (
        "/ui/revoke_session",
        "session_id=ses_0000000000000000",
        401,
        404,
    ),
    ("/ui/revoke_other_sessions", "", 401, 200),
    ("/ui/issue_token", "", 401, 200),
    ("/ui/sign_out", "", 200, 200),
    ("/ui/set_theme", "theme=dark&page=/", 200, 200),
];

/// A stream: its path, and the statuses for anonymous callers and for strangers. A 204 stops the
/// browser from reconnecting.
const STREAMS: &[(&str, u16, u16)] = &[(LIVE, 204, 204)];

#[tokio::test]
async fn every_stream_rejects_strangers() {
    let app = TestApp::new().await;
    let (olivia, theo) = (app.someone("olivia").await, app.someone("theo").await);
    for &(path, anonymous, other) in STREAMS {
        let path = path.replace("{organization}", olivia.organization.as_str());
        for (cookie, expected) in [(String::new(), anonymous), (theo.cookie(), other)] {
            let request = Request::get(&path)
                .header("cookie", cookie)
                .body(Body::empty())
                .expect("request");
            let answer = app.send(request).await;
            assert_eq!(
                (answer.status.as_u16(), answer.text.as_str()),
                (expected, ""),
                "{path}"
            );
        }
        let bearer = app.key("olivia").await;
        assert_eq!(
            app.get(&path, &bearer).await.status.as_u16(),
            anonymous,
            "a key is not accepted: {path}"
        );
    }
}

#[tokio::test]
async fn every_server_function_rejects_strangers_and_other_sites() {
    let functions =
        server_fn::axum::server_fn_paths().map(|(path, method)| (path.to_owned(), method));
    let files = server::http::ui::FILES.map(|path| (path.to_owned(), Method::POST));
    let server_fns: BTreeSet<_> = functions.chain(files).collect();
    let rows: BTreeSet<_> = FORMS
        .iter()
        .map(|row| (row.0.to_owned(), Method::POST))
        .collect();
    assert_eq!(
        server_fns, rows,
        "the server functions and the table differ, or one is reached by GET"
    );

    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let key = app.key_of(&olivia).await;
    let account = account(&app, &olivia).await;
    let settings = app
        .engine
        .get_organization(&olivia.ctx)
        .await
        .expect("settings");
    let command = InviteMember::read("zoe@example.test", None).expect("valid");
    let invited = app
        .engine
        .create_invitation(&olivia.ctx, command)
        .await
        .expect("invited");
    let people = async || {
        let members = app
            .engine
            .list_members(&olivia.ctx, &MemberQuery::default(), 9)
            .await
            .expect("members")
            .rows;
        (
            members,
            app.engine
                .list_invitations(&olivia.ctx, None, 9)
                .await
                .expect("invitations")
                .rows,
        )
    };
    let admin = people()
        .await
        .0
        .into_iter()
        .find(|member| member.role == Role::Admin)
        .expect("Adam");
    for &(path, form, anonymous, other) in FORMS {
        let form = form
            .replace("ORG", olivia.organization.as_str())
            .replace("KEY", &key.view.key_id.to_string());
        let form = form.replace("ACTOR", &account.actor_id.to_string());
        let form = form.replace("MEMBER", &admin.actor_id.to_string());
        let form = form
            .replace("INVITATION", invited.view.id.as_str())
            .replace("TOKEN", &invited.token);
        let before_people = people().await;
        let send = async |cookie: String, site: &str| {
            let request = Request::post(path)
                .header("cookie", cookie)
                .header("sec-fetch-site", site);
            let request = request.header("accept", "application/json");
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            app.send(
                request
                    .body(Body::from(form.clone()))
                    .expect("request"),
            )
            .await
        };
        let before = app
            .get("/api/v1/keys", key.plain.expose())
            .await
            .text;
        let log = app
            .get("/api/v1/audit-log", key.plain.expose())
            .await
            .text;
        let answer = send(String::new(), "same-origin").await;
        assert_eq!(
            answer.status.as_u16(),
            anonymous,
            "anonymous: {path}: {}",
            answer.text
        );
        let theo = app.someone("theo").await.cookie();
        let answer = send(theo, "same-origin").await;
        assert_eq!(
            answer.status.as_u16(),
            other,
            "stranger: {path}: {}",
            answer.text
        );
        for site in ["cross-site", "same-site", "none"] {
            assert_eq!(
                send(olivia.cookie(), site).await.status.as_u16(),
                403,
                "{site}: {path}"
            );
        }
        assert_eq!(
            app.get("/api/v1/keys", key.plain.expose())
                .await
                .text,
            before,
            "{path} changed something"
        );
        assert_eq!(
            app.get("/api/v1/audit-log", key.plain.expose())
                .await
                .text,
            log,
            "{path} wrote an event"
        );
        let accounts = app
            .engine
            .list_service_accounts(&olivia.ctx, None, 9)
            .await
            .expect("accounts")
            .rows;
        assert!(
            accounts.iter().eq([&account]),
            "{path} changed something"
        );
        assert_eq!(
            app.engine
                .get_organization(&olivia.ctx)
                .await
                .expect("settings"),
            settings,
            "{path}"
        );
        assert_eq!(
            people().await,
            before_people,
            "{path} changed something"
        );
    }
}

async fn account(app: &TestApp, by: &Someone) -> ServiceAccount {
    let command =
        CreateServiceAccount::read("Deploy pipeline", Some("member"), false).expect("valid");
    app.engine
        .create_service_account(&by.ctx, command)
        .await
        .expect("created")
}

// RA-17, RA-30: a member of the same organization
#[tokio::test]
async fn a_member_cannot_manage_service_accounts_settings_and_members() {
    let app = TestApp::new().await;
    let (olivia, mina) = (app.someone("olivia").await, app.someone("mina").await);
    let account = account(&app, &olivia).await;
    let managing = |path: &str| {
        let subjects = [
            "account",
            "create_api",
            "consumer",
            "change_",
            "rename_organization",
            "limit_",
            "invite",
            "cancel_",
            "remove_member",
        ];
        subjects
            .iter()
            .any(|subject| path.contains(subject))
    };
    // Members create keys of their own, for an API too, change their own workspaces, and cancel their
    // own runs.
    let own = [
        "/ui/create_api_key",
        "/ui/change_workspace",
        "/ui/cancel_run",
    ];
    let rows = FORMS
        .iter()
        .filter(|row| managing(row.0) && !own.contains(&row.0));
    for (path, form, ..) in rows {
        let form = form
            .replace("ORG", mina.organization.as_str())
            .replace("ACTOR", &account.actor_id.to_string());
        let form = form
            .replace("MEMBER", "2")
            .replace("KEY", "1")
            .replace("INVITATION", "inv_1");
        let request = Request::post(*path)
            .header("cookie", mina.cookie())
            .header("sec-fetch-site", "same-origin");
        let request = request.header("accept", "application/json");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = app
            .send(request.body(Body::from(form)).expect("request"))
            .await;
        assert_eq!(answer.status.as_u16(), 403, "{path}: {}", answer.text);
    }
    let accounts = app
        .engine
        .list_service_accounts(&olivia.ctx, None, 9)
        .await
        .expect("accounts")
        .rows;
    assert_eq!(accounts, [account]);
}

// The API ignores cookies, pages ignore `Authorization`.
#[tokio::test]
async fn the_api_rejects_sessions_and_pages_reject_keys() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let request = Request::get("/api/v1/keys")
        .header("cookie", olivia.cookie())
        .body(Body::empty())
        .expect("request");
    assert_eq!(app.send(request).await.status.as_u16(), 401);
    let page = format!("/o/{}/settings/api-keys", olivia.organization);
    let key = app.key("olivia").await;
    let request = Request::get(&page)
        .header("authorization", format!("Bearer {key}"))
        .header("accept", "text/html");
    let answer = app
        .send(request.body(Body::empty()).expect("request"))
        .await;
    assert_eq!(answer.status.as_u16(), 303, "{}", answer.text);
    assert!(answer.header("location").starts_with("/sign-in"));
}
