//! Listing keys: search, filters, order, pages.
//!
//! A list is read in its order, which an index has, until a page is full. A search that few keys
//! match would read every key. A search that is looked up by index would fetch every match, however
//! many there are, before the first page is known. So [`list`] reads a few pages in order first. If
//! they do not fill one page, it asks how many candidates the indexes have.

mod filters;
mod order;
mod search;
#[cfg(test)]
mod tests;

use domain::command::{KeyQuery, StatusFilter};
use domain::environment::Environment;
use domain::policy::Reach;
use domain::view::KeyCount;
use domain::{KeyId, Moment};

use self::filters::ORGANIZATION;
use self::order::{Cursor, Order};
use self::search::{Search, Text};
use super::super::query_builder::QueryBuilder;
use super::super::{Connection, StoreError, fetch};
use super::{ListedRow, columns};

/// How many pages of keys a search reads in order before it uses the indexes. A search that a tenth
/// of the keys match is as fast as a list.
const WINDOW: i64 = 10;
/// How many keys are counted without the indexes.
const SMALL: i64 = 500;
/// The most keys that are counted by an index, and by reading a search that many keys match.
const MOST_COUNTED: i64 = 10_000;
const MOST_FOUND: i64 = 1_000;
/// The most candidates that are looked up one by one. If more of 100,000 keys match, reading about
/// as many keys in order fills a page of 50.
const FEW: i64 = 2_000;

/// How the rows of a list are found.
#[derive(Clone, Copy)]
enum Access {
    /// In the order of the list, until there are enough.
    Order,
    /// The same, but only among so many first rows.
    Window(i64),
    /// By organization, owner and state, in any order.
    Range,
    /// By the indexes of the search, in any order.
    Candidates,
}

/// How much a search has to read.
enum Extent {
    /// There are only a few keys to search in.
    Small,
    /// The indexes have few candidates.
    Few,
    /// They have many, or cannot be used.
    Many,
}

/// A list to read.
struct Listing<'a> {
    reach: &'a Reach,
    query: &'a KeyQuery,
    now: Moment,
    search: Option<Search<'a>>,
    order: Order,
    after: Option<Cursor>,
}

impl<'a> Listing<'a> {
    fn of(reach: &'a Reach, query: &'a KeyQuery, now: Moment, is_postgres: bool) -> Self {
        let text = query
            .text
            .as_deref()
            .filter(|text| !text.is_empty());
        Self {
            reach,
            query,
            now,
            search: text.map(|text| Search::of(text, is_postgres)),
            order: Order::of(query),
            after: None,
        }
    }

