//! Organizations.

use domain::view::{Membership, OrganizationView};
use domain::{ActorId, Moment, OrganizationId, PersonId};

use super::{Connection, StoreError, Tx, execute, fetch, parse_column};

pub async fn insert(
    tx: &mut Tx,
    id: &OrganizationId,
    name: &str,
    at: Moment,
) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO organizations (id, name, created_at) VALUES ($1, $2, $3)";
    execute!(tx, conn => sqlx::query(SQL).bind(id.as_str()).bind(name).bind(at.0).execute(conn))?;
    Ok(())
}

pub async fn any(connection: &mut Connection) -> Result<bool, StoreError> {
    let row: Option<(String,)> = fetch!(connection, conn => sqlx::query_as("SELECT id FROM organizations LIMIT 1").fetch_optional(conn))?;
    Ok(row.is_some())
}

/// The ids of all organizations, sorted.
pub async fn all(connection: &mut Connection) -> Result<Vec<OrganizationId>, StoreError> {
    let rows: Vec<(String,)> =
        fetch!(connection, conn => sqlx::query_as("SELECT id FROM organizations").fetch_all(conn))?;
    let mut ids = rows
        .iter()
        .map(|(id,)| parse_column(id, "organizations.id"))
        .collect::<Result<Vec<_>, _>>()?;
    // The databases collate text differently.
    ids.sort_unstable();
    Ok(ids)
}

/// The settings of one organization.
#[derive(sqlx::FromRow)]
struct SettingsRow {
    name: String,
    max_key_days: Option<i64>,
    default_key_days: Option<i64>,
    key_makers: String,
    keys_make_keys: bool,
    created_at: i64,
}

pub async fn find(
    connection: &mut Connection,
    id: &OrganizationId,
) -> Result<Option<OrganizationView>, StoreError> {
    const SQL: &str = "SELECT name, max_key_days, default_key_days, key_makers, keys_make_keys, created_at FROM organizations WHERE id = $1";
    let row: Option<SettingsRow> =
        fetch!(connection, conn => sqlx::query_as(SQL).bind(id.as_str()).fetch_optional(conn))?;
    let Some(row) = row else {
        return Ok(None);
    };
    Ok(Some(OrganizationView {
        id: id.clone(),
        name: row.name,
        max_key_days: row.max_key_days,
        default_key_days: row.default_key_days,
        key_makers: parse_column(&row.key_makers, "organizations.key_makers")?,
        keys_make_keys: row.keys_make_keys,
        created_at: Moment(row.created_at),
    }))
}

/// Writes the name and the settings of an organization.
pub async fn update(tx: &mut Tx, view: &OrganizationView) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE organizations SET name = $2, max_key_days = $3, default_key_days = $4, key_makers = $5, keys_make_keys = $6 WHERE id = $1";
    let changed = execute!(tx, conn => sqlx::query(SQL)
        .bind(view.id.as_str()).bind(&view.name).bind(view.max_key_days).bind(view.default_key_days)
        .bind(view.key_makers.as_str()).bind(view.keys_make_keys).execute(conn))?;
    if changed == 1 {
        Ok(())
    } else {
        Err(StoreError::Row(format!(
            "organization {} is gone",
            view.id
        )))
    }
}

/// The organizations a person is a member of, oldest membership first.
pub async fn of_person(
    connection: &mut Connection,
    person: PersonId,
) -> Result<Vec<Membership>, StoreError> {
    const SQL: &str = "SELECT o.id, o.name, a.id, a.role FROM actors a JOIN organizations o ON o.id = a.organization_id \
         WHERE a.person_id = $1 AND a.removed_at IS NULL ORDER BY a.id";
    let rows: Vec<(String, String, i64, String)> =
        fetch!(connection, conn => sqlx::query_as(SQL).bind(person.0).fetch_all(conn))?;
    rows.into_iter()
        .map(|(organization, organization_name, actor, role)| {
            Ok(Membership {
                organization: parse_column(&organization, "organizations.id")?,
                organization_name,
                actor_id: ActorId(actor),
                role: parse_column(&role, "actors.role")?,
            })
        })
        .collect()
}
