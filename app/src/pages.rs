//! The pages: each loads what it shows, then says how to draw it.

use domain::problem::retry_after;
use domain::{Code, Problem};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use leptos::nonce::Nonce;
use leptos::prelude::*;

use crate::routes::{Location, Screen, encoded};
use crate::server_fns::account::ShownToken;
use crate::server_fns::keys::CreatedKey;
use crate::server_fns::members::{CreatedInvitation, Removed};
use crate::server_fns::{FormError, PageContext, status};
use crate::shell::{Document, draw};
use crate::words;

mod access_token;
mod account;
mod api_keys;
mod audit_log;
mod change_role;
pub mod docs;
mod front;
mod invite_member;
mod join;
mod key;
mod leave;
mod members;
mod missing;
mod new_key;
mod new_organization;
mod new_service_account;
mod organization;
mod overview;
mod remove_member;
mod rename_key;
mod reveal;
mod revoke_key;
mod revoke_keys;
mod rotate_key;
mod service_account;
mod service_accounts;
mod style;

/// A request for a page.
pub struct PageRequest {
    /// Who asks.
    pub context: PageContext,
    /// The nonce that the page's policy allows.
    pub nonce: Option<Nonce>,
    /// The path.
    pub path: String,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
    /// What a form on this page has just come to, where no script ran.
    pub posted: Option<FormSubmission>,
}

/// A form that was sent without script, and what it came to.
pub struct FormSubmission {
    /// Everything that was typed.
    pub typed: Vec<(String, String)>,
    /// What it came to.
    pub outcome: FormResult,
}

/// What a form came to when its page is shown as the answer.
pub enum FormResult {
    /// It was refused.
    Refused(Problem),
    /// A key was made, to be shown in this answer and nowhere else.
    Created(CreatedKey),
    /// Someone was invited; their link is shown in this answer and nowhere else.
    Invited(CreatedInvitation),
    /// A member was taken out; the keys that others got are shown in this answer and nowhere else.
    Removed(Removed),
    /// A token was made, to be shown likewise.
    Issued(ShownToken),
}

impl PageRequest {
    /// A value of the query.
    pub fn query_value(&self, name: &str) -> Option<&str> {
        find(&self.query, name)
    }

    /// What was typed into a field before; nothing on a fresh page.
    pub fn typed(&self, name: &str) -> Option<&str> {
        self.posted.as_ref().and_then(|posted| find(&posted.typed, name))
    }

    /// What the form that was sent came to.
    pub fn outcome(&self) -> Option<&FormResult> {
        self.posted.as_ref().map(|posted| &posted.outcome)
    }

    /// The key that the form made.
    pub fn created(&self) -> Option<&CreatedKey> {
        if let Some(FormResult::Created(created)) = self.outcome() { Some(created) } else { None }
    }

    /// The token that the form made.
    pub fn issued(&self) -> Option<&ShownToken> {
        if let Some(FormResult::Issued(token)) = self.outcome() { Some(token) } else { None }
    }

    /// The problem of the form that was sent.
    pub fn problem(&self) -> Option<&Problem> {
        if let Some(FormResult::Refused(problem)) = self.outcome() { Some(problem) } else { None }
    }
}

fn find<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// What a screen comes to.
pub enum PageResponse {
    /// Elsewhere.
    Go(String),
    /// A page.
    Page(Page),
}

/// A loaded page.
pub struct Page {
    status: StatusCode,
    title: String,
    islands: bool,
    retry_after: Option<u16>,
    body: Box<dyn FnOnce() -> AnyView + Send>,
}

impl Page {
    fn new(title: &str, body: impl FnOnce() -> AnyView + Send + 'static) -> Self {
        Self {
            status: StatusCode::OK,
            title: title.to_owned(),
            islands: false,
            retry_after: None,
            body: Box::new(body),
        }
    }
}

/// Answers a request for a page.
pub async fn answer(request: PageRequest) -> Response<String> {
    let shown = match Screen::parse(&request.path) {
        Some(screen) => show(&request, screen).await,
        None => Ok(PageResponse::Page(missing::page(&request.context.problem(Code::NotFound), &request.path))),
    };
    let shown = shown.unwrap_or_else(|problem| turned_away(&request, problem));
    match shown {
        PageResponse::Go(to) => go(&to),
        PageResponse::Page(page) => paint(request, page),
    }
}

/// The page of a refusal that belongs to no form. `here` is the page to try again, if it was one.
pub fn refused(context: PageContext, nonce: Option<Nonce>, problem: &Problem, here: &str) -> Response<String> {
    let request = PageRequest { context, nonce, path: String::new(), query: Vec::new(), posted: None };
    paint(request, missing::page(problem, here))
}

/// The page of a form that is kept until its sender has signed in again, which begins at `to`.
pub fn confirming(context: PageContext, nonce: Option<Nonce>, problem: &Problem, to: &str) -> Response<String> {
    let provider = words::confirm::provider(context.site_config.development, context.site_config.provider.as_deref());
    let request = PageRequest { context, nonce, path: String::new(), query: Vec::new(), posted: None };
    paint(request, missing::confirming(problem, &provider, to))
}

