//! Applying the journal to a database that was restored from a backup.

use std::collections::BTreeMap;

use domain::event::{AuditAction, Event};
use domain::key::RevokeReason;
use domain::{ActorId, ActorKind, ApiId, KeyId, OrganizationId, Role};

use crate::audit::journal;
use crate::ctx::{Ctx, Origin};
use crate::store::actors::{self, ActorRow};
use crate::store::apis::{self, ApiRow};
use crate::store::{Tx, audit, keys, sessions};
use crate::{Engine, Result};

/// What was done to rows that are older than the journal says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Keys that were revoked.
    pub keys: Vec<KeyId>,
    /// Actors that were removed, disabled or made plain members; owners stay owners.
    pub actors: Vec<ActorId>,
    /// APIs that were archived.
    pub apis: Vec<ApiId>,
}

/// What the journal knows of one organization.
#[derive(Default)]
struct Known {
    keys: Vec<KeyId>,
    actors: Vec<ActorId>,
    apis: Vec<ApiId>,
}

impl Engine {
    /// Deletes every session, revokes the keys whose row is older than the journal says, reduces
    /// the power of the actors whose row is, and archives the APIs whose row is: what exactly
    /// changed is in the lost part of the log. Each change has its audit event.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn replay_journal(&self, reason: &str) -> Result<Replayed> {
        let mut replay = Replay {
            engine: self,
            reason,
            done: Replayed::default(),
        };
        for (organization, known) in self.known_by_organization().await? {
            let mut tx = self.db().begin_on_reserve().await?;
            audit::lock_chain_head(&mut tx, &organization).await?;
            let ctx = Ctx::system_in(
                &organization,
                "The operator",
                self.runtime().now(),
                Origin::of_command(),
            );
            for id in known.keys {
                replay.key(&mut tx, &ctx, id).await?;
            }
            for id in known.actors {
                replay.actor(&mut tx, &ctx, id).await?;
            }
            for id in known.apis {
                replay.api(&mut tx, &ctx, id).await?;
            }
            tx.commit().await?;
        }
        let mut tx = self.db().begin_on_reserve().await?;
        sessions::delete_all(&mut tx).await?;
        tx.commit().await?;
        Ok(replay.done)
    }

    /// What the journal knows, by organization. Rows that the database lost are left out.
    async fn known_by_organization(&self) -> Result<BTreeMap<OrganizationId, Known>> {
        let mut known: BTreeMap<_, Known> = BTreeMap::new();
        let mut connection = self.db().read().await?;
        for id in self.journal().keys() {
            if let Some(organization) = keys::organization_of(&mut connection, id).await? {
                known
                    .entry(organization)
                    .or_default()
                    .keys
                    .push(id);
            }
        }
        for id in self.journal().actors() {
            if let Some(organization) = actors::organization_of(&mut connection, id).await? {
                known
                    .entry(organization)
                    .or_default()
                    .actors
                    .push(id);
            }
        }
        for id in self.journal().apis() {
            if let Some(organization) = apis::organization_of(&mut connection, id).await? {
                known
                    .entry(organization)
                    .or_default()
                    .apis
                    .push(id);
            }
        }
        Ok(known)
    }

    /// The actor without the power that it may have lost, and the event of that.
    fn weakened(&self, row: &ActorRow, now: i64) -> (ActorRow, Event) {
        let event = |action, kind| Event::new(action, kind, row.id, &row.name);
        if self
            .journal()
            .is_revoked(&super::Subject::Actor(row.id))
        {
            let event =
                event(AuditAction::MemberRemoved, "member").changed("role", Some(&row.role), None);
            return (
                ActorRow {
                    removed_at: Some(now),
                    ..row.clone()
                },
                event,
            );
        }
        let disabled = if row.kind == ActorKind::Service.as_str() {
            Some((
                AuditAction::ServiceAccountChanged,
                "service_account",
                "disabled",
            ))
        } else if row.kind == ActorKind::Consumer.as_str() {
            Some((AuditAction::ConsumerChanged, "consumer", "paused"))
        } else {
            None
        };
        if let Some((action, kind, field)) = disabled {
            let event = event(action, kind);
            let disabled_at = row.disabled_at.or(Some(now));
            return (
                ActorRow {
                    disabled_at,
                    ..row.clone()
                },
                event.changed(field, None, Some("true")),
            );
        }
        let role = if row.role == Role::Owner.as_str() {
            Role::Owner
        } else {
            Role::Member
        };
        let event = event(AuditAction::MemberRoleChanged, "member");
        let event = event.changed("role", Some(&row.role), Some(role.as_str()));
        (
            ActorRow {
                role: role.as_str().into(),
                ..row.clone()
            },
            event,
        )
    }
}

struct Replay<'a> {
    engine: &'a Engine,
    reason: &'a str,
    done: Replayed,
}

impl Replay<'_> {
    /// Revokes a key whose row is older than the journal says.
    async fn key(&mut self, tx: &mut Tx, ctx: &Ctx, id: KeyId) -> Result<()> {
        let row = keys::lock(tx, &ctx.actor.organization, id, true).await?;
        let Some(row) = row.filter(|row| row.is_superseded(self.engine.journal())) else {
            return Ok(());
        };
        let event = crate::keys::revoked_event(&row).changed("reason", None, Some(self.reason));
        self.engine
            .mark_revoked(tx, ctx, &row, None, RevokeReason::Policy, event)
            .await?;
        self.done.keys.push(id);
        Ok(())
    }

    /// Reduces the power of an actor whose row is older than the journal says.
    async fn actor(&mut self, tx: &mut Tx, ctx: &Ctx, id: ActorId) -> Result<()> {
        let engine = self.engine;
        let row = actors::find(tx, &ctx.actor.organization, id).await?;
        let outdated =
            |row: &ActorRow| row.is_superseded(engine.journal()) && row.is_sound(engine.ring());
        let Some(row) = row.filter(outdated) else {
            return Ok(());
        };
        let (after, event) = engine.weakened(&row, ctx.now.0);
        let event = event
            .concerning(id)
            .changed("reason", None, Some(self.reason));
        let after = ActorRow {
            audit_n: journal(engine, tx, ctx, event).await?,
            ..after
        };
        actors::update(tx, &after.sealed(engine.ring()), &row).await?;
        self.done.actors.push(id);
        Ok(())
    }

    /// Archives an API whose row is older than the journal says.
    async fn api(&mut self, tx: &mut Tx, ctx: &Ctx, id: ApiId) -> Result<()> {
        let engine = self.engine;
        let row = apis::get(tx, &ctx.actor.organization, id).await?;
        let outdated =
            |row: &ApiRow| row.is_superseded(engine.journal()) && row.has_valid_seal(engine.ring());
        let Some(row) = row.filter(outdated) else {
            return Ok(());
        };
        let event = Event::new(AuditAction::ApiChanged, "api", row.id, &row.name)
            .changed("archived", None, Some("true"))
            .changed("reason", None, Some(self.reason));
        let after = ApiRow {
            audit_n: journal(engine, tx, ctx, event).await?,
            archived_at: row.archived_at.or(Some(ctx.now.0)),
            ..row.clone()
        };
        apis::update(tx, &after.sealed(engine.ring()), &row).await?;
        self.done.apis.push(id);
        Ok(())
    }
}
