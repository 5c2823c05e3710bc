//! What an actor has sealed, without contents.

use domain::policy::{Action, permit};
use domain::view::{SealedForKey, SealedOfKind, SealedOverview};
use domain::{ActorId, KeyId, Moment, OrganizationId, SealedCounts, SealedKind};

use crate::ctx::Ctx;
use crate::store::actors;
use crate::store::sealed::{self, KeyCountRow, KindCountRow, read_kind};
use crate::{Engine, Error, Result};

impl Engine {
    /// What the caller has sealed.
    ///
    /// # Errors
    /// `MissingScope` for a key without the scope of sealed items.
    pub async fn see_sealed(&self, ctx: &Ctx) -> Result<SealedOverview> {
        let reach = permit(&ctx.actor, Action::ReadSealed)?;
        let owner = reach.owner().ok_or(Error::Denied)?;
        self.sealed_overview(reach.organization(), owner, ctx.now)
            .await
    }

    /// What a service account has sealed, for those who may list service accounts.
    ///
    /// # Errors
    /// `Denied` for members, `NotFound` when the organization has no service account of this id.
    pub async fn see_sealed_of_account(
        &self,
        ctx: &Ctx,
        account: ActorId,
    ) -> Result<SealedOverview> {
        let reach = permit(&ctx.actor, Action::ListServiceAccounts)?;
        let organization = reach.organization();
        let found = actors::find_service(
            &mut self.db().read().await?,
            organization,
            ctx.now,
            account,
        )
        .await?;
        if found.is_none() {
            return Err(Error::NotFound);
        }
        self.sealed_overview(organization, account, ctx.now)
            .await
    }

    async fn sealed_overview(
        &self,
        organization: &OrganizationId,
        owner: ActorId,
        now: Moment,
    ) -> Result<SealedOverview> {
        let mut connection = self.db().read().await?;
        let by_kind = sealed::counts_by_kind(&mut connection, organization, owner, now).await?;
        let by_key = sealed::counts_by_key(&mut connection, organization, owner, now).await?;
        Ok(SealedOverview {
            kinds: kinds(&by_kind)?,
            keys: keys(by_key)?,
        })
    }
}

/// The rows in the order of the table of kinds.
fn kinds(rows: &[KindCountRow]) -> Result<Vec<SealedOfKind>> {
    let mut kinds = rows
        .iter()
        .map(|row| {
            Ok(SealedOfKind {
                kind: read_kind(&row.kind)?,
                count: row.count,
                unreadable: row.unreadable,
                newest: Moment(row.newest),
            })
        })
        .collect::<Result<Vec<_>>>()?;
    kinds.sort_by_key(|of_kind: &SealedOfKind| {
        SealedKind::ALL
            .iter()
            .position(|kind| *kind == of_kind.kind)
    });
    Ok(kinds)
}

/// The keys in the order of the rows, each with its counts.
fn keys(rows: Vec<KeyCountRow>) -> Result<Vec<SealedForKey>> {
    let mut keys: Vec<SealedForKey> = Vec::new();
    for row in rows {
        let kind = read_kind(&row.kind)?;
        if keys
            .last()
            .is_none_or(|last| last.key_id.0 != row.key_id)
        {
            keys.push(SealedForKey {
                key_id: KeyId(row.key_id),
                label: row.name,
                key_prefix: row.key_prefix,
                counts: SealedCounts::NONE,
            });
        }
        if let Some(last) = keys.last_mut() {
            last.counts = last.counts.with(kind, row.count);
        }
    }
    Ok(keys)
}
