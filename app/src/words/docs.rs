//! The documentation pages.

pub const TITLE: &str = "Documentation";
pub const OPEN_DASHBOARD: &str = "Open dashboard";
pub const ON_THIS_PAGE: &str = "On this page";
pub const INDEX: &str = "Index of all pages";
pub const AS_MARKDOWN: &str = "This page as Markdown";
pub const MENU: &str = "Documentation menu";
