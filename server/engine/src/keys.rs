//! The stories of a key: let in, list, create, revoke.

use domain::command::{CreateKey, RevokeKey};
use domain::event::{Event, Happening};
use domain::key::{KeyState, RevokeReason};
use domain::policy::{Action, permit};
use domain::token::{Kind, PlainKey};
use domain::view::{KeyView, NewKey, Page, Revoked};
use domain::{ActorId, KeyId, Moment, Role};
use subtle::ConstantTimeEq;

use crate::audit::journal;
use crate::ctx::{Credential, Ctx, Origin};
use crate::flight::Pass;
use crate::keyring::{Canon, Purpose};
use crate::store::keys::{self, KeyRow, ListedRow, PresentedRow};
use crate::store::{self, Tx, word};
use crate::{Engine, Error, Result, mint};

/// A request that was let in with a key.
pub struct Admitted {
    /// Who asks.
    pub ctx: Ctx,
    /// Ends when the key does.
    pub pass: Pass,
}

impl Engine {
    /// Lets a request in with a key, or says why not: an unknown, altered, expired or revoked key is
    /// `Unauthenticated`, one whose owner was removed is `Denied` (RA-31). Key state is read from the database on
    /// every request.
    ///
    /// # Errors
    /// `Unauthenticated`, `Denied`, or `Busy` when the state cannot be read; never success then.
    pub async fn admit_key(&self, key: &PlainKey, origin: Origin) -> Result<Admitted> {
        let epoch = self.flight().epoch();
        let row = self.find_key(key).await?;
        let (pass, stale) = self.flight().enter(KeyId(row.id), epoch);
        let row = if stale { self.find_key(key).await? } else { row };
        let now = self.outside().now();
        let state = state_of(&row, now);
        if !state.is_active() {
            return Err(Error::Unauthenticated("the key has ended"));
        }
        let actor = self.key_owner(&row).await?;
        self.note_use(KeyId(row.id), now);
        let credential = Credential::Key { id: KeyId(row.id), prefix: row.key_prefix, flight: pass.id };
        Ok(Admitted { ctx: Ctx::new(actor, now, origin, credential), pass })
    }

    /// Whether the key of an admitted request still opens doors. Asked again right before the answer where other
    /// nodes may have ended it.
    ///
    /// # Errors
    /// `Unauthenticated` when it does not, `Busy` when that cannot be read.
    pub async fn still_admitted(&self, admitted: &Admitted) -> Result<()> {
        if admitted.pass.is_cancelled() {
            return Err(Error::Unauthenticated("the key ended while the request ran"));
        }
        let Credential::Key { id, .. } = admitted.ctx.credential else { return Ok(()) };
        if !self.db().is_shared() {
            return Ok(());
        }
        let found = keys::find(&mut self.db().read().await?, &admitted.ctx.actor.organization, id).await?;
        match found.map(|row| row.key.revoked_at) {
            Some(Some(at)) if Some(at) != self.own_end(admitted, id).await? => {
                Err(Error::Unauthenticated("the key ended while the request ran"))
            }
            Some(_) => Ok(()),
            None => Err(Error::Unauthenticated("the key is gone")),
        }
    }

    /// Keys within the caller's reach, newest first. Creators are named only to those who may see them (KE-24).
    ///
    /// # Errors
    /// `Busy`.
    pub async fn list_keys(
        &self,
        ctx: &Ctx,
        before: Option<i64>,
        limit: i64,
        only_active: bool,
    ) -> Result<Page<KeyView>> {
        let reach = permit(&ctx.actor, Action::ListKeys)?;
        let mut link = self.db().read().await?;
        let active_at = only_active.then_some(ctx.now);
        let rows = keys::list(&mut link, &reach, before.unwrap_or(i64::MAX), limit + 1, active_at).await?;
        let views = rows.into_iter().map(|row| self.view(ctx, row)).collect::<Result<Vec<_>>>()?;
        Ok(page(views, limit, |key| key.key_id.0))
    }

