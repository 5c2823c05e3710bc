//! Labels that several pages share.

pub const EMAIL: &str = "Email";
pub const NAME: &str = "Name";
pub const DESCRIPTION: &str = "Description";
pub const KEY_PREVIEW: &str = "Key preview";
pub const PREFIX: &str = "Prefix";
pub const COPY_PREFIX: &str = "Copy prefix";
pub const KEY_ID: &str = "Key ID";
pub const ACTOR_ID: &str = "Actor ID";
pub const OWNER: &str = "Owner";
pub const API: &str = "API";
pub const ROLE: &str = "Role";
pub const STATUS: &str = "Status";
pub const ACTIVE: &str = "Active";
pub const DISABLED: &str = "Disabled";
pub const CREATED: &str = "Created";
pub const CREATED_AT: &str = "Created at";
pub const CREATED_BY: &str = "Created by";
pub const BY: &str = "by ";
pub const FOR: &str = "for ";
/// Between what is created and the API that it is for.
pub const FOR_API: &str = " for ";
pub const OF: &str = " of ";
pub const FROM: &str = " from ";
pub const LAST_USED: &str = "Last used";
pub const EXPIRES: &str = "Expires";
pub const REVOKED: &str = "Revoked";
pub const REPLACES: &str = "Replaces";
pub const REPLACED_BY: &str = "Replaced by";
pub const JOINED: &str = "Joined";
pub const INVITED_BY: &str = "Invited by";
pub const IP_ADDRESS: &str = "IP address";
pub const USER_AGENT: &str = "User agent";
pub const DEVICE: &str = "Device";
pub const SIGNED_IN: &str = "Signed in";
pub const LAST_SEEN: &str = "Last seen";
pub const EVENT: &str = "Event";
pub const EVENT_REQUEST: &str = "Request";
pub const ACTIONS: &str = "Actions";
pub const GROUP: &str = "Group";
pub const READ: &str = "Read";
pub const WRITE: &str = "Write";
/// Before and after a name that the reader must type.
pub const ORGANIZATION: &str = "Organization";
pub const TYPE_TO_CONFIRM: (&str, &str) = ("Type ", " to confirm");
/// Before and after the name of a key that is shown once.
pub const KEY_FOR: (&str, &str) = ("Key for “", "”");
/// Between that name and the name of the service account that the key belongs to, and after it.
pub const KEY_OF_ACCOUNT: (&str, &str) = ("”, of the service account “", "”");
pub const PAGES: &str = "Pages";
pub const ACTIVE_KEYS: &str = "Active keys";
pub const REQUEST_ID: &str = "Request ID: ";

pub const FILTERS: &str = "Filters";

/// The button that opens the filters, with the number of those that are set.
pub fn filters(set: usize) -> String {
    match set {
        0 => FILTERS.to_owned(),
        set => format!("{FILTERS} ({set})"),
    }
}
