//! Pending invitations.

pub const TITLE: &str = "Pending invitations";
pub const CANCEL: &str = "Cancel invitation";
pub const NEWEST: &str = "Newest invitations";
pub const OLDER: &str = "Older invitations";
pub const CANCELED: &str = "Invitation canceled. Its link no longer works.";
