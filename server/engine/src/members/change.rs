//! Changing the role of a member.

use domain::event::AuditAction;
use domain::policy::{Action, permit};
use domain::{ActorId, Role};

use super::{check_may_grant, check_may_manage, member_event};
use crate::ctx::Ctx;
use crate::store::actors::ActorRow;
use crate::{Engine, Result};

impl Engine {
    /// Gives a member another role. A lower role cancels the requests that run with the member's
    /// keys (decision D23).
    ///
    /// # Errors
    /// `Denied` for members, and for admins and keys when an owner is concerned;
    /// `FreshSignInRequired` in that case, and to make someone an admin; `NotFound`; `Conflict` for
    /// the last owner (decision D5).
    pub async fn change_member(&self, ctx: &Ctx, member: ActorId, role: Role) -> Result<()> {
        self.retry_with_free_space(|| self.try_to_change_member(ctx, member, role))
            .await
    }

    async fn try_to_change_member(&self, ctx: &Ctx, member: ActorId, role: Role) -> Result<()> {
        let reach = permit(&ctx.actor, Action::ManageMembers)?;
        check_may_manage(ctx, role)?;
        let mut tx = self.db().begin_on_reserve().await?;
        let (before, _) = self
            .load_manageable(&mut tx, ctx, &reach, member)
            .await?;
        let old_role = before.actor()?.role;
        if old_role == role {
            tx.made_before(before.mark());
            return Ok(tx.commit().await?);
        }
        if role > old_role {
            check_may_grant(ctx, role)?;
        }

        let after = ActorRow {
            role: role.as_str().into(),
            ..before.clone()
        };
        let event = member_event(AuditAction::MemberRoleChanged, &before).changed(
            "role",
            Some(&before.role),
            Some(&after.role),
        );
        self.save_member(&mut tx, ctx, &reach, (&before, after), event)
            .await?;
        Ok(tx.commit().await?)
    }
}
