//! Revoking a key after a confirmation.

use std::collections::BTreeSet;

use domain::view::KeyDetail;
use domain::{KeyId, OrganizationId, Problem};
use leptos::either::Either;
use leptos::prelude::*;

use crate::components::confirm_name::confirm_name;
use crate::components::frame::{OrganizationPage, frame};
use crate::components::{created_fact, moving, summary};
use crate::pages::Page;
use crate::request::PageRequest;
use crate::routes::{Location, Screen};
use crate::shared_view::{icon, preview, reasons, revoke_effects};
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
        .get_key_detail(&room.ctx, key)
        .await
        .map_err(|error| request.context.to_problem(&error))?;
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
    detail: &KeyDetail,
    problem: Option<&Problem>,
    reason: &str,
    confirm: String,
) -> AnyView {
    let key = &detail.line.key;
    let list = Screen::ApiKeys(room.organization()).path();
    let heading = view! { <div class="sheet-head"><h1 id="revoke-title">{words::revoke_key::HEADING.0}<bdi>{key.label.clone()}</bdi>{words::revoke_key::HEADING.1}</h1></div> };
    let body = match key.revoked_at {
        Some(_) => Either::Left(view! {
            <div class="sheet">
                {heading}
                <div class="sheet-body">
                    <div class="notice">
                        {icon("info")}
                        <p>{words::revoke_key::ALREADY_REVOKED}</p>
                    </div>
                    {facts(room, detail)}
                </div>
                <div class="sheet-foot"><a class="button" href=list>{words::DONE}</a></div>
            </div>
        }),
        None => Either::Right(view! {
            <form class="sheet" method="post" action="/ui/revoke_key">
                {room.fields(Some(("key_id", key.key_id.to_string())))}
                {heading}
                <div class="sheet-body">
                    {summary(words::revoke_key::FAILED, problem, &room.place)}
                    {facts(room, detail)}
                    {revoke_effects(1)}
                    {reasons(Some(reason))}
                    {key.will_be_missed(room.ctx.now()).then(|| confirm_name(key.label.clone(), words::revoke_key::confirm_hint(1), problem, confirm, true))}
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

/// What tells whether something still needs the key: its calls, and where they come from.
fn facts(room: &OrganizationPage, detail: &KeyDetail) -> AnyView {
    let (key, usage, now) = (&detail.line.key, &detail.usage, room.ctx.now());
    let week_ago = now.plus_seconds(-7 * 86_400);
    let addresses: BTreeSet<_> = usage
        .callers
        .iter()
        .filter(|caller| caller.at >= week_ago)
        .map(|caller| &caller.address)
        .collect();
    let calls = words::revoke_key::calls(usage.calls(7), addresses.len());
    let last = usage.callers.first().map(|caller| {
        let (address, agent) = (caller.address.clone(), caller.agent.clone());
        view! { <dt>{words::revoke_key::LAST_CALLER}</dt><dd><code>{address}</code>" "<bdi class="muted">{agent}</bdi></dd> }
    });
    view! {
        <dl class="facts boxed">
            <dt class="visually-hidden">{words::labels::KEY_PREVIEW}</dt><dd class="whole">{preview(&key.preview)}</dd>
            {created_fact(now, key.created_at, key.created_by.clone())}
            <dt>{words::labels::LAST_USED}</dt><dd>{moving(key.key_id, now, key.last_used)}</dd>
            <dt>{words::revoke_key::LAST_7_DAYS}</dt><dd>{calls}</dd>
            {last}
        </dl>
    }
    .into_any()
}
