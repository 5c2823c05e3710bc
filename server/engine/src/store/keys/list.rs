//! Listing keys: search, filters, order, pages.

use domain::Moment;
use domain::command::{KeyQuery, KeySort, StatusFilter};
use domain::environment::Environment;
use domain::policy::Reach;
use domain::token::{Brand, KeyKind, LOOKUP};

use super::super::query_builder::QueryBuilder;
use super::super::{Connection, StoreError, fetch};
use super::{EXPIRED, ListedRow, REVOKED, USABLE, columns};

impl QueryBuilder {
    pub(super) fn keys_of(reach: &Reach) -> Self {
        let mut query_builder = Self::default();
        let organization = query_builder.text(reach.organization().as_str());
        query_builder.and(format!("k.organization_id = {organization}"));
        if let Some(owner) = reach.owner() {
            let owner = query_builder.number(owner.0);
            query_builder.and(format!("k.actor_id = {owner}"));
        }
        if reach.environment() == Environment::Test {
            query_builder.and("k.kind = 'test'".into());
        }
        query_builder
    }

    /// Matches keys whose name, owner or creator contains the text, or whose public prefix begins
    /// with it. A complete prefix is looked up.
    fn search(&mut self, typed: &str) {
        // No name contains a NUL, and Postgres rejects it as a parameter.
        if typed.contains('\0') {
            return self.and("1 = 0".into());
        }
        if is_whole_prefix(typed) {
            let prefix = self.text(typed);
            return self.and(format!("k.key_prefix = {prefix}"));
        }
        let pattern = typed
            .to_lowercase()
            .replace('\\', r"\\")
            .replace('%', r"\%")
            .replace('_', r"\_");
        let (pattern, prefix) = (self.text(&format!("%{pattern}%")), self.text(typed));
        let people = format!(
            "(SELECT s.id FROM actors s WHERE s.organization_id = k.organization_id \
             AND s.folded_name LIKE {pattern} ESCAPE '\\')"
        );
        self.and(format!(
            "(k.folded_name LIKE {pattern} ESCAPE '\\' OR SUBSTR(k.key_prefix, 1, LENGTH({prefix})) = {prefix} \
             OR k.actor_id IN {people} OR k.created_by IN {people})"
        ));
    }

    fn status(&mut self, status: StatusFilter, now: Moment) {
        let narrower = match status {
            StatusFilter::Expired => return self.and(format!("k.rank = {EXPIRED}")),
            StatusFilter::Revoked => return self.and(format!("k.rank = {REVOKED}")),
            StatusFilter::Inactive => return self.and(format!("k.rank > {USABLE}")),
            StatusFilter::Active => None,
            StatusFilter::Exposed => Some("k.exposed_at IS NOT NULL".into()),
            StatusFilter::Expiring => Some(self.expiring(now)),
            StatusFilter::Unused => Some(self.unused(now)),
            StatusFilter::NeverUsed => Some("k.last_used_at IS NULL".into()),
            StatusFilter::Attention => Some(format!("({}) IS NOT NULL", self.urgency(now))),
        };
        let usable = self.usable(now);
        self.and(usable);
        narrower
            .into_iter()
            .for_each(|condition| self.and(condition));
    }

    fn filters(&mut self, query: &KeyQuery, now: Moment) {
        if let Some(text) = query
            .text
            .as_deref()
            .filter(|text| !text.is_empty())
        {
            self.search(text);
        }
        match query.environment {
            Some(Environment::Test) => self.and("k.kind = 'test'".into()),
            Some(Environment::Production) => self.and("k.kind <> 'test'".into()),
            None => {}
        }
        for (column, actor) in [("actor_id", query.owner), ("created_by", query.creator)] {
            if let Some(actor) = actor {
                let actor = self.number(actor.0);
                self.and(format!("k.{column} = {actor}"));
            }
        }
        if let Some(status) = query.status {
            self.status(status, now);
        }
    }

    /// The rows after a key in the order of the list.
    fn after(&mut self, order: &Order, key: &Cursor) {
        let beyond = if order.down { "<" } else { ">" };
        let id = self.number(key.id);
        let here = match order.value {
            Value::Id => format!("k.id {beyond} {id}"),
            value => {
                let there = match value {
                    Value::Name => self.text(&key.folded_name),
                    Value::End => self.number(key.expires_at.unwrap_or(i64::MAX)),
                    Value::Id | Value::Use => self.number(key.last_used_at.unwrap_or(0)),
                };
                format!(
                    "({}, k.id) {beyond} ({there}, {id})",
                    value.expression()
                )
            }
        };
        if !order.ranked {
            return self.and(here);
        }
        let rank = self.number(key.rank);
        self.and(format!(
            "k.rank >= {rank} AND (k.rank > {rank} OR {here})"
        ));
    }
}

