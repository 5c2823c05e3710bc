//! Rotating a key. The response to the form shows the new key.

use domain::policy::has_admin_power;
use domain::view::KeyLine;
use domain::{KeyId, Moment, OrganizationId, Problem, SealedCounts};
use engine::form_token::FormToken;
use leptos::prelude::*;

use super::reveal;
use crate::components::confirm::{ButtonWords, Confirm, power};
use crate::components::frame::{OrganizationPage, frame};
use crate::components::{fault_line, form_token, summary, used, when_due};
use crate::pages::{Page, sealed};
use crate::request::PageRequest;
use crate::routes::{DOCS_OF_CARRY_OVER, Location, Screen};
use crate::shared_view::{icon, preview};
use crate::words;

/// One day is usually enough to replace the old key everywhere.
const PRESELECTED: i64 = 86_400;

struct RotatePageData {
    room: OrganizationPage,
    line: KeyLine,
    problem: Option<Problem>,
    /// The selected overlap, in seconds.
    overlap: i64,
    /// The typed name of the new key.
    label: String,
    /// What the rotation would make unreadable.
    lost: SealedCounts,
    /// The page of everything that the owner has sealed, if the person may see it.
    sealed: Option<Screen>,
    token: FormToken,
}

impl RotatePageData {
    /// The path of the page of the key.
    fn back(&self) -> String {
        Screen::Key(self.room.organization(), self.line.key.key_id).path()
    }
}

/// The form, or the new key.
pub async fn load(
    request: &PageRequest,
    organization: OrganizationId,
    key: KeyId,
) -> Result<Page, Problem> {
    let place = Location::top(Screen::RotateKey(organization.clone(), key));
    let room = OrganizationPage::enter(&request.context, &organization, place).await?;
    if let Some(created) = request.created() {
        let back = Screen::ApiKeys(organization);
        return Ok(reveal::page(request, room, created.clone(), back).await);
    }
    let line = request
        .context
        .engine
        .get_key(&room.ctx, key)
        .await
        .map_err(|error| request.context.to_problem(&error))?;
    let lost = request
        .context
        .engine
        .see_rotation_loss(&room.ctx, key)
        .await
        .map_err(|error| request.context.to_problem(&error))?;
    let sealed = sealed::screen_of(&request.context, &room, line.key.actor_id).await?;
    let overlap = request
        .typed("overlap_seconds")
        .and_then(|text| text.parse().ok())
        .unwrap_or(PRESELECTED);
    let label = request
        .typed("label")
        .unwrap_or_default()
        .to_owned();
    let shown = RotatePageData {
        room,
        line,
        problem: request.problem().cloned(),
        overlap,
        label,
        lost,
        sealed,
        token: FormToken::generate(request.context.engine.runtime()),
    };
    Ok(Page::new(words::rotate_key::TITLE, move || {
        render(&shown)
    }))
}

fn render(shown: &RotatePageData) -> AnyView {
    let room = &shown.room;
    let Some(why) = why_closed(&shown.line) else {
        return frame(room, words::rotate_key::TITLE, None, form(shown));
    };
    let body = view! {
        <div class="sheet">
            {heading(&shown.line)}
            <div class="sheet-body"><div class="notice">{icon("info")}<p>{why}</p></div>{facts(room, &shown.line)}</div>
            <div class="sheet-foot"><a class="button" href=shown.back()>{words::DONE}</a></div>
        </div>
    };
    frame(room, words::rotate_key::TITLE, None, body.into_any())
}

/// Why the key cannot be rotated, if so.
fn why_closed(line: &KeyLine) -> Option<&'static str> {
    match (line.key.is_active, line.rotated_to) {
        (false, _) => Some(words::rotate_key::NOT_ACTIVE),
        (true, Some(_)) => Some(words::rotate_key::ALREADY_ROTATED),
        (true, None) => None,
    }
}

fn heading(line: &KeyLine) -> AnyView {
    view! { <div class="sheet-head"><h1>{words::rotate_key::HEADING.0}<bdi>{line.key.label.clone()}</bdi>{words::rotate_key::HEADING.1}</h1></div> }
        .into_any()
}

