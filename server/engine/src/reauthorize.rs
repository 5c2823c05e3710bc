//! Re-authorization: checks the caller's credential and power again inside each writing transaction
//! (decision D23).

use domain::Role;

use crate::ctx::{Caller, Credential, Ctx};
use crate::keys::IpLists;
use crate::store::actors::ActorRow;
use crate::store::keys::{self, KeyRow};
use crate::store::{self, Tx, parse_column};
use crate::{Engine, Error, Result};

const NOT_VALID: Error =
    Error::Unauthenticated("the credential expired or was revoked while the request ran");

/// Checks the caller again inside the transaction: a credential that was revoked since, and an
/// actor that was removed, disabled or given a lower role, writes nothing. Gives the row of the
/// calling key.
pub(crate) async fn reauthorize(engine: &Engine, tx: &mut Tx, ctx: &Ctx) -> Result<Option<KeyRow>> {
    if matches!(ctx.credential, Credential::System) {
        return Ok(None);
    }
    tx.spare(ctx.in_flight());
    engine.check_log_intact(&ctx.actor.organization)?;
    store::audit::lock_chain_head(tx, &ctx.actor.organization).await?;

    let mut calling_key: Option<KeyRow> = None;
    if let Credential::Key { id, .. } = &ctx.credential {
        let row = keys::lock(tx, &ctx.actor.organization, *id, false)
            .await?
            .ok_or(NOT_VALID)?;
        let is_good = engine.state_of_presented(&row).is_active()
            && !row.is_superseded(engine.journal())
            && row.permissions()?.covers(ctx.actor.permissions);
        if !is_good {
            drop(engine.record_refused_expiry(&row));
            return Err(Error::Unauthenticated(
                "the key expired, was revoked or lost scopes while the request ran",
            ));
        }
        calling_key = Some(row);
    }

    let actor = store::actors::lock(tx, &ctx.actor.organization, ctx.actor.id).await?;
    // Before the session: a removed member has no session either, and `Denied` says more.
    let actor = actor
        .filter(|actor| actor.is_enabled() && engine.is_sound(actor))
        .ok_or(Error::Denied)?;
    if let Some(key) = &calling_key
        && !IpLists::of(key, &actor, None)?.allow(|| ctx.origin.ip())
    {
        return Err(Error::IpNotAllowed);
    }
    check_session(engine, tx, &ctx.credential).await?;
    let role: Role = parse_column(&actor.role, "actors.role")?;
    if role < ctx.actor.role {
        Err(Error::Denied)
    } else {
        Ok(calling_key)
    }
}

/// As [`reauthorize`], for a person who acts in no organization. The caller has locked the heads of
/// the chains.
pub(crate) async fn reauthorize_person(
    engine: &Engine,
    tx: &mut Tx,
    caller: &Caller,
) -> Result<()> {
    check_session(engine, tx, &caller.credential).await
}

/// Checks that the session of a credential is valid. It stays valid until the transaction ends.
async fn check_session(engine: &Engine, tx: &mut Tx, credential: &Credential) -> Result<()> {
    let Some(digest) = credential.session() else {
        return Ok(());
    };
    let session = store::sessions::lock(tx, digest).await?;
    if session.is_some_and(|session| engine.is_valid_session(&session)) {
        Ok(())
    } else {
        Err(NOT_VALID)
    }
}

impl Engine {
    /// Whether an actor's row has a valid seal, and neither the log nor the journal knows of a
    /// newer version.
    pub(crate) fn is_sound(&self, row: &ActorRow) -> bool {
        row.is_sound(self.ring()) && !row.is_superseded(self.journal())
    }

    /// Refuses to change an altered row: sealing it again would make the alteration valid.
    pub(crate) fn require_sound_actor(&self, row: &ActorRow) -> Result<()> {
        if self.is_sound(row) {
            return Ok(());
        }
        Err(Error::Broken(format!(
            "the row of actor {} was altered",
            row.id
        )))
    }
}
