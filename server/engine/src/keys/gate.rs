//! Checking a key at the gate of an API: a reverse proxy asks whether it may pass on a request
//! (decision D35).

use std::sync::Arc;

use domain::api::{ApiScopeWords, KeyHeader, Slug};
use domain::command::RequiredScopes;
use domain::token::PresentedKey;
use domain::view::{VerdictCode, VerifiedApi};
use domain::{ActorId, Environment, KeyId, Moment};
use zeroize::Zeroizing;

use super::authenticate::{Admission, AdmittedKey, RefusedKey};
use super::cached::CachedKey;
use super::verify::{cause_of, code_of};
use crate::ctx::Origin;
use crate::key_table::CachedEntry;
use crate::store::parse_column;
use crate::tokens::AssertionSubject;
use crate::{Engine, Error, Result, key_material};

/// What a request at the gate needs. The operator of the proxy decides it, not the client.
#[derive(Clone, Debug)]
pub struct GateNeeds {
    /// The API and the scopes.
    pub required: RequiredScopes,
    /// The environment.
    pub environment: Environment,
}

impl GateNeeds {
    /// Needs of a request to an API.
    pub const fn new(slug: Slug, scopes: ApiScopeWords, environment: Environment) -> Self {
        Self {
            required: RequiredScopes::Api { slug, scopes },
            environment,
        }
    }
}

/// A key as a request at the gate presents it.
pub struct PresentedAtGate {
    /// The key.
    pub key: PresentedKey,
    /// The header that has it. `Any` if both have it.
    pub header: KeyHeader,
}

/// What the protected API learns about a key that passes.
#[derive(Clone, Debug)]
pub struct GatePass {
    /// The key.
    pub key_id: KeyId,
    /// Its owner.
    pub owner: ActorId,
    /// Its API, what it may do there, and the consumer that owns it.
    pub api: Arc<VerifiedApi>,
    /// The header that had the key. `Any` if both had it.
    pub header: KeyHeader,
    /// The environment of the key.
    pub environment: Environment,
    /// When the key expires.
    pub expires_at: Option<Moment>,
    /// The signed assertion of all this, if the API wants one.
    pub assertion: Option<Zeroizing<String>>,
}

/// Whether a request passes, or why not.
pub type GateVerdict = std::result::Result<GatePass, VerdictCode>;

impl Engine {
    /// Lets a request with a key in memory pass, and counts it. None if the key does not pass, or
    /// if it or the signing key is not in memory or has to be read again; nothing is counted then.
    pub fn pass_cached_at_gate(
        &self,
        needs: &GateNeeds,
        presented: &PresentedAtGate,
        origin: &Origin,
    ) -> Option<GatePass> {
        let (entry, verdict) = self.judge_cached(needs, presented, origin)?;
        let pass = verdict.ok()?;
        let now = self.runtime().now();
        self.note_use(&entry.value.actor, entry.of.key, now, origin);
        Some(pass)
    }

    /// Checks a key in memory. None if it or the signing key is not in memory, or has to be read
    /// again.
    pub fn check_cached_at_gate(
        &self,
        needs: &GateNeeds,
        presented: &PresentedAtGate,
        origin: &Origin,
    ) -> Option<GateVerdict> {
        let (entry, verdict) = self.judge_cached(needs, presented, origin)?;
        self.count_at_gate(&entry, &verdict, origin);
        Some(verdict)
    }

    fn judge_cached(
        &self,
        needs: &GateNeeds,
        presented: &PresentedAtGate,
        origin: &Origin,
    ) -> Option<(Arc<CachedEntry<CachedKey>>, GateVerdict)> {
        let AdmittedKey {
            entry,
            guard,
            lease,
        } = self.admit_cached(&key_material::presented_auth_value(&presented.key))?;
        self.check_log_intact(&entry.value.actor.organization)
            .ok()?;
        let verdict = self
            .judge(needs, presented, &entry, origin)
            .ok()??;
        self.is_unweakened(lease, &guard)
            .then_some((entry, verdict))
    }

