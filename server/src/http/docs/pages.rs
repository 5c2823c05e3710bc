//! The pages of the documentation in the order of the navigation. To add a page, add a file in
//! `docs/` and a line here.

use std::sync::LazyLock;

use app::pages::docs::Link;

use super::markdown::{Text, render};
use super::page_url;

/// A page.
pub struct DocPage {
    /// Its name in URLs.
    pub name: &'static str,
    /// Its Markdown.
    pub source: &'static str,
    /// The rendered Markdown.
    pub text: Text,
}

impl DocPage {
    /// Its URL and title.
    pub fn link(&self) -> Link {
        Link {
            to: page_url(self.name),
            name: self.text.title.clone(),
        }
    }
}

/// All pages, starting with the index. They are rendered once.
pub static PAGES: LazyLock<Vec<DocPage>> = LazyLock::new(|| {
    SOURCES
        .into_iter()
        .map(|(name, source)| DocPage {
            name,
            source,
            text: render(source),
        })
        .collect()
});

macro_rules! sources {
    ($($name:literal),*) => { [$(($name, include_str!(concat!("../../../../docs/", $name, ".md")))),*] };
}

const SOURCES: [(&str, &str); 18] = sources![
    "index",
    "tour",
    "quickstart",
    "api-keys",
    "authentication",
    "command-line",
    "runs",
    "protect-your-api",
    "signed-assertion",
    "members",
    "service-accounts",
    "organization",
    "audit-log",
    "encryption",
    "errors",
    "credentials",
    "server-commands",
    "performance"
];
