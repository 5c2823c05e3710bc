//! Counts of keys by state, and the keys that need attention. All of it is read from one covering
//! index; full rows are fetched only for the few that are shown.

use domain::Moment;
use domain::attention::{Horizon, SHORT_LIFE_SECONDS};
use domain::policy::Reach;
use domain::view::KeyCounts;

use super::super::query_builder::QueryBuilder;
use super::super::{Connection, StoreError};
use super::{EXPIRED, ListedRow, REVOKED, USABLE, columns};

/// How many keys there are in each state.
#[derive(Clone, Copy, Debug, Default, sqlx::FromRow)]
struct CountsRow {
    active: i64,
    expiring: i64,
    exposed: i64,
    unused: i64,
    attention: i64,
    expired: i64,
    revoked: i64,
}

/// What the attention rule needs of a key.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct FactsRow {
    pub id: i64,
    pub created_at: i64,
    pub last_used_at: Option<i64>,
    pub expires_at: Option<i64>,
    pub exposed_at: Option<i64>,
    pub rotated_to: Option<i64>,
}

impl QueryBuilder {
    /// The key is usable now.
    pub(super) fn usable(&mut self, now: Moment) -> String {
        let now = self.number(now.0);
        format!("k.rank = {USABLE} AND (k.expires_at IS NULL OR k.expires_at > {now})")
    }

    /// It expires within 14 days and has no successor.
    pub(super) fn expiring(&mut self, now: Moment) -> String {
        let soon = self.number(Horizon::at(now).two_weeks.0);
        format!("k.rotated_to IS NULL AND k.expires_at < {soon}")
    }

    /// It was not used for 90 days.
    pub(super) fn unused(&mut self, now: Moment) -> String {
        let long_ago = self.number(Horizon::at(now).unused.0);
        format!("COALESCE(k.last_used_at, k.created_at) < {long_ago}")
    }

    /// `Attention::rank` of a usable key, the worst 0; null where it needs none.
    pub(super) fn urgency(&mut self, now: Moment) -> String {
        let at = Horizon::at(now);
        let moments = [
            at.day,
            at.week,
            at.two_weeks,
            at.unused,
            at.never_used,
            at.never_expires,
        ];
        let [day, week, two_weeks, unused, never_used, never_expires] =
            moments.map(|moment| self.number(moment.0));
        let short = self.number(SHORT_LIFE_SECONDS * 1000);
        format!(
            "CASE WHEN k.exposed_at IS NOT NULL THEN 0 WHEN k.rotated_to IS NOT NULL THEN NULL \
             WHEN k.expires_at - k.created_at <= {short} THEN NULL \
             WHEN k.expires_at < {day} THEN 1 WHEN k.expires_at < {week} THEN 2 WHEN k.expires_at < {two_weeks} THEN 3 \
             WHEN k.last_used_at < {unused} THEN 4 WHEN k.last_used_at IS NULL AND k.created_at < {never_used} THEN 5 \
             WHEN k.expires_at IS NULL AND k.created_at < {never_expires} THEN 6 END"
        )
    }

    /// The keys that need attention, the worst first: conditions and order.
    fn worst(reach: &Reach, now: Moment) -> (Self, String) {
        let mut query_builder = Self::keys_of(reach);
        let (usable, urgency) = (query_builder.usable(now), query_builder.urgency(now));
        query_builder.and(usable);
        query_builder.and(format!("({urgency}) IS NOT NULL"));
        (
            query_builder,
            format!("({urgency}), COALESCE(k.expires_at, 9223372036854775807), k.id"),
        )
    }
}

/// How many keys within reach there are in each state.
pub async fn counts(
    connection: &mut Connection,
    reach: &Reach,
    now: Moment,
) -> Result<KeyCounts, StoreError> {
    let mut query_builder = QueryBuilder::keys_of(reach);
    let (usable, expiring) = (query_builder.usable(now), query_builder.expiring(now));
    let (unused, urgency) = (query_builder.unused(now), query_builder.urgency(now));
    let count = |of: &str, name: &str| format!("COUNT(CASE WHEN {of} THEN 1 END) AS {name}");
    let counted = [
        count(&usable, "active"),
        count(&format!("{usable} AND {expiring}"), "expiring"),
        count(
            &format!("{usable} AND k.exposed_at IS NOT NULL"),
            "exposed",
        ),
        count(&format!("{usable} AND {unused}"), "unused"),
        count(
            &format!("{usable} AND ({urgency}) IS NOT NULL"),
            "attention",
        ),
        count(&format!("k.rank = {EXPIRED}"), "expired"),
        count(&format!("k.rank = {REVOKED}"), "revoked"),
    ];
    let sql = format!(
        "SELECT {} FROM api_keys k WHERE {}",
        counted.join(", "),
        query_builder.wheres()
    );
    let rows: Vec<CountsRow> = query_builder.rows(connection, sql).await?;
    let row = rows.first().copied().unwrap_or_default();
    let CountsRow {
        active,
        expiring,
        exposed,
        unused,
        attention,
        expired,
        revoked,
    } = row;
    Ok(KeyCounts {
        active,
        expiring,
        exposed,
        unused,
        attention,
        expired,
        revoked,
    })
}

/// The keys within reach that need attention, the worst first.
pub async fn worst(
    connection: &mut Connection,
    reach: &Reach,
    now: Moment,
    limit: i64,
) -> Result<Vec<ListedRow>, StoreError> {
    let (mut query_builder, order) = QueryBuilder::worst(reach, now);
    let limit = query_builder.number(limit);
    let sql = format!(
        "SELECT {}, a.name AS actor_name, c.name AS creator_name \
         FROM (SELECT k.id FROM api_keys k WHERE {} ORDER BY {order} LIMIT {limit}) p JOIN api_keys k ON k.id = p.id \
         JOIN actors a ON a.organization_id = k.organization_id AND a.id = k.actor_id \
         JOIN actors c ON c.organization_id = k.organization_id AND c.id = k.created_by ORDER BY {order}",
        columns!(),
        query_builder.wheres()
    );
    query_builder.rows(connection, sql).await
}

/// As [`worst`], with only what the attention rule needs.
pub async fn worst_facts(
    connection: &mut Connection,
    reach: &Reach,
    now: Moment,
    limit: i64,
) -> Result<Vec<FactsRow>, StoreError> {
    let (mut query_builder, order) = QueryBuilder::worst(reach, now);
    let limit = query_builder.number(limit);
    let sql = format!(
        "SELECT k.id, k.created_at, k.last_used_at, k.expires_at, k.exposed_at, k.rotated_to FROM api_keys k \
         WHERE {} ORDER BY {order} LIMIT {limit}",
        query_builder.wheres()
    );
    query_builder.rows(connection, sql).await
}

/// Which of these keys are within reach.
pub async fn reached(
    connection: &mut Connection,
    reach: &Reach,
    keys: &[i64],
) -> Result<Vec<i64>, StoreError> {
    let mut found = Vec::new();
    for some in keys.chunks(500) {
        let mut query_builder = QueryBuilder::keys_of(reach);
        let ids: Vec<_> = some
            .iter()
            .map(|key| query_builder.number(*key))
            .collect();
        query_builder.and(format!("k.id IN ({})", ids.join(", ")));
        let sql = format!(
            "SELECT k.id FROM api_keys k WHERE {}",
            query_builder.wheres()
        );
        let rows: Vec<(i64,)> = query_builder.rows(connection, sql).await?;
        found.extend(rows.into_iter().map(|(id,)| id));
    }
    Ok(found)
}
