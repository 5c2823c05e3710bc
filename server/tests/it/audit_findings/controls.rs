//! Finding 6: a control for one kind of credential applies to all others.

use axum::body::Body;
use axum::http::{Method, Request};
use domain::Role;
use domain::command::{
    ChangeOrganization, ChangeServiceAccount, CreateKey, CreateServiceAccount, OrganizationDraft,
};
use serde_json::json;

use crate::test_app::{Someone, TestApp};

/// A kind of credential.
const KINDS: [&str; 3] = ["session", "token", "key"];

/// Someone with one credential of each kind.
struct Holder {
    someone: Someone,
    token: String,
    key: String,
}

impl Holder {
    async fn of(app: &TestApp, subject: &str) -> Self {
        let someone = app.someone(subject).await;
        let (token, key) = (
            app.own_token(&someone).await,
            app.key_of(&someone)
                .await
                .plain
                .expose()
                .to_owned(),
        );
        Self {
            someone,
            token,
            key,
        }
    }

    /// The statuses by credential: a form of the dashboard with the session, the API with the token
    /// and with the key.
    async fn tries(
        &self,
        app: &TestApp,
        form: (&str, &str),
        path: &str,
        body: serde_json::Value,
    ) -> [u16; 3] {
        let fields = format!(
            "organization={}&{}",
            self.someone.organization, form.1
        );
        let request = Request::post(form.0)
            .header("cookie", self.someone.cookie())
            .header("accept", "application/json");
        let request = request.header("sec-fetch-site", "same-origin");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let session = app
            .send(
                request
                    .body(Body::from(fields))
                    .expect("a request"),
            )
            .await
            .status
            .as_u16();
        let token = app
            .post(path, &self.token, body.clone())
            .await
            .status
            .as_u16();
        [
            session,
            token,
            app.post(path, &self.key, body)
                .await
                .status
                .as_u16(),
        ]
    }

    async fn make_key(&self, app: &TestApp) -> [u16; 3] {
        self.tries(
            app,
            ("/ui/create_key", "name=Mine"),
            "/api/v1/keys",
            json!({ "label": "Mine" }),
        )
        .await
    }

    async fn make_account(&self, app: &TestApp) -> [u16; 3] {
        let form = ("/ui/create_service_account", "name=Bot&role=member");
        self.tries(
            app,
            form,
            "/api/v1/service-accounts",
            json!({ "name": "Bot" }),
        )
        .await
    }
}

async fn set(app: &TestApp, draft: OrganizationDraft<'_>) {
    let olivia = app.someone("olivia").await;
    let command = ChangeOrganization::read(&draft).expect("a change");
    app.engine
        .change_organization(&olivia.ctx, command)
        .await
        .expect("changed");
}

// No credential of a removed member is accepted. If they are in no other organization, their
// sessions and tokens are revoked. Finding 6
#[tokio::test]
async fn a_removal_applies_to_every_credential() {
    let app = TestApp::new().await;
    let (olivia, mina) = (
        app.someone("olivia").await,
        Holder::of(&app, "mina").await,
    );
    assert_eq!(
        mina.make_key(&app).await,
        [200, 201, 201],
        "{KINDS:?} at first"
    );
    app.engine
        .remove_member(&olivia.ctx, mina.someone.ctx.actor().id)
        .await
        .expect("removed");
    assert_eq!(
        mina.make_key(&app).await,
        [401, 401, 403],
        "{KINDS:?}"
    );
}

// Finding 6
#[tokio::test]
async fn leaving_applies_to_every_credential() {
    let app = TestApp::new().await;
    let mina = Holder::of(&app, "mina").await;
    app.engine
        .leave_organization(&mina.someone.ctx)
        .await
        .expect("left");
    assert_eq!(
        mina.make_key(&app).await,
        [403, 403, 403],
        "{KINDS:?}"
    );
}

// A lower role applies immediately to existing credentials.
// Finding 6
#[tokio::test]
async fn a_lower_role_applies_to_every_credential() {
    let app = TestApp::new().await;
    let (olivia, adam) = (
        app.someone("olivia").await,
        Holder::of(&app, "adam").await,
    );
    assert_eq!(
        adam.make_account(&app).await,
        [200, 201, 201],
        "{KINDS:?} at first"
    );
    app.engine
        .change_member(&olivia.ctx, adam.someone.ctx.actor().id, Role::Member)
        .await
        .expect("lowered");
    assert_eq!(
        adam.make_account(&app).await,
        [403, 403, 403],
        "{KINDS:?}"
    );
    assert_eq!(
        adam.make_key(&app).await,
        [200, 201, 201],
        "{KINDS:?}, for an action of members"
    );
}

