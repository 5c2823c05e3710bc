//! Sentences of the audit log: the page, and what it says of a change.

use domain::command::{ActionFilter, ExportFormat, ObjectFilter};
use domain::event::{Chapter, ObjectKind};
use domain::key::{Environment, RevokeReason};
use domain::view::ChainView;
use domain::{Moment, Role, Scope};

use super::{FULL_ACCESS, exact, grouped, isolated};

/// Leads to the documentation of the log.
pub const ABOUT_LOG: &str = "About the Audit Log";
/// Who did it.
pub const ACTOR: &str = "Actor";
/// What happened.
pub const ACTION: &str = "Action";
/// What it happened to.
pub const OBJECT: &str = "Object";
/// When it happened.
pub const TIME: &str = "Time";
/// The name of the form that finds events.
pub const FIND_EVENTS: &str = "Find events";
/// The first day to look at.
pub const FROM_DAY: &str = "From (UTC)";
/// The last day to look at.
pub const UNTIL_DAY: &str = "Until (UTC)";
/// Finds them.
pub const SHOW_EVENTS: &str = "Show";
/// Whatever happened.
pub const ANY_ACTION: &str = "Any action";
/// Whoever did it.
pub const ANY_ACTOR: &str = "Anyone";
/// Whatever it happened to.
pub const ANY_OBJECT: &str = "Anything";
/// Whenever it happened.
pub const ANY_TIME: &str = "Any time";
/// The filters that were chosen.
pub const CHOSEN_FILTERS: &str = "Chosen filters";
/// Before a filter that can be let go.
pub const REMOVE_FILTER: &str = "Remove filter: ";
/// The newest events.
pub const NEWEST_EVENTS: &str = "Newest";
/// Events from before these.
pub const OLDER_EVENTS: &str = "Older";
/// Leads to everything about one thing.
pub const ALL_ABOUT_IT: &str = "Everything about it";
/// Nothing in the log.
pub const NO_EVENTS: &str = "Nothing has happened yet.";
/// Title of a log that the filters emptied.
pub const NO_EVENTS_FOUND: &str = "No events match";
/// What to do then.
pub const NO_EVENTS_FOUND_HINT: &str = "Try other filters, or clear them.";
/// Title of a page behind the last event.
pub const NO_OLDER_EVENTS: &str = "No older events";
/// What to do then.
pub const NO_OLDER_EVENTS_HINT: &str = "This is the end of the log.";
/// The name of the form that takes events out.
pub const EXPORT: &str = "Export";
/// What is taken out when nothing was chosen.
pub const EXPORT_ALL: &str = "All events you can see here, on every page";
/// What is taken out when something was.
pub const EXPORT_FILTERED: &str = "All events that match the filters, on every page";
/// Title of the alarm about a log that was altered.
pub const CHAIN_BROKEN: &str = "This log was altered from outside";
/// What to do then.
pub const CHAIN_BROKEN_ADVICE: &str = "Somebody changed the database without Roundtable. Tell whoever runs this installation: compare with a backup or an export from before.";
/// Title of the events of one thing on its own page.
pub const ITS_EVENTS: &str = "Audit log";
/// Leads from there to all of them.
pub const ALL_ITS_EVENTS: &str = "All events of this key";

/// Before the key that something was done with.
pub const WITH_KEY: &str = "With key ";
/// Who acted without a key.
pub const PERSON: &str = "Person";

/// Beneath the title of the log.
pub fn audit_lede(all: bool, organization: &str) -> String {
    let organization = isolated(organization);
    let what = if all {
        format!("Who did what in {organization}, newest first.")
    } else {
        format!(
            "What you did in {organization}, and what was done to your keys, newest first. Owners and admins see everything."
        )
    };
    format!("{what} Nobody can change or delete an entry.")
}

/// Above the table of events, for screen readers.
pub fn events_caption(organization: &str) -> String {
    format!("Events in {}", isolated(organization))
}

