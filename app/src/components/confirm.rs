//! Forms that ask for a fresh sign-in (B22): they say so before anything is sent, as soon as what is chosen needs it.
//! The browser shows the right words by style alone, so it needs no script.
//!
//! A form bears `data-stale` when the sign-in is too old, or `data-fresh-for` with the seconds until it is. It bears
//! `data-power` when it always asks for a fresh sign-in; else the choices that do bear it.

use domain::environment::Environment;
use domain::policy::has_admin_power;
use domain::scope::{Permissions, ScopeSet, Template};
use domain::{Role, Scope};
use leptos::prelude::*;

use super::frame::OrganizationPage;
use crate::words;

/// How old the sign-in is, and whom people sign in with.
#[derive(Clone)]
pub struct Confirm {
    provider: String,
    seconds_left: i64,
}

impl Confirm {
    /// For a form on a page of an organization.
    pub fn of(room: &OrganizationPage) -> Self {
        Self { provider: room.provider.clone(), seconds_left: room.ctx.fresh_seconds() }
    }

    /// `data-stale`: the sign-in is too old.
    pub fn stale(&self) -> Option<&'static str> {
        (self.seconds_left <= 0).then_some("")
    }

    /// `data-fresh-for`: the seconds until it is.
    pub fn left(&self) -> Option<String> {
        (self.seconds_left > 0).then(|| self.seconds_left.to_string())
    }

    /// What is said beside the button.
    pub fn note(&self) -> AnyView {
        view! { <span class="confirming">{words::confirm::will_confirm(&self.provider)}</span> }.into_any()
    }

    /// The button, with its words for each case and for while it waits.
    pub fn button(&self, class: &'static str, words: ButtonWords) -> AnyView {
        let ButtonWords { id, label, confirm, waiting } = words;
        view! {
            <button class=class id=id>
                <span class="direct">{label}</span><span class="confirming">{confirm}</span><span class="waiting-words">{waiting}</span>
            </button>
        }
        .into_any()
    }
}

/// The words of a button.
pub struct ButtonWords {
    /// Its id, for an island.
    pub id: Option<&'static str>,
    /// What it does.
    pub label: String,
    /// The same after a fresh sign-in.
    pub confirm: &'static str,
    /// While the answer is awaited.
    pub waiting: &'static str,
}

/// `data-power`, where something is so.
pub fn power(is_so: bool) -> Option<&'static str> {
    is_so.then_some("")
}

/// Whether a template gives admin power to a key of this role.
pub fn template_power(role: Role, template: Template) -> bool {
    Environment::ALL.into_iter().any(|environment| has_admin_power(role, template.permissions(environment)))
}

/// Whether a single scope does.
pub fn scope_power(role: Role, scope: Scope) -> bool {
    has_admin_power(role, Permissions::Only(ScopeSet::of([scope])))
}
