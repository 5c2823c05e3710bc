//! Whether the chain of an organization's events is whole: every event fits its hash, its seal and the event before it,
//! from the first to the newest.
//!
//! What was checked is remembered, so that looking at a long log stays quick. It is also checked again, a piece at a time
//! and round and round, for an event can be altered after it was found to be whole. A log that is no longer than one
//! piece is checked as a whole each time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::OrganizationId;
use domain::policy::{Action, permit};
use domain::view::ChainView;

use crate::ctx::Ctx;
use crate::keyring::{Purpose, hash};
use crate::store::audit::{self, AuditRow};
use crate::store::{Connection, organizations};
use crate::{Engine, Result};

/// Events that are checked when somebody looks at the log.
const A_LOOK: i64 = 2_000;
/// Events that are read at a time.
const READ: i64 = 1_000;

/// What checking a chain found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainState {
    /// Sound from the first event to this one.
    Sound(i64),
    /// The first event that was altered, removed or added.
    Broken(i64),
}

/// What is known of every organization's chain. In memory only: after a restart it is found out anew.
#[derive(Default)]
pub struct Chains {
    known: Mutex<HashMap<OrganizationId, Arc<Chain>>>,
    turn: Mutex<Option<OrganizationId>>,
}

#[derive(Default)]
struct Chain {
    view: Mutex<ChainView>,
    watch: tokio::sync::Mutex<Watch>,
}

/// An event that fits, with everything before it.
#[derive(Clone, Default)]
pub(crate) struct ChainMark {
    pub n: i64,
    pub hash: Vec<u8>,
}

/// How far a chain was checked, and where checking it again goes on.
#[derive(Default)]
struct Watch {
    front: ChainMark,
    again: ChainMark,
    broken: Option<i64>,
}

/// How a walk along the chain ended.
struct Walk {
    mark: ChainMark,
    broken: Option<i64>,
    left: i64,
}

