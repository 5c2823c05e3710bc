//! Every sentence people read, and the one way of writing dates.

mod account;
mod attention_banner;
mod changes;
mod changing;
mod confirming;
mod dates;
mod invitations;
mod keys;
mod labels;
mod live;
mod log;
mod members;
mod missing;
mod new_key;
mod overview;
mod refusals;
mod reveal;
mod revoking;
mod settings;
mod sign_in;
mod usage;

pub use account::*;
pub use attention_banner::*;
pub use changes::*;
pub use changing::*;
pub use confirming::*;
pub use dates::*;
pub use invitations::*;
pub use keys::*;
pub use labels::*;
pub use live::*;
pub use log::*;
pub use members::*;
pub use missing::*;
pub use new_key::*;
pub use overview::*;
pub use refusals::*;
pub use reveal::*;
pub use revoking::*;
pub use settings::*;
pub use sign_in::*;
pub use usage::*;

/// The name of the product.
pub const PRODUCT: &str = "Roundtable";
/// First link of every page.
pub const SKIP: &str = "Skip to content";
/// The name of the page of keys (RK-07).
pub const API_KEYS: &str = "API Keys";
/// The parent of that page (RK-07).
pub const ORGANIZATION_SETTINGS: &str = "Organization Settings";
/// The name of the log (RK-26).
pub const AUDIT_LOG: &str = "Audit log";
/// The log in the navigation.
pub const AUDIT_LOG_LINK: &str = "Audit log";
/// Leaves a form without doing anything.
pub const CANCEL: &str = "Cancel";
/// Closes a dialog.
pub const CLOSE: &str = "Close";
/// Leaves the new key.
pub const DONE: &str = "Done";
/// Above a fault of anything else.
pub const NOT_DONE: &str = "That did not work";
/// Links to the log.
pub const VIEW_IN_LOG: &str = "View in the audit log";
/// A key that was never used.
pub const NEVER_USED: &str = "Never used";
/// Where there is nothing.
pub const NONE: &str = "None";
/// Title of the list of pages of the documentation, and its name everywhere.
pub const DOCUMENTATION: &str = "Documentation";
/// Leads from the documentation to the product.
pub const OPEN_DASHBOARD: &str = "Open dashboard";
/// Above the headings of a page of the documentation.
pub const ON_THIS_PAGE: &str = "On this page";
/// Leads to the source of a page of the documentation.
pub const AS_MARKDOWN: &str = "This page as Markdown";
/// Opens the list of pages on narrow screens.
pub const DOCS_MENU: &str = "Documentation menu";

/// A name inside a plain sentence, kept from turning the sentence around (Unicode isolates).
pub fn isolated(name: &str) -> String {
    format!("\u{2068}{name}\u{2069}")
}

/// The initials of a person, at most two.
pub fn initials(name: &str) -> String {
    let letters = name.split_whitespace().filter_map(|word| word.chars().next());
    letters.take(2).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // RK-09: the samples. RK-12: the warning. RK-14: no recovery. RK-23, RK-24, RK-25, RK-27: what revoking means.
    #[test]
    fn rk_12_the_promises_are_said() {
        assert_eq!(NAME_SAMPLES, ["CI/CD Pipeline", "Monitoring Script"]);
        assert!(REVEAL_WARNING.contains("not be shown again") && REVEAL_LOST.contains("cannot recover"));
        for n in [1, 2] {
            assert!(revoke_at_once(n).contains("immediately") && revoke_at_once(n).contains("in progress fail"));
            assert!(revoke_logged(n).contains("audit log"));
        }
        assert!(REVOKE_FOR_GOOD.contains("permanent"));
        assert!(TIP_LIST[0].starts_with("Rotate each key every 90 days"));
    }

    #[test]
    fn initials_of_people_everywhere() {
        assert_eq!(initials("Mara Lou Olsen"), "ML");
        assert_eq!(initials("ليلى حداد"), "لح");
        assert_eq!(initials(""), "");
    }
}
