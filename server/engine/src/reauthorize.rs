//! The write fence, and who acts when nobody does.

use domain::environment::Environment;
use domain::{Actor, ActorId, ActorKind, ConflictReason, FieldFault, Moment, OrganizationId, Permissions, Role};

use crate::ctx::{Caller, Credential, Ctx, Origin};
use crate::store::actors::ActorRow;
use crate::store::keys::{self, KeyRow};
use crate::store::{self, Tx, parse_column};
use crate::{Engine, Error, Result};

/// Looks once more, inside the transaction, at what let the caller in: whoever was ended, removed, disabled or lowered
/// since writes nothing (write fence of decision D23). Gives the row of the key the request was made with.
pub(crate) async fn reauthorize(engine: &Engine, tx: &mut Tx, ctx: &Ctx) -> Result<Option<KeyRow>> {
    if matches!(ctx.credential, Credential::System) {
        return Ok(None);
    }
    engine.open_to(&ctx.actor.organization)?;
    store::audit::lock_chain_head(tx, &ctx.actor.organization).await?;
    let mut presented = None;
    if let Credential::Key { id, .. } = &ctx.credential {
        let row = keys::lock(tx, &ctx.actor.organization, *id, false).await?.ok_or(ENDED)?;
        if !engine.state_of_presented(&row).is_active()
            || row.is_superseded(engine.journal())
            || !row.permissions()?.covers(ctx.actor.permissions)
        {
            drop(engine.end_refused(&row));
            return Err(Error::Unauthenticated("the key ended or lost scopes while the request ran"));
        }
        presented = Some(row);
    }
    let actor = store::actors::lock(tx, &ctx.actor.organization, ctx.actor.id).await?;
    let stands = |actor: &ActorRow| actor.removed_at.is_none() && actor.disabled_at.is_none() && engine.is_sound(actor);
    // Whoever was removed has no session any more either; that they were removed says more.
    let actor = actor.filter(stands).ok_or(Error::Denied)?;
    signed_in(engine, tx, &ctx.credential).await?;
    if parse_column::<Role>(&actor.role, "actors.role")? < ctx.actor.role { Err(Error::Denied) } else { Ok(presented) }
}

/// The same for a person who acts in no organization: whoever was signed out since writes nothing. Heads of chains are
/// taken before.
pub(crate) async fn reauthorize_person(engine: &Engine, tx: &mut Tx, caller: &Caller) -> Result<()> {
    signed_in(engine, tx, &caller.credential).await
}

/// Whether the session that a credential belongs to is still there; it stays so until the transaction ends.
async fn signed_in(engine: &Engine, tx: &mut Tx, credential: &Credential) -> Result<()> {
    let Some(digest) = credential.session() else { return Ok(()) };
    let session = store::sessions::lock(tx, digest).await?;
    if session.is_some_and(|session| engine.stands(&session)) { Ok(()) } else { Err(ENDED) }
}

const ENDED: Error = Error::Unauthenticated("the credential ended while the request ran");

impl Engine {
    /// Whether an actor's row bears its own seal, and neither the log nor the journal knows of a newer one.
    pub(crate) fn is_sound(&self, row: &ActorRow) -> bool {
        row.is_sound(self.ring()) && !row.is_superseded(self.journal())
    }

    /// Whoever is changed, or gets something, must have been found as they were left: sealing an altered row anew would
    /// make the alteration good.
    pub(crate) fn sound_actor(&self, row: &ActorRow) -> Result<()> {
        if self.is_sound(row) {
            return Ok(());
        }
        Err(Error::Broken(format!("the row of actor {} was altered", row.id)))
    }
}

/// The installation itself, acting in an organization: what happens by the clock, or by nobody who can be named.
pub(crate) fn system_ctx(organization: &OrganizationId, name: &str, now: Moment, origin: Origin) -> Ctx {
    let actor = Actor {
        id: ActorId(0),
        organization: organization.clone(),
        kind: ActorKind::Service,
        name: name.into(),
        role: Role::Member,
        permissions: Permissions::Only(domain::ScopeSet::EMPTY),
        environment: Environment::Production,
    };
    Ctx::new(actor, now, origin, Credential::System)
}

/// One field at fault.
pub(crate) fn invalid(field: &str, fault: domain::Fault) -> Error {
    Error::Invalid(vec![FieldFault::new(field, fault)])
}

/// The state of things does not allow it, for this reason.
pub(crate) const fn conflict(reason: ConflictReason) -> Error {
    Error::Conflict(reason)
}
