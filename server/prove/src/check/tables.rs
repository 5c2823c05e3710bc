//! The rows that calls create and change.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use crate::Outcome;
use crate::database::Rows;

/// A row of `api_keys`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRow {
    /// Its name.
    pub name: String,
    /// Its owner.
    pub actor: String,
    /// Whether it was revoked or replaced.
    pub revoked: bool,
    /// Whether its expiry was recorded.
    pub expired: bool,
    /// The key that it has replaced.
    pub rotated_from: Option<String>,
    /// The number of its newest event.
    pub audit_n: i64,
    /// Whether it is the only key of its service account.
    pub sole: bool,
}

/// A row of `actors`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActorRow {
    /// Its name.
    pub name: String,
    /// `member` or `service`.
    pub kind: String,
    /// Its role.
    pub role: String,
    /// Whether it was removed.
    pub removed: bool,
    /// Whether it is disabled.
    pub disabled: bool,
}

/// All rows that calls create and change.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// Keys by id.
    pub keys: BTreeMap<String, KeyRow>,
    /// Members and service accounts by id.
    pub actors: BTreeMap<String, ActorRow>,
    /// Names of workspaces by id.
    pub workspaces: BTreeMap<String, String>,
    /// Whether an invitation is closed, by ID.
    pub invitations: BTreeMap<String, bool>,
    /// How often a name appears as the email of an invitation, or as the name of a key, an actor or
    /// a workspace.
    pub names: HashMap<String, usize>,
}

impl Tables {
    /// Reads them.
    ///
    /// # Errors
    /// If they cannot be read.
    pub async fn read(rows: &mut Rows) -> Outcome<Self> {
        let mut tables = Self::default();
        tables.read_keys(rows).await?;
        tables.read_actors(rows).await?;
        tables.read_workspaces(rows).await?;
        tables.read_invitations(rows).await?;
        Ok(tables)
    }

    /// Reads the keys and counts their names.
    async fn read_keys(&mut self, rows: &mut Rows) -> Outcome<()> {
        let columns = "id, name, actor_id, revoked_at, expired_at, rotated_from, audit_n, sole";
        for row in rows.select(columns, "api_keys").await? {
            let key = KeyRow {
                name: word(&row[1]),
                actor: word(&row[2]),
                revoked: !row[3].is_null(),
                expired: !row[4].is_null(),
                rotated_from: Some(word(&row[5])).filter(|_| !row[5].is_null()),
                audit_n: row[6].as_i64().unwrap_or_default(),
                sole: row[7] == true || row[7] == 1,
            };
            self.count_name(key.name.clone());
            self.keys.insert(word(&row[0]), key);
        }
        Ok(())
    }

    /// Reads the members and service accounts and counts their names.
    async fn read_actors(&mut self, rows: &mut Rows) -> Outcome<()> {
        let columns = "id, name, kind, role, removed_at, disabled_at";
        for row in rows.select(columns, "actors").await? {
            let actor = ActorRow {
                name: word(&row[1]),
                kind: word(&row[2]),
                role: word(&row[3]),
                removed: !row[4].is_null(),
                disabled: !row[5].is_null(),
            };
            self.count_name(actor.name.clone());
            self.actors.insert(word(&row[0]), actor);
        }
        Ok(())
    }

    /// Reads the workspaces and counts their names.
    async fn read_workspaces(&mut self, rows: &mut Rows) -> Outcome<()> {
        for row in rows.select("id, name", "workspaces").await? {
            self.count_name(word(&row[1]));
            self.workspaces
                .insert(word(&row[0]), word(&row[1]));
        }
        Ok(())
    }

    /// Reads the invitations and counts the names from which the load made their emails.
    async fn read_invitations(&mut self, rows: &mut Rows) -> Outcome<()> {
        for row in rows
            .select("id, email, ended_at", "invitations")
            .await?
        {
            let email = word(&row[1]);
            let name = email
                .trim_end_matches("@prove.example")
                .replace('-', " ");
            self.count_name(name);
            self.invitations
                .insert(word(&row[0]), !row[2].is_null());
        }
        Ok(())
    }

    /// Counts one more object with this name.
    fn count_name(&mut self, name: String) {
        *self.names.entry(name).or_default() += 1;
    }

    /// Adds violations of invariants: two successors of a key, two keys of an account that may have
    /// one, no owner.
    pub fn consider(&self, faults: &mut Vec<String>) {
        let mut successors: HashMap<&str, usize> = HashMap::new();
        let mut sole: HashMap<&str, usize> = HashMap::new();
        for key in self.keys.values() {
            if let Some(from) = &key.rotated_from {
                *successors.entry(from).or_default() += 1;
            }
            if key.sole && !key.revoked && !key.expired {
                *sole.entry(&key.actor).or_default() += 1;
            }
        }
        let twice = successors.iter().filter(|(_, count)| **count > 1);
        faults.extend(twice.map(|(key, count)| format!("key {key} has {count} successors")));
        let twice = sole.iter().filter(|(_, count)| **count > 1);
        faults
            .extend(twice.map(|(actor, count)| format!("account {actor} has {count} active keys")));
        if !self
            .actors
            .values()
            .any(|actor| actor.kind == "member" && actor.role == "owner" && !actor.removed)
        {
            faults.push("the organization has no owner".into());
        }
    }

    /// The expected status of a call with this key, according to its rows.
    pub fn status_of(&self, key: &KeyRow) -> u16 {
        let owner = self.actors.get(&key.actor);
        if key.revoked || key.expired {
            401
        } else if owner.is_none_or(|owner| owner.removed || owner.disabled) {
            403
        } else {
            200
        }
    }
}

/// A text, or a number as text.
pub fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
