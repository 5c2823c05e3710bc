//! Renaming a key, and removing scopes from it.

use domain::command::ChangeKey;
use domain::event::{AuditAction, Event};
use domain::policy::{Action, permit};
use domain::view::KeyLine;
use domain::{ActorId, ConflictReason, Fault, Name, Permissions, ScopeSet};

use super::lock_within_reach;
use crate::audit::journal;
use crate::ctx::Ctx;
use crate::error::{conflict, invalid};
use crate::reauthorize::reauthorize;
use crate::store::Tx;
use crate::store::keys::KeyRow;
use crate::{Engine, Result};

impl Engine {
    /// Renames a key, removes scopes from it, or both. A value that the key already has is no
    /// change and leaves no event.
    ///
    /// # Errors
    /// `NotFound`, `Denied`; `Invalid` for scopes that the key does not have; `Conflict` for a key
    /// with full access, whose prefix says so for good, and for an expired or revoked key.
    pub async fn change_key(&self, ctx: &Ctx, command: ChangeKey) -> Result<KeyLine> {
        let reach = permit(&ctx.actor, Action::ChangeKey)?;
        let mut tx = self.db().begin().await?;
        reauthorize(self, &mut tx, ctx).await?;
        let row = lock_within_reach(&mut tx, &reach, command.key).await?;

        let row = match &command.name {
            Some(name) => self.rename(&mut tx, ctx, row, name).await?,
            None => row,
        };
        if let Some(scopes) = command.scopes {
            self.narrow(&mut tx, ctx, row, scopes).await?;
        }
        tx.commit().await?;
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
        let renamed = KeyRow {
            name: name.as_str().to_owned(),
            folded_name: name.as_str().to_lowercase(),
            ..row.clone()
        };
        self.save_key(tx, &row, renamed).await
    }

    async fn narrow(&self, tx: &mut Tx, ctx: &Ctx, row: KeyRow, scopes: ScopeSet) -> Result<()> {
        let row = self.require_sound_key(row)?;
        let Permissions::Only(before) = row.permissions()? else {
            return Err(conflict(ConflictReason::FullAccess));
        };
        if !row.state(ctx.now).is_active() {
            return Err(conflict(ConflictReason::KeyIsInactive));
        }
        if !before.covers(scopes) {
            return Err(invalid("scopes", Fault::NotNarrower));
        }
        if before == scopes {
            return Ok(());
        }

        let narrowed = Permissions::Only(scopes).line();
        let event = Event::new(AuditAction::KeyNarrowed, "key", row.id, &row.label())
            .concerning(ActorId(row.actor_id))
            .changed("scopes", Some(&row.scopes), Some(&narrowed));
        let audit_n = journal(self, tx, ctx, event).await?;
        self.save_key(
            tx,
            &row,
            KeyRow {
                audit_n,
                scopes: narrowed,
                ..row.clone()
            },
        )
        .await?;
        Ok(())
    }
}