/// Brand, kind and all eight characters of the lookup.
fn is_whole_prefix(typed: &str) -> bool {
    let mut parts = typed.split('_');
    let (brand, kind, lookup) = (parts.next(), parts.next(), parts.next());
    let kind = kind.is_some_and(|kind| kind.parse::<KeyKind>().is_ok());
    let lookup = lookup.is_some_and(|text| {
        text.len() == LOOKUP && text.bytes().all(|b| b.is_ascii_alphanumeric())
    });
    brand.is_some_and(|brand| brand.parse::<Brand>().is_ok())
        && kind
        && lookup
        && parts.next().is_none()
}

/// The key after which a page begins.
#[derive(sqlx::FromRow)]
struct Cursor {
    id: i64,
    rank: i64,
    folded_name: String,
    expires_at: Option<i64>,
    last_used_at: Option<i64>,
}

/// The column that orders a list. Each has an index on the same expression.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Value {
    Id,
    Name,
    Use,
    End,
}

impl Value {
    const fn expression(self) -> &'static str {
        match self {
            Self::Id => "k.id",
            Self::Name => "k.folded_name",
            Self::Use => "COALESCE(k.last_used_at, 0)",
            Self::End => "COALESCE(k.expires_at, 9223372036854775807)",
        }
    }
}

/// The order of a list: by state and value, or by value only.
struct Order {
    value: Value,
    down: bool,
    ranked: bool,
}

impl Order {
    fn of(query: &KeyQuery) -> Self {
        let (value, down, ranked) = match query.sort {
            KeySort::Newest => (Value::Id, true, false),
            KeySort::Usable => (Value::Id, true, true),
            KeySort::Name => (Value::Name, false, true),
            KeySort::LastUsed => (Value::Use, true, true),
            KeySort::Expires => (Value::End, false, true),
        };
        // If all keys have the same state, ordering by state has no effect.
        let ranked = ranked && matches!(query.status, None | Some(StatusFilter::Inactive));
        Self {
            value,
            down: down != query.reversed,
            ranked,
        }
    }

    fn clause(&self) -> String {
        let way = if self.down { "DESC" } else { "ASC" };
        let rank = if self.ranked { "k.rank, " } else { "" };
        match self.value {
            Value::Id => format!("{rank}k.id {way}"),
            value => format!("{rank}{} {way}, k.id {way}", value.expression()),
        }
    }
}

/// Keys within reach that match the query, in its order.
pub async fn list(
    connection: &mut Connection,
    reach: &Reach,
    query: &KeyQuery,
    now: Moment,
    limit: i64,
) -> Result<Vec<ListedRow>, StoreError> {
    let (mut query_builder, order) = (QueryBuilder::keys_of(reach), Order::of(query));
    query_builder.filters(query, now);
    if let Some(key) = query.after {
        const SQL: &str = "SELECT id, rank, folded_name, expires_at, last_used_at FROM api_keys \
             WHERE organization_id = $1 AND id = $2";
        let organization = reach.organization().as_str();
        let cursor: Option<Cursor> = fetch!(connection, conn => sqlx::query_as(SQL).bind(organization).bind(key.0).fetch_optional(conn))?;
        let Some(cursor) = cursor else {
            return Ok(Vec::new());
        };
        query_builder.after(&order, &cursor);
    }
    let (limit, order) = (query_builder.number(limit), order.clause());
    // Only ids are sorted; full rows are fetched for one page.
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

/// How many expired and revoked keys within reach match the query. Its status filter is ignored.
pub async fn count_inactive(
    connection: &mut Connection,
    reach: &Reach,
    query: &KeyQuery,
    now: Moment,
) -> Result<i64, StoreError> {
    let mut query_builder = QueryBuilder::keys_of(reach);
    query_builder.filters(
        &KeyQuery {
            status: Some(StatusFilter::Inactive),
            ..query.clone()
        },
        now,
    );
    let sql = format!(
        "SELECT COUNT(*) FROM api_keys k WHERE {}",
        query_builder.wheres()
    );
    let rows: Vec<(i64,)> = query_builder.rows(connection, sql).await?;
    Ok(rows.first().map_or(0, |(count,)| *count))
}

/// The actors that created keys within reach, by name.
pub async fn creators(
    connection: &mut Connection,
    reach: &Reach,
    limit: i64,
) -> Result<Vec<(i64, String)>, StoreError> {
    let sql = "SELECT a.id, a.name FROM actors a WHERE a.organization_id = $1 \
               AND EXISTS (SELECT 1 FROM api_keys k WHERE k.organization_id = $1 AND k.created_by = a.id) \
               ORDER BY a.folded_name, a.id LIMIT $2";
    Ok(fetch!(connection, conn => {
        sqlx::query_as(sql).bind(reach.organization().as_str()).bind(limit).fetch_all(conn)
    })?)
}
