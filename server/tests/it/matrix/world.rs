//! The people and objects of the cases, and snapshots of the database.

use std::collections::BTreeMap;

use axum::http::Method;
use domain::command::{
    ApiDraft, ApiKeyDraft, ChangeApi, ChangeConsumer, ChangeServiceAccount, CreateApi,
    CreateApiKey, CreateConsumer, CreateKey, CreateServiceAccount, InviteMember, KeyDraft,
    RevokeKey,
};
use domain::event::AuditAction;
use domain::key::RevokeReason;
use domain::{ActorId, KeyId, OrganizationId, Role};
use engine::ctx::Origin;
use engine::keys::DEFAULT_KEY_CACHE;
use engine::organizations::DemoOrganization;
use engine::people::Identity;
use engine::{Caller, Ctx, Db};
use oidc::testing::Signer;
use serde_json::{Map, Value, json};
use sqlx::Row;

use crate::test_app::TestApp;
use crate::tokens::{empty_app_and_signer, token};

const GOOGLE: &str = "https://accounts.google.com";

/// Which object of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Which {
    /// An object of the caller.
    Own,
    /// An object of another member of the same organization.
    Other,
    /// An object of another organization.
    Foreign,
    /// In the same organization: revoked, removed or disabled.
    Inactive,
    /// An object that does not exist.
    Missing,
    /// Malformed.
    Malformed,
}

impl Which {
    pub const ALL: [Self; 6] = [
        Self::Own,
        Self::Other,
        Self::Foreign,
        Self::Inactive,
        Self::Missing,
        Self::Malformed,
    ];
}

/// A member of Acme or Orbit, with one object of each kind.
#[derive(Clone)]
pub struct Part {
    pub subject: &'static str,
    pub role: Role,
    pub ctx: Ctx,
    /// The calling key.
    pub credential: String,
    /// A key of theirs.
    pub key: KeyId,
    /// A key of theirs that was revoked.
    pub revoked_key: KeyId,
    pub workspace: String,
    /// A run that waits for a worker.
    pub run: String,
    pub message: String,
    pub note: String,
    pub todo: String,
}

/// Everything.
pub struct World {
    pub app: TestApp,
    pub signer: Signer,
    pub acme: OrganizationId,
    pub orbit: OrganizationId,
    /// Owner, admin and member of Acme.
    pub parts: Vec<Part>,
    /// Another member of Acme.
    pub other: Part,
    /// The owner of Orbit.
    pub stranger: Part,
    /// A person who was removed from Acme.
    pub gone: (ActorId, String),
    pub accounts: [ActorId; 3],
    pub invitations: [String; 3],
    /// Consumers of Acme and of Orbit, and one of Acme that is paused.
    pub consumers: [ActorId; 3],
    /// Keys for an API of a consumer, of the owner, and of the paused consumer.
    pub api_keys: [String; 3],
    pub revoked: String,
    pub expired: String,
    pub powerless: String,
    /// The key of a service account that was disabled.
    pub disabled: String,
    picture: String,
    things: String,
    restore: String,
}

