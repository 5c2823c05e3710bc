//! The pages: each loads its data, then returns how to render it.

use domain::problem::retry_after;
use domain::{Code, Problem};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, REFRESH, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use leptos::nonce::Nonce;
use leptos::prelude::*;

use crate::form_error::{FormError, status};
use crate::request::{PageContext, PageRequest};
use crate::routes::{Location, Screen, encoded};
use crate::shell::{Document, render};
use crate::words;

mod account;
mod apis;
mod audit_log;
mod consumers;
mod device;
pub mod docs;
mod error_page;
mod keys;
mod members;
mod organization;
mod overview;
mod runs;
mod sealed;
mod search;
mod service_accounts;
mod sign_in;
mod style;
mod welcome;
mod workspaces;

/// The response of a screen.
pub enum PageResponse {
    /// A redirect.
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
    let response = match Screen::parse(&request.path) {
        Some(screen) => load(&request, screen).await,
        None => Err(request.context.problem(Code::NotFound)),
    };
    let response = match response {
        Ok(response) => response,
        Err(problem) => turned_away(&request, problem).await,
    };
    match response {
        PageResponse::Go(to) => go(&to),
        PageResponse::Page(page) => respond(request, page),
    }
}

/// The page of a problem that belongs to no form. `here` is the page to try again, if any.
pub fn refused(
    context: PageContext,
    nonce: Option<Nonce>,
    problem: &Problem,
    here: &str,
) -> Response<String> {
    respond(
        without_path(context, nonce),
        error_page::page(problem, here),
    )
}

/// The page of a waiting form that does not exist or has expired. `here` is the page of that form.
pub fn no_draft(context: PageContext, nonce: Option<Nonce>, here: &str) -> Response<String> {
    let problem = context.problem(Code::NotFound);
    respond(
        without_path(context, nonce),
        error_page::no_draft(&problem, here),
    )
}

/// The page of a form that waits until its sender signs in again, which starts at `to`.
pub fn confirming(
    context: PageContext,
    nonce: Option<Nonce>,
    problem: &Problem,
    to: &str,
) -> Response<String> {
    let (title, text) = (words::confirm::TITLE, words::confirm::text);
    to_provider(context, nonce, status(problem.code), title, text, to)
}

/// The page of a person who accepts an invitation with the sign-in at `to`.
pub fn joining(context: PageContext, nonce: Option<Nonce>, to: &str) -> Response<String> {
    let (title, text) = (words::join::SIGN_IN, words::join::joins_after);
    to_provider(context, nonce, StatusCode::OK, title, text, to)
}

/// A page that goes to the sign-in at `to` by itself. It is not a redirect, because the content
/// security policy allows forms to redirect only to this site. `text` is for the name of the
/// provider.
fn to_provider(
    context: PageContext,
    nonce: Option<Nonce>,
    status: StatusCode,
    title: &'static str,
    text: fn(&str) -> String,
    to: &str,
) -> Response<String> {
    let provider = words::confirm::provider(
        context.site_config.development,
        context.site_config.provider.as_deref(),
    );
    let page = Page {
        status,
        ..sign_in::to_provider(title, text(&provider), &provider, to)
    };
    let mut response = respond(without_path(context, nonce), page);
    if let Ok(refresh) = HeaderValue::from_str(&format!("0; url={to}")) {
        response.headers_mut().insert(REFRESH, refresh);
    }
    response
}

/// The request for a page that has no path of its own.
fn without_path(context: PageContext, nonce: Option<Nonce>) -> PageRequest {
    PageRequest {
        context,
        nonce,
        path: String::new(),
        query: Vec::new(),
        posted: None,
    }
}

