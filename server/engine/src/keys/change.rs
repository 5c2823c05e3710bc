//! Renaming a key, and taking scopes from it.

use domain::ConflictReason;
use domain::command::ChangeKey;
use domain::event::{AuditAction, Event};
use domain::policy::{Action, permit};
use domain::view::KeyLine;
use domain::{ActorId, Fault, Name, Permissions, ScopeSet};

use super::{lock, state_of};
use crate::audit::journal;
use crate::ctx::Ctx;
use crate::reauthorize::{conflict, invalid, reauthorize};
use crate::store::Tx;
use crate::store::keys::KeyRow;
use crate::{Engine, Result};

impl Engine {
    /// Renames a key, takes scopes from it, or both. What is already so is no change and leaves no event.
    ///
    /// # Errors
    /// `NotFound`, `Denied`, `Invalid` for scopes the key did not have, `Conflict` for a key with full access (its
    /// prefix says so for ever) or one that has ended.
    pub async fn change_key(&self, ctx: &Ctx, command: ChangeKey) -> Result<KeyLine> {
        let reach = permit(&ctx.actor, Action::ChangeKey)?;
        let mut tx = self.db().begin().await?;
        reauthorize(self, &mut tx, ctx).await?;
        let row = lock(&mut tx, &reach, command.key).await?;
        let row = match &command.name {
            Some(name) => self.rename(&mut tx, ctx, row, name).await?,
            None => row,
        };
        let narrowed = match command.scopes {
            Some(scopes) => self.narrow(&mut tx, ctx, row, scopes).await?,
            None => false,
        };
        // Requests that still run were let in with more than the key has now.
        let ended = if narrowed { vec![command.key] } else { Vec::new() };
        self.commit_and_cancel(tx, ended, ctx.in_flight()).await?;
        self.get_key(ctx, command.key).await
    }

    async fn rename(&self, tx: &mut Tx, ctx: &Ctx, row: KeyRow, name: &Name) -> Result<KeyRow> {
        if row.name == name.as_str() {
            return Ok(row);
        }
        let event = Event::new(AuditAction::KeyRenamed, "key", row.id, &row.label())
            .concerning(ActorId(row.actor_id))
            .changed("name", Some(&row.name), Some(name.as_str()));
        journal(self, tx, ctx, event).await?;
        let (name, folded_name) = (name.as_str().to_owned(), name.as_str().to_lowercase());
        self.save(tx, &row, KeyRow { name, folded_name, ..row.clone() }).await
    }

    async fn narrow(&self, tx: &mut Tx, ctx: &Ctx, row: KeyRow, scopes: ScopeSet) -> Result<bool> {
        let row = self.sound(row)?;
        let Permissions::Only(had) = row.permissions()? else {
            return Err(conflict(ConflictReason::FullAccess));
        };
        if !state_of(&row, ctx.now).is_active() {
            return Err(conflict(ConflictReason::KeyIsInactive));
        }
        if !had.covers(scopes) {
            return Err(invalid("scopes", Fault::NotNarrower));
        }
        if had == scopes {
            return Ok(false);
        }
        let left = Permissions::Only(scopes).line();
        let event = Event::new(AuditAction::KeyNarrowed, "key", row.id, &row.label())
            .concerning(ActorId(row.actor_id))
            .changed("scopes", Some(&row.scopes), Some(&left));
        let audit_n = journal(self, tx, ctx, event).await?;
        self.save(tx, &row, KeyRow { audit_n, scopes: left, ..row.clone() }).await?;
        Ok(true)
    }
}
