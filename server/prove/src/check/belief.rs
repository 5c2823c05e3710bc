//! Compares the tables with what the responses alone imply.

use std::collections::{BTreeMap, BTreeSet};

use super::tables::Tables;
use crate::load::{Entry, Kind};

/// Whether an operation was carried out, as far as its caller knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Known {
    #[default]
    No,
    Yes,
    /// Requested, but without a successful response.
    Open,
}

impl Known {
    const fn fits(self, fact: bool) -> bool {
        match self {
            Self::No => !fact,
            Self::Yes => fact,
            Self::Open => true,
        }
    }
}

#[derive(Default)]
struct Key {
    /// The names that it may have.
    names: Vec<String>,
    ended: Known,
    rotated: Known,
    successor: Option<String>,
}

impl Key {
    /// Adds the differences of the key from its row and its successors.
    fn hold_against(&self, id: &str, tables: &Tables, faults: &mut Vec<String>) {
        let Some(row) = tables.keys.get(id) else {
            faults.push(format!("key {id} was made and is not there"));
            return;
        };
        let successors: Vec<_> = tables
            .keys
            .iter()
            .filter(|(_, successor)| successor.rotated_from.as_deref() == Some(id))
            .collect();
        let successor = successors
            .first()
            .map(|(successor, _)| (*successor).clone());
        let whole = self.rotated != Known::Open || row.revoked == successor.is_some();
        if !self.ended.fits(row.revoked)
            || !self.rotated.fits(successor.is_some())
            || successors.len() > 1
            || !whole
        {
            let (ended, rotated, revoked) = (self.ended, self.rotated, row.revoked);
            faults.push(format!(
                "key {id}: ended {ended:?}, rotated {rotated:?}; revoked {revoked}, successors {successors:?}"
            ));
        }
        if self.successor.is_some() && self.successor != successor {
            faults.push(format!(
                "key {id}: its successor was {:?} and is {successor:?}",
                self.successor
            ));
        }
        if !self.names.contains(&row.name) {
            faults.push(format!(
                "key {id} is named {} and not one of {:?}",
                row.name, self.names
            ));
        }
    }
}

/// What the clients of a round must find.
#[derive(Default)]
pub struct Beliefs {
    keys: BTreeMap<String, Key>,
    accounts: BTreeMap<String, (Known, Known)>,
    workspaces: BTreeMap<String, Known>,
    invitations: BTreeMap<String, Known>,
    members: BTreeMap<String, Known>,
    /// Names of objects whose creation did not succeed. They may exist or not.
    open: BTreeSet<String>,
}

impl Beliefs {
    /// Reads the calls in the order in which each client sent them.
    pub fn of(entries: &[Entry]) -> Self {
        let mut beliefs = Self::default();
        entries
            .iter()
            .for_each(|entry| beliefs.take(entry));
        beliefs
    }

    fn take(&mut self, entry: &Entry) {
        let known = if entry.is_acknowledged() {
            Known::Yes
        } else {
            Known::Open
        };
        if known == Known::Open && makes(entry.call.kind) {
            self.open.insert(entry.call.label.clone());
        }
        let target = entry.call.target.clone();
        match entry.call.kind {
            Kind::CreateKey | Kind::CreateKeyFor => self.new_key(entry, known),
            Kind::Rotate | Kind::RotateItself => self.rotate_key(entry, known),
            Kind::Revoke => self.keys.entry(target).or_default().ended = known,
            Kind::Rename => self.rename_key(entry, known),
            Kind::CreateAccount if known == Known::Yes => {
                self.accounts
                    .insert(entry.id("actor_id"), (Known::No, Known::No));
            }
            Kind::Disable => self.switch_account(&target, Known::Yes, known),
            Kind::Enable => self.switch_account(&target, Known::No, known),
            Kind::CreateWorkspace if known == Known::Yes => {
                self.workspaces.insert(entry.id("id"), Known::No);
            }
            Kind::DeleteWorkspace => {
                self.workspaces.insert(target, known);
            }
            Kind::Invite if known == Known::Yes => {
                self.invitations.insert(entry.id("id"), Known::No);
            }
            Kind::Withdraw => {
                self.invitations.insert(target, known);
            }
            Kind::RemoveMember => {
                self.members.insert(target, known);
            }
            Kind::CreateAccount | Kind::CreateWorkspace | Kind::Invite => {}
        }
    }