    /// One key, if it is within the caller's reach.
    ///
    /// # Errors
    /// `NotFound` when the organization has no such key, `Denied` when it is someone else's business.
    pub async fn get_key(&self, ctx: &Ctx, key: KeyId) -> Result<KeyView> {
        let reach = permit(&ctx.actor, Action::ListKeys)?;
        let row = keys::find(&mut self.db().read().await?, reach.organization(), key).await?.ok_or(Error::NotFound)?;
        if !reach.covers(ActorId(row.key.actor_id)) {
            return Err(Error::Denied);
        }
        self.view(ctx, row)
    }

    /// Makes a key for the caller. The key itself is in the answer and nowhere else.
    ///
    /// # Errors
    /// `Denied` with a key as credential: a key makes no keys; `Unauthenticated` when the caller was ended meanwhile.
    pub async fn create_key(&self, ctx: &Ctx, command: CreateKey) -> Result<NewKey> {
        permit(&ctx.actor, Action::CreateKey)?;
        if matches!(ctx.credential, Credential::Key { .. }) {
            return Err(Error::Denied);
        }
        let mut tx = self.db().begin().await?;
        fence(self, &mut tx, ctx).await?;
        let new = self.insert_key(&mut tx, ctx, command.name.as_str()).await?;
        tx.commit().await?;
        Ok(new)
    }

    /// Ends a key, for good, and every request that runs with it. A key that had ended before stays as it was.
    ///
    /// # Errors
    /// `NotFound` when the organization has no such key, `Denied` when it is someone else's and the caller no admin.
    pub async fn revoke_key(&self, ctx: &Ctx, command: RevokeKey) -> Result<Revoked> {
        let reach = permit(&ctx.actor, Action::RevokeKey)?;
        let mut tx = self.db().begin().await?;
        fence(self, &mut tx, ctx).await?;
        let row = keys::hold(&mut tx, reach.organization(), command.key, true).await?.ok_or(Error::NotFound)?;
        if !reach.covers(ActorId(row.actor_id)) {
            return Err(Error::Denied);
        }
        let fresh = row.revoked_at.is_none();
        if fresh {
            self.end_key(&mut tx, ctx, row, command.reason).await?;
        }
        tx.commit().await?;
        self.flight().end(command.key, ctx.flight()).await;
        let row = keys::find(&mut self.db().read().await?, reach.organization(), command.key)
            .await?
            .ok_or(Error::NotFound)?;
        let reason = row.key.revoke_reason.as_deref().and_then(|word| word.parse().ok());
        Ok(Revoked { view: self.view(ctx, row)?, reason: reason.unwrap_or(command.reason), fresh })
    }

    /// Draws, seals and stores a key for the actor of `ctx`, with its event.
    pub(crate) async fn insert_key(&self, tx: &mut Tx, ctx: &Ctx, name: &str) -> Result<NewKey> {
        let plain = mint::draw(self.outside(), &self.inner.brand, Kind::Secret);
        let row = self.sealed_row(tx, ctx, name, &plain).await?;
        let label = format!("{name} · {}", row.key_prefix);
        let event = Event::new(Happening::KeyCreated, "key", row.id, &label)
            .concerning(ctx.actor.id)
            .changed("name", None, Some(name))
            .changed("role", None, Some(&row.role_cap));
        // The row's seal covers the number of its event, so the event comes first.
        let row = KeyRow { audit_n: journal(self, tx, ctx, event).await?, ..row }.with_mac(self.ring());
        keys::insert(tx, &row).await?;
        let public_key_hex = hex::encode(&row.public_key);
        let listed = ListedRow { key: row, actor_name: ctx.actor.name.clone(), creator_name: ctx.actor.name.clone() };
        Ok(NewKey { view: self.view(ctx, listed)?, plain, public_key_hex })
    }

