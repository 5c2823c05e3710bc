//! The pages of what is not there, not allowed, or not working.

use domain::{Code, Problem};
use leptos::prelude::*;

use super::Page;
use crate::doors::status;
use crate::parts::card;
use crate::routes::Screen;

/// The page of a problem, with its status. `path` is where it was met, to try again there; nothing if that is no page.
pub fn page(problem: &Problem, path: &str) -> Page {
    let (title, heading, text, retry) = match problem.code {
        Code::Forbidden | Code::Unauthorized => (
            "No access",
            "You may not open this page",
            "You are not a member of this organization, the key is someone else’s, or your role is not enough. Ask an owner or \
             admin if you need it.",
            false,
        ),
        Code::NotFound => (
            "Page not found",
            "This page does not exist",
            "The address may be wrong, or the key or organization is not yours to see.",
            false,
        ),
        Code::Unavailable | Code::TooManyRequests => (
            "One moment",
            "Roundtable cannot answer right now",
            "Nothing was changed. Wait a moment, then try again.",
            true,
        ),
        Code::Internal => (
            "Something went wrong",
            "Something went wrong",
            "Roundtable could not finish the request. Nothing was changed. Try again, and give the request number to your \
             administrator if it happens again.",
            true,
        ),
        _ => (
            "Not understood",
            "This could not be read",
            "Go back, load the page again and try once more. Nothing was changed.",
            false,
        ),
    };
    let status = status(problem.code);
    let status = if problem.code == Code::Unauthorized { http::StatusCode::FORBIDDEN } else { status };
    let request_id = problem.request_id.clone();
    // What a form was sent to is no page.
    let path = if path.is_empty() || path.starts_with("/ui/") { Screen::Shortcut.path() } else { path.to_owned() };
    let draw = move || {
        let (to, label) = if retry { (path.clone(), "Try again") } else { (Screen::Shortcut.path(), "Go to API Keys") };
        let body = view! {
            <p class="code-number">{status.as_u16()}</p>
            <h1>{heading}</h1>
            <p>{text}</p>
            <div class="actions"><a class="button primary" href=to>{label}</a></div>
        };
        card(body, view! { <p class="auth-foot">"Request "<code>{request_id}</code></p> })
    };
    Page { status, ..Page::new(title, draw) }
}
