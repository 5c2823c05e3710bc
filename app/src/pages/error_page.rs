//! The pages for missing, forbidden and failed requests.

use domain::{Code, Problem};
use leptos::prelude::*;

use super::Page;
use crate::components::card;
use crate::form_error::status;
use crate::routes::Screen;
use crate::words;

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

/// The page of a form that waits for a fresh sign-in.
pub fn confirming(problem: &Problem, provider: &str, to: &str) -> Page {
    let (button, text, to) = (
        words::confirm::continue_with(provider),
        words::confirm::text(provider),
        to.to_owned(),
    );
    let render = move || {
        let body = view! {
            <h1>{words::confirm::TITLE}</h1>
            <p>{text}</p>
            <div class="actions"><a class="button primary" href=to>{button}</a></div>
        };
        card(body, ())
    };
    Page {
        status: status(problem.code),
        ..Page::new(words::confirm::TITLE, render)
    }
}

fn render(problem: &Problem, words: words::error_page::ErrorPage, path: &str) -> Page {
    let words::error_page::ErrorPage {
        title,
        heading,
        text,
        retry,
    } = words;
    let status = status(problem.code);
    let status = if problem.code == Code::Unauthorized {
        http::StatusCode::FORBIDDEN
    } else {
        status
    };
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
