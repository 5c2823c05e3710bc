//! Runs of workspaces.

use domain::command::RunQuery;
use domain::policy::Reach;
use domain::run::{Progress, RunState};
use domain::view::RunView;
use domain::{ActorId, Moment, OrganizationId, RunId, WorkspaceId};

use super::query_builder::QueryBuilder;
use super::{Connection, StoreError, Tx, execute, fetch, parse_column};

/// One run without its output, with the names of who started it and of its worker.
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
    pub attempts: i64,
    pub lease: Option<Vec<u8>>,
    pub lease_expires_at: Option<i64>,
    pub claimed_at: Option<i64>,
    pub ended_at: Option<i64>,
    pub error: Option<String>,
    pub creator_name: String,
    pub worker_name: Option<String>,
    pub workspace_name: String,
}

impl RunRow {
    /// What the API shows.
    pub fn view(self) -> Result<RunView, StoreError> {
        Ok(RunView {
            id: parse_column(&self.id, "runs.id")?,
            workspace_id: parse_column(&self.workspace_id, "runs.workspace_id")?,
            created_by_id: self.creator(),
            status: self.state()?,
            workspace_name: self.workspace_name,
            environment: parse_column(&self.environment, "runs.environment")?,
            trigger: self.via,
            input: self.input,
            attempts: self.attempts,
            error: self.error,
            created_at: Moment(self.created_at),
            created_by: self.creator_name,
            claimed_at: self.claimed_at.map(Moment),
            claimed_by: self.worker_name,
            ended_at: self.ended_at.map(Moment),
        })
    }

    /// How far it is.
    pub fn progress(&self) -> Result<Progress, StoreError> {
        Ok(Progress {
            state: self.state()?,
            attempts: self.attempts,
        })
    }

    /// Who started it.
    pub const fn creator(&self) -> ActorId {
        ActorId(self.created_by)
    }

    fn state(&self) -> Result<RunState, StoreError> {
        parse_column(&self.status, "runs.status")
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT r.id, r.organization_id, r.workspace_id, r.seq, r.status, r.environment, r.via, r.input, r.created_by, \
             r.created_at, r.attempts, r.lease, r.lease_expires_at, r.claimed_at, r.ended_at, r.error, \
             a.name AS creator_name, c.name AS worker_name, w.name AS workspace_name FROM runs r \
             JOIN workspaces w ON w.organization_id = r.organization_id AND w.id = r.workspace_id \
             JOIN actors a ON a.organization_id = r.organization_id AND a.id = r.created_by \
             LEFT JOIN actors c ON c.organization_id = r.organization_id AND c.id = r.claimed_by ",
            $rest
        )
    };
}

pub async fn insert(tx: &mut Tx, row: &RunRow) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO runs (id, organization_id, workspace_id, seq, status, environment, via, input, \
         created_by, created_at, attempts) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    execute!(tx, conn => sqlx::query(SQL)
        .bind(&row.id).bind(&row.organization_id).bind(&row.workspace_id).bind(row.seq).bind(&row.status)
        .bind(&row.environment).bind(&row.via).bind(&row.input).bind(row.created_by).bind(row.created_at)
        .bind(row.attempts).execute(conn))?;
    Ok(())
}

/// Runs within reach that match the query, newest first, from `before` (exclusive) on.
pub async fn list(
    connection: &mut Connection,
    reach: &Reach,
    query: &RunQuery,
    before: i64,
    limit: i64,
) -> Result<Vec<RunRow>, StoreError> {
    let mut builder = QueryBuilder::default();
    let organization = builder.text(reach.organization().as_str());
    builder.and(format!("r.organization_id = {organization}"));
    let environment = builder.text(reach.environment().as_str());
    builder.and(format!("r.environment = {environment}"));
    if let Some(workspace) = &query.workspace {
        let workspace = builder.text(workspace.as_str());
        builder.and(format!("r.workspace_id = {workspace}"));
    }
    if let Some(state) = query.state {
        let state = builder.text(state.as_str());
        builder.and(format!("r.status = {state}"));
    }
    let before = builder.number(before);
    builder.and(format!("r.seq < {before}"));
    let limit = builder.number(limit);

    let sql = format!(
        "{} WHERE {} ORDER BY r.seq DESC LIMIT {limit}",
        select!(""),
        builder.wheres()
    );
    builder.rows(connection, sql).await
}

/// One run within reach.
pub async fn find(
    connection: &mut Connection,
    reach: &Reach,
    id: &RunId,
) -> Result<Option<RunRow>, StoreError> {
    const SQL: &str = select!("WHERE r.organization_id = $1 AND r.environment = $2 AND r.id = $3");
    Ok(fetch!(connection, conn => sqlx::query_as(SQL)
        .bind(reach.organization().as_str()).bind(reach.environment().as_str()).bind(id.as_str())
        .fetch_optional(conn))?)
}

/// As [`find`], and locks the run until the transaction ends.
pub async fn lock(tx: &mut Tx, reach: &Reach, id: &RunId) -> Result<Option<RunRow>, StoreError> {
    const SQLITE: &str =
        select!("WHERE r.organization_id = $1 AND r.environment = $2 AND r.id = $3");
    const POSTGRES: &str = select!(
        "WHERE r.organization_id = $1 AND r.environment = $2 AND r.id = $3 FOR UPDATE OF r"
    );
    let sql = tx.either(SQLITE, POSTGRES);
    fetch!(tx, conn => sqlx::query_as(sql)
        .bind(reach.organization().as_str()).bind(reach.environment().as_str()).bind(id.as_str())
        .fetch_optional(conn))
}

