//! Authenticating a request by its API key, and checking the key again before the response.

use std::sync::Arc;

use domain::key::KeyState;
use domain::token::PlainKey;
use domain::view::{RefusalCause, VerifiedApi};
use domain::{Actor, ActorId, ApiId, KeyId, Moment, Role};
use subtle::ConstantTimeEq;

use super::cached::{CachedKey, is_old};
use super::ip_lists::IpLists;
use crate::ctx::{Credential, Ctx, Origin};
use crate::in_flight::{KeyAuthority, RequestGuard};
use crate::key_table::{CachedEntry, Digest};
use crate::keyring::{CanonicalEncoder, Purpose, Secret};
use crate::nodes::LeaseNumber;
use crate::recheck::read_sound;
use crate::store::actors::ActorRow;
use crate::store::apis::ApiRow;
use crate::store::keys::{self, KeyRow, PresentedRow};
use crate::store::{self, parse_column};
use crate::{Engine, Error, Result, key_material};

/// A key for an API is refused like an unknown key.
const NOT_FOR_ROUNDTABLE: Error = Error::Unauthenticated("the key is for another API");

/// A request that was authenticated by an API key.
pub struct AuthenticatedRequest {
    /// The actor and its credential.
    pub ctx: Ctx,
    /// Is cancelled when the key is revoked.
    pub guard: RequestGuard,
    /// The key as it was read.
    entry: Arc<CachedEntry<CachedKey>>,
    /// The lease under which the state of the key was known; none if it has to be read again.
    lease: Option<LeaseNumber>,
}

impl AuthenticatedRequest {
    fn of(admitted: AdmittedKey, now: Moment, origin: Origin) -> Self {
        let AdmittedKey {
            entry,
            guard,
            lease,
        } = admitted;
        let credential = Credential::Key {
            id: entry.of.key,
            prefix: entry.value.prefix.clone(),
            in_flight: guard.id,
        };
        Self {
            ctx: Ctx::new(entry.value.actor.clone(), now, origin, credential),
            guard,
            entry,
            lease,
        }
    }

    /// Whether the key has expired since the request was authenticated.
    pub fn has_expired(&self, now: Moment) -> bool {
        self.entry
            .value
            .expires_at
            .is_some_and(|end| end <= now)
    }
}

impl Engine {
    /// Authenticates a request by its API key. An unknown, altered, expired or revoked key is
    /// `Unauthenticated`; a key whose owner was removed or disabled is `Denied`; a key that does not
    /// allow the IP address of the request is `IpNotAllowed`.
    ///
    /// # Errors
    /// `Unauthenticated`, `Denied`, `IpNotAllowed`, or `Busy` when the state cannot be read.
    pub async fn authenticate_key(
        &self,
        key: &PlainKey,
        origin: Origin,
    ) -> Result<AuthenticatedRequest> {
        match self.authenticate_cached_key(key, origin) {
            Ok(request) => {
                self.count_use(&request);
                Ok(request)
            }
            Err(origin) => self.authenticate_read_key(key, origin).await,
        }
    }

    /// Authenticates a request by a key in memory, without counting its use. Gives the origin back
    /// if the key is not in memory, or has to be read again.
    ///
    /// # Errors
    /// The origin: then [`Engine::authenticate_key`] decides.
    pub fn authenticate_cached_key(
        &self,
        key: &PlainKey,
        origin: Origin,
    ) -> std::result::Result<AuthenticatedRequest, Origin> {
        let auth = key_material::auth_value(key);
        let admitted = self.admit_cached(&auth).filter(|admitted| {
            let value = &admitted.entry.value;
            value.api.is_none()
                && value.ips.allow(|| origin.ip())
                && self
                    .check_log_intact(&value.actor.organization)
                    .is_ok()
        });
        match admitted {
            Some(admitted) => {
                let now = self.runtime().now();
                Ok(AuthenticatedRequest::of(admitted, now, origin))
            }
            None => Err(origin),
        }
    }

