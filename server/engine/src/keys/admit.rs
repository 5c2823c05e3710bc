//! Letting a request in with a key.

use domain::event::{AuditAction, Event};
use domain::key::KeyState;
use domain::token::PlainKey;
use domain::view::RefusalCause;
use domain::{Actor, ActorId, KeyId, Moment, Role};
use subtle::ConstantTimeEq;

use super::state_of;
use crate::audit::journal;
use crate::ctx::{Credential, Ctx, Origin};
use crate::in_flight::RequestGuard;
use crate::keyring::{CanonicalEncoder, Purpose};
use crate::reauthorize::system_ctx;
use crate::recheck::read_sound;
use crate::store::actors::ActorRow;
use crate::store::keys::{self, KeyRow, PresentedRow};
use crate::store::{self, parse_column};
use crate::{Engine, Error, Result, key_material};

/// A request that was let in with a key.
pub struct AuthenticatedRequest {
    /// Who asks.
    pub ctx: Ctx,
    /// Ends when the key does.
    pub guard: RequestGuard,
    expires_at: Option<Moment>,
}

impl AuthenticatedRequest {
    /// Whether the key has ended by itself since.
    pub fn has_expired(&self, now: Moment) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }
}

impl Engine {
    /// Lets a request in with a key, or says why not: an unknown, altered, expired or revoked key is
    /// `Unauthenticated`, one whose owner was removed or disabled is `Denied` (RA-31). Key state is read from the
    /// database on every request.
    ///
    /// # Errors
    /// `Unauthenticated`, `Denied`, or `Busy` when the state cannot be read; never success then.
    pub async fn authenticate_key(&self, key: &PlainKey, origin: Origin) -> Result<AuthenticatedRequest> {
        let epoch = self.in_flight().epoch();
        let row = self.find_key(key).await?;
        self.open_to(&parse_column(&row.organization_id, "api_keys.organization_id")?)?;
        let (pass, stale) = self.in_flight().enter(KeyId(row.id), epoch);
        let row = if stale { self.find_key(key).await? } else { row };
        let (id, now) = (KeyId(row.id), self.runtime().now());
        let refused = match self.state_of_presented(&row) {
            KeyState::Active => None,
            KeyState::Expired { .. } => Some(RefusalCause::Expired),
            KeyState::Revoked { .. } => Some(RefusalCause::Revoked),
        };
        if let Some(cause) = refused {
            self.usage().refused(id, cause, now, &origin);
            drop(pass);
            if let Some(writing) = self.end_refused(&row) {
                // Whether it could be written changes nothing for the caller.
                drop(writing.await);
            }
            return Err(Error::Unauthenticated("the key has ended"));
        }
        let actor = match acting(&row, &self.owner_row(&row).await?)? {
            Ok(actor) => actor,
            Err(cause) => {
                self.usage().refused(id, cause, now, &origin);
                return Err(Error::Denied);
            }
        };
        self.usage().accepted(&actor.organization, id, now, &origin);
        self.live().notify(&actor.organization);
        let credential = Credential::Key { id, prefix: row.key_prefix, in_flight: pass.id };
        let expires_at = row.expires_at.map(Moment);
        Ok(AuthenticatedRequest { ctx: Ctx::new(actor, now, origin, credential), guard: pass, expires_at })
    }

    /// Whether the key of an admitted request still opens doors. Asked again right before the answer; the database is
    /// asked where other nodes may have ended it. What the request itself took from its key, or from the key's owner,
    /// is no reason to keep its answer back.
    ///
    /// # Errors
    /// `Unauthenticated` or `Denied` when it does not, `Busy` when that cannot be read.
    pub async fn recheck_key(&self, admitted: &AuthenticatedRequest) -> Result<()> {
        if admitted.has_expired(self.runtime().now()) || admitted.guard.is_cancelled() {
            return Err(Error::Unauthenticated("the key ended while the request ran"));
        }
        let Credential::Key { id, .. } = admitted.ctx.credential else { return Ok(()) };
        if !self.db().is_shared() {
            return Ok(());
        }
        let ctx = &admitted.ctx;
        let found = keys::find(&mut self.db().read().await?, &ctx.actor.organization, id).await?;
        let row = found.ok_or(Error::Unauthenticated("the key is gone"))?.key;
        let narrower = !row.permissions()?.covers(ctx.actor.permissions);
        let weaker = narrower || !self.state_of_presented(&row).is_active();
        drop(self.end_refused(&row));
        if weaker && !self.did(ctx, row.audit_n).await? {
            return Err(Error::Unauthenticated("the key ended or lost scopes while the request ran"));
        }
        let owner = self.owner_row(&row).await?;
        match acting(&row, &owner)? {
            Ok(actor) if actor.role >= ctx.actor.role => Ok(()),
            _ if self.did(ctx, owner.audit_n).await? => Ok(()),
            _ => Err(Error::Denied),
        }
    }

