//! The interactive parts. Everything works without them too: an island only saves a page load.
//!
//! Islands take no props, because reading props requires a JSON parser. They read their input from
//! the data attributes of the link that opens them.

mod browser;
mod changes;
pub mod copying;
pub mod create_key;
mod dialog;
mod field_errors;
pub mod key_panel;
pub mod live;
pub mod page_dialog;
pub mod page_help;
mod rows;
mod search;
mod shortcuts;

use leptos::prelude::*;

use crate::shared_view::icon;
use crate::words;
use browser::{Failure, sign_in_again};

/// The error message in the form of a dialog.
fn trouble(title: &'static str, failure: RwSignal<Option<Failure>>) -> impl IntoView {
    move || {
        failure.get().map(|failure| {
            let lines = failure.lines().into_iter().map(|line| view! { <p>{line}</p> }).collect_view();
            let again = failure
                .wants_sign_in()
                .then(|| view! { <p><a class="button" href=sign_in_again()>{words::sign_in::SIGN_IN_AGAIN}</a></p> });
            view! { <div class="notice danger" role="alert">{icon("danger")}<h2>{failure.title(title)}</h2>{lines}{again}</div> }
        })
    }
}