impl World {
    pub async fn new() -> Self {
        let (app, signer) = empty_app_and_signer().await;
        let acme = vec![
            (identity("olivia"), Role::Owner),
            (identity("adam"), Role::Admin),
            (identity("mina"), Role::Member),
            (identity("noor"), Role::Member),
            (identity("gone"), Role::Member),
        ];
        let orbit = vec![(identity("theo"), Role::Owner)];
        let cast = [
            DemoOrganization {
                organization: "Acme",
                members: acme,
            },
            DemoOrganization {
                organization: "Orbit",
                members: orbit,
            },
        ];
        app.engine.seed_demo(&cast).await.expect("staged");
        app.engine
            .sign_in(&identity("zoe"), &Origin::default())
            .await
            .expect("signed in");
        let mut parts = Vec::new();
        for (subject, role) in [
            ("olivia", Role::Owner),
            ("adam", Role::Admin),
            ("mina", Role::Member),
        ] {
            parts.push(part(&app, subject, role).await);
        }
        let (other, stranger) = (
            part(&app, "noor", Role::Member).await,
            part(&app, "theo", Role::Owner).await,
        );
        let owner = parts[0].ctx.clone();
        let gone = enter(&app, "gone").await;
        let gone = (
            gone.actor().id,
            key(&app, &gone, CreateKey::read("gone").expect("valid"))
                .await
                .1,
        );
        app.engine
            .remove_member(&owner, gone.0)
            .await
            .expect("removed");
        let accounts = [
            account(&app, &owner, "bot").await,
            account(&app, &stranger.ctx, "bot").await,
            account(&app, &owner, "off").await,
        ];
        let theirs = CreateKey {
            owner: Some(accounts[2]),
            ..CreateKey::read("off").expect("valid")
        };
        let (_, disabled) = key(&app, &owner, theirs).await;
        let disable =
            ChangeServiceAccount::read(accounts[2], None, None, Some(true), None).expect("valid");
        app.engine
            .change_service_account(&owner, disable)
            .await
            .expect("disabled");
        let invitations = [
            invite(&app, &owner, "ann@example.test").await,
            invite(&app, &stranger.ctx, "ann@example.test").await,
            invite(&app, &owner, "ben@example.test").await,
        ];
        app.engine
            .revoke_invitation(&owner, &invitations[2].parse().expect("id"))
            .await
            .expect("withdrawn");
        let (id, revoked) = key(
            &app,
            &owner,
            CreateKey::read("revoked").expect("valid"),
        )
        .await;
        app.engine
            .revoke_key(
                &owner,
                RevokeKey {
                    key: id,
                    reason: RevokeReason::Leaked,
                },
            )
            .await
            .expect("revoked");
        let (consumers, api_keys) = protected(&app, &owner, &stranger.ctx).await;
        let now = app.engine.runtime().now();
        let soon = CreateKey {
            expires_at: Some(now.plus_seconds(1)),
            ..CreateKey::read("expired").expect("valid")
        };
        let (_, expired) = key(&app, &owner, soon).await;
        let nothing = KeyDraft {
            name: "powerless",
            scopes: Some(&[]),
            ..KeyDraft::default()
        };
        let (_, powerless) = key(
            &app,
            &owner,
            CreateKey::draft(&nothing, now).expect("valid"),
        )
        .await;
        app.clock.advance_seconds(2);
        // Write pending expirations before the snapshot.
        app.engine
            .expire_keys()
            .await
            .expect("written down");
        let (acme, orbit) = (
            owner.actor().organization.clone(),
            stranger.ctx.actor().organization.clone(),
        );
        let Photograph {
            picture,
            things,
            restore,
        } = photograph(&app.db, false).await;
        Self {
            app,
            signer,
            acme,
            orbit,
            parts,
            other,
            stranger,
            gone,
            accounts,
            invitations,
            consumers,
            api_keys,
            revoked,
            expired,
            powerless,
            disabled,
            picture,
            things,
            restore,
        }
    }

    /// An ID token of a person who has just signed in.
    pub fn token(&self, subject: &str) -> String {
        token(&self.signer, subject, 10)
    }

    /// An access token of a person. Revokes its session if `revoke_session` is true.
    pub async fn own_token(&self, subject: &str, revoke_session: bool) -> String {
        let person = self
            .app
            .engine
            .sign_in(&identity(subject), &Origin::default())
            .await
            .expect("signed in");
        let (_, session) = self.app.browser_of(person).await;
        let given = self
            .app
            .ask_for_token(&cookie_of(session), "")
            .await
            .json();
        if revoke_session {
            self.app
                .engine
                .delete_session(&session)
                .await
                .expect("revoked");
        }
        given["token"]
            .as_str()
            .expect("a token")
            .to_owned()
    }

