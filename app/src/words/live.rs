//! Sentences about what moves while a page is open.

/// A new key that nothing was asked with yet.
pub const WAITING: &str = "Waiting for the first request…";
/// A list is not what the page shows any more.
pub const LIST_CHANGED: &str = "This list has changed.";
/// Loads it again.
pub const RELOAD: &str = "Reload";

/// The first request with a new key has come.
pub fn first_request(address: &str) -> String {
    if address.is_empty() {
        "First request, just now.".into()
    } else {
        format!("First request from {address}, just now.")
    }
}