/// The output of a run, as JSON.
pub async fn output(
    connection: &mut Connection,
    organization: &OrganizationId,
    id: &RunId,
) -> Result<Option<String>, StoreError> {
    const SQL: &str = "SELECT output FROM runs WHERE organization_id = $1 AND id = $2";
    let row: Option<(Option<String>,)> = fetch!(connection, conn => sqlx::query_as(SQL)
        .bind(organization.as_str()).bind(id.as_str()).fetch_optional(conn))?;
    Ok(row.and_then(|(output,)| output))
}

/// Writes the state of a run and its lease, unless its state was changed since it was read as
/// `before`. Says whether it was written.
pub async fn update(tx: &mut Tx, row: &RunRow, before: &RunRow) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE runs SET status = $5, lease_expires_at = $6, ended_at = $7, error = $8 \
         WHERE organization_id = $1 AND id = $2 AND status = $3 AND attempts = $4";
    let changed = execute!(tx, conn => sqlx::query(SQL)
        .bind(&before.organization_id).bind(&before.id).bind(&before.status).bind(before.attempts)
        .bind(&row.status).bind(row.lease_expires_at).bind(row.ended_at).bind(&row.error).execute(conn))?;
    Ok(changed == 1)
}

/// Stores the output of a run, as JSON.
pub async fn set_output(tx: &mut Tx, row: &RunRow, output: &str) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE runs SET output = $3 WHERE organization_id = $1 AND id = $2";
    execute!(tx, conn => sqlx::query(SQL).bind(&row.organization_id).bind(&row.id).bind(output).execute(conn))?;
    Ok(())
}

/// The run that a worker gets next: the oldest one in the queue of a running workspace. `$1` is the
/// organization, `$2` the environment, `$3` a workspace or null.
macro_rules! next_in_queue {
    ($lock:literal) => {
        concat!(
            "SELECT q.id FROM runs q \
             JOIN workspaces w ON w.organization_id = q.organization_id AND w.id = q.workspace_id \
             WHERE q.organization_id = $1 AND q.environment = $2 AND q.status = 'queued' AND w.status = 'running' \
             AND (CAST($3 AS TEXT) IS NULL OR q.workspace_id = $3) ORDER BY q.seq LIMIT 1",
            $lock
        )
    };
}

/// Whether a run waits for a worker.
pub async fn is_any_queued(
    connection: &mut Connection,
    reach: &Reach,
    workspace: Option<&WorkspaceId>,
) -> Result<bool, StoreError> {
    const SQL: &str = next_in_queue!("");
    let row: Option<(String,)> = fetch!(connection, conn => sqlx::query_as(SQL)
        .bind(reach.organization().as_str()).bind(reach.environment().as_str())
        .bind(workspace.map(WorkspaceId::as_str)).fetch_optional(conn))?;
    Ok(row.is_some())
}

/// What a run gets when a worker claims it.
pub struct NewLease {
    pub digest: Vec<u8>,
    pub now: Moment,
    pub expires_at: Moment,
    pub worker: ActorId,
}

/// Gives the next run of the queue to a worker. Of several workers, one gets it.
pub async fn claim(
    tx: &mut Tx,
    reach: &Reach,
    workspace: Option<&WorkspaceId>,
    lease: &NewLease,
) -> Result<Option<RunId>, StoreError> {
    macro_rules! claim {
        ($lock:literal) => {
            concat!(
                "UPDATE runs SET status = 'running', attempts = attempts + 1, lease = $4, lease_expires_at = $5, \
                 claimed_at = $6, claimed_by = $7 WHERE organization_id = $1 AND status = 'queued' AND id = (",
                next_in_queue!($lock),
                ") RETURNING id"
            )
        };
    }
    const SQLITE: &str = claim!("");
    const POSTGRES: &str = claim!(" FOR UPDATE OF q SKIP LOCKED");
    let sql = tx.either(SQLITE, POSTGRES);
    let row: Option<(String,)> = fetch!(tx, conn => sqlx::query_as(sql)
        .bind(reach.organization().as_str()).bind(reach.environment().as_str())
        .bind(workspace.map(WorkspaceId::as_str)).bind(&lease.digest).bind(lease.expires_at.0)
        .bind(lease.now.0).bind(lease.worker.0).fetch_optional(conn))?;
    row.map(|(id,)| parse_column(&id, "runs.id"))
        .transpose()
}

/// Organizations with runs whose worker did not report in time.
pub async fn organizations_due(
    connection: &mut Connection,
    now: Moment,
) -> Result<Vec<String>, StoreError> {
    const SQL: &str = "SELECT DISTINCT organization_id FROM runs WHERE status = 'running' AND lease_expires_at <= $1";
    let rows: Vec<(String,)> =
        fetch!(connection, conn => sqlx::query_as(SQL).bind(now.0).fetch_all(conn))?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Runs of an organization whose worker did not report in time, the oldest first.
pub async fn due_of(
    connection: &mut Connection,
    organization: &OrganizationId,
    now: Moment,
    limit: i64,
) -> Result<Vec<RunRow>, StoreError> {
    const SQL: &str = select!(
        "WHERE r.organization_id = $1 AND r.status = 'running' AND r.lease_expires_at <= $2 \
         ORDER BY r.seq LIMIT $3"
    );
    Ok(fetch!(connection, conn => sqlx::query_as(SQL)
        .bind(organization.as_str()).bind(now.0).bind(limit).fetch_all(conn))?)
}
