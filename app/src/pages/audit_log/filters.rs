//! The filters of the audit log: a form, links to recent periods, and the active filters.

use domain::ActorKind;
use domain::command::{ActionFilter, ObjectFilter};
use domain::event::{EventCategory, ObjectKind};
use leptos::prelude::*;

use super::Log;
use crate::components::filter_sheet::filter_sheet;
use crate::routes::{LOG_FILTERS, Location, Period};
use crate::shared_view::icon;
use crate::words;

/// What the form sets.
const SET: [&str; 5] = ["action", "actor", "object", "from", "until"];

/// The filters, between the title and the table.
pub fn filters(log: &Log) -> AnyView {
    let set = SET
        .into_iter()
        .filter(|name| log.place().get(name).is_some());
    view! {
        <div class="log-filters">{filter_sheet(set.count(), form(log))}</div>
        <div class="log-periods">{periods(log.place())}{chosen(log)}</div>
    }
    .into_any()
}

fn form(log: &Log) -> AnyView {
    let period = log.place().get("period").map(|word| {
        view! { <input type="hidden" name="period" value=word.to_owned()/> }
    });
    view! {
        <form class="log-form" method="get" action=log.place().screen.path() role="search" aria-label=words::audit_log::FIND_EVENTS>
            <div><label for="action">{words::audit_log::ACTION}</label>{actions(log)}</div>
            <div><label for="actor">{words::audit_log::ACTOR}</label>{actors(log)}</div>
            <div><label for="object">{words::audit_log::OBJECT}</label>{objects(log)}</div>
            <div><label for="from">{words::audit_log::FROM_DAY}</label>{day(log, "from")}</div>
            <div><label for="until">{words::audit_log::UNTIL_DAY}</label>{day(log, "until")}</div>
            {period}
            <button class="button">{icon("search")}{words::audit_log::APPLY}</button>
        </form>
    }
    .into_any()
}

fn option(value: &str, text: &str, now: Option<&str>) -> AnyView {
    let here = now.unwrap_or_default() == value;
    view! { <option value=value.to_owned() selected=here>{text.to_owned()}</option> }.into_any()
}

fn actions(log: &Log) -> AnyView {
    let now = log.place().get("action");
    let category = |category: EventCategory| {
        let single = category
            .actions()
            .map(|kind| option(kind.as_str(), kind.label(), now))
            .collect_view();
        let all = option(
            category.as_str(),
            words::audit_log::action(ActionFilter::Any(category)),
            now,
        );
        view! { <optgroup label=category.label()>{all}{single}</optgroup> }
    };
    view! {
        <select class="input" id="action" name="action">
            {option("", words::audit_log::ALL_ACTIONS, now)}{EventCategory::ALL.map(category)}
        </select>
    }
    .into_any()
}

/// The actors of the events that the person can see, and an actor that a link selected.
fn actors(log: &Log) -> AnyView {
    let now = log.place().get("actor");
    let group = |kind: ActorKind, category: EventCategory| {
        let of_kind = log
            .actors
            .iter()
            .filter(|actor| actor.kind == kind);
        let options: Vec<_> = of_kind
            .map(|actor| option(&actor.id.to_string(), &actor.name, now))
            .collect();
        (!options.is_empty())
            .then(|| view! { <optgroup label=category.label()>{options}</optgroup> })
    };
    let other = now.filter(|id| {
        log.actors
            .iter()
            .all(|actor| actor.id.to_string() != **id)
    });
    let other = other.map(|id| option(id, &actor_name(log, id), now));
    view! {
        <select class="input" id="actor" name="actor" dir="auto">
            {option("", words::audit_log::ALL_ACTORS, now)}{other}
            {group(ActorKind::Member, EventCategory::Members)}{group(ActorKind::Service, EventCategory::ServiceAccounts)}
        </select>
    }
    .into_any()
}

