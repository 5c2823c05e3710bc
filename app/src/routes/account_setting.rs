//! The settings of a service account that its page can open.

use domain::closed_set;

closed_set! {
    /// A setting of a service account, with its name in the query of the page.
    pub enum AccountSetting {
        /// Its name.
        Name = "name",
        /// Its role.
        Role = "role",
        /// Whether it can have several active keys.
        Keys = "keys",
        /// Whether it is disabled.
        Status = "status",
    }
}
