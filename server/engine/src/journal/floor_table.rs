//! The lowest event number that a valid row of each subject has.

use std::collections::HashMap;

use super::mark::Subject;

/// The floors. Most subjects are keys that have ended, and they stay for good, so keys have a table
/// of numbers: it needs about a third of the memory.
#[derive(Default)]
pub(super) struct FloorTable {
    keys: HashMap<i64, i64>,
    others: HashMap<Subject, i64>,
}

impl FloorTable {
    /// The floor of a subject, if the journal knows it.
    pub fn get(&self, subject: &Subject) -> Option<i64> {
        match subject {
            Subject::Key(id) => self.keys.get(id).copied(),
            other => self.others.get(other).copied(),
        }
    }

    /// Raises the floor of a subject to this number. A higher one stays.
    pub fn raise(&mut self, subject: &Subject, n: i64) {
        let floor = match subject {
            Subject::Key(id) => self.keys.entry(*id).or_default(),
            other => self.others.entry(other.clone()).or_default(),
        };
        *floor = n.max(*floor);
    }

    /// The ids of the keys.
    pub fn keys(&self) -> impl Iterator<Item = i64> {
        self.keys.keys().copied()
    }

    /// Every subject but the keys.
    pub fn others(&self) -> impl Iterator<Item = &Subject> {
        self.others.keys()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_floor_only_rises() {
        let mut floors = FloorTable::default();
        for subject in [Subject::Key(7), Subject::Actor(7)] {
            assert_eq!(floors.get(&subject), None);
            for (n, expected) in [(3, 3), (2, 3), (i64::MAX, i64::MAX), (5, i64::MAX)] {
                floors.raise(&subject, n);
                assert_eq!(floors.get(&subject), Some(expected));
            }
        }
        assert_eq!(floors.keys().collect::<Vec<_>>(), [7]);
        assert_eq!(
            floors.others().collect::<Vec<_>>(),
            [&Subject::Actor(7)]
        );
        assert_eq!(
            floors.get(&Subject::Api(7)),
            None,
            "ids are of one kind"
        );
    }
}
