//! Organizations.

use domain::view::{Membership, OrganizationView};
use domain::{ActorId, Moment, OrganizationId, PersonId};

use super::{Link, StoreError, Tx, on, run, word};

pub async fn insert(tx: &mut Tx, id: &OrganizationId, name: &str, at: Moment) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO organizations (id, name, created_at) VALUES ($1, $2, $3)";
    run!(tx, conn => sqlx::query(SQL).bind(id.as_str()).bind(name).bind(at.0).execute(conn))?;
    Ok(())
}

pub async fn any(link: &mut Link) -> Result<bool, StoreError> {
    let row: Option<(String,)> =
        on!(link, conn => sqlx::query_as("SELECT id FROM organizations LIMIT 1").fetch_optional(conn))?;
    Ok(row.is_some())
}

/// The ids of all, in their order.
pub async fn all(link: &mut Link) -> Result<Vec<OrganizationId>, StoreError> {
    let rows: Vec<(String,)> = on!(link, conn => sqlx::query_as("SELECT id FROM organizations").fetch_all(conn))?;
    let mut ids = rows.iter().map(|(id,)| word(id, "organizations.id")).collect::<Result<Vec<_>, _>>()?;
    // Databases order texts each in their own way.
    ids.sort_unstable();
    Ok(ids)
}

pub async fn find(link: &mut Link, id: &OrganizationId) -> Result<Option<OrganizationView>, StoreError> {
    const SQL: &str = "SELECT name, max_key_days, created_at FROM organizations WHERE id = $1";
    let row: Option<(String, Option<i64>, i64)> =
        on!(link, conn => sqlx::query_as(SQL).bind(id.as_str()).fetch_optional(conn))?;
    Ok(row.map(|(name, max_key_days, created_at)| OrganizationView {
        id: id.clone(),
        name,
        max_key_days,
        created_at: Moment(created_at),
    }))
}

pub async fn set_max_key_days(tx: &mut Tx, id: &OrganizationId, days: Option<i64>) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE organizations SET max_key_days = $2 WHERE id = $1";
    let changed = run!(tx, conn => sqlx::query(SQL).bind(id.as_str()).bind(days).execute(conn))?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Row(format!("organization {id} is gone"))) }
}

/// The organizations a person is a member of, oldest membership first.
pub async fn of_person(link: &mut Link, person: PersonId) -> Result<Vec<Membership>, StoreError> {
    const SQL: &str = "SELECT o.id, o.name, a.id, a.role FROM actors a JOIN organizations o ON o.id = a.organization_id \
         WHERE a.person_id = $1 AND a.removed_at IS NULL ORDER BY a.id";
    let rows: Vec<(String, String, i64, String)> =
        on!(link, conn => sqlx::query_as(SQL).bind(person.0).fetch_all(conn))?;
    rows.into_iter()
        .map(|(organization, organization_name, actor, role)| {
            Ok(Membership {
                organization: word(&organization, "organizations.id")?,
                organization_name,
                actor_id: ActorId(actor),
                role: word(&role, "actors.role")?,
            })
        })
        .collect()
}

/// The longest lifetime of a new key in days, if the organization has set one.
pub async fn max_key_days(link: &mut Link, id: &OrganizationId) -> Result<Option<i64>, StoreError> {
    const SQL: &str = "SELECT max_key_days FROM organizations WHERE id = $1";
    let (days,): (Option<i64>,) = on!(link, conn => sqlx::query_as(SQL).bind(id.as_str()).fetch_one(conn))?;
    Ok(days)
}
