//! Accepting an invitation. The page shows who invites to which organization in which role, so that
//! nobody is tricked into an organization of strangers, and for which email address the invitation
//! is.

use domain::view::{Offer, Standing};
use domain::{Code, Problem};
use engine::attempts::Kind;
use engine::people::Person;
use leptos::prelude::*;

use crate::components::{card, page_field, sign_out_line, summary, when_due};
use crate::pages::{Page, PageResponse, sign_in_path};
use crate::request::PageRequest;
use crate::routes::{LinkToken, Location, Screen, as_someone_else};
use crate::shared_view::icon;
use crate::words;

/// The invitation of the link. A member of the organization goes to its keys instead.
pub async fn load(request: &PageRequest, token: LinkToken) -> Result<PageResponse, Problem> {
    let context = &request.context;
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
    let offered = context
        .engine
        .attempt(
            Kind::Invitation,
            &context.origin,
            token.as_str().as_bytes(),
            look,
        )
        .await;
    let standing = match offered {
        Err(engine::Error::NotFound) => return Ok(PageResponse::Page(not_valid())),
        offered => offered.map_err(|error| context.to_problem(&error))?,
    };
    let (offer, is_for_them) = match standing {
        Standing::Member(organization) => {
            return Ok(PageResponse::Go(Screen::ApiKeys(organization).path()));
        }
        Standing::Invited(offer) => (offer, true),
        Standing::WrongAddress(offer) => (offer, false),
    };
    let person = match &context.caller {
        None => None,
        Some(caller) => Some(
            context
                .engine
                .get_person(caller.person)
                .await
                .map_err(|error| context.to_problem(&error))?,
        ),
    };
    // The page already says which address the invitation is for.
    let problem = request
        .problem()
        .filter(|problem| problem.code != Code::WrongAddress)
        .cloned();
    let (place, now) = (
        Location::top(Screen::Join(token)),
        context.engine.runtime().now(),
    );
    Ok(PageResponse::Page(Page::new(
        words::join::TITLE,
        move || {
            let next = match &person {
                None => not_signed_in(&offer, &place),
                Some(_) if is_for_them => accept_form(&place),
                Some(person) => wrong_address(&offer, person, &place),
            };
            let foot = person
                .as_ref()
                .map(|person| sign_out_line(person, &place));
            let body = view! {
                <h1>{words::join::heading(&offer.organization_name)}</h1>
                {summary(words::join::FAILED, problem.as_ref(), &place)}
                <dl class="facts boxed">
                    <dt>{words::organization::TITLE}</dt><dd><bdi>{offer.organization_name.clone()}</bdi></dd>
                    <dt>{words::join::ORGANIZATION_ID}</dt><dd><code class="id">{offer.organization.to_string()}</code></dd>
                    <dt>{words::labels::INVITED_BY}</dt><dd>{inviter(&offer)}</dd>
                    <dt>{words::labels::ROLE}</dt><dd>{offer.role.label()}</dd>
                    <dd class="whole sub">{words::roles::summary(offer.role)}</dd>
                    <dt>{words::labels::EXPIRES}</dt><dd>{when_due(now, offer.expires_at)}</dd>
                </dl>
                {next}
            };
            card(body, foot)
        },
    )))
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
        <a class="button primary wide" href=sign_in_path(Some(place))>{words::join::SIGN_IN}</a>
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