    /// The cookie of a new browser session.
    pub async fn cookie(&self, subject: &str) -> String {
        let (_, cookie) = browser(&self.app, subject).await;
        cookie
    }

    /// The cookie of a revoked session.
    pub async fn revoked_cookie(&self, subject: &str) -> String {
        let person = self
            .app
            .engine
            .sign_in(&identity(subject), &Origin::default())
            .await
            .expect("signed in");
        let (_, token) = self.app.browser_of(person).await;
        self.app
            .engine
            .delete_session(&token)
            .await
            .expect("revoked");
        cookie_of(token)
    }

    /// The relevant contents of the database as a text.
    pub async fn picture(&self) -> String {
        let row = sqlx::query(sqlx::AssertSqlSafe(self.picture.clone()))
            .fetch_one(pool(&self.app.db))
            .await;
        row.expect("a picture").get(0)
    }

    /// The same, with the current state as the one to restore.
    pub async fn settled(mut self) -> Self {
        let Photograph {
            picture,
            things,
            restore,
        } = photograph(&self.app.db, true).await;
        (self.picture, self.things, self.restore) = (picture, things, restore);
        self
    }

    /// The same without the log, the sequences, and the signing keys, which are created with the
    /// first token.
    pub async fn things(&self) -> String {
        let row = sqlx::query(sqlx::AssertSqlSafe(self.things.clone()))
            .fetch_one(pool(&self.app.db))
            .await;
        row.expect("a picture").get(0)
    }

    /// The events of all organizations in the order of their insertion.
    pub async fn log(&self) -> Vec<AuditAction> {
        let rows: Vec<(String,)> = sqlx::query_as("SELECT action FROM audit_events ORDER BY rowid")
            .fetch_all(pool(&self.app.db))
            .await
            .expect("events");
        rows.into_iter()
            .map(|(word,)| word.parse().expect("a word of the log"))
            .collect()
    }

    /// Every value of every column, by the names of table and column, in the order of the rows.
    pub async fn cells(&self) -> BTreeMap<(String, String), Vec<String>> {
        let mut cells = BTreeMap::new();
        for (table, columns) in columns(&self.app.db).await {
            let quoted: Vec<_> = columns
                .iter()
                .map(|column| format!("quote({column})"))
                .collect();
            let sql = format!(
                "SELECT {} FROM {table} ORDER BY rowid",
                quoted.join(", ")
            );
            let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
                .fetch_all(pool(&self.app.db))
                .await
                .expect("a table");
            for (at, column) in columns.into_iter().enumerate() {
                cells.insert(
                    (table.clone(), column),
                    rows.iter().map(|row| row.get(at)).collect(),
                );
            }
        }
        cells
    }

    /// Restores the first state of the database.
    pub async fn restore(&self) {
        let mut conn = pool(&self.app.db)
            .acquire()
            .await
            .expect("a connection");
        sqlx::raw_sql(sqlx::AssertSqlSafe(self.restore.clone()))
            .execute(&mut *conn)
            .await
            .expect("restored");
        // What is in memory was read from the later state.
        self.app.engine.set_key_cache(DEFAULT_KEY_CACHE);
    }
}

fn pool(db: &Db) -> &sqlx::SqlitePool {
    match db {
        Db::Sqlite { writer, .. } => writer.pool(),
        Db::Postgres { .. } => unreachable!("the matrix runs on SQLite"),
    }
}

/// The queries that read a snapshot, and the statements that restore it.
struct Photograph {
    picture: String,
    things: String,
    restore: String,
}

/// The tables of the product, and their columns. Triggers keep the tables of a search index.
async fn columns(db: &Db) -> Vec<(String, Vec<String>)> {
    const TABLES: &str = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%sqlx%' \
        AND name NOT LIKE 'copy_of_%' AND name NOT LIKE '%_name_parts%' ORDER BY name";
    let tables: Vec<(String,)> = sqlx::query_as(TABLES)
        .fetch_all(pool(db))
        .await
        .expect("tables");
    let mut all = Vec::new();
    for (table,) in tables {
        let names: Vec<(String,)> = sqlx::query_as("SELECT name FROM pragma_table_info($1)")
            .bind(&table)
            .fetch_all(pool(db))
            .await
            .expect("columns");
        all.push((table, names.into_iter().map(|(name,)| name).collect()));
    }
    all
}

