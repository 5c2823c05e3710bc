//! My account: the person, their sessions, and access tokens for scripts. It belongs to no
//! organization, so people without an organization have it too.

use domain::view::SessionView;
use domain::{Moment, Problem};
use engine::form_token::FormToken;
use engine::people::Person;
use leptos::either::Either;
use leptos::prelude::*;

use super::Page;
use crate::components::personal_frame::{Own, personal};
use crate::components::{done, done_until_closed, form_token, page_field, when};
use crate::flash::Flash;
use crate::request::PageRequest;
use crate::routes::{DOCS_OF_TOKENS, Location, Screen};
use crate::words;

mod access_token;

/// The page, or the new token as the response to its form.
pub async fn load(request: &PageRequest) -> Result<Page, Problem> {
    let context = &request.context;
    let caller = context.person()?;
    let own = Own::load(context, Location::top(Screen::Account)).await?;
    if let Some(token) = request.issued() {
        return Ok(access_token::page(request, own, token.clone()));
    }
    let sessions = context
        .engine
        .list_sessions(caller)
        .await
        .map_err(|error| context.to_problem(&error))?;
    let now = context.engine.runtime().now();
    let notice = match context.take_flash().await {
        Some(Flash::SessionRevoked) => Some(Notice::Done(
            words::account::SESSION_REVOKED.to_owned(),
        )),
        Some(Flash::OtherSessionsRevoked { count }) => {
            Some(Notice::Done(words::account::sessions_revoked(count)))
        }
        Some(Flash::TokenAlreadyIssued) => Some(Notice::TokenIsGone),
        _ => None,
    };
    let problem = request.problem().cloned();
    let form = FormToken::generate(context.engine.runtime());
    Ok(Page::new(words::account::TITLE, move || {
        render(&own, &sessions, now, notice, problem.as_ref(), &form)
    }))
}

/// The result of the previous page.
enum Notice {
    Done(String),
    TokenIsGone,
}

fn render(
    own: &Own,
    sessions: &[SessionView],
    now: Moment,
    notice: Option<Notice>,
    problem: Option<&Problem>,
    form: &FormToken,
) -> AnyView {
    let notice = notice.map(|notice| match notice {
        Notice::Done(text) => done(text),
        Notice::TokenIsGone => done_until_closed(words::account::TOKEN_ALREADY_CREATED),
    });
    let body = view! {
        {notice}
        <div class="page-head"><div><h1>{words::account::TITLE}</h1></div></div>
        {facts(&own.person)}
        <div class="page-head">
            <div><h2>{words::account::SESSIONS}</h2><p class="lede">{words::account::SESSIONS_LEDE}</p></div>
            {others(own, sessions)}
        </div>
        {table(own, sessions, now)}
        {token(own, form)}
    };
    personal(own, words::account::TITLE, problem, body.into_any())
}

fn facts(person: &Person) -> AnyView {
    let email = person
        .email
        .clone()
        .map(|email| view! { <dt>{words::labels::EMAIL}</dt><dd><bdi>{email}</bdi></dd> });
    view! { <dl class="facts boxed"><dt>{words::labels::NAME}</dt><dd><bdi>{person.name.clone()}</bdi></dd>{email}</dl> }
        .into_any()
}

fn others(own: &Own, sessions: &[SessionView]) -> impl IntoView + use<> {
    let place = own.place.clone();
    (sessions.iter().any(|session| !session.is_current)).then(|| {
        view! {
            <form method="post" action="/ui/revoke_other_sessions">
                {page_field(&place)}<button class="button danger">{words::account::SIGN_OUT_ELSEWHERE}</button>
            </form>
        }
    })
}

fn table(own: &Own, sessions: &[SessionView], now: Moment) -> AnyView {
    let rows = sessions
        .iter()
        .map(|session| row(own, session, now))
        .collect_view();
    view! {
        <div class="table-wrap">
            <table class="table">
                <caption class="visually-hidden">{words::account::SESSIONS_CAPTION}</caption>
                <thead><tr>
                    <th scope="col">{words::labels::DEVICE}</th>
                    <th scope="col">{words::labels::IP_ADDRESS}</th>
                    <th scope="col">{words::labels::SIGNED_IN}</th>
                    <th scope="col" aria-sort="descending">{words::labels::LAST_SEEN}</th>
                    <th scope="col"><span class="visually-hidden">{words::labels::ACTIONS}</span></th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(own: &Own, session: &SessionView, now: Moment) -> AnyView {
    let device = words::account::device(session.agent.as_deref());
    let badge = session
        .is_current
        .then(|| view! { " "<span class="badge success">{words::account::THIS_DEVICE}</span> });
    let end = match session.is_current {
        true => Either::Left(view! {
            <form method="post" action="/ui/sign_out">
                {page_field(&own.place)}
                <button class="link-button">{words::sign_in::SIGN_OUT}</button>
            </form>
        }),
        false => Either::Right(view! {
            <form method="post" action="/ui/revoke_session">
                {page_field(&own.place)}
                <input type="hidden" name="session_id" value=session.id.to_string()/>
                <button class="link-button danger">
                    {words::revoke_key::LABEL}
                    <span class="visually-hidden">{words::account::revoke_session(&device)}</span>
                </button>
            </form>
        }),
    };
    view! {
        <tr>
            <th scope="row">{device.clone()}{badge}</th>
            <td data-label=words::labels::IP_ADDRESS><bdi>{session.address.clone().unwrap_or_else(|| words::account::UNKNOWN_IP_ADDRESS.into())}</bdi></td>
            <td data-label=words::labels::SIGNED_IN>{when(now, session.signed_in_at)}</td>
            <td data-label=words::labels::LAST_SEEN>{when(now, session.last_seen)}</td>
            <td class="row-actions">{end}</td>
        </tr>
    }
    .into_any()
}

fn token(own: &Own, form: &FormToken) -> AnyView {
    view! {
        <form class="sheet" method="post" action="/ui/issue_token">
            {page_field(&own.place)}
            {form_token(form)}
            <div class="sheet-head"><h2>{words::account::ACCESS_TOKEN}</h2></div>
            <div class="sheet-body"><p>{words::account::ACCESS_TOKEN_LEDE}" "<a href=DOCS_OF_TOKENS>{words::account::ABOUT_TOKENS}</a></p></div>
            <div class="sheet-foot"><button class="button primary">{words::account::CREATE_TOKEN}</button></div>
        </form>
    }
    .into_any()
}
