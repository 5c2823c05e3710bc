//! The categories of the audit log.

use super::AuditAction;
use crate::closed_set;

closed_set! {
    /// A group of actions.
    pub enum EventCategory(
        /// The name on a page.
        label: &'static str,
    ) {
        /// API keys.
        Keys = "keys" ("API keys"),
        /// Members and invitations.
        Members = "members" ("Members"),
        /// Service accounts.
        ServiceAccounts = "service_accounts" ("Service accounts"),
        /// APIs and their consumers.
        Apis = "apis" ("APIs and consumers"),
        /// Sessions and access tokens.
        SignIn = "sign_in" ("Sign-in"),
        /// Workspaces and their runs.
        Workspaces = "workspaces" ("Workspaces and runs"),
        /// Messages, notes and other sealed items.
        Messages = "messages" ("Sealed items"),
        /// The organization itself, and its log.
        Organization = "organization" ("Organization"),
    }
}

impl EventCategory {
    /// The actions of the category.
    pub fn actions(self) -> impl Iterator<Item = AuditAction> {
        AuditAction::ALL
            .into_iter()
            .filter(move |kind| kind.category() == self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_and_actions_have_different_words() {
        for category in EventCategory::WORDS {
            assert!(!AuditAction::WORDS.contains(&category), "{category}");
        }
    }
}
