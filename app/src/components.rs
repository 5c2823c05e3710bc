//! Markup that several pages share, on the server only.

use domain::{KeyId, Moment, OrganizationId, Problem};
use engine::form_token::FormToken;
use engine::people::Person;
use leptos::either::Either;
use leptos::prelude::*;

use crate::routes::{Location, Screen, again};
use crate::shared_view::icon;
use crate::words;

pub mod avatar;
pub mod call_bars;
pub mod calls;
pub mod confirm;
pub mod confirm_name;
pub mod create_key_form;
pub mod danger_zone;
pub mod environment_choice;
pub mod events;
pub mod expiry;
pub mod field;
pub mod filter_menu;
pub mod filter_sheet;
pub mod form_card;
pub mod frame;
pub mod ip_list;
pub mod key_notice;
pub mod key_row;
pub mod key_table;
pub mod list_table;
pub mod live;
pub mod organization_notice;
pub mod pager;
pub mod personal_frame;
pub mod roles;
pub mod scope_picker;
pub mod search;
pub mod service_accounts;
pub mod typed_form;

/// A past moment, as relative time. The exact time is in the tooltip and in `datetime`.
pub fn when(now: Moment, then: Moment) -> impl IntoView {
    view! { <time datetime=then.to_rfc3339() title=words::format::exact(then)>{words::format::ago(now, then)}</time> }
}

/// Since when something exists, as a cell of a list, with who created it below.
pub fn created_cell(now: Moment, at: Moment, by: Option<String>) -> AnyView {
    let by = by.map(|by| view! { <span class="sub">{words::labels::BY}<bdi>{by}</bdi></span> });
    view! { <td data-label=words::labels::CREATED><div>{when(now, at)}{by}</div></td> }.into_any()
}

/// Since when something exists, as a line of its details, after who created it.
pub fn created_fact(now: Moment, at: Moment, by: Option<String>) -> AnyView {
    let label = words::keys::created_label(by.is_some());
    let by = by.map(|by| view! { <bdi>{by}</bdi>", " });
    view! { <dt>{label}</dt><dd>{by}{when(now, at)}</dd> }.into_any()
}

/// The last use of a key.
pub fn used(now: Moment, then: Option<Moment>) -> impl IntoView {
    match then {
        Some(then) => Either::Left(when(now, then)),
        None => {
            Either::Right(view! { <span class="muted nowrap">{words::keys::NEVER_USED}</span> })
        }
    }
}

/// The last use of a key, in an element that live updates change.
pub fn moving(key: KeyId, now: Moment, then: Option<Moment>) -> impl IntoView {
    view! { <span data-last-used=key.to_string()>{used(now, then)}</span> }
}

/// A future or past moment, as relative time.
pub fn when_due(now: Moment, then: Moment) -> impl IntoView {
    view! { <time datetime=then.to_rfc3339() title=words::format::exact(then)>{words::format::ahead(now, then)}</time> }
}

/// The message for an invalid field. Without a fault, the hidden line remains for a dialog to fill
/// in.
pub fn fault_line(field: &str, fault: Option<String>) -> impl IntoView + use<> {
    let (id, none) = (format!("{field}-error"), fault.is_none());
    view! { <p class="field-error" id=id hidden=none>{icon("danger")}<span>{fault}</span></p> }
}

/// The hidden field with the page that contains the form.
pub fn page_field(place: &Location) -> impl IntoView + use<> {
    view! { <input type="hidden" name="page" value=place.path()/> }
}

/// The hidden fields of a form in an organization: the page, the organization, and the object that
/// the form is about.
pub fn form_fields(
    place: &Location,
    organization: &OrganizationId,
    about: Option<(&'static str, String)>,
) -> impl IntoView + use<> {
    let about = about.map(|(name, value)| view! { <input type="hidden" name=name value=value/> });
    view! { {page_field(place)}<input type="hidden" name="organization" value=organization.to_string()/>{about} }
}

/// The hidden field with which a form succeeds only once: a second submission creates nothing.
pub fn form_token(token: &FormToken) -> impl IntoView + use<> {
    view! { <input type="hidden" name="form_token" value=token.as_str().to_owned()/> }
}

/// The error summary above a form, with links to the invalid fields.
pub fn summary(
    title: &'static str,
    problem: Option<&Problem>,
    place: &Location,
) -> impl IntoView + use<> {
    problem.map(|problem| {
        let lines = problem_lines(problem, place);
        view! { <div class="notice danger" role="alert" tabindex="-1" autofocus>{icon("danger")}<h2>{title}</h2>{lines}</div> }
    })
}

/// The result of the previous page, shown once. With script it is a toast that leaves by itself. It
/// takes the focus, because a screen reader does not announce a status that is in the page from the
/// start.
pub fn done(text: impl IntoView + 'static) -> AnyView {
    toast("notice success toast", text)
}

/// The same for a result that the person must not miss: it stays until they close it.
pub fn done_until_closed(text: impl IntoView + 'static) -> AnyView {
    toast("notice success toast stays", text)
}

fn toast(class: &'static str, text: impl IntoView + 'static) -> AnyView {
    view! {
        <div class=class role="status" tabindex="-1" autofocus>
            {icon("check")}
            <p>{text}</p>
            <button class="icon-button" type="button" data-dismiss="" aria-label=words::CLOSE>{icon("close")}</button>
        </div>
    }
    .into_any()
}

/// The lines of an error summary: one for each field, or else the one sentence. If the person must
/// sign in again, a link for that follows.
pub fn problem_lines(problem: &Problem, place: &Location) -> AnyView {
    if problem.fields.is_empty() {
        let request = (problem.code == domain::Code::Internal).then(
            || view! { " "{words::labels::REQUEST_ID}<code>{problem.request_id.clone()}</code> },
        );
        let again =
            (problem.code == domain::Code::FreshSignInRequired).then(|| sign_in_again(place));
        return view! { <p>{problem.details.clone()}{request}</p>{again} }.into_any();
    }
    let link = |fault: &domain::FieldFault| view! { <li><a href=format!("#{}", fault.field)>{fault.message.clone()}</a></li> };
    view! { <ul>{problem.fields.iter().map(link).collect_view()}</ul> }.into_any()
}

/// The link to sign in again, and then return to a location.
pub fn sign_in_again(place: &Location) -> impl IntoView + use<> {
    view! { <div class="actions"><a class="button" href=again(place)>{words::sign_in::SIGN_IN_AGAIN}</a></div> }
}

/// The form that signs out.
pub fn sign_out(place: &Location, class: &'static str) -> impl IntoView + use<> {
    view! {
        <form class=class method="post" action="/ui/sign_out">
            {page_field(place)}
            <button>{icon("logout")}{words::sign_in::SIGN_OUT}</button>
        </form>
    }
}

/// Who is signed in, and a button to sign out: the footer of a page without a frame.
pub fn sign_out_line(person: &Person, place: &Location) -> impl IntoView + use<> {
    let who = person.email.as_deref().unwrap_or(&person.name);
    view! {
        <form class="auth-foot" method="post" action="/ui/sign_out">
            {page_field(place)}{words::sign_in::signed_in_as(who)}<button class="link-button">{words::sign_in::SIGN_OUT}</button>
        </form>
    }
}

/// A page without a frame: a centered card.
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