/// The kinds of objects, and an object that a link selected.
fn objects(log: &Log) -> AnyView {
    let now = log.place().get("object");
    let one = now
        .filter(|word| word.contains(':'))
        .map(|word| option(word, &object_name(log, word), now));
    let kinds = ObjectKind::ALL.map(|kind| option(kind.as_str(), kind.label(), now));
    view! {
        <select class="input" id="object" name="object" dir="auto">
            {option("", words::audit_log::ALL_OBJECTS, now)}
            {one}
            {kinds}
        </select>
    }
    .into_any()
}

fn day(log: &Log, name: &'static str) -> AnyView {
    view! { <input class="input" type="date" id=name name=name value=log.place().get(name).map(str::to_owned)/> }
        .into_any()
}

/// Links to recent periods.
fn periods(place: &Location) -> AnyView {
    let now = place.get("period");
    let any = place
        .with("period", None)
        .with("from", None)
        .with("until", None);
    let entry = |to: String, text: &'static str, here: bool| {
        view! { <li><a href=to aria-current=here.then_some("true")>{text}</a></li> }
    };
    let last = |period: Period| {
        let word = period.as_str();
        entry(
            place.with("period", Some(word)).path(),
            words::audit_log::last_period(word),
            now == Some(word),
        )
    };
    let free = any.pairs() == place.with("before", None).pairs();
    view! { <nav aria-label=words::audit_log::TIME><ul class="periods">{entry(any.path(), words::audit_log::ALL_TIME, free)}{Period::ALL.map(last)}</ul></nav> }
        .into_any()
}

/// The active filters, each with a link that removes it. A period is left out, because its link is
/// already highlighted.
fn chosen(log: &Log) -> Option<AnyView> {
    let place = log.place();
    let chip = |name: &'static str| {
        let value = place.get(name).filter(|_| name != "period")?;
        let text = match name {
            "action" => value
                .parse()
                .map(words::audit_log::action)
                .unwrap_or_default()
                .to_owned(),
            "actor" => words::audit_log::by_actor(&actor_name(log, value)),
            "object" => object_name(log, value),
            name => words::audit_log::day_bound(name, value),
        };
        let without = place.with(name, None).path();
        Some(view! {
            <li><a class="chip" href=without><span class="visually-hidden">{words::audit_log::REMOVE_FILTER}</span><bdi>{text}</bdi>{icon("close")}</a></li>
        })
    };
    let chips: Vec<_> = LOG_FILTERS.into_iter().filter_map(chip).collect();
    let chips = (!chips.is_empty()).then(
        || view! { <ul class="chips" aria-label=words::audit_log::ACTIVE_FILTERS>{chips}</ul> },
    );
    let top = Location::top(place.screen.clone()).path();
    place.has_log_filters().then(|| {
        view! { {chips}<a class="link-button" href=top>{words::keys::CLEAR_FILTERS}</a> }.into_any()
    })
}

/// The name of an actor: the current one, or else the one in the events shown.
fn actor_name(log: &Log, id: &str) -> String {
    let now = log
        .actors
        .iter()
        .find(|actor| actor.id.to_string() == id)
        .map(|actor| &actor.name);
    let then = log.rows.rows.iter().find(|event| {
        event
            .actor_id
            .is_some_and(|actor| actor.to_string() == id)
    });
    now.or(then.map(|event| &event.actor_name))
        .cloned()
        .unwrap_or_else(|| words::audit_log::unnamed_actor(id))
}

/// The name of an object in the newest of the events shown.
fn object_name(log: &Log, word: &str) -> String {
    let Ok(ObjectFilter { kind, id }) = word.parse() else {
        return String::new();
    };
    let Some(id) = id else {
        return kind.label().to_owned();
    };
    let newest = log
        .rows
        .rows
        .iter()
        .find(|event| event.object_kind == kind.as_str() && event.object_id == id.as_str());
    words::audit_log::object(
        kind,
        id.as_str(),
        newest.map(|event| event.object_label.as_str()),
    )
}
