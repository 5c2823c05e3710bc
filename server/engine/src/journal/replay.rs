//! Carrying what the journal knows into a database that was restored from a backup.

use domain::event::{Event, Happening};
use domain::key::RevokeReason;
use domain::{ActorId, ActorKind, KeyId, OrganizationId, Role};

use crate::audit::journal;
use crate::ctx::{Ctx, Origin};
use crate::fence::nobody;
use crate::store::actors::{self, ActorRow};
use crate::store::{Tx, audit, keys, organizations, sessions};
use crate::{Engine, Result};

/// What was done to the rows that the journal knows to be out of date.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Keys that were revoked.
    pub keys: Vec<KeyId>,
    /// Actors that were removed, disabled or made plain members; owners stay owners.
    pub actors: Vec<ActorId>,
}

impl Engine {
    /// Ends every session, revokes the keys whose row is older than the journal says, and takes power from the actors
    /// whose row is: what exactly had changed is in the lost part of the log. Each change has its event.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn replay_journal(&self, reason: &str) -> Result<Replayed> {
        let mut replayed = Replayed::default();
        for organization in organizations::all(&mut self.db().read().await?).await? {
            let mut tx = self.db().begin_on_reserve().await?;
            audit::hold_head(&mut tx, &organization).await?;
            let ctx = nobody(&organization, "The operator", self.outside().now(), Origin::of_command());
            self.replay_keys(&mut tx, &ctx, &organization, reason, &mut replayed).await?;
            self.replay_actors(&mut tx, &ctx, &organization, reason, &mut replayed).await?;
            tx.commit().await?;
        }
        let mut tx = self.db().begin_on_reserve().await?;
        sessions::delete_all(&mut tx).await?;
        tx.commit().await?;
        Ok(replayed)
    }

    async fn replay_keys(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        organization: &OrganizationId,
        reason: &str,
        replayed: &mut Replayed,
    ) -> Result<()> {
        for id in self.journal().keys() {
            let row = keys::hold(tx, organization, id, true).await?;
            let Some(row) = row.filter(|row| row.is_superseded(self.journal())) else { continue };
            let event = crate::keys::ending(&row).changed("reason", None, Some(reason));
            self.end_row(tx, ctx, &row, None, RevokeReason::Policy, event).await?;
            replayed.keys.push(id);
        }
        Ok(())
    }

    async fn replay_actors(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        organization: &OrganizationId,
        reason: &str,
        replayed: &mut Replayed,
    ) -> Result<()> {
        for id in self.journal().actors() {
            let row = actors::find(tx, organization, id).await?;
            let outdated = |row: &ActorRow| row.is_superseded(self.journal()) && row.is_sound(self.ring());
            let Some(row) = row.filter(outdated) else { continue };
            let (after, event) = self.weakened(&row, ctx.now.0);
            let event = event.concerning(id).changed("reason", None, Some(reason));
            let after = ActorRow { audit_n: journal(self, tx, ctx, event).await?, ..after };
            actors::update(tx, &after.sealed(self.ring())).await?;
            replayed.actors.push(id);
        }
        Ok(())
    }

    /// An actor without the power that may have been taken since, and the event of that.
    fn weakened(&self, row: &ActorRow, now: i64) -> (ActorRow, Event) {
        let event = |happening, kind| Event::new(happening, kind, row.id, &row.name);
        if self.journal().has_ended(&super::Subject::Actor(row.id)) {
            let event = event(Happening::MemberRemoved, "member").changed("role", Some(&row.role), None);
            return (ActorRow { removed_at: Some(now), ..row.clone() }, event);
        }
        if row.kind == ActorKind::Service.as_str() {
            let event = event(Happening::ServiceAccountChanged, "service_account");
            let disabled_at = row.disabled_at.or(Some(now));
            return (ActorRow { disabled_at, ..row.clone() }, event.changed("disabled", None, Some("true")));
        }
        let role = if row.role == Role::Owner.as_str() { Role::Owner } else { Role::Member };
        let event = event(Happening::MemberRoleChanged, "member");
        let event = event.changed("role", Some(&row.role), Some(role.as_str()));
        (ActorRow { role: role.as_str().into(), ..row.clone() }, event)
    }
}
