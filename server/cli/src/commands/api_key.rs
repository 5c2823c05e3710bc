//! `roundtable api-key`.

mod key;
mod secret;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use self::key::{HEAD, Key};
use self::secret::show;
use crate::arguments::{ApiKeyCommand, Expires, GlobalArguments, NewKey, Rotation};
use crate::failure::{Failure, FailureKind};
use crate::output::{Output, printable};
use crate::session::{Session, now};
use crate::terminal;

/// Rows of a page of the list.
const ROWS: usize = 200;

/// A new key.
#[derive(Deserialize, Serialize)]
struct CreatedKey {
    key_id: u64,
    actor_id: u64,
    api_key: String,
    key_prefix: String,
}

/// Runs the command.
pub async fn run(
    command: ApiKeyCommand,
    arguments: &GlobalArguments,
    output: &Output,
) -> Result<(), Failure> {
    let session = Session::open_in_organization(arguments).await?;
    match command {
        ApiKeyCommand::Create(new) => create(&session, &new, output).await,
        ApiKeyCommand::List {
            active,
            environment,
            search,
        } => {
            let query = Query {
                active,
                environment,
                search,
            };
            list(&session, &query, output).await
        }
        ApiKeyCommand::Show { id } => show_key(&session, id, output).await,
        ApiKeyCommand::Rotate(rotation) => rotate(&session, &rotation, output).await,
        ApiKeyCommand::Revoke { id, yes } => revoke(&session, id, yes, output).await,
    }
}

async fn create(session: &Session, new: &NewKey, output: &Output) -> Result<(), Failure> {
    secret::check(new.out.as_deref())?;
    let mut body = Map::new();
    body.insert("label".to_owned(), new.name.as_str().into());
    if let Some(environment) = &new.environment {
        body.insert("environment".to_owned(), environment.as_str().into());
    }
    if !new.scopes.is_empty() {
        body.insert("scopes".to_owned(), json!(new.scopes));
    }
    if let Some(owner) = new.owner {
        body.insert("actor_id".to_owned(), owner.into());
    }
    let expires = match &new.expires {
        Some(expires) => expires.clone(),
        None => preselected(session).await?,
    };
    if let Some(at) = expires_at(&expires)? {
        body.insert("expires_at".to_owned(), at.into());
    }
    let created: CreatedKey = session
        .post("/api/v1/keys", &Value::Object(body))
        .await?;
    output.note(&format!(
        "Created key {} “{}”. It is shown only this once.",
        created.key_id,
        printable(&new.name)
    ));
    output.note(&format!(
        "Send it as `Authorization: Bearer …`, for example to {}/api/v1/me.",
        session.key()
    ));
    show(output, &created, &created.api_key, new.out.as_deref())
}

/// The expiration that the organization preselects in its forms.
async fn preselected(session: &Session) -> Result<Expires, Failure> {
    #[derive(Deserialize)]
    struct Organization {
        default_key_days: Option<u32>,
    }
    let organization: Organization = session.get("/api/v1/organization").await?;
    Ok(organization
        .default_key_days
        .map_or(Expires::Never, Expires::InDays))
}

fn expires_at(expires: &Expires) -> Result<Option<String>, Failure> {
    let days = match expires {
        Expires::Never => return Ok(None),
        Expires::At(time) => return Ok(Some(time.clone())),
        Expires::InDays(days) => *days,
    };
    let too_late = || Failure::new(FailureKind::Usage, "This time is out of reach.");
    OffsetDateTime::from_unix_timestamp(now())
        .ok()
        .and_then(|now| now.checked_add(Duration::days(days.into())))
        .and_then(|at| at.format(&Rfc3339).ok())
        .map(Some)
        .ok_or_else(too_late)
}

struct Query {
    active: bool,
    environment: Option<String>,
    search: Option<String>,
}

