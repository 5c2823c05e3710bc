//! Every page of the documentation, in the order of the navigation. A new page is a file in `docs/` and a line here.

use std::sync::LazyLock;

use app::pages::docs::Link;

use super::markdown::{Text, render};

/// The page that lists the others.
pub const INDEX: &str = "index";

/// A page.
pub struct DocPage {
    /// Its name in addresses.
    pub name: &'static str,
    /// Its Markdown.
    pub source: &'static str,
    /// What that came to.
    pub text: Text,
}

impl DocPage {
    /// Its address and title.
    pub fn link(&self) -> Link {
        Link { to: address(self.name), name: self.text.title.clone() }
    }
}

/// The address of a page.
pub fn address(name: &str) -> String {
    if name == INDEX { "/docs".into() } else { format!("/docs/{name}") }
}

/// All pages, the list of them first. They are rendered once.
pub static SHELF: LazyLock<Vec<DocPage>> = LazyLock::new(|| {
    SOURCES.into_iter().map(|(name, source)| DocPage { name, source, text: render(source) }).collect()
});

macro_rules! sources {
    ($($name:literal),*) => { [$(($name, include_str!(concat!("../../../../docs/", $name, ".md")))),*] };
}

const SOURCES: [(&str, &str); 14] = sources![
    "index",
    "tour",
    "quickstart",
    "api-keys",
    "authentication",
    "members",
    "service-accounts",
    "organization",
    "audit-log",
    "command-line",
    "encryption",
    "errors",
    "credentials",
    "performance"
];
