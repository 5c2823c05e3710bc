//! Replays the events and compares the result with the tables.

use std::collections::BTreeMap;

use super::chain::Event;
use super::tables::Tables;

/// A key according to the events.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    name: String,
    revoked: bool,
    expired: bool,
    /// Its newest event other than a rename.
    newest: i64,
}

/// The state after all events so far.
#[derive(Default)]
pub struct Replay {
    keys: BTreeMap<String, Key>,
    /// Whether they were removed.
    members: BTreeMap<String, bool>,
    /// Whether they are disabled.
    accounts: BTreeMap<String, bool>,
    workspaces: BTreeMap<String, ()>,
    invitations: BTreeMap<String, bool>,
    odd: Vec<String>,
}

impl Replay {
    /// Applies an event.
    pub fn apply(&mut self, event: &Event) {
        let id = event.object_id.clone();
        if event.object_kind == "key" {
            self.key(event, id);
            return;
        }
        if !self.change(event, id) {
            self.odd.push(format!(
                "event {} ({}) tells of nothing new",
                event.n, event.action
            ));
        }
    }

    /// Applies an event of anything but a key. Returns whether it fits the state before it.
    fn change(&mut self, event: &Event, id: String) -> bool {
        match event.action.as_str() {
            "organization.created" => {
                self.members
                    .insert(event.actor_id.unwrap_or_default().to_string(), false);
                true
            }
            "member.joined" => {
                self.members.insert(id, false);
                true
            }
            "member.left" | "member.removed" => self.members.insert(id, true) == Some(false),
            "service_account.created" => self.accounts.insert(id, false).is_none(),
            "service_account.changed" => match event.after("disabled") {
                Some(disabled) => {
                    let disabled = disabled == "true";
                    self.accounts.insert(id, disabled) == Some(!disabled)
                }
                None => true,
            },
            "workspace.created" => self.workspaces.insert(id, ()).is_none(),
            "workspace.deleted" => self.workspaces.remove(&id).is_some(),
            "invitation.created" => self.invitations.insert(id, false).is_none(),
            "invitation.accepted" | "invitation.revoked" => {
                self.invitations.insert(id, true) == Some(false)
            }
            _ => true,
        }
    }

    fn key(&mut self, event: &Event, id: String) {
        let name = event.after("name").map(str::to_owned);
        if event.action == "key.created" {
            let key = Key {
                name: name.unwrap_or_default(),
                revoked: false,
                expired: false,
                newest: event.n,
            };
            if self.keys.insert(id.clone(), key).is_some() {
                self.odd
                    .push(format!("event {}: key {id} was made twice", event.n));
            }
            return;
        }
        let Some(key) = self.keys.get_mut(&id) else {
            self.odd
                .push(format!("event {}: key {id} was never made", event.n));
            return;
        };
        if event.action == "key.renamed" {
            // A rename does not change access, so the number of the row stays.
            key.name = name.unwrap_or_default();
            return;
        }
        key.newest = event.n;
        let ends = match event.action.as_str() {
            "key.revoked" => &mut key.revoked,
            "key.rotated" if event.after("state") == Some("revoked") => &mut key.revoked,
            "key.expired" => &mut key.expired,
            _ => return,
        };
        if std::mem::replace(ends, true) {
            self.odd
                .push(format!("event {}: key {id} had ended", event.n));
        }
    }

    /// Adds every difference between the events and the tables.
    pub fn compare(&mut self, tables: &Tables, faults: &mut Vec<String>) {
        faults.append(&mut self.odd);
        let keys = tables.keys.iter().map(|(id, row)| {
            let (revoked, expired) = (row.revoked, row.expired);
            (
                id.clone(),
                Key {
                    name: row.name.clone(),
                    revoked,
                    expired,
                    newest: row.audit_n,
                },
            )
        });
        differ("key", &self.keys, &keys.collect(), faults);
        let of = |kind: &str, read: fn(&super::tables::ActorRow) -> bool| {
            let actors = tables
                .actors
                .iter()
                .filter(|(_, row)| row.kind == kind);
            actors
                .map(|(id, row)| (id.clone(), read(row)))
                .collect::<BTreeMap<_, _>>()
        };
        differ(
            "member",
            &self.members,
            &of("member", |row| row.removed),
            faults,
        );
        differ(
            "account",
            &self.accounts,
            &of("service", |row| row.disabled),
            faults,
        );
        let workspaces = tables
            .workspaces
            .keys()
            .map(|id| (id.clone(), ()))
            .collect();
        differ("workspace", &self.workspaces, &workspaces, faults);
        differ(
            "invitation",
            &self.invitations,
            &tables.invitations,
            faults,
        );
    }
}

fn differ<T: PartialEq + std::fmt::Debug>(
    what: &str,
    replayed: &BTreeMap<String, T>,
    held: &BTreeMap<String, T>,
    faults: &mut Vec<String>,
) {
    for id in replayed.keys().chain(
        held.keys()
            .filter(|id| !replayed.contains_key(*id)),
    ) {
        let (replayed, held) = (replayed.get(id), held.get(id));
        if replayed != held {
            faults.push(format!(
                "{what} {id}: the events say {replayed:?}, its row says {held:?}"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::check::tables::KeyRow;

    fn event(n: i64, action: &str, changes: serde_json::Value) -> Event {
        let (object_kind, object_id) = ("key".into(), "7".into());
        Event {
            n,
            action: action.into(),
            actor_id: Some(1),
            object_kind,
            object_id,
            changes,
        }
    }

    fn faults(events: &[Event], revoked: bool, audit_n: i64) -> usize {
        let mut replay = Replay::default();
        events
            .iter()
            .for_each(|event| replay.apply(event));
        let (name, actor) = ("a".into(), "1".into());
        let key = KeyRow {
            name,
            actor,
            revoked,
            expired: false,
            rotated_from: None,
            audit_n,
            sole: false,
        };
        let mut faults = Vec::new();
        replay.compare(
            &Tables {
                keys: [("7".into(), key)].into(),
                ..Tables::default()
            },
            &mut faults,
        );
        faults.len()
    }

    #[test]
    fn a_state_without_its_event_and_an_event_without_its_state_are_found() {
        let made = event(
            1,
            "key.created",
            json!([{ "field": "name", "before": null, "after": "a" }]),
        );
        let revoked = event(2, "key.revoked", json!([]));
        assert_eq!(faults(std::slice::from_ref(&made), false, 1), 0);
        assert_eq!(
            faults(std::slice::from_ref(&made), true, 1),
            1,
            "revoked without an event"
        );
        assert_eq!(faults(&[made.clone(), revoked.clone()], true, 2), 0);
        assert_eq!(
            faults(&[made.clone(), revoked.clone()], false, 2),
            1,
            "an event without a revocation"
        );
        assert_eq!(
            faults(&[made.clone(), revoked.clone()], true, 1),
            1,
            "an old row"
        );
        assert_eq!(
            faults(&[made.clone(), revoked.clone(), revoked], true, 2),
            1,
            "revoked twice"
        );
        assert_eq!(
            faults(&[made.clone(), made], false, 1),
            1,
            "made twice"
        );
    }
}
