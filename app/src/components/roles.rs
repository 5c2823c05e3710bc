//! The choice of a role, for people and for service accounts.

use domain::policy::may_give;
use domain::{Problem, Role};
use leptos::prelude::*;

use super::confirm::power;
use crate::shared_view::field_error;
use crate::words;

/// Radio cards, each with a sentence about what the role can do. `powerful` says which roles
/// require a fresh sign-in.
pub fn role_cards(
    problem: Option<&Problem>,
    chosen: Role,
    hint: &'static str,
    roles: impl IntoIterator<Item = (Role, &'static str)>,
    powerful: impl Fn(Role) -> bool,
) -> AnyView {
    let fault = problem
        .and_then(|problem| problem.field("role"))
        .map(str::to_owned);
    let described = if fault.is_some() {
        "role-hint role-error"
    } else {
        "role-hint"
    };
    let card = |(role, may): (Role, &'static str)| {
        view! {
            <label class="card">
                <input type="radio" name="role" value=role.as_str() checked=role == chosen data-power=power(powerful(role))/>
                <span><span class="card-title">{role.label()}</span><span class="card-note">{may}</span></span>
            </label>
        }
    };
    view! {
        <fieldset class="field" id="role" aria-describedby=described>
            <legend>{words::labels::ROLE}</legend>
            <p class="hint" id="role-hint">{hint}</p>
            <div class="cards column">{roles.into_iter().map(card).collect_view()}</div>
            {fault.map(|fault| field_error("role-error", fault))}
        </fieldset>
    }
    .into_any()
}

/// The roles that a person of a role can assign, the least powerful first. Only owners can make
/// someone an owner.
pub fn given_by(own: Role) -> impl Iterator<Item = (Role, &'static str)> {
    Role::ALL
        .into_iter()
        .filter(move |role| may_give(own, *role))
        .map(|role| (role, words::roles::summary(role)))
}

/// What each role can do.
pub fn roles_explained() -> AnyView {
    let line = |role: Role| view! { <dt>{role.label()}</dt><dd>{words::roles::summary(role)}</dd> };
    view! {
        <section class="panel" aria-labelledby="roles-title">
            <h2 id="roles-title">{words::roles::TITLE}</h2>
            <dl class="facts">{Role::ALL.map(line).collect_view()}</dl>
        </section>
    }
    .into_any()
}
