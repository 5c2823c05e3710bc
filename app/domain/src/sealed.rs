//! Sealed items: texts of an actor that only a key of the actor decrypts (D16, D31).

use serde::{Deserialize, Serialize};

use crate::closed_set;
use crate::policy::Action;

closed_set! {
    /// A kind of sealed items. Its word is a step of the URL.
    pub enum SealedKind as "SealedKindWord"(
        /// The name on a page.
        label: &'static str,
        /// What one item and several items are called.
        nouns: (&'static str, &'static str),
    ) {
        /// Messages from actors of the organization.
        Inbox = "inbox" ("Inbox", ("message", "messages")),
        /// Notes.
        Notebook = "notebook" ("Notebook", ("note", "notes")),
        /// Sessions of work, not to be confused with the sessions of a browser.
        Sessions = "sessions" ("Sessions", ("session", "sessions")),
        /// Things to do, which are done or not.
        Todos = "todos" ("Todos", ("todo", "todos")),
        /// Activities.
        Activities = "activities" ("Activities", ("activity", "activities")),
    }
}

impl SealedKind {
    /// The action that reads items of this kind.
    pub const fn reading(self) -> Action {
        match self {
            Self::Inbox => Action::ReadInbox,
            Self::Notebook => Action::ReadNotebook,
            Self::Sessions | Self::Todos | Self::Activities => Action::ReadSealed,
        }
    }

    /// The action that writes items of this kind.
    pub const fn writing(self) -> Action {
        match self {
            Self::Inbox => Action::SendMessage,
            Self::Notebook => Action::WriteNotebook,
            Self::Sessions | Self::Todos | Self::Activities => Action::WriteSealed,
        }
    }

    /// The action that deletes items of this kind.
    pub const fn deleting(self) -> Action {
        match self {
            Self::Inbox => Action::DeleteMessage,
            Self::Notebook | Self::Sessions | Self::Todos | Self::Activities => self.writing(),
        }
    }

    /// What `count` items of this kind are called.
    pub const fn noun(self, count: i64) -> &'static str {
        let (one, several) = self.nouns();
        if count == 1 { one } else { several }
    }
}

/// How many items of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedCounts([i64; SealedKind::ALL.len()]);

impl SealedCounts {
    /// No items.
    pub const NONE: Self = Self([0; SealedKind::ALL.len()]);

    /// The number of items of a kind.
    pub const fn of(self, kind: SealedKind) -> i64 {
        self.0[kind as usize]
    }

    /// The same counts with another number for a kind.
    #[must_use]
    pub const fn with(mut self, kind: SealedKind, count: i64) -> Self {
        self.0[kind as usize] = count;
        self
    }

    /// The number of messages. A rotation that makes them unreadable must be confirmed.
    pub const fn messages(self) -> i64 {
        self.of(SealedKind::Inbox)
    }

    /// The number of items that are not messages.
    pub fn items(self) -> i64 {
        self.total() - self.messages()
    }

    /// The number of items of all kinds.
    pub fn total(self) -> i64 {
        self.0.iter().sum()
    }

    /// The kinds that have items, with their numbers.
    pub fn present(self) -> impl Iterator<Item = (SealedKind, i64)> {
        SealedKind::ALL
            .into_iter()
            .map(move |kind| (kind, self.of(kind)))
            .filter(|(_, count)| *count > 0)
    }

    /// The kinds that have items with their numbers, as part of a sentence: `1 note, 2 sessions and
    /// 1 todo`. Empty if there are no items.
    pub fn list(self) -> String {
        let parts: Vec<_> = self
            .present()
            .map(|(kind, count)| format!("{count} {}", kind.noun(count)))
            .collect();
        match parts.split_last() {
            None => String::new(),
            Some((only, [])) => only.clone(),
            Some((last, before)) => format!("{} and {last}", before.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::{Access, Group};

    fn counts(numbers: [i64; 5]) -> SealedCounts {
        SealedKind::ALL
            .into_iter()
            .zip(numbers)
            .fold(SealedCounts::NONE, |counts, (kind, number)| {
                counts.with(kind, number)
            })
    }

    // RO-31: the five kinds by their names.
    #[test]
    fn there_are_five_kinds() {
        assert_eq!(
            SealedKind::WORDS,
            ["inbox", "notebook", "sessions", "todos", "activities"]
        );
    }

    // RO-32, RO-35: messages are counted apart from the other kinds.
    #[test]
    fn messages_are_counted_apart() {
        let some = counts([2, 1, 4, 8, 16]);
        assert_eq!(
            (some.messages(), some.items(), some.total()),
            (2, 29, 31)
        );
        assert_eq!(some.of(SealedKind::Todos), 8);
        assert_eq!(SealedCounts::NONE, SealedCounts::default());
    }

    #[test]
    fn counts_are_listed_by_kind() {
        for (numbers, list) in [
            ([0; 5], ""),
            ([1, 0, 0, 0, 0], "1 message"),
            ([0, 2, 0, 0, 1], "2 notes and 1 activity"),
            (
                [3, 1, 2, 1, 2],
                "3 messages, 1 note, 2 sessions, 1 todo and 2 activities",
            ),
        ] {
            assert_eq!(counts(numbers).list(), list);
        }
    }

    // D31: the inbox and the notebook keep their scopes; the other kinds share a pair.
    #[test]
    fn each_kind_is_guarded_by_the_scopes_of_one_group() {
        for kind in SealedKind::ALL {
            let group = match kind {
                SealedKind::Inbox => Group::Inbox,
                SealedKind::Notebook => Group::Notebook,
                _ => Group::Sealed,
            };
            assert_eq!(kind.reading().scope(), group.scope(Access::Read));
            assert_eq!(kind.writing().scope(), group.scope(Access::Write));
            assert_eq!(kind.deleting().scope(), group.scope(Access::Write));
        }
    }
}
