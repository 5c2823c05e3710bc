//! Runs of workspaces.

use domain::policy::Reach;
use domain::view::RunView;
use domain::{Moment, WorkspaceId};

use super::{Connection, StoreError, Tx, execute, fetch, parse_column};

/// One run, with the name of who started it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct RunRow {
    pub id: String,
    pub organization_id: String,
    pub workspace_id: String,
    pub seq: i64,
    pub status: String,
    pub environment: String,
    pub via: String,
    pub input: Option<String>,
    pub created_by: i64,
    pub created_at: i64,
    pub creator_name: String,
}

impl RunRow {
    /// What the API shows.
    pub fn view(self) -> Result<RunView, StoreError> {
        Ok(RunView {
            id: parse_column(&self.id, "runs.id")?,
            workspace_id: parse_column(&self.workspace_id, "runs.workspace_id")?,
            status: self.status,
            environment: parse_column(&self.environment, "runs.environment")?,
            trigger: self.via,
            input: self.input,
            created_at: Moment(self.created_at),
            created_by: self.creator_name,
        })
    }
}

pub async fn insert(tx: &mut Tx, row: &RunRow) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO runs (id, organization_id, workspace_id, seq, status, environment, via, input, \
         created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    execute!(tx, conn => sqlx::query(SQL)
        .bind(&row.id).bind(&row.organization_id).bind(&row.workspace_id).bind(row.seq).bind(&row.status)
        .bind(&row.environment).bind(&row.via).bind(&row.input).bind(row.created_by).bind(row.created_at)
        .execute(conn))?;
    Ok(())
}

/// Runs of a workspace within reach, newest first, from `before` (exclusive) on.
pub async fn list(
    connection: &mut Connection,
    reach: &Reach,
    workspace: &WorkspaceId,
    before: i64,
    limit: i64,
) -> Result<Vec<RunRow>, StoreError> {
    const SQL: &str = "SELECT r.id, r.organization_id, r.workspace_id, r.seq, r.status, r.environment, r.via, r.input, \
         r.created_by, r.created_at, a.name AS creator_name FROM runs r \
         JOIN actors a ON a.organization_id = r.organization_id AND a.id = r.created_by \
         WHERE r.organization_id = $1 AND r.environment = $2 AND r.workspace_id = $3 AND r.seq < $4 \
         ORDER BY r.seq DESC LIMIT $5";
    Ok(fetch!(connection, conn => sqlx::query_as(SQL)
        .bind(reach.organization().as_str()).bind(reach.environment().as_str()).bind(workspace.as_str())
        .bind(before).bind(limit).fetch_all(conn))?)
}
