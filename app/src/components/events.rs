//! Markup for events that several pages share.

use domain::OrganizationId;
use domain::view::AuditView;
use leptos::prelude::*;

use crate::routes::Screen;

/// The object of an event. The public prefix of a key is separate from its name, which may be
/// written right to left.
pub fn label(event: &AuditView) -> impl IntoView + use<> {
    let whole = (event.object_label.as_str(), None);
    let (name, prefix) = match event.object_kind.as_str() {
        "key" => event
            .object_label
            .rsplit_once(" · ")
            .map_or(whole, |(name, prefix)| {
                (name, Some(prefix.to_owned()))
            }),
        _ => whole,
    };
    let name = name.to_owned();
    view! { <bdi>{name}</bdi>{prefix.map(|prefix| view! { " · "<code>{prefix}</code> })} }
}

/// The page of the object of an event.
pub fn page_of(event: &AuditView, organization: &OrganizationId) -> Option<Screen> {
    let organization = organization.clone();
    match event.object_kind.as_str() {
        "key" => Some(Screen::Key(
            organization,
            event.object_id.parse().ok()?,
        )),
        "service_account" => Some(Screen::ServiceAccount(
            organization,
            event.object_id.parse().ok()?,
        )),
        _ => None,
    }
}