/// Lists all keys, page by page.
async fn list(session: &Session, query: &Query, output: &Output) -> Result<(), Failure> {
    let mut all: Vec<Value> = Vec::new();
    let mut cursor: Option<u64> = None;
    loop {
        let page: Vec<Value> = session.get(&path_of(query, cursor)).await?;
        let is_last = page.len() < ROWS;
        cursor = page.last().and_then(|row| row["key_id"].as_u64());
        all.extend(page);
        if is_last {
            break;
        }
    }
    let rows: Vec<_> = all
        .iter()
        .filter_map(|row| Key::deserialize(row).ok())
        .map(|key| key.row(output.is_for_people()))
        .collect();
    output.table(&all, &HEAD, &rows);
    if rows.is_empty() {
        output.note("No keys.");
    }
    Ok(())
}

fn path_of(query: &Query, cursor: Option<u64>) -> String {
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    pairs.append_pair("limit", &ROWS.to_string());
    if query.active {
        pairs.append_pair("active", "true");
    }
    if let Some(environment) = &query.environment {
        pairs.append_pair("environment", environment);
    }
    if let Some(text) = &query.search {
        pairs.append_pair("q", text);
    }
    if let Some(cursor) = cursor {
        pairs.append_pair("cursor", &cursor.to_string());
    }
    format!("/api/v1/keys?{}", pairs.finish())
}

async fn show_key(session: &Session, id: u64, output: &Output) -> Result<(), Failure> {
    let found: Value = session.get(&format!("/api/v1/keys/{id}")).await?;
    let key = Key::deserialize(&found).map_err(Failure::unreadable)?;
    output.table(&found, &["", ""], &key.facts());
    Ok(())
}

async fn key_named(session: &Session, id: u64) -> Result<Key, Failure> {
    session.get(&format!("/api/v1/keys/{id}")).await
}

async fn rotate(session: &Session, rotation: &Rotation, output: &Output) -> Result<(), Failure> {
    secret::check(rotation.out.as_deref())?;
    let key = key_named(session, rotation.id).await?;
    let end = match rotation.overlap {
        0 => "The old key stops working immediately.".to_owned(),
        seconds => format!("The old key works for another {seconds} seconds."),
    };
    terminal::confirm(
        &format!(
            "Rotate key {} “{}”? {end}",
            key.key_id,
            printable(&key.label)
        ),
        rotation.yes,
    )?;
    let mut body = json!({
        "overlap_seconds": rotation.overlap,
        "confirm_message_loss": rotation.confirm_message_loss,
    });
    if let Some(name) = &rotation.name {
        body["label"] = name.as_str().into();
    }
    let created: CreatedKey = session
        .post(&format!("/api/v1/keys/{}/rotate", rotation.id), &body)
        .await?;
    output.note(&format!(
        "Key {} replaces key {}. {end} The new key is shown only this once.",
        created.key_id, rotation.id
    ));
    show(
        output,
        &created,
        &created.api_key,
        rotation.out.as_deref(),
    )
}

async fn revoke(session: &Session, id: u64, yes: bool, output: &Output) -> Result<(), Failure> {
    let key = key_named(session, id).await?;
    if let Some(at) = &key.revoked_at {
        let message = format!(
            "Key {} “{}” was revoked already, at {at}.",
            key.key_id,
            printable(&key.label)
        );
        output.outcome(&json!({ "key_id": id, "revoked_at": at }), &message);
        return Ok(());
    }
    terminal::confirm(
        &format!(
            "Revoke key {} “{}” ({})? It stops working immediately, and for good.",
            key.key_id,
            printable(&key.label),
            key.preview
        ),
        yes,
    )?;
    let revoked: Value = session
        .delete(&format!("/api/v1/keys/{id}"))
        .await?;
    output.result(&revoked, || {
        format!(
            "Revoked key {} “{}”.\n",
            key.key_id,
            printable(&key.label)
        )
    });
    Ok(())
}
