//! Workspaces.

use domain::environment::Environment;
use domain::view::WorkspaceView;
use domain::workspace::WorkspaceStatus;
use domain::{ActorId, Moment, OrganizationId, WorkspaceId};

use super::{Connection, StoreError, Tx, execute, fetch, parse_column};

/// One workspace, with its creator's name.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct WorkspaceRow {
    pub id: String,
    pub organization_id: String,
    pub seq: i64,
    pub name: String,
    pub provider: String,
    pub model: String,
    pub status: String,
    pub environment: String,
    pub created_by: i64,
    pub created_at: i64,
    pub creator_name: String,
}

impl WorkspaceRow {
    /// What the API shows.
    pub fn view(self) -> Result<WorkspaceView, StoreError> {
        Ok(WorkspaceView {
            id: parse_column(&self.id, "workspaces.id")?,
            created_by_id: self.creator(),
            status: self.status()?,
            name: self.name,
            provider: self.provider,
            model: self.model,
            environment: parse_column(&self.environment, "workspaces.environment")?,
            created_at: Moment(self.created_at),
            created_by: self.creator_name,
        })
    }

    /// Whether it takes runs.
    pub fn status(&self) -> Result<WorkspaceStatus, StoreError> {
        parse_column(&self.status, "workspaces.status")
    }

    /// Who made it.
    pub const fn creator(&self) -> ActorId {
        ActorId(self.created_by)
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT w.id, w.organization_id, w.seq, w.name, w.provider, w.model, w.status, w.environment, w.created_by, \
             w.created_at, a.name AS creator_name FROM workspaces w \
             JOIN actors a ON a.organization_id = w.organization_id AND a.id = w.created_by ",
            $rest
        )
    };
}

pub async fn insert(tx: &mut Tx, row: &WorkspaceRow) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO workspaces (id, organization_id, seq, name, provider, model, status, environment, \
         created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    execute!(tx, conn => sqlx::query(SQL)
        .bind(&row.id).bind(&row.organization_id).bind(row.seq).bind(&row.name).bind(&row.provider).bind(&row.model)
        .bind(&row.status).bind(&row.environment).bind(row.created_by).bind(row.created_at).execute(conn))?;
    Ok(())
}

/// Workspaces of one environment, newest first, from `before` (exclusive) on.
pub async fn list(
    connection: &mut Connection,
    organization: &OrganizationId,
    environment: Environment,
    before: i64,
    limit: i64,
) -> Result<Vec<WorkspaceRow>, StoreError> {
    const SQL: &str = select!(
        "WHERE w.organization_id = $1 AND w.environment = $2 AND w.seq < $3 ORDER BY w.seq DESC LIMIT $4"
    );
    Ok(fetch!(connection, conn => sqlx::query_as(SQL)
        .bind(organization.as_str()).bind(environment.as_str()).bind(before).bind(limit).fetch_all(conn))?)
}

pub async fn find(
    connection: &mut Connection,
    organization: &OrganizationId,
    environment: Environment,
    id: &WorkspaceId,
) -> Result<Option<WorkspaceRow>, StoreError> {
    const SQL: &str = select!("WHERE w.organization_id = $1 AND w.environment = $2 AND w.id = $3");
    Ok(fetch!(connection, conn => sqlx::query_as(SQL)
        .bind(organization.as_str()).bind(environment.as_str()).bind(id.as_str()).fetch_optional(conn))?)
}

/// Whether another organization has a workspace of this id: the answer then is 403, not 404
/// (decision D9). Nothing of it is read.
pub async fn exists_elsewhere(
    connection: &mut Connection,
    organization: &OrganizationId,
    id: &WorkspaceId,
) -> Result<bool, StoreError> {
    const SQL: &str = "SELECT 1 AS one FROM workspaces WHERE id = $1 AND organization_id <> $2";
    let row: Option<(i32,)> = fetch!(connection, conn => sqlx::query_as(SQL).bind(id.as_str()).bind(organization.as_str()).fetch_optional(conn))?;
    Ok(row.is_some())
}

pub async fn set_status(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: &WorkspaceId,
    status: WorkspaceStatus,
) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE workspaces SET status = $3 WHERE organization_id = $1 AND id = $2";
    execute!(tx, conn => sqlx::query(SQL).bind(organization.as_str()).bind(id.as_str()).bind(status.as_str()).execute(conn))?;
    Ok(())
}

pub async fn delete(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: &WorkspaceId,
) -> Result<bool, StoreError> {
    const SQL: &str = "DELETE FROM workspaces WHERE organization_id = $1 AND id = $2";
    let changed = execute!(tx, conn => sqlx::query(SQL).bind(organization.as_str()).bind(id.as_str()).execute(conn))?;
    Ok(changed == 1)
}
