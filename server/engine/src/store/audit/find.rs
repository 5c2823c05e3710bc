//! Finding events, page by page: newest first for a list, oldest first for an export.

use domain::command::AuditQuery;
use domain::policy::Reach;

use super::super::query_builder::QueryBuilder;
use super::{AuditRow, Connection, StoreError, columns, fetch};

/// An event and the hash of the one before it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct RecordRow {
    #[sqlx(flatten)]
    pub row: AuditRow,
    pub before: Option<Vec<u8>>,
}

/// A range of event numbers: after `after`, up to and including `last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub after: i64,
    pub last: i64,
}

impl QueryBuilder {
    /// The conditions of the query except the time.
    fn events_of(reach: &Reach, query: &AuditQuery) -> Self {
        let mut query_builder = Self::default();
        let organization = query_builder.text(reach.organization().as_str());
        query_builder.and(format!("e.organization_id = {organization}"));
        if let Some(actor) = query.actor {
            let actor = query_builder.number(actor.0);
            query_builder.and(format!("e.actor_id = {actor}"));
        }
        if let Some(object) = &query.object {
            let kind = query_builder.text(object.kind.as_str());
            query_builder.and(format!("e.object_kind = {kind}"));
            if let Some(id) = &object.id {
                let id = query_builder.text(id.as_str());
                query_builder.and(format!("e.object_id = {id}"));
            }
        }
        query_builder
    }

    fn times(&mut self, query: &AuditQuery, column: &str) {
        for (moment, sign) in [(query.from, ">="), (query.until, "<")] {
            if let Some(moment) = moment {
                let moment = self.number(moment.0);
                self.and(format!("{column} {sign} {moment}"));
            }
        }
    }

    /// Alternative conditions, of which an event matches exactly one. Each has an index that is
    /// ordered by number, so that a page sorts no more than it shows: events by an actor and events
    /// about them, or each action of a category.
    fn ways(&mut self, reach: &Reach, query: &AuditQuery) -> Vec<String> {
        let actions: Vec<_> = query
            .action
            .map(|action| action.actions())
            .into_iter()
            .flatten()
            .collect();
        let actions: Vec<_> = actions
            .into_iter()
            .map(|action| self.text(action.as_str()))
            .collect();
        let indexed = query.actor.is_some()
            || query.object.is_some()
            || query.from.is_some()
            || query.until.is_some();
        if reach.owner().is_none() && !indexed && !actions.is_empty() {
            return actions
                .iter()
                .map(|action| format!("e.action = {action}"))
                .collect();
        }
        if !actions.is_empty() {
            self.and(format!("e.action IN ({})", actions.join(", ")));
        }
        let Some(own) = reach.owner() else {
            return vec!["TRUE".into()];
        };
        let own = self.number(own.0);
        let others = format!("e.concerns = {own} AND (e.actor_id IS NULL OR e.actor_id <> {own})");
        vec![format!("e.actor_id = {own}"), others]
    }

    /// The numbers of the events of a page.
    fn numbers(&mut self, reach: &Reach, query: &AuditQuery, order: &str, limit: i64) -> String {
        let (ways, limit) = (self.ways(reach, query), self.number(limit));
        let wheres = self.wheres();
        let way = |(n, way): (usize, &String)| {
            format!(
                "SELECT n FROM (SELECT e.n FROM audit_events e WHERE {wheres} AND {way} ORDER BY e.n {order} LIMIT {limit}) w{n}"
            )
        };
        let ways = ways
            .iter()
            .enumerate()
            .map(way)
            .collect::<Vec<_>>()
            .join(" UNION ALL ");
        format!("SELECT n FROM ({ways}) w ORDER BY n {order} LIMIT {limit}")
    }
}

/// Events within reach that match the query, newest first. The reach of an actor without wider
/// rights is what they did and what concerns them (decision D26).
pub async fn list(
    connection: &mut Connection,
    reach: &Reach,
    query: &AuditQuery,
    limit: i64,
) -> Result<Vec<AuditRow>, StoreError> {
    let mut query_builder = QueryBuilder::events_of(reach, query);
    query_builder.times(query, "e.at");
    if let Some(before) = query.before {
        let before = query_builder.number(before);
        query_builder.and(format!("e.n < {before}"));
    }
    let numbers = query_builder.numbers(reach, query, "DESC", limit);
    let sql = format!(
        "SELECT {} FROM audit_events e WHERE e.organization_id = $1 AND e.n IN ({numbers}) ORDER BY e.n DESC",
        columns!()
    );
    query_builder.rows(connection, sql).await
}

/// The range of the events in the query's time, up to `last`. Because the clock may have been set,
/// the range may contain other events.
pub async fn span(
    connection: &mut Connection,
    reach: &Reach,
    query: &AuditQuery,
    last: i64,
) -> Result<Span, StoreError> {
    if query.from.is_none() && query.until.is_none() {
        return Ok(Span { after: 0, last });
    }
    let mut query_builder = QueryBuilder::default();
    let organization = query_builder.text(reach.organization().as_str());
    query_builder.and(format!("e.organization_id = {organization}"));
    query_builder.times(query, "e.at");
    let sql = format!(
        "SELECT MIN(e.n), MAX(e.n) FROM audit_events e WHERE {}",
        query_builder.wheres()
    );
    let found: Vec<(Option<i64>, Option<i64>)> = query_builder.rows(connection, sql).await?;
    let (first, latest) = found
        .first()
        .copied()
        .and_then(|(first, latest)| first.zip(latest))
        .unwrap_or((1, 0));
    Ok(Span {
        after: first - 1,
        last: latest.min(last),
    })
}

/// The next events of a range that match the query, oldest first.
pub async fn read_on(
    connection: &mut Connection,
    reach: &Reach,
    query: &AuditQuery,
    span: Span,
    limit: i64,
) -> Result<Vec<RecordRow>, StoreError> {
    let mut query_builder = QueryBuilder::events_of(reach, query);
    // `+ 0` keeps the planner from using the index by time, which it would scan from the start for
    // every page.
    query_builder.times(query, "e.at + 0");
    let (after, last) = (
        query_builder.number(span.after),
        query_builder.number(span.last),
    );
    query_builder.and(format!("e.n > {after} AND e.n <= {last}"));
    let numbers = query_builder.numbers(reach, query, "ASC", limit);
    let sql = format!(
        "SELECT {}, (SELECT b.hash FROM audit_events b WHERE b.organization_id = e.organization_id AND b.n = e.n - 1) AS before \
         FROM audit_events e WHERE e.organization_id = $1 AND e.n IN ({numbers}) ORDER BY e.n",
        columns!()
    );
    query_builder.rows(connection, sql).await
}

/// The actors within reach that have events, by name: id, kind and name.
pub async fn actors(
    connection: &mut Connection,
    reach: &Reach,
    limit: i64,
) -> Result<Vec<(i64, String, String)>, StoreError> {
    const SQL: &str = "SELECT a.id, a.kind, a.name FROM actors a WHERE a.organization_id = $1 AND (a.id = $2 OR $2 = 0) \
         AND EXISTS (SELECT 1 FROM audit_events e WHERE e.organization_id = $1 AND e.actor_id = a.id) \
         ORDER BY a.folded_name, a.id LIMIT $3";
    let own = reach.owner().map_or(0, |own| own.0);
    Ok(fetch!(connection, conn => {
        sqlx::query_as(SQL).bind(reach.organization().as_str()).bind(own).bind(limit).fetch_all(conn)
    })?)
}
