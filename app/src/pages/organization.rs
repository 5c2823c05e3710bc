//! Organization Settings → Organization: what it is, and the longest lifetime of its keys (decision D17).

use domain::policy::{Action, Grant, decide};
use domain::view::OrganizationView;
use domain::{OrganizationId, Problem};
use leptos::either::Either;
use leptos::prelude::*;

use super::{Asked, Page};
use crate::bits::{field_error, icon};
use crate::doors::Flash;
use crate::parts::frame::{Room, frame};
use crate::parts::when;
use crate::routes::{Place, Screen};
use crate::words;

/// The settings of the organization; members read them.
pub async fn show(asked: &Asked, organization: OrganizationId) -> Result<Page, Problem> {
    let visit = &asked.visit;
    let room = Room::enter(visit, &organization, Place::top(Screen::Settings(organization.clone()))).await?;
    let view = visit.engine.see_organization(&room.ctx).await.map_err(|error| visit.tell(&error))?;
    let kept = view.max_key_days.map(|days| days.to_string()).unwrap_or_default();
    let typed = asked.typed("max_key_days").map_or(kept, str::to_owned);
    let saved = visit.take_flash().await == Some(Flash::Organization);
    let problem = asked.problem().cloned();
    Ok(Page::new(words::ORGANIZATION, move || draw(&room, &view, typed, saved, problem.as_ref())))
}

fn draw(room: &Room, view: &OrganizationView, typed: String, saved: bool, problem: Option<&Problem>) -> AnyView {
    let changes = decide(room.ctx.actor().role, Action::ChangeOrganization) == Grant::All;
    let lifetime = if changes { Either::Left(form(room, typed, problem)) } else { Either::Right(read_only(view)) };
    let told = saved.then(|| {
        view! { <div class="notice success" role="status">{icon("check")}<p>{words::ORGANIZATION_SAVED}</p></div> }
    });
    let body = view! {
        {told}
        <div class="page-head"><div><h1>{words::ORGANIZATION}</h1><p class="lede">{words::ORGANIZATION_LEDE}</p></div></div>
        <dl class="facts boxed">
            <dt>"Name"</dt><dd><bdi>{view.name.clone()}</bdi></dd>
            <dt>"Organization ID"</dt><dd><code class="id">{view.id.to_string()}</code></dd>
            <dt>"Created"</dt><dd>{when(room.ctx.now(), view.created_at)}</dd>
        </dl>
        {lifetime}
    };
    frame(room, words::ORGANIZATION, problem, body.into_any())
}

fn form(room: &Room, typed: String, problem: Option<&Problem>) -> AnyView {
    let fault = problem.and_then(|problem| problem.field("max_key_days")).map(str::to_owned);
    let wrong = fault.is_some();
    let described = if wrong { "lifetime-hint lifetime-error" } else { "lifetime-hint" };
    view! {
        <form class="sheet" method="post" action="/ui/change_organization">
            {room.fields(None)}
            <div class="sheet-head"><h2>{words::LONGEST_LIFETIME}</h2></div>
            <div class="sheet-body">
                <div class="field">
                    <label for="max_key_days">{words::LIFETIME_DAYS}</label>
                    <input class="input short" id="max_key_days" name="max_key_days" inputmode="numeric" autocomplete="off" size="12" placeholder=words::NO_LIMIT value=typed aria-describedby=described aria-invalid=wrong.then_some("true")/>
                    {fault.map(|fault| field_error("lifetime-error", fault))}
                    <p class="hint" id="lifetime-hint">{words::LIFETIME_HINT}</p>
                </div>
            </div>
            <div class="sheet-foot"><p class="push">{words::LIFETIME_KEEPS}</p><button class="button primary">{words::SAVE}</button></div>
        </form>
    }
    .into_any()
}

fn read_only(view: &OrganizationView) -> AnyView {
    view! {
        <div class="sheet">
            <div class="sheet-head"><h2>{words::LONGEST_LIFETIME}</h2></div>
            <div class="sheet-body"><p>{words::lifetime(view.max_key_days)}</p></div>
            <div class="sheet-foot"><p class="push">{words::ORGANIZATION_READ_ONLY}</p></div>
        </div>
    }
    .into_any()
}
