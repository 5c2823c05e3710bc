//! Positions in a chain, and the fields of the events that move them.

use domain::event::Change;

use crate::store::audit::AuditRow;

/// The field of an event with the first event that does not verify.
pub(super) const BROKEN_AT: &str = "broken_at";
/// The field of an event that verifies on its own: the hash that it follows.
pub(super) const PREVIOUS_HASH: &str = "previous_hash";

/// An event up to which the chain is verified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ChainMark {
    pub n: i64,
    pub hash: Vec<u8>,
}

/// The fields that an event sets.
pub(super) struct Fields(Vec<Change>);

impl Fields {
    pub fn of(row: &AuditRow) -> Option<Self> {
        serde_json::from_str(&row.changes).ok().map(Self)
    }

    pub fn text(&self, field: &str) -> Option<&str> {
        let change = self
            .0
            .iter()
            .find(|change| change.field == field)?;
        change.after.as_deref()
    }

    pub fn number(&self, field: &str) -> Option<i64> {
        self.text(field)?.parse().ok()
    }

    pub fn bytes(&self, field: &str) -> Option<Vec<u8>> {
        hex::decode(self.text(field)?).ok()
    }
}