// The settings of the organization apply to every credential.
// Finding 6
#[tokio::test]
async fn the_settings_of_the_organization_apply_to_every_credential() {
    let app = TestApp::new().await;
    let mina = Holder::of(&app, "mina").await;
    set(
        &app,
        OrganizationDraft {
            max_key_days: Some(Some(9)),
            ..OrganizationDraft::default()
        },
    )
    .await;
    assert_eq!(
        mina.make_key(&app).await,
        [422, 422, 422],
        "{KINDS:?} without expiration"
    );
    set(
        &app,
        OrganizationDraft {
            max_key_days: Some(None),
            ..OrganizationDraft::default()
        },
    )
    .await;
    assert_eq!(
        mina.make_key(&app).await,
        [200, 201, 201],
        "{KINDS:?} again"
    );
    set(
        &app,
        OrganizationDraft {
            key_makers: Some("admins"),
            ..OrganizationDraft::default()
        },
    )
    .await;
    assert_eq!(
        mina.make_key(&app).await,
        [403, 403, 403],
        "{KINDS:?} of a member"
    );
    let adam = Holder::of(&app, "adam").await;
    assert_eq!(
        adam.make_key(&app).await,
        [200, 201, 201],
        "{KINDS:?} of an admin"
    );
    set(
        &app,
        OrganizationDraft {
            keys_make_keys: Some(false),
            ..OrganizationDraft::default()
        },
    )
    .await;
    assert_eq!(
        adam.make_key(&app).await,
        [200, 201, 403],
        "{KINDS:?}: people may, keys may not"
    );
}

// All keys of a disabled service account are rejected, including those in a grace period.
// Finding 6
#[tokio::test]
async fn all_keys_of_a_disabled_account_are_rejected() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let command = CreateServiceAccount::read("Bot", Some("member"), true).expect("an account");
    let bot = app
        .engine
        .create_service_account(&olivia.ctx, command)
        .await
        .expect("made")
        .actor_id;
    let mut keys = Vec::new();
    for _ in 0..3 {
        let command = CreateKey {
            owner: Some(bot),
            ..CreateKey::read("Bot").expect("a key")
        };
        keys.push(
            app.engine
                .create_key(&olivia.ctx, command)
                .await
                .expect("made"),
        );
    }
    let switch = async |off: bool, expected: u16| {
        let command =
            ChangeServiceAccount::read(bot, None, None, Some(off), None).expect("a change");
        app.engine
            .change_service_account(&olivia.ctx, command)
            .await
            .expect("changed");
        for key in &keys {
            assert_eq!(
                app.get("/api/v1/me", key.plain.expose())
                    .await
                    .status
                    .as_u16(),
                expected,
                "off: {off}"
            );
        }
    };
    switch(true, 403).await;
    switch(false, 200).await;
}

// Revoking a session revokes its tokens, in every way to revoke it. Keys are not revoked (RK-05).
// Finding 6
#[tokio::test]
async fn revoking_a_session_revokes_its_tokens() {
    for way in ["sign out", "from the list", "all others"] {
        let app = TestApp::new().await;
        let (mina, other) = (
            Holder::of(&app, "mina").await,
            Holder::of(&app, "mina").await,
        );
        let caller = |holder: &Holder| engine::Caller {
            person: domain::PersonId(3),
            credential: holder.someone.ctx.credential().clone(),
        };
        let sessions = app
            .get("/api/v1/sessions", &mina.token)
            .await
            .json();
        let own = sessions["sessions"]
            .as_array()
            .expect("sessions")
            .iter()
            .find(|one| one["is_current"] == json!(true));
        let own = own.expect("the current one")["id"]
            .as_str()
            .expect("an id")
            .to_owned();
        let done = match way {
            "sign out" => {
                app.engine
                    .sign_out(&caller(&mina), &Default::default())
                    .await
                    .expect("signed out");
                204
            }
            "from the list" => {
                let path = format!("/api/v1/sessions/{own}");
                app.call(
                    Method::DELETE,
                    &path,
                    &other.token,
                    serde_json::Value::Null,
                )
                .await
                .status
                .as_u16()
            }
            _ => app
                .call(
                    Method::DELETE,
                    "/api/v1/sessions",
                    &other.token,
                    serde_json::Value::Null,
                )
                .await
                .status
                .as_u16(),
        };
        assert!(matches!(done, 200 | 204), "{way}");
        assert_eq!(
            mina.make_key(&app).await,
            [401, 401, 201],
            "{KINDS:?}: {way}"
        );
        assert_eq!(
            other.make_key(&app).await,
            [200, 201, 201],
            "{KINDS:?} of another browser: {way}"
        );
    }
}
