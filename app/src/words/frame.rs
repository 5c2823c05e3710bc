//! The frame around every page.

pub const BREADCRUMB: &str = "Breadcrumb";
pub const SIDEBAR: &str = "Organization and settings";
pub const SETTINGS_MENU: &str = "Settings menu";
pub const ORGANIZATION: &str = "Organization: ";
pub const ACCOUNT_MENU_OF: &str = "Account menu of ";
pub const THEME: &str = "Theme";
/// The names of the themes: system, light and dark.
pub const THEMES: [&str; 3] = ["System default", "Light", "Dark"];
/// The same on buttons with only an icon.
pub const THEME_BUTTONS: [&str; 3] = ["System theme", "Light theme", "Dark theme"];
