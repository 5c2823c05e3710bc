//! Walking along the audit chain of an organization, event by event.

use domain::OrganizationId;
use domain::event::AuditAction;

use super::cut::Cut;
use super::marks::{BROKEN_AT, ChainMark, Fields, PREVIOUS_HASH};
use crate::Engine;
use crate::keyring::{Purpose, Ring, hash};
use crate::store::audit::{self, AuditRow};
use crate::store::{Connection, StoreError};

/// Events that are read at a time.
const BATCH: i64 = 1_000;
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

    /// Verifies the chain from a verified event on, to its end or for `budget` events. If the events
    /// there were removed because of their age, it begins after them.
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
        if let Some(n) = self.begin(connection, &mut walk).await?
            && !self.pass_break(connection, &mut walk, n).await?
        {
            return Ok(walk);
        }
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
            // The next events may have been removed because of their age since the walk began.
            let cut = self.cut(connection).await?;
            if cut.mark.n > walk.mark.n {
                walk.mark = cut.mark;
            } else if !self.pass_break(connection, &mut walk, n).await? {
                break;
            }
        }
        Ok(walk)
    }

    /// Moves a walk that begins before the first event that was kept to that event, and verifies
    /// what remains of the removed ones. Gives the number of an event that does not verify.
    async fn begin(
        self,
        connection: &mut Connection,
        walk: &mut Walk,
    ) -> Result<Option<i64>, StoreError> {
        loop {
            let cut = self.cut(connection).await?;
            if walk.mark.n > cut.mark.n {
                return Ok(None);
            }
            walk.mark = cut.mark.clone();
            let fault = self.cut_fault(connection, &cut).await?;
            // More may have been removed between the queries.
            if fault.is_none() || self.cut(connection).await?.mark == cut.mark {
                return Ok(fault);
            }
        }
    }

    /// Passes a break that was accepted. Otherwise the walk ends there.
    async fn pass_break(
        self,
        connection: &mut Connection,
        walk: &mut Walk,
        n: i64,
    ) -> Result<bool, StoreError> {
        let covers = |accepted: &Accepted| accepted.broken_at == n;
        let accepted = self.accepted(connection, covers).await?;
        let Some(accepted) = accepted.filter(|accepted| accepted.mark.n > walk.mark.n) else {
            walk.broken = Some(n);
            return Ok(false);
        };
        walk.mark = accepted.mark.clone();
        walk.accepted.push(accepted);
        Ok(true)
    }

    /// Which events were removed because of their age, according to the newest event that says so.
    /// Nothing can be removed without such an event, and it cannot be removed without breaking the
    /// chain.
    pub async fn cut(self, connection: &mut Connection) -> Result<Cut, StoreError> {
        let action = AuditAction::AuditCut.as_str();
        let newest = audit::newest_of_action(connection, self.organization, action).await?;
        let Some(newest) = newest else {
            return Ok(Cut::default());
        };
        if let Some(cut) = self.read_cut(&newest) {
            return Ok(cut);
        }
        // Someone has altered or inserted it. The walk will find that.
        let all = audit::of_action(connection, self.organization, action).await?;
        let older = all
            .iter()
            .rev()
            .find_map(|row| self.read_cut(row));
        Ok(older.unwrap_or_default())
    }

    fn read_cut(self, row: &AuditRow) -> Option<Cut> {
        let (cut, previous) = Cut::read(row)?;
        self.is_unaltered(row, &previous).then_some(cut)
    }

    /// The number of an event that does not fit the cut: one that should have been removed, or the
    /// last removed one if the floors were altered.
    async fn cut_fault(
        self,
        connection: &mut Connection,
        cut: &Cut,
    ) -> Result<Option<i64>, StoreError> {
        let first = audit::chain(connection, self.organization, None, 1).await?;
        let returned = first
            .first()
            .filter(|row| row.n <= cut.mark.n)
            .map(|row| row.n.max(1));
        let floors = audit::floors_hash(connection, self.organization).await?;
        let altered = (floors != cut.floors).then_some(cut.mark.n.max(1));
        Ok(returned.or(altered))
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
        let fields = Fields::of(row)?;
        let broken_at = fields.number(BROKEN_AT)?;
        let previous = fields.bytes(PREVIOUS_HASH)?;
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
