//! Revoking a key after a confirmation, without script.

use domain::view::KeyView;
use domain::{KeyId, OrganizationId, Problem};
use leptos::either::Either;
use leptos::prelude::*;

use crate::components::frame::{OrganizationPage, frame};
use crate::components::{created_fact, summary, used};
use crate::pages::Page;
use crate::request::PageRequest;
use crate::routes::{Location, Screen};
use crate::shared_view::{field_error, icon, preview, reasons, revoke_effects};
use crate::words;

/// The facts about the key, the effects of revoking it, and the button.
pub async fn load(
    request: &PageRequest,
    organization: OrganizationId,
    key: KeyId,
) -> Result<Page, Problem> {
    let place = Location::top(Screen::RevokeKey(organization.clone(), key));
    let room = OrganizationPage::enter(&request.context, &organization, place).await?;
    let key = request
        .context
        .engine
        .get_key(&room.ctx, key)
        .await
        .map_err(|error| request.context.to_problem(&error))?
        .key;
    let problem = request.problem().cloned();
    let [reason, confirm] = ["reason", "confirm_name"].map(|field| {
        request
            .typed(field)
            .unwrap_or_default()
            .to_owned()
    });
    Ok(Page::new(words::revoke_key::BUTTON, move || {
        render(&room, &key, problem.as_ref(), &reason, confirm)
    }))
}

fn render(
    room: &OrganizationPage,
    key: &KeyView,
    problem: Option<&Problem>,
    reason: &str,
    confirm: String,
) -> AnyView {
    let list = Screen::ApiKeys(room.organization()).path();
    let heading = view! { <div class="sheet-head"><h1 id="revoke-title">{words::revoke_key::HEADING.0}<bdi>{key.label.clone()}</bdi>{words::revoke_key::HEADING.1}</h1></div> };
    let body = match key.revoked_at {
        Some(_) => Either::Left(view! {
            <div class="sheet">
                {heading}
                <div class="sheet-body"><div class="notice">{icon("info")}<p>{words::revoke_key::ALREADY_REVOKED}</p></div>{facts(room, key)}</div>
                <div class="sheet-foot"><a class="button" href=list>{words::DONE}</a></div>
            </div>
        }),
        None => Either::Right(view! {
            <form class="sheet" method="post" action="/ui/revoke_key">
                {room.fields(Some(("key_id", key.key_id.to_string())))}
                {heading}
                <div class="sheet-body">
                    {summary(words::revoke_key::FAILED, problem, &room.place)}
                    {facts(room, key)}
                    {revoke_effects(1)}
                    {reasons(Some(reason))}
                    {confirm_field(room, key, problem, confirm)}
                </div>
                <div class="sheet-foot">
                    <a class="button" href=list>{words::CANCEL}</a>
                    <button class="button danger">{words::revoke_key::BUTTON}</button>
                </div>
            </form>
        }),
    };
    frame(room, words::revoke_key::BUTTON, None, body.into_any())
}

fn facts(room: &OrganizationPage, key: &KeyView) -> AnyView {
    let now = room.ctx.now();
    view! {
        <dl class="facts boxed">
            <dt class="visually-hidden">{words::labels::KEY_PREVIEW}</dt><dd class="whole">{preview(&key.preview)}</dd>
            {created_fact(now, key.created_at, key.created_by.clone())}
            <dt>{words::labels::LAST_USED}</dt><dd>{used(now, key.last_used)}</dd>
        </dl>
    }
    .into_any()
}

/// The field to confirm by typing the name, for a production key that was recently used.
fn confirm_field(
    room: &OrganizationPage,
    key: &KeyView,
    problem: Option<&Problem>,
    typed: String,
) -> impl IntoView + use<> {
    let fault = problem
        .and_then(|problem| problem.field("confirm_name"))
        .map(str::to_owned);
    let wrong = fault.is_some();
    let described = if wrong {
        "confirm-hint confirm-error"
    } else {
        "confirm-hint"
    };
    let name = key.label.clone();
    key.will_be_missed(room.ctx.now()).then(|| {
        view! {
            <div class="field">
                <label for="confirm_name">{words::labels::TYPE_TO_CONFIRM.0}<b><bdi>{name}</bdi></b>{words::labels::TYPE_TO_CONFIRM.1}</label>
                <input class="input" id="confirm_name" name="confirm_name" required autocomplete="off" spellcheck="false" dir="auto" value=typed aria-describedby=described aria-invalid=wrong.then_some("true")/>
                {fault.map(|fault| field_error("confirm-error", fault))}
                <p class="hint" id="confirm-hint">{words::revoke_key::confirm_hint(1)}</p>
            </div>
        }
    })
}
