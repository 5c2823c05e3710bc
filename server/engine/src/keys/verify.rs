//! Verifying a key that someone has presented to the caller.

use domain::command::{VerifyKey, VerifyKeys};
use domain::policy::{Action, permit};
use domain::token::PresentedKey;
use domain::view::{RefusalCause, Verdict, VerdictCode, VerifiedKey};
use domain::{Actor, KeyId, Moment};

use super::authenticate::{Admission, AdmittedKey, RefusedKey, acting, verified_api};
use super::cached::CachedKey;
use crate::ctx::Ctx;
use crate::key_table::CachedEntry;
use crate::{Engine, Error, Result, key_material};

impl Engine {
    /// Verifies a key of the caller's organization: whether it is valid now, and has the required
    /// scopes. A key that allows only some IP addresses is valid only with one of them. The verdict
    /// counts as a use of the key unless it is a dry run.
    ///
    /// # Errors
    /// `Denied` or `MissingScope` for the caller; `Busy` when the state cannot be read.
    pub async fn verify_key(&self, ctx: &Ctx, command: &VerifyKey) -> Result<Verdict> {
        permit(&ctx.actor, Action::VerifyKey)?;
        let Some(key) = &command.key else {
            return Ok(Verdict::not_found(ctx.request_id()));
        };
        if let Some(verdict) = self.cached_verdict(ctx, command, key) {
            return Ok(verdict);
        }
        let admission = match self
            .admit_read(&key_material::presented_auth_value(key))
            .await
        {
            Err(Error::Unauthenticated(_)) => return Ok(Verdict::not_found(ctx.request_id())),
            admission => admission?,
        };
        let organization = match &admission {
            Admission::Admitted(admitted) => admitted.entry.value.actor.organization.as_str(),
            Admission::Refused(refused) => &refused.row.organization_id,
        };
        if organization != ctx.actor.organization.as_str() {
            return Ok(Verdict::not_found(ctx.request_id()));
        }
        self.check_log_intact(&ctx.actor.organization)?;
        match admission {
            Admission::Admitted(AdmittedKey { entry, .. }) => {
                let verdict = verdict(ctx, command, &entry);
                self.count_verdict(ctx, command, &entry, &verdict);
                Ok(verdict)
            }
            Admission::Refused(refused) => self.refused_verdict(ctx, command, &refused),
        }
    }

    /// Verifies several keys, one after the other. The verdicts are in the order of the keys.
    ///
    /// # Errors
    /// As [`Engine::verify_key`].
    pub async fn verify_keys(&self, ctx: &Ctx, command: &VerifyKeys) -> Result<Vec<Verdict>> {
        permit(&ctx.actor, Action::VerifyKey)?;
        let mut verdicts = Vec::new();
        for key in command.iter() {
            verdicts.push(self.verify_key(ctx, key).await?);
        }
        Ok(verdicts)
    }

    /// Verifies a key in memory. None if it is not in memory, or has to be read again.
    ///
    /// # Errors
    /// `Denied` or `MissingScope` for the caller.
    pub fn verify_cached_key(&self, ctx: &Ctx, command: &VerifyKey) -> Result<Option<Verdict>> {
        permit(&ctx.actor, Action::VerifyKey)?;
        let Some(key) = &command.key else {
            return Ok(None);
        };
        Ok(self.cached_verdict(ctx, command, key))
    }

    fn cached_verdict(
        &self,
        ctx: &Ctx,
        command: &VerifyKey,
        key: &PresentedKey,
    ) -> Option<Verdict> {
        let AdmittedKey {
            entry,
            guard,
            lease,
        } = self.admit_cached(&key_material::presented_auth_value(key))?;
        let organization = &entry.value.actor.organization;
        if *organization != ctx.actor.organization {
            return Some(Verdict::not_found(ctx.request_id()));
        }
        self.check_log_intact(organization).ok()?;
        let verdict = verdict(ctx, command, &entry);
        if !self.is_unweakened(lease, &guard) {
            return None;
        }
        self.count_verdict(ctx, command, &entry, &verdict);
        Some(verdict)
    }

    fn count_verdict(
        &self,
        ctx: &Ctx,
        command: &VerifyKey,
        entry: &CachedEntry<CachedKey>,
        verdict: &Verdict,
    ) {
        if command.dry_run {
            return;
        }
        if verdict.valid {
            self.note_use(&entry.value.actor, entry.of.key, ctx.now, &ctx.origin);
        } else {
            self.usage().refused(
                entry.of.key,
                cause_of(verdict.code),
                ctx.now,
                &ctx.origin,
            );
        }
    }

    fn refused_verdict(
        &self,
        ctx: &Ctx,
        command: &VerifyKey,
        refused: &RefusedKey,
    ) -> Result<Verdict> {
        let RefusedKey {
            row,
            owner,
            api,
            cause,
        } = refused;
        if !command.dry_run {
            let id = KeyId(row.id);
            self.usage()
                .refused(id, *cause, ctx.now, &ctx.origin);
        }
        drop(self.record_refused_expiry(row));
        let key = VerifiedKey {
            key_id: KeyId(row.id),
            name: row.name.clone(),
            actor: acting(row, owner)?,
            expires_at: row.expires_at.map(Moment),
            api: verified_api(row, owner, api.as_ref())?,
            is_ip_allowed: true,
        };
        Ok(Verdict::on(
            key,
            Some(code_of(*cause)),
            ctx.actor.environment,
            &command.required,
            ctx.request_id(),
        ))
    }
}

/// The verdict on a key that may act now.
fn verdict(ctx: &Ctx, command: &VerifyKey, entry: &CachedEntry<CachedKey>) -> Verdict {
    let key = VerifiedKey {
        key_id: entry.of.key,
        name: entry.value.name.clone(),
        actor: Actor::clone(&entry.value.actor),
        expires_at: entry.value.expires_at,
        api: entry.value.api.as_deref().cloned(),
        is_ip_allowed: entry.value.ips.allow(|| command.ip),
    };
    let environment = ctx.actor.environment;
    Verdict::on(
        key,
        None,
        environment,
        &command.required,
        ctx.request_id(),
    )
}

/// What a verdict says of a key that was refused.
pub(super) const fn code_of(cause: RefusalCause) -> VerdictCode {
    match cause {
        RefusalCause::Expired => VerdictCode::Expired,
        RefusalCause::OwnerDisabled => VerdictCode::Paused,
        _ => VerdictCode::Revoked,
    }
}

/// Why the usage of a key says that it was refused.
pub(super) const fn cause_of(code: VerdictCode) -> RefusalCause {
    match code {
        VerdictCode::WrongApi => RefusalCause::WrongApi,
        VerdictCode::WrongEnvironment => RefusalCause::WrongEnvironment,
        VerdictCode::Expired => RefusalCause::Expired,
        VerdictCode::Paused => RefusalCause::OwnerDisabled,
        VerdictCode::Revoked => RefusalCause::Revoked,
        VerdictCode::IpNotAllowed => RefusalCause::IpNotAllowed,
        VerdictCode::Valid | VerdictCode::NotFound | VerdictCode::MissingScope => {
            RefusalCause::MissingScope
        }
    }
}
