//! Keys in lists: found, filtered, ordered, page by page. The text of the query is put together from the pieces below
//! and never from what someone typed.

use domain::command::{KeyQuery, KeySort, StatusFilter};
use domain::key::Environment;
use domain::policy::Reach;
use domain::{KeyId, Moment};

use super::super::{Link, StoreError, on};
use super::{EXPIRED, ListedRow, REVOKED, USABLE, columns};

enum Bind {
    Number(i64),
    Text(String),
}

/// A query that grows: each value gets the next placeholder.
struct Ask {
    wheres: Vec<String>,
    binds: Vec<Bind>,
}

impl Ask {
    fn of(reach: &Reach) -> Self {
        let mut ask = Self { wheres: Vec::new(), binds: Vec::new() };
        let organization = ask.text(reach.organization().as_str());
        ask.and(format!("k.organization_id = {organization}"));
        if let Some(owner) = reach.owner() {
            let owner = ask.number(owner.0);
            ask.and(format!("k.actor_id = {owner}"));
        }
        if reach.environment() == Environment::Test {
            ask.and("k.kind = 'test'".into());
        }
        ask
    }

    fn and(&mut self, condition: String) {
        self.wheres.push(condition);
    }

    fn number(&mut self, number: i64) -> String {
        self.binds.push(Bind::Number(number));
        format!("${}", self.binds.len())
    }

    fn text(&mut self, text: &str) -> String {
        self.binds.push(Bind::Text(text.to_owned()));
        format!("${}", self.binds.len())
    }

    /// Name, owner or creator hold the text, or the public prefix begins with it.
    fn search(&mut self, typed: &str) {
        let pattern = typed.to_lowercase().replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
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
        match status {
            StatusFilter::Active | StatusFilter::Exposed => {
                let now = self.number(now.0);
                self.and(format!("k.rank = {USABLE} AND (k.expires_at IS NULL OR k.expires_at > {now})"));
            }
            StatusFilter::Expired => self.and(format!("k.rank = {EXPIRED}")),
            StatusFilter::Revoked => self.and(format!("k.rank = {REVOKED}")),
            StatusFilter::Inactive => self.and(format!("k.rank > {USABLE}")),
        }
        if status == StatusFilter::Exposed {
            self.and("k.exposed_at IS NOT NULL".into());
        }
    }

    fn filters(&mut self, query: &KeyQuery, now: Moment) {
        if let Some(text) = query.text.as_deref().filter(|text| !text.is_empty()) {
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

    /// Rows behind this key in the order of the list, as that key is now.
    fn after(&mut self, order: &Order, key: KeyId) {
        let key = self.number(key.0);
        let Order { value, down, ranked } = *order;
        let beyond = if down { "<" } else { ">" };
        let here = match value {
            "k.id" => format!("k.id {beyond} {key}"),
            value => {
                let there = value.replace("k.", "c.");
                format!("({value}, k.id) {beyond} (SELECT {there}, c.id FROM api_keys c WHERE c.id = {key})")
            }
        };
        if !ranked {
            return self.and(here);
        }
        let rank = format!("(SELECT c.rank FROM api_keys c WHERE c.id = {key})");
        self.and(format!("k.rank >= {rank} AND (k.rank > {rank} OR {here})"));
    }

    fn wheres(&self) -> String {
        self.wheres.join(" AND ")
    }
}

/// What a list is ordered by: states before values, or values alone.
struct Order {
    value: &'static str,
    down: bool,
    ranked: bool,
}

impl Order {
    fn of(query: &KeyQuery) -> Self {
        let (value, down, ranked) = match query.sort {
            KeySort::Newest => ("k.id", true, false),
            KeySort::Usable => ("k.id", true, true),
            KeySort::Name => ("k.folded_name", false, true),
            KeySort::LastUsed => ("COALESCE(k.last_used_at, 0)", true, true),
            KeySort::Expires => ("COALESCE(k.expires_at, 9223372036854775807)", false, true),
        };
        Self { value, down: down != query.reversed, ranked }
    }

    fn clause(&self) -> String {
        let way = if self.down { "DESC" } else { "ASC" };
        let rank = if self.ranked { "k.rank, " } else { "" };
        match self.value {
            "k.id" => format!("{rank}k.id {way}"),
            value => format!("{rank}{value} {way}, k.id {way}"),
        }
    }
}

/// Keys within reach that the query asks for, in its order.
pub async fn list(
    link: &mut Link,
    reach: &Reach,
    query: &KeyQuery,
    now: Moment,
    limit: i64,
) -> Result<Vec<ListedRow>, StoreError> {
    let (mut ask, order) = (Ask::of(reach), Order::of(query));
    ask.filters(query, now);
    if let Some(key) = query.after {
        ask.after(&order, key);
    }
    let (limit, order) = (ask.number(limit), order.clause());
    // Only ids are sorted; the wide rows are fetched for one page.
    let sql = format!(
        "SELECT {}, a.name AS actor_name, c.name AS creator_name \
         FROM (SELECT k.id FROM api_keys k WHERE {} ORDER BY {order} LIMIT {limit}) p JOIN api_keys k ON k.id = p.id \
         JOIN actors a ON a.organization_id = k.organization_id AND a.id = k.actor_id \
         JOIN actors c ON c.organization_id = k.organization_id AND c.id = k.created_by ORDER BY {order}",
        columns!(),
        ask.wheres()
    );
    Ok(on!(link, conn => {
        let mut asked = sqlx::query_as(sqlx::AssertSqlSafe(sql));
        for bind in ask.binds {
            asked = match bind {
                Bind::Number(number) => asked.bind(number),
                Bind::Text(text) => asked.bind(text),
            };
        }
        asked.fetch_all(conn)
    })?)
}

/// How many keys within reach that the query asks for have ended; its own choice of state does not count.
pub async fn count_ended(link: &mut Link, reach: &Reach, query: &KeyQuery, now: Moment) -> Result<i64, StoreError> {
    let mut ask = Ask::of(reach);
    ask.filters(&KeyQuery { status: Some(StatusFilter::Inactive), ..query.clone() }, now);
    let sql = format!("SELECT COUNT(*) FROM api_keys k WHERE {}", ask.wheres());
    let (count,): (i64,) = on!(link, conn => {
        let mut asked = sqlx::query_as(sqlx::AssertSqlSafe(sql));
        for bind in ask.binds {
            asked = match bind {
                Bind::Number(number) => asked.bind(number),
                Bind::Text(text) => asked.bind(text),
            };
        }
        asked.fetch_one(conn)
    })?;
    Ok(count)
}

/// Everyone who made a key within reach, by name; at most this many.
pub async fn creators(link: &mut Link, reach: &Reach, limit: i64) -> Result<Vec<(i64, String)>, StoreError> {
    let sql = "SELECT a.id, a.name FROM actors a WHERE a.organization_id = $1 \
               AND a.id IN (SELECT k.created_by FROM api_keys k WHERE k.organization_id = $1) \
               ORDER BY a.folded_name, a.id LIMIT $2";
    Ok(on!(link, conn => {
        sqlx::query_as(sql).bind(reach.organization().as_str()).bind(limit).fetch_all(conn)
    })?)
}