/// Redirects the browser, with GET.
pub fn go(to: &str) -> Response<String> {
    let mut response = Response::new(String::new());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let place = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(LOCATION, place);
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn load(request: &PageRequest, screen: Screen) -> Result<PageResponse, Problem> {
    let page = match screen {
        Screen::Home => return sign_in::home(request).await,
        Screen::SignIn => return Ok(sign_in::load(request)),
        Screen::Welcome => return welcome::load(request).await,
        Screen::Shortcut => return sign_in::shortcut(request).await,
        Screen::Join(token) => return members::join::load(request, token).await,
        Screen::NewOrganization => return organization::create::load(request).await,
        Screen::ApiKeys(organization) => return keys::list::load(request, organization).await,
        Screen::Consumers(organization) => {
            return consumers::list::load(request, organization).await;
        }
        Screen::Members(organization) => return members::list::load(request, organization).await,
        Screen::AuditLog(organization) => return audit_log::load(request, organization).await,
        Screen::RemoveMember(organization, actor) => {
            return members::remove::load(request, organization, actor).await;
        }
        Screen::Account => account::load(request).await,
        Screen::Device => device::code::load(request).await,
        Screen::Authorize => device::authorize::load(request).await,
        Screen::Style => style::load(request),
        Screen::Overview(organization) => overview::load(request, organization).await,
        Screen::Settings(organization) => organization::settings::load(request, organization).await,
        Screen::Search(organization) => return search::load(request, organization).await,
        Screen::NewKey(organization) => keys::create::load(request, organization).await,
        Screen::Key(organization, key) => keys::detail::load(request, organization, key).await,
        Screen::RenameKey(organization, key) => {
            keys::rename::load(request, organization, key).await
        }
        Screen::DescribeKey(organization, key) => {
            keys::describe::load(request, organization, key).await
        }
        Screen::ExpireKeyEarlier(organization, key) => {
            keys::expire_earlier::load(request, organization, key).await
        }
        Screen::RotateKey(organization, key) => {
            keys::rotate::load(request, organization, key).await
        }
        Screen::RevokeKey(organization, key) => {
            keys::revoke::load(request, organization, key).await
        }
        Screen::RevokeKeys(organization) => keys::revoke_many::load(request, organization).await,
        Screen::ServiceAccounts(organization) => {
            service_accounts::list::load(request, organization).await
        }
        Screen::NewServiceAccount(organization) => {
            service_accounts::create::load(request, organization).await
        }
        Screen::ServiceAccount(organization, actor) => {
            service_accounts::detail::load(request, organization, actor).await
        }
        Screen::Sealed(organization) => sealed::load(request, organization).await,
        Screen::SealedOfAccount(organization, actor) => {
            sealed::load_of_account(request, organization, actor).await
        }
        Screen::Apis(organization) => apis::list::load(request, organization).await,
        Screen::NewApi(organization) => apis::create::load(request, organization).await,
        Screen::Api(organization, slug) => apis::detail::load(request, organization, slug).await,
        Screen::NewApiKey(organization, slug) => {
            apis::create_key::load(request, organization, slug).await
        }
        Screen::NewConsumer(organization) => consumers::create::load(request, organization).await,
        Screen::Consumer(organization, actor) => {
            consumers::detail::load(request, organization, actor).await
        }
        Screen::Workspaces(organization) => workspaces::list::load(request, organization).await,
        Screen::NewWorkspace(organization) => workspaces::create::load(request, organization).await,
        Screen::Workspace(organization, id) => {
            workspaces::detail::load(request, organization, id).await
        }
        Screen::Runs(organization) => runs::list::load(request, organization).await,
        Screen::Run(organization, id) => runs::detail::load(request, organization, id).await,
        Screen::InviteMember(organization) => members::invite::load(request, organization).await,
        Screen::Leave(organization) => members::leave::load(request, organization).await,
        Screen::ChangeRole(organization, actor) => {
            members::change_role::load(request, organization, actor).await
        }
    };
    page.map(PageResponse::Page)
}

/// Sends people without a sign-in to the sign-in page. Everyone else sees the problem.
async fn turned_away(request: &PageRequest, problem: Problem) -> PageResponse {
    if request.result().is_some() {
        return PageResponse::Page(error_page::secret_not_shown(&problem));
    }
    let back = Screen::parse(&request.path).map(|screen| Location::of(screen, &request.query));
    if problem.code == Code::Unauthorized && request.context.caller.is_none() {
        return PageResponse::Go(sign_in_path(back.as_ref()));
    }
    let path = back.map_or_else(|| request.path.clone(), |place| place.path());
    PageResponse::Page(error_page::load(request, &problem, &path).await)
}

/// The path of the sign-in page, with the location to return to.
pub fn sign_in_path(back: Option<&Location>) -> String {
    let back = back.filter(|place| place.screen != Screen::Home && place.screen != Screen::SignIn);
    back.map_or_else(
        || Screen::SignIn.path(),
        |place| {
            format!(
                "{}?return_to={}",
                Screen::SignIn.path(),
                encoded(&place.path())
            )
        },
    )
}

/// The same for a form that was submitted after its session expired.
pub fn signed_out_path(location: &Location) -> String {
    let path = sign_in_path(Some(location));
    let mark = if path.contains('?') { '&' } else { '?' };
    format!("{path}{mark}problem=ended")
}

/// Renders the page. The status of the form that it answers takes precedence over its own.
fn respond(request: PageRequest, page: Page) -> Response<String> {
    let status = request
        .problem()
        .map_or(page.status, |problem| status(problem.code));
    let wait = request
        .problem()
        .and_then(|problem| problem.retry_after)
        .or(page.retry_after);
    let again = retry_after(request.nonce.as_deref().unwrap_or_default());
    let document = Document {
        title: page.title,
        theme: request.context.theme,
        assets: request.context.site_config.assets.clone(),
        nonce: request.nonce,
        islands: page.islands,
        // A prefetched page would not contain the flash message that this response leaves for the
        // next page.
        ahead: request.posted.is_none(),
        documentation: false,
    };
    let mut response = Response::new(render(document, page.body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(RETRY_AFTER, again.into());
    }
    if let Some(seconds) = wait {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// A problem in the words of the dashboard.
pub fn worded(problem: Problem) -> Problem {
    FormError::from(problem).0
}
