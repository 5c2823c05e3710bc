//! Recomputes the hash chain of the audit log from the documented fields: no gap, no altered event,
//! and a matching head.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::Outcome;
use crate::database::Rows;

/// The fields of an event that are needed here.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its number.
    pub n: i64,
    /// What happened.
    pub action: String,
    /// Who did it.
    pub actor_id: Option<i64>,
    /// To what kind of thing.
    pub object_kind: String,
    /// To which.
    pub object_id: String,
    /// What changed.
    pub changes: Value,
}

impl Event {
    /// The value of a field after the event.
    pub fn after(&self, field: &str) -> Option<&str> {
        let changes = self.changes.as_array()?;
        changes
            .iter()
            .find(|change| change["field"] == field)
            .and_then(|change| change["after"].as_str())
    }
}

/// The position in the chain. There is one organization.
#[derive(Default)]
pub struct Chain {
    n: i64,
    hash: String,
}

impl Chain {
    /// Reads the events since the last time.
    ///
    /// # Errors
    /// If they cannot be read.
    pub async fn follow(
        &mut self,
        rows: &mut Rows,
        faults: &mut Vec<String>,
    ) -> Outcome<Vec<Event>> {
        let head = rows
            .select(&format!("n, {}", rows.hex("hash")), "audit_heads")
            .await?;
        let columns = format!(
            "organization_id, n, at, action, actor_id, actor_name, via_key, object_kind, object_id, object_label, \
             concerns, changes, address, agent, request_id, {}",
            rows.hex("hash")
        );
        let read = rows
            .select(
                &columns,
                &format!("audit_events WHERE n > {} ORDER BY n", self.n),
            )
            .await?;
        let events = read
            .iter()
            .map(|row| self.step(row, faults))
            .collect();
        let [head] = head.as_slice() else {
            faults.push(format!("the log has {} heads", head.len()));
            return Ok(events);
        };
        if head[0] != self.n || head[1] != self.hash.as_str() {
            faults.push(format!(
                "the chain ends at {} and its head says {}",
                self.n, head[0]
            ));
        }
        Ok(events)
    }

    /// How many events there are.
    pub const fn length(&self) -> i64 {
        self.n
    }

    fn step(&mut self, row: &Value, faults: &mut Vec<String>) -> Event {
        let n = row[1].as_i64().unwrap_or_default();
        let hash = row[15].as_str().unwrap_or_default();
        if n != self.n + 1 {
            faults.push(format!("event {} is missing", self.n + 1));
        }
        if hex::encode(Sha256::digest(canonical(row, &self.hash))) != hash {
            faults.push(format!("event {n} does not fit its hash"));
        }
        (self.n, self.hash) = (n, hash.to_owned());
        let text = |at: usize| row[at].as_str().unwrap_or_default().to_owned();
        Event {
            n,
            action: text(3),
            actor_id: row[4].as_i64(),
            object_kind: text(7),
            object_id: text(8),
            changes: serde_json::from_str(&text(11)).unwrap_or(Value::Null),
        }
    }
}

/// The hashed bytes, as docs/audit-log.md documents them.
fn canonical(row: &Value, before: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    part(&mut bytes, b"rt/audit/v1");
    text(&mut bytes, &row[0]);
    number(&mut bytes, &row[1]);
    part(&mut bytes, &hex::decode(before).unwrap_or_default());
    number(&mut bytes, &row[2]);
    text(&mut bytes, &row[3]);
    maybe(&mut bytes, &row[4], number);
    text(&mut bytes, &row[5]);
    maybe(&mut bytes, &row[6], text);
    for at in 7..10 {
        text(&mut bytes, &row[at]);
    }
    maybe(&mut bytes, &row[10], number);
    text(&mut bytes, &row[11]);
    maybe(&mut bytes, &row[12], text);
    maybe(&mut bytes, &row[13], text);
    text(&mut bytes, &row[14]);
    bytes
}

fn part(bytes: &mut Vec<u8>, data: &[u8]) {
    bytes.extend((data.len() as u64).to_be_bytes());
    bytes.extend(data);
}

fn text(bytes: &mut Vec<u8>, value: &Value) {
    part(bytes, value.as_str().unwrap_or_default().as_bytes());
}

fn number(bytes: &mut Vec<u8>, value: &Value) {
    part(
        bytes,
        &value.as_i64().unwrap_or_default().to_be_bytes(),
    );
}

fn maybe(bytes: &mut Vec<u8>, value: &Value, write: fn(&mut Vec<u8>, &Value)) {
    part(bytes, &i64::from(!value.is_null()).to_be_bytes());
    if !value.is_null() {
        write(bytes, value);
    }
}
