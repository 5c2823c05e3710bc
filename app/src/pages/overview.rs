//! The overview of an organization: keys by status, what needs attention, calls per day, and the
//! latest events.

use domain::policy::{Action, Grant, decide};
use domain::view::Overview;
use domain::{OrganizationId, Problem};
use leptos::prelude::*;

use super::Page;
use crate::components::frame::{OrganizationPage, frame};
use crate::components::key_notice::key_notice;
use crate::flash::Flash;
use crate::request::PageRequest;
use crate::routes::{Location, Screen};
use crate::shared_view::icon;
use crate::words;

mod chart;
mod concerns;
mod counts;
mod events;
mod first_steps;

/// The data of the page.
struct Glance {
    room: OrganizationPage,
    all: Overview,
    may_create: bool,
    flash: Option<Flash>,
}

/// The overview of what the person can see in an organization.
pub async fn load(request: &PageRequest, organization: OrganizationId) -> Result<Page, Problem> {
    let (context, place) = (
        &request.context,
        Location::top(Screen::Overview(organization.clone())),
    );
    let room = OrganizationPage::enter(context, &organization, place).await?;
    let to_problem = |error| context.to_problem(&error);
    let all = context
        .engine
        .overview(&room.ctx)
        .await
        .map_err(to_problem)?;
    let settings = context
        .engine
        .get_organization(&room.ctx)
        .await
        .map_err(to_problem)?;
    let may_create = settings.key_makers.include(room.ctx.actor().role);
    let (glance, problem) = (
        Glance {
            room,
            all,
            may_create,
            flash: context.take_flash().await,
        },
        request.problem().cloned(),
    );
    Ok(Page::new(words::overview::TITLE, move || {
        render(&glance, problem.as_ref())
    }))
}

fn render(glance: &Glance, problem: Option<&Problem>) -> AnyView {
    let room = &glance.room;
    let whole = decide(room.ctx.actor().role, Action::ListKeys) == Grant::All;
    let content = match (glance.all.keys.all(), whole) {
        (0, true) => empty(glance),
        (0, false) => first_steps::first_steps(glance),
        _ => filled(glance),
    };
    let notice = glance
        .flash
        .as_ref()
        .and_then(|flash| key_notice(flash, &room.organization()));
    let body = view! {
        {notice}
        <div class="page-head">
            <div><h1>{words::overview::TITLE}</h1><p class="lede">{words::overview::lede(whole, &room.name)}</p></div>
        </div>
        {content}
    };
    frame(room, words::overview::TITLE, problem, body.into_any())
}

fn filled(glance: &Glance) -> AnyView {
    view! {
        {counts::counts(glance)}
        {concerns::concerns(glance)}
        {chart::chart(glance)}
        {events::events(glance)}
    }
    .into_any()
}

/// The text if no key was ever created.
fn empty(glance: &Glance) -> AnyView {
    let path = Screen::NewKey(glance.room.organization()).path();
    let create = glance
        .may_create
        .then(|| view! { <a class="button primary" href=path>{icon("plus")}{words::create_key::TITLE}</a> });
    let closed = (!glance.may_create)
        .then(|| view! { <div class="notice">{icon("info")}<p>{words::create_key::NOT_ALLOWED}</p></div> });
    view! {
        {closed}
        <div class="empty">
            {icon("key")}
            <h2>{words::keys::NO_KEYS}</h2>
            <p>{words::keys::WHAT_FOR}</p>
            <div class="actions">{create}<a class="button" href="/docs/api-keys">{icon("book")}{words::keys::ABOUT}</a></div>
        </div>
        {events::events(glance)}
    }
    .into_any()
}
