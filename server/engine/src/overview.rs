//! The overview page: numbers of keys, their usage, what needs attention, the latest events.

use domain::attention::{Attention, Facts};
use domain::command::AuditQuery;
use domain::policy::{Action, Reach, permit};
use domain::view::{AttentionBanner, Concern, KeyCounts, Overview, Reason, Staff};
use domain::{KeyId, Moment};

use crate::ctx::Ctx;
use crate::store::keys::FactsRow;
use crate::store::{Connection, actors, keys};
use crate::{Engine, Result};

/// Keys that need attention on the overview.
const MAX_CONCERNS: i64 = 8;
/// Keys that the attention banner names: more than anyone reads, few enough to read on every page.
const MAX_REASONS: i64 = 64;
/// Events on the overview.
const MAX_EVENTS: i64 = 5;

impl Engine {
    /// The overview within the caller's reach. Numbers of members and events are for admins and
    /// owners.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn overview(&self, ctx: &Ctx) -> Result<Overview> {
        let reach = permit(&ctx.actor, Action::ListKeys)?;
        if let Err(error) = self.expire_keys_of(reach.organization()).await {
            tracing::warn!(%error, "due key expiries were not recorded before the overview");
        }
        let mut connection = self.db().read().await?;
        let mut counts = keys::counts(&mut connection, &reach, ctx.now).await?;
        let concerns = self
            .concerns(&mut connection, ctx, &reach, &mut counts)
            .await?;
        let days = self
            .usage_within(&mut connection, &reach, ctx.now)
            .await?;
        let staff = staff(&mut connection, ctx).await?;
        drop(connection);
        let events = match staff {
            Some(_) => {
                self.read_audit_log(ctx, &AuditQuery::default(), MAX_EVENTS)
                    .await?
                    .rows
            }
            None => Vec::new(),
        };
        Ok(Overview {
            keys: counts,
            concerns,
            days,
            staff,
            events,
        })
    }

    /// How many keys within the caller's reach need attention, and why.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn attention_banner(&self, ctx: &Ctx) -> Result<AttentionBanner> {
        let reach = permit(&ctx.actor, Action::ListKeys)?;
        let mut connection = self.db().read().await?;
        let rows = keys::worst_facts(&mut connection, &reach, ctx.now, MAX_REASONS).await?;
        let full = i64::try_from(rows.len()).unwrap_or(i64::MAX) == MAX_REASONS;
        let reasons: Vec<_> = rows
            .into_iter()
            .filter_map(|row| self.reason(row, ctx.now))
            .collect();
        let total = match full {
            true => {
                keys::counts(&mut connection, &reach, ctx.now)
                    .await?
                    .attention
            }
            false => i64::try_from(reasons.len()).unwrap_or(i64::MAX),
        };
        Ok(AttentionBanner { reasons, total })
    }

    /// The keys that need attention most. A use that is not in the database yet counts.
    async fn concerns(
        &self,
        connection: &mut Connection,
        ctx: &Ctx,
        reach: &Reach,
        counts: &mut KeyCounts,
    ) -> Result<Vec<Concern>> {
        let mut concerns = Vec::new();
        for row in keys::worst(connection, reach, ctx.now, MAX_CONCERNS).await? {
            let line = self.key_line(ctx, row)?;
            match line.attention(ctx.now) {
                Some(why) => concerns.push(Concern { line, why }),
                None => counts.attention -= 1,
            }
        }
        Ok(concerns)
    }

    fn reason(&self, row: FactsRow, now: Moment) -> Option<Reason> {
        let key = KeyId(row.id);
        let expires_at = row.expires_at.map(Moment);
        let facts = Facts {
            created_at: Moment(row.created_at),
            last_used: row
                .last_used_at
                .map(Moment)
                .max(self.usage().last_of(key).map(|(at, ..)| at)),
            expires_at,
            is_exposed: row.exposed_at.is_some(),
            has_successor: row.rotated_to.is_some(),
        };
        Attention::of(&facts, now).map(|why| Reason {
            key,
            why,
            expires_at,
        })
    }
}

/// How many members and service accounts there are, for callers who may see them.
async fn staff(connection: &mut Connection, ctx: &Ctx) -> Result<Option<Staff>> {
    let Ok(reach) = permit(&ctx.actor, Action::ListServiceAccounts) else {
        return Ok(None);
    };
    let (members, service_accounts) = actors::count_staff(connection, reach.organization()).await?;
    Ok(Some(Staff {
        members,
        service_accounts,
    }))
}
