//! Walking along the audit chain of an organization, event by event.

use domain::OrganizationId;
use domain::event::{AuditAction, Change};

use crate::Engine;
use crate::keyring::{Purpose, Ring, hash};
use crate::store::audit::{self, AuditRow};
use crate::store::{Connection, StoreError};

/// Events that are read at a time.
const BATCH: i64 = 1_000;
/// The fields of an event that accepts a break.
pub(super) const BROKEN_AT: &str = "broken_at";
pub(super) const PREVIOUS_HASH: &str = "previous_hash";

/// An event up to which the chain is verified.
#[derive(Clone, Default)]
pub(crate) struct ChainMark {
    pub n: i64,
    pub hash: Vec<u8>,
}

/// A break that was accepted.
pub(crate) struct Accepted {
    /// The first event that did not verify.
    pub broken_at: i64,
    /// The event that accepts it.
    pub mark: ChainMark,
}

/// The result of a walk along the chain.
pub(crate) struct Walk {
    pub mark: ChainMark,
    pub broken: Option<i64>,
    pub left: i64,
    /// The breaks that were passed because they are accepted.
    pub accepted: Vec<Accepted>,
}

/// Reads and verifies the chain of one organization.
#[derive(Clone, Copy)]
pub(crate) struct ChainReader<'a> {
    /// Without the ring only hashes are verified. Whoever alters an event can write its hash again,
    /// but not its MAC.
    ring: Option<&'a Ring>,
    organization: &'a OrganizationId,
}

impl<'a> ChainReader<'a> {
    /// A reader that verifies hashes, and MACs if there is a ring.
    pub const fn new(ring: Option<&'a Ring>, organization: &'a OrganizationId) -> Self {
        Self { ring, organization }
    }

    /// A reader with the ring of the engine.
    pub fn of(engine: &'a Engine, organization: &'a OrganizationId) -> Self {
        Self::new(Some(engine.ring()), organization)
    }

    /// Verifies the chain from a verified event on, to its end or for `budget` events.
    pub async fn walk(
        self,
        connection: &mut Connection,
        from: ChainMark,
        budget: i64,
    ) -> Result<Walk, StoreError> {
        let mut walk = Walk {
            mark: from,
            broken: None,
            left: budget,
            accepted: Vec::new(),
        };
        while walk.left > 0 {
            // The chain may grow while it is read. The head is read before the rows, so that it
            // matches when none follow.
            let (head, head_hash) = audit::head(connection, self.organization).await?;
            let after = Some(walk.mark.n).filter(|n| *n > 0);
            let limit = BATCH.min(walk.left);
            let rows = audit::chain(connection, self.organization, after, limit).await?;
            if rows.is_empty() {
                // Events that are missing at the end show in the head, or in what was verified
                // before.
                if walk.mark.n != head || walk.mark.hash != head_hash {
                    walk.broken = Some(walk.mark.n.min(head) + 1);
                }
                break;
            }
            let Some(n) = self.pass(&mut walk, rows) else {
                continue;
            };
            let covers = |accepted: &Accepted| accepted.broken_at == n;
            let accepted = self.accepted(connection, covers).await?;
            let Some(accepted) = accepted.filter(|accepted| accepted.mark.n > walk.mark.n) else {
                walk.broken = Some(n);
                break;
            };
            walk.mark = accepted.mark.clone();
            walk.accepted.push(accepted);
        }
        Ok(walk)
    }

    /// Passes the events that verify. Gives the number of the first one that does not.
    fn pass(self, walk: &mut Walk, rows: Vec<AuditRow>) -> Option<i64> {
        for row in rows {
            walk.left -= 1;
            if !self.follows(&row, &walk.mark) {
                return Some(walk.mark.n + 1);
            }
            walk.mark = ChainMark {
                n: row.n,
                hash: row.hash,
            };
        }
        None
    }

    /// Whether an event is the next one, and unaltered.
    pub fn follows(self, row: &AuditRow, mark: &ChainMark) -> bool {
        row.n == mark.n + 1 && self.is_unaltered(row, &mark.hash)
    }

    fn is_unaltered(self, row: &AuditRow, before: &[u8]) -> bool {
        let canonical = row.canonical(before);
        row.hash == hash(&canonical)
            && self
                .ring
                .is_none_or(|ring| ring.mac_fits(Purpose::Audit, &canonical, &row.mac))
    }

    /// The newest event that accepts a break which `covers` selects.
    pub async fn accepted(
        self,
        connection: &mut Connection,
        covers: impl Fn(&Accepted) -> bool,
    ) -> Result<Option<Accepted>, StoreError> {
        let action = AuditAction::AuditAccepted.as_str();
        let rows = audit::of_action(connection, self.organization, action).await?;
        // The newest acceptance covers the most.
        Ok(rows
            .iter()
            .rev()
            .filter_map(|row| self.read_accepted(row))
            .find(covers))
    }

    /// What an event accepts, if it is unaltered. It records the hash of the event before it, so it
    /// verifies on its own.
    fn read_accepted(self, row: &AuditRow) -> Option<Accepted> {
        let changes: Vec<Change> = serde_json::from_str(&row.changes).ok()?;
        let value = |field: &str| {
            changes
                .iter()
                .find(|change| change.field == field)?
                .after
                .as_deref()
        };
        let broken_at = value(BROKEN_AT)?.parse().ok()?;
        let previous = hex::decode(value(PREVIOUS_HASH)?).ok()?;
        self.is_unaltered(row, &previous)
            .then(|| Accepted {
                broken_at,
                mark: ChainMark {
                    n: row.n,
                    hash: row.hash.clone(),
                },
            })
    }
}
