//! Accepting an invitation. The page shows who invites to which organization in which role, so that
//! nobody is tricked into an organization of strangers, and for which email address the invitation
//! is.

use domain::view::{Offer, Standing};
use domain::{Code, Moment, Problem};
use engine::attempts::Kind;
use engine::people::Person;
use leptos::prelude::*;

use crate::components::{card, page_field, sign_out_line, summary, when_due};
use crate::flash::Flash;
use crate::pages::{Page, PageResponse};
use crate::request::{PageContext, PageRequest};
use crate::routes::{JOIN, LinkToken, Location, Screen, as_someone_else};
use crate::shared_view::icon;
use crate::words;

struct JoinPageData {
    offer: Offer,
    /// Whether the invitation is for the person, if one is signed in.
    is_for_them: bool,
    person: Option<Person>,
    problem: Option<Problem>,
    place: Location,
    now: Moment,
}

/// The invitation of the link. A member of the organization goes to its keys instead.
pub async fn load(request: &PageRequest, token: LinkToken) -> Result<PageResponse, Problem> {
    let context = &request.context;
    let standing = match look_up(context, &token).await {
        Err(engine::Error::NotFound) => return Ok(PageResponse::Page(not_valid())),
        found => found.map_err(|error| context.to_problem(&error))?,
    };
    let (offer, is_for_them) = match standing {
        Standing::Member(organization) => {
            return Ok(PageResponse::Go(Screen::ApiKeys(organization).path()));
        }
        Standing::Invited(offer) => (offer, true),
        Standing::WrongAddress(offer) => (offer, false),
    };
    // The page already says which address the invitation is for.
    let problem = request
        .problem()
        .filter(|problem| problem.code != Code::WrongAddress)
        .cloned();
    let problem = match problem {
        None => failed_before(context).await,
        problem => problem,
    };
    let shown = JoinPageData {
        offer,
        is_for_them,
        person: signed_in(context).await?,
        problem,
        place: Location::top(Screen::Join(token)),
        now: context.engine.runtime().now(),
    };
    Ok(PageResponse::Page(Page::new(
        words::join::TITLE,
        move || render(&shown),
    )))
}

/// Why the sign-in that led here did not let the person join.
async fn failed_before(context: &PageContext) -> Option<Problem> {
    match context.take_flash().await? {
        Flash::NotJoined(problem) => Some(*problem),
        _ => None,
    }
}

/// The invitation, and whether it is for the person who is signed in. Guessing tokens is limited.
async fn look_up(context: &PageContext, token: &LinkToken) -> engine::Result<Standing> {
    let look = async {
        match &context.caller {
            None => context
                .engine
                .get_invitation(token.as_str())
                .await
                .map(Standing::Invited),
            Some(caller) => {
                context
                    .engine
                    .get_invitation_as(caller.person, token.as_str())
                    .await
            }
        }
    };
    context
        .engine
        .attempt(
            Kind::Invitation,
            &context.origin,
            token.as_str().as_bytes(),
            look,
        )
        .await
}

async fn signed_in(context: &PageContext) -> Result<Option<Person>, Problem> {
    let Some(caller) = &context.caller else {
        return Ok(None);
    };
    context
        .engine
        .get_person(caller.person)
        .await
        .map(Some)
        .map_err(|error| context.to_problem(&error))
}

fn render(shown: &JoinPageData) -> AnyView {
    let place = &shown.place;
    let next = match &shown.person {
        None => not_signed_in(&shown.offer, place),
        Some(_) if shown.is_for_them => accept_form(place),
        Some(person) => wrong_address(&shown.offer, person, place),
    };
    let foot = shown
        .person
        .as_ref()
        .map(|person| sign_out_line(person, place));
    let body = view! {
        <h1>{words::join::heading(&shown.offer.organization_name)}</h1>
        {summary(words::join::FAILED, shown.problem.as_ref(), place)}
        {facts(&shown.offer, shown.now)}
        {next}
    };
    card(body, foot)
}

fn facts(offer: &Offer, now: Moment) -> AnyView {
    view! {
        <dl class="facts boxed">
            <dt>{words::labels::ORGANIZATION}</dt><dd><bdi>{offer.organization_name.clone()}</bdi></dd>
            <dt>{words::join::ORGANIZATION_ID}</dt><dd><code class="id">{offer.organization.to_string()}</code></dd>
            <dt>{words::labels::INVITED_BY}</dt><dd>{inviter(offer)}</dd>
            <dt>{words::labels::ROLE}</dt><dd>{offer.role.label()}</dd>
            <dd class="whole sub">{words::roles::summary(offer.role)}</dd>
            <dt>{words::labels::EXPIRES}</dt><dd>{when_due(now, offer.expires_at)}</dd>
        </dl>
    }
    .into_any()
}

fn inviter(offer: &Offer) -> AnyView {
    let email = offer
        .inviter_email
        .clone()
        .unwrap_or_else(|| words::join::NO_VERIFIED_EMAIL.into());
    view! { <bdi>{offer.invited_by.clone()}</bdi><span class="sub"><bdi>{email}</bdi></span> }
        .into_any()
}

fn not_signed_in(offer: &Offer, place: &Location) -> AnyView {
    view! {
        <p>{words::join::for_email(&offer.address_hint)}</p>
        <form method="post" action=JOIN>
            {page_field(place)}
            <button class="button primary wide">{words::join::SIGN_IN}</button>
        </form>
    }
    .into_any()
}

fn accept_form(place: &Location) -> AnyView {
    view! {
        <form method="post" action="/ui/accept_invitation">
            {page_field(place)}
            <button class="button primary wide">{words::join::BUTTON}</button>
        </form>
    }
    .into_any()
}

fn wrong_address(offer: &Offer, person: &Person, place: &Location) -> AnyView {
    let hint = &offer.address_hint;
    let why = match &person.email {
        Some(email) => words::join::for_someone_else(hint, email),
        None => words::join::email_not_verified(hint, &person.name),
    };
    view! {
        <div class="notice warning">{icon("warning")}<p>{why}</p></div>
        <a class="button primary wide" href=as_someone_else(place)>{words::join::SIGN_IN_AS_SOMEONE_ELSE}</a>
    }
    .into_any()
}

/// The page of an invalid link. It does not say whether the invitation was accepted, canceled,
/// expired or never existed.
fn not_valid() -> Page {
    let render = || {
        let body = view! {
            <h1>{words::join::NOT_VALID}</h1>
            <p>{words::join::NOT_VALID_HINT}</p>
            <div class="actions"><a class="button" href=Screen::Home.path()>{words::join::GO_TO_DASHBOARD}</a></div>
        };
        card(body, ())
    };
    Page {
        status: http::StatusCode::NOT_FOUND,
        ..Page::new(words::join::TITLE, render)
    }
}