async fn photograph(db: &Db, with_sessions: bool) -> Photograph {
    let (mut texts, mut things) = (Vec::new(), Vec::new());
    let mut restore = "PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE;".to_owned();
    for (table, columns) in columns(db).await {
        // The last visited organization is not a relevant change either.
        let seen = |name: &str| {
            name.starts_with("last_used") || matches!(name, "seen_at" | "active_organization")
        };
        let quoted: Vec<_> = columns
            .iter()
            .filter(|name| !seen(name))
            .map(|name| format!("quote({name})"))
            .collect();
        // The usage of keys and the last use of sessions are not relevant changes.
        if !table.starts_with("key_") && table != "sessions" {
            let text = format!(
                "(SELECT COALESCE(group_concat({}, ';'), '') FROM {table})",
                quoted.join("||','||")
            );
            if !table.starts_with("audit_")
                && !matches!(table.as_str(), "counters" | "signing_keys")
            {
                things.push(text.clone());
            }
            texts.push(text);
        }
        let copy = format!(
            "DROP TABLE IF EXISTS copy_of_{table}; CREATE TABLE copy_of_{table} AS SELECT * FROM {table}"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(copy))
            .execute(pool(db))
            .await
            .expect("a copy");
        // Keeps the sessions unless the whole state is restored.
        if table == "sessions" && !with_sessions {
            continue;
        }
        restore +=
            &format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM copy_of_{table};");
    }
    things.push("(SELECT COALESCE(group_concat(quote(digest)), '') FROM sessions)".to_owned());
    let select = |texts: Vec<String>| format!("SELECT {}", texts.join("||'|'||"));
    let restore = restore + "COMMIT; PRAGMA foreign_keys = ON;";
    Photograph {
        picture: select(texts),
        things: select(things),
        restore,
    }
}

/// An identity from the provider.
pub fn identity(subject: &str) -> Identity {
    Identity {
        issuer: GOOGLE.into(),
        subject: subject.into(),
        email: Some(format!("{subject}@demo.example")),
        name: Some(subject.into()),
    }
}

async fn browser(app: &TestApp, subject: &str) -> (Caller, String) {
    let person = app
        .engine
        .sign_in(&identity(subject), &Origin::default())
        .await
        .expect("signed in");
    let (caller, token) = app.browser_of(person).await;
    (caller, cookie_of(token))
}

fn cookie_of(token: [u8; 16]) -> String {
    format!(
        "rt_session={}",
        tower_sessions::session::Id(i128::from_be_bytes(token))
    )
}

async fn enter(app: &TestApp, subject: &str) -> Ctx {
    let (caller, _) = browser(app, subject).await;
    let organization = app
        .engine
        .list_organizations(caller.person)
        .await
        .expect("memberships")[0]
        .organization
        .clone();
    app.engine
        .enter_organization(&caller, &organization, Origin::default())
        .await
        .expect("admitted")
}

async fn key(app: &TestApp, ctx: &Ctx, command: CreateKey) -> (KeyId, String) {
    let made = app
        .engine
        .create_key(ctx, command)
        .await
        .expect("a key");
    (made.view.key_id, made.plain.expose().to_owned())
}

async fn account(app: &TestApp, ctx: &Ctx, name: &str) -> ActorId {
    let command = CreateServiceAccount::read(name, None, false).expect("valid");
    app.engine
        .create_service_account(ctx, command)
        .await
        .expect("an account")
        .actor_id
}

