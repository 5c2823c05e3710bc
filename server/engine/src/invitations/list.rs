//! Listing invitations.

use domain::policy::{Action, permit};
use domain::view::{InvitationView, Page};

use crate::ctx::Ctx;
use crate::store::invitations;
use crate::{Engine, Result};

impl Engine {
    /// Pending invitations, newest first.
    ///
    /// # Errors
    /// `Denied` for members.
    pub async fn list_invitations(
        &self,
        ctx: &Ctx,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Page<InvitationView>> {
        let reach = permit(&ctx.actor, Action::SeeAddresses)?;
        let mut connection = self.db().read().await?;
        let before = before.unwrap_or(i64::MAX);
        let rows = invitations::pending(
            &mut connection,
            reach.organization(),
            ctx.now,
            before,
            limit + 1,
        )
        .await?;
        Ok(Page::cut(rows, limit, |row| row.seq).try_map(|row| row.view())?)
    }
}
