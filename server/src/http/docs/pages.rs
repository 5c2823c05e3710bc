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
    let grouped = SOURCES.iter().flat_map(|group| group.iter());
    std::iter::once(&INDEX_SOURCE)
        .chain(grouped)
        .map(|(name, source)| DocPage {
            name,
            source,
            text: render(source),
        })
        .collect()
});

/// The page with this name.
pub fn find(name: &str) -> Option<&'static DocPage> {
    PAGES.iter().find(|page| page.name == name)
}

/// The pages of each group of the navigation.
pub fn grouped() -> impl Iterator<Item = Vec<&'static DocPage>> {
    SOURCES.iter().map(|group| {
        group
            .iter()
            .filter_map(|(name, _)| find(name))
            .collect()
    })
}

macro_rules! sources {
    ($($name:literal),* $(,)?) => { &[$(($name, include_str!(concat!("../../../../docs/", $name, ".md")))),*] };
}

const INDEX_SOURCE: (&str, &str) = ("index", include_str!("../../../../docs/index.md"));

/// The groups have the order of `words::docs::GROUPS`.
const SOURCES: [&[(&str, &str)]; 4] = [
    sources!["tour", "quickstart", "api-keys", "authentication"],
    sources![
        "command-line",
        "protect-your-api",
        "signed-assertion",
        "runs",
        "members",
        "service-accounts",
        "organization",
        "audit-log",
    ],
    sources![
        "install",
        "reverse-proxy",
        "identity-providers",
        "databases",
        "backup",
        "monitoring",
        "upgrade",
        "server-commands",
        "encryption",
        "threat-model",
        "performance",
    ],
    sources!["errors", "credentials"],
];
