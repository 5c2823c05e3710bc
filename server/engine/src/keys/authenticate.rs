//! Authenticating a request by its API key, and checking the key again before the response.

use domain::key::KeyState;
use domain::token::PlainKey;
use domain::view::RefusalCause;
use domain::{Actor, ActorId, KeyId, Moment, Role};
use subtle::ConstantTimeEq;

use crate::ctx::{Credential, Ctx, Origin};
use crate::in_flight::RequestGuard;
use crate::keyring::{CanonicalEncoder, Purpose};
use crate::recheck::read_sound;
use crate::store::actors::ActorRow;
use crate::store::keys::{self, KeyRow, PresentedRow};
use crate::store::{self, parse_column};
use crate::{Engine, Error, Result, key_material};

/// A request that was authenticated by an API key.
pub struct AuthenticatedRequest {
    /// The actor and its credential.
    pub ctx: Ctx,
    /// Is cancelled when the key is revoked.
    pub guard: RequestGuard,
    expires_at: Option<Moment>,
}

impl AuthenticatedRequest {
    /// Whether the key has expired since the request was authenticated.
    pub fn has_expired(&self, now: Moment) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }
}

impl Engine {
    /// Authenticates a request by its API key. An unknown, altered, expired or revoked key is
    /// `Unauthenticated`; a key whose owner was removed or disabled is `Denied`. The state of the
    /// key is read from the database for every request: a cache would outlive a revocation.
    ///
    /// # Errors
    /// `Unauthenticated`, `Denied`, or `Busy` when the state cannot be read.
    pub async fn authenticate_key(
        &self,
        key: &PlainKey,
        origin: Origin,
    ) -> Result<AuthenticatedRequest> {
        let epoch = self.in_flight().epoch();
        let row = self.find_key(key).await?;
        self.check_log_intact(&parse_column(
            &row.organization_id,
            "api_keys.organization_id",
        )?)?;
        let (guard, is_stale) = self.in_flight().register(KeyId(row.id), epoch);
        let row = if is_stale {
            self.find_key(key).await?
        } else {
            row
        };

        let id = KeyId(row.id);
        let now = self.runtime().now();
        let refused = match self.state_of_presented(&row) {
            KeyState::Active => None,
            KeyState::Expired { .. } => Some(RefusalCause::Expired),
            KeyState::Revoked { .. } => Some(RefusalCause::Revoked),
        };
        if let Some(cause) = refused {
            self.usage().refused(id, cause, now, &origin);
            drop(guard);
            if let Some(recording) = self.record_refused_expiry(&row) {
                // The caller is refused whether or not the expiry could be recorded.
                drop(recording.await);
            }
            return Err(Error::Unauthenticated(
                "the key has expired or was revoked",
            ));
        }

        let actor = match acting(&row, &self.owner_row(&row).await?)? {
            Ok(actor) => actor,
            Err(cause) => {
                self.usage().refused(id, cause, now, &origin);
                return Err(Error::Denied);
            }
        };
        self.usage()
            .accepted(&actor.organization, id, now, &origin);
        self.live().notify(&actor.organization);
        let credential = Credential::Key {
            id,
            prefix: row.key_prefix,
            in_flight: guard.id,
        };
        let expires_at = row.expires_at.map(Moment);
        Ok(AuthenticatedRequest {
            ctx: Ctx::new(actor, now, origin, credential),
            guard,
            expires_at,
        })
    }

    /// Checks the key of a request again, right before the response. The database is read only
    /// where other nodes may have revoked the key. What the request itself took from its key, or
    /// from the key's owner, does not withhold its own response.
    ///
    /// # Errors
    /// `Unauthenticated` or `Denied` when the key is no longer good, `Busy` when its state cannot
    /// be read.
    pub async fn recheck_key(&self, request: &AuthenticatedRequest) -> Result<()> {
        if request.has_expired(self.runtime().now()) || request.guard.is_cancelled() {
            return Err(Error::Unauthenticated(
                "the key expired or was revoked while the request ran",
            ));
        }
        let Credential::Key { id, .. } = request.ctx.credential else {
            return Ok(());
        };
        if !self.db().is_shared() {
            return Ok(());
        }

        let ctx = &request.ctx;
        let found = keys::find(
            &mut self.db().read().await?,
            &ctx.actor.organization,
            id,
        )
        .await?;
        let row = found
            .ok_or(Error::Unauthenticated(
                "the key does not exist any more",
            ))?
            .key;
        let lost_scopes = !row.permissions()?.covers(ctx.actor.permissions);
        let is_weaker = lost_scopes || !self.state_of_presented(&row).is_active();
        drop(self.record_refused_expiry(&row));
        if is_weaker && !self.is_event_of_request(ctx, row.audit_n).await? {
            return Err(Error::Unauthenticated(
                "the key expired, was revoked or lost scopes while the request ran",
            ));
        }

        let owner = self.owner_row(&row).await?;
        match acting(&row, &owner)? {
            Ok(actor) if actor.role >= ctx.actor.role => Ok(()),
            _ if self
                .is_event_of_request(ctx, owner.audit_n)
                .await? =>
            {
                Ok(())
            }
            _ => Err(Error::Denied),
        }
    }

