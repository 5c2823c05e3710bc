//! Every operation of the API with an example call, and its responses to anonymous callers and to
//! strangers. Other tests use this table. A test compares it with the OpenAPI description.

use axum::http::Method;
use domain::view::NewKey;
use serde_json::{Value, json};
use server::http::api;

use crate::test_app::{Someone, TestApp, TestResponse};

/// The placeholders of the examples.
pub const MARKS: [&str; 12] = [
    "KEY", "WS", "ACTOR", "SERVICE", "ITEM", "NOTE", "TODO", "INV", "SLUG", "CONSUMER", "RUN",
    "LEASE",
];

/// The body of an import.
const IMPORT: &str = r#"{"keys":[{"sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","external_id":"customer_9"}]}"#;

/// An example call of an operation. `KEY`, `WS`, `ACTOR`, `SERVICE`, `ITEM`, `NOTE`, `TODO`, `INV`,
/// `SLUG`, `CONSUMER`, `RUN` and `LEASE` are placeholders for the objects of a [`Scene`].
pub struct Operation {
    pub id: &'static str,
    pub method: Method,
    pub path: String,
    pub body: Value,
    pub anonymous: u16,
    pub stranger: u16,
}

/// The objects of Acme in the examples.
pub struct Scene {
    pub olivia: Someone,
    pub key: NewKey,
    pub workspace: String,
    pub service: i64,
    message: String,
    note: String,
    todo: String,
    invitation: String,
    api: String,
    consumer: i64,
    run: String,
    lease: String,
}

impl Scene {
    /// Creates an object of each kind. The message, the note and the todo are encrypted for Olivia's
    /// key. A worker has the run.
    pub async fn of(app: &TestApp) -> Self {
        let olivia = app.someone("olivia").await;
        let key = app.key_of(&olivia).await;
        let make = async |path: &str, body: Value, id: &str| {
            let made = app
                .call(Method::POST, path, key.plain.expose(), body)
                .await;
            assert_eq!(made.status.as_u16(), 201, "{}", made.text);
            made.json()[id].clone()
        };
        let text = |value: Value| value.as_str().expect("text").to_owned();
        let workspace = make(
            "/api/v1/workspaces",
            json!({ "name": "a", "provider": "openai" }),
            "id",
        )
        .await;
        let service = make(
            "/api/v1/service-accounts",
            json!({ "name": "bot" }),
            "actor_id",
        )
        .await;
        let inbox = format!("/api/v1/actors/{}/inbox", olivia.ctx.actor().id);
        let message = make(&inbox, json!({ "text": "m" }), "id").await;
        let note = make("/api/v1/notebook", json!({ "text": "n" }), "id").await;
        let todo = make("/api/v1/sealed/todos", json!({ "text": "t" }), "id").await;
        let invitation = make(
            "/api/v1/invitations",
            json!({ "email": "zoe@example.test" }),
            "id",
        )
        .await;
        // No other scene of the installation has this slug.
        let slug = format!("orders-{service}");
        let api = make(
            "/api/v1/apis",
            json!({ "name": "Orders", "slug": slug }),
            "slug",
        )
        .await;
        let consumer = json!({ "external_id": format!("customer_{service}") });
        let consumer = make("/api/v1/consumers", consumer, "actor_id").await;
        let workspace = text(workspace);
        let runs = format!("/api/v1/workspaces/{workspace}/runs");
        let run = make(&runs, Value::Null, "id").await;
        let claim = json!({ "workspace_id": workspace, "wait_seconds": 0 });
        let claimed = app
            .post("/api/v1/runs/claim", key.plain.expose(), claim)
            .await;
        let lease = claimed.json()["lease"].clone();
        let (service, invitation) = (service.as_i64().expect("id"), text(invitation));
        Self {
            olivia,
            key,
            workspace,
            service,
            message: text(message),
            note: text(note),
            todo: text(todo),
            invitation,
            api: text(api),
            consumer: consumer.as_i64().expect("id"),
            run: text(run),
            lease: text(lease),
        }
    }