/// The page of a kept form that is not there, or not there any more. `here` is the page that it stands on.
pub fn no_draft(context: PageContext, nonce: Option<Nonce>, here: &str) -> Response<String> {
    let problem = context.problem(Code::NotFound);
    let request = PageRequest { context, nonce, path: String::new(), query: Vec::new(), posted: None };
    paint(request, missing::no_draft(&problem, here))
}

/// Sends the browser elsewhere, with GET.
pub fn go(to: &str) -> Response<String> {
    let mut response = Response::new(String::new());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let place = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(LOCATION, place);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn show(request: &PageRequest, screen: Screen) -> Result<PageResponse, Problem> {
    match screen {
        Screen::Home => front::home(request).await,
        Screen::SignIn => Ok(front::sign_in(request)),
        Screen::Welcome => front::welcome(request).await,
        Screen::Account => account::show(request).await.map(PageResponse::Page),
        Screen::Style => style::show(request).map(PageResponse::Page),
        Screen::Shortcut => front::shortcut(request).await,
        Screen::Join(token) => join::show(request, token).await,
        Screen::NewOrganization => new_organization::show(request).await,
        Screen::Overview(organization) => overview::show(request, organization).await.map(PageResponse::Page),
        Screen::Settings(organization) => organization::show(request, organization).await.map(PageResponse::Page),
        Screen::ApiKeys(organization) => api_keys::show(request, organization).await,
        Screen::NewKey(organization) => new_key::show(request, organization).await.map(PageResponse::Page),
        Screen::Key(organization, key) => key::show(request, organization, key).await.map(PageResponse::Page),
        Screen::RenameKey(organization, key) => {
            rename_key::show(request, organization, key).await.map(PageResponse::Page)
        }
        Screen::RotateKey(organization, key) => {
            rotate_key::show(request, organization, key).await.map(PageResponse::Page)
        }
        Screen::RevokeKeys(organization) => revoke_keys::show(request, organization).await.map(PageResponse::Page),
        Screen::RevokeKey(organization, key) => {
            revoke_key::show(request, organization, key).await.map(PageResponse::Page)
        }
        Screen::ServiceAccounts(organization) => {
            service_accounts::show(request, organization).await.map(PageResponse::Page)
        }
        Screen::NewServiceAccount(organization) => {
            new_service_account::show(request, organization).await.map(PageResponse::Page)
        }
        Screen::ServiceAccount(organization, actor) => {
            service_account::show(request, organization, actor).await.map(PageResponse::Page)
        }
        Screen::AuditLog(organization) => audit_log::show(request, organization).await,
        Screen::Members(organization) => members::show(request, organization).await.map(PageResponse::Page),
        Screen::InviteMember(organization) => invite_member::show(request, organization).await.map(PageResponse::Page),
        Screen::Leave(organization) => leave::show(request, organization).await.map(PageResponse::Page),
        Screen::ChangeRole(organization, actor) => {
            change_role::show(request, organization, actor).await.map(PageResponse::Page)
        }
        Screen::RemoveMember(organization, actor) => remove_member::show(request, organization, actor).await,
    }
}

/// Whoever is not signed in is asked to; to everyone else the problem is said.
fn turned_away(request: &PageRequest, problem: Problem) -> PageResponse {
    if request.outcome().is_some_and(|outcome| !matches!(outcome, FormResult::Refused(_))) {
        return PageResponse::Page(missing::unseen(&problem));
    }
    let back = Screen::parse(&request.path).map(|screen| Location::of(screen, &request.query));
    if problem.code == Code::Unauthorized && request.context.caller.is_none() {
        return PageResponse::Go(sign_in_path(back.as_ref()));
    }
    PageResponse::Page(missing::page(&problem, &back.map_or_else(|| request.path.clone(), |place| place.path())))
}

/// The sign-in page, leading back to a place.
pub fn sign_in_path(back: Option<&Location>) -> String {
    let back = back.filter(|place| place.screen != Screen::Home && place.screen != Screen::SignIn);
    back.map_or_else(
        || Screen::SignIn.path(),
        |place| format!("{}?return_to={}", Screen::SignIn.path(), encoded(&place.path())),
    )
}

/// The sign-in page, leading back to the place of a form that came too late.
pub fn session_ended(place: &Location) -> String {
    let path = sign_in_path(Some(place));
    let mark = if path.contains('?') { '&' } else { '?' };
    format!("{path}{mark}problem=ended")
}

/// Draws the page; the status of the form it answers outweighs its own.
fn paint(request: PageRequest, page: Page) -> Response<String> {
    let status = request.problem().map_or(page.status, |problem| status(problem.code));
    let wait = request.problem().and_then(|problem| problem.retry_after).or(page.retry_after);
    let again = retry_after(request.nonce.as_deref().unwrap_or_default());
    let document = Document {
        title: page.title,
        theme: request.context.theme,
        assets: request.context.site_config.assets.clone(),
        nonce: request.nonce,
        islands: page.islands,
        // The answer to a form may leave a word for the next page, which a page fetched before would not have.
        ahead: page.islands && request.posted.is_none(),
    };
    let mut response = Response::new(draw(document, page.body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(RETRY_AFTER, again.into());
    }
    if let Some(seconds) = wait {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// A problem in the words of a page.
pub fn worded(problem: Problem) -> Problem {
    FormError::from(problem).0
}