    /// A rotation ends a key and makes its successor.
    fn rotate_key(&mut self, entry: &Entry, known: Known) {
        let key = self
            .keys
            .entry(entry.call.target.clone())
            .or_default();
        (key.ended, key.rotated) = (known, known);
        key.successor = Some(entry.id("key_id")).filter(|_| known == Known::Yes);
        self.new_key(entry, known);
    }

    /// A confirmed rename leaves one name. Without a response, the key may have either.
    fn rename_key(&mut self, entry: &Entry, known: Known) {
        let key = self
            .keys
            .entry(entry.call.target.clone())
            .or_default();
        if known == Known::Yes {
            key.names.clear();
        }
        key.names.push(entry.call.label.clone());
    }

    /// A service account is disabled or enabled, as `wanted` says.
    fn switch_account(&mut self, id: &str, wanted: Known, known: Known) {
        if let Some(account) = self.accounts.get_mut(id) {
            account.0 = if known == Known::Yes {
                wanted
            } else {
                Known::Open
            };
        }
    }

    fn new_key(&mut self, entry: &Entry, known: Known) {
        if known == Known::Yes {
            let key = Key {
                names: vec![entry.call.label.clone()],
                ..Key::default()
            };
            self.keys.insert(entry.id("key_id"), key);
        }
    }

    /// Adds the differences from the responses.
    pub fn hold_against(&self, tables: &Tables, faults: &mut Vec<String>) {
        for (id, key) in &self.keys {
            key.hold_against(id, tables, faults);
        }
        self.hold_actors_against(tables, faults);
        for (id, deleted) in &self.workspaces {
            if !deleted.fits(!tables.workspaces.contains_key(id)) {
                faults.push(format!("workspace {id}: deleted {deleted:?}"));
            }
        }
        for (id, ended) in &self.invitations {
            if !tables
                .invitations
                .get(id)
                .is_some_and(|fact| ended.fits(*fact))
            {
                faults.push(format!("invitation {id}: ended {ended:?}"));
            }
        }
        let many = self.open.iter().filter(|name| {
            tables
                .names
                .get(*name)
                .is_some_and(|count| *count > 1)
        });
        faults.extend(many.map(|name| format!("{name} was asked for once and is there twice")));
    }

    /// Adds the differences of service accounts and members.
    fn hold_actors_against(&self, tables: &Tables, faults: &mut Vec<String>) {
        for (id, (disabled, removed)) in &self.accounts {
            let row = tables.actors.get(id);
            if !row.is_some_and(|row| disabled.fits(row.disabled) && removed.fits(row.removed)) {
                faults.push(format!(
                    "account {id}: disabled {disabled:?}; {row:?}"
                ));
            }
        }
        for (id, removed) in &self.members {
            let row = tables.actors.get(id);
            if !row.is_some_and(|row| removed.fits(row.removed)) {
                faults.push(format!("member {id}: removed {removed:?}; {row:?}"));
            }
        }
    }
}

/// Whether a call makes an object with a name of its own.
const fn makes(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::Revoke
            | Kind::Rename
            | Kind::Disable
            | Kind::Enable
            | Kind::DeleteWorkspace
            | Kind::Withdraw
            | Kind::RemoveMember
    )
}

