//! Creating a key for an API of the organization (decision D34).

use domain::api::ApiScopeWords;
use domain::command::CreateApiKey;
use domain::policy::{Action, permit};
use domain::token::KeyKind;
use domain::view::NewKey;
use domain::{ActorId, ActorKind, ConflictReason, Environment, Fault, Permissions, Role, ScopeSet};

use super::create::{KeyPlan, KeyPlanApi, check_expiry, check_key_makers, latest_expiry_by};
use super::idempotency::IdempotencyKey;
use crate::ctx::Ctx;
use crate::error::{conflict, invalid};
use crate::reauthorize::reauthorize;
use crate::store::Tx;
use crate::store::actors::{self, ActorRow};
use crate::store::apis::{self, ApiRow};
use crate::{Engine, Error, Result};

/// A key for an API does nothing in Roundtable.
pub(super) const NOTHING: Permissions = Permissions::Only(ScopeSet::EMPTY);

impl Engine {
    /// Creates a key for an API, and only one if the request is retried with the same idempotency
    /// key. Only the response contains the key itself. Members create keys for themselves.
    ///
    /// # Errors
    /// `Denied` for members who want a key for another owner, or may not create keys; `NotFound`
    /// for an API or an owner that does not exist; `Invalid` for a scope that the API does not
    /// declare, an environment that it has no keys for, and an expiry later than the organization
    /// or the caller's own key allows; `Conflict` for an archived API and a paused owner;
    /// `AlreadyDone` for a retry.
    pub async fn create_api_key(
        &self,
        ctx: &Ctx,
        command: CreateApiKey,
        idempotency_key: Option<&IdempotencyKey>,
    ) -> Result<NewKey> {
        let reach = permit(&ctx.actor, Action::CreateApiKey)?;
        if !reach.covers_keys_of(command.environment) {
            return Err(Error::Denied);
        }
        let mut tx = self.db().begin().await?;
        let calling_key = reauthorize(self, &mut tx, ctx).await?;
        self.check_replay(&mut tx, ctx, idempotency_key)
            .await?;
        let settings = self.settings_of(&mut tx, ctx).await?;
        check_key_makers(&settings, ctx)?;

        let api = apis::find(&mut tx, reach.organization(), &command.api).await?;
        let api = api.ok_or(Error::NotFound)?;
        self.require_open_api(&api)?;
        check_api(&api, &command.scopes, command.environment)?;
        let owner_row = self
            .owner_of_new_api_key(&mut tx, ctx, command.owner)
            .await?;
        let owner = owner_row.actor()?;
        let latest = latest_expiry_by(&settings, calling_key.as_ref(), ctx.now);
        check_expiry(command.expires_at, latest)?;

        let CreateApiKey {
            name,
            description,
            environment,
            scopes,
            expires_at,
            allowed_ips,
            ..
        } = command;
        let plan = KeyPlan {
            description: description.text(),
            kind: KeyKind::of(environment, NOTHING),
            permissions: NOTHING,
            role: Role::Member,
            expires_at,
            allowed_ips,
            api: Some(KeyPlanApi { row: api, scopes }),
            ..KeyPlan::unrestricted(&owner, name.as_str())
        };
        let new = self.insert_key(&mut tx, ctx, plan).await?;
        self.record_request(&mut tx, ctx, idempotency_key, new.view.key_id)
            .await?;
        tx.commit().await?;
        Ok(new)
    }

    /// The owner of the new key: a consumer, or an actor that can own a key of Roundtable itself.
    async fn owner_of_new_api_key(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        owner: Option<ActorId>,
    ) -> Result<ActorRow> {
        let id = owner.unwrap_or(ctx.actor.id);
        let found = actors::lock(tx, &ctx.actor.organization, id).await?;
        let consumer = found.filter(|row| row.kind == ActorKind::Consumer.as_str());
        let Some(row) = consumer else {
            return self.owner_of_new_key(tx, ctx, owner).await;
        };
        permit(&ctx.actor, Action::ManageConsumers)?;
        self.require_sound_actor(&row)?;
        match row.disabled_at {
            Some(_) => Err(conflict(ConflictReason::ConsumerIsPaused)),
            None => Ok(row),
        }
    }
}

/// Checks that the API has such keys.
pub(super) fn check_api(
    api: &ApiRow,
    scopes: &ApiScopeWords,
    environment: Environment,
) -> Result<()> {
    if !api.scopes()?.declare(scopes) {
        return Err(invalid("scopes", Fault::Undeclared));
    }
    if api.environments()?.contains(&environment) {
        Ok(())
    } else {
        Err(invalid("environment", Fault::NotInApi))
    }
}