/// After the word that opens the details of an event, for screen readers.
pub fn details_of(n: i64, at: Moment) -> String {
    format!(" of event {} of {}", grouped(n), exact(at))
}

/// The events of a page.
pub fn events_from_to(first: i64, last: i64) -> String {
    format!("Events {} to {}", grouped(first), grouped(last))
}

/// How far the log is known to be as it was written; nothing while nobody has looked.
pub fn chain_state(chain: &ChainView) -> Option<String> {
    let verified = grouped(chain.verified);
    match chain {
        ChainView { verified: 0, .. } => None,
        ChainView { verified: n, events, .. } if n < events => {
            Some(format!("Verified up to event {verified} of {} so far", grouped(*events)))
        }
        _ => Some(format!("Verified up to event {verified}")),
    }
}

/// Where the log ceases to be what was written.
pub fn broken_at(n: i64) -> String {
    let n = grouped(n);
    format!(
        "Event {n} does not fit: it, or the event before it, was changed, removed or added. From event {n} on the log proves nothing."
    )
}

/// Takes events out.
pub const fn export_as(format: ExportFormat) -> &'static str {
    match format {
        ExportFormat::Csv => "Export CSV",
        ExportFormat::JsonLines => "Export JSON lines",
    }
}

/// What happened: one thing, or whatever of a chapter.
pub const fn happened(action: ActionFilter) -> &'static str {
    match action {
        ActionFilter::One(happening) => happening.label(),
        ActionFilter::Any(Chapter::Keys) => "All about API keys",
        ActionFilter::Any(Chapter::Members) => "All about members",
        ActionFilter::Any(Chapter::ServiceAccounts) => "All about service accounts",
        ActionFilter::Any(Chapter::SignIn) => "All about signing in",
        ActionFilter::Any(Chapter::Workspaces) => "All about workspaces, runs",
        ActionFilter::Any(Chapter::Messages) => "All about messages, notes",
        ActionFilter::Any(Chapter::Organization) => "All about the organization",
    }
}

/// So long back from now, by the word in the address.
pub fn last_period(period: &str) -> &'static str {
    match period {
        "24h" => "Last 24 hours",
        "7d" => "Last 7 days",
        "30d" => "Last 30 days",
        "90d" => "Last 90 days",
        _ => ANY_TIME,
    }
}

/// A first or a last day that was chosen.
pub fn day_bound(name: &str, date: &str) -> String {
    let day = Moment::start_of_day(date).map_or_else(|| date.to_owned(), Moment::to_day);
    if name == "from" { format!("From {day}") } else { format!("Until {day}") }
}

/// Who was chosen.
pub fn done_by(name: &str) -> String {
    format!("By {}", isolated(name))
}

/// An actor whose name is not at hand.
pub fn actor_no(id: &str) -> String {
    format!("Actor no. {id}")
}

/// One thing, by its name if that is at hand.
pub fn named_thing(kind: ObjectKind, id: &str, name: Option<&str>) -> String {
    let name = name.filter(|name| !name.is_empty()).map_or_else(|| format!("no. {id}"), isolated);
    format!("{} {name}", kind.label())
}

/// A field of an event.
pub fn changed_field(field: &str) -> String {
    match field {
        "state" => "Status".into(),
        "scopes" => "Permissions".into(),
        "expires_at" => "Expires".into(),
        "ended_at" => "Ended".into(),
        "successor" => "Successor".into(),
        "allow_overlap" => "Several active keys".into(),
        "max_key_days" => super::LONGEST_LIFETIME.into(),
        "key_makers" => super::KEY_MAKERS.into(),
        "keys_make_keys" => super::KEYS_MAKE_KEYS.into(),
        other => {
            let words = other.replace('_', " ");
            let mut letters = words.chars();
            letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
        }
    }
}

/// How a session came to its end.
fn ending(reason: &str) -> Option<String> {
    match reason {
        "signed_out" => Some("Signed out".into()),
        "revoked" => Some("Revoked from the list of sessions".into()),
        _ => None,
    }
}

