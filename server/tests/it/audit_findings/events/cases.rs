//! Every operation in all of its variants, with the audit events that it must record.

use std::collections::{BTreeMap, HashSet};

use axum::http::Method;
use domain::device::DeviceClient;
use domain::event::AuditAction;
use engine::ctx::Origin;
use serde_json::{Value, json};

use crate::matrix::world::{Part, World, identity};
use crate::matrix::{api, forms};
use crate::operations::TABLE;
use crate::test_app::TestResponse;

/// Reads the log and collects the events of each operation.
pub struct Witness<'a> {
    world: &'a World,
    seen: usize,
    /// The events of each operation in all of its variants.
    pub recorded: BTreeMap<&'static str, HashSet<AuditAction>>,
    variants: HashSet<Vec<AuditAction>>,
}

impl<'a> Witness<'a> {
    pub async fn of(world: &'a World) -> Self {
        let seen = world.log().await.len();
        Self {
            world,
            seen,
            recorded: BTreeMap::new(),
            variants: HashSet::new(),
        }
    }

    /// The events since the last call, in no particular order.
    async fn news(&mut self) -> Vec<AuditAction> {
        let log = self.world.log().await;
        let mut news = log[self.seen..].to_vec();
        self.seen = log.len();
        news.sort_by_key(|action| action.as_str());
        news
    }

    /// Asserts that an operation has succeeded and recorded exactly these events.
    pub async fn expect_success(
        &mut self,
        operation: &'static str,
        answer: &TestResponse,
        expected: &[AuditAction],
    ) {
        assert!(
            answer.status.is_success(),
            "{operation}: {} {}",
            answer.status,
            answer.text
        );
        self.expect_events(operation, expected).await;
    }

    pub async fn expect_events(&mut self, operation: &'static str, expected: &[AuditAction]) {
        let news = self.news().await;
        let mut expected = expected.to_vec();
        expected.sort_by_key(|action| action.as_str());
        assert_eq!(news, expected, "{operation}");
        self.recorded
            .entry(operation)
            .or_default()
            .extend(news.iter().copied());
        self.variants.insert(news);
    }
}

