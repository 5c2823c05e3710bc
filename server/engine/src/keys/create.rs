//! Creating a key.

use domain::api::ApiScopeWords;
use domain::command::CreateKey;
use domain::event::{AuditAction, Event};
use domain::policy::{Action, Denied, Reach, has_admin_power, permit};
use domain::token::{Brand, KeyKind, PlainKey};
use domain::view::{NewKey, OrganizationView};
use domain::{
    Actor, ActorId, ActorKind, ApiId, Code, ConflictReason, Fault, KeyId, Moment, Permissions,
    Role, ScopeSet,
};

use super::idempotency::IdempotencyKey;
use crate::audit::journal;
use crate::ctx::Ctx;
use crate::error::{conflict, invalid};
use crate::keyring::Purpose;
use crate::reauthorize::reauthorize;
use crate::store::actors::ActorRow;
use crate::store::apis::{self, ApiRow};
use crate::store::keys::{self, KeyRow, ListedRow, USABLE};
use crate::store::{self, Tx, parse_column};
use crate::{Engine, Error, Result, key_material};

/// A key that is about to be stored; every rule has been applied.
pub(crate) struct KeyPlan<'a> {
    /// Its number, if one was taken already.
    pub id: Option<KeyId>,
    /// Id and name of its owner.
    pub owner: (ActorId, &'a str),
    /// Its name.
    pub name: &'a str,
    /// Its kind, which its prefix shows.
    pub kind: KeyKind,
    /// What it may do of what its role allows.
    pub permissions: Permissions,
    /// The highest role that it ever acts with.
    pub role: Role,
    /// When it expires.
    pub expires_at: Option<Moment>,
    /// The key that it replaces.
    pub rotated_from: Option<KeyId>,
    /// Whether its owner may have no other usable key. A unique index enforces it.
    pub is_exclusive: bool,
    /// The API that it is for, unless it is a key of Roundtable itself.
    pub api: Option<KeyPlanApi>,
}

/// The API that a new key is for, and what the key may do there.
pub(crate) struct KeyPlanApi {
    pub row: ApiRow,
    pub scopes: ApiScopeWords,
}

impl<'a> KeyPlan<'a> {
    /// An unrestricted key with the owner's role that never expires: the base for the other fields.
    pub fn unrestricted(owner: &'a Actor, name: &'a str) -> Self {
        Self {
            id: None,
            owner: (owner.id, &owner.name),
            name,
            kind: KeyKind::Secret,
            permissions: Permissions::Everything,
            role: owner.role,
            expires_at: None,
            rotated_from: None,
            is_exclusive: false,
            api: None,
        }
    }
}

impl Engine {
    /// Creates a key. Only the response contains the key itself.
    ///
    /// # Errors
    /// As [`Engine::create_key_once`].
    pub async fn create_key(&self, ctx: &Ctx, command: CreateKey) -> Result<NewKey> {
        self.create_key_once(ctx, command, None).await
    }

    /// Creates a key, and only one if the request is retried with the same idempotency key.
    ///
    /// # Errors
    /// `Denied` or `MissingScope` for a key stronger than the caller's (decision D14); `NotFound`
    /// for an owner that does not exist; `Invalid` for an expiry later than the organization or the
    /// caller's own key allows; `Conflict` for a second key of a service account without overlap;
    /// `AlreadyDone` for a retry; `FreshSignInRequired` for a key with admin power.
    pub async fn create_key_once(
        &self,
        ctx: &Ctx,
        command: CreateKey,
        idempotency_key: Option<&IdempotencyKey>,
    ) -> Result<NewKey> {
        let reach = permit(&ctx.actor, Action::CreateKey)?;
        check_not_stronger(&ctx.actor, &reach, &command)?;
        let mut tx = self.db().begin().await?;
        let calling_key = reauthorize(self, &mut tx, ctx).await?;
        self.check_replay(&mut tx, ctx, idempotency_key)
            .await?;

        let settings = self.settings_of(&mut tx, ctx).await?;
        if !settings.key_makers.include(ctx.actor.role)
            || (ctx.by_key() && !settings.keys_make_keys)
        {
            return Err(Error::Denied);
        }
        let owner_row = self
            .owner_of_new_key(&mut tx, ctx, command.owner)
            .await?;
        let owner = owner_row.actor()?;
        let role = owner.role.min(ctx.actor.role);
        require_fresh_sign_in(ctx, role, command.permissions)?;
        let latest = latest_expiry_by(&settings, calling_key.as_ref(), ctx.now);
        check_expiry(command.expires_at, latest)?;

        let is_exclusive = owner.kind == ActorKind::Service && !owner_row.allow_overlap;
        if is_exclusive {
            self.expire_due_keys(&mut tx, &owner.organization)
                .await?;
            if keys::count_usable(&mut tx, &owner.organization, owner.id, ctx.now).await? > 0 {
                return Err(Error::conflict(Code::ActiveKeyExists));
            }
        }

        let CreateKey {
            name,
            environment,
            permissions,
            expires_at,
            ..
        } = command;
        let plan = KeyPlan {
            kind: KeyKind::of(environment, permissions),
            permissions,
            role,
            expires_at,
            is_exclusive,
            ..KeyPlan::unrestricted(&owner, name.as_str())
        };
        let new = self.insert_key(&mut tx, ctx, plan).await?;
        self.record_request(&mut tx, ctx, idempotency_key, new.view.key_id)
            .await?;
        tx.commit().await?;
        Ok(new)
    }

