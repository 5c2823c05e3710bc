//! Authorization codes: one use, one minute.

use std::collections::HashMap;

use super::Person;

const LIFE_MS: i64 = 60_000;
const MOST_CODES: usize = 1000;

/// What a code may be exchanged for.
pub(super) struct Grant {
    pub person: Person,
    pub nonce: Option<String>,
    pub code_challenge: String,
}

#[derive(Default)]
pub(super) struct Codes(HashMap<String, (Grant, i64)>);

impl Codes {
    /// Keeps a grant, and forgets the expired ones. Gives back whether there was room.
    pub fn keep(&mut self, code: &str, grant: Grant, now_ms: i64) -> bool {
        self.0.retain(|_, (_, expires)| now_ms < *expires);
        let room = self.0.len() < MOST_CODES;
        if room {
            self.0.insert(code.to_owned(), (grant, now_ms + LIFE_MS));
        }
        room
    }

    /// Takes a grant, so that the code cannot be used again.
    pub fn take(&mut self, code: &str, now_ms: i64) -> Option<Grant> {
        let (grant, expires) = self.0.remove(code)?;
        (now_ms < expires).then_some(grant)
    }
}
