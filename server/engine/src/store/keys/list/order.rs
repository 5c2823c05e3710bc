//! The orders of a list of keys, and where a page begins.

use domain::KeyId;
use domain::command::{KeyQuery, KeySort, StatusFilter};
use domain::policy::Reach;

use super::super::super::query_builder::QueryBuilder;
use super::super::super::{Connection, StoreError, fetch};

/// The key at which a page begins or ends.
#[derive(sqlx::FromRow)]
pub(super) struct Cursor {
    id: i64,
    rank: i64,
    folded_name: String,
    expires_at: Option<i64>,
    last_used_at: Option<i64>,
}

impl Cursor {
    /// The key with this id, if it exists.
    pub(super) async fn find(
        connection: &mut Connection,
        reach: &Reach,
        key: KeyId,
    ) -> Result<Option<Self>, StoreError> {
        const SQL: &str = "SELECT id, rank, folded_name, expires_at, last_used_at FROM api_keys \
             WHERE organization_id = $1 AND id = $2";
        let organization = reach.organization().as_str();
        Ok(
            fetch!(connection, conn => sqlx::query_as(SQL).bind(organization).bind(key.0).fetch_optional(conn))?,
        )
    }
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
pub(super) struct Order {
    value: Value,
    down: bool,
    ranked: bool,
    /// Whether the list is read from its end: the states in reverse too.
    backward: bool,
    /// Whether an index of all keys has this order.
    pub(super) indexed: bool,
}

impl Order {
    pub(super) fn of(query: &KeyQuery) -> Self {
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
            backward: false,
            indexed: match query.status {
                // No index has the states in order and the values in reverse.
                None => !(ranked && query.reversed),
                // Each has the keys of two states one after the other.
                Some(StatusFilter::Inactive) => ranked && !query.reversed,
                Some(_) => true,
            },
        }
    }

    /// The same order, read from the end of the list. An index is read in both directions.
    pub(super) fn backward(self) -> Self {
        Self {
            down: !self.down,
            backward: !self.backward,
            ..self
        }
    }

    pub(super) fn clause(&self) -> String {
        let way = if self.down { "DESC" } else { "ASC" };
        let rank = match (self.ranked, self.backward) {
            (false, _) => "",
            (true, false) => "k.rank, ",
            (true, true) => "k.rank DESC, ",
        };
        match self.value {
            Value::Id => format!("{rank}k.id {way}"),
            value => format!("{rank}{} {way}, k.id {way}", value.expression()),
        }
    }
}

impl QueryBuilder {
    /// The rows after a key in the order of the list.
    pub(super) fn after(&mut self, order: &Order, key: &Cursor) {
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
        let beyond = if order.backward { "<" } else { ">" };
        self.and(format!(
            "k.rank {beyond}= {rank} AND (k.rank {beyond} {rank} OR {here})"
        ));
    }
}
