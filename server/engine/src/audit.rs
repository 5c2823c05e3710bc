//! The audit log: writing an event inside the transaction of its change, and reading events.

mod accept;
mod chain;
mod cut;
mod export;
mod floors;
mod head_keys;
mod heads;
mod marks;
mod retention;
mod verify;
mod walk;

use domain::command::AuditQuery;
use domain::event::Event;
use domain::policy::{Action, permit};
use domain::view::{AuditView, Page};
use domain::{ActorId, ActorKind, Moment};

use crate::ctx::{Credential, Ctx};
use crate::keyring::{Purpose, hash};
use crate::store::audit::{self, AuditRow};
use crate::store::{StoreError, Tx, parse_column};
use crate::{Engine, Error, Result};

pub use chain::{ChainState, Chains};
pub use export::Export;
pub use head_keys::{HeadKey, head_keys};
pub use heads::{HeadsFile, SignedHead};
pub(crate) use marks::ChainMark;
pub use retention::Retention;
pub use verify::{
    AcceptedBreak, ChainReport, HeadFault, HeadsReport, organizations, verify_chain, verify_heads,
};
pub(crate) use walk::{Accepted, ChainReader};

/// Writes an event for the actor of `ctx`, as part of the transaction. Gives the number of the
/// event.
pub(crate) async fn journal(engine: &Engine, tx: &mut Tx, ctx: &Ctx, event: Event) -> Result<i64> {
    let organization_id = ctx.actor.organization.to_string();
    let (n, before) = audit::advance(tx, &organization_id).await?;
    let via_key = match &ctx.credential {
        Credential::Key { prefix, .. } => Some(prefix.to_string()),
        _ => None,
    };
    let mut row = AuditRow {
        organization_id,
        n,
        at: ctx.now.0,
        action: event.action.as_str().into(),
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
    let canonical = row.canonical(&before);
    row.hash = hash(&canonical);
    row.mac = engine.ring().mac(Purpose::Audit, &canonical);
    audit::insert(tx, &row).await?;
    tx.notify_after_commit(engine.live().hints(), &ctx.actor.organization);
    Ok(n)
}

/// Actors that the filter of the log offers.
const MAX_ACTORS: i64 = 200;

/// An actor with events in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditActor {
    /// Its id.
    pub id: ActorId,
    /// Member or service account.
    pub kind: ActorKind,
    /// Its current name.
    pub name: String,
}

impl Engine {
    /// The audit log within the caller's reach, newest first (decision D26).
    ///
    /// # Errors
    /// `Busy`.
    pub async fn read_audit_log(
        &self,
        ctx: &Ctx,
        query: &AuditQuery,
        limit: i64,
    ) -> Result<Page<AuditView>> {
        let reach = permit(&ctx.actor, Action::ReadAudit)?;
        let rows = audit::list(&mut self.db().read().await?, &reach, query, limit + 1).await?;
        let views: Vec<_> = rows
            .into_iter()
            .map(view)
            .collect::<std::result::Result<_, _>>()?;
        Ok(Page::cut(views, limit, |event| event.n))
    }

    /// The actors within the caller's reach that have events, by name.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn list_audit_actors(&self, ctx: &Ctx) -> Result<Vec<AuditActor>> {
        let reach = permit(&ctx.actor, Action::ReadAudit)?;
        let found = audit::actors(&mut self.db().read().await?, &reach, MAX_ACTORS).await?;
        let actor = |(id, kind, name): (i64, String, String)| {
            Ok(AuditActor {
                id: ActorId(id),
                kind: parse_column(&kind, "actors.kind")?,
                name,
            })
        };
        found.into_iter().map(actor).collect()
    }
}

fn view(row: AuditRow) -> std::result::Result<AuditView, StoreError> {
    Ok(AuditView {
        n: row.n,
        at: Moment(row.at),
        action: parse_column(&row.action, "audit_events.action")?,
        actor_id: row.actor_id.map(ActorId),
        actor_name: row.actor_name,
        via_key: row.via_key,
        object_kind: row.object_kind,
        object_id: row.object_id,
        object_label: row.object_label,
        changes: serde_json::from_str(&row.changes).map_err(|e| StoreError::Row(e.to_string()))?,
        address: row.address,
        agent: row.agent,
        request_id: row.request_id,
    })
}
