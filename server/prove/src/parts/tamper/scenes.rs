//! The ways to restore a revoked credential.

use reqwest::Method;
use serde_json::{Value, json};

use super::rows::{bytes, keep, newest, put_back};
use crate::Outcome;
use crate::api::{Api, OLIVIA};
use crate::cluster::Cluster;
use crate::database::Database;
use crate::person::Browser;
use crate::stage::{DATABASE, Stage};

/// The number of keys that are revoked after the copy was made.
const REVOKED: usize = 10;

domain::closed_set! {
    /// A way to restore a credential.
    pub enum Scene(
        /// A short description.
        about: &'static str,
    ) {
        /// Restores the old row and deletes the event of the revocation.
        EventDeleted = "event_deleted" ("the row of a revoked key is restored and the event deleted"),
        /// Restores the old row and replaces that event.
        EventRenamed = "event_renamed" ("the row of a revoked key is restored and the event replaced"),
        /// Restores the old row and the old head, deletes the newest event, and restarts.
        HeadReset = "head_reset" (
            "the row of a revoked key and the head of the log are restored, the newest event deleted; restart"
        ),
        /// Restores the row of a disabled service account and deletes its event.
        AccountRow = "account_row" ("the row of a disabled service account is restored and the event deleted"),
        /// Restores the row of a revoked session.
        SessionRow = "session_row" ("the row of a revoked session is restored and the event deleted"),
        /// Restores a copy of the whole database.
        Copy = "copy" ("a copy from before ten revocations replaces the database"),
    }
}

/// Revoked credentials that are restored.
pub struct Ended {
    keys: Vec<String>,
    cookie: Option<String>,
}

impl Ended {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.keys.len() + usize::from(self.cookie.is_some())
    }

    /// The number of credentials that are accepted.
    ///
    /// # Errors
    /// If the program does not respond.
    pub async fn admitted(&self, api: &Api) -> Outcome<usize> {
        let mut admitted = 0;
        for key in &self.keys {
            let status = api.tried(key).await.ok_or("no answer")?;
            admitted += usize::from((200..300).contains(&status));
        }
        if let Some(line) = &self.cookie {
            let (status, _) = Browser::with(api, line).asked_for_token().await?;
            admitted += usize::from(status == 200);
        }
        Ok(admitted)
    }
}

impl Scene {
    /// Whether only a restart detects the tampering.
    pub const fn ends_with_a_restart(self) -> bool {
        matches!(self, Self::HeadReset | Self::Copy)
    }

    /// Whether the organization is locked until the operator accepts the log.
    pub const fn locks(self) -> bool {
        true
    }

    /// The command to accept it.
    pub const fn acceptance(self) -> &'static [&'static str] {
        match self {
            Self::Copy => &["restore", "--accept"],
            _ => &["audit", "accept", "--reason", "proving"],
        }
    }

    /// Revokes a credential and restores it.
    ///
    /// # Errors
    /// If that fails.
    pub async fn prepare(self, stage: &mut Stage) -> Outcome<Ended> {
        match self {
            Self::EventDeleted => {
                key_row(stage, |n| {
                    vec![format!("DELETE FROM audit_events WHERE n = {n}")]
                })
                .await
            }
            Self::EventRenamed => {
                let rename = |n| {
                    vec![format!(
                        "UPDATE audit_events SET action = 'key.renamed' WHERE n = {n}"
                    )]
                };
                key_row(stage, rename).await
            }
            Self::HeadReset => head_reset(stage).await,
            Self::AccountRow => account_row(stage).await,
            Self::SessionRow => session_row(stage).await,
            Self::Copy => copy(stage).await,
        }
    }
}

async fn new_key(api: &Api, owner: &str, body: Value) -> Outcome<(i64, String)> {
    let made = api
        .must(Method::POST, "/api/v1/keys", owner, body)
        .await?;
    Ok((made.number("key_id"), made.text("api_key")))
}

async fn revoke(api: &Api, owner: &str, id: i64) -> Outcome<()> {
    api.must(
        Method::DELETE,
        &format!("/api/v1/keys/{id}"),
        owner,
        Value::Null,
    )
    .await
    .map(drop)
}

/// A key that is revoked and restored. `hide` decides what happens to the event of the revocation.
/// Two more events follow.
async fn key_row(stage: &Stage, hide: impl Fn(i64) -> Vec<String>) -> Outcome<Ended> {
    let (api, owner) = (stage.api()?, &stage.owner.key);
    let (id, key) = new_key(&api, owner, json!({ "label": "ended" })).await?;
    let condition = format!("id = {id}");
    keep(stage, "api_keys", &condition).await?;
    revoke(&api, owner, id).await?;
    let (n, _) = newest(stage).await?;
    for label in ["one", "two"] {
        new_key(&api, owner, json!({ "label": label })).await?;
    }
    put_back(stage, "api_keys", &condition, &hide(n)).await?;
    Ok(Ended {
        keys: vec![key],
        cookie: None,
    })
}

