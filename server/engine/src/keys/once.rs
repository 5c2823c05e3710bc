//! Requests that may be repeated: a retry makes no second key, and shows none a second time.

use domain::{Fault, KeyId};

use crate::ctx::Ctx;
use crate::keyring::{CanonicalEncoder, hash};
use crate::reauthorize::invalid;
use crate::store::{self, Tx};
use crate::{Engine, Error, Result};

/// How long a request is remembered: a day.
pub const REMEMBERED_SECONDS: i64 = 24 * 60 * 60;

/// A request that its sender may repeat, as the header `Idempotency-Key` says.
#[derive(Clone, Debug)]
pub struct IdempotencyKey {
    digest: Vec<u8>,
    request: Vec<u8>,
}

impl IdempotencyKey {
    /// An operation under the sender's own word for this request, with all that it says.
    pub fn of(operation: &str, parse_column: &str, content: &str) -> Self {
        let digest = hash(&CanonicalEncoder::of("once").text(operation).text(parse_column));
        Self { digest, request: hash(&CanonicalEncoder::of("content").text(content)) }
    }
}

impl Engine {
    /// Refuses a request that was carried out before.
    pub(super) async fn check_replay(&self, tx: &mut Tx, ctx: &Ctx, once: Option<&IdempotencyKey>) -> Result<()> {
        let Some(once) = once else { return Ok(()) };
        let found = store::once::find(tx, &ctx.actor.organization, ctx.actor.id, &once.digest).await?;
        match found {
            None => Ok(()),
            Some((request, key)) if request == once.request => Err(Error::AlreadyDone(KeyId(key))),
            Some(_) => Err(invalid("Idempotency-Key", Fault::OtherBody)),
        }
    }

    /// Remembers that a request made this key.
    pub(super) async fn done(&self, tx: &mut Tx, ctx: &Ctx, once: Option<&IdempotencyKey>, key: KeyId) -> Result<()> {
        let Some(once) = once else { return Ok(()) };
        let who = (&ctx.actor.organization, ctx.actor.id);
        Ok(store::once::insert(tx, who, (&once.digest, &once.request), key, ctx.now).await?)
    }

    /// Forgets requests, and spent forms, older than a day.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn delete_old_requests(&self) -> Result<()> {
        let mut tx = self.db().begin().await?;
        let before = self.runtime().now().plus_seconds(-REMEMBERED_SECONDS);
        store::once::forget(&mut tx, before).await?;
        store::drafts::forget(&mut tx, before).await?;
        Ok(tx.commit().await?)
    }
}
