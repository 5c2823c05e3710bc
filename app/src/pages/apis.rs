//! The APIs that the organization protects with keys.

pub mod create;
pub mod create_key;
pub mod detail;
mod fields;
pub mod list;

use leptos::prelude::*;

use crate::words;

/// Whether an API is archived, as a badge.
fn api_status(is_archived: bool) -> impl IntoView {
    let (badge, status) = if is_archived {
        ("badge", words::apis::ARCHIVED)
    } else {
        ("badge success", words::labels::ACTIVE)
    };
    view! { <span class=badge>{status}</span> }
}
