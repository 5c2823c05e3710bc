//! Drafts of forms that wait for a fresh sign-in, and spent form tokens.

use domain::{Moment, PersonId};

use super::{StoreError, Tx, execute, fetch};

pub async fn insert(
    tx: &mut Tx,
    digest: &[u8],
    person: PersonId,
    sealed: &[u8],
    expires: Moment,
) -> Result<(), StoreError> {
    const SQL: &str =
        "INSERT INTO drafts (digest, person_id, sealed, expires_at) VALUES ($1, $2, $3, $4)";
    execute!(tx, conn => sqlx::query(SQL).bind(digest).bind(person.0).bind(sealed).bind(expires.0).execute(conn))?;
    Ok(())
}

/// Deletes every draft of a person but the newest.
pub async fn keep_newest(tx: &mut Tx, person: PersonId, most: i64) -> Result<(), StoreError> {
    const SQL: &str = "DELETE FROM drafts WHERE person_id = $1 AND digest NOT IN \
         (SELECT digest FROM drafts WHERE person_id = $1 ORDER BY expires_at DESC, digest LIMIT $2)";
    execute!(tx, conn => sqlx::query(SQL).bind(person.0).bind(most).execute(conn))?;
    Ok(())
}

/// Takes a draft of a person, once.
pub async fn take(
    tx: &mut Tx,
    digest: &[u8],
    person: PersonId,
    now: Moment,
) -> Result<Option<Vec<u8>>, StoreError> {
    const SQL: &str =
        "DELETE FROM drafts WHERE digest = $1 AND person_id = $2 RETURNING sealed, expires_at";
    let row: Option<(Vec<u8>, i64)> =
        fetch!(tx, conn => sqlx::query_as(SQL).bind(digest).bind(person.0).fetch_optional(conn))?;
    Ok(row
        .filter(|(_, expires)| *expires > now.0)
        .map(|(sealed, _)| sealed))
}

/// Spends a form token. False when it was spent before.
pub async fn spend(tx: &mut Tx, digest: &[u8], at: Moment) -> Result<bool, StoreError> {
    const SQL: &str = "INSERT INTO spent_forms (digest, spent_at) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING";
    Ok(execute!(tx, conn => sqlx::query(SQL).bind(digest).bind(at.0).execute(conn))? == 1)
}

/// Deletes expired drafts.
pub async fn delete_expired(tx: &mut Tx, now: Moment) -> Result<(), StoreError> {
    execute!(tx, conn => sqlx::query("DELETE FROM drafts WHERE expires_at <= $1").bind(now.0).execute(conn))?;
    Ok(())
}

/// Deletes form tokens that were spent before this moment.
pub async fn delete_spent_before(tx: &mut Tx, before: Moment) -> Result<(), StoreError> {
    execute!(tx, conn => sqlx::query("DELETE FROM spent_forms WHERE spent_at < $1").bind(before.0).execute(conn))?;
    Ok(())
}