    fn fill(&self, text: &str) -> String {
        let pairs = [
            ("KEY", self.key.view.key_id.to_string()),
            ("WS", self.workspace.clone()),
            ("ACTOR", self.olivia.ctx.actor().id.to_string()),
            ("SERVICE", self.service.to_string()),
            ("ITEM", self.message.clone()),
            ("NOTE", self.note.clone()),
            ("TODO", self.todo.clone()),
            ("INV", self.invitation.clone()),
            ("SLUG", self.api.clone()),
            ("CONSUMER", self.consumer.to_string()),
            ("RUN", self.run.clone()),
            ("LEASE", self.lease.clone()),
        ];
        pairs
            .iter()
            .fold(text.to_owned(), |text, (mark, value)| {
                text.replace(mark, value)
            })
    }

    /// The example calls.
    pub fn operations(&self) -> Vec<Operation> {
        let row = |(id, method, path, body, anonymous, stranger): Row| Operation {
            id,
            method,
            path: self.fill(path),
            body: if body.is_empty() {
                Value::Null
            } else {
                serde_json::from_str(&self.fill(body)).expect("json")
            },
            anonymous,
            stranger,
        };
        TABLE.iter().cloned().map(row).collect()
    }
}

/// Name, method, URL and body; the statuses for anonymous callers, and for a member of another
/// organization.
pub type Row = (
    &'static str,
    Method,
    &'static str,
    &'static str,
    u16,
    u16,
);

