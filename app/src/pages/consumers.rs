//! Consumers: customers, partners and services that get keys for the organization's APIs.

pub mod create;
pub mod detail;
mod fields;
pub mod list;

use leptos::prelude::*;

use crate::words;

/// Whether a consumer is paused, as a badge.
fn consumer_status(is_paused: bool) -> impl IntoView {
    let (badge, status) = if is_paused {
        ("badge", words::consumers::PAUSED)
    } else {
        ("badge success", words::labels::ACTIVE)
    };
    view! { <span class=badge>{status}</span> }
}
