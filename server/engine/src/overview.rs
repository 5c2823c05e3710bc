//! An organization at a glance: keys, their use, what needs attention, what happened last.

use domain::attention::{Attention, Facts};
use domain::command::AuditQuery;
use domain::policy::{Action, Reach, permit};
use domain::view::{AttentionBanner, Concern, KeyCounts, Overview, Reason, Staff};
use domain::{KeyId, Moment};

use crate::ctx::Ctx;
use crate::store::keys::FactsRow;
use crate::store::{Connection, actors, keys};
use crate::{Engine, Result};

/// Keys that need attention, shown at a glance.
const CONCERNS: i64 = 8;
/// Keys that need attention, known to the line above the list: more than anyone reads, few enough for a session.
const REASONS: i64 = 64;
/// Events at a glance.
const EVENTS: i64 = 5;

impl Engine {
    /// What is within the caller's reach, at a glance. The staff and the log are for admins and owners.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn overview(&self, ctx: &Ctx) -> Result<Overview> {
        let reach = permit(&ctx.actor, Action::ListKeys)?;
        if let Err(error) = self.expire_keys_of(reach.organization()).await {
            tracing::warn!(%error, "ends of keys could not be written before an overview");
        }
        let mut connection = self.db().read().await?;
        let mut counts = keys::counts(&mut connection, &reach, ctx.now).await?;
        let concerns = self.concerns(&mut connection, ctx, &reach, &mut counts).await?;
        let days = self.usage_within(&mut connection, &reach, ctx.now).await?;
        let staff = staff(&mut connection, ctx).await?;
        drop(connection);
        let events = match staff {
            Some(_) => self.read_audit_log(ctx, &AuditQuery::default(), EVENTS).await?.rows,
            None => Vec::new(),
        };
        Ok(Overview { keys: counts, concerns, days, staff, events })
    }

    /// How many keys within the caller's reach need attention, and why.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn attention_banner(&self, ctx: &Ctx) -> Result<AttentionBanner> {
        let reach = permit(&ctx.actor, Action::ListKeys)?;
        let mut connection = self.db().read().await?;
        let rows = keys::worst_facts(&mut connection, &reach, ctx.now, REASONS).await?;
        let full = i64::try_from(rows.len()).unwrap_or(i64::MAX) == REASONS;
        let reasons: Vec<_> = rows.into_iter().filter_map(|row| self.reason(row, ctx.now)).collect();
        let total = match full {
            true => keys::counts(&mut connection, &reach, ctx.now).await?.attention,
            false => i64::try_from(reasons.len()).unwrap_or(i64::MAX),
        };
        Ok(AttentionBanner { reasons, total })
    }

    /// The worst keys. What was used just now, and not written yet, is not unused any more.
    async fn concerns(
        &self,
        connection: &mut Connection,
        ctx: &Ctx,
        reach: &Reach,
        counts: &mut KeyCounts,
    ) -> Result<Vec<Concern>> {
        let mut concerns = Vec::new();
        for row in keys::worst(connection, reach, ctx.now, CONCERNS).await? {
            let line = self.key_line(ctx, row)?;
            match line.attention(ctx.now) {
                Some(why) => concerns.push(Concern { line, why }),
                None => counts.attention -= 1,
            }
        }
        Ok(concerns)
    }

    fn reason(&self, row: FactsRow, now: Moment) -> Option<Reason> {
        let (key, expires_at) = (KeyId(row.id), row.expires_at.map(Moment));
        let facts = Facts {
            created_at: Moment(row.created_at),
            last_used: row.last_used_at.map(Moment).max(self.usage().last_of(key).map(|(at, ..)| at)),
            expires_at,
            is_exposed: row.exposed_at.is_some(),
            has_successor: row.rotated_to.is_some(),
        };
        Attention::of(&facts, now).map(|why| Reason { key, why, expires_at })
    }
}

/// How many act here, for those who may know.
async fn staff(connection: &mut Connection, ctx: &Ctx) -> Result<Option<Staff>> {
    let Ok(reach) = permit(&ctx.actor, Action::ListServiceAccounts) else { return Ok(None) };
    let (members, service_accounts) = actors::count_staff(connection, reach.organization()).await?;
    Ok(Some(Staff { members, service_accounts }))
}