type Call = (&'static str, Method, String, Value);

fn call(operation: &'static str, path: impl Into<String>, body: Value) -> Call {
    let method = TABLE[api::row(operation)].1.clone();
    (operation, method, path.into(), body)
}

/// Carries out calls and checks the events of each.
async fn carry_out<const N: usize>(
    watch: &mut Witness<'_>,
    bearer: &str,
    calls: [(Call, &[AuditAction]); N],
) -> Vec<Value> {
    let mut answers = Vec::new();
    for ((operation, method, path, body), expected) in calls {
        let answer = watch
            .world
            .app
            .call(method, &path, bearer, body)
            .await;
        watch
            .expect_success(operation, &answer, expected)
            .await;
        answers.push(serde_json::from_str(&answer.text).unwrap_or_default());
    }
    answers
}

pub async fn keys(watch: &mut Witness<'_>, owner: &str) {
    use AuditAction as H;
    let narrow = json!({ "label": "Narrow", "scopes": ["keys:read", "runs:read"] });
    let made = carry_out(
        watch,
        owner,
        [(
            call("create_key", "/api/v1/keys", narrow),
            &[H::KeyCreated],
        )],
    )
    .await;
    let (path, own) = (
        format!("/api/v1/keys/{}", made[0]["key_id"]),
        made[0]["api_key"]
            .as_str()
            .expect("key")
            .to_owned(),
    );
    let both = json!({ "label": "Third", "scopes": [] });
    let expires = |at: &str| json!({ "expires_at": at });
    let ips = |blocks: &[&str]| json!({ "allowed_ips": blocks });
    let successor = carry_out(
        watch,
        owner,
        [
            (
                call("change_key", &path, json!({ "label": "Other" })),
                &[H::KeyRenamed],
            ),
            (
                call("change_key", &path, json!({ "label": "Other" })),
                &[],
            ),
            (
                call(
                    "change_key",
                    &path,
                    json!({ "description": "For CI" }),
                ),
                &[H::KeyDescriptionChanged],
            ),
            (
                call(
                    "change_key",
                    &path,
                    json!({ "description": "For CI " }),
                ),
                &[],
            ),
            (
                call("change_key", &path, expires("2098-12-31T23:59:59Z")),
                &[H::KeyExpirationChanged],
            ),
            (
                call("change_key", &path, expires("2098-12-31T23:59:59Z")),
                &[],
            ),
            (
                call(
                    "change_key",
                    &path,
                    json!({ "scopes": ["keys:read"] }),
                ),
                &[H::KeyNarrowed],
            ),
            (
                call("change_key", &path, ips(&["203.0.113.0/24"])),
                &[H::KeyIpsChanged],
            ),
            (
                call("change_key", &path, ips(&["203.0.113.0/24"])),
                &[],
            ),
            (
                call("change_key", &path, ips(&[])),
                &[H::KeyIpsChanged],
            ),
            (
                call("change_key", &path, both),
                &[H::KeyRenamed, H::KeyNarrowed],
            ),
        ],
    );
    successor.await;
    let at_once = call(
        "rotate_calling_key",
        "/api/v1/keys/rotate",
        Value::Null,
    );
    let next = carry_out(
        watch,
        &own,
        [(at_once, &[H::KeyRotated, H::KeyCreated])],
    )
    .await;
    let path = format!("/api/v1/keys/{}", next[0]["key_id"]);
    let rotate = call(
        "rotate_key",
        format!("{path}/rotate"),
        json!({ "overlap_seconds": 60 }),
    );
    carry_out(
        watch,
        owner,
        [
            (rotate, &[H::KeyRotated, H::KeyCreated]),
            (
                call("revoke_key", &path, Value::Null),
                &[H::KeyRevoked],
            ),
            (call("revoke_key", &path, Value::Null), &[]),
        ],
    )
    .await;
}

pub async fn apis(watch: &mut Witness<'_>, owner: &str) {
    use AuditAction as H;
    let api = json!({ "name": "Shop", "slug": "shop", "scopes": [{ "scope": "shop:read", "description": "Read" }] });
    let consumer = json!({ "external_id": "customer_42" });
    let made = carry_out(
        watch,
        owner,
        [
            (
                call("create_api", "/api/v1/apis", api),
                [H::ApiCreated].as_slice(),
            ),
            (
                call("create_consumer", "/api/v1/consumers", consumer),
                &[H::ConsumerCreated],
            ),
        ],
    )
    .await;
    let id = &made[1]["actor_id"];
    let consumer = format!("/api/v1/consumers/{id}");
    let archived = |archived: bool| {
        call(
            "change_api",
            "/api/v1/apis/shop",
            json!({ "archived": archived }),
        )
    };
    let paused = json!({ "paused": true, "metadata": { "plan": "pro" } });
    carry_out(
        watch,
        owner,
        [
            (
                call(
                    "create_api_key",
                    "/api/v1/apis/shop/keys",
                    json!({ "actor_id": id, "scopes": ["shop:read"] }),
                ),
                [H::KeyCreated].as_slice(),
            ),
            (
                call(
                    "import_keys",
                    "/api/v1/apis/shop/keys/import",
                    json!({ "keys": [{ "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "external_id": "customer_43" }] }),
                ),
                &[H::ConsumerCreated, H::KeyCreated],
            ),
            (archived(true), &[H::ApiChanged]),
            (archived(true), &[]),
            (archived(false), &[H::ApiChanged]),
            (
                call("change_consumer", &consumer, paused.clone()),
                &[H::ConsumerChanged],
            ),
            (call("change_consumer", &consumer, paused), &[]),
        ],
    )
    .await;
}

pub async fn data(watch: &mut Witness<'_>, owner: &str) {
    use AuditAction as H;
    let workspace = json!({ "name": "a", "provider": "openai" });
    let calls = [(
        call("create_workspace", "/api/v1/workspaces", workspace),
        [H::WorkspaceCreated].as_slice(),
    )];
    let made = carry_out(watch, owner, calls).await;
    let (id, inbox) = (
        made[0]["id"].as_str().expect("id").to_owned(),
        watch.world.parts[0].ctx.actor().id,
    );
    let text = || json!({ "text": "x" });
    let made = carry_out(
        watch,
        owner,
        [
            (
                call(
                    "create_run",
                    format!("/api/v1/workspaces/{id}/runs"),
                    Value::Null,
                ),
                &[H::RunCreated],
            ),
            (
                call(
                    "create_run_by_hook",
                    format!("/api/v1/hooks/{id}/runs"),
                    Value::Null,
                ),
                &[H::RunCreated],
            ),
            (
                call(
                    "delete_workspace",
                    format!("/api/v1/workspaces/{id}"),
                    Value::Null,
                ),
                &[H::WorkspaceDeleted],
            ),
            (
                call(
                    "send_message",
                    format!("/api/v1/actors/{inbox}/inbox"),
                    text(),
                ),
                &[H::MessageSent],
            ),
            (
                call("write_note", "/api/v1/notebook", text()),
                &[H::NoteWritten],
            ),
            (
                call("write_sealed", "/api/v1/sealed/todos", text()),
                &[H::ItemWritten],
            ),
        ],
    )
    .await;
    let item = |at: usize| made[at]["id"].as_str().expect("id");
    let done = || {
        call(
            "change_todo",
            format!("/api/v1/sealed/todos/{}", item(5)),
            json!({ "done": true }),
        )
    };
    carry_out(
        watch,
        owner,
        [
            (
                call(
                    "delete_message",
                    format!("/api/v1/inbox/{}", item(3)),
                    Value::Null,
                ),
                [H::MessageDeleted].as_slice(),
            ),
            (
                call(
                    "delete_note",
                    format!("/api/v1/notebook/{}", item(4)),
                    Value::Null,
                ),
                &[H::NoteDeleted],
            ),
            (done(), &[H::TodoChanged]),
            (done(), &[]),
            (
                call(
                    "delete_sealed",
                    format!("/api/v1/sealed/todos/{}", item(5)),
                    Value::Null,
                ),
                &[H::ItemDeleted],
            ),
        ],
    )
    .await;
}

/// Runs and the workspaces that they are in. A claim and a heartbeat write no event.
pub async fn runs(watch: &mut Witness<'_>, owner: &str) {
    use AuditAction as H;
    let workspace = json!({ "name": "b", "provider": "openai" });
    let calls = [(
        call("create_workspace", "/api/v1/workspaces", workspace),
        [H::WorkspaceCreated].as_slice(),
    )];
    let made = carry_out(watch, owner, calls).await;
    let id = made[0]["id"].as_str().expect("id").to_owned();
    let path = format!("/api/v1/workspaces/{id}");
    let status = |status: &str| call("change_workspace", &path, json!({ "status": status }));
    carry_out(
        watch,
        owner,
        [
            (status("stopped"), [H::WorkspaceStopped].as_slice()),
            (status("stopped"), &[]),
            (status("running"), &[H::WorkspaceStarted]),
        ],
    )
    .await;
    for (report, event) in [
        (Some(json!({ "output": [1] })), H::RunSucceeded),
        (Some(json!({ "error": "no" })), H::RunFailed),
        (None, H::RunCancelled),
    ] {
        let start = call("create_run", format!("{path}/runs"), Value::Null);
        let started = carry_out(watch, owner, [(start, &[H::RunCreated])]).await;
        let run = format!(
            "/api/v1/runs/{}",
            started[0]["id"].as_str().expect("id")
        );
        let claim = json!({ "workspace_id": id, "wait_seconds": 0 });
        let claimed = watch
            .world
            .app
            .post("/api/v1/runs/claim", owner, claim)
            .await
            .json();
        let heartbeat = json!({ "lease": claimed["lease"] });
        let extended = watch
            .world
            .app
            .post(&format!("{run}/heartbeat"), owner, heartbeat)
            .await;
        assert_eq!(extended.status.as_u16(), 200, "{}", extended.text);
        let (operation, path, body) = match report {
            Some(mut body) => {
                body["lease"] = claimed["lease"].clone();
                ("complete_run", format!("{run}/complete"), body)
            }
            None => ("cancel_run", format!("{run}/cancel"), Value::Null),
        };
        carry_out(
            watch,
            owner,
            [
                (
                    call(operation, &path, body.clone()),
                    [event].as_slice(),
                ),
                (call(operation, &path, body), &[]),
            ],
        )
        .await;
    }
}

pub async fn settings(watch: &mut Witness<'_>, owner: &str) {
    use AuditAction as H;
    let bot = format!("/api/v1/service-accounts/{}", watch.world.accounts[0]);
    carry_out(
        watch,
        owner,
        [
            (
                call(
                    "create_service_account",
                    "/api/v1/service-accounts",
                    json!({ "name": "x" }),
                ),
                &[H::ServiceAccountCreated],
            ),
            (
                call("change_service_account", &bot, json!({ "name": "y" })),
                &[H::ServiceAccountChanged],
            ),
            (
                call(
                    "change_service_account",
                    &bot,
                    json!({ "role": "admin" }),
                ),
                &[H::ServiceAccountChanged],
            ),
            (
                call(
                    "change_service_account",
                    &bot,
                    json!({ "disabled": true }),
                ),
                &[H::ServiceAccountChanged],
            ),
            (
                call("change_service_account", &bot, json!({ "name": "y" })),
                &[],
            ),
            (
                call(
                    "change_organization",
                    "/api/v1/organization",
                    json!({ "max_key_days": 9 }),
                ),
                &[H::OrganizationChanged],
            ),
            (
                call(
                    "change_organization",
                    "/api/v1/organization",
                    json!({ "max_key_days": 9 }),
                ),
                &[],
            ),
            (
                call(
                    "change_organization",
                    "/api/v1/organization",
                    json!({ "max_key_days": null }),
                ),
                &[H::OrganizationChanged],
            ),
            (
                call(
                    "change_organization",
                    "/api/v1/organization",
                    json!({ "default_key_days": 7 }),
                ),
                &[H::OrganizationChanged],
            ),
            (
                call(
                    "change_organization",
                    "/api/v1/organization",
                    json!({ "default_key_days": 7 }),
                ),
                &[],
            ),
            (
                call(
                    "export_audit_log",
                    "/api/v1/audit-log/export",
                    Value::Null,
                ),
                &[H::AuditExported],
            ),
        ],
    )
    .await;
}

pub async fn members(watch: &mut Witness<'_>, owner: &str) {
    use AuditAction as H;
    let [adam, mina, noor] = [1, 2, 3].map(|at| match watch.world.parts.get(at) {
        Some(part) => part.clone(),
        None => watch.world.other.clone(),
    });
    let member = |part: &Part| format!("/api/v1/members/{}", part.ctx.actor().id);
    let invite = |email: &str| {
        call(
            "create_invitation",
            "/api/v1/invitations",
            json!({ "email": email }),
        )
    };
    let sent = carry_out(
        watch,
        &adam.credential,
        [(invite("max@example.test"), &[H::MemberInvited])],
    )
    .await;
    assert!(sent[0]["id"].is_string());
    let again = (
        invite("zoe@demo.example"),
        [H::InvitationRevoked, H::MemberInvited].as_slice(),
    );
    let made = carry_out(
        watch,
        owner,
        [(invite("zoe@demo.example"), &[H::MemberInvited]), again],
    )
    .await;
    let open = format!(
        "/api/v1/invitations/{}",
        made[1]["id"].as_str().expect("id")
    );
    let hand_over = json!({ "keys": [
        { "key_id": mina.key, "then": "end" },
        { "key_id": key_of(watch, &mina.credential).await, "then": "hand_over" },
    ] });
    let settled = [
        H::KeyRevoked,
        H::ServiceAccountCreated,
        H::KeyRotated,
        H::KeyCreated,
        H::MemberRemoved,
    ]
    .as_slice();
    let made = carry_out(
        watch,
        owner,
        [
            (
                call("revoke_invitation", &open, Value::Null),
                &[H::InvitationRevoked],
            ),
            (call("revoke_invitation", &open, Value::Null), &[]),
            (invite("zoe@demo.example"), &[H::MemberInvited]),
            (
                call(
                    "change_member",
                    member(&noor),
                    json!({ "role": "admin" }),
                ),
                &[H::MemberRoleChanged],
            ),
            (
                call(
                    "change_member",
                    member(&noor),
                    json!({ "role": "admin" }),
                ),
                &[],
            ),
            (
                call("remove_member", member(&adam), Value::Null),
                &[H::MemberRemoved, H::InvitationRevoked],
            ),
            (
                call(
                    "offboard_member",
                    format!("{}/offboard", member(&mina)),
                    hand_over,
                ),
                settled,
            ),
        ],
    )
    .await;
    let link = made[2]["url"]
        .as_str()
        .and_then(|url| url.rsplit('/').next())
        .expect("a link")
        .to_owned();
    let zoe = watch.world.token("zoe");
    let accept = call(
        "accept_invitation",
        "/api/v1/invitations/accept",
        json!({ "token": link }),
    );
    let leave = call(
        "leave_organization",
        "/api/v1/organization/leave",
        Value::Null,
    );
    let founded = call(
        "create_organization",
        "/api/v1/organizations",
        json!({ "name": "Zoe’s" }),
    );
    let calls: [(Call, &[AuditAction]); 2] = [
        (accept, &[H::InvitationAccepted, H::MemberJoined]),
        (leave, &[H::MemberLeft]),
    ];
    carry_out(watch, &zoe, calls).await;
    carry_out(
        watch,
        &watch.world.token("noor"),
        [(founded, &[H::OrganizationCreated])],
    )
    .await;
}

/// A key that its owner created with another key.
async fn key_of(watch: &mut Witness<'_>, credential: &str) -> Value {
    let made = call(
        "create_key",
        "/api/v1/keys",
        json!({ "label": "To be transferred" }),
    );
    let made = carry_out(
        watch,
        credential,
        [(made, &[AuditAction::KeyCreated])],
    )
    .await;
    made[0]["key_id"].clone()
}

/// Operations of people: signing in, tokens and sessions. Theo is in one organization.
pub async fn persons(watch: &mut Witness<'_>) {
    use AuditAction as H;
    let app = &watch.world.app;
    app.engine
        .sign_in(&identity("theo"), &Origin::default())
        .await
        .expect("signed in");
    watch
        .expect_events("sign_in", &[H::SignedIn])
        .await;
    let cookies = [
        watch.world.cookie("theo").await,
        watch.world.cookie("theo").await,
        watch.world.cookie("theo").await,
    ];
    watch.news().await;
    let given = app.ask_for_token(&cookies[0], "").await;
    watch
        .expect_success("issue_token", &given, &[H::TokenIssued])
        .await;
    let token = given.json()["token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let again = app.ask_for_token(&cookies[0], "").await;
    watch
        .expect_success("issue_token", &again, &[])
        .await;
    devices(watch, &cookies[0]).await;
    let sessions = app.get("/api/v1/sessions", &token).await.json();
    let other = sessions["sessions"]
        .as_array()
        .expect("sessions")
        .iter()
        .find(|one| one["is_current"] == json!(false));
    let other = format!(
        "/api/v1/sessions/{}",
        other.expect("another")["id"]
            .as_str()
            .expect("id")
    );
    let rest = sessions["sessions"]
        .as_array()
        .expect("sessions")
        .len()
        - 2;
    let ends = vec![H::SessionEnded; rest];
    carry_out(
        watch,
        &token,
        [
            (
                call("end_session", other, Value::Null),
                &[H::SessionEnded],
            ),
            (
                call("end_other_sessions", "/api/v1/sessions", Value::Null),
                &ends,
            ),
            (
                call("end_other_sessions", "/api/v1/sessions", Value::Null),
                &[],
            ),
        ],
    )
    .await;
}

/// Allowing and denying a device.
async fn devices(watch: &mut Witness<'_>, cookie: &str) {
    use AuditAction as H;
    let app = &watch.world.app;
    for (decision, event) in [("allow", H::DeviceAllowed), ("deny", H::DeviceDenied)] {
        let started = app
            .engine
            .start_device(DeviceClient::CommandLine, &Origin::default())
            .await
            .expect("codes");
        let form = format!(
            "decision={decision}&page=%2Fdevice%3Fuser_code%3D{}",
            started.user_code
        );
        let answer = forms::answer(
            watch.world,
            "/ui/decide_device",
            &form,
            cookie,
            "same-origin",
        )
        .await;
        watch
            .expect_success("decide_device", &answer, &[event])
            .await;
    }
}

/// Events without a request: an exposed key, and an expired key.
pub async fn by_itself(watch: &mut Witness<'_>) {
    use AuditAction as H;
    let (app, key) = (&watch.world.app, &watch.world.stranger.credential);
    let refused = app
        .get(&format!("/api/v1/me?token={key}"), "")
        .await;
    assert_eq!(refused.status.as_u16(), 400);
    watch
        .expect_events("expose_key", &[H::KeyExposed])
        .await;
    let refused = app
        .get(&format!("/api/v1/me?token={key}"), "")
        .await;
    assert_eq!(refused.status.as_u16(), 400);
    watch.expect_events("expose_key", &[]).await;
    let ends = json!({ "label": "Ending", "expires_at": app.engine.runtime().now().plus_seconds(5).to_rfc3339() });
    carry_out(
        watch,
        key,
        [(
            call("create_key", "/api/v1/keys", ends),
            &[H::KeyCreated],
        )],
    )
    .await;
    app.clock.advance_seconds(5);
    app.engine
        .expire_keys()
        .await
        .expect("written down");
    watch
        .expect_events("expire_keys", &[H::KeyExpired])
        .await;
}
