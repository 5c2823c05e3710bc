//! Making a key.

use domain::command::CreateKey;
use domain::event::{AuditAction, Event};
use domain::policy::{Action, Denied, Reach, has_admin_power, permit};
use domain::token::{Kind, PlainKey};
use domain::view::{NewKey, OrganizationView};
use domain::{Actor, ActorId, ActorKind, Code, Fault, KeyId, Moment, Name, Permissions, Role, ScopeSet};

use super::once::IdempotencyKey;
use crate::audit::journal;
use crate::ctx::Ctx;
use crate::keyring::Purpose;
use crate::reauthorize::{conflict, invalid, reauthorize};
use crate::store::actors::ActorRow;
use crate::store::keys::{self, KeyRow, ListedRow, USABLE};
use crate::store::{self, Tx};
use crate::{Engine, Error, Result, key_material};

/// A key that is about to be made; every rule has been asked.
pub(crate) struct KeyPlan<'a> {
    /// Its number, if it has one already.
    pub id: Option<KeyId>,
    /// Whose it will be.
    pub owner: (ActorId, &'a str),
    /// What it will be called.
    pub name: &'a str,
    /// What it is for.
    pub kind: Kind,
    /// What it may do of what its role allows.
    pub permissions: Permissions,
    /// The most it may ever do.
    pub role: Role,
    /// When it ends by itself.
    pub expires_at: Option<Moment>,
    /// The key in whose place it comes.
    pub rotated_from: Option<KeyId>,
    /// Whether its owner may have no other.
    pub sole: bool,
}

impl<'a> KeyPlan<'a> {
    /// A key of an actor's own, with everything its role allows.
    pub fn own(actor: &'a Actor, name: &'a str) -> Self {
        Self {
            id: None,
            owner: (actor.id, &actor.name),
            name,
            kind: Kind::Secret,
            permissions: Permissions::Everything,
            role: actor.role,
            expires_at: None,
            rotated_from: None,
            sole: false,
        }
    }
}

impl Engine {
    /// Makes a key. The key itself is in the answer and nowhere else.
    ///
    /// # Errors
    /// As [`Engine::create_key_once`].
    pub async fn create_key(&self, ctx: &Ctx, command: CreateKey) -> Result<NewKey> {
        self.create_key_once(ctx, command, None).await
    }

    /// Makes a key, and only one however often the request is repeated.
    ///
    /// # Errors
    /// `Denied` or `MissingScope` for a key stronger than the caller's (decision D14), `NotFound` for an owner who is
    /// not there, `Invalid` for an end later than the organization or the caller's own key allows, `Conflict` for a
    /// second key of a service account (RO-21), `AlreadyDone` for a retry, `FreshSignInRequired` for a key with admin
    /// power.
    pub async fn create_key_once(
        &self,
        ctx: &Ctx,
        command: CreateKey,
        once: Option<&IdempotencyKey>,
    ) -> Result<NewKey> {
        let reach = permit(&ctx.actor, Action::CreateKey)?;
        no_stronger(&ctx.actor, &reach, &command)?;
        let mut tx = self.db().begin().await?;
        let presented = reauthorize(self, &mut tx, ctx).await?;
        self.check_replay(&mut tx, ctx, once).await?;
        let rules = self.rules_of(&mut tx, ctx).await?;
        if !rules.key_makers.include(ctx.actor.role) || (ctx.by_key() && !rules.keys_make_keys) {
            return Err(Error::Denied);
        }
        let owner = self.owner_of_new(&mut tx, ctx, command.owner).await?;
        fresh_for_power(ctx, owner.actor()?.role.min(ctx.actor.role), command.permissions)?;
        let longest = self.longest(&mut tx, ctx).await?;
        let own_end = presented.and_then(|row| row.expires_at).map(Moment);
        in_time(command.expires_at, longest.into_iter().chain(own_end).min())?;
        let actor = owner.actor()?;
        let sole = actor.kind == ActorKind::Service && !owner.allow_overlap;
        let ended = if sole { self.expire_due_keys(&mut tx, &actor.organization).await? } else { Vec::new() };
        if sole && keys::count_usable(&mut tx, &actor.organization, actor.id, ctx.now).await? > 0 {
            return Err(Error::conflict(Code::ActiveKeyExists));
        }
        let CreateKey { name, environment, permissions, expires_at, .. } = command;
        let plan = KeyPlan {
            kind: Kind::of(environment, permissions),
            permissions,
            role: actor.role.min(ctx.actor.role),
            expires_at,
            sole,
            ..KeyPlan::own(&actor, name.as_str())
        };
        let new = self.insert_key(&mut tx, ctx, plan).await?;
        self.done(&mut tx, ctx, once, new.view.key_id).await?;
        self.commit_and_cancel(tx, ended, None).await?;
        Ok(new)
    }

    /// Whose the new key will be: the caller's own, or a service account's, which admins and owners make keys for
    /// (RA-17). Nobody makes a new key in another person's name; rotating one is their admins' business (decision D15).
    async fn owner_of_new(&self, tx: &mut Tx, ctx: &Ctx, owner: Option<ActorId>) -> Result<ActorRow> {
        let id = owner.unwrap_or(ctx.actor.id);
        let found = store::actors::lock(tx, &ctx.actor.organization, id).await?;
        let row = found.filter(|row| row.removed_at.is_none()).ok_or(Error::NotFound)?;
        if id == ctx.actor.id {
            return Ok(row);
        }
        if row.kind != ActorKind::Service.as_str() {
            return Err(Error::Denied);
        }
        permit(&ctx.actor, Action::ManageServiceAccounts)?;
        if row.actor()?.role > ctx.actor.role {
            return Err(Error::Denied);
        }
        if row.disabled_at.is_some() {
            return Err(conflict("This service account is disabled. Enable it before it gets a key"));
        }
        self.sound_actor(&row)?;
        Ok(row)
    }