    /// As [`Engine::authenticate_key`], without looking for the key in memory.
    ///
    /// # Errors
    /// As there.
    pub async fn authenticate_read_key(
        &self,
        key: &PlainKey,
        origin: Origin,
    ) -> Result<AuthenticatedRequest> {
        let admission = self
            .admit_read(&key_material::auth_value(key))
            .await?;
        let now = self.runtime().now();
        match admission {
            // A key for an API has no power here, in whatever state it is (decision D33).
            Admission::Admitted(AdmittedKey { entry, .. }) if entry.value.api.is_some() => {
                self.usage()
                    .refused(entry.of.key, RefusalCause::WrongApi, now, &origin);
                Err(NOT_FOR_ROUNDTABLE)
            }
            Admission::Refused(refused) if refused.row.api_id.is_some() => {
                self.usage()
                    .refused(KeyId(refused.row.id), refused.cause, now, &origin);
                Err(NOT_FOR_ROUNDTABLE)
            }
            Admission::Admitted(admitted) => {
                let AdmittedKey { entry, .. } = &admitted;
                self.check_log_intact(&entry.value.actor.organization)?;
                if !entry.value.ips.allow(|| origin.ip()) {
                    let cause = RefusalCause::IpNotAllowed;
                    self.usage()
                        .refused(entry.of.key, cause, now, &origin);
                    return Err(Error::IpNotAllowed);
                }
                let request = AuthenticatedRequest::of(admitted, now, origin);
                self.count_use(&request);
                Ok(request)
            }
            Admission::Refused(refused) => {
                let RefusedKey { row, cause, .. } = *refused;
                self.check_log_intact(&parse_column(
                    &row.organization_id,
                    "api_keys.organization_id",
                )?)?;
                self.usage()
                    .refused(KeyId(row.id), cause, now, &origin);
                Err(self.refuse(&row, cause).await)
            }
        }
    }

    /// Admits a request by a key in memory, of which this is the authentication value. None if it
    /// is not in memory, or has to be read again.
    pub(super) fn admit_cached(&self, auth: &Secret) -> Option<AdmittedKey> {
        let lease = self.nodes().lease()?;
        let (entry, guard) = self
            .ring()
            .digests(Purpose::Lookup, auth.as_slice())
            .find_map(|(_, digest)| self.keys().admit_cached(&digest))?;
        let now = self.runtime().now();
        let has_expired = entry
            .value
            .expires_at
            .is_some_and(|end| end <= now);
        if has_expired || is_old(&entry, self.runtime().elapsed()) {
            self.keys().expire(&entry);
            return None;
        }
        self.inner.key_reads.from_memory.inc();
        Some(AdmittedKey {
            entry,
            guard,
            lease: Some(lease),
        })
    }

    /// Reads a key, of which this is the authentication value, with its owner. Admits a request
    /// unless they may not act now. Reads again until nothing changed meanwhile.
    ///
    /// # Errors
    /// `Unauthenticated` for an unknown or altered key, `Busy` when its state cannot be read.
    pub(super) async fn admit_read(&self, auth: &Secret) -> Result<Admission> {
        self.inner.key_reads.from_database.inc();
        loop {
            let generation = self.keys().generation();
            let lease = self.nodes().lease();
            let read_at = self.runtime().elapsed();
            let (digest, presented) = self.find_key(auth).await?;
            let (row, owner, api) = (presented.key, presented.owner, presented.api);
            if let Some(cause) = self.refusal_of(&row, &owner) {
                let refused = RefusedKey {
                    row,
                    owner,
                    api,
                    cause,
                };
                return Ok(Admission::Refused(Box::new(refused)));
            }

            let of = KeyAuthority {
                key: KeyId(row.id),
                owner: ActorId(row.actor_id),
                api: row.api_id.map(ApiId),
            };
            let ips = IpLists::of(&row, &owner, api.as_ref())?;
            let api = verified_api(&row, &owner, api.as_ref())?;
            let cached = CachedKey {
                actor: self.shared_actor(acting(&row, &owner)?),
                prefix: row.key_prefix.into(),
                name: row.name,
                expires_at: row.expires_at.map(Moment),
                api: api.map(Arc::new),
                ips,
            };
            let admitted = self
                .keys()
                .admit_read(generation, digest, of, read_at, cached);
            if let Some((entry, guard)) = admitted {
                return Ok(Admission::Admitted(AdmittedKey {
                    entry,
                    guard,
                    lease,
                }));
            }
        }
    }

