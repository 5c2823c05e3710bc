//! Idempotency of requests that create a key: a retry creates no second key, and does not show the
//! key again.

use domain::{Fault, KeyId};

use crate::ctx::Ctx;
use crate::error::invalid;
use crate::keyring::{CanonicalEncoder, hash};
use crate::store::idempotency_keys::{self, StoredRequest};
use crate::store::{Tx, drafts};
use crate::{Engine, Error, Result};

/// How long a request is remembered: a day.
pub const REMEMBERED_SECONDS: i64 = 24 * 60 * 60;

/// The idempotency key of a request, and a digest of the request's content.
#[derive(Clone, Debug)]
pub struct IdempotencyKey {
    digest: Vec<u8>,
    request: Vec<u8>,
}

impl IdempotencyKey {
    /// The value that the sender chose for a request to this operation, with the request's content.
    pub fn of(operation: &str, value: &str, content: &str) -> Self {
        Self {
            digest: hash(
                &CanonicalEncoder::of("once")
                    .text(operation)
                    .text(value),
            ),
            request: hash(&CanonicalEncoder::of("content").text(content)),
        }
    }
}

impl Engine {
    /// Refuses a request that was executed before.
    ///
    /// # Errors
    /// `AlreadyDone` with the key that was created then; `Invalid` for the same idempotency key
    /// with other content.
    pub(super) async fn check_replay(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        idempotency_key: Option<&IdempotencyKey>,
    ) -> Result<()> {
        let Some(sent) = idempotency_key else {
            return Ok(());
        };
        let found = idempotency_keys::find(
            tx,
            &ctx.actor.organization,
            ctx.actor.id,
            &sent.digest,
        )
        .await?;
        match found {
            None => Ok(()),
            Some(stored) if stored.request == sent.request => {
                Err(Error::AlreadyDone(KeyId(stored.key_id)))
            }
            Some(_) => Err(invalid("Idempotency-Key", Fault::OtherBody)),
        }
    }

    /// Remembers which key a request created.
    pub(super) async fn record_request(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        idempotency_key: Option<&IdempotencyKey>,
        key: KeyId,
    ) -> Result<()> {
        let Some(sent) = idempotency_key else {
            return Ok(());
        };
        let stored = StoredRequest {
            digest: sent.digest.clone(),
            request: sent.request.clone(),
            key_id: key.0,
        };
        Ok(idempotency_keys::insert(
            tx,
            &ctx.actor.organization,
            ctx.actor.id,
            &stored,
            ctx.now,
        )
        .await?)
    }

    /// Deletes idempotency keys and spent form tokens that are older than a day.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn delete_old_requests(&self) -> Result<()> {
        let mut tx = self.db().begin().await?;
        let before = self
            .runtime()
            .now()
            .plus_seconds(-REMEMBERED_SECONDS);
        idempotency_keys::delete_older(&mut tx, before).await?;
        drafts::delete_spent_before(&mut tx, before).await?;
        Ok(tx.commit().await?)
    }
}
