//! Allowing a device to sign in: a command line, or a web page of another origin.

use domain::Moment;
use domain::device::DeviceClient;
use engine::people::Person;
use leptos::prelude::*;

use crate::components::{page_field, summary};
use crate::request::PageRequest;
use crate::routes::Location;
use crate::server_fns::devices::{ALLOW, DENY};
use crate::shared_view::icon;
use crate::words;

pub mod authorize;
pub mod code;

/// The device that the page asks about.
struct Shown {
    client: DeviceClient,
    /// Where it is and since when it asks; none for a program on this computer.
    remote: Option<Remote>,
}

struct Remote {
    address: Option<String>,
    agent: Option<String>,
    requested_at: Moment,
}

/// The question and its two answers.
fn question(
    request: &PageRequest,
    place: &Location,
    person: &Person,
    shown: &Shown,
    code: AnyView,
) -> AnyView {
    let now = request.context.engine.runtime().now();
    let who = person.email.as_deref().unwrap_or(&person.name);
    let facts = facts(shown, now);
    view! {
        <h1>{words::device::heading(shown.client)}</h1>
        {summary(words::device::FAILED, request.problem(), place)}
        {code}
        {facts}
        <p>{words::device::access(who)}</p>
        <div class="notice warning">{icon("warning")}<p>{words::device::WARNING}</p></div>
        <form class="actions" method="post" action="/ui/decide_device">
            {page_field(place)}
            <button class="button primary" name="decision" value=ALLOW>{words::device::ALLOW}</button>
            <button class="button" name="decision" value=DENY>{words::device::DENY}</button>
        </form>
    }
    .into_any()
}

fn facts(shown: &Shown, now: Moment) -> AnyView {
    let Some(remote) = &shown.remote else {
        return view! { <p>{words::device::ON_THIS_COMPUTER}</p> }.into_any();
    };
    let device = words::account::device(remote.agent.as_deref());
    let address = remote
        .address
        .clone()
        .unwrap_or_else(|| words::account::UNKNOWN_IP_ADDRESS.into());
    view! {
        <dl class="facts boxed">
            <dt>{words::labels::DEVICE}</dt><dd><bdi>{device}</bdi></dd>
            <dt>{words::labels::IP_ADDRESS}</dt><dd><bdi>{address}</bdi></dd>
            <dt>{words::device::REQUESTED}</dt><dd>{crate::components::when(now, remote.requested_at)}</dd>
        </dl>
    }
    .into_any()
}
