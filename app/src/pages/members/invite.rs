//! Inviting a member. The response to the form shows the link.

use domain::policy::{Action, Grant, decide};
use domain::{Code, OrganizationId, Problem, Role};
use engine::form_token::FormToken;
use leptos::prelude::*;

use crate::components::confirm::Confirm;
use crate::components::field::Field;
use crate::components::frame::{OrganizationPage, frame};
use crate::components::organization_notice::moved;
use crate::components::roles::{given_by, role_cards};
use crate::components::{form_token, summary};
use crate::flash::Flash;
use crate::form_result::{CreatedInvitation, FormResult};
use crate::islands::copying::CopyButtons;
use crate::pages::Page;
use crate::request::PageRequest;
use crate::routes::{Location, Screen};
use crate::shared_view::{copy_status, icon, secret};
use crate::words;

/// The form, or the new link.
pub async fn load(request: &PageRequest, organization: OrganizationId) -> Result<Page, Problem> {
    let place = Location::of(
        Screen::InviteMember(organization.clone()),
        &request.query,
    );
    let room = OrganizationPage::enter(&request.context, &organization, place).await?;
    if let Some(FormResult::Invited(created)) = request.result() {
        let created = created.clone();
        return Ok(Page::new(words::invite_member::TITLE, move || {
            reveal(&room, &created)
        }));
    }
    if decide(room.ctx.actor().role, Action::ManageMembers) == Grant::No {
        return Err(request.context.problem(Code::Forbidden));
    }
    let email = request
        .typed("email")
        .unwrap_or_default()
        .to_owned();
    let role = request
        .typed("role")
        .and_then(|role| role.parse().ok())
        .unwrap_or(Role::Member);
    let problem = request.problem().cloned();
    let token = FormToken::generate(request.context.engine.runtime());
    let flash = match room.place.get("first") {
        Some(_) => request.context.take_flash().await,
        None => None,
    };
    let render = move || {
        let notice = match &flash {
            Some(Flash::Moved(how)) => Some(moved(&room, how)),
            _ => None,
        };
        render(&room, notice, email, role, problem.as_ref(), &token)
    };
    Ok(Page::new(words::invite_member::TITLE, render))
}

fn render(
    room: &OrganizationPage,
    notice: Option<AnyView>,
    email: String,
    role: Role,
    problem: Option<&Problem>,
    token: &FormToken,
) -> AnyView {
    let step = Step::of(room);
    let confirm = Confirm::of(room);
    let powerful = |role: Role| role >= Role::Admin;
    let body = view! {
        {notice}
        <form
            class="sheet" method="post" action="/ui/invite_member" novalidate data-once=""
            data-stale=confirm.stale() data-fresh-for=confirm.left()
        >
            {room.fields(None)}
            {form_token(token)}
            <div class="sheet-head"><h1>{step.title}</h1></div>
            <div class="sheet-body">
                {step.lede.map(|lede| view! { <p>{lede}</p> })}
                {summary(words::invite_member::FAILED, problem, &room.place)}
                {address(email, problem)}
                {role_cards(problem, role, words::invite_member::ROLE_HINT, given_by(room.ctx.actor().role), powerful)}
            </div>
            <div class="sheet-foot">
                <p class="push">{words::invite_member::NO_EMAIL_SENT}" "{confirm.note()}</p>
                <a class="button" href=step.back.path()>{step.leave}</a>
                {button()}
            </div>
        </form>
    };
    frame(
        room,
        words::invite_member::TITLE,
        None,
        body.into_any(),
    )
}

/// The button. A dialog can copy the link, a page without script cannot.
fn button() -> AnyView {
    view! {
        <button class="button primary">
            <span class="direct">
                <span class="on-page">{words::invite_member::BUTTON}</span>
                <span class="in-dialog">{words::invite_member::BUTTON_IN_DIALOG}</span>
            </span>
            <span class="confirming">{words::invite_member::CONFIRM}</span>
            <span class="waiting-words">{words::invite_member::WAITING}</span>
        </button>
    }
    .into_any()
}

/// What differs in the step after creating the organization: the person can skip it.
struct Step {
    title: &'static str,
    lede: Option<&'static str>,
    leave: &'static str,
    back: Screen,
}

impl Step {
    fn of(room: &OrganizationPage) -> Self {
        match room.place.get("first") {
            Some(_) => Self {
                title: words::invite_member::FIRST_TITLE,
                lede: Some(words::invite_member::FIRST_LEDE),
                leave: words::invite_member::SKIP,
                back: Screen::ApiKeys(room.organization()),
            },
            None => Self {
                title: words::invite_member::TITLE,
                lede: None,
                leave: words::CANCEL,
                back: Screen::Members(room.organization()),
            },
        }
    }
}

fn address(typed: String, problem: Option<&Problem>) -> AnyView {
    let field = Field::new(
        "email",
        words::labels::EMAIL,
        words::invite_member::EMAIL_HINT,
        problem,
    );
    let input = view! {
        <input
            class="input" type="email" id="email" name="email" required autocomplete="off" spellcheck="false" dir="ltr" value=typed
            aria-describedby=field.described() aria-invalid=field.invalid() autofocus=problem.is_none()
        />
    };
    field.render(input.into_any())
}

/// The link, shown once. Only this response contains it.
fn reveal(room: &OrganizationPage, created: &CreatedInvitation) -> AnyView {
    let until = words::invite_member::link_for(
        &created.email,
        created.role,
        room.ctx.now(),
        created.expires_at,
    );
    let done = Screen::Members(room.organization()).path();
    let body = view! {
        <div class="sheet" data-copy-now=words::invite_member::LINK_COPIED>
            <div class="sheet-head"><h1>{words::invite_member::heading(&created.email)}</h1></div>
            <div class="sheet-body">
                <div class="notice danger to-copy" id="reveal-notice">
                    {icon("danger")}<p class="strong">{words::invite_member::LINK_WARNING}</p>
                </div>
                <div class="notice success copied-now">
                    {icon("check")}<p class="strong">{words::invite_member::LINK_COPIED}</p>
                </div>
                {secret("link".into(), words::invite_member::LINK, &created.link, 2)}
                {copy_status()}
                <p>{until}</p>
                <p>{words::invite_member::LINK_SEND}</p>
            </div>
            <div class="sheet-foot"><a class="button" href=done>{words::DONE}</a></div>
        </div>
    };
    view! { {frame(room, words::invite_member::TITLE, None, body.into_any())}<CopyButtons/> }
        .into_any()
}
