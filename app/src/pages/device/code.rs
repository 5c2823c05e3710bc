//! Typing the code that a device shows, comparing it, and deciding (RFC 8628, 3.3).

use domain::device::UserCode;
use domain::view::DeviceRequest;
use domain::{Code, Problem};
use engine::attempts::Kind;
use engine::people::Person;
use leptos::prelude::*;

use super::{Remote, Shown, question};
use crate::components::field::Field;
use crate::components::personal_frame::signed_in;
use crate::components::{card, done, sign_out_line};
use crate::flash::Flash;
use crate::pages::Page;
use crate::request::{PageContext, PageRequest};
use crate::routes::{Location, Screen};
use crate::words;

/// The form for the code, or the device with the code of the URL.
pub async fn load(request: &PageRequest) -> Result<Page, Problem> {
    let context = &request.context;
    let place = Location::of(Screen::Device, &request.query);
    let person = signed_in(context).await?;
    let typed = request.query_value("user_code");
    let code = place
        .get("user_code")
        .and_then(|code| code.parse::<UserCode>().ok());
    let Some(code) = code else {
        let notice = notice(context).await;
        let typed = typed.map(str::to_owned);
        return Ok(enter_code(person, place, notice, typed));
    };
    match find(context, &code).await {
        Ok(found) => Ok(decide(request, person, place, &found)),
        Err(engine::Error::NotFound) => Ok(enter_code(
            person,
            Location::top(Screen::Device),
            None,
            Some(code.to_string()),
        )),
        Err(error) => Err(context.to_problem(&error)),
    }
}

/// The device of a code. Guessing codes is limited.
async fn find(context: &PageContext, code: &UserCode) -> engine::Result<DeviceRequest> {
    context
        .engine
        .attempt(
            Kind::UserCode,
            &context.origin,
            code.letters(),
            context.engine.get_device_request(code),
        )
        .await
}

async fn notice(context: &PageContext) -> Option<&'static str> {
    match context.take_flash().await {
        Some(Flash::DeviceAllowed) => Some(words::device::ALLOWED),
        Some(Flash::DeviceDenied) => Some(words::device::DENIED),
        _ => None,
    }
}

fn enter_code(
    person: Person,
    place: Location,
    notice: Option<&'static str>,
    typed: Option<String>,
) -> Page {
    if let Some(notice) = notice {
        return Page::new(words::device::TITLE, move || {
            let body = view! {
                <h1>{words::device::DONE}</h1>
                {done(notice.to_owned())}
                <p>{words::device::RETURN}</p>
                <div class="actions"><a class="button" href=Screen::Account.path()>{words::device::SESSIONS}</a></div>
            };
            card(body, sign_out_line(&person, &place))
        });
    }
    Page::new(words::device::TITLE, move || {
        let problem = typed.as_ref().map(|_| Problem {
            fields: vec![domain::FieldFault {
                message: words::device::NOT_VALID.into(),
                ..domain::FieldFault::new("user_code", domain::Fault::Missing)
            }],
            ..Problem::new(Code::InvalidFields, "")
        });
        let field = Field::new(
            "user_code",
            words::device::CODE,
            words::device::CODE_HINT,
            problem.as_ref(),
        );
        let body = view! {
            <h1>{words::device::TITLE}</h1>
            <p>{words::device::LEDE}</p>
            <form class="form" method="get" action=Screen::Device.path()>
                {field.code(typed.clone().unwrap_or_default(), words::device::CODE_SAMPLE, true)}
                <button class="button primary wide">{words::device::NEXT}</button>
            </form>
        };
        card(body, sign_out_line(&person, &place))
    })
}

fn decide(request: &PageRequest, person: Person, place: Location, found: &DeviceRequest) -> Page {
    let shown = Shown {
        client: found.client,
        remote: Some(Remote {
            address: found.address.clone(),
            agent: found.agent.clone(),
            requested_at: found.requested_at,
        }),
    };
    let code = found.user_code.to_string();
    let code =
        view! { <p>{words::device::COMPARE}</p><p class="user-code"><strong>{code}</strong></p> };
    let body = question(request, &place, &person, &shown, code.into_any());
    Page::new(words::device::TITLE, move || {
        card(body, sign_out_line(&person, &place))
    })
}
