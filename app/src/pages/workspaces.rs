//! Workspaces: what scripts start runs in.

pub mod create;
pub mod detail;
pub mod list;

use domain::workspace::WorkspaceStatus;
use leptos::prelude::*;

/// Whether a workspace takes runs, as a badge.
fn workspace_status(status: WorkspaceStatus) -> impl IntoView {
    let badge = match status {
        WorkspaceStatus::Running => "badge success",
        WorkspaceStatus::Stopped => "badge",
    };
    view! { <span class=badge>{status.label()}</span> }
}
