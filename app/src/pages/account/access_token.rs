//! A new access token. Only the response to the form contains it.

use leptos::prelude::*;

use crate::components::personal_frame::{Own, personal};
use crate::form_result::IssuedToken;
use crate::islands::copying::CopyButtons;
use crate::pages::Page;
use crate::request::PageRequest;
use crate::routes::Screen;
use crate::shared_view::{Secret, secret_sheet};
use crate::words;

/// The page of a new token.
pub fn page(request: &PageRequest, own: Own, token: IssuedToken) -> Page {
    let url = request.context.site_config.public_url.clone();
    Page {
        islands: true,
        ..Page::new(words::access_token::TITLE, move || {
            render(&own, &token, &url)
        })
    }
}

fn render(own: &Own, token: &IssuedToken, url: &str) -> AnyView {
    let secret = Secret {
        value: &token.token,
        rows: 8,
        warning: words::access_token::WARNING,
        lost: words::access_token::LOST,
        shell: (
            words::reveal_key::SHELL_LINE,
            words::reveal_key::COPY_SHELL,
            words::access_token::shell_line(&token.token),
        ),
        curl: (
            words::reveal_key::CURL_LINE,
            words::reveal_key::COPY_CURL,
            words::reveal_key::curl_line(url, &token.token),
        ),
        waits_for: None,
    };
    let body = view! {
        <div class="sheet">
            <div class="sheet-head"><h1 id="reveal-title">{words::access_token::TITLE}</h1></div>
            {secret_sheet(secret, view! { {words::access_token::LABEL} })}
            <div class="sheet-foot">
                <p class="push">{words::access_token::expires(token.expires_at)}</p>
                <a class="button" href=Screen::Account.path()>{words::DONE}</a>
            </div>
        </div>
    };
    view! { {personal(own, words::access_token::TITLE, None, body.into_any())}<CopyButtons/> }
        .into_any()
}
