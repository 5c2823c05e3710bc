//! Verification of the audit chain of an organization: every event must match its hash, its MAC and
//! the event before it, from the first to the newest.
//!
//! The position up to which a chain is verified is remembered, so that a page of a long log stays
//! fast. Verified events are verified again in slices, in an endless cycle, because an event can be
//! altered after it was verified. A chain no longer than one slice is verified completely each
//! time.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use domain::OrganizationId;
use domain::policy::{Action, permit};
use domain::view::ChainView;
use foldhash::HashMap;

use super::marks::ChainMark;
use super::walk::ChainReader;
use crate::ctx::Ctx;
use crate::store::audit;
use crate::store::{Connection, organizations};
use crate::{Engine, Result};

/// Events that are verified when a page of the log is opened.
const PAGE_BUDGET: i64 = 2_000;

/// The result of verifying a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainState {
    /// Sound from the first event to this one.
    Sound(i64),
    /// The first event that was altered, removed or added.
    Broken(i64),
}

/// What is known of every organization's chain. In memory only: after a restart it is determined
/// again.
#[derive(Default)]
pub struct Chains {
    /// Each check of a key reads it.
    known: RwLock<HashMap<OrganizationId, Arc<Chain>>>,
    turn: Mutex<Option<OrganizationId>>,
}

#[derive(Default)]
struct Chain {
    view: RwLock<ChainView>,
    progress: tokio::sync::Mutex<Progress>,
}

/// How far a chain is verified, and where the next cycle continues.
#[derive(Default)]
struct Progress {
    front: ChainMark,
    cycle: ChainMark,
    broken: Option<i64>,
}

impl Engine {
    /// How far the chain of the caller's organization is verified. Verifies new events, and a slice
    /// of the others again.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn check_chain(&self, ctx: &Ctx) -> Result<ChainView> {
        let reach = permit(&ctx.actor, Action::ReadAudit)?;
        self.check_on(reach.organization(), PAGE_BUDGET)
            .await
            .map(|(view, _)| view)
    }

    /// Continues to verify the chains of all organizations where the last call stopped, up to
    /// `budget` events in total. Gives the state of the chains that it reached.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn check_chains(&self, budget: i64) -> Result<Vec<(OrganizationId, ChainView)>> {
        let organizations = organizations::all(&mut self.db().read().await?).await?;
        let turn = self.chains().turn().clone();
        let begin = organizations
            .iter()
            .position(|one| Some(one) > turn.as_ref())
            .unwrap_or(0);
        let mut left = budget;
        let mut checked = Vec::new();
        for organization in organizations
            .iter()
            .cycle()
            .skip(begin)
            .take(organizations.len())
        {
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

    /// Verifies the chains of all organizations as far as the budget allows, and the newest event
    /// of each in any case.
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

    /// Verifies an organization's chain from its first event to its last, whatever is known of it.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn verify_audit(&self, organization: &OrganizationId) -> Result<ChainState> {
        let mut connection = self.db().read().await?;
        let walk = ChainReader::of(self, organization)
            .walk(&mut connection, ChainMark::default(), i64::MAX)
            .await?;
        let anchored = self
            .anchor_fault(&mut connection, organization)
            .await?;
        let broken = [walk.broken, anchored]
            .into_iter()
            .flatten()
            .min();
        Ok(broken.map_or(ChainState::Sound(walk.mark.n), ChainState::Broken))
    }

    /// The state of the chain, and what is left of the budget. Logs a chain that is newly found
    /// broken. While another task verifies the same chain, gives the state from before.
    async fn check_on(
        &self,
        organization: &OrganizationId,
        budget: i64,
    ) -> Result<(ChainView, i64)> {
        let chain = self.chains().of(organization);
        let Ok(mut progress) = chain.progress.try_lock() else {
            return Ok((*chain.view(), budget));
        };
        let mut connection = self.db().read().await?;
        let ahead = ChainReader::of(self, organization)
            .walk(&mut connection, progress.front.clone(), budget)
            .await?;
        progress.front = ahead.mark;
        let (left, behind) = self
            .check_again(
                &mut connection,
                organization,
                &mut progress,
                ahead.left,
            )
            .await?;
        // Without budget for another slice, the earlier finding stays.
        let behind = if left < ahead.left {
            behind
        } else {
            progress.broken
        };
        let anchored = self
            .anchor_fault(&mut connection, organization)
            .await?;
        progress.broken = [ahead.broken, behind, anchored]
            .into_iter()
            .flatten()
            .min();
        let (events, _) = audit::head(&mut connection, organization).await?;
        let view = ChainView {
            verified: progress.front.n,
            events,
            broken: progress.broken,
        };
        let before = std::mem::replace(&mut *chain.view(), view).broken;
        if let Some(n) = view.broken.filter(|_| before != view.broken) {
            tracing::error!(%organization, n, "integrity failure: the audit log was altered");
        }
        Ok((view, left))
    }

    /// Verifies a slice of the verified events again, where the last call stopped, and at most each
    /// event once. Gives what is left of the budget, and the first event that no longer verifies.
    async fn check_again(
        &self,
        connection: &mut Connection,
        organization: &OrganizationId,
        progress: &mut Progress,
        budget: i64,
    ) -> Result<(i64, Option<i64>)> {
        let mut left = budget;
        let mut round = progress.front.n;
        while left > 0 && round > 0 {
            if progress.cycle.n >= progress.front.n {
                progress.cycle = ChainMark::default();
            }
            let piece = left
                .min(round)
                .min(progress.front.n - progress.cycle.n);
            let walk = ChainReader::of(self, organization)
                .walk(connection, progress.cycle.clone(), piece)
                .await?;
            // An accepted break skips events.
            let passed = walk.mark.n - progress.cycle.n;
            // Events that were removed because of their age cost nothing.
            left -= piece - walk.left.max(0);
            round -= piece.max(passed);
            progress.cycle = walk.mark;
            if walk.broken.is_some() {
                return Ok((left, walk.broken));
            }
        }
        Ok((left, None))
    }
}

impl Chains {
    fn of(&self, organization: &OrganizationId) -> Arc<Chain> {
        let mut known = self
            .known
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        known
            .entry(organization.clone())
            .or_default()
            .clone()
    }

    /// Whether the chain of an organization is known to be broken.
    pub(super) fn is_broken(&self, organization: &OrganizationId) -> bool {
        let known = self
            .known
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        known
            .get(organization)
            .is_some_and(|chain| chain.read_view().broken.is_some())
    }

    /// Whether any chain is known to be broken.
    pub(crate) fn is_any_broken(&self) -> bool {
        self.broken() > 0
    }

    /// How many logs were altered.
    pub(crate) fn broken(&self) -> usize {
        let known = self
            .known
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        known
            .values()
            .filter(|chain| chain.read_view().broken.is_some())
            .count()
    }

    /// Forgets what is known of a chain, so that it is verified from its beginning.
    pub(super) fn forget(&self, organization: &OrganizationId) {
        self.known
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(organization);
    }

    fn turn(&self) -> std::sync::MutexGuard<'_, Option<OrganizationId>> {
        self.turn
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Chain {
    fn view(&self) -> std::sync::RwLockWriteGuard<'_, ChainView> {
        self.view
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn read_view(&self) -> std::sync::RwLockReadGuard<'_, ChainView> {
        self.view
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
