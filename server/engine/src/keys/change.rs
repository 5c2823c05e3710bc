//! Renaming a key, removing scopes from it, and changing where it may be used from.

use domain::command::ChangeKey;
use domain::event::{AuditAction, Event};
use domain::policy::{Action, permit};
use domain::view::KeyLine;
use domain::{ActorId, ConflictReason, Fault, IpBlocks, Name, Permissions, ScopeSet};

use super::create::check_ips;
use super::lock_within_reach;
use crate::audit::journal;
use crate::ctx::Ctx;
use crate::error::{conflict, invalid};
use crate::reauthorize::reauthorize;
use crate::store::Tx;
use crate::store::keys::KeyRow;
use crate::{Engine, Result};

impl Engine {
    /// Renames a key, removes scopes from it, and changes the IP addresses that it may be used from.
    /// A value that the key already has is no change and leaves no event.
    ///
    /// # Errors
    /// `NotFound`, `Denied`; `Invalid` for scopes that the key does not have, and for IP addresses
    /// that neither it nor the calling key allowed; `Conflict` for the scopes of a key with full
    /// access, whose prefix says so for good, and for an expired or revoked key.
    pub async fn change_key(&self, ctx: &Ctx, command: ChangeKey) -> Result<KeyLine> {
        let reach = permit(&ctx.actor, Action::ChangeKey)?;
        let mut tx = self.db().begin().await?;
        let calling_key = reauthorize(self, &mut tx, ctx).await?;
        let row = lock_within_reach(&mut tx, &reach, command.key).await?;

        let row = match &command.name {
            Some(name) => self.rename(&mut tx, ctx, row, name).await?,
            None => row,
        };
        let row = match command.scopes {
            Some(scopes) => self.narrow(&mut tx, ctx, row, scopes).await?,
            None => row,
        };
        if let Some(blocks) = command.allowed_ips {
            self.change_ips(&mut tx, ctx, row, blocks, calling_key.as_ref())
                .await?;
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

    async fn narrow(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        row: KeyRow,
        scopes: ScopeSet,
    ) -> Result<KeyRow> {
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
            tx.made_before(row.mark());
            return Ok(row);
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
        .await
    }

    async fn change_ips(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        row: KeyRow,
        blocks: IpBlocks,
        calling_key: Option<&KeyRow>,
    ) -> Result<()> {
        let row = self.require_sound_key(row)?;
        if !row.state(ctx.now).is_active() {
            return Err(conflict(ConflictReason::KeyIsInactive));
        }
        let before = row.allowed_ips()?;
        if before == blocks {
            tx.made_before(row.mark());
            return Ok(());
        }
        // A key for an API has no power here, so it may be used from where the caller may not.
        if row.api_id.is_none() && !before.cover(&blocks) {
            check_ips(calling_key, &blocks)?;
        }

        let after = blocks.line();
        let event = Event::new(
            AuditAction::KeyIpsChanged,
            "key",
            row.id,
            &row.label(),
        )
        .concerning(ActorId(row.actor_id))
        .changed(
            "allowed_ips",
            row.allowed_ips.as_deref(),
            after.as_deref(),
        );
        let audit_n = journal(self, tx, ctx, event).await?;
        let changed = KeyRow {
            audit_n,
            allowed_ips: after,
            ..row.clone()
        };
        self.save_key(tx, &row, changed).await?;
        Ok(())
    }
}
