//! The audit log.

use domain::Moment;
use domain::command::{ActionFilter, ExportFormat};
use domain::event::{EventCategory, ObjectKind};
use domain::view::{ChainView, RemovedEvents};

use super::format::{exact, grouped};
use super::isolated;

pub const TITLE: &str = "Audit log";
pub const VIEW: &str = "View in the audit log";
pub const ABOUT: &str = "About the audit log";
pub const ACTOR: &str = "Actor";
pub const ACTION: &str = "Action";
pub const OBJECT: &str = "Object";
pub const TIME: &str = "Time";
pub const TIME_UTC: &str = "Time (UTC)";
pub const FIND_EVENTS: &str = "Find events";
pub const FROM_DAY: &str = "From (UTC)";
pub const UNTIL_DAY: &str = "Until (UTC)";
pub const APPLY: &str = "Apply";
pub const ALL_ACTIONS: &str = "All actions";
pub const ALL_ACTORS: &str = "All actors";
pub const ALL_OBJECTS: &str = "All objects";
pub const ALL_TIME: &str = "All time";
pub const ACTIVE_FILTERS: &str = "Active filters";
pub const REMOVE_FILTER: &str = "Remove filter: ";
pub const NEWEST: &str = "Newest";
pub const OLDER: &str = "Older";
pub const ALL_FOR_OBJECT: &str = "All events for this item";
pub const NO_EVENTS: &str = "No events yet.";
pub const NO_MATCH: &str = "No events match";
pub const NO_MATCH_HINT: &str = "Try other filters, or clear them.";
pub const NO_OLDER: &str = "No older events";
pub const NO_OLDER_HINT: &str = "This is the end of the log.";
pub const EXPORT: &str = "Export";
pub const EXPORT_ALL: &str = "All events you can see here, on every page";
pub const EXPORT_FILTERED: &str = "All events that match the filters, on every page";
pub const CHAIN_BROKEN: &str = "Audit log integrity check failed";
pub const CHAIN_BROKEN_ADVICE: &str = "The database was changed directly, bypassing Roundtable. Contact your administrator, and compare the log with a backup or an earlier export.";
pub const KEY_EVENTS: &str = "Audit log";
pub const ALL_KEY_EVENTS: &str = "All events for this key";
pub const WITH_KEY: &str = "With key ";

/// Below the title.
pub fn lede(all: bool, organization: &str) -> String {
    let organization = isolated(organization);
    let what = if all {
        format!("Who did what in {organization}, newest first.")
    } else {
        format!(
            "What you did in {organization}, and what was done to your keys, newest first. Owners and admins see everything."
        )
    };
    format!("{what} Nobody in the organization can change or delete an event.")
}

/// From when on the log is kept.
pub fn removed(removed: &RemovedEvents) -> String {
    format!(
        "Events before {} were removed under the retention of {} days.",
        removed.before.to_day(),
        grouped(removed.retention_days)
    )
}

/// Above the table of events, for screen readers.
pub fn caption(organization: &str) -> String {
    format!("Events in {}", isolated(organization))
}

/// After the action, which opens the details of an event, for screen readers.
pub fn details_of(n: i64, at: Moment) -> String {
    format!(", details of event {} of {}", grouped(n), exact(at))
}

/// The range of events on a page.
pub fn events_from_to(first: i64, last: i64) -> String {
    format!("Events {} to {}", grouped(first), grouped(last))
}

/// Up to which event the chain is verified. `None` before the first verification.
pub fn chain_state(chain: &ChainView) -> Option<String> {
    let verified = grouped(chain.verified);
    match chain {
        ChainView { verified: 0, .. } => None,
        ChainView {
            verified: n,
            events,
            ..
        } if n < events => Some(format!(
            "Verified up to event {verified} of {} so far",
            grouped(*events)
        )),
        _ => Some(format!("Verified up to event {verified}")),
    }
}

/// The alert for the first event that does not match.
pub fn broken(n: i64) -> String {
    let n = grouped(n);
    format!(
        "Event {n} does not match the event before it: one of them was changed, removed or inserted. Events from {n} on cannot be trusted."
    )
}

/// The button that exports events.
pub const fn export_as(format: ExportFormat) -> &'static str {
    match format {
        ExportFormat::Csv => "Export CSV",
        ExportFormat::JsonLines => "Export JSON Lines",
    }
}

/// The label of an action, or of all actions of a category.
pub const fn action(action: ActionFilter) -> &'static str {
    match action {
        ActionFilter::One(action) => action.label(),
        ActionFilter::Any(EventCategory::Keys) => "All API key events",
        ActionFilter::Any(EventCategory::Members) => "All member events",
        ActionFilter::Any(EventCategory::ServiceAccounts) => "All service account events",
        ActionFilter::Any(EventCategory::Apis) => "All API and consumer events",
        ActionFilter::Any(EventCategory::SignIn) => "All sign-in events",
        ActionFilter::Any(EventCategory::Workspaces) => "All workspace and run events",
        ActionFilter::Any(EventCategory::Messages) => "All message and note events",
        ActionFilter::Any(EventCategory::Organization) => "All organization events",
    }
}

/// The label of a period, by its value in the URL.
pub fn last_period(period: &str) -> &'static str {
    match period {
        "24h" => "Last 24 hours",
        "7d" => "Last 7 days",
        "30d" => "Last 30 days",
        "90d" => "Last 90 days",
        _ => ALL_TIME,
    }
}

/// The filter for a first or a last day.
pub fn day_bound(name: &str, date: &str) -> String {
    let day = Moment::start_of_day(date).map_or_else(|| date.to_owned(), Moment::to_day);
    if name == "from" {
        format!("From {day}")
    } else {
        format!("Until {day}")
    }
}

/// The filter for an actor.
pub fn by_actor(name: &str) -> String {
    format!("By {}", isolated(name))
}

/// An actor whose name is unknown.
pub fn unnamed_actor(id: &str) -> String {
    format!("Actor #{id}")
}

/// One object, by its name if that is known.
pub fn object(kind: ObjectKind, id: &str, name: Option<&str>) -> String {
    let name = name
        .filter(|name| !name.is_empty())
        .map_or_else(|| format!("#{id}"), isolated);
    format!("{} {name}", kind.label())
}

#[cfg(test)]
mod tests {
    use super::*;

    // RK-26: up to which event the log is verified, in one line.
    #[test]
    fn the_chain_says_how_far_it_holds() {
        let text = |verified, events| {
            chain_state(&ChainView {
                verified,
                events,
                broken: None,
            })
        };
        assert_eq!(
            text(1204, 1204).as_deref(),
            Some("Verified up to event 1,204")
        );
        assert_eq!(
            text(2000, 100_000).as_deref(),
            Some("Verified up to event 2,000 of 100,000 so far")
        );
        assert_eq!(text(0, 0), None);
    }
}
