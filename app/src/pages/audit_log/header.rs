//! The parts around the table of events.

use domain::command::ExportFormat;
use domain::view::{ChainView, RemovedEvents};
use leptos::prelude::*;

use super::Log;
use crate::components::page_field;
use crate::routes::Location;
use crate::shared_view::icon;
use crate::words;

/// Up to which event the chain is verified. `None` before the first verification.
pub fn chain(chain: &ChainView) -> Option<AnyView> {
    let notice = words::audit_log::chain_state(chain).filter(|_| chain.broken.is_none())?;
    Some(view! { <p class="chain">{icon("check")}{notice}</p> }.into_any())
}

/// From when on the log is kept.
pub fn removed(removed: &RemovedEvents) -> AnyView {
    view! { <p class="lede">{words::audit_log::removed(removed)}</p> }.into_any()
}

/// The alert that the log was changed in the database, bypassing Roundtable.
pub fn broken(chain: &ChainView) -> Option<AnyView> {
    let n = chain.broken?;
    Some(
        view! {
            <div class="notice danger" role="alert" id="broken">
                {icon("danger")}<h2>{words::audit_log::CHAIN_BROKEN}</h2>
                <p>{words::audit_log::broken(n)}</p>
                <p>{words::audit_log::CHAIN_BROKEN_ADVICE}</p>
            </div>
        }
        .into_any(),
    )
}

/// The export of all events that match the filters. The form is posted, because each export is
/// recorded.
pub fn export(log: &Log) -> AnyView {
    let place = log.place().with("before", None);
    let hint = if place.has_log_filters() {
        words::audit_log::EXPORT_FILTERED
    } else {
        words::audit_log::EXPORT_ALL
    };
    let button = |format: ExportFormat| {
        view! {
            <button class="button" name="format" value=format.as_str() title=hint>
                {icon("download")}
                {words::audit_log::export_as(format)}
            </button>
        }
    };
    view! {
        <form class="actions" method="post" action="/ui/export_audit_log" aria-label=words::audit_log::EXPORT>
            {page_field(&place)}
            <input type="hidden" name="organization" value=log.room.organization().to_string()/>
            {ExportFormat::ALL.map(button)}
        </form>
    }
    .into_any()
}

/// The text for an empty list: on this page, with these filters, or at all.
pub fn nothing(log: &Log) -> AnyView {
    let (place, top) = (log.place(), Location::top(log.place().screen.clone()));
    let newest = place.before().map(|_| {
        view! { <a class="button" href=place.with("before", None).path()>{icon("chevron-left")}{words::audit_log::NEWEST}</a> }
    });
    let clear = place
        .has_log_filters()
        .then(|| view! { <a class="button" href=top.path()>{words::keys::CLEAR_FILTERS}</a> });
    let (title, hint) = match (place.before(), place.has_log_filters()) {
        (Some(_), _) => (
            Some(words::audit_log::NO_OLDER),
            words::audit_log::NO_OLDER_HINT,
        ),
        (None, true) => (
            Some(words::audit_log::NO_MATCH),
            words::audit_log::NO_MATCH_HINT,
        ),
        (None, false) => (None, words::audit_log::NO_EVENTS),
    };
    let title = title.map(|title| view! { <h2>{title}</h2> });
    view! { <div class="empty">{icon("audit")}{title}<p>{hint}</p><div class="actions">{newest}{clear}</div></div> }
        .into_any()
}
