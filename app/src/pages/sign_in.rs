//! Signing in, and the pages of people without an organization.

use domain::Problem;
use engine::people::Person;
use leptos::either::EitherOf3;
use leptos::prelude::*;

use super::{Page, PageResponse};
use crate::components::frame::{active, choose};
use crate::components::{card, page_field};
use crate::request::{Account, PageRequest};
use crate::routes::{Location, Screen, again, confirm, sign_in, sign_in_as};
use crate::shared_view::icon;
use crate::words;

/// Redirects to the first page of the person.
pub async fn home(request: &PageRequest) -> Result<PageResponse, Problem> {
    if request.context.caller.is_none() {
        return Ok(PageResponse::Go(Screen::SignIn.path()));
    }
    shortcut(request).await
}

/// Redirects to the API keys of the active organization, or to the form for the first organization.
/// A person without an organization sees a page that says so.
pub async fn shortcut(request: &PageRequest) -> Result<PageResponse, Problem> {
    let context = &request.context;
    let person = context.person()?.person;
    let memberships = context
        .engine
        .list_organizations(person)
        .await
        .map_err(|error| context.to_problem(&error))?;
    if let Some(organization) = choose(&memberships, active(context).await) {
        return Ok(PageResponse::Go(Screen::ApiKeys(organization).path()));
    }
    if !context
        .engine
        .is_bootstrapped()
        .await
        .map_err(|error| context.to_problem(&error))?
    {
        return Ok(PageResponse::Go(Screen::Welcome.path()));
    }
    let person = context
        .engine
        .get_person(person)
        .await
        .map_err(|error| context.to_problem(&error))?;
    Ok(PageResponse::Page(no_membership(person)))
}

/// The page between a form and the provider, with a link for a browser that does not go there by
/// itself.
pub fn to_provider(title: &'static str, text: String, provider: &str, to: &str) -> Page {
    let (button, to) = (words::confirm::continue_with(provider), to.to_owned());
    Page::new(title, move || {
        let body = view! {
            <h1>{title}</h1>
            <p>{text}</p>
            <div class="actions"><a class="button primary" href=to>{button}</a></div>
        };
        card(body, ())
    })
}

/// The page of a person without an organization.
pub fn no_membership(person: Person) -> Page {
    let who = person.email.unwrap_or(person.name);
    Page::new(words::sign_in::NO_ORGANIZATION, move || {
        let place = Location::top(Screen::Home);
        let body = view! {
            <h1>{words::sign_in::NO_MEMBERSHIP}</h1>
            <p>{words::sign_in::ASK_FOR_INVITATION}<strong><bdi>{who}</bdi></strong>{words::sign_in::OPEN_THE_LINK}</p>
            <div class="actions">
                <a class="button primary" href=place.path()>{words::sign_in::CHECK_AGAIN}</a>
                <a class="button" href=Screen::Account.path()>{words::account::TITLE}</a>
                <form method="post" action="/ui/sign_out">
                    {page_field(&place)}
                    <button class="button">{words::sign_in::SIGN_OUT}</button>
                </form>
            </div>
        };
        card(body, ())
    })
}

struct SignInPageData {
    problem: Option<String>,
    /// The ID of the request that failed.
    request_id: Option<String>,
    /// The path that starts the sign-in.
    start: String,
    /// The path of the page to go back to, if the person is signed in.
    back: Option<String>,
    development: bool,
    /// The accounts of a development installation.
    accounts: Vec<AccountLink>,
    provider: Option<String>,
}

/// An account to sign in as.
struct AccountLink {
    path: String,
    name: String,
    note: String,
}

/// The sign-in page.
pub fn load(request: &PageRequest) -> PageResponse {
    let to = request
        .query_value("return_to")
        .and_then(Location::parse)
        .filter(|place| place.screen != Screen::SignIn)
        .unwrap_or_else(|| Location::top(Screen::Home));
    let site_config = &request.context.site_config;
    let problem = request
        .query_value("problem")
        .and_then(|word| words::sign_in::problem(word, &site_config.allowed_domains));
    let signed_in = request.context.caller.is_some();
    if signed_in && problem.is_none() {
        return PageResponse::Go(to.path());
    }
    let shown = SignInPageData {
        problem,
        request_id: request
            .query_value("request")
            .filter(|id| is_request(id))
            .map(str::to_owned),
        start: start(request, &to),
        back: signed_in.then(|| to.path()),
        development: site_config.development,
        accounts: accounts(request, &to),
        provider: site_config.provider.clone(),
    };
    PageResponse::Page(Page::new(words::sign_in::TAB_TITLE, move || {
        render(shown)
    }))
}

