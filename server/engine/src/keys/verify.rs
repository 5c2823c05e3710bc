//! Verifying a key that someone has presented to the caller.

use domain::command::VerifyKey;
use domain::policy::{Action, permit};
use domain::token::PlainKey;
use domain::view::{RefusalCause, Verdict, VerdictCode, VerifiedKey};
use domain::{Actor, ActorId, KeyId, Moment};

use super::authenticate::{Admission, acting};
use super::cached::{CachedKey, is_old};
use crate::ctx::Ctx;
use crate::key_material;
use crate::keyring::Purpose;
use crate::store::actors::ActorRow;
use crate::store::keys::{KeyRow, PresentedRow};
use crate::{Engine, Error, Result};

impl Engine {
    /// Verifies a key of the caller's organization: whether it is valid now, and has the required
    /// scopes. The verdict counts as a use of the key unless it is a dry run.
    ///
    /// # Errors
    /// `Denied` or `MissingScope` for the caller; `Busy` when the state cannot be read.
    pub async fn verify_key(&self, ctx: &Ctx, command: &VerifyKey) -> Result<Verdict> {
        permit(&ctx.actor, Action::VerifyKey)?;
        let Some(key) = &command.key else {
            return Ok(Verdict::not_found(ctx.request_id()));
        };
        if let Some(verdict) = self.verify_cached_key(ctx, command)? {
            return Ok(verdict);
        }
        loop {
            let generation = self.keys().generation();
            let read_at = self.runtime().elapsed();
            let (
                digest,
                PresentedRow {
                    key: row, owner, ..
                },
            ) = match self.find_key(key).await {
                Err(Error::Unauthenticated(_)) => {
                    return Ok(Verdict::not_found(ctx.request_id()));
                }
                found => found?,
            };
            if row.organization_id != ctx.actor.organization.as_str() {
                return Ok(Verdict::not_found(ctx.request_id()));
            }
            self.check_log_intact(&ctx.actor.organization)?;
            match self.admission(&row, &owner)? {
                Admission::Refused(cause) => {
                    return self.refused_verdict(ctx, command, &row, &owner, cause);
                }
                Admission::Acting(actor) => {
                    let cached = CachedKey {
                        actor: actor.clone(),
                        prefix: row.key_prefix,
                        name: row.name.clone(),
                        expires_at: row.expires_at.map(Moment),
                    };
                    let of = (KeyId(row.id), ActorId(row.actor_id));
                    let kept = self
                        .keys()
                        .admit_read(generation, digest, of, read_at, cached);
                    if kept.is_some() {
                        let name = &row.name;
                        let expires_at = row.expires_at.map(Moment);
                        return Ok(self.verdict(ctx, command, of.0, name, &actor, expires_at));
                    }
                    // Something changed while the row was read.
                }
            }
        }
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

    fn cached_verdict(&self, ctx: &Ctx, command: &VerifyKey, key: &PlainKey) -> Option<Verdict> {
        self.nodes().lease()?;
        let auth = key_material::auth_value(key);
        let (entry, guard) = self
            .ring()
            .digests(Purpose::Lookup, auth.as_slice())
            .find_map(|(_, digest)| self.keys().admit_cached(&digest))?;
        let CachedKey {
            actor,
            name,
            expires_at,
            ..
        } = &entry.value;
        // The body of the request may have taken a while.
        let now = self.runtime().now();
        let has_expired = expires_at.is_some_and(|end| end <= now);
        if has_expired || is_old(&entry, self.runtime().elapsed()) {
            self.keys().expire(&entry);
            return None;
        }
        if actor.organization != ctx.actor.organization {
            return Some(Verdict::not_found(ctx.request_id()));
        }
        self.check_log_intact(&actor.organization).ok()?;
        let verdict = self.verdict(ctx, command, entry.key, name, actor, *expires_at);
        // The state was true while this request ran.
        let is_current = !guard.is_cancelled() && self.nodes().lease().is_some();
        is_current.then_some(verdict)
    }

    fn verdict(
        &self,
        ctx: &Ctx,
        command: &VerifyKey,
        key: KeyId,
        name: &str,
        actor: &Actor,
        expires_at: Option<Moment>,
    ) -> Verdict {
        let verified = VerifiedKey {
            key_id: key,
            name: name.to_owned(),
            actor: actor.clone(),
            expires_at,
        };
        let environment = ctx.actor.environment;
        let verdict = Verdict::on(
            verified,
            None,
            environment,
            command.scopes,
            ctx.request_id(),
        );
        if !command.dry_run {
            if verdict.valid {
                self.note_use(actor, key, ctx.now, &ctx.origin);
            } else {
                let cause = RefusalCause::MissingScope;
                self.usage()
                    .refused(key, cause, ctx.now, &ctx.origin);
            }
        }
        verdict
    }

    fn refused_verdict(
        &self,
        ctx: &Ctx,
        command: &VerifyKey,
        row: &KeyRow,
        owner: &ActorRow,
        cause: RefusalCause,
    ) -> Result<Verdict> {
        if !command.dry_run {
            let id = KeyId(row.id);
            self.usage()
                .refused(id, cause, ctx.now, &ctx.origin);
        }
        drop(self.record_refused_expiry(row));
        let key = VerifiedKey {
            key_id: KeyId(row.id),
            name: row.name.clone(),
            actor: acting(row, owner)?,
            expires_at: row.expires_at.map(Moment),
        };
        let code = match cause {
            RefusalCause::Expired => VerdictCode::Expired,
            RefusalCause::OwnerDisabled => VerdictCode::Paused,
            _ => VerdictCode::Revoked,
        };
        Ok(Verdict::on(
            key,
            Some(code),
            ctx.actor.environment,
            command.scopes,
            ctx.request_id(),
        ))
    }
}
