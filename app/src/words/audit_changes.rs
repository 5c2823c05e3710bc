//! Fields and values of an audit event.

use domain::api::KeyHeader;
use domain::command::ObjectFilter;
use domain::environment::Environment;
use domain::key::RevokeReason;
use domain::run::{LEASE_LOST, RunState};
use domain::{Moment, Role, Scope, SealedKind};

/// A field of an event.
pub fn field(field: &str) -> String {
    match field {
        "state" => "Status".into(),
        "scopes" => "Permissions".into(),
        "expires_at" => "Expires".into(),
        "ended_at" => "Ended".into(),
        "successor" => "Successor".into(),
        "allow_overlap" => "Multiple active keys".into(),
        "api" => "API".into(),
        "slug" => "Name in URLs".into(),
        "key_prefix" => "Key prefix".into(),
        "key_header" => "Key header".into(),
        "declared_scopes" => "Permissions".into(),
        "external_id" => "External ID".into(),
        "allowed_ips" => "Allowed IP addresses".into(),
        "last_removed" => "Last removed event".into(),
        "last_removed_hash" => "Hash of the last removed event".into(),
        "removed_before" => "Removed events before".into(),
        "removed_events" => "Number of removed events".into(),
        "retention_days" => "Retention in days".into(),
        "key_id" => super::labels::KEY_ID.into(),
        "max_key_days" => super::organization::MAXIMUM_LIFETIME.into(),
        "default_key_days" => super::organization::PRESELECTED.into(),
        "key_makers" => super::organization::KEY_MAKERS.into(),
        "keys_make_keys" => super::organization::KEYS_MAKE_KEYS.into(),
        other => {
            let words = other.replace('_', " ");
            let mut letters = words.chars();
            letters
                .next()
                .map(|first| first.to_uppercase().chain(letters).collect())
                .unwrap_or_default()
        }
    }
}

/// Why a session ended.
fn session_end(reason: &str) -> Option<String> {
    match reason {
        "signed_out" => Some("Signed out".into()),
        "revoked" => Some("Revoked from the list of sessions".into()),
        _ => None,
    }
}

/// The format of an export.
fn file_format(format: &str) -> Option<String> {
    match format {
        "csv" => Some("CSV".into()),
        "jsonl" => Some("JSON Lines".into()),
        _ => None,
    }
}

/// The status of a key or of a run.
fn state(word: &str) -> Option<String> {
    match word {
        "active" => Some("Active".into()),
        "expired" => Some("Expired".into()),
        "revoked" => Some("Revoked".into()),
        word => word
            .parse()
            .ok()
            .map(|state: RunState| state.label().to_owned()),
    }
}

fn yes_or_no(value: &str) -> Option<String> {
    match value {
        "true" => Some("Yes".into()),
        "false" => Some("No".into()),
        _ => None,
    }
}