    /// The actor of another key of the owner, if it is equal: many keys of an owner take less memory.
    fn shared_actor(&self, actor: Actor) -> Arc<Actor> {
        let known = self.keys().some_of(actor.id);
        known
            .map(|entry| entry.value.actor.clone())
            .filter(|known| **known == actor)
            .unwrap_or_else(|| actor.into())
    }

    /// Whether nothing has weakened a key, on any node, since it was known under this lease.
    pub(super) fn is_unweakened(&self, lease: Option<LeaseNumber>, guard: &RequestGuard) -> bool {
        lease.is_some() && lease == self.nodes().lease() && !guard.is_cancelled()
    }

    /// Why a key and its owner, as they are in the database, may not act now, if so.
    fn refusal_of(&self, row: &KeyRow, owner: &ActorRow) -> Option<RefusalCause> {
        match self.state_of_presented(row) {
            KeyState::Active => refusal_of_owner(owner),
            KeyState::Expired { .. } => Some(RefusalCause::Expired),
            KeyState::Revoked { .. } => Some(RefusalCause::Revoked),
        }
    }

    /// Refuses a request, and records the expiry that it is refused for.
    async fn refuse(&self, row: &KeyRow, cause: RefusalCause) -> Error {
        if matches!(
            cause,
            RefusalCause::OwnerRemoved | RefusalCause::OwnerDisabled
        ) {
            return Error::Denied;
        }
        if let Some(recording) = self.record_refused_expiry(row) {
            // The caller is refused whether or not the expiry could be recorded.
            drop(recording.await);
        }
        Error::Unauthenticated("the key has expired or was revoked")
    }

    /// Counts the use of the key that authenticated a request.
    pub fn count_use(&self, request: &AuthenticatedRequest) {
        let ctx = &request.ctx;
        if let Credential::Key { id, .. } = ctx.credential {
            self.note_use(&ctx.actor, id, ctx.now, &ctx.origin);
        }
    }

    /// Whether a request that a key in memory authenticated may be answered: nothing has changed
    /// the key since, on any node. If not, [`Engine::recheck_key`] decides.
    pub fn is_still_admitted(&self, request: &AuthenticatedRequest) -> bool {
        self.is_unweakened(request.lease, &request.guard)
            && request.entry.is_current()
            && !request.has_expired(self.runtime().now())
    }

    pub(super) fn note_use(&self, owner: &Arc<Actor>, key: KeyId, now: Moment, origin: &Origin) {
        self.usage().accepted(owner, key, now, origin);
        self.live().notify(&owner.organization);
    }

    /// Checks the key of a request again, right before the response. Under the lease with which the
    /// request was authenticated, a change would have cancelled the request; else the database is
    /// read. What the request itself took from its key, or from the key's owner, does not withhold
    /// its own response.
    ///
    /// # Errors
    /// `Unauthenticated`, `Denied` or `IpNotAllowed` when the key is no longer good, `Busy` when
    /// its state cannot be read.
    pub async fn recheck_key(&self, request: &AuthenticatedRequest) -> Result<()> {
        if self.is_still_admitted(request) {
            return Ok(());
        }
        if request.has_expired(self.runtime().now()) || request.guard.is_cancelled() {
            return Err(Error::Unauthenticated(
                "the key expired or was revoked while the request ran",
            ));
        }
        let Credential::Key { id, .. } = request.ctx.credential else {
            return Ok(());
        };
        self.recheck_row(&request.ctx, id).await
    }