    /// Checks a key at the gate. An unknown key is `NotFound`.
    ///
    /// # Errors
    /// `Busy` when the state of the key cannot be read.
    pub async fn check_at_gate(
        &self,
        needs: &GateNeeds,
        presented: &PresentedAtGate,
        origin: &Origin,
    ) -> Result<GateVerdict> {
        loop {
            let auth = key_material::presented_auth_value(&presented.key);
            let admission = match self.admit_read(&auth).await {
                Err(Error::Unauthenticated(_)) => return Ok(Err(VerdictCode::NotFound)),
                admission => admission?,
            };
            let AdmittedKey { entry, .. } = match admission {
                Admission::Admitted(admitted) => admitted,
                Admission::Refused(refused) => return self.refuse_at_gate(&refused, origin),
            };
            self.check_log_intact(&entry.value.actor.organization)?;
            if let Some(verdict) = self.judge(needs, presented, &entry, origin)? {
                self.count_at_gate(&entry, &verdict, origin);
                return Ok(verdict);
            }
            // The key may be revoked meanwhile, so it is read again too.
            self.prepare_assertions().await?;
        }
    }

    /// The verdict on a key that may act now. None if the key that signs assertions has to be read
    /// first.
    fn judge(
        &self,
        needs: &GateNeeds,
        presented: &PresentedAtGate,
        entry: &CachedEntry<CachedKey>,
        origin: &Origin,
    ) -> Result<Option<GateVerdict>> {
        let mut pass = match judge(needs, presented, entry, origin) {
            Ok(pass) if pass.api.signs_assertions => pass,
            verdict => return Ok(Some(verdict)),
        };
        let external_id = pass
            .api
            .consumer
            .as_ref()
            .map(|(external_id, _)| external_id.as_str());
        let subject = AssertionSubject {
            api: &pass.api.slug,
            owner: pass.owner,
            external_id,
            scopes: pass.api.scopes.line(),
            environment: pass.environment,
            key: pass.key_id,
            request_id: &origin.request_id,
        };
        let assertion = self.sign_assertion(&subject)?;
        pass.assertion = assertion;
        Ok(pass.assertion.is_some().then_some(Ok(pass)))
    }

    fn refuse_at_gate(&self, refused: &RefusedKey, origin: &Origin) -> Result<GateVerdict> {
        let RefusedKey { row, cause, .. } = refused;
        self.check_log_intact(&parse_column(
            &row.organization_id,
            "api_keys.organization_id",
        )?)?;
        let now = self.runtime().now();
        self.usage()
            .refused(KeyId(row.id), *cause, now, origin);
        drop(self.record_refused_expiry(row));
        Ok(Err(code_of(*cause)))
    }

    fn count_at_gate(
        &self,
        entry: &CachedEntry<CachedKey>,
        verdict: &GateVerdict,
        origin: &Origin,
    ) {
        let now = self.runtime().now();
        match verdict {
            Ok(_) => self.note_use(&entry.value.actor, entry.of.key, now, origin),
            // The answer is the same as for an unknown key.
            Err(VerdictCode::NotFound) => {}
            Err(code) => self
                .usage()
                .refused(entry.of.key, cause_of(*code), now, origin),
        }
    }
}

/// The verdict on a key that may act now, without an assertion.
fn judge(
    needs: &GateNeeds,
    presented: &PresentedAtGate,
    entry: &CachedEntry<CachedKey>,
    origin: &Origin,
) -> GateVerdict {
    let CachedKey {
        actor,
        api,
        expires_at,
        ips,
        ..
    } = &entry.value;
    let is_ip_allowed = ips.allow(|| origin.ip());
    match needs.required.verdict(
        actor,
        api.as_deref(),
        needs.environment,
        is_ip_allowed,
    ) {
        VerdictCode::Valid => {}
        code => return Err(code),
    }
    let api = api.as_ref().ok_or(VerdictCode::WrongApi)?;
    let is_carried = [KeyHeader::Any, presented.header].contains(&api.key_header)
        || presented.header == KeyHeader::Any;
    if !is_carried {
        return Err(VerdictCode::NotFound);
    }
    Ok(GatePass {
        key_id: entry.of.key,
        owner: entry.of.owner,
        api: api.clone(),
        header: presented.header,
        environment: actor.environment,
        expires_at: *expires_at,
        assertion: None,
    })
}
