//! Labels that stand in several places: columns, facts, what a screen reader hears.

/// Above names, and beside the field for one.
pub const NAME: &str = "Name";
/// What can be seen of a key (RK-16).
pub const KEY_PREVIEW: &str = "Key preview";
/// How keys begin that are told apart by it.
pub const PREFIX: &str = "Prefix";
/// Copies it.
pub const COPY_PREFIX: &str = "Copy prefix";
/// The number of a key.
pub const KEY_ID: &str = "Key ID";
/// The number of a service account.
pub const ACTOR_ID: &str = "Actor ID";
/// Whose it is.
pub const OWNER: &str = "Owner";
/// The role of a person, of a service account, or of the owner of a key.
pub const ROLE: &str = "Role";
/// Whether it works.
pub const STATUS: &str = "Status";
/// It works.
pub const ACTIVE: &str = "Active";
/// It was stopped.
pub const DISABLED: &str = "Disabled";
/// When it was made.
pub const CREATED: &str = "Created";
/// The same, where a sort is chosen by it.
pub const CREATED_AT: &str = "Created at";
/// Who made it.
pub const CREATED_BY: &str = "Created by";
/// Before the name of who did it.
pub const BY: &str = "by ";
/// Before the name of the service account that a key belongs to, or of the person who is invited.
pub const FOR: &str = "for ";
/// Before the name of the member that a row is about, for screen readers.
pub const OF: &str = " of ";
/// Before the IP address that it was done from.
pub const FROM: &str = " from ";
/// When it was used.
pub const LAST_USED: &str = "Last used";
/// When it stops working by itself.
pub const EXPIRES: &str = "Expires";
/// When it was revoked.
pub const REVOKED: &str = "Revoked";
/// The key in whose place this one came.
pub const REPLACES: &str = "Replaces";
/// The key that came in its place.
pub const REPLACED_BY: &str = "Replaced by";
/// When someone came in.
pub const JOINED: &str = "Joined";
/// Who sent the invitation.
pub const INVITED_BY: &str = "Invited by";
/// Where a request came from.
pub const IP_ADDRESS: &str = "IP address";
/// What a request was sent with.
pub const USER_AGENT: &str = "User agent";
/// The browser of a session.
pub const DEVICE: &str = "Device";
/// When a session began.
pub const SIGNED_IN: &str = "Signed in";
/// When it was last used.
pub const LAST_SEEN: &str = "Last seen";
/// The number of an event.
pub const EVENT: &str = "Event";
/// The id of the request of an event.
pub const EVENT_REQUEST: &str = "Request";
/// Above the buttons of a row.
pub const ACTIONS: &str = "Actions";
/// A part of the API, where permissions are chosen.
pub const GROUP: &str = "Group";
/// The permission to look.
pub const READ: &str = "Read";
/// The permission to change.
pub const WRITE: &str = "Write";

/// Before and after a name that the reader must type.
pub const TYPE_TO_CONFIRM: (&str, &str) = ("Type ", " to confirm");
/// Before and after the name of a key that is shown once.
pub const KEY_FOR: (&str, &str) = ("Key for “", "”");
/// Between that name and the name of the service account that the key belongs to, and after it.
pub const KEY_OF_ACCOUNT: (&str, &str) = ("”, of the service account “", "”");

/// The way from the top to a page.
pub const BREADCRUMB: &str = "Breadcrumb";
/// The navigation of an organization.
pub const SIDE: &str = "Organization and settings";
/// Opens it on narrow screens.
pub const SETTINGS_MENU: &str = "Settings menu";
/// Above its entries.
pub const SETTINGS: &str = "Settings";
/// Before the name of the organization in the switcher.
pub const ORGANIZATION_IS: &str = "Organization: ";
/// Before the name of the person in their menu.
pub const ACCOUNT_MENU_OF: &str = "Account menu of ";
/// The ways through a list of several pages.
pub const PAGES: &str = "Pages";
/// What the themes are called: as the system has it, light, and dark.
pub const THEMES: [&str; 3] = ["System default", "Light", "Dark"];
/// The same on buttons that are but an icon.
pub const THEME_BUTTONS: [&str; 3] = ["System theme", "Light theme", "Dark theme"];
