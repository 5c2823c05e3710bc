//! The tables before and after an operation.

use std::collections::BTreeMap;

use crate::intruder::{Cells, Intruder, Value};

/// Tables that a server writes by itself.
const OF_SERVERS: [&str; 2] = ["nodes", "ring_readers"];
/// How SQLite's search index stores what its own table has. It reorganizes them at times.
const OF_SEARCH: [&str; 2] = ["_parts_data", "_parts_idx"];

/// All rows of all tables.
pub struct State(Vec<(String, Vec<Cells>)>);

/// What an operation changed: for each table the number of rows that went and that came, and the
/// actions of the events that were written. A changed row goes and comes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delta {
    rows: BTreeMap<String, (usize, usize)>,
    events: Vec<String>,
}

impl State {
    pub async fn read(intruder: &mut Intruder) -> Self {
        let mut dump = intruder.dump().await;
        dump.retain(|(table, _)| {
            !OF_SERVERS.contains(&table.as_str())
                && !OF_SEARCH.iter().any(|end| table.ends_with(end))
        });
        Self(dump)
    }

    /// What changed from this state to a later one.
    pub fn until(&self, after: &Self) -> Delta {
        let mut delta = Delta::default();
        for ((table, old), (_, new)) in self.0.iter().zip(&after.0) {
            let (gone, came) = (missing(old, new), missing(new, old));
            if gone.is_empty() && came.is_empty() {
                continue;
            }
            delta
                .rows
                .insert(table.clone(), (gone.len(), came.len()));
            if table == "audit_events" {
                delta
                    .events
                    .extend(came.iter().filter_map(|row| action(row)));
            }
        }
        delta.events.sort();
        delta
    }
}

impl Delta {
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether every event of this change is also one of a larger change, and no row was added to a
    /// table that the larger change does not touch.
    pub fn is_part_of(&self, whole: &Self) -> bool {
        let mut events = whole.events.clone();
        let has_events = self.events.iter().all(|event| {
            let found = events.iter().position(|other| other == event);
            found.map(|at| events.swap_remove(at)).is_some()
        });
        has_events
            && self
                .rows
                .keys()
                .all(|table| whole.rows.contains_key(table))
    }
}

/// The rows of the first that the second lacks; both are sorted.
fn missing<'a>(rows: &'a [Cells], others: &[Cells]) -> Vec<&'a Cells> {
    let mut others = others.iter().peekable();
    let mut missing = Vec::new();
    for row in rows {
        while others.next_if(|other| *other < row).is_some() {}
        if others.next_if(|other| *other == row).is_none() {
            missing.push(row);
        }
    }
    missing
}

fn action(row: &Cells) -> Option<String> {
    row.iter()
        .find_map(|(column, value)| match value {
            Value::Text(action) if column == "action" => Some(action.clone()),
            _ => None,
        })
}