    async fn recheck_row(&self, ctx: &Ctx, id: KeyId) -> Result<()> {
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
        let is_ip_allowed = IpLists::of(&row, &owner, None)?.allow(|| ctx.origin.ip());
        let newest_event = row.audit_n.max(owner.audit_n);
        if !is_ip_allowed
            && !self
                .is_event_of_request(ctx, newest_event)
                .await?
        {
            return Err(Error::IpNotAllowed);
        }
        let is_as_strong =
            refusal_of_owner(&owner).is_none() && acting(&row, &owner)?.role >= ctx.actor.role;
        if is_as_strong
            || self
                .is_event_of_request(ctx, owner.audit_n)
                .await?
        {
            Ok(())
        } else {
            Err(Error::Denied)
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

    /// The row of a presented key with its owner, and the digest that found it. Its sealed verifier
    /// must equal that of the key, the seals of both rows must be valid, and neither may be an
    /// older version that was put back. An unknown key costs the same work, so that timing does not
    /// reveal which keys exist.
    pub(super) async fn find_key(&self, auth: &Secret) -> Result<(Digest, PresentedRow)> {
        // The ring may get a key, and the row may move to it, while the row is looked for.
        loop {
            let changes = self.ring().changes();
            if let Some(found) = self.find_by_digests(auth).await? {
                return Ok(found);
            }
            if changes == self.ring().changes() {
                break;
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
        self.usage().checks().unknown();
        Err(Error::Unauthenticated("no such key"))
    }

    async fn find_by_digests(&self, auth: &Secret) -> Result<Option<(Digest, PresentedRow)>> {
        let digests: Vec<_> = self
            .ring()
            .digests(Purpose::Lookup, auth.as_slice())
            .collect();
        // While lookup keys are rotated, the row may move between two reads: then the second round
        // finds it.
        let rounds = if self.ring().has_several(Purpose::Lookup) {
            2
        } else {
            1
        };
        for (lookup_key, lookup) in digests.repeat(rounds) {
            let read = async || {
                Ok(keys::by_lookup(&mut self.db().read().await?, lookup_key, &lookup).await?)
            };
            if let Some(row) = read_sound(read, |row| self.is_proven(row, auth.as_slice())).await? {
                return Ok(Some((lookup, row)));
            }
        }
        Ok(None)
    }

    fn is_proven(&self, presented: &PresentedRow, auth: &[u8]) -> bool {
        let row = &presented.key;
        let opened = self.ring().unseal(
            "api_keys",
            &row.id.to_be_bytes(),
            &row.associated_data(),
            &row.sealed,
        );
        let is_equal = opened.is_ok_and(|stored| stored.ct_eq(auth).into());
        is_equal
            && row.is_sound(self.ring())
            && presented.newest_n == row.audit_n
            && !row.is_superseded(self.journal())
            && self.is_sound(&presented.owner)
            && self.is_sound_api(row, presented.api.as_ref())
    }

    /// Whether a key has the row of its API, and the row is sound.
    fn is_sound_api(&self, row: &KeyRow, api: Option<&ApiRow>) -> bool {
        match (row.api_id, api) {
            (None, None) => true,
            (Some(id), Some(api)) => api.id == id && api.is_sound(self.ring(), self.journal()),
            _ => false,
        }
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

/// A key that may act now, and the request that it was admitted with.
pub(super) struct AdmittedKey {
    pub entry: Arc<CachedEntry<CachedKey>>,
    pub guard: RequestGuard,
    /// The lease under which the state of the key was known, if any.
    pub lease: Option<LeaseNumber>,
}

/// What reading a key results in.
pub(super) enum Admission {
    /// It may act now.
    Admitted(AdmittedKey),
    /// It may not.
    Refused(Box<RefusedKey>),
}

/// A key that may not act now, and why.
pub(super) struct RefusedKey {
    pub row: KeyRow,
    pub owner: ActorRow,
    pub api: Option<ApiRow>,
    pub cause: RefusalCause,
}

/// Why the owner of a key may not act, if so.
const fn refusal_of_owner(owner: &ActorRow) -> Option<RefusalCause> {
    if owner.removed_at.is_some() {
        Some(RefusalCause::OwnerRemoved)
    } else if owner.disabled_at.is_some() {
        Some(RefusalCause::OwnerDisabled)
    } else {
        None
    }
}

/// What a check of a key needs of its API, and of the consumer that owns it.
pub(super) fn verified_api(
    row: &KeyRow,
    owner: &ActorRow,
    api: Option<&ApiRow>,
) -> Result<Option<VerifiedApi>> {
    let Some(api) = api else {
        return Ok(None);
    };
    Ok(Some(VerifiedApi {
        consumer: owner.consumer()?,
        ..api.verified(&row.api_words()?)?
    }))
}

/// The key's owner with the effective power (decision D6): the lower of the key's role cap and the
/// owner's current role, restricted to the key's scopes.
pub(super) fn acting(row: &KeyRow, owner: &ActorRow) -> Result<Actor> {
    let mut actor = owner.actor()?;
    actor.role = actor.role.min(parse_column::<Role>(
        &row.role_cap,
        "api_keys.role_cap",
    )?);
    actor.permissions = row.permissions()?;
    actor.environment = row.kind()?.environment();
    Ok(actor)
}
