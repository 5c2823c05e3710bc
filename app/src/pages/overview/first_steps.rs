//! What a member without a key does first.

use leptos::prelude::*;

use super::Glance;
use crate::routes::{DOCS_OF_FIRST_CALL, DOCS_OF_ROTATION, Screen};
use crate::shared_view::icon;
use crate::words;

/// The steps from no key to a key that is looked after. Where members cannot create keys, the first
/// one says whom to ask.
pub fn first_steps(glance: &Glance) -> AnyView {
    let path = Screen::NewKey(glance.room.organization()).path();
    let create = glance
        .may_create
        .then(|| view! { <a class="button primary" href=path>{icon("plus")}{words::create_key::TITLE}</a> });
    let [(_, how), (call, call_how), (rotate, rotate_how)] = words::overview::FIRST_STEPS;
    let (create_title, how) = match glance.may_create {
        true => (words::overview::FIRST_STEPS[0].0, how),
        false => (
            words::overview::ASK_FOR_KEYS,
            words::create_key::NOT_ALLOWED,
        ),
    };
    view! {
        <section class="panel" aria-labelledby="steps-title">
            <h2 id="steps-title">{words::keys::NO_KEYS}</h2>
            <p class="muted">{words::keys::WHAT_FOR}</p>
            <ol class="steps">
                <li><div><h3>{create_title}</h3><p class="muted">{how}</p></div>{create}</li>
                <li>
                    <div><h3>{call}</h3><p class="muted">{call_how}</p></div>
                    <a class="button" href=DOCS_OF_FIRST_CALL>
                        {icon("book")}
                        {words::overview::HOW_TO_CALL}
                    </a>
                </li>
                <li>
                    <div><h3>{rotate}</h3><p class="muted">{rotate_how}</p></div>
                    <a class="button" href=DOCS_OF_ROTATION>
                        {icon("book")}
                        {words::overview::HOW_TO_ROTATE}
                    </a>
                </li>
            </ol>
        </section>
    }
    .into_any()
}
