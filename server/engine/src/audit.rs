//! The audit log: writing an event inside the transaction of its change, reading it, checking the chain.

use domain::event::Event;
use domain::policy::{Action, permit};
use domain::view::{AuditView, Page};
use domain::{ActorId, Moment, OrganizationId};

use crate::ctx::{Credential, Ctx};
use crate::keyring::{Purpose, hash};
use crate::store::audit::{self, AuditRow};
use crate::store::{StoreError, Tx, word};
use crate::{Engine, Error, Result};

/// Writes an event for the actor of `ctx` and gives its number. It stands or falls with the transaction.
pub(crate) async fn journal(engine: &Engine, tx: &mut Tx, ctx: &Ctx, event: Event) -> Result<i64> {
    let organization_id = ctx.actor.organization.to_string();
    let (n, before) = audit::advance(tx, &organization_id).await?;
    let via_key = match &ctx.credential {
        Credential::Key { prefix, .. } => Some(prefix.clone()),
        _ => None,
    };
    let mut row = AuditRow {
        organization_id,
        n,
        at: ctx.now.0,
        action: event.happening.as_str().into(),
        actor_id: Some(ctx.actor.id.0).filter(|id| *id != 0),
        actor_name: ctx.actor.name.clone(),
        via_key,
        object_kind: event.object_kind.into(),
        object_id: event.object_id,
        object_label: event.object_label,
        concerns: event.concerns.map(|actor| actor.0),
        changes: serde_json::to_string(&event.changes).map_err(|e| Error::Broken(e.to_string()))?,
        address: ctx.origin.address.clone(),
        agent: ctx.origin.agent.clone(),
        request_id: ctx.origin.request_id.clone(),
        hash: Vec::new(),
        mac: Vec::new(),
    };
    let canon = row.canon(&before);
    row.hash = hash(&canon);
    row.mac = engine.ring().mac(Purpose::Audit, &canon);
    audit::insert(tx, &row).await?;
    Ok(n)
}

/// What checking a chain found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainState {
    /// Sound from the first event to this one.
    Sound(i64),
    /// The first event that was altered, removed or added.
    Broken(i64),
}

impl Engine {
    /// The audit log within the caller's reach, newest first (decision D26).
    ///
    /// # Errors
    /// `Busy`.
    pub async fn read_audit(&self, ctx: &Ctx, before: Option<i64>, limit: i64) -> Result<Page<AuditView>> {
        let reach = permit(&ctx.actor, Action::ReadAudit)?;
        let mut link = self.db().read().await?;
        let rows = audit::list(&mut link, &reach, before.unwrap_or(i64::MAX), limit + 1).await?;
        let views: Vec<_> = rows.into_iter().map(view).collect::<std::result::Result<_, _>>()?;
        Ok(crate::keys::page(views, limit, |event| event.n))
    }

    /// Checks an organization's chain from its first event on.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn verify_audit(&self, organization: &OrganizationId) -> Result<ChainState> {
        let mut link = self.db().read().await?;
        let (mut last, mut before) = (0, Vec::new());
        // The chain may grow while it is read. The head is read before the rows, so that it fits when none follow.
        let (head, head_hash) = loop {
            let head = audit::head(&mut link, organization).await?;
            let rows = audit::chain(&mut link, organization, Some(last).filter(|n| *n > 0), 1000).await?;
            if rows.is_empty() {
                break head;
            }
            for row in rows {
                let canon = row.canon(&before);
                let sound = row.n == last + 1
                    && row.hash == hash(&canon)
                    && self.ring().mac_fits(Purpose::Audit, &canon, &row.mac);
                if !sound {
                    return Ok(ChainState::Broken(last + 1));
                }
                (last, before) = (row.n, row.hash);
            }
        };
        let whole = last == head && before == head_hash;
        Ok(if whole { ChainState::Sound(last) } else { ChainState::Broken(last + 1) })
    }
}

fn view(row: AuditRow) -> std::result::Result<AuditView, StoreError> {
    Ok(AuditView {
        n: row.n,
        at: Moment(row.at),
        action: word(&row.action, "audit_events.action")?,
        actor_id: row.actor_id.map(ActorId),
        actor_name: row.actor_name,
        via_key: row.via_key,
        object_kind: row.object_kind,
        object_id: row.object_id,
        object_label: row.object_label,
        changes: serde_json::from_str(&row.changes).map_err(|e| StoreError::Row(e.to_string()))?,
        address: row.address,
        request_id: row.request_id,
    })
}
