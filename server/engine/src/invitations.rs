//! Invitations: a link that makes one person a member, once. One file per operation; here is what
//! the operations share.
//!
//! The link is bound to an email: only a person who signed in with that email, verified by the
//! provider, may accept it. The database holds only a keyed digest of the token.

mod accept;
mod create;
mod get;
mod list;
mod revoke;

use domain::ActorId;
use domain::event::{AuditAction, Event};
use domain::policy::may_give;

use crate::audit::journal;
use crate::ctx::Ctx;
use crate::journal::Subject;
use crate::store::actors;
use crate::store::invitations::{self, InvitationRow};
use crate::store::{Connection, Tx, parse_column};
use crate::{Engine, Error, Result};

/// An invitation expires after seven days.
pub const INVITATION_SECONDS: i64 = 7 * 86_400;

impl Engine {
    /// Marks an invitation as accepted or revoked, with its audit event. The row is sealed again
    /// only if its seal was valid before, so that an alteration remains detectable.
    async fn close_invitation(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        row: InvitationRow,
        action: AuditAction,
    ) -> Result<()> {
        let audit_n = journal(
            self,
            tx,
            ctx,
            Event::new(action, "invitation", &row.id, &row.email),
        )
        .await?;
        let is_sound = row.is_sound(self.ring());
        let closed = InvitationRow {
            ended_at: Some(ctx.now.0),
            audit_n,
            ..row
        };
        let closed = if is_sound {
            closed.sealed(self.ring())
        } else {
            closed
        };
        if invitations::close(tx, &closed).await? {
            Ok(())
        } else {
            Err(Error::NotFound)
        }
    }

    /// Checks that an invitation is pending and unaltered, and that its sender may still give the
    /// role.
    ///
    /// # Errors
    /// `NotFound` otherwise; the cause is not disclosed.
    async fn require_pending(
        &self,
        connection: &mut Connection,
        found: Option<InvitationRow>,
    ) -> Result<InvitationRow> {
        let row = found
            .filter(|row| row.is_pending(self.runtime().now()))
            .ok_or(Error::NotFound)?;
        if !row.is_sound(self.ring())
            || self
                .journal()
                .is_behind(&Subject::Invitation(row.id.clone()), 0)
        {
            tracing::error!(
                invitation = row.id,
                organization = row.organization_id,
                "integrity failure: the invitation's row was altered"
            );
            return Err(Error::NotFound);
        }

        let organization = parse_column(&row.organization_id, "invitations.organization_id")?;
        let inviter = actors::find(connection, &organization, ActorId(row.invited_by)).await?;
        let inviter = inviter
            .filter(|actor| actor.is_enabled() && self.is_sound(actor))
            .ok_or(Error::NotFound)?;
        if may_give(inviter.actor()?.role, row.view()?.role) {
            Ok(row)
        } else {
            Err(Error::NotFound)
        }
    }

    /// The invitation of a link.
    async fn find_invitation(
        &self,
        connection: &mut Connection,
        token: &str,
    ) -> Result<Option<InvitationRow>> {
        for digest in self.session_digests(digested(token).as_bytes()) {
            let found = invitations::by_digest(connection, &digest).await?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    fn invitation_digest(&self, token: &str) -> Vec<u8> {
        self.session_digest(digested(token).as_bytes())
    }
}

/// The text that the digest of an invitation is about.
fn digested(token: &str) -> String {
    format!("invitation {token}")
}
