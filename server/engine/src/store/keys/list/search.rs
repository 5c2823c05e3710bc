//! Searching keys for a text: a part of the name of a key, of its owner or of its creator, or the
//! start of the public prefix.
//!
//! [`QueryBuilder::matches`] says whether a key matches. [`QueryBuilder::candidates`] finds keys by
//! index: in SQLite by tables of the parts of names, in Postgres by GIN indexes. Every key that
//! matches is a candidate. A candidate is still to be checked.

use domain::token::{Brand, KeyKind, LOOKUP};

use super::super::super::query_builder::{QueryBuilder, like_pattern};
use super::filters::ORGANIZATION;

/// The indexes have every three consecutive characters of a name.
const PART: usize = 3;
/// How many characters of a text are looked up in SQLite. More of them are more lookups, and would
/// hardly exclude another name.
const LOOKED_UP: usize = 64;

/// What is searched for.
pub(super) enum Search<'a> {
    /// A text that is in no name and no prefix.
    Nothing,
    /// A complete public prefix.
    Prefix(&'a str),
    /// Another text.
    Text(Text<'a>),
}

impl<'a> Search<'a> {
    pub(super) fn of(typed: &'a str, is_postgres: bool) -> Self {
        // No name contains a NUL, and Postgres rejects it as a parameter.
        if typed.contains('\0') {
            return Self::Nothing;
        }
        if is_whole_prefix(typed) {
            return Self::Prefix(typed);
        }
        Self::Text(Text {
            typed,
            folded: typed.to_lowercase(),
            is_postgres,
        })
    }
}

/// A text that may be anywhere in a name.
pub(super) struct Text<'a> {
    typed: &'a str,
    folded: String,
    is_postgres: bool,
}

impl Text<'_> {
    /// Whether it is looked up in Postgres.
    pub(super) const fn is_postgres(&self) -> bool {
        self.is_postgres
    }

    /// Whether the indexes can find it. Those of SQLite have every character, those of Postgres
    /// only letters and digits.
    pub(super) fn is_indexed(&self) -> bool {
        if self.is_postgres {
            self.has_word_of(char::is_alphanumeric)
        } else {
            self.folded.chars().count() >= PART
        }
    }

    /// The condition, in SQL, under which Postgres cannot look it up after all: the index could not
    /// be created, or the text has only letters that the locale of the database does not know as
    /// letters.
    pub(super) fn unindexed_when(&self) -> &'static str {
        if !self.is_postgres {
            "1 = 0"
        } else if self.has_word_of(|c| c.is_ascii_alphanumeric()) {
            "to_regclass('api_keys_name_parts') IS NULL"
        } else {
            "to_regclass('api_keys_name_parts') IS NULL OR EXISTS (SELECT 1 FROM pg_database d \
             WHERE d.datname = current_database() AND d.datctype IN ('C', 'POSIX'))"
        }
    }

    fn has_word_of(&self, is_part: fn(char) -> bool) -> bool {
        self.folded
            .split(|c: char| !is_part(c))
            .any(|word| word.chars().count() >= PART)
    }

    /// As a pattern of `LIKE`.
    fn pattern(&self) -> String {
        like_pattern(&self.folded)
    }

    /// As a phrase of FTS5, in which every character but the quotation mark is ordinary.
    fn phrase(&self) -> String {
        let start: String = self.folded.chars().take(LOOKED_UP).collect();
        format!("\"{}\"", start.replace('"', "\"\""))
    }

    /// Whether a public prefix may begin with it.
    fn may_begin_a_prefix(&self) -> bool {
        self.typed
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_')
    }
}

impl QueryBuilder {
    /// The condition that the name of a key, of its owner or of its creator contains the text, or
    /// that the public prefix begins with it.
    pub(super) fn matches(&mut self, text: &Text<'_>) -> String {
        let people = self.people(text);
        let (pattern, prefix) = (self.text(&text.pattern()), self.text(text.typed));
        format!(
            "(k.folded_name LIKE {pattern} ESCAPE '\\' OR SUBSTR(k.key_prefix, 1, LENGTH({prefix})) = {prefix} \
             OR k.actor_id IN ({people}) OR k.created_by IN ({people}))"
        )
    }

    /// Queries of the ids of all keys that match, and of some that do not, some of them in other
    /// organizations. In SQLite, `CROSS JOIN` keeps the order of the tables.
    pub(super) fn candidates(&mut self, text: &Text<'_>) -> Vec<String> {
        let named = if text.is_postgres {
            let pattern = self.text(&text.pattern());
            format!(
                "SELECT n.id FROM api_keys n WHERE n.organization_id = {ORGANIZATION} \
                 AND n.folded_name LIKE {pattern} ESCAPE '\\'"
            )
        } else {
            let phrase = self.text(&text.phrase());
            format!(
                "SELECT n.rowid AS id FROM api_key_name_parts n WHERE n.folded_name MATCH {phrase}"
            )
        };
        let people = self.people(text);
        let of_people = |column: &str| {
            format!(
                "SELECT o.id FROM ({people}) s CROSS JOIN api_keys o \
                 WHERE o.organization_id = {ORGANIZATION} AND o.{column} = s.id"
            )
        };
        let mut queries = vec![named, of_people("actor_id"), of_people("created_by")];
        if text.may_begin_a_prefix() {
            // Prefixes consist of letters, digits and `_`, all of which come before the last byte.
            let (start, end) = (
                self.text(text.typed),
                self.text(&format!("{}\u{7f}", text.typed)),
            );
            queries.push(format!(
                "SELECT o.id FROM api_keys o WHERE o.organization_id = {ORGANIZATION} \
                 AND o.key_prefix >= {start} AND o.key_prefix < {end}"
            ));
        }
        queries
    }

    /// A query of the actors of the organization whose name contains the text.
    fn people(&mut self, text: &Text<'_>) -> String {
        let pattern = self.text(&text.pattern());
        let named = format!(
            "s.organization_id = {ORGANIZATION} AND s.folded_name LIKE {pattern} ESCAPE '\\'"
        );
        if text.is_postgres || !text.is_indexed() {
            return format!("SELECT s.id FROM actors s WHERE {named}");
        }
        let phrase = self.text(&text.phrase());
        format!(
            "SELECT s.id FROM actor_name_parts n CROSS JOIN actors s \
             WHERE n.folded_name MATCH {phrase} AND s.id = n.rowid AND {named}"
        )
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