    /// Counts the outcome of an authenticated request: its cost, or the cause of its refusal.
    pub fn note_outcome(&self, ctx: &Ctx, cost: i64, refused: Option<RefusalCause>) {
        let Credential::Key { id, .. } = ctx.credential else {
            return;
        };
        match refused {
            Some(cause) => self
                .usage()
                .refused(id, cause, ctx.now, &ctx.origin),
            None => self.usage().cost(id, ctx.now, cost),
        }
    }

    /// The row of a presented key. The row is found by a keyed digest, its sealed verifier must
    /// equal that of the key, its own seal must be valid, and it must not be an older version that
    /// was put back. An unknown key costs the same work, so that timing does not reveal which keys
    /// exist.
    pub(super) async fn find_key(&self, key: &PlainKey) -> Result<KeyRow> {
        let auth = key_material::auth_value(key);
        for (lookup_key, lookup) in self
            .ring()
            .lookups(Purpose::Lookup, auth.as_slice())
        {
            let read = async || {
                Ok(keys::by_lookup(&mut self.db().read().await?, lookup_key, &lookup).await?)
            };
            if let Some(row) = read_sound(read, |row| self.is_proven(row, auth.as_slice())).await? {
                return Ok(row.key);
            }
        }

        let associated_data = CanonicalEncoder::of("key");
        let _ = self.ring().seal(
            [0; 12],
            "api_keys",
            &[0; 8],
            &associated_data,
            &[0; 32],
        );
        let _ = self.ring().mac(Purpose::Row, &associated_data);
        Err(Error::Unauthenticated("no such key"))
    }

    fn is_proven(&self, PresentedRow { key: row, newest_n }: &PresentedRow, auth: &[u8]) -> bool {
        let opened = self.ring().unseal(
            "api_keys",
            &row.id.to_be_bytes(),
            &row.associated_data(),
            &row.sealed,
        );
        let is_equal = opened.is_ok_and(|stored| stored.ct_eq(auth).into());
        is_equal
            && row.is_sound(self.ring())
            && *newest_n == row.audit_n
            && !row.is_superseded(self.journal())
    }

    async fn owner_row(&self, row: &KeyRow) -> Result<ActorRow> {
        let organization = parse_column(&row.organization_id, "api_keys.organization_id")?;
        let owner_id = ActorId(row.actor_id);
        let read = async || {
            Ok(store::actors::find(&mut self.db().read().await?, &organization, owner_id).await?)
        };
        let owner = self.read_actor(read).await?;
        owner.ok_or_else(|| Error::Broken(format!("key {} has no owner", row.id)))
    }

    /// Whether this request wrote the audit event of this number.
    async fn is_event_of_request(&self, ctx: &Ctx, event: i64) -> Result<bool> {
        let request = store::audit::request_of(
            &mut self.db().read().await?,
            &ctx.actor.organization,
            event,
        )
        .await?;
        Ok(request.as_deref() == Some(ctx.request_id()))
    }
}

/// The key's owner with the effective power (decision D6): the lower of the key's role cap and the
/// owner's current role, restricted to the key's scopes. Or the cause why the owner may not act.
fn acting(row: &KeyRow, owner: &ActorRow) -> Result<std::result::Result<Actor, RefusalCause>> {
    if owner.removed_at.is_some() {
        return Ok(Err(RefusalCause::OwnerRemoved));
    }
    if owner.disabled_at.is_some() {
        return Ok(Err(RefusalCause::OwnerDisabled));
    }
    let mut actor = owner.actor()?;
    actor.role = actor.role.min(parse_column::<Role>(
        &row.role_cap,
        "api_keys.role_cap",
    )?);
    actor.permissions = row.permissions()?;
    actor.environment = row.kind()?.environment();
    Ok(Ok(actor))
}
