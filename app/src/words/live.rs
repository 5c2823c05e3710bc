//! Live updates of an open page.

pub const WAITING_FOR_FIRST_REQUEST: &str = "Waiting for the first request…";
pub const LIST_CHANGED: &str = "This list has changed.";
pub const KEY_ENDED: &str = "This key is no longer active.";
pub const RELOAD: &str = "Reload";

/// The first request with a new key.
pub fn first_request(address: &str) -> String {
    if address.is_empty() {
        "First request, just now.".into()
    } else {
        format!("First request from {address}, just now.")
    }
}