impl Engine {
    /// How far the chain of the caller's organization is known to be whole. Checks what is new, and some of the rest once
    /// more.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn check_chain(&self, ctx: &Ctx) -> Result<ChainView> {
        let reach = permit(&ctx.actor, Action::ReadAudit)?;
        self.check_on(reach.organization(), A_LOOK).await.map(|(view, _)| view)
    }

    /// Goes on checking the chains of all organizations, `budget` events in all, beginning where it ended the last time.
    /// Gives what is known of those it came to.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn check_chains(&self, budget: i64) -> Result<Vec<(OrganizationId, ChainView)>> {
        let organizations = organizations::all(&mut self.db().read().await?).await?;
        let turn = self.chains().turn().clone();
        let begin = organizations.iter().position(|one| Some(one) > turn.as_ref()).unwrap_or(0);
        let (mut left, mut checked) = (budget, Vec::new());
        for organization in organizations.iter().cycle().skip(begin).take(organizations.len()) {
            let (view, rest) = self.check_on(organization, left).await?;
            *self.chains().turn() = Some(organization.clone());
            checked.push((organization.clone(), view));
            left = rest;
            if left <= 0 {
                break;
            }
        }
        Ok(checked)
    }

    /// Checks the chains of all organizations as far as the budget goes, and the newest event of each in any case.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn check_chain_heads(&self, budget: i64) -> Result<()> {
        let mut left = budget;
        for organization in organizations::all(&mut self.db().read().await?).await? {
            (_, left) = self.check_on(&organization, left).await?;
        }
        Ok(())
    }

    /// Checks an organization's chain from its first event to its last, whatever is known of it.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn verify_audit(&self, organization: &OrganizationId) -> Result<ChainState> {
        let mut connection = self.db().read().await?;
        let walk = self.walk(&mut connection, organization, ChainMark::default(), i64::MAX).await?;
        let anchored = self.anchor_fault(&mut connection, organization).await?;
        let broken = [walk.broken, anchored].into_iter().flatten().min();
        Ok(broken.map_or(ChainState::Sound(walk.mark.n), ChainState::Broken))
    }

    /// What is known now, and what is left of the budget; a chain that broke is said aloud. While somebody else checks the
    /// same chain, it is what they knew before.
    async fn check_on(&self, organization: &OrganizationId, budget: i64) -> Result<(ChainView, i64)> {
        let chain = self.chains().of(organization);
        let Ok(mut watch) = chain.watch.try_lock() else { return Ok((*chain.view(), budget)) };
        let mut connection = self.db().read().await?;
        let ahead = self.walk(&mut connection, organization, watch.front.clone(), budget).await?;
        watch.front = ahead.mark;
        let (left, behind) = self.check_again(&mut connection, organization, &mut watch, ahead.left).await?;
        // What was found before holds until it is looked at again.
        let behind = if left < ahead.left { behind } else { watch.broken };
        let anchored = self.anchor_fault(&mut connection, organization).await?;
        watch.broken = [ahead.broken, behind, anchored].into_iter().flatten().min();
        let (events, _) = audit::head(&mut connection, organization).await?;
        let view = ChainView { verified: watch.front.n, events, broken: watch.broken };
        let before = std::mem::replace(&mut *chain.view(), view).broken;
        if let Some(n) = view.broken.filter(|_| before != view.broken) {
            tracing::error!(%organization, n, "integrity failure: the audit log was altered");
        }
        Ok((view, left))
    }

    /// Checks what was checked before, from where that ended the last time, once around at the most. Gives what is left of
    /// the budget, and the first event that does not fit any more.
    async fn check_again(
        &self,
        connection: &mut Connection,
        organization: &OrganizationId,
        watch: &mut Watch,
        budget: i64,
    ) -> Result<(i64, Option<i64>)> {
        let (mut left, mut round) = (budget, watch.front.n);
        while left > 0 && round > 0 {
            if watch.again.n >= watch.front.n {
                watch.again = ChainMark::default();
            }
            let piece = left.min(round).min(watch.front.n - watch.again.n);
            let walk = self.walk(connection, organization, watch.again.clone(), piece).await?;
            // An accepted break is passed over.
            let passed = walk.mark.n - watch.again.n;
            (left, round) = (left - piece, round - piece.max(passed));
            watch.again = walk.mark;
            if walk.broken.is_some() {
                return Ok((left, walk.broken));
            }
        }
        Ok((left, None))
    }

    /// Walks along the chain from an event that fits, to its end or for as many events.
    async fn walk(
        &self,
        connection: &mut Connection,
        organization: &OrganizationId,
        from: ChainMark,
        budget: i64,
    ) -> Result<Walk> {
        let (mut mark, mut left) = (from, budget);
        while left > 0 {
            // The chain may grow while it is read. The head is read before the rows, so that it fits when none follow.
            let (head, head_hash) = audit::head(connection, organization).await?;
            let after = Some(mark.n).filter(|n| *n > 0);
            let rows = audit::chain(connection, organization, after, READ.min(left)).await?;
            if rows.is_empty() {
                // What is missing at the end is told by the head, or by having been there before.
                if mark.n == head && mark.hash == head_hash {
                    return Ok(Walk { mark, broken: None, left });
                }
                let broken = Some(mark.n.min(head) + 1);
                return Ok(Walk { mark, broken, left });
            }
            for row in rows {
                left -= 1;
                if self.follows(&row, &mark) {
                    mark = ChainMark { n: row.n, hash: row.hash };
                    continue;
                }
                let n = mark.n + 1;
                let accepted = self.accepted(connection, organization, |break_| break_.broken_at == n).await?;
                let Some(accepted) = accepted.filter(|accepted| accepted.mark.n > mark.n) else {
                    return Ok(Walk { mark, broken: Some(n), left });
                };
                mark = accepted.mark;
                break;
            }
        }
        Ok(Walk { mark, broken: None, left })
    }

    /// Whether an event is the next one, unaltered.
    pub(crate) fn follows(&self, row: &AuditRow, mark: &ChainMark) -> bool {
        let canonical = row.canonical(&mark.hash);
        row.n == mark.n + 1
            && row.hash == hash(&canonical)
            && self.ring().mac_fits(Purpose::Audit, &canonical, &row.mac)
    }
}

impl Chains {
    fn of(&self, organization: &OrganizationId) -> Arc<Chain> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(organization.clone()).or_default().clone()
    }

    /// Whether the chain of an organization is known to be broken.
    pub(super) fn is_broken(&self, organization: &OrganizationId) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(organization).is_some_and(|chain| chain.view().broken.is_some())
    }

    /// Whether any chain is known to be broken.
    pub(crate) fn is_any_broken(&self) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.values().any(|chain| chain.view().broken.is_some())
    }

    /// Forgets what is known of a chain, which is checked from its beginning then.
    pub(super) fn forget(&self, organization: &OrganizationId) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(organization);
    }

    fn turn(&self) -> std::sync::MutexGuard<'_, Option<OrganizationId>> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Chain {
    fn view(&self) -> std::sync::MutexGuard<'_, ChainView> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