/// The path that starts a sign-in, which leads to a location. A person who is already signed in
/// came here to sign in again.
fn start(request: &PageRequest, to: &Location) -> String {
    let draft = request
        .query_value("draft")
        .filter(|draft| is_draft(draft));
    match (request.context.caller.is_some(), &to.screen) {
        (true, _) => draft.map_or_else(|| again(to), |draft| confirm(to, draft)),
        (false, Screen::Home) => "/sign-in/start".into(),
        (false, _) => sign_in(to),
    }
}

/// The accounts to choose from. A person who has to sign in again has no choice.
fn accounts(request: &PageRequest, to: &Location) -> Vec<AccountLink> {
    if request.context.caller.is_some() {
        return Vec::new();
    }
    let link = |account: &Account| AccountLink {
        path: sign_in_as(to, &account.subject),
        name: account.name.clone(),
        note: format!("{} · {}", account.note, account.email),
    };
    let accounts = &request.context.site_config.accounts;
    accounts.iter().map(link).collect()
}

fn render(shown: SignInPageData) -> AnyView {
    let problem = shown
        .problem
        .map(|problem| problem_notice(problem, shown.request_id));
    let button = if shown.accounts.is_empty() {
        button(shown.development, shown.provider, shown.start).into_any()
    } else {
        account_list(shown.accounts, shown.start)
    };
    let back = shown
        .back
        .map(|to| view! { <a class="button wide" href=to>{words::sign_in::GO_BACK}</a> });
    let foot =
        (!shown.development).then(|| view! { <p class="auth-foot">{words::sign_in::FOOTER}</p> });
    card(
        view! { <h1>{words::sign_in::TITLE}</h1><p>{words::sign_in::LEDE}</p>{problem}{button}{back} },
        foot,
    )
}

fn problem_notice(problem: String, request_id: Option<String>) -> impl IntoView {
    let request_id =
        request_id.map(|id| view! { <p>{words::labels::REQUEST_ID}<code>{id}</code></p> });
    view! { <div class="notice danger" role="alert">{icon("danger")}<p>{problem}</p>{request_id}</div> }
}

/// The button of the identity provider, or of the development sign-in.
fn button(development: bool, provider: Option<String>, start: String) -> impl IntoView {
    match (development, provider) {
        (false, None) => EitherOf3::A(
            view! { <a class="button wide" href=start>{icon("google")}{words::sign_in::WITH_GOOGLE}</a> },
        ),
        (false, Some(host)) => EitherOf3::B(
            view! { <a class="button wide" href=start>{icon("person")}{words::sign_in::with_provider(&host)}</a> },
        ),
        (true, _) => EitherOf3::C(view! {
            <a class="button primary wide" href=start>{words::sign_in::WITH_DEVELOPMENT_SIGN_IN}</a>
            <div class="notice warning">{icon("warning")}<p>{words::sign_in::DEVELOPMENT_HINT}</p></div>
        }),
    }
}

/// The accounts of a development installation, and the way to its provider for another one.
fn account_list(accounts: Vec<AccountLink>, start: String) -> AnyView {
    let link = |account: AccountLink| {
        view! {
            <li><a class="person" href=account.path><span>
                <span class="person-name">{words::sign_in::CONTINUE_AS}<bdi>{account.name}</bdi></span>
                <span class="person-note">{account.note}</span>
            </span></a></li>
        }
    };
    view! {
        <div class="notice warning">{icon("warning")}<p>{words::sign_in::DEVELOPMENT_HINT}</p></div>
        <ul class="person-list">{accounts.into_iter().map(link).collect_view()}</ul>
        <a class="button wide" href=start>{words::sign_in::AS_ANOTHER_USER}</a>
    }
    .into_any()
}

/// Whether a text may be the token of a stored form.
fn is_draft(token: &str) -> bool {
    !token.is_empty()
        && token.len() <= 64
        && token
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric())
}

/// Whether a text has the form of a request ID. The page shows no other text.
fn is_request(id: &str) -> bool {
    id.strip_prefix("req_")
        .is_some_and(|tail| tail.len() <= 40 && tail.bytes().all(|b| b.is_ascii_alphanumeric()))
}