async fn head_reset(stage: &mut Stage) -> Outcome<Ended> {
    let (api, owner) = (stage.api()?, stage.owner.key.clone());
    let (id, key) = new_key(&api, &owner, json!({ "label": "ended" })).await?;
    let condition = format!("id = {id}");
    keep(stage, "api_keys", &condition).await?;
    // Restores the whole head.
    write_aside(
        stage,
        "CREATE TABLE prove_head AS SELECT * FROM audit_heads",
    )
    .await?;
    revoke(&api, &owner, id).await?;
    let (n, before) = newest(stage).await?;
    stage.program.kill()?;
    let hide = [
        format!("DELETE FROM audit_events WHERE n = {n}"),
        "DELETE FROM audit_heads".into(),
        "INSERT INTO audit_heads SELECT * FROM prove_head".into(),
        format!(
            "UPDATE audit_heads SET n = {}, hash = {}",
            n - 1,
            bytes(stage, &before)
        ),
        "DROP TABLE prove_head".into(),
    ];
    put_back(stage, "api_keys", &condition, &hide).await?;
    stage.program.start().await?;
    Ok(Ended {
        keys: vec![key],
        cookie: None,
    })
}

async fn account_row(stage: &Stage) -> Outcome<Ended> {
    let (api, owner) = (stage.api()?, &stage.owner.key);
    let made = api
        .must(
            Method::POST,
            "/api/v1/service-accounts",
            owner,
            json!({ "name": "robot" }),
        )
        .await?;
    let account = made.number("actor_id");
    let (_, key) = new_key(
        &api,
        owner,
        json!({ "label": "of the robot", "actor_id": account }),
    )
    .await?;
    let condition = format!("id = {account}");
    keep(stage, "actors", &condition).await?;
    let path = format!("/api/v1/service-accounts/{account}");
    api.must(
        Method::PATCH,
        &path,
        owner,
        json!({ "disabled": true }),
    )
    .await?;
    let (n, _) = newest(stage).await?;
    new_key(&api, owner, json!({ "label": "one" })).await?;
    put_back(
        stage,
        "actors",
        &condition,
        &[format!("DELETE FROM audit_events WHERE n = {n}")],
    )
    .await?;
    Ok(Ended {
        keys: vec![key],
        cookie: None,
    })
}

async fn session_row(stage: &Stage) -> Outcome<Ended> {
    let api = stage.api()?;
    let browser = Browser::signed_in(&api, OLIVIA, "Olivia Owens").await?;
    let token = browser.token().await?;
    let listed = api
        .must(Method::GET, "/api/v1/sessions", &token, Value::Null)
        .await?;
    let id = listed.body["sessions"][0]["id"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let condition = format!("id = '{id}'");
    keep(stage, "sessions", &condition).await?;
    api.must(
        Method::DELETE,
        &format!("/api/v1/sessions/{id}"),
        &token,
        Value::Null,
    )
    .await?;
    let (n, _) = newest(stage).await?;
    new_key(&api, &stage.owner.key, json!({ "label": "one" })).await?;
    put_back(
        stage,
        "sessions",
        &condition,
        &[format!("DELETE FROM audit_events WHERE n = {n}")],
    )
    .await?;
    Ok(Ended {
        keys: vec![token],
        cookie: Some(browser.line()),
    })
}

/// Ten keys are revoked, and then an earlier copy of the database is restored.
async fn copy(stage: &mut Stage) -> Outcome<Ended> {
    let (api, owner) = (stage.api()?, stage.owner.key.clone());
    let mut keys = Vec::new();
    for number in 0..REVOKED {
        keys.push(
            new_key(
                &api,
                &owner,
                json!({ "label": format!("key {number}") }),
            )
            .await?,
        );
    }
    stage.program.kill()?;
    keep_copy(stage, true).await?;
    stage.program.start().await?;
    for (id, _) in &keys {
        revoke(&api, &owner, *id).await?;
    }
    stage.program.kill()?;
    keep_copy(stage, false).await?;
    stage.program.start().await?;
    Ok(Ended {
        keys: keys.into_iter().map(|(_, key)| key).collect(),
        cookie: None,
    })
}

/// Creates or restores the copy. The program is stopped.
async fn keep_copy(stage: &Stage, make: bool) -> Outcome<()> {
    match (&stage.program.database, &stage.cluster) {
        (Database::Sqlite(file), _) => {
            for ending in ["", "-wal", "-shm"] {
                let live = file.with_file_name(format!("roundtable.db{ending}"));
                let kept = file.with_file_name(format!("kept.db{ending}"));
                let (from, to) = if make { (live, kept) } else { (kept, live) };
                if from.exists() {
                    std::fs::copy(&from, &to)?;
                } else if to.exists() {
                    std::fs::remove_file(&to)?;
                }
            }
            Ok(())
        }
        (Database::Postgres(_), Some(cluster)) => copy_cluster(cluster, make).await,
        (Database::Postgres(_), None) => Err("there is no cluster".into()),
    }
}

async fn copy_cluster(cluster: &Cluster, make: bool) -> Outcome<()> {
    let steps = if make {
        vec![format!("CREATE DATABASE kept TEMPLATE {DATABASE}")]
    } else {
        vec![
            format!("DROP DATABASE {DATABASE} WITH (FORCE)"),
            format!("ALTER DATABASE kept RENAME TO {DATABASE}"),
        ]
    };
    let mut rows = Database::Postgres(cluster.address("postgres"))
        .open()
        .await?;
    for step in steps {
        rows.run(&step).await?;
    }
    rows.close().await
}

async fn write_aside(stage: &Stage, statement: &str) -> Outcome<()> {
    let mut rows = stage.program.database.open().await?;
    rows.run(statement).await?;
    rows.close().await
}
