//! The event of a cut: which events were removed from the beginning of a chain (decision D26).
//!
//! A cut removes events 1 to n. Its event `audit_log.cut` contains n, the hash of event n, and the
//! hash that the event itself follows, so it verifies on its own. The chain is then verified from
//! n on. Because that event is a part of the chain, it cannot be removed, replaced by an older one
//! or forged without the key ring, and events cannot be missing at the beginning without it.

use domain::event::{AuditAction, Event, ObjectKind};
use domain::view::RemovedEvents;
use domain::{Moment, OrganizationId};

use super::marks::{ChainMark, Fields, PREVIOUS_HASH};
use crate::store::audit::AuditRow;

const LAST_REMOVED: &str = "last_removed";
const LAST_REMOVED_HASH: &str = "last_removed_hash";
const REMOVED_EVENTS: &str = "removed_events";
const REMOVED_BEFORE: &str = "removed_before";
const RETENTION_DAYS: &str = "retention_days";
const FLOORS_HASH: &str = "floors_hash";

/// Which events were removed from the beginning of a chain. Number 0: none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cut {
    /// The last removed event.
    pub mark: ChainMark,
    /// The hash over the floors.
    pub floors: Vec<u8>,
    /// Events before this time were removed.
    pub before: Moment,
    /// For how many days events were kept.
    pub retention_days: i64,
}

impl Cut {
    /// What an event says about the cut that it records, and the hash that the event follows.
    pub(super) fn read(row: &AuditRow) -> Option<(Self, Vec<u8>)> {
        let fields = Fields::of(row)?;
        let cut = Self {
            mark: ChainMark {
                n: fields
                    .number(LAST_REMOVED)
                    .filter(|n| *n < row.n)?,
                hash: fields.bytes(LAST_REMOVED_HASH)?,
            },
            floors: fields.bytes(FLOORS_HASH)?,
            before: Moment::parse(fields.text(REMOVED_BEFORE)?)?,
            retention_days: fields.number(RETENTION_DAYS)?,
        };
        Some((cut, fields.bytes(PREVIOUS_HASH)?))
    }

    /// What the caller may know of it. None if no event was removed.
    pub(super) fn view(&self) -> Option<RemovedEvents> {
        (self.mark.n > 0).then_some(RemovedEvents {
            last_n: self.mark.n,
            before: self.before,
            retention_days: self.retention_days,
        })
    }

    /// The event that records the cut, and the hash that it follows.
    pub(super) fn event(
        &self,
        organization: &OrganizationId,
        removed: u64,
        follows: &[u8],
    ) -> Event {
        let kind = ObjectKind::AuditLog;
        let set = |event: Event, field, value: String| event.changed(field, None, Some(&value));
        let event = Event::new(
            AuditAction::AuditCut,
            kind.as_str(),
            organization,
            kind.label(),
        );
        let event = set(event, REMOVED_EVENTS, removed.to_string());
        let event = set(event, REMOVED_BEFORE, self.before.to_rfc3339());
        let event = set(event, RETENTION_DAYS, self.retention_days.to_string());
        let event = set(event, LAST_REMOVED, self.mark.n.to_string());
        let event = set(event, LAST_REMOVED_HASH, hex::encode(&self.mark.hash));
        let event = set(event, FLOORS_HASH, hex::encode(&self.floors));
        set(event, PREVIOUS_HASH, hex::encode(follows))
    }
}
