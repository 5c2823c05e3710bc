//! Listing members.

use domain::command::MemberQuery;
use domain::policy::{Action, permit};
use domain::view::{MemberView, Page};

use super::view;
use crate::ctx::Ctx;
use crate::store::actors;
use crate::{Engine, Result};

impl Engine {
    /// The organization's members that match the query, newest first. Only admins and owners see
    /// emails and numbers of keys, and find members by their emails.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn list_members(
        &self,
        ctx: &Ctx,
        query: &MemberQuery,
        limit: i64,
    ) -> Result<Page<MemberView>> {
        let reach = permit(&ctx.actor, Action::ListMembers)?;
        let may_see_emails = permit(&ctx.actor, Action::SeeAddresses).is_ok();
        let mut connection = self.db().read().await?;
        let rows = actors::list_members(
            &mut connection,
            reach.organization(),
            ctx.now,
            query,
            may_see_emails,
            limit + 1,
        )
        .await?;
        Page::cut(rows, limit, |row| row.actor.id).try_map(|row| view(ctx, row))
    }

    /// How many owners the organization has. It always keeps at least one (decision D5).
    ///
    /// # Errors
    /// `Busy`.
    pub async fn count_owners(&self, ctx: &Ctx) -> Result<i64> {
        let reach = permit(&ctx.actor, Action::ListMembers)?;
        Ok(actors::count_owners(&mut self.db().read().await?, reach.organization()).await?)
    }
}
