//! People who signed in, identified by issuer and subject, never by email.

use domain::{Moment, OrganizationId, PersonId};

use super::{Connection, StoreError, Tx, execute, fetch, meta, parse_column};

/// One person.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PersonRow {
    pub id: i64,
    pub name: String,
    pub email: Option<String>,
}

pub async fn find(
    connection: &mut Connection,
    issuer: &str,
    subject: &str,
) -> Result<Option<PersonRow>, StoreError> {
    const SQL: &str = "SELECT id, name, email FROM people WHERE issuer = $1 AND subject = $2";
    Ok(
        fetch!(connection, conn => sqlx::query_as(SQL).bind(issuer).bind(subject).fetch_optional(conn))?,
    )
}

pub async fn get(
    connection: &mut Connection,
    id: PersonId,
) -> Result<Option<PersonRow>, StoreError> {
    Ok(
        fetch!(connection, conn => sqlx::query_as("SELECT id, name, email FROM people WHERE id = $1").bind(id.0).fetch_optional(conn))?,
    )
}

/// Locks the person until the transaction ends: their concurrent changes in several organizations
/// are serialized.
pub async fn lock(tx: &mut Tx, id: PersonId) -> Result<(), StoreError> {
    // SQLite has only one writer at a time.
    const POSTGRES: &str = "SELECT id FROM people WHERE id = $1 FOR NO KEY UPDATE";
    if tx.has_row_locks() {
        let _: Option<(i64,)> =
            fetch!(tx, conn => sqlx::query_as(POSTGRES).bind(id.0).fetch_optional(conn))?;
    }
    Ok(())
}

/// Records the organization that a person works in.
pub async fn set_active(
    tx: &mut Tx,
    id: PersonId,
    organization: &OrganizationId,
) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE people SET active_organization = $2 WHERE id = $1";
    execute!(tx, conn => sqlx::query(SQL).bind(id.0).bind(organization.as_str()).execute(conn))?;
    Ok(())
}

/// That organization, whether or not they are still a member.
pub async fn active(
    connection: &mut Connection,
    id: PersonId,
) -> Result<Option<OrganizationId>, StoreError> {
    const SQL: &str = "SELECT active_organization FROM people WHERE id = $1";
    let row: Option<(Option<String>,)> =
        fetch!(connection, conn => sqlx::query_as(SQL).bind(id.0).fetch_optional(conn))?;
    row.and_then(|(organization,)| organization)
        .map(|id| parse_column(&id, "people.active_organization"))
        .transpose()
}

/// Finds or creates the person, and updates name and email from the provider.
pub async fn upsert(
    tx: &mut Tx,
    issuer: &str,
    subject: &str,
    name: &str,
    email: Option<&str>,
    at: Moment,
) -> Result<PersonId, StoreError> {
    const KNOWN: &str =
        "UPDATE people SET name = $3, email = $4 WHERE issuer = $1 AND subject = $2 RETURNING id";
    let known: Option<(i64,)> = fetch!(tx, conn => sqlx::query_as(KNOWN).bind(issuer).bind(subject).bind(name).bind(email).fetch_optional(conn))?;
    if let Some((id,)) = known {
        return Ok(PersonId(id));
    }
    // Two concurrent first sign-ins create one person.
    const NEW: &str = "INSERT INTO people (id, issuer, subject, name, email, created_at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (issuer, subject) DO UPDATE SET name = excluded.name, email = excluded.email RETURNING id";
    let id = meta::next(tx, "person").await?;
    let (id,): (i64,) = fetch!(tx, conn => sqlx::query_as(NEW)
        .bind(id).bind(issuer).bind(subject).bind(name).bind(email).bind(at.0).fetch_one(conn))?;
    Ok(PersonId(id))
}