    /// The text, if the indexes can find it.
    fn indexed_text(&self) -> Option<&Text<'a>> {
        match &self.search {
            Some(Search::Text(text)) if text.is_indexed() => Some(text),
            _ => None,
        }
    }

    /// Whether an index has the rows in the order of the list. Those of one owner or API are sorted.
    fn is_in_order(&self) -> bool {
        self.order.indexed
            && self.reach.owner().is_none()
            && self.query.owner.is_none()
            && self.query.api.is_none()
    }

    /// The conditions that select a range of an index: organization, owner, API and state.
    fn range(&self) -> QueryBuilder {
        let mut query_builder = QueryBuilder::keys_within(self.reach);
        if let Some(owner) = self.query.owner {
            let owner = query_builder.number(owner.0);
            query_builder.and(format!("k.actor_id = {owner}"));
        }
        if let Some(api) = self.query.api {
            let api = query_builder.number(api.0);
            query_builder.and(format!("k.api_id = {api}"));
        }
        if let Some(status) = self.query.status {
            query_builder.state(status, self.now);
        }
        query_builder
    }

    /// The other conditions.
    fn narrow(&self, query_builder: &mut QueryBuilder) {
        query_builder.environment_of(self.reach);
        match self.query.environment {
            Some(Environment::Test) => query_builder.and("k.kind = 'test'".into()),
            Some(Environment::Production) => query_builder.and("k.kind <> 'test'".into()),
            None => {}
        }
        if let Some(creator) = self.query.creator {
            let creator = query_builder.number(creator.0);
            query_builder.and(format!("k.created_by = {creator}"));
        }
        if let Some(status) = self.query.status {
            query_builder.detail(status, self.now);
        }
        let found = match &self.search {
            None => return,
            Some(Search::Nothing) => "1 = 0".into(),
            Some(Search::Prefix(prefix)) => {
                format!("k.key_prefix = {}", query_builder.text(prefix))
            }
            Some(Search::Text(text)) => query_builder.matches(text),
        };
        query_builder.and(found);
    }

    /// The tables and the conditions of the list, as in `SELECT … FROM`.
    fn source(&self, query_builder: &mut QueryBuilder, access: Access) -> String {
        if let Some(key) = &self.after {
            query_builder.after(&self.order, key);
        }
        let mut range = query_builder.take();
        self.narrow(query_builder);
        let narrow = query_builder.take();

        match (access, self.indexed_text()) {
            (Access::Window(rows), _) => {
                let (range, narrow) = (range.join(" AND "), narrow.join(" AND "));
                let (rows, order) = (query_builder.number(rows), self.order.clause());
                format!(
                    "(SELECT k.* FROM api_keys k WHERE {range} ORDER BY {order} LIMIT {rows}) k WHERE {narrow}"
                )
            }
            (Access::Range, _) => {
                let (range, narrow) = (range.join(" AND "), narrow.join(" AND "));
                format!(
                    "api_keys k WHERE k.id IN (SELECT k.id FROM api_keys k WHERE {range}) AND {narrow}"
                )
            }
            (Access::Candidates, Some(text)) => {
                // Postgres decides by the text whether to use an index.
                query_builder.plan_each_time();
                let candidates = query_builder.candidates(text).join(" UNION ALL ");
                // The cast keeps SQLite from reading all keys of the organization instead.
                range[0] = format!("CAST(k.organization_id AS TEXT) = {ORGANIZATION}");
                let all = [range, narrow].concat().join(" AND ");
                let found = format!("api_keys k WHERE k.id IN ({candidates}) AND {all}");
                if text.is_postgres() {
                    // Postgres cannot estimate how many candidates there are. Without `OFFSET`, it
                    // expects that half of all keys match, and reads them in the order of the page.
                    format!("(SELECT k.* FROM {found} OFFSET 0) k")
                } else {
                    found
                }
            }
            (Access::Order | Access::Candidates, _) => {
                format!(
                    "api_keys k WHERE {}",
                    [range, narrow].concat().join(" AND ")
                )
            }
        }
    }

    /// The query of one page.
    fn page(&self, access: Access, limit: i64) -> (QueryBuilder, String) {
        let mut query_builder = self.range();
        let source = self.source(&mut query_builder, access);
        let (limit, order) = (query_builder.number(limit), self.order.clause());
        // Only ids are sorted; full rows are fetched for one page.
        let sql = format!(
            "SELECT {}, a.name AS actor_name, c.name AS creator_name \
             FROM (SELECT k.id FROM {source} ORDER BY {order} LIMIT {limit}) p JOIN api_keys k ON k.id = p.id \
             JOIN actors a ON a.organization_id = k.organization_id AND a.id = k.actor_id \
             JOIN actors c ON c.organization_id = k.organization_id AND c.id = k.created_by ORDER BY {order}",
            columns!()
        );
        (query_builder, sql)
    }

    /// The query of the number of keys, without a bound or with one.
    fn count(&self, access: Access, most: Option<i64>) -> (QueryBuilder, String) {
        let mut query_builder = self.range();
        let source = self.source(&mut query_builder, access);
        let sql = match most {
            None => format!("SELECT COUNT(*) FROM {source}"),
            Some(most) => {
                let most = query_builder.number(most);
                format!("SELECT COUNT(*) FROM (SELECT k.id FROM {source} LIMIT {most}) c")
            }
        };
        (query_builder, sql)
    }

    /// The query of [`Extent`]: the number of candidates, at most one more than `FEW`, or -1 if
    /// there are no more than `small` keys to search in.
    fn survey(&self, text: &Text<'_>, small: i64) -> (QueryBuilder, String) {
        let mut query_builder = self.range();
        query_builder.plan_each_time();
        let range = query_builder.take().join(" AND ");
        let candidates = query_builder.candidates(text).join(" UNION ALL ");
        let (small, larger) = (
            query_builder.number(small),
            query_builder.number(small + 1),
        );
        let many = query_builder.number(FEW + 1);
        let sql = format!(
            "SELECT CASE \
             WHEN (SELECT COUNT(*) FROM (SELECT k.id FROM api_keys k WHERE {range} LIMIT {larger}) r) <= {small} THEN -1 \
             WHEN {} THEN {many} \
             ELSE (SELECT COUNT(*) FROM (SELECT f.id FROM ({candidates}) f LIMIT {many}) c) END",
            text.unindexed_when()
        );
        (query_builder, sql)
    }

    async fn extent(
        &self,
        connection: &mut Connection,
        text: &Text<'_>,
        small: i64,
    ) -> Result<Extent, StoreError> {
        let (query_builder, sql) = self.survey(text, small);
        let rows: Vec<(i64,)> = query_builder.rows(connection, sql).await?;
        Ok(match rows.first() {
            Some((..0,)) => Extent::Small,
            Some((..=FEW,)) => Extent::Few,
            _ => Extent::Many,
        })
    }

    /// How to count the keys, and up to how many.
    async fn counting(&self, connection: &mut Connection) -> Result<(Access, i64), StoreError> {
        let Some(text) = self.indexed_text() else {
            return Ok((Access::Order, MOST_COUNTED));
        };
        Ok(match self.extent(connection, text, SMALL).await? {
            Extent::Small => (Access::Range, MOST_COUNTED),
            Extent::Few => (Access::Candidates, MOST_COUNTED),
            Extent::Many => (Access::Order, MOST_FOUND),
        })
    }

    /// The number of keys, without a bound or with one.
    async fn number(
        &self,
        connection: &mut Connection,
        access: Access,
        most: Option<i64>,
    ) -> Result<i64, StoreError> {
        let (query_builder, sql) = self.count(access, most);
        let rows: Vec<(i64,)> = query_builder.rows(connection, sql).await?;
        Ok(rows.first().map_or(0, |(count,)| *count))
    }

    async fn read(
        &self,
        connection: &mut Connection,
        access: Access,
        limit: i64,
    ) -> Result<Vec<ListedRow>, StoreError> {
        let (query_builder, sql) = self.page(access, limit);
        query_builder.rows(connection, sql).await
    }

    /// Reads a page of a search for a text that the indexes can find.
    async fn find(
        &self,
        connection: &mut Connection,
        text: &Text<'_>,
        limit: i64,
    ) -> Result<Vec<ListedRow>, StoreError> {
        let (window, mut first) = (WINDOW * limit, None);
        // Otherwise all rows would be sorted to find the first ones.
        if self.is_in_order() {
            let rows = self
                .read(connection, Access::Window(window), limit)
                .await?;
            if i64::try_from(rows.len()) == Ok(limit) {
                return Ok(rows);
            }
            first = Some(rows);
        }

        let access = match (self.extent(connection, text, window).await?, first) {
            // The window had all keys.
            (Extent::Small, Some(rows)) => return Ok(rows),
            (Extent::Small, None) => Access::Range,
            (Extent::Few, _) => Access::Candidates,
            (Extent::Many, _) => Access::Order,
        };
        self.read(connection, access, limit).await
    }
}

