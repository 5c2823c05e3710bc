//! Revoking a key.

pub const LABEL: &str = "Revoke";
pub const BUTTON: &str = "Revoke key";
pub const WAITING: &str = "Revoking…";
pub const FAILED: &str = "The key was not revoked";
pub const PERMANENT: &str = "This is permanent. You can create a new key at any time.";
pub const CONFIRM_DIFFERS: &str = "That doesn’t match. Type it exactly as shown.";
pub const CONFIRM_MISSING: &str = "To confirm, type it exactly as shown.";
pub const ALREADY_REVOKED: &str = "This key was already revoked.";
pub const LINK: &str = "Revoke…";
pub const RECENTLY_USED: &str = "Used in the last 7 days";
/// Before and after the name of the key to revoke.
pub const HEADING: (&str, &str) = ("Revoke “", "”?");
pub const LAST_7_DAYS: &str = "Last 7 days";
pub const LAST_CALLER: &str = "Last caller";
pub const REASON: &str = "Reason";
pub const REVOKED: &str = "” revoked. ";
pub const WAS_ALREADY_REVOKED: &str = "” was already revoked. ";

/// The use of a key in 7 days: its calls, and from how many IP addresses.
pub fn calls(calls: i64, addresses: usize) -> String {
    let calls = super::key_usage::calls(calls);
    match addresses {
        0 => calls,
        1 => format!("{calls} from 1 IP address"),
        n => format!("{calls} from {n} IP addresses"),
    }
}

/// Where and how soon this number of revoked keys have stopped.
#[cfg(feature = "ssr")]
pub fn stopped(n: usize, stopped: &domain::view::Stopped) -> String {
    if n == 0 {
        return String::new();
    }
    let keys = one_or_several(n, "The key", "The keys");
    let took = match stopped.took_ms {
        0 => "less than 1 ms".to_owned(),
        took => format!("{took} ms"),
    };
    match stopped.nodes {
        0 | 1 => format!("{keys} stopped working in {took}. "),
        nodes => format!("{keys} stopped working on all {nodes} nodes in {took}. "),
    }
}

/// One of two wordings, for one key or for several.
pub(super) const fn one_or_several(
    n: usize,
    one: &'static str,
    several: &'static str,
) -> &'static str {
    if n == 1 { one } else { several }
}

/// The error title of the form that revokes this number of keys.
pub const fn failed(n: usize) -> &'static str {
    one_or_several(n, FAILED, "The keys were not revoked")
}

/// The effect of revoking this number of keys.
pub const fn immediate(n: usize) -> &'static str {
    one_or_several(
        n,
        "The key stops working immediately. Requests in flight fail.",
        "The keys stop working immediately. Requests in flight fail.",
    )
}

/// The audit log records it.
pub const fn recorded(n: usize) -> &'static str {
    one_or_several(
        n,
        "The audit log records who revoked the key and why.",
        "The audit log records who revoked the keys and why.",
    )
}

/// Why the person must type a confirmation.
pub const fn confirm_hint(n: usize) -> &'static str {
    one_or_several(
        n,
        "This key was used in the last 7 days.",
        "Some of these keys were used in the last 7 days.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_use_of_a_key_is_counted() {
        assert_eq!(calls(0, 0), "0 calls");
        assert_eq!(calls(1, 1), "1 call from 1 IP address");
        assert_eq!(calls(1_204, 2), "1,204 calls from 2 IP addresses");
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn the_notice_says_what_stopped_and_where() {
        let on = |nodes, took_ms| domain::view::Stopped { nodes, took_ms };
        assert_eq!(
            stopped(1, &on(1, 0)),
            "The key stopped working in less than 1 ms. "
        );
        assert_eq!(
            stopped(2, &on(3, 12)),
            "The keys stopped working on all 3 nodes in 12 ms. "
        );
        assert_eq!(stopped(0, &on(1, 0)), "");
    }
}