    /// The owner of the new key: the caller, or a service account if the caller manages those.
    /// Nobody creates a key for another person; an admin can only rotate one (decision D15).
    pub(super) async fn owner_of_new_key(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        owner: Option<ActorId>,
    ) -> Result<ActorRow> {
        let id = owner.unwrap_or(ctx.actor.id);
        let found = store::actors::lock(tx, &ctx.actor.organization, id).await?;
        let row = found
            .filter(|row| row.removed_at.is_none())
            .ok_or(Error::NotFound)?;
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
            return Err(conflict(ConflictReason::ServiceAccountIsDisabled));
        }
        self.require_sound_actor(&row)?;
        Ok(row)
    }

    /// The organization's settings, which limit its keys.
    pub(crate) async fn settings_of(&self, tx: &mut Tx, ctx: &Ctx) -> Result<OrganizationView> {
        let found = store::organizations::find(tx, &ctx.actor.organization).await?;
        found.ok_or_else(|| {
            Error::Broken(format!(
                "organization {} does not exist",
                ctx.actor.organization
            ))
        })
    }

    /// Generates, seals and stores a key, with its audit event.
    pub(crate) async fn insert_key(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        plan: KeyPlan<'_>,
    ) -> Result<NewKey> {
        let plain = key_material::generate(self.runtime(), &self.brand_of(&plan)?, plan.kind);
        let row = self.sealed_row(tx, ctx, &plan, &plain).await?;
        let event = Event::new(AuditAction::KeyCreated, "key", row.id, &row.label())
            .concerning(plan.owner.0)
            .changed("name", None, Some(plan.name))
            .changed("owner", None, Some(plan.owner.1))
            .changed("role", None, Some(&row.role_cap))
            .changed(
                "environment",
                None,
                Some(plan.kind.environment().as_str()),
            )
            .changed("scopes", None, Some(scopes_of(&row)))
            .changed(
                "expires_at",
                None,
                plan.expires_at.map(Moment::to_rfc3339).as_deref(),
            );
        let event = match &row.api_slug {
            Some(slug) => event.changed("api", None, Some(slug)),
            None => event,
        };

        // The row's seal covers the number of its event, so the event is written first.
        let audit_n = journal(self, tx, ctx, event).await?;
        let row = KeyRow { audit_n, ..row }.with_mac(self.ring());
        keys::insert(tx, &row).await?;

        let public_key_hex = hex::encode(&row.public_key);
        let listed = ListedRow {
            key: row,
            actor_name: plan.owner.1.to_owned(),
            creator_name: ctx.actor.name.clone(),
        };
        Ok(NewKey {
            view: self.key_line(ctx, listed)?.key,
            plain,
            public_key_hex,
        })
    }

    /// The first word of a new key.
    fn brand_of(&self, plan: &KeyPlan<'_>) -> Result<Brand> {
        match &plan.api {
            None => Ok(self.inner.brand.clone()),
            Some(api) => Ok(parse_column(&api.row.key_prefix, "apis.key_prefix")?),
        }
    }

    /// The API of a key that gets a successor.
    ///
    /// # Errors
    /// `Conflict` if the API is archived.
    pub(super) async fn api_of_successor(
        &self,
        tx: &mut Tx,
        old: &KeyRow,
    ) -> Result<Option<KeyPlanApi>> {
        let Some(id) = old.api_id else {
            return Ok(None);
        };
        let organization = parse_column(&old.organization_id, "api_keys.organization_id")?;
        let row = apis::get(tx, &organization, ApiId(id)).await?;
        let row = row.ok_or_else(|| Error::Broken(format!("key {} has no API", old.id)))?;
        self.require_open_api(&row)?;
        Ok(Some(KeyPlanApi {
            row,
            scopes: old.api_words()?,
        }))
    }

    async fn sealed_row(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        plan: &KeyPlan<'_>,
        plain: &PlainKey,
    ) -> Result<KeyRow> {
        let verifier = key_material::derive_verifier(plain);
        let (lookup_key_id, lookup) = self
            .ring()
            .lookup(Purpose::Lookup, verifier.auth.as_slice());
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
            sole: plan.is_exclusive,
            rank: USABLE,
            api_id: plan.api.as_ref().map(|api| api.row.id),
            api_slug: plan.api.as_ref().map(|api| api.row.slug.clone()),
            api_scopes: plan
                .api
                .as_ref()
                .map(|api| api.scopes.line())
                .unwrap_or_default(),
            ..KeyRow::default()
        };
        row.sealed = self.ring().seal(
            self.runtime().bytes(),
            "api_keys",
            &row.id.to_be_bytes(),
            &row.associated_data(),
            verifier.auth.as_slice(),
        );
        Ok(row)
    }
}

