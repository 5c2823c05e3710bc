//! Markup that several pages share, on the server only.

use domain::{KeyId, Moment, OrganizationId, Problem};
use engine::form_token::FormToken;
use engine::people::Person;
use leptos::either::Either;
use leptos::prelude::*;

use crate::routes::{Location, Screen, again};
use crate::shared_view::icon;
use crate::words;

pub mod confirm;
pub mod create_key_form;
pub mod events;
pub mod form_card;
pub mod frame;
pub mod live;
pub mod pager;
pub mod personal_frame;
pub mod roles;
pub mod scope_picker;
pub mod service_accounts;

/// A moment, in words; the exact time on hover and for programs.
pub fn when(now: Moment, then: Moment) -> impl IntoView {
    view! { <time datetime=then.to_rfc3339() title=words::format::exact(then)>{words::format::ago(now, then)}</time> }
}

/// The last use of a key.
pub fn used(now: Moment, then: Option<Moment>) -> impl IntoView {
    match then {
        Some(then) => Either::Left(when(now, then)),
        None => Either::Right(view! { <span class="muted nowrap">{words::keys::NEVER_USED}</span> }),
    }
}

/// The last use of a key, in an element that moves with it.
pub fn moving(key: KeyId, now: Moment, then: Option<Moment>) -> impl IntoView {
    view! { <span data-last-used=key.to_string()>{used(now, then)}</span> }
}

/// A moment to come (or gone), in words.
pub fn when_due(now: Moment, then: Moment) -> impl IntoView {
    view! { <time datetime=then.to_rfc3339() title=words::format::exact(then)>{words::format::ahead(now, then)}</time> }
}

/// A sentence about a field at fault. Without a fault the line is there too, for a dialog to fill.
pub fn fault_line(field: &str, fault: Option<String>) -> impl IntoView + use<> {
    let (id, none) = (format!("{field}-error"), fault.is_none());
    view! { <p class="field-error" id=id hidden=none>{icon("danger")}<span>{fault}</span></p> }
}

/// The hidden field that says which page a form stands on.
pub fn page_field(place: &Location) -> impl IntoView + use<> {
    view! { <input type="hidden" name="page" value=place.path()/> }
}

/// The hidden fields of a form within an organization: the page it stands on, the organization, and what it is about.
pub fn form_fields(
    place: &Location,
    organization: &OrganizationId,
    about: Option<(&'static str, String)>,
) -> impl IntoView + use<> {
    let about = about.map(|(name, value)| view! { <input type="hidden" name=name value=value/> });
    view! { {page_field(place)}<input type="hidden" name="organization" value=organization.to_string()/>{about} }
}

/// The hidden field that makes a form good for one success: sent again, it makes nothing more.
pub fn form_token(token: &FormToken) -> impl IntoView + use<> {
    view! { <input type="hidden" name="form_token" value=token.as_str().to_owned()/> }
}

/// What went wrong, above the form of a place, with links to the fields at fault.
pub fn summary(title: &'static str, problem: Option<&Problem>, place: &Location) -> impl IntoView + use<> {
    problem.map(|problem| {
        let lines = problem_lines(problem, place);
        view! { <div class="notice danger" role="alert" tabindex="-1" autofocus>{icon("danger")}<h2>{title}</h2>{lines}</div> }
    })
}

/// What was done on the page before, told once. It takes the focus, for a status that stands in a page from its
/// beginning is read to nobody.
pub fn done(text: impl IntoView + 'static) -> AnyView {
    view! { <div class="notice success" role="status" tabindex="-1" autofocus>{icon("check")}<p>{text}</p></div> }
        .into_any()
}

/// The lines of that: about the fields, or else the one sentence. Where a fresh sign-in is all that lacks, the way to it
/// and back to the place.
pub fn problem_lines(problem: &Problem, place: &Location) -> AnyView {
    if problem.fields.is_empty() {
        let request = (problem.code == domain::Code::Internal)
            .then(|| view! { " "{words::labels::REQUEST_ID}<code>{problem.request_id.clone()}</code> });
        let again = (problem.code == domain::Code::FreshSignInRequired).then(|| sign_in_again(place));
        return view! { <p>{problem.details.clone()}{request}</p>{again} }.into_any();
    }
    let link =
        |fault: &domain::FieldFault| view! { <li><a href=format!("#{}", fault.field)>{fault.message.clone()}</a></li> };
    view! { <ul>{problem.fields.iter().map(link).collect_view()}</ul> }.into_any()
}

/// Leads to signing in once more, whoever is signed in, and then back to a place.
pub fn sign_in_again(place: &Location) -> impl IntoView + use<> {
    view! { <div class="actions"><a class="button" href=again(place)>{words::sign_in::SIGN_IN_AGAIN}</a></div> }
}

/// The form that ends the session.
pub fn sign_out(place: &Location, class: &'static str) -> impl IntoView + use<> {
    view! {
        <form class=class method="post" action="/ui/sign_out">
            {page_field(place)}
            <button>{icon("logout")}{words::sign_in::SIGN_OUT}</button>
        </form>
    }
}

/// Who is signed in, with the way out: the foot of a page without a frame.
pub fn sign_out_line(person: &Person, place: &Location) -> impl IntoView + use<> {
    let who = person.email.as_deref().unwrap_or(&person.name);
    view! {
        <form class="auth-foot" method="post" action="/ui/sign_out">
            {page_field(place)}{words::sign_in::signed_in_as(who)}<button class="link-button">{words::sign_in::SIGN_OUT}</button>
        </form>
    }
}

/// A page without a frame: a card in the middle.
pub fn card(body: impl IntoView + 'static, foot: impl IntoView + 'static) -> AnyView {
    view! {
        <main class="auth" id="main" tabindex="-1">
            <a class="auth-brand" href=Screen::Home.path()><svg class="mark" aria-hidden="true"><use href="/icons.svg#mark"></use></svg>{words::PRODUCT}</a>
            <div class="auth-card">{body}</div>
            {foot}
        </main>
    }
    .into_any()
}
