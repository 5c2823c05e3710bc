//! Where data lives.

use crate::closed_set;
use crate::problem::Fault;

closed_set! {
    /// Where a key's data lives (D7).
    pub enum Environment as "EnvironmentWord": "Where data lives."(
        /// The name on a page.
        label: &'static str,
    ) {
        /// Real data.
        Production = "production" ("Production"),
        /// Sandbox data.
        Test = "test" ("Test"),
    }
}

impl Environment {
    /// Reads the word of a request; production if there is none.
    ///
    /// # Errors
    /// `Unknown` with the words that are known.
    pub fn read(word: Option<&str>) -> Result<Self, Fault> {
        let Some(word) = word else { return Ok(Self::Production) };
        Ok(word.parse()?)
    }
}
