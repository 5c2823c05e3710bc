//! Accepting keys that another system has issued, by their SHA-256 digests (decision D34).

use std::collections::HashSet;

use domain::command::{CreateConsumer, ImportKeys, ImportedKey};
use domain::consumer::Metadata;
use domain::policy::{Action, permit};
use domain::token::KeyKind;
use domain::view::ImportReport;
use domain::{Fault, IpBlocks, Moment, Role};

use super::create::{
    KeyMaterial, KeyPlan, KeyPlanApi, check_expiry, check_key_makers, latest_expiry_by,
};
use super::create_for_api::{NOTHING, check_api};
use crate::ctx::Ctx;
use crate::error::invalid;
use crate::keyring::Purpose;
use crate::reauthorize::reauthorize;
use crate::store::actors::{self, ActorRow};
use crate::store::apis::{self, ApiRow};
use crate::store::{Tx, keys};
use crate::{Engine, Error, Result, key_material};

/// What the keys of an import share.
struct Import<'a> {
    ctx: &'a Ctx,
    api: &'a ApiRow,
    /// The latest expiry that is allowed.
    latest: Option<Moment>,
    /// The digests of the keys before.
    seen: HashSet<[u8; 32]>,
    new_consumers: usize,
}

impl Engine {
    /// Accepts keys that another system has issued for an API: all of them, or none if one is
    /// invalid. Consumers that do not exist are created. A dry run stores nothing.
    ///
    /// # Errors
    /// `Denied` for members; `NotFound` for an API that does not exist; `Conflict` for an archived
    /// API. Invalid keys are in the report.
    pub async fn import_keys(&self, ctx: &Ctx, command: ImportKeys) -> Result<ImportReport> {
        let reach = permit(&ctx.actor, Action::CreateApiKey)?;
        permit(&ctx.actor, Action::ManageConsumers)?;
        let is_within = |(_, key): &(usize, ImportedKey)| reach.covers_keys_of(key.environment);
        if !command.keys.iter().all(is_within) {
            return Err(Error::Denied);
        }
        let mut tx = self.db().begin().await?;
        let calling_key = reauthorize(self, &mut tx, ctx).await?;
        let settings = self.settings_of(&mut tx, ctx).await?;
        check_key_makers(&settings, ctx)?;
        let api = apis::find(&mut tx, reach.organization(), &command.api).await?;
        let api = api.ok_or(Error::NotFound)?;
        self.require_open_api(&api)?;

        let mut import = Import {
            ctx,
            api: &api,
            latest: latest_expiry_by(&settings, calling_key.as_ref(), ctx.now),
            seen: HashSet::new(),
            new_consumers: 0,
        };
        let mut faults = Vec::new();
        let count = command.keys.len();
        for (line, key) in command.keys {
            match self.import_key(&mut tx, &mut import, key).await {
                Ok(()) => {}
                Err(Error::Invalid(invalid)) => {
                    faults.extend(
                        invalid
                            .into_iter()
                            .map(|fault| fault.on_line(line)),
                    );
                }
                Err(error) => return Err(error),
            }
        }
        let report = ImportReport {
            keys: count,
            new_consumers: import.new_consumers,
            faults,
        };
        // Without a commit, nothing of it is stored.
        if report.faults.is_empty() && !command.dry_run {
            tx.commit().await?;
        }
        Ok(report)
    }

    async fn import_key(
        &self,
        tx: &mut Tx,
        import: &mut Import<'_>,
        key: ImportedKey,
    ) -> Result<()> {
        check_api(import.api, &key.scopes, key.environment)?;
        check_expiry(key.expires_at, import.latest)?;
        if !import.seen.insert(key.sha256) {
            return Err(invalid("sha256", Fault::Repeated));
        }
        let verifier = key_material::imported_verifier(self.runtime(), &key.sha256);
        for (lookup_key, lookup) in self
            .ring()
            .digests(Purpose::Lookup, verifier.auth.as_slice())
        {
            if keys::is_known(tx, lookup_key, &lookup).await? {
                return Err(invalid("sha256", Fault::AlreadyImported));
            }
        }

        let owner = self.consumer_of_import(tx, import, &key).await?;
        let owner = owner.actor()?;
        let plan = KeyPlan {
            kind: KeyKind::of(key.environment, NOTHING),
            permissions: NOTHING,
            role: Role::Member,
            expires_at: key.expires_at,
            api: Some(KeyPlanApi {
                row: import.api.clone(),
                scopes: key.scopes,
            }),
            ..KeyPlan::unrestricted(&owner, key.name.as_str())
        };
        let material = KeyMaterial::imported(&key.start, verifier);
        self.insert_row(tx, import.ctx, &plan, material)
            .await?;
        Ok(())
    }

    /// The consumer that owns an imported key. It is created if it does not exist.
    async fn consumer_of_import(
        &self,
        tx: &mut Tx,
        import: &mut Import<'_>,
        key: &ImportedKey,
    ) -> Result<ActorRow> {
        let organization = &import.ctx.actor.organization;
        let found = actors::lock_consumer(tx, organization, &key.external_id).await?;
        if let Some(row) = found {
            self.require_sound_actor(&row)?;
            return match row.disabled_at {
                Some(_) => Err(invalid("external_id", Fault::Paused)),
                None => Ok(row),
            };
        }
        import.new_consumers += 1;
        let command = CreateConsumer {
            external_id: key.external_id.clone(),
            name: key.name.clone(),
            metadata: Metadata::default(),
            allowed_ips: IpBlocks::default(),
        };
        self.insert_consumer(tx, import.ctx, command)
            .await
    }
}