/// Calls without a response that were carried out.
pub fn done_unanswered(entries: &[Entry], tables: &Tables) -> usize {
    let unanswered = entries
        .iter()
        .filter(|entry| entry.status.is_none());
    let happened = |entry: &&Entry| match entry.call.kind {
        Kind::Revoke => tables
            .keys
            .get(&entry.call.target)
            .is_some_and(|row| row.revoked),
        Kind::DeleteWorkspace => !tables.workspaces.contains_key(&entry.call.target),
        Kind::Withdraw => tables.invitations.get(&entry.call.target) == Some(&true),
        Kind::RemoveMember => tables
            .actors
            .get(&entry.call.target)
            .is_some_and(|row| row.removed),
        Kind::Disable | Kind::Enable => false,
        _ => tables.names.contains_key(&entry.call.label),
    };
    unanswered.filter(happened).count()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::check::tables::KeyRow;
    use crate::load::Call;

    fn entry(kind: Kind, target: &str, label: &str, status: Option<u16>, id: i64) -> Entry {
        let call = Call {
            kind,
            target: target.into(),
            label: label.into(),
        };
        Entry {
            call,
            status,
            made: json!({ "key_id": id }),
        }
    }

    fn row(name: &str, revoked: bool, rotated_from: Option<&str>) -> KeyRow {
        let (actor, rotated_from) = ("1".into(), rotated_from.map(str::to_owned));
        KeyRow {
            name: name.into(),
            actor,
            revoked,
            expired: false,
            rotated_from,
            audit_n: 1,
            sole: false,
        }
    }

    fn faults(entries: &[Entry], rows: &[(&str, KeyRow)]) -> usize {
        let mut tables = Tables::default();
        for (id, row) in rows {
            *tables.names.entry(row.name.clone()).or_default() += 1;
            tables.keys.insert((*id).into(), row.clone());
        }
        let mut faults = Vec::new();
        Beliefs::of(entries).hold_against(&tables, &mut faults);
        faults.len()
    }

    #[test]
    fn what_was_answered_must_be() {
        let made = entry(Kind::CreateKey, "", "a", Some(201), 7);
        let revoked = entry(Kind::Revoke, "7", "b", Some(200), 7);
        assert_eq!(
            faults(
                std::slice::from_ref(&made),
                &[("7", row("a", false, None))]
            ),
            0
        );
        assert_eq!(
            faults(std::slice::from_ref(&made), &[]),
            1,
            "a lost creation"
        );
        assert_eq!(
            faults(
                std::slice::from_ref(&made),
                &[("7", row("a", true, None))]
            ),
            1,
            "no client revoked it"
        );
        assert_eq!(
            faults(
                &[made.clone(), revoked.clone()],
                &[("7", row("a", true, None))]
            ),
            0
        );
        assert_eq!(
            faults(&[made, revoked], &[("7", row("a", false, None))]),
            1,
            "a lost revocation"
        );
    }

    #[test]
    fn what_was_not_answered_is_whole_or_absent() {
        let calls = [
            entry(Kind::CreateKey, "", "a", Some(201), 7),
            entry(Kind::Rotate, "7", "b", None, 0),
        ];
        assert_eq!(
            faults(&calls, &[("7", row("a", false, None))]),
            0,
            "absent"
        );
        assert_eq!(
            faults(
                &calls,
                &[
                    ("7", row("a", true, None)),
                    ("8", row("b", false, Some("7")))
                ]
            ),
            0,
            "whole"
        );
        assert_eq!(
            faults(&calls, &[("7", row("a", true, None))]),
            1,
            "ended without a successor"
        );
        assert_eq!(
            faults(
                &calls,
                &[
                    ("7", row("a", false, None)),
                    ("8", row("b", false, Some("7")))
                ]
            ),
            1,
            "both live"
        );
        let twice = [
            ("7", row("a", true, None)),
            ("8", row("b", false, Some("7"))),
            ("9", row("b", false, Some("7"))),
        ];
        assert_eq!(
            faults(&calls, &twice),
            2,
            "two successors, and one name twice"
        );
    }

    #[test]
    fn a_call_that_happened_without_an_answer_is_counted() {
        let mut tables = Tables::default();
        tables
            .keys
            .insert("7".into(), row("a", true, None));
        let calls = [
            entry(Kind::Revoke, "7", "b", None, 0),
            entry(Kind::Revoke, "7", "b", Some(503), 0),
        ];
        assert_eq!(done_unanswered(&calls, &tables), 1);
    }
}