/// What a key may do, in Roundtable or at its API, as the audit log writes it.
fn scopes_of(row: &KeyRow) -> &str {
    if row.api_id.is_some() {
        &row.api_scopes
    } else {
        &row.scopes
    }
}

/// A key never creates a stronger key (decision D14).
fn check_not_stronger(caller: &Actor, reach: &Reach, command: &CreateKey) -> Result<()> {
    if !reach.covers_keys_of(command.environment) {
        return Err(Error::Denied);
    }
    check_covers(caller, command.permissions)
}

/// Checks that the caller has all of these permissions.
///
/// # Errors
/// `MissingScope` with the first scope that the caller lacks.
pub(super) fn check_covers(caller: &Actor, wanted: Permissions) -> Result<()> {
    if caller.permissions.covers(wanted) {
        return Ok(());
    }
    let Permissions::Only(wanted) = wanted else {
        return Err(Error::Denied);
    };
    let missing = ScopeSet::iter(wanted).find(|scope| !caller.permissions.allows(*scope));
    Err(missing.map_or(Error::Denied, |scope| Denied::Scope(scope).into()))
}

/// A key with admin power is issued only after a fresh sign-in: a stolen session must not gain
/// lasting access.
pub(super) fn require_fresh_sign_in(ctx: &Ctx, role: Role, permissions: Permissions) -> Result<()> {
    if has_admin_power(role, permissions) {
        ctx.require_fresh_sign_in()
    } else {
        Ok(())
    }
}

/// The latest expiry that the organization allows for a key that is created now.
pub(super) fn latest_expiry(settings: &OrganizationView, now: Moment) -> Option<Moment> {
    settings
        .max_key_days
        .map(|days| now.plus_seconds(days * 86_400))
}

/// As [`latest_expiry`], also no later than the key that creates it.
pub(super) fn latest_expiry_by(
    settings: &OrganizationView,
    calling_key: Option<&KeyRow>,
    now: Moment,
) -> Option<Moment> {
    let calling_key_expiry = calling_key
        .and_then(|row| row.expires_at)
        .map(Moment);
    latest_expiry(settings, now)
        .into_iter()
        .chain(calling_key_expiry)
        .min()
}

/// Checks that a key expires no later than allowed.
pub(super) fn check_expiry(expires_at: Option<Moment>, latest: Option<Moment>) -> Result<()> {
    match latest {
        Some(latest) if expires_at.is_none_or(|at| at > latest) => Err(invalid(
            "expires_at",
            Fault::TooLate {
                latest: latest.to_rfc3339(),
            },
        )),
        _ => Ok(()),
    }
}