/// APIs of Acme and of Orbit, and an archived one of Acme; with consumers and keys.
async fn protected(app: &TestApp, owner: &Ctx, stranger: &Ctx) -> ([ActorId; 3], [String; 3]) {
    for (ctx, slug) in [
        (owner, "orders"),
        (stranger, "billing"),
        (owner, "archived"),
    ] {
        let draft = ApiDraft {
            name: Some(slug),
            slug,
            ..ApiDraft::default()
        };
        let command = CreateApi::read(draft).expect("valid");
        app.engine
            .create_api(ctx, command)
            .await
            .expect("an API");
    }
    let archived = "archived".parse().expect("a slug");
    let archive = ChangeApi::read(archived, ApiDraft::default(), Some(true)).expect("valid");
    app.engine
        .change_api(owner, archive)
        .await
        .expect("archived");
    let consumers = [
        consumer(app, owner, "customer_1").await,
        consumer(app, stranger, "customer_1").await,
        consumer(app, owner, "customer_2").await,
    ];
    let keys = [
        api_key(app, owner, Some(consumers[0])).await,
        api_key(app, owner, None).await,
        api_key(app, owner, Some(consumers[2])).await,
    ];
    let pause = ChangeConsumer::read(consumers[2], None, None, Some(true)).expect("valid");
    app.engine
        .change_consumer(owner, pause)
        .await
        .expect("paused");
    (consumers, keys)
}

async fn consumer(app: &TestApp, ctx: &Ctx, external_id: &str) -> ActorId {
    let command = CreateConsumer::read(external_id, None, Map::new()).expect("valid");
    app.engine
        .create_consumer(ctx, command)
        .await
        .expect("a consumer")
        .actor_id
}

/// A key for the API `orders`.
async fn api_key(app: &TestApp, ctx: &Ctx, owner: Option<ActorId>) -> String {
    let draft = ApiKeyDraft {
        name: "orders",
        owner,
        ..ApiKeyDraft::default()
    };
    let api = "orders".parse().expect("a slug");
    let command = CreateApiKey::read(api, &draft, ctx.now()).expect("valid");
    let made = app
        .engine
        .create_api_key(ctx, command, None)
        .await
        .expect("a key");
    made.plain.expose().to_owned()
}

async fn invite(app: &TestApp, ctx: &Ctx, email: &str) -> String {
    let command = InviteMember::read(email, None).expect("valid");
    app.engine
        .create_invitation(ctx, command)
        .await
        .expect("invited")
        .view
        .id
        .to_string()
}

async fn part(app: &TestApp, subject: &'static str, role: Role) -> Part {
    let ctx = enter(app, subject).await;
    let named = |name: &str| CreateKey::read(name).expect("valid");
    let (_, credential) = key(app, &ctx, named("credential")).await;
    let (spare, _) = key(app, &ctx, named("spare")).await;
    let (revoked_key, _) = key(app, &ctx, named("revoked")).await;
    let end = RevokeKey {
        key: revoked_key,
        reason: RevokeReason::Policy,
    };
    app.engine
        .revoke_key(&ctx, end)
        .await
        .expect("revoked");
    let make = async |path: &str, body: Value| {
        let made = app
            .call(Method::POST, path, &credential, body)
            .await;
        assert_eq!(made.status.as_u16(), 201, "{}", made.text);
        made.json()["id"].as_str().expect("id").to_owned()
    };
    let workspace = make(
        "/api/v1/workspaces",
        json!({ "name": "a", "provider": "openai" }),
    )
    .await;
    let run = make(
        &format!("/api/v1/workspaces/{workspace}/runs"),
        json!({ "input": "i" }),
    )
    .await;
    let message = make(
        &format!("/api/v1/actors/{}/inbox", ctx.actor().id),
        json!({ "text": "m" }),
    )
    .await;
    let note = make("/api/v1/notebook", json!({ "text": "n" })).await;
    let todo = make("/api/v1/sealed/todos", json!({ "text": "t" })).await;
    Part {
        subject,
        role,
        ctx,
        credential,
        key: spare,
        revoked_key,
        workspace,
        run,
        message,
        note,
        todo,
    }
}
