//! Allowing a program on the same computer as the browser (RFC 8252).

use domain::device::AuthorizationRequest;
use domain::{Code, Problem};
use leptos::prelude::*;

use super::{Shown, question};
use crate::components::personal_frame::signed_in;
use crate::components::{card, sign_out_line};
use crate::form_result::FormResult;
use crate::pages::Page;
use crate::request::PageRequest;
use crate::routes::{Location, Screen};
use crate::words;

/// The program that asks, or the way back to it after the decision.
pub async fn load(request: &PageRequest) -> Result<Page, Problem> {
    let context = &request.context;
    if let Some(FormResult::DeviceDecided { to }) = request.result() {
        return Ok(back_to_program(to.clone()));
    }
    let place = Location::of(Screen::Authorize, &request.query);
    let person = signed_in(context).await?;
    let asked = AuthorizationRequest::read(|name| place.get(name))
        .ok_or_else(|| context.problem(Code::BadRequest))?;
    let shown = Shown {
        client: asked.client,
        remote: None,
    };
    let body = question(request, &place, &person, &shown, ().into_any());
    Ok(Page::new(words::device::TITLE, move || {
        card(body, sign_out_line(&person, &place))
    }))
}

/// The page that leads back to the program by itself. It is not a redirect, because the content
/// security policy allows forms to redirect only to this site.
fn back_to_program(to: String) -> Page {
    Page::new(words::device::TITLE, move || {
        let refresh = format!("0; url={to}");
        let body = view! {
            <meta http-equiv="refresh" content=refresh/>
            <h1>{words::device::DONE}</h1>
            <p>{words::device::RETURN}</p>
            <div class="actions"><a class="button" href=to>{words::device::CONTINUE}</a></div>
        };
        card(body, ())
    })
}
