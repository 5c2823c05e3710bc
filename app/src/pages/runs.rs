//! Runs of workspaces.

pub mod detail;
pub mod list;
pub mod table;

use domain::run::RunState;
use leptos::prelude::*;

use crate::words;

/// The state of a run, as a badge.
fn run_state(state: RunState) -> impl IntoView {
    view! { <span class=words::runs::badge(state)>{state.label()}</span> }
}
