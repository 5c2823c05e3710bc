//! The sidebar of a page of an organization.

use domain::policy::{Action, Grant, decide};
use domain::view::Membership;
use leptos::prelude::*;

use super::OrganizationPage;
use crate::routes::{DOCS, Screen};
use crate::shared_view::icon;
use crate::words;

/// The sidebar: the organizations of the person, and the pages of this one.
pub(super) fn side(room: &OrganizationPage) -> AnyView {
    let here = &room.place.screen;
    let organization = room.organization();
    let entry = |screen: Screen, name: &'static str, glyph: &'static str, inside: bool| {
        let current = inside.then_some(if screen == *here { "page" } else { "true" });
        view! { <li><a href=screen.path() aria-current=current>{icon(glyph)}{name}</a></li> }
    };
    let in_overview = matches!(here, Screen::Overview(_));
    let in_keys = here.is_about_keys();
    let in_accounts = here.is_about_service_accounts();
    let in_apis = here.is_about_apis();
    let in_consumers = here.is_about_consumers();
    let in_workspaces = here.is_about_workspaces();
    let in_runs = here.is_about_runs();
    let in_members = here.is_about_members();
    let in_log = matches!(here, Screen::AuditLog(_));
    let in_organization = matches!(here, Screen::Settings(_));
    let accounts =
        (decide(room.ctx.actor().role, Action::ListServiceAccounts) == Grant::All).then(|| {
            entry(
                Screen::ServiceAccounts(organization.clone()),
                words::service_accounts::TITLE,
                "robot",
                in_accounts,
            )
        });
    let consumers =
        (decide(room.ctx.actor().role, Action::ListConsumers) == Grant::All).then(|| {
            entry(
                Screen::Consumers(organization.clone()),
                words::consumers::TITLE,
                "consumer",
                in_consumers,
            )
        });
    view! {
        <aside class="side" aria-label=words::frame::SIDEBAR>
            <div class="side-inner">
                <button class="icon-button nav-open" type="button" popovertarget="nav" aria-label=words::frame::SETTINGS_MENU>{icon("menu")}</button>
                {switcher(room)}
                <nav class="nav" id="nav" popover aria-labelledby="nav-title">
                    <ul class="nav-list">
                        {entry(Screen::Overview(organization.clone()), words::overview::TITLE, "overview", in_overview)}
                    </ul>
                    <h2 id="nav-title">{words::ORGANIZATION_SETTINGS}</h2>
                    <ul class="nav-list">
                        {entry(Screen::ApiKeys(organization.clone()), words::keys::TITLE, "key", in_keys)}
                        {accounts}
                        {entry(Screen::Apis(organization.clone()), words::apis::TITLE, "api", in_apis)}
                        {consumers}
                        {entry(Screen::Workspaces(organization.clone()), words::workspaces::TITLE, "workspace", in_workspaces)}
                        {entry(Screen::Runs(organization.clone()), words::runs::TITLE, "run", in_runs)}
                        {entry(Screen::Members(organization.clone()), words::members::TITLE, "members", in_members)}
                        {entry(Screen::AuditLog(organization.clone()), words::audit_log::TITLE, "audit", in_log)}
                        {entry(Screen::Settings(organization), words::organization::TITLE, "organization", in_organization)}
                    </ul>
                    <ul class="nav-list apart"><li><a href=DOCS>{icon("book")}{words::docs::TITLE}{icon("external")}</a></li></ul>
                </nav>
            </div>
        </aside>
    }
    .into_any()
}

fn switcher(room: &OrganizationPage) -> AnyView {
    let own = room.organization();
    let link = |one: &Membership| {
        let here = one.organization == own;
        let glyph = if here { "check" } else { "organization" };
        let path = Screen::ApiKeys(one.organization.clone()).path();
        view! {
            <li>
                <a href=path aria-current=here.then_some("true")>
                    {icon(glyph)}<span class="org-name"><bdi>{one.organization_name.clone()}</bdi></span><span class="muted">{one.role.label()}</span>
                </a>
            </li>
        }
    };
    view! {
        <details class="menu switcher" name="menu">
            <summary>
                <svg class="mark" aria-hidden="true"><use href="/icons.svg#mark"></use></svg>
                <span class="visually-hidden">{words::frame::ORGANIZATION}</span>
                <span class="org-name"><bdi>{room.name.clone()}</bdi></span>
                {icon("switch")}
            </summary>
            <ul class="menu-list">
                {room.memberships.iter().map(link).collect_view()}
                <li class="apart"><a href=Screen::NewOrganization.path()>{icon("plus")}{words::create_organization::TITLE}</a></li>
            </ul>
        </details>
    }
    .into_any()
}
