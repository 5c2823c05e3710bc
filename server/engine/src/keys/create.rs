//! Creating a key.

use domain::api::ApiScopeWords;
use domain::command::{CreateKey, CreateServiceAccount, KeyStart};
use domain::event::{AuditAction, Event};
use domain::policy::{Action, Denied, Reach, has_admin_power, permit};
use domain::token::{Brand, KeyKind, PlainKey};
use domain::view::{NewKey, OrganizationView};
use domain::{
    Actor, ActorId, ActorKind, ApiId, Code, ConflictReason, Fault, IpBlocks, KeyId, Moment,
    Permissions, Role, ScopeSet,
};

use super::idempotency::IdempotencyKey;
use crate::audit::journal;
use crate::ctx::Ctx;
use crate::error::{conflict, invalid};
use crate::key_material::Verifier;
use crate::keyring::Purpose;
use crate::reauthorize::reauthorize;
use crate::service_accounts::check_not_above;
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
    /// What it is for.
    pub description: Option<&'a str>,
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
    /// Where it may be used from.
    pub allowed_ips: IpBlocks,
    /// The API that it is for, unless it is a key of Roundtable itself.
    pub api: Option<KeyPlanApi>,
}

/// The API that a new key is for, and what the key may do there.
pub(crate) struct KeyPlanApi {
    pub row: ApiRow,
    pub scopes: ApiScopeWords,
}

/// What is stored of the text of a key.
pub(super) struct KeyMaterial {
    /// Its public leading part.
    prefix: String,
    /// Its masked form.
    preview: String,
    /// Its one-way values.
    verifier: Verifier,
    /// Whether another system has issued it.
    is_imported: bool,
}

impl KeyMaterial {
    fn generated(plain: &PlainKey) -> Self {
        Self {
            prefix: plain.prefix(),
            preview: plain.preview(),
            verifier: key_material::derive_verifier(plain),
            is_imported: false,
        }
    }

    /// Of a key that another system has issued.
    pub fn imported(start: &KeyStart, verifier: Verifier) -> Self {
        Self {
            prefix: start.as_str().to_owned(),
            preview: start.preview(),
            verifier,
            is_imported: true,
        }
    }
}

