//! Changing a key: its name and its description, and, only to less than it had, its scopes and its
//! expiration; and where it may be used from.

use domain::command::ChangeKey;
use domain::event::{AuditAction, Event};
use domain::policy::{Action, permit};
use domain::view::KeyLine;
use domain::{
    ActorId, ConflictReason, Description, Fault, IpBlocks, Moment, Name, Permissions, ScopeSet,
};

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
    /// Renames and describes a key, removes scopes from it, lets it expire earlier, and changes the
    /// IP addresses that it may be used from. A value that the key already has is no change and leaves no event.
    ///
    /// # Errors
    /// `NotFound`, `Denied`; `Invalid` for scopes that the key does not have, for an expiration
    /// later than its own, and for IP addresses that neither it nor the calling key allowed; `Conflict` for the scopes of a key with full
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
        let row = match &command.description {
            Some(text) => self.describe(&mut tx, ctx, row, text).await?,
            None => row,
        };
        let row = match command.scopes {
            Some(scopes) => self.narrow(&mut tx, ctx, row, scopes).await?,
            None => row,
        };
        let row = match command.expires_at {
            Some(at) => self.expire_earlier(&mut tx, ctx, row, at).await?,
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

    /// The event does not repeat the descriptions: the log keeps what it has forever, and a person
    /// must be able to remove what should not be there.
    async fn describe(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        row: KeyRow,
        description: &Description,
    ) -> Result<KeyRow> {
        if row.description.as_deref() == description.text() {
            return Ok(row);
        }
        let event = Event::new(
            AuditAction::KeyDescriptionChanged,
            "key",
            row.id,
            &row.label(),
        )
        .concerning(ActorId(row.actor_id));
        journal(self, tx, ctx, event).await?;
        let described = KeyRow {
            description: description.text().map(str::to_owned),
            ..row.clone()
        };
        self.save_key(tx, &row, described).await
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

    async fn expire_earlier(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        row: KeyRow,
        expires_at: Moment,
    ) -> Result<KeyRow> {
        let row = self.require_sound_key(row)?;
        if !row.state(ctx.now).is_active() {
            return Err(conflict(ConflictReason::KeyIsInactive));
        }
        let before = row.expires_at.map(Moment);
        if before == Some(expires_at) {
            tx.made_before(row.mark());
            return Ok(row);
        }
        if let Some(latest) = before.filter(|end| expires_at > *end) {
            let latest = latest.to_rfc3339();
            return Err(invalid("expires_at", Fault::NotEarlier { latest }));
        }

        let event = Event::new(
            AuditAction::KeyExpirationChanged,
            "key",
            row.id,
            &row.label(),
        )
        .concerning(ActorId(row.actor_id))
        .changed(
            "expires_at",
            before.map(Moment::to_rfc3339).as_deref(),
            Some(&expires_at.to_rfc3339()),
        );
        let audit_n = journal(self, tx, ctx, event).await?;
        let limited = KeyRow {
            audit_n,
            expires_at: Some(expires_at.0),
            ..row.clone()
        };
        self.save_key(tx, &row, limited).await
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