    /// What the organization has set for its keys.
    pub(crate) async fn rules_of(&self, tx: &mut Tx, ctx: &Ctx) -> Result<OrganizationView> {
        let found = store::organizations::find(tx, &ctx.actor.organization).await?;
        found.ok_or_else(|| Error::Broken(format!("organization {} is gone", ctx.actor.organization)))
    }

    /// The latest end that the organization allows a key that is made now.
    pub(super) async fn longest(&self, tx: &mut Tx, ctx: &Ctx) -> Result<Option<Moment>> {
        let days = self.rules_of(tx, ctx).await?.max_key_days;
        Ok(days.map(|days| ctx.now.plus_seconds(days * 86_400)))
    }

    /// Draws, seals and stores a key, with its event.
    pub(crate) async fn insert_key(&self, tx: &mut Tx, ctx: &Ctx, plan: KeyPlan<'_>) -> Result<NewKey> {
        let plain = key_material::draw(self.runtime(), &self.inner.brand, plan.kind);
        let row = self.sealed_row(tx, ctx, &plan, &plain).await?;
        let event = Event::new(AuditAction::KeyCreated, "key", row.id, &row.label())
            .concerning(plan.owner.0)
            .changed("name", None, Some(plan.name))
            .changed("owner", None, Some(plan.owner.1))
            .changed("role", None, Some(&row.role_cap))
            .changed("environment", None, Some(plan.kind.environment().as_str()))
            .changed("scopes", None, Some(&row.scopes))
            .changed("expires_at", None, plan.expires_at.map(Moment::to_rfc3339).as_deref());
        // The row's seal covers the number of its event, so the event comes first.
        let row = KeyRow { audit_n: journal(self, tx, ctx, event).await?, ..row }.with_mac(self.ring());
        keys::insert(tx, &row).await?;
        let public_key_hex = hex::encode(&row.public_key);
        let names = (plan.owner.1.to_owned(), ctx.actor.name.clone());
        let listed = ListedRow { key: row, actor_name: names.0, creator_name: names.1 };
        Ok(NewKey { view: self.line(ctx, listed)?.key, plain, public_key_hex })
    }

    async fn sealed_row(&self, tx: &mut Tx, ctx: &Ctx, plan: &KeyPlan<'_>, plain: &PlainKey) -> Result<KeyRow> {
        let verifier = key_material::verifier(plain);
        let (lookup_key_id, lookup) = self.ring().lookup(Purpose::Lookup, verifier.auth.as_slice());
        let id = match plan.id {
            Some(id) => id.0,
            None => store::meta::next(tx, "key").await?,
        };
        let mut row = KeyRow {
            id,
            organization_id: ctx.actor.organization.to_string(),
            actor_id: plan.owner.0.0,
            created_by: ctx.actor.id.0,
            name: plan.name.to_owned(),
            folded_name: plan.name.to_lowercase(),
            kind: plain.kind().as_str().into(),
            scopes: plan.permissions.line(),
            role_cap: plan.role.as_str().into(),
            key_prefix: plain.prefix(),
            preview: plain.preview(),
            public_key: verifier.public_key.to_vec(),
            lookup_key_id,
            lookup,
            sealed: Vec::new(),
            created_at: ctx.now.0,
            expires_at: plan.expires_at.map(|at| at.0),
            rotated_from: plan.rotated_from.map(|key| key.0),
            sole: plan.sole,
            rank: USABLE,
            ..KeyRow::default()
        };
        let id = row.id.to_be_bytes();
        row.sealed = self.ring().seal(self.runtime().bytes(), "api_keys", &id, &row.place(), verifier.auth.as_slice());
        Ok(row)
    }
}

/// A key never makes one stronger than itself (decision D14).
fn no_stronger(caller: &Actor, reach: &Reach, command: &CreateKey) -> Result<()> {
    if !reach.covers_keys_of(command.environment) {
        return Err(Error::Denied);
    }
    covers(caller, command.permissions)
}

/// Whether the caller has all of these permissions too; names the first scope that is missing.
pub(super) fn covers(caller: &Actor, wanted: Permissions) -> Result<()> {
    if caller.permissions.covers(wanted) {
        return Ok(());
    }
    let Permissions::Only(wanted) = wanted else { return Err(Error::Denied) };
    let missing = ScopeSet::iter(wanted).find(|scope| !caller.permissions.allows(*scope));
    Err(missing.map_or(Error::Denied, |scope| Denied::Scope(scope).into()))
}

/// A key with admin power is put into the hands of those only who signed in lately (B22).
pub(super) fn fresh_for_power(ctx: &Ctx, role: Role, permissions: Permissions) -> Result<()> {
    if has_admin_power(role, permissions) { ctx.fresh() } else { Ok(()) }
}

/// Whether a key ends by itself early enough.
pub(super) fn in_time(end: Option<Moment>, latest: Option<Moment>) -> Result<()> {
    match latest {
        Some(latest) if end.is_none_or(|end| end > latest) => {
            Err(invalid("expires_at", Fault::TooLate { latest: latest.to_rfc3339() }))
        }
        _ => Ok(()),
    }
}

/// The name of a key that nobody named.
pub(super) fn named(name: Option<&Name>, otherwise: &str) -> String {
    name.map_or_else(|| otherwise.to_owned(), |name| name.as_str().to_owned())
}
