//! Accepting a broken chain: the operator has reviewed it and continues. The chain is verified
//! again from the event that records this; what lies between the break and that event stays
//! unverified.

use domain::OrganizationId;
use domain::event::{AuditAction, Event, ObjectKind};

use super::chain::ChainState;
use super::journal;
use super::marks::{BROKEN_AT, PREVIOUS_HASH};
use crate::ctx::{Ctx, Origin};
use crate::store::audit;
use crate::store::organizations;
use crate::{Engine, Error, Result};

impl Engine {
    /// Accepts the broken chains of one organization, or of all, for a reason, each with an event.
    /// Gives the organizations whose chain was broken, and the first event that did not verify.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn accept_broken_chains(
        &self,
        only: Option<&OrganizationId>,
        reason: &str,
    ) -> Result<Vec<(OrganizationId, i64)>> {
        let mut accepted = Vec::new();
        for organization in organizations::all(&mut self.db().read().await?).await? {
            if only.is_some_and(|only| *only != organization) {
                continue;
            }
            if let ChainState::Broken(n) = self.verify_audit(&organization).await? {
                self.accept_chain(&organization, n, reason)
                    .await?;
                accepted.push((organization, n));
            }
        }
        Ok(accepted)
    }

    async fn accept_chain(
        &self,
        organization: &OrganizationId,
        broken_at: i64,
        reason: &str,
    ) -> Result<()> {
        let mut tx = self.db().begin_on_reserve().await?;
        audit::lock_chain_head(&mut tx, organization).await?;
        // Above every number that was ever assigned, so that later rows are newer than any row from
        // before the break.
        let anchor = self
            .journal()
            .anchor(organization.as_str())
            .unwrap_or_default();
        audit::raise_head(&mut tx, organization, anchor.n).await?;
        let (_, previous) = audit::head(&mut tx, organization).await?;
        let ctx = Ctx::system_in(
            organization,
            "The operator",
            self.runtime().now(),
            Origin::of_command(),
        );
        let kind = ObjectKind::AuditLog;
        let event = Event::new(
            AuditAction::AuditAccepted,
            kind.as_str(),
            organization,
            kind.label(),
        )
        .changed(BROKEN_AT, None, Some(&broken_at.to_string()))
        .changed(PREVIOUS_HASH, None, Some(&hex::encode(previous)))
        .changed("reason", None, Some(reason));
        journal(self, &mut tx, &ctx, event).await?;
        tx.commit().await?;
        self.chains().forget(organization);
        Ok(())
    }

    /// Refuses operations in an organization whose log was altered.
    pub(crate) fn check_log_intact(&self, organization: &OrganizationId) -> Result<()> {
        if self.chains().is_broken(organization) {
            Err(Error::OnHold)
        } else {
            Ok(())
        }
    }
}
