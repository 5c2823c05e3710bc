//! Views of workspaces and their runs.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::actor::Actor;
use crate::environment::Environment;
use crate::id::{ActorId, RunId, WorkspaceId};
use crate::moment::Moment;
use crate::policy::{Action, permit};
use crate::run::RunState;
use crate::workspace::WorkspaceStatus;

/// A workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = WorkspaceBody))]
pub struct WorkspaceView {
    /// Its id.
    #[cfg_attr(feature = "schema", schema(example = "ws_abc123", value_type = String))]
    pub id: WorkspaceId,
    /// Its name.
    #[cfg_attr(feature = "schema", schema(example = "Engineering"))]
    pub name: String,
    /// Who runs its model.
    #[cfg_attr(feature = "schema", schema(example = "anthropic"))]
    pub provider: String,
    /// Its model.
    #[cfg_attr(feature = "schema", schema(example = "claude-sonnet-4-20250514"))]
    pub model: String,
    /// `running`, or `stopped` if it takes no runs.
    pub status: WorkspaceStatus,
    /// The environment of its data.
    pub environment: Environment,
    /// When it was created; UTC.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-08T19:51:19Z", format = DateTime, value_type = String))]
    pub created_at: Moment,
    /// Who created it.
    #[cfg_attr(feature = "schema", schema(example = "Olivia Owens"))]
    pub created_by: String,
    /// That actor's id.
    #[cfg_attr(feature = "schema", schema(example = 14, value_type = i64))]
    pub created_by_id: ActorId,
}

impl WorkspaceView {
    /// Whether this actor may start, stop and delete it.
    pub fn is_managed_by(&self, actor: &Actor) -> bool {
        permit(actor, Action::ChangeWorkspace).is_ok_and(|reach| reach.covers(self.created_by_id))
    }
}

/// A run of a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = RunBody))]
pub struct RunView {
    /// Its id.
    #[cfg_attr(feature = "schema", schema(example = "run_5Zk0c3Yx9bQm2VtA", value_type = String))]
    pub id: RunId,
    /// Its workspace.
    #[cfg_attr(feature = "schema", schema(example = "ws_abc123", value_type = String))]
    pub workspace_id: WorkspaceId,
    /// That workspace's name.
    #[cfg_attr(feature = "schema", schema(example = "Engineering"))]
    pub workspace_name: String,
    /// The state that it is in.
    pub status: RunState,
    /// The environment of its data.
    pub environment: Environment,
    /// `api`, or `hook` for the webhook-style URL.
    #[cfg_attr(feature = "schema", schema(example = "api"))]
    pub trigger: String,
    /// Its input.
    pub input: Option<String>,
    /// How often it was given to a worker.
    #[cfg_attr(feature = "schema", schema(example = 1))]
    pub attempts: i64,
    /// Why it failed; `lease_lost` if its last worker did not report in time.
    pub error: Option<String>,
    /// When it was started; UTC.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-08T19:51:19Z", format = DateTime, value_type = String))]
    pub created_at: Moment,
    /// Who started it.
    #[cfg_attr(feature = "schema", schema(example = "Olivia Owens"))]
    pub created_by: String,
    /// That actor's id.
    #[cfg_attr(feature = "schema", schema(example = 14, value_type = i64))]
    pub created_by_id: ActorId,
    /// When a worker got it, the last time; UTC.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-08T19:51:20Z", format = DateTime, value_type = Option<String>))]
    pub claimed_at: Option<Moment>,
    /// The owner of the key of that worker.
    #[cfg_attr(feature = "schema", schema(example = "Worker"))]
    pub claimed_by: Option<String>,
    /// When it succeeded, failed or was cancelled; UTC.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-08T19:51:25Z", format = DateTime, value_type = Option<String>))]
    pub ended_at: Option<Moment>,
}

impl RunView {
    /// Whether this actor can cancel it now.
    pub fn is_cancellable_by(&self, actor: &Actor) -> bool {
        let may =
            permit(actor, Action::CancelRun).is_ok_and(|reach| reach.covers(self.created_by_id));
        may && !self.status.is_final()
    }
}

/// A run with its output, which lists leave out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = RunDetailBody))]
pub struct RunDetail {
    #[serde(flatten)]
    #[expect(
        missing_docs,
        reason = "the fields are described where they are flattened from"
    )]
    pub run: RunView,
    /// What its worker reported; any JSON value.
    pub output: Option<Value>,
}

impl RunDetail {
    /// The output for a person: text as it is, and other JSON with line breaks.
    pub fn output_text(&self) -> Option<String> {
        Some(match self.output.as_ref()? {
            Value::String(text) => text.clone(),
            other => format!("{other:#}"),
        })
    }
}

/// A run that a worker has got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = ClaimedRunBody))]
pub struct ClaimedRun {
    /// The run.
    pub run: RunView,
    /// What the worker sends with its reports about the run.
    #[cfg_attr(feature = "schema", schema(example = "lease_5Zk0c3Yx9bQm2VtA"))]
    pub lease: String,
    /// When another worker can get the run, unless this one sends a heartbeat; UTC.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-08T19:52:20Z", format = DateTime, value_type = String))]
    pub lease_expires_at: Moment,
}