    async fn sealed_row(&self, tx: &mut Tx, ctx: &Ctx, name: &str, plain: &PlainKey) -> Result<KeyRow> {
        let verifier = mint::verifier(plain);
        let (lookup_key_id, lookup) = self.ring().lookup(Purpose::Lookup, verifier.auth.as_slice());
        let mut row = KeyRow {
            id: store::meta::next(tx, "key").await?,
            organization_id: ctx.actor.organization.to_string(),
            actor_id: ctx.actor.id.0,
            created_by: ctx.actor.id.0,
            name: name.to_owned(),
            kind: plain.kind().as_str().into(),
            role_cap: ctx.actor.role.as_str().into(),
            key_prefix: plain.prefix(),
            preview: plain.preview(),
            public_key: verifier.public_key.to_vec(),
            lookup_key_id,
            lookup,
            sealed: Vec::new(),
            created_at: ctx.now.0,
            expires_at: None,
            revoked_at: None,
            revoked_by: None,
            revoke_reason: None,
            last_used_at: None,
            audit_n: 0,
            row_mac: Vec::new(),
        };
        let id = row.id.to_be_bytes();
        row.sealed = self.ring().seal(self.outside().bytes(), "api_keys", &id, &row.place(), verifier.auth.as_slice());
        Ok(row)
    }

    async fn end_key(&self, tx: &mut Tx, ctx: &Ctx, row: KeyRow, reason: RevokeReason) -> Result<()> {
        let event = Event::new(Happening::KeyRevoked, "key", row.id, &format!("{} · {}", row.name, row.key_prefix))
            .concerning(ActorId(row.actor_id))
            .changed("state", Some("active"), Some("revoked"))
            .changed("reason", None, Some(reason.as_str()));
        let audit_n = journal(self, tx, ctx, event).await?;
        let (revoked_at, revoked_by) = (Some(ctx.now.0), Some(ctx.actor.id.0));
        let row = KeyRow { audit_n, revoked_at, revoked_by, revoke_reason: Some(reason.as_str().into()), ..row };
        match keys::end(tx, &row.with_mac(self.ring())).await? {
            true => Ok(()),
            false => Err(Error::Broken("a held key changed".into())),
        }
    }

    /// The row of a presented key, proven three times over: found by its keyed digest, its sealed verifier opens and
    /// is equal, its row bears its own seal and is not an old one put back. A miss costs the same work.
    async fn find_key(&self, key: &PlainKey) -> Result<KeyRow> {
        let auth = mint::auth_value(key);
        let mut link = self.db().read().await?;
        for (lookup_key, lookup) in self.ring().lookups(Purpose::Lookup, auth.as_slice()) {
            if let Some(row) = keys::by_lookup(&mut link, lookup_key, &lookup).await? {
                return self.proven(row, auth.as_slice());
            }
        }
        let place = Canon::of("key");
        let _ = self.ring().seal([0; 12], "api_keys", &[0; 8], &place, &[0; 32]);
        let _ = self.ring().mac(Purpose::Row, &place);
        Err(Error::Unauthenticated("no such key"))
    }

    fn proven(&self, PresentedRow { key: row, newest_n }: PresentedRow, auth: &[u8]) -> Result<KeyRow> {
        let opened = self.ring().unseal("api_keys", &row.id.to_be_bytes(), &row.place(), &row.sealed);
        let equal = opened.is_ok_and(|stored| stored.ct_eq(auth).into());
        if equal && row.is_sound(self.ring()) && newest_n == row.audit_n {
            return Ok(row);
        }
        tracing::error!(
            key_id = row.id,
            organization = row.organization_id,
            "integrity failure: the key's row was altered"
        );
        Err(Error::Unauthenticated("the key's row was altered"))
    }