/// Keys within reach that match the query, in its order: the first ones, those after a key, or the
/// last ones before a key.
pub async fn list(
    connection: &mut Connection,
    reach: &Reach,
    query: &KeyQuery,
    now: Moment,
    limit: i64,
) -> Result<Vec<ListedRow>, StoreError> {
    let mut listing = Listing::of(reach, query, now, connection.is_postgres());
    let is_backward = query.before.is_some();
    if is_backward {
        listing.order = listing.order.backward();
    }
    if let Some(key) = query.before.or(query.after) {
        listing.after = Cursor::find(connection, reach, key).await?;
        if listing.after.is_none() {
            return Ok(Vec::new());
        }
    }

    let mut rows = match listing.indexed_text() {
        None => {
            listing
                .read(connection, Access::Order, limit)
                .await?
        }
        Some(text) => listing.find(connection, text, limit).await?,
    };
    if is_backward {
        rows.reverse();
    }
    Ok(rows)
}

/// How many keys within reach match the query on all its pages, and how many of them come before
/// `first`, the first key of a page.
pub async fn count(
    connection: &mut Connection,
    reach: &Reach,
    query: &KeyQuery,
    now: Moment,
    first: Option<KeyId>,
) -> Result<KeyCount, StoreError> {
    let mut listing = Listing::of(reach, query, now, connection.is_postgres());
    let (access, most) = listing.counting(connection).await?;
    let total = listing
        .number(connection, access, Some(most + 1))
        .await?;
    let before = match first {
        None => 0,
        Some(key) => {
            listing.order = listing.order.backward();
            listing.after = Cursor::find(connection, reach, key).await?;
            listing
                .number(connection, access, Some(most))
                .await?
        }
    };
    Ok(KeyCount {
        total: total.min(most),
        has_more: total > most,
        before,
    })
}

/// How many expired and revoked keys within reach match the query. Its status filter is ignored.
pub async fn count_inactive(
    connection: &mut Connection,
    reach: &Reach,
    query: &KeyQuery,
    now: Moment,
) -> Result<i64, StoreError> {
    let query = KeyQuery {
        status: Some(StatusFilter::Inactive),
        ..query.clone()
    };
    let listing = Listing::of(reach, &query, now, connection.is_postgres());
    let (access, _) = listing.counting(connection).await?;
    listing.number(connection, access, None).await
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
