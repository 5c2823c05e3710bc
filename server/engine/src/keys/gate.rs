//! Checking a key at the gate of an API: a reverse proxy asks whether it may pass on a request
//! (decision D35).

use std::sync::Arc;

use domain::api::{ApiScopeWords, KeyHeader, Slug};
use domain::command::RequiredScopes;
use domain::token::PlainKey;
use domain::view::{VerdictCode, VerifiedApi};
use domain::{ActorId, Environment, KeyId, Moment};

use super::authenticate::{Admission, AdmittedKey, RefusedKey};
use super::cached::CachedKey;
use super::verify::{cause_of, code_of};
use crate::ctx::Origin;
use crate::key_table::CachedEntry;
use crate::store::parse_column;
use crate::{Engine, Error, Result};

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
    pub key: PlainKey,
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
}

/// Whether a request passes, or why not.
pub type GateVerdict = std::result::Result<GatePass, VerdictCode>;

impl Engine {
    /// Lets a request with a key in memory pass, and counts it. None if the key does not pass, is
    /// not in memory, or has to be read again; nothing is counted then.
    pub fn pass_cached_at_gate(
        &self,
        needs: &GateNeeds,
        presented: &PresentedAtGate,
        origin: &Origin,
    ) -> Option<GatePass> {
        let (entry, verdict) = self.judge_cached(needs, presented)?;
        let pass = verdict.ok()?;
        let now = self.runtime().now();
        self.note_use(&entry.value.actor, entry.of.key, now, origin);
        Some(pass)
    }

    /// Checks a key in memory. None if it is not in memory, or has to be read again.
    pub fn check_cached_at_gate(
        &self,
        needs: &GateNeeds,
        presented: &PresentedAtGate,
        origin: &Origin,
    ) -> Option<GateVerdict> {
        let (entry, verdict) = self.judge_cached(needs, presented)?;
        self.count_at_gate(&entry, &verdict, origin);
        Some(verdict)
    }

    fn judge_cached(
        &self,
        needs: &GateNeeds,
        presented: &PresentedAtGate,
    ) -> Option<(Arc<CachedEntry<CachedKey>>, GateVerdict)> {
        let AdmittedKey {
            entry,
            guard,
            lease,
        } = self.admit_cached(&presented.key)?;
        self.check_log_intact(&entry.value.actor.organization)
            .ok()?;
        let verdict = judge(needs, presented, &entry);
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
        let admission = match self.admit_read(&presented.key).await {
            Err(Error::Unauthenticated(_)) => return Ok(Err(VerdictCode::NotFound)),
            admission => admission?,
        };
        match admission {
            Admission::Admitted(AdmittedKey { entry, .. }) => {
                self.check_log_intact(&entry.value.actor.organization)?;
                let verdict = judge(needs, presented, &entry);
                self.count_at_gate(&entry, &verdict, origin);
                Ok(verdict)
            }
            Admission::Refused(refused) => self.refuse_at_gate(&refused, origin),
        }
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

/// The verdict on a key that may act now.
fn judge(
    needs: &GateNeeds,
    presented: &PresentedAtGate,
    entry: &CachedEntry<CachedKey>,
) -> GateVerdict {
    let CachedKey {
        actor,
        api,
        expires_at,
        ..
    } = &entry.value;
    match needs
        .required
        .verdict(actor, api.as_deref(), needs.environment)
    {
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
    })
}