impl<'a> KeyPlan<'a> {
    /// An unrestricted key with the owner's role that never expires: the base for the other fields.
    pub fn unrestricted(owner: &'a Actor, name: &'a str) -> Self {
        Self {
            id: None,
            owner: (owner.id, &owner.name),
            name,
            description: None,
            kind: KeyKind::Secret,
            permissions: Permissions::Everything,
            role: owner.role,
            expires_at: None,
            rotated_from: None,
            is_exclusive: false,
            allowed_ips: IpBlocks::default(),
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
    /// caller's own key allows, and for IP addresses that the caller's own key does not allow;
    /// `Conflict` for a second key of a service account without overlap; `AlreadyDone` for a retry;
    /// `FreshSignInRequired` for a key with admin power.
    pub async fn create_key_once(
        &self,
        ctx: &Ctx,
        command: CreateKey,
        idempotency_key: Option<&IdempotencyKey>,
    ) -> Result<NewKey> {
        self.create_key_of(ctx, command, None, idempotency_key)
            .await
    }

    /// Creates a service account and its first key, or neither.
    ///
    /// # Errors
    /// As [`Engine::create_service_account`] and [`Engine::create_key_once`].
    pub async fn create_key_with_account(
        &self,
        ctx: &Ctx,
        account: CreateServiceAccount,
        command: CreateKey,
        idempotency_key: Option<&IdempotencyKey>,
    ) -> Result<NewKey> {
        permit(&ctx.actor, Action::ManageServiceAccounts)?;
        check_not_above(ctx, account.role)?;
        self.create_key_of(ctx, command, Some(account), idempotency_key)
            .await
    }

    /// `account` is the owner if it is created together with the key.
    async fn create_key_of(
        &self,
        ctx: &Ctx,
        command: CreateKey,
        account: Option<CreateServiceAccount>,
        idempotency_key: Option<&IdempotencyKey>,
    ) -> Result<NewKey> {
        let reach = permit(&ctx.actor, Action::CreateKey)?;
        check_not_stronger(&ctx.actor, &reach, &command)?;
        let mut tx = self.db().begin().await?;
        let calling_key = reauthorize(self, &mut tx, ctx).await?;
        self.check_replay(&mut tx, ctx, idempotency_key)
            .await?;

        let settings = self.settings_of(&mut tx, ctx).await?;
        check_key_makers(&settings, ctx)?;
        let owner_row = match account {
            Some(account) => {
                self.insert_service_account(&mut tx, ctx, account)
                    .await?
            }
            None => {
                self.owner_of_new_key(&mut tx, ctx, command.owner)
                    .await?
            }
        };
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

        check_ips(calling_key.as_ref(), &command.allowed_ips)?;

        let CreateKey {
            name,
            description,
            environment,
            permissions,
            expires_at,
            allowed_ips,
            ..
        } = command;
        let plan = KeyPlan {
            description: description.text(),
            kind: KeyKind::of(environment, permissions),
            permissions,
            role,
            expires_at,
            is_exclusive,
            allowed_ips,
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
        let row = self
            .insert_row(tx, ctx, &plan, KeyMaterial::generated(&plain))
            .await?;
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

    /// Seals and stores the row of a key, with its audit event.
    pub(super) async fn insert_row(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        plan: &KeyPlan<'_>,
        material: KeyMaterial,
    ) -> Result<KeyRow> {
        let is_imported = material.is_imported;
        let row = self.sealed_row(tx, ctx, plan, material).await?;
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
        let event = event
            .with("allowed_ips", row.allowed_ips.as_deref())
            .with("api", row.api_slug.as_deref())
            .with("imported", is_imported.then_some("true"));

        // The row's seal covers the number of its event, so the event is written first.
        let audit_n = journal(self, tx, ctx, event).await?;
        let row = KeyRow { audit_n, ..row }.with_mac(self.ring());
        keys::insert(tx, &row).await?;
        Ok(row)
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
        material: KeyMaterial,
    ) -> Result<KeyRow> {
        let KeyMaterial {
            prefix,
            preview,
            verifier,
            ..
        } = material;
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
            description: plan.description.map(str::to_owned),
            kind: plan.kind.as_str().into(),
            scopes: plan.permissions.line(),
            role_cap: plan.role.as_str().into(),
            key_prefix: prefix,
            preview,
            public_key: verifier.public_key.to_vec(),
            lookup_key_id,
            lookup,
            sealed: Vec::new(),
            created_at: ctx.now.0,
            expires_at: plan.expires_at.map(|at| at.0),
            rotated_from: plan.rotated_from.map(|key| key.0),
            sole: plan.is_exclusive,
            rank: USABLE,
            allowed_ips: plan.allowed_ips.line(),
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

/// Checks the rules of the organization for who creates keys.
pub(super) fn check_key_makers(settings: &OrganizationView, ctx: &Ctx) -> Result<()> {
    let is_one = settings.key_makers.include(ctx.actor.role);
    if is_one && (settings.keys_make_keys || !ctx.by_key()) {
        Ok(())
    } else {
        Err(Error::Denied)
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

/// Checks that a key is used only from where the calling key may be used.
pub(super) fn check_ips(calling_key: Option<&KeyRow>, allowed_ips: &IpBlocks) -> Result<()> {
    match calling_key {
        Some(key) if !key.allowed_ips()?.cover(allowed_ips) => {
            Err(invalid("allowed_ips", Fault::IpsAboveCaller))
        }
        _ => Ok(()),
    }
}

/// Checks that a key of Roundtable itself is used only from where the calling key may be used. Its
/// successor is known to the caller.
pub(super) fn check_ips_of_successor(calling_key: Option<&KeyRow>, old: &KeyRow) -> Result<()> {
    if old.api_id.is_some() {
        return Ok(());
    }
    match calling_key {
        Some(key) if !key.allowed_ips()?.cover(&old.allowed_ips()?) => Err(Error::Denied),
        _ => Ok(()),
    }
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