fn form(shown: &RotatePageData) -> AnyView {
    let (room, key, problem) = (&shown.room, &shown.line.key, shown.problem.as_ref());
    let confirm = Confirm::of(room);
    let button = ButtonWords {
        id: None,
        label: words::rotate_key::BUTTON.into(),
        confirm: words::rotate_key::CONFIRM,
        waiting: words::rotate_key::WAITING,
    };
    let steps = words::rotate_key::STEPS.map(|step| view! { <li>{step}</li> });
    view! {
        <form
            class="sheet" method="post" action="/ui/rotate_key" data-once=""
            data-stale=confirm.stale() data-fresh-for=confirm.left() data-power=power(has_admin_power(key.role, key.scopes))
        >
            {room.fields(Some(("key_id", key.key_id.to_string())))}
            {form_token(&shown.token)}
            {heading(&shown.line)}
            <div class="sheet-body">
                {summary(words::rotate_key::FAILED, problem, &room.place)}
                {facts(room, &shown.line)}
                <ol>{steps.collect_view()}</ol>
                {overlaps(room.ctx.now(), key.expires_at, shown.overlap, problem)}
                {name_field(shown)}
                {loss(shown)}
            </div>
            <div class="sheet-foot">
                <p class="push">{confirm.note()}</p>
                <a class="button" href=shown.back()>{words::CANCEL}</a>{confirm.button("button primary", button)}
            </div>
        </form>
    }
    .into_any()
}

/// The field with the name of the new key. The name of the old one is its default.
fn name_field(shown: &RotatePageData) -> AnyView {
    let fault = shown
        .problem
        .as_ref()
        .and_then(|problem| problem.field("label"))
        .map(str::to_owned);
    view! {
        <div class="field">
            <label for="label">{words::rotate_key::NEW_NAME}</label>
            <input
                class="input" id="label" name="label" autocomplete="off" dir="auto" placeholder=shown.line.key.label.clone() value=shown.label.clone()
                aria-describedby="label-error label-hint" aria-invalid=fault.is_some().then_some("true")
            />
            {fault_line("label", fault)}
            <p class="hint" id="label-hint">{words::rotate_key::NEW_NAME_HINT}</p>
        </div>
    }
    .into_any()
}

fn facts(room: &OrganizationPage, line: &KeyLine) -> AnyView {
    let (key, now) = (&line.key, room.ctx.now());
    let expires = key.expires_at.map_or_else(
        || words::keys::NEVER_EXPIRES.into_any(),
        |at| when_due(now, at).into_any(),
    );
    view! {
        <dl class="facts boxed">
            <dt class="visually-hidden">{words::labels::KEY_PREVIEW}</dt><dd class="whole">{preview(&key.preview)}</dd>
            <dt>{words::create_key::PERMISSIONS}</dt><dd>{key.environment.label()}", "{words::keys::permissions_of(key)}</dd>
            <dt>{words::labels::LAST_USED}</dt><dd>{used(now, key.last_used)}</dd>
            <dt>{words::labels::EXPIRES}</dt><dd>{expires}</dd>
        </dl>
    }
    .into_any()
}

/// How long the old key keeps working. Each choice shows the end, which is never later than the
/// expiration of the key.
fn overlaps(now: Moment, own: Option<Moment>, chosen: i64, problem: Option<&Problem>) -> AnyView {
    let chip = |(seconds, text): (i64, &'static str)| {
        let end = now.plus_seconds(seconds);
        let end = own.map_or(end, |own| own.min(end));
        let note = if seconds == 0 {
            words::rotate_key::STOP_NOW_HINT.to_owned()
        } else {
            words::rotate_key::overlap_end(end)
        };
        view! {
            <label class="card">
                <input type="radio" name="overlap_seconds" value=seconds.to_string() checked=seconds == chosen/>
                <span><span class="card-title">{text}</span><span class="card-note">{note}</span></span>
            </label>
        }
    };
    view! {
        <fieldset class="field" id="overlap_seconds" aria-describedby="overlap_seconds-error">
            <legend>{words::rotate_key::OVERLAP}</legend>
            <div class="cards tight">{words::rotate_key::OVERLAPS.map(chip).collect_view()}</div>
            {fault_line("overlap_seconds", problem.and_then(|problem| problem.field("overlap_seconds")).map(str::to_owned))}
        </fieldset>
    }
    .into_any()
}

/// What the rotation would make unreadable, if anything. Only messages need the checkbox, because
/// others sent them.
fn loss(shown: &RotatePageData) -> Option<AnyView> {
    if shown.lost.total() == 0 {
        return None;
    }
    let sealed = shown
        .sealed
        .as_ref()
        .map(|screen| view! { " "<a href=screen.path()>{words::rotate_key::SEE_SEALED}</a> });
    let confirm = (shown.lost.messages() > 0).then(|| {
        view! {
            <label class="choice">
                <input type="checkbox" name="confirm_message_loss" value="true"/>
                {words::rotate_key::CONFIRM_MESSAGE_LOSS}
            </label>
        }
    });
    Some(
        view! {
            <div class="notice danger">
                {icon("danger")}
                <p>
                    {words::rotate_key::at_stake(shown.lost)}" "{words::rotate_key::KEEP_ITEMS}" "
                    <a href=DOCS_OF_CARRY_OVER>{words::rotate_key::ABOUT_CARRY_OVER}</a>{sealed}
                </p>
                {confirm}
            </div>
        }
        .into_any(),
    )
}