    /// The key's owner with the power that counts: the lower of the key's cap and the owner's role now (D6).
    async fn key_owner(&self, row: &KeyRow) -> Result<domain::Actor> {
        let organization = word(&row.organization_id, "api_keys.organization_id")?;
        let found = store::actors::find(&mut self.db().read().await?, &organization, ActorId(row.actor_id)).await?;
        let owner = found.ok_or_else(|| Error::Broken(format!("key {} has no owner", row.id)))?;
        if !owner.is_sound(self.ring()) {
            tracing::error!(
                actor_id = owner.id,
                organization = row.organization_id,
                "integrity failure: the actor's row was altered"
            );
            return Err(Error::Unauthenticated("the owner's row was altered"));
        }
        if owner.removed_at.is_some() {
            return Err(Error::Denied);
        }
        let mut actor = owner.actor()?;
        actor.role = actor.role.min(word::<Role>(&row.role_cap, "api_keys.role_cap")?);
        Ok(actor)
    }

    fn view(&self, ctx: &Ctx, row: ListedRow) -> Result<KeyView> {
        let ListedRow { key, actor_name, creator_name } = row;
        let creator = permit(&ctx.actor, Action::SeeCreators).is_ok().then_some(creator_name);
        let written = key.last_used_at.map(Moment);
        Ok(KeyView {
            key_id: KeyId(key.id),
            actor_id: ActorId(key.actor_id),
            actor_name,
            is_active: state_of(&key, ctx.now).is_active(),
            environment: word::<Kind>(&key.kind, "api_keys.kind")?.environment(),
            scopes: domain::Permissions::Everything,
            role: word(&key.role_cap, "api_keys.role_cap")?,
            created_at: Moment(key.created_at),
            created_by: creator,
            last_used: written.max(self.inner.usage.pending_for(KeyId(key.id))),
            expires_at: key.expires_at.map(Moment),
            revoked_at: key.revoked_at.map(Moment),
            key_prefix: key.key_prefix,
            preview: key.preview,
            label: key.name,
        })
    }

    /// The moment at which an admitted request ended its own key, if it did.
    async fn own_end(&self, admitted: &Admitted, key: KeyId) -> Result<Option<i64>> {
        let organization = &admitted.ctx.actor.organization;
        let request = &admitted.ctx.origin.request_id;
        Ok(store::audit::ended_by_request(&mut self.db().read().await?, organization, key, request).await?)
    }
}

/// Looks once more, inside the transaction, at what let the caller in: whoever was ended, removed or lowered since
/// writes nothing (write fence of decision D23).
pub(crate) async fn fence(engine: &Engine, tx: &mut Tx, ctx: &Ctx) -> Result<()> {
    let ended = Error::Unauthenticated("the credential ended while the request ran");
    if !matches!(ctx.credential, Credential::System) {
        store::audit::hold_head(tx, &ctx.actor.organization).await?;
    }
    match &ctx.credential {
        Credential::Key { id, .. } => {
            let row = keys::hold(tx, &ctx.actor.organization, *id, false).await?;
            if !row.is_some_and(|row| state_of(&row, ctx.now).is_active()) {
                return Err(ended);
            }
        }
        Credential::Session(digest) => {
            if store::sessions::find(tx, digest).await?.is_none() {
                return Err(ended);
            }
        }
        Credential::IdToken => {}
        Credential::System => return Ok(()),
    }
    let actor = store::actors::hold(tx, &ctx.actor.organization, ctx.actor.id).await?;
    let Some(actor) = actor.filter(|actor| actor.removed_at.is_none() && actor.is_sound(engine.ring())) else {
        return Err(Error::Denied);
    };
    if word::<Role>(&actor.role, "actors.role")? < ctx.actor.role { Err(Error::Denied) } else { Ok(()) }
}

/// Cuts a list that was read one row too long into a page.
pub(crate) fn page<T>(mut rows: Vec<T>, limit: i64, number: impl Fn(&T) -> i64) -> Page<T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(number);
    Page { rows, next }
}

fn state_of(row: &KeyRow, now: Moment) -> KeyState {
    let revoked = row.revoked_at.zip(row.revoked_by).map(|(at, by)| (Moment(at), ActorId(by)));
    KeyState::at(now, row.expires_at.map(Moment), revoked)
}