/// A value of an event.
pub fn changed_value(field: &str, value: &str) -> String {
    let said = match field {
        "reason" => value.parse().ok().map(|reason: RevokeReason| reason.label().to_owned()).or_else(|| ending(value)),
        "role" => value.parse().ok().map(|role: Role| role.label().to_owned()),
        "environment" => value.parse().ok().map(|environment: Environment| environment.label().to_owned()),
        "scopes" => Some(scope_words(value)),
        "successor" => Some(format!("Key no. {value}")),
        "action" => value.parse().ok().map(|action| happened(action).to_owned()),
        "actor" => Some(actor_no(value)),
        "object" => value.parse().ok().map(|ObjectFilter { kind, id }| match id {
            Some(id) => named_thing(kind, id.as_str(), None),
            None => kind.label().to_owned(),
        }),
        "format" => match value {
            "csv" => Some("CSV".into()),
            "jsonl" => Some("JSON lines".into()),
            _ => None,
        },
        "from" | "until" => Moment::parse(value).map(Moment::to_words),
        "max_key_days" => Some(super::lifetime(value.parse().ok())),
        "state" => match value {
            "active" => Some("Active".into()),
            "expired" => Some("Expired".into()),
            "revoked" => Some("Revoked".into()),
            _ => None,
        },
        "key_makers" => value.parse().ok().map(|who| super::key_makers(who).to_owned()),
        "disabled" | "allow_overlap" | "keys_make_keys" => match value {
            "true" => Some("Yes".into()),
            "false" => Some("No".into()),
            _ => None,
        },
        _ if field.ends_with("_at") => Moment::parse(value).map(Moment::to_words),
        _ => None,
    };
    said.unwrap_or_else(|| value.to_owned())
}

/// A field that has no value, neither before nor after.
pub fn unchanged(field: &str) -> &'static str {
    if field == "expires_at" { super::NEVER } else { super::NONE }
}

fn scope_words(line: &str) -> String {
    match line {
        "*" => FULL_ACCESS.into(),
        "" => super::NONE.into(),
        line => line
            .split(' ')
            .map(|word| word.parse().map_or(word, |scope: Scope| scope.as_str()))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RK-26: how far the log is proven, in one line.
    #[test]
    fn the_chain_says_how_far_it_holds() {
        let told = |verified, events| chain_state(&ChainView { verified, events, broken: None });
        assert_eq!(told(1204, 1204).as_deref(), Some("Verified up to event 1,204"));
        assert_eq!(told(2000, 100_000).as_deref(), Some("Verified up to event 2,000 of 100,000 so far"));
        assert_eq!(told(0, 0), None);
    }

    #[test]
    fn changes_read_well() {
        let cases = [
            ("scopes", "*", "Permissions: Full access"),
            ("scopes", "", "Permissions: None"),
            ("scopes", "runs:read runs:write", "Permissions: runs:read, runs:write"),
            ("expires_at", "2026-04-08T19:51:19Z", "Expires: 8 Apr 2026, 19:51 UTC"),
            ("successor", "12", "Successor: Key no. 12"),
            ("environment", "test", "Environment: Test"),
            ("state", "revoked", "Status: Revoked"),
            ("max_key_days", "90", "Longest lifetime of new keys: 90 days"),
            ("key_makers", "admins", "Who may create keys: Only owners and admins"),
            ("keys_make_keys", "false", "Keys may create keys: No"),
            ("display_name", "Ada", "Display name: Ada"),
            ("action", "keys", "Action: All about API keys"),
            ("action", "key.revoked", "Action: Revoked an API key"),
            ("actor", "5", "Actor: Actor no. 5"),
            ("object", "key:12", "Object: API key no. 12"),
            ("format", "jsonl", "Format: JSON lines"),
            ("until", "2026-04-08T00:00:00Z", "Until: 8 Apr 2026, 00:00 UTC"),
        ];
        for (field, value, told) in cases {
            assert_eq!(format!("{}: {}", changed_field(field), changed_value(field, value)), told);
        }
    }
}
