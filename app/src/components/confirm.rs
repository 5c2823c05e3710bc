//! Forms that require a fresh sign-in. They say so before the person submits them, as soon as the
//! selected values require it. CSS alone shows the right texts, so this works without script.
//!
//! A form has `data-stale` if the sign-in is too old, or `data-fresh-for` with the seconds until it
//! is. It has `data-power` if it always requires a fresh sign-in; otherwise the choices that
//! require one have it.

use domain::environment::Environment;
use domain::policy::has_admin_power;
use domain::scope::{Permissions, ScopeSet, Template};
use domain::{Role, Scope};
use leptos::prelude::*;

use super::frame::OrganizationPage;
use crate::words;

/// The age of the sign-in, and the identity provider.
#[derive(Clone)]
pub struct Confirm {
    provider: String,
    seconds_left: i64,
}

impl Confirm {
    /// The state for a form on a page of an organization.
    pub fn of(room: &OrganizationPage) -> Self {
        Self {
            provider: room.provider.clone(),
            seconds_left: room.ctx.fresh_seconds(),
        }
    }

    /// `data-stale`: the sign-in is too old.
    pub fn stale(&self) -> Option<&'static str> {
        (self.seconds_left <= 0).then_some("")
    }

    /// `data-fresh-for`: the seconds until the sign-in is too old.
    pub fn left(&self) -> Option<String> {
        (self.seconds_left > 0).then(|| self.seconds_left.to_string())
    }

    /// The note beside the button.
    pub fn note(&self) -> AnyView {
        view! { <span class="confirming">{words::confirm::will_confirm(&self.provider)}</span> }
            .into_any()
    }

    /// The button, with its label for each case and while it waits.
    pub fn button(&self, class: &'static str, words: ButtonWords) -> AnyView {
        let ButtonWords {
            id,
            label,
            confirm,
            waiting,
        } = words;
        view! {
            <button class=class id=id>
                <span class="direct">{label}</span>
                <span class="confirming">{confirm}</span>
                <span class="waiting-words">{waiting}</span>
            </button>
        }
        .into_any()
    }
}

/// The labels of a button.
pub struct ButtonWords {
    /// Its ID, for an island.
    pub id: Option<&'static str>,
    /// What it does, with a fresh sign-in.
    pub label: String,
    /// What it does, if it first asks for a fresh sign-in.
    pub confirm: &'static str,
    /// What it shows while it waits for the response.
    pub waiting: &'static str,
}

/// `data-power`, if the condition holds.
pub fn power(is_so: bool) -> Option<&'static str> {
    is_so.then_some("")
}

/// Whether a key of this role has admin power with a template.
pub fn template_power(role: Role, template: Template) -> bool {
    Environment::ALL
        .into_iter()
        .any(|environment| has_admin_power(role, template.permissions(environment)))
}

/// Whether a key of this role has admin power with a scope.
pub fn scope_power(role: Role, scope: Scope) -> bool {
    has_admin_power(role, Permissions::Only(ScopeSet::of([scope])))
}