#[rustfmt::skip]
pub const TABLE: &[Row] = &[
    ("list_keys", Method::GET, "/api/v1/keys", "", 401, 200),
    ("create_key", Method::POST, "/api/v1/keys", r#"{"actor_id":ACTOR,"scopes":[]}"#, 401, 404),
    ("rotate_calling_key", Method::POST, "/api/v1/keys/rotate", "", 401, 201),
    ("verify_key", Method::POST, "/api/v1/keys/verify", r#"{"key":"unknown"}"#, 401, 200),
    ("verify_keys", Method::POST, "/api/v1/keys/verify-batch", r#"{"keys":[{"key":"unknown"}]}"#, 401, 200),
    ("introspect_token", Method::POST, "/api/v1/introspect", r#"{"token":"unknown"}"#, 401, 200),
    ("get_key", Method::GET, "/api/v1/keys/KEY", "", 401, 404),
    ("change_key", Method::PATCH, "/api/v1/keys/KEY", r#"{"label":"other"}"#, 401, 404),
    ("rotate_key", Method::POST, "/api/v1/keys/KEY/rotate", "", 401, 404),
    ("revoke_key", Method::DELETE, "/api/v1/keys/KEY", "", 401, 404),
    ("list_workspaces", Method::GET, "/api/v1/workspaces", "", 401, 200),
    ("create_workspace", Method::POST, "/api/v1/workspaces", r#"{"name":"x","provider":"openai"}"#, 401, 201),
    ("get_workspace", Method::GET, "/api/v1/workspaces/WS", "", 401, 403),
    ("list_projects", Method::GET, "/api/projects", "", 401, 200),
    ("list_runs", Method::GET, "/api/v1/workspaces/WS/runs", "", 401, 403),
    ("create_run", Method::POST, "/api/v1/workspaces/WS/runs", "", 401, 403),
    ("create_run_by_hook", Method::POST, "/api/v1/hooks/WS/runs", "", 401, 403),
    ("find_runs", Method::GET, "/api/v1/runs", "", 401, 200),
    ("get_run", Method::GET, "/api/v1/runs/RUN", "", 401, 404),
    ("claim_run", Method::POST, "/api/v1/runs/claim", r#"{"wait_seconds":0}"#, 401, 204),
    ("extend_lease", Method::POST, "/api/v1/runs/RUN/heartbeat", r#"{"lease":"LEASE"}"#, 401, 404),
    ("complete_run", Method::POST, "/api/v1/runs/RUN/complete", r#"{"lease":"LEASE","output":{"rows":1}}"#, 401, 404),
    ("cancel_run", Method::POST, "/api/v1/runs/RUN/cancel", "", 401, 404),
    ("change_workspace", Method::PATCH, "/api/v1/workspaces/WS", r#"{"status":"stopped"}"#, 401, 403),
    ("delete_workspace", Method::DELETE, "/api/v1/workspaces/WS", "", 401, 403),
    ("list_service_accounts", Method::GET, "/api/v1/service-accounts", "", 401, 200),
    ("create_service_account", Method::POST, "/api/v1/service-accounts", r#"{"name":"x"}"#, 401, 201),
    ("get_service_account", Method::GET, "/api/v1/service-accounts/SERVICE", "", 401, 404),
    ("change_service_account", Method::PATCH, "/api/v1/service-accounts/SERVICE", r#"{"name":"x"}"#, 401, 404),
    ("list_apis", Method::GET, "/api/v1/apis", "", 401, 200),
    ("create_api", Method::POST, "/api/v1/apis", r#"{"name":"x","slug":"another-api"}"#, 401, 201),
    ("get_api", Method::GET, "/api/v1/apis/SLUG", "", 401, 404),
    ("change_api", Method::PATCH, "/api/v1/apis/SLUG", r#"{"name":"x"}"#, 401, 404),
    ("list_api_keys", Method::GET, "/api/v1/apis/SLUG/keys", "", 401, 404),
    ("create_api_key", Method::POST, "/api/v1/apis/SLUG/keys", r#"{"scopes":[]}"#, 401, 404),
    ("list_consumers", Method::GET, "/api/v1/consumers", "", 401, 200),
    ("create_consumer", Method::POST, "/api/v1/consumers", r#"{"external_id":"x"}"#, 401, 201),
    ("get_consumer", Method::GET, "/api/v1/consumers/CONSUMER", "", 401, 404),
    ("import_keys", Method::POST, "/api/v1/apis/SLUG/keys/import", IMPORT, 401, 404),
    ("get_api_calls", Method::GET, "/api/v1/apis/SLUG/calls", "", 401, 404),
    ("get_consumer_calls", Method::GET, "/api/v1/consumers/CONSUMER/calls", "", 401, 404),
    ("get_service_account_calls", Method::GET, "/api/v1/service-accounts/SERVICE/calls", "", 401, 404),
    ("get_key_calls", Method::GET, "/api/v1/keys/KEY/calls", "", 401, 404),
    ("change_consumer", Method::PATCH, "/api/v1/consumers/CONSUMER", r#"{"name":"x"}"#, 401, 404),
    ("send_message", Method::POST, "/api/v1/actors/ACTOR/inbox", r#"{"text":"x"}"#, 401, 404),
    ("read_inbox", Method::GET, "/api/v1/inbox", "", 401, 200),
    ("delete_message", Method::DELETE, "/api/v1/inbox/ITEM", "", 401, 404),
    ("read_notebook", Method::GET, "/api/v1/notebook", "", 401, 200),
    ("write_note", Method::POST, "/api/v1/notebook", r#"{"text":"x"}"#, 401, 201),
    ("delete_note", Method::DELETE, "/api/v1/notebook/NOTE", "", 401, 404),
    ("read_sealed", Method::GET, "/api/v1/sealed/todos", "", 401, 200),
    ("write_sealed", Method::POST, "/api/v1/sealed/todos", r#"{"text":"x"}"#, 401, 201),
    ("change_todo", Method::PATCH, "/api/v1/sealed/todos/TODO", r#"{"done":true}"#, 401, 404),
    ("delete_sealed", Method::DELETE, "/api/v1/sealed/todos/TODO", "", 401, 404),
    ("see_organization", Method::GET, "/api/v1/organization", "", 401, 200),
    ("change_organization", Method::PATCH, "/api/v1/organization", r#"{"max_key_days":null}"#, 401, 200),
    ("leave_organization", Method::POST, "/api/v1/organization/leave", "", 401, 403),
    ("list_members", Method::GET, "/api/v1/members", "", 401, 200),
    ("get_member", Method::GET, "/api/v1/members/ACTOR", "", 401, 404),
    ("change_member", Method::PATCH, "/api/v1/members/ACTOR", r#"{"role":"member"}"#, 401, 404),
    ("read_audit_log", Method::GET, "/api/v1/audit-log", "", 401, 200),
    ("export_audit_log", Method::GET, "/api/v1/audit-log/export", "", 401, 200),
    ("remove_member", Method::DELETE, "/api/v1/members/ACTOR", "", 401, 404),
    ("offboard_member", Method::POST, "/api/v1/members/ACTOR/offboard", r#"{"keys":[]}"#, 401, 404),
    ("list_invitations", Method::GET, "/api/v1/invitations", "", 401, 200),
    ("create_invitation", Method::POST, "/api/v1/invitations", r#"{"email":"max@example.test"}"#, 401, 201),
    ("revoke_invitation", Method::DELETE, "/api/v1/invitations/INV", "", 401, 404),
    ("accept_invitation", Method::POST, "/api/v1/invitations/accept", r#"{"token":"x"}"#, 401, 403),
    ("list_organizations", Method::GET, "/api/v1/organizations", "", 401, 403),
    ("create_organization", Method::POST, "/api/v1/organizations", r#"{"name":"x"}"#, 401, 403),
    ("me", Method::GET, "/api/v1/me", "", 401, 200),
    ("issue_token", Method::POST, "/api/v1/token", "", 401, 401),
    ("list_sessions", Method::GET, "/api/v1/sessions", "", 401, 403),
    ("end_session", Method::DELETE, "/api/v1/sessions/ses_0000000000000000", "", 401, 403),
    ("end_other_sessions", Method::DELETE, "/api/v1/sessions", "", 401, 403),
    ("bootstrap", Method::POST, "/api/v1/bootstrap", "{}", 409, 409),
    ("find_runs", Method::GET, "/api/v1/runs?state=running&limit=1", "", 401, 200),
    // Twice, so that caching of the first call does not affect the second.
    ("list_keys", Method::GET, "/api/v1/keys?active=true&environment=production&q=CI", "", 401, 200),
    ("create_key", Method::POST, "/api/v1/keys", r#"{"actor_id":SERVICE}"#, 401, 404),
    ("read_audit_log", Method::GET, "/api/v1/audit-log?action=keys&object_kind=key&object_id=KEY&actor_id=ACTOR", "", 401, 200),
    ("export_audit_log", Method::GET, "/api/v1/audit-log/export?format=csv&actor_id=ACTOR&from=2026-01-01T00:00:00Z", "", 401, 200),
];

/// An operation of the OpenAPI description.
#[derive(Clone, Debug)]
pub struct Described {
    pub id: String,
    pub scope: Option<String>,
    pub cost: Option<i64>,
}

/// All operations of the description.
pub fn described() -> Vec<Described> {
    let text = serde_json::to_value(api::description()).expect("json");
    let items = text["paths"].as_object().expect("paths").values();
    let operations = items.flat_map(|item| item.as_object().expect("item").values());
    let read = |operation: &Value| Described {
        id: operation["operationId"]
            .as_str()
            .expect("an id")
            .to_owned(),
        scope: operation["x-scope"].as_str().map(str::to_owned),
        cost: operation["x-cost"].as_i64(),
    };
    operations.map(read).collect()
}

impl TestApp {
    /// Performs an example call.
    pub async fn carry_out(&self, operation: &Operation, bearer: &str) -> TestResponse {
        self.call(
            operation.method.clone(),
            &operation.path,
            bearer,
            operation.body.clone(),
        )
        .await
    }
}

/// A list whose description lacks the status of an invalid cursor would break a generated client.
#[test]
fn every_list_with_a_cursor_states_that_the_cursor_can_be_invalid() {
    let text = serde_json::to_value(api::description()).expect("json");
    let mut lists = 0;
    for (path, item) in text["paths"].as_object().expect("paths") {
        let operation = &item["get"];
        let has_cursor = operation["parameters"]
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one["name"] == "cursor"));
        if has_cursor {
            lists += 1;
            assert!(operation["responses"]["422"].is_object(), "{path}");
        }
    }
    assert!(lists >= 10, "{lists} lists");
}