    /// Marks a key that was sent in an address, where logs keep it (decision D8), and writes that down, once. A key
    /// that does not exist, or has ended, is no news. Says whether the key works.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn expose_key(&self, key: &PlainKey, origin: &Origin) -> Result<bool> {
        let found = match self.find_key(key).await {
            Err(Error::Unauthenticated(_)) => return Ok(false),
            found => found?,
        };
        let (id, now) = (KeyId(found.id), self.runtime().now());
        self.usage().refused(id, RefusalCause::SentInAddress, now, origin);
        let organization = parse_column(&found.organization_id, "api_keys.organization_id")?;
        let works = state_of(&found, now).is_active();
        let is_news = |row: &KeyRow| row.exposed_at.is_none() && state_of(row, now).is_active();
        // Whoever goes on sending it so costs no more writing.
        if !is_news(&found) {
            return Ok(works);
        }
        let ctx = system_ctx(&organization, "Someone with the key", now, origin.clone());
        let mut tx = self.db().begin().await?;
        store::audit::lock_chain_head(&mut tx, &organization).await?;
        let row = keys::lock(&mut tx, &organization, id, true).await?.filter(is_news);
        let Some(row) = row else { return Ok(works) };
        let row = self.sound(row)?;
        let event = Event::new(AuditAction::KeyExposed, "key", row.id, &row.label()).concerning(ActorId(row.actor_id));
        let audit_n = journal(self, &mut tx, &ctx, event).await?;
        self.save(&mut tx, &row, KeyRow { audit_n, exposed_at: Some(now.0), ..row.clone() }).await?;
        tx.commit().await?;
        Ok(works)
    }

    /// Notes what an admitted request came to: its cost if it passed, the cause if it was refused.
    pub fn note_outcome(&self, ctx: &Ctx, cost: i64, refused: Option<RefusalCause>) {
        let Credential::Key { id, .. } = ctx.credential else { return };
        match refused {
            Some(cause) => self.usage().refused(id, cause, ctx.now, &ctx.origin),
            None => self.usage().cost(id, ctx.now, cost),
        }
    }

    /// The row of a presented key, proven three times over: found by its keyed digest, its sealed verifier opens and
    /// is equal, its row bears its own seal and is not an old one put back. A miss costs the same work.
    async fn find_key(&self, key: &PlainKey) -> Result<KeyRow> {
        let auth = key_material::auth_value(key);
        for (lookup_key, lookup) in self.ring().lookups(Purpose::Lookup, auth.as_slice()) {
            let read = async || Ok(keys::by_lookup(&mut self.db().read().await?, lookup_key, &lookup).await?);
            if let Some(row) = read_sound(read, |row| self.is_proven(row, auth.as_slice())).await? {
                return Ok(row.key);
            }
        }
        let place = CanonicalEncoder::of("key");
        let _ = self.ring().seal([0; 12], "api_keys", &[0; 8], &place, &[0; 32]);
        let _ = self.ring().mac(Purpose::Row, &place);
        Err(Error::Unauthenticated("no such key"))
    }

    fn is_proven(&self, PresentedRow { key: row, newest_n }: &PresentedRow, auth: &[u8]) -> bool {
        let opened = self.ring().unseal("api_keys", &row.id.to_be_bytes(), &row.place(), &row.sealed);
        let equal = opened.is_ok_and(|stored| stored.ct_eq(auth).into());
        equal && row.is_sound(self.ring()) && *newest_n == row.audit_n && !row.is_superseded(self.journal())
    }

    async fn owner_row(&self, row: &KeyRow) -> Result<ActorRow> {
        let organization = parse_column(&row.organization_id, "api_keys.organization_id")?;
        let owner_id = ActorId(row.actor_id);
        let read = async || Ok(store::actors::find(&mut self.db().read().await?, &organization, owner_id).await?);
        let owner = self.read_actor(read).await?;
        owner.ok_or_else(|| Error::Broken(format!("key {} has no owner", row.id)))
    }

    /// Whether the event of this number is of this very request.
    async fn did(&self, ctx: &Ctx, event: i64) -> Result<bool> {
        let request = store::audit::request_of(&mut self.db().read().await?, &ctx.actor.organization, event).await?;
        Ok(request.as_deref() == Some(ctx.request_id()))
    }
}

/// The key's owner with the power that counts: the lower of the key's cap and the owner's role now, and of that what the
/// key's scopes say (D6). Or why the owner opens no doors.
fn acting(row: &KeyRow, owner: &ActorRow) -> Result<std::result::Result<Actor, RefusalCause>> {
    if owner.removed_at.is_some() {
        return Ok(Err(RefusalCause::OwnerRemoved));
    }
    if owner.disabled_at.is_some() {
        return Ok(Err(RefusalCause::OwnerDisabled));
    }
    let mut actor = owner.actor()?;
    actor.role = actor.role.min(parse_column::<Role>(&row.role_cap, "api_keys.role_cap")?);
    (actor.permissions, actor.environment) = (row.permissions()?, row.kind()?.environment());
    Ok(Ok(actor))
}
