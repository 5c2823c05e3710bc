//! Authorization codes. A code is valid for one use and one minute.

use std::collections::HashMap;

use super::Person;

const LIFETIME_MS: i64 = 60_000;
const MAX_CODES: usize = 1000;

/// What a code may be exchanged for.
pub(super) struct Grant {
    pub person: Person,
    pub nonce: Option<String>,
    pub code_challenge: String,
}

#[derive(Default)]
pub(super) struct Codes(HashMap<String, (Grant, i64)>);

impl Codes {
    /// Stores a grant and removes expired ones. Returns false if there are too many codes.
    pub fn keep(&mut self, code: &str, grant: Grant, now_ms: i64) -> bool {
        self.0.retain(|_, (_, expires)| now_ms < *expires);
        if self.0.len() >= MAX_CODES {
            return false;
        }
        self.0
            .insert(code.to_owned(), (grant, now_ms + LIFETIME_MS));
        true
    }

    /// Removes and returns a grant, so that the code cannot be used again.
    pub fn take(&mut self, code: &str, now_ms: i64) -> Option<Grant> {
        let (grant, expires) = self.0.remove(code)?;
        if now_ms < expires { Some(grant) } else { None }
    }
}