/// A value of an event.
pub fn value(field: &str, value: &str) -> String {
    let said = match field {
        "reason" => value
            .parse()
            .ok()
            .map(|reason: RevokeReason| reason.label().to_owned())
            .or_else(|| session_end(value)),
        "role" => value
            .parse()
            .ok()
            .map(|role: Role| role.label().to_owned()),
        "environment" => value
            .parse()
            .ok()
            .map(|environment: Environment| environment.label().to_owned()),
        "scopes" => Some(scopes(value)),
        "successor" => Some(format!("Key #{value}")),
        "action" => value
            .parse()
            .ok()
            .map(|action| super::audit_log::action(action).to_owned()),
        "actor" => Some(super::audit_log::unnamed_actor(value)),
        "object" => value
            .parse()
            .ok()
            .map(|ObjectFilter { kind, id }| match id {
                Some(id) => super::audit_log::object(kind, id.as_str(), None),
                None => kind.label().to_owned(),
            }),
        "format" => file_format(value),
        "from" | "until" | "removed_before" => Moment::parse(value).map(Moment::to_words),
        "max_key_days" => Some(super::organization::lifetime(value.parse().ok())),
        "default_key_days" => Some(super::organization::preselected(value.parse().ok())),
        "kind" => value
            .parse()
            .ok()
            .map(|kind: SealedKind| kind.label().to_owned()),
        "state" => state(value),
        "error" if value == LEASE_LOST => Some(super::runs::LEASE_LOST.into()),
        "key_makers" => value
            .parse()
            .ok()
            .map(|who| super::organization::key_makers(who).to_owned()),
        "key_header" => value
            .parse()
            .ok()
            .map(|header: KeyHeader| header.label().to_owned()),
        "environments" => Some(environments(value)),
        "allowed_ips" => Some(value.replace(' ', ", ")),
        "disabled" | "allow_overlap" | "keys_make_keys" | "archived" | "paused"
        | "signed_assertion" | "done" => yes_or_no(value),
        _ if field.ends_with("_at") => Moment::parse(value).map(Moment::to_words),
        _ => None,
    };
    said.unwrap_or_else(|| value.to_owned())
}

/// A field that has no value, neither before nor after.
pub fn no_value(field: &str) -> &'static str {
    match field {
        "expires_at" => super::keys::NEVER_EXPIRES,
        "allowed_ips" => "All",
        "default_key_days" => super::create_key::NO_EXPIRATION,
        _ => super::NONE,
    }
}

fn environments(line: &str) -> String {
    let words = line.split(' ').map(|word| {
        word.parse()
            .map_or(word, |environment: Environment| environment.label())
    });
    words.collect::<Vec<_>>().join(", ")
}

fn scopes(line: &str) -> String {
    match line {
        "*" => super::keys::FULL_ACCESS.into(),
        "" => super::NONE.into(),
        line => line
            .split(' ')
            .map(|word| {
                word.parse()
                    .map_or(word, |scope: Scope| scope.as_str())
            })
            .collect::<Vec<_>>()
            .join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_read_well() {
        let cases = [
            ("scopes", "*", "Permissions: Full access"),
            ("scopes", "", "Permissions: None"),
            (
                "scopes",
                "runs:read runs:write",
                "Permissions: runs:read, runs:write",
            ),
            (
                "expires_at",
                "2026-04-08T19:51:19Z",
                "Expires: 8 Apr 2026, 19:51 UTC",
            ),
            ("successor", "12", "Successor: Key #12"),
            (
                "allowed_ips",
                "10.0.0.0/8 2001:db8::1",
                "Allowed IP addresses: 10.0.0.0/8, 2001:db8::1",
            ),
            ("environment", "test", "Environment: Test"),
            ("state", "revoked", "Status: Revoked"),
            ("state", "queued", "Status: Queued"),
            (
                "max_key_days",
                "90",
                "Maximum lifetime of new keys: 90 days",
            ),
            (
                "default_key_days",
                "1",
                "Preselected expiration: 1 day",
            ),
            (
                "key_makers",
                "admins",
                "Who can create keys: Only owners and admins",
            ),
            ("keys_make_keys", "false", "Keys can create keys: No"),
            ("display_name", "Ada", "Display name: Ada"),
            ("kind", "todos", "Kind: Todos"),
            ("done", "true", "Done: Yes"),
            ("action", "keys", "Action: All API key events"),
            ("action", "key.revoked", "Action: Revoked an API key"),
            ("actor", "5", "Actor: Actor #5"),
            ("object", "key:12", "Object: API key #12"),
            ("format", "jsonl", "Format: JSON Lines"),
            (
                "until",
                "2026-04-08T00:00:00Z",
                "Until: 8 Apr 2026, 00:00 UTC",
            ),
        ];
        for (name, content, text) in cases {
            assert_eq!(
                format!("{}: {}", field(name), value(name, content)),
                text
            );
        }
    }
}
