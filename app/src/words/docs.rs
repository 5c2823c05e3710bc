//! The documentation pages.

pub const TITLE: &str = "Documentation";
pub const OPEN_DASHBOARD: &str = "Open dashboard";
pub const ON_THIS_PAGE: &str = "On this page";
pub const INDEX: &str = "Index of all pages";
pub const AS_MARKDOWN: &str = "This page as Markdown";
pub const MENU: &str = "Documentation menu";
/// The groups of the navigation, in its order.
pub const GROUPS: [&str; 4] = ["Start", "Use", "Run it", "Reference"];

/// The name of the button that copies a sample.
pub fn copy(sample: &str) -> String {
    format!("Copy {sample}")
}
