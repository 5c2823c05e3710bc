//! Markup for service accounts that several pages share.

use domain::{Problem, Role};
use leptos::prelude::*;

use super::field::Field;
use super::roles::role_cards;
use crate::words;

/// The roles that a service account can have, the least powerful first.
pub const ROLES: [(Role, &str); 2] = [
    (Role::Member, words::service_accounts::MEMBER_SUMMARY),
    (Role::Admin, words::service_accounts::ADMIN_SUMMARY),
];

/// The status of a service account.
pub fn account_status(is_disabled: bool) -> impl IntoView {
    let (badge, status) = if is_disabled {
        ("badge", words::labels::DISABLED)
    } else {
        ("badge success", words::labels::ACTIVE)
    };
    view! { <span class=badge>{status}</span> }
}

/// The field for its name.
pub fn account_name(problem: Option<&Problem>, typed: String, fresh: bool) -> AnyView {
    let field = Field::new(
        "name",
        words::labels::NAME,
        words::service_accounts::NAME_HINT,
        problem,
    );
    let autofocus = fresh && field.invalid().is_none();
    let input = view! { <input class="input" id="name" name="name" required autocomplete="off" placeholder=words::service_accounts::NAME_SAMPLE aria-describedby=field.described() aria-invalid=field.invalid() dir="auto" value=typed autofocus=autofocus/> };
    field.render(input.into_any())
}

/// The choice of its role.
pub fn account_role(problem: Option<&Problem>, chosen: Role) -> AnyView {
    role_cards(
        problem,
        chosen,
        words::service_accounts::ROLE_HINT,
        ROLES,
        |_| false,
    )
}
