//! The keys that need attention, the most urgent first, each with its next step.

use domain::attention::{Attention, Notice, Step};
use domain::command::StatusFilter;
use domain::view::Concern;
use leptos::prelude::*;

use super::Glance;
use crate::routes::{Location, Screen};
use crate::shared_view::icon;
use crate::words;

/// The most urgent keys, and a link to the others.
pub fn concerns(glance: &Glance) -> AnyView {
    let content = match glance.all.concerns.is_empty() {
        true => {
            view! { <p class="calm">{icon("check")}<span>{words::overview::NO_ATTENTION_NEEDED}</span></p> }.into_any()
        }
        false => view! {
            <ul class="concerns">{glance.all.concerns.iter().map(|one| concern(glance, one)).collect_view()}</ul>
            {more(glance)}
        }
        .into_any(),
    };
    view! {
        <section class="panel" aria-labelledby="attention-title">
            <h2 id="attention-title">{words::keys::NEEDS_ATTENTION}</h2>
            {content}
        </section>
    }
    .into_any()
}

fn concern(glance: &Glance, concern: &Concern) -> impl IntoView + use<> {
    let (room, key) = (&glance.room, &concern.line.key);
    let now = room.ctx.now();
    let (glyph, mood) = match concern.why {
        Attention::Exposed => ("danger", "danger"),
        Attention::Expires(Notice::Day) => ("clock", "danger"),
        Attention::Expires(_) => ("clock", "warning"),
        Attention::Unused | Attention::NeverUsed | Attention::NeverExpires => ("info", "muted"),
    };
    let owner = (key.actor_id != room.ctx.actor().id)
        .then(|| view! { " · "<bdi>{key.actor_name.clone()}</bdi> });
    let page = Screen::Key(room.organization(), key.key_id).path();
    view! {
        <li>
            <span class=format!("sign {mood}")>{icon(glyph)}</span>
            <div class="what">
                <a href=page><bdi>{key.label.clone()}</bdi></a>
                <p>{words::overview::attention_reason(concern.why, now, &concern.line)}</p>
                <p class="sub"><code>{key.key_prefix.clone()}</code>{owner}</p>
            </div>
            {step(glance, concern)}
        </li>
    }
}

/// The link to the next step.
fn step(glance: &Glance, concern: &Concern) -> impl IntoView + use<> {
    let (organization, key) = (glance.room.organization(), &concern.line.key);
    let step = concern
        .why
        .step(concern.line.rotated_to.is_some());
    let screen = match step {
        Step::Rotate => Screen::RotateKey(organization, key.key_id),
        Step::Revoke => Screen::RevokeKey(organization, key.key_id),
        Step::Look => Screen::Key(organization, key.key_id),
    };
    let dialog = (!matches!(step, Step::Look)).then_some("");
    let name = key.label.clone();
    view! {
        <a class="button" href=screen.path() data-dialog=dialog>
            {words::overview::step(step)}
            <span class="visually-hidden">" "<bdi>{name}</bdi></span>
        </a>
    }
}

fn more(glance: &Glance) -> Option<AnyView> {
    let shown = i64::try_from(glance.all.concerns.len()).unwrap_or(i64::MAX);
    let more = glance.all.keys.attention - shown;
    let list = Location::top(Screen::ApiKeys(glance.room.organization()));
    let path = list
        .with("status", Some(StatusFilter::Attention.as_str()))
        .path();
    (more > 0)
        .then(|| view! { <p><a href=path>{words::overview::more_keys(more)}</a></p> }.into_any())
}
