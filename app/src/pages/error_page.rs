//! The pages for missing, forbidden and failed requests.

use domain::command::MemberQuery;
use domain::{Code, Problem, Role};
use leptos::prelude::*;

use super::Page;
use crate::components::card;
use crate::components::frame::{OrganizationPage, frame_of_last};
use crate::form_error::status;
use crate::request::{PageContext, PageRequest};
use crate::routes::{Location, Screen};
use crate::words;

/// The maximum number of owners that a page names.
const MOST_OWNERS: i64 = 3;

/// The page of a problem on the way to a page, with its status. A person who is signed in keeps the
/// navigation of their last active organization, and reads there whom to ask for access.
pub async fn load(request: &PageRequest, problem: &Problem, path: &str) -> Page {
    let is_in_frame = matches!(
        problem.code,
        Code::NotFound | Code::Forbidden | Code::Unauthorized
    );
    let screen = Screen::parse(&request.path);
    let place = Location::of(
        screen.clone().unwrap_or(Screen::Shortcut),
        &request.query,
    );
    let room = match is_in_frame {
        true => OrganizationPage::last(&request.context, place).await,
        false => None,
    };
    let Some(room) = room else {
        return page(problem, path);
    };

    let here = screen.as_ref().and_then(Screen::organization) == Some(&room.organization());
    let words = words::error_page::of_code(problem.code);
    let (words, owners) = match here && problem.code == Code::Forbidden {
        true => (
            words::error_page::HIGHER_ROLE,
            owners(&request.context, &room).await,
        ),
        false => (words, None),
    };
    let (status, request_id) = (shown_status(problem), problem.request_id.clone());
    let render = move || {
        let owners = owners.map(|(names, more)| view! { <p>{words::error_page::OWNERS}<strong><bdi>{names}</bdi></strong>{more}</p> });
        let body = view! {
            <div class="empty">
                <p class="code-number">{status.as_u16()}</p>
                <h1>{words.heading}</h1>
                <p>{words.text}</p>
                {owners}
                <div class="actions"><a class="button primary" href=Screen::Shortcut.path()>{words::error_page::GO_TO_KEYS}</a></div>
                <p class="code-number">{words::labels::REQUEST_ID}<code>{request_id}</code></p>
            </div>
        };
        frame_of_last(&room, words.title, None, body.into_any())
    };
    Page {
        status,
        retry_after: problem.retry_after,
        ..Page::new(words.title, render)
    }
}

/// The names of the owners of the organization, and how many more there are. `None` if they cannot
/// be read: the page says without them what to do.
async fn owners(context: &PageContext, room: &OrganizationPage) -> Option<(String, String)> {
    let query = MemberQuery {
        role: Some(Role::Owner),
        ..MemberQuery::default()
    };
    let found = context
        .engine
        .list_members(&room.ctx, &query, MOST_OWNERS)
        .await
        .ok()?;
    let count = context
        .engine
        .count_owners(&room.ctx)
        .await
        .ok()?;
    let names: Vec<_> = found
        .rows
        .iter()
        .map(|owner| words::isolated(&owner.name))
        .collect();
    let more = words::error_page::more_owners(
        count.saturating_sub(i64::try_from(names.len()).unwrap_or(i64::MAX)),
    );
    Some((names.join(", "), more))
}

/// The page of a problem, with its status. `path` is the page to try again, or empty.
pub fn page(problem: &Problem, path: &str) -> Page {
    render(
        problem,
        words::error_page::of_code(problem.code),
        path,
    )
}

/// The page of a problem that occurred after a form created a secret, which can no longer be shown.
pub fn secret_not_shown(problem: &Problem) -> Page {
    render(problem, words::error_page::SECRET_NOT_SHOWN, "")
}

/// The page of a stored form that was already processed, has expired, or belongs to another person
/// or browser.
pub fn no_draft(problem: &Problem, path: &str) -> Page {
    render(problem, words::confirm::NO_DRAFT, path)
}

/// The status of the page. A person who is signed in needs access, not a sign-in.
fn shown_status(problem: &Problem) -> http::StatusCode {
    match problem.code {
        Code::Unauthorized => http::StatusCode::FORBIDDEN,
        code => status(code),
    }
}

fn render(problem: &Problem, words: words::error_page::ErrorPage, path: &str) -> Page {
    let words::error_page::ErrorPage {
        title,
        heading,
        text,
        retry,
    } = words;
    let status = shown_status(problem);
    let (request_id, retry_after) = (problem.request_id.clone(), problem.retry_after);
    // The path of a server function is not a page.
    let path = if path.is_empty() || path.starts_with("/ui/") {
        Screen::Shortcut.path()
    } else {
        path.to_owned()
    };
    let render = move || {
        let (to, label) = if retry {
            (path.clone(), words::error_page::TRY_AGAIN)
        } else {
            (Screen::Shortcut.path(), words::error_page::GO_TO_KEYS)
        };
        let body = view! {
            <p class="code-number">{status.as_u16()}</p>
            <h1>{heading}</h1>
            <p>{text}</p>
            <div class="actions"><a class="button primary" href=to>{label}</a></div>
        };
        card(
            body,
            view! { <p class="auth-foot">{words::labels::REQUEST_ID}<code>{request_id}</code></p> },
        )
    };
    Page {
        status,
        retry_after,
        ..Page::new(title, render)
    }
}
