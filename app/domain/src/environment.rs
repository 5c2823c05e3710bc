//! Environments: production and the sandbox.

use crate::closed_set;
use crate::problem::Fault;

closed_set! {
    /// The environment of a key's data (D7).
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
    /// Reads the word of a request. The default is production.
    ///
    /// # Errors
    /// `Unknown` with the accepted words.
    pub fn read(word: Option<&str>) -> Result<Self, Fault> {
        let Some(word) = word else {
            return Ok(Self::Production);
        };
        Ok(word.parse()?)
    }
}
