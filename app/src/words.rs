//! Every text that people read, by feature: `words::revoke_key::HEADING`. Dates and numbers are
//! written by [`format`].

pub mod access_token;
pub mod account;
pub mod api_reference;
pub mod apis;
pub mod attention_banner;
pub mod audit_changes;
pub mod audit_log;
pub mod call_bars;
pub mod change_role;
pub mod confirm;
pub mod consumers;
pub mod create_key;
pub mod create_organization;
pub mod describe_key;
pub mod device;
pub mod docs;
pub mod docs_search;
pub mod error_page;
pub mod expire_key_earlier;
pub mod format;
pub mod frame;
pub mod invitations;
pub mod invite_member;
pub mod ip_list;
pub mod join;
pub mod key_sheet;
pub mod key_usage;
pub mod keys;
pub mod labels;
pub mod leave_organization;
pub mod live;
pub mod members;
pub mod narrow_key;
pub mod organization;
pub mod overview;
pub mod problems;
pub mod remove_member;
pub mod rename_key;
pub mod reveal_key;
pub mod revoke_key;
pub mod revoke_keys;
pub mod roles;
pub mod rotate_key;
pub mod runs;
pub mod sealed;
pub mod search;
pub mod service_accounts;
pub mod sign_in;
pub mod workspaces;

pub const PRODUCT: &str = "Roundtable";
pub const SKIP: &str = "Skip to content";
pub const ORGANIZATION_SETTINGS: &str = "Organization Settings";
pub const SEARCH: &str = "Search";
pub const CANCEL: &str = "Cancel";
pub const CLOSE: &str = "Close";
pub const DONE: &str = "Done";
pub const NOT_DONE: &str = "That did not work";
pub const NONE: &str = "None";

/// A name inside a plain sentence. Unicode isolates keep a right-to-left name from reordering the
/// sentence.
pub fn isolated(name: &str) -> String {
    format!("\u{2068}{name}\u{2069}")
}

/// The initials of a person, at most two.
pub fn initials(name: &str) -> String {
    let letters = name
        .split_whitespace()
        .filter_map(|word| word.chars().next());
    letters
        .take(2)
        .flat_map(char::to_uppercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // RK-09, RK-12, RK-14, RK-23, RK-24, RK-25, RK-27
    #[test]
    fn the_promised_warnings_are_shown() {
        assert_eq!(
            create_key::NAME_SAMPLES,
            ["CI/CD Pipeline", "Monitoring Script"]
        );
        assert!(
            reveal_key::WARNING.contains("not be shown again")
                && reveal_key::LOST.contains("cannot recover")
        );
        for n in [1, 2] {
            assert!(
                revoke_key::immediate(n).contains("immediately")
                    && revoke_key::immediate(n).contains("in flight fail")
            );
            assert!(revoke_key::recorded(n).contains("audit log"));
        }
        assert!(revoke_key::PERMANENT.contains("permanent"));
        assert!(keys::TIP_LIST[0].starts_with("Rotate each key every 90 days"));
    }

    #[test]
    fn initials_of_people_everywhere() {
        assert_eq!(initials("Mara Lou Olsen"), "ML");
        assert_eq!(initials("ليلى حداد"), "لح");
        assert_eq!(initials(""), "");
    }
}
