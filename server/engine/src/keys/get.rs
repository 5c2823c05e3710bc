//! Reading one key.

use domain::policy::{Action, Reach, permit};
use domain::view::{KeyDetail, KeyLine};
use domain::{KeyId, SealedCounts};

use super::check_within_reach;
use crate::ctx::Ctx;
use crate::sealed;
use crate::store::keys::{self, ListedRow};
use crate::{Engine, Error, Result};

impl Engine {
    /// One key, if it is within the caller's reach.
    ///
    /// # Errors
    /// `NotFound` when the organization has no such key, `Denied` when it is outside of the
    /// caller's reach.
    pub async fn get_key(&self, ctx: &Ctx, key: KeyId) -> Result<KeyLine> {
        let reach = permit(&ctx.actor, Action::ListKeys)?;
        self.key_line(ctx, self.find_within_reach(&reach, key).await?)
    }

    /// One key with its usage.
    ///
    /// # Errors
    /// As [`Engine::get_key`].
    pub async fn get_key_detail(&self, ctx: &Ctx, key: KeyId) -> Result<KeyDetail> {
        let reach = permit(&ctx.actor, Action::ListKeys)?;
        let row = self.find_within_reach(&reach, key).await?;
        let public_key_hex = hex::encode(&row.key.public_key);
        let line = self.key_line(ctx, row)?;
        let usage = self.usage_of(key, ctx.now).await?;
        Ok(KeyDetail {
            line,
            public_key_hex,
            usage,
        })
    }

    /// The sealed items that a rotation of the key makes unreadable, unless it carries them over.
    ///
    /// # Errors
    /// As [`Engine::get_key`].
    pub async fn see_rotation_loss(&self, ctx: &Ctx, key: KeyId) -> Result<SealedCounts> {
        let reach = permit(&ctx.actor, Action::RotateKey)?;
        self.find_within_reach(&reach, key).await?;
        sealed::count_sealed(
            &mut self.db().read().await?,
            reach.organization(),
            key,
        )
        .await
    }

    async fn find_within_reach(&self, reach: &Reach, key: KeyId) -> Result<ListedRow> {
        let row = keys::find(
            &mut self.db().read().await?,
            reach.organization(),
            key,
        )
        .await?
        .ok_or(Error::NotFound)?;
        check_within_reach(reach, &row.key)?;
        Ok(row)
    }
}
