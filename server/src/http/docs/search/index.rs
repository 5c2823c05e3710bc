//! What the search finds: a section of a page, or an operation of the API reference.

use std::sync::LazyLock;

use app::pages::docs::Link;
use app::pages::docs::reference::{Operation, SchemaField};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::http::docs::markdown::slug;
use crate::http::docs::pages::PAGES;
use crate::http::docs::{page_url, reference};

/// The weights of a word in the heading, in the title of the page, and in the text.
const IN_HEADING: usize = 12;
const IN_TITLE: usize = 4;
const IN_TEXT: usize = 1;
/// The weight of a word that stands alone, as a multiple of one that is a part of another word.
const WHOLE: usize = 2;
/// The weight of all words next to each other, and of a heading that consists of them.
const PHRASE: usize = 30;
/// More occurrences in a text do not count.
const MOST_OCCURRENCES: usize = 3;

/// A place that the search finds.
pub struct Entry {
    /// Its URL and heading.
    pub place: Link,
    /// The title of its page.
    pub page: String,
    /// Its text.
    pub text: String,
    heading: String,
    title: String,
    folded: String,
}

/// All places, in the order of the navigation.
pub static INDEX: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let sections = PAGES
        .iter()
        .flat_map(|page| sections(&page_url(page.name), page.source));
    sections.chain(operations()).collect()
});

/// The text in lower case. It has as many characters as before.
pub fn fold(text: &str) -> String {
    text.chars().map(lower).collect()
}

/// The lower case of a character, as one character.
pub fn lower(char: char) -> char {
    char.to_lowercase().next().unwrap_or(char)
}

impl Entry {
    fn new(place: Link, page: &str, text: String) -> Self {
        Self {
            heading: fold(&place.name),
            title: fold(page),
            folded: fold(&text),
            place,
            page: page.to_owned(),
            text,
        }
    }

    /// How well it fits the words; `None` if one of them is missing.
    pub fn score(&self, words: &[String]) -> Option<usize> {
        let mut score = 0;
        for word in words {
            let of_word = IN_HEADING * occurrences(&self.heading, word).min(WHOLE)
                + IN_TITLE * occurrences(&self.title, word).min(WHOLE)
                + IN_TEXT * occurrences(&self.folded, word).min(MOST_OCCURRENCES);
            if of_word == 0 {
                return None;
            }
            score += of_word;
        }
        let phrase = words.join(" ");
        if self.heading == phrase {
            score += PHRASE;
        }
        if self.heading.contains(&phrase) || self.folded.contains(&phrase) {
            score += PHRASE;
        }
        Some(score)
    }
}

/// How often a text contains a word. A word that stands alone counts more.
fn occurrences(text: &str, word: &str) -> usize {
    let belongs = |char: Option<char>| char.is_some_and(char::is_alphanumeric);
    text.match_indices(word)
        .map(|(at, _)| {
            let before = belongs(text[..at].chars().next_back());
            let after = belongs(text[at + word.len()..].chars().next());
            if before || after { 1 } else { WHOLE }
        })
        .sum()
}

/// The sections of a page: the part before the first heading, and the part below each heading.
fn sections(url: &str, source: &str) -> Vec<Entry> {
    let mut title = String::new();
    let mut place = Link {
        to: url.to_owned(),
        name: String::new(),
    };
    let mut heading: Option<String> = None;
    let mut text = String::new();
    let mut all = Vec::new();
    for event in Parser::new_ext(source, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Heading { .. }) => {
                if !place.name.is_empty() {
                    all.push(Entry::new(place.clone(), &title, tidy(&text)));
                }
                text.clear();
                heading = Some(String::new());
            }
            Event::End(TagEnd::Heading(_)) => {
                place.name = heading.take().unwrap_or_default();
                if title.is_empty() {
                    title.clone_from(&place.name);
                } else {
                    place.to = format!("{url}#{}", slug(&place.name));
                }
            }
            Event::Text(part) | Event::Code(part) => match &mut heading {
                Some(heading) => heading.push_str(&part),
                None => text.push_str(&part),
            },
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            Event::End(tag) if is_block(tag) => text.push(' '),
            _ => {}
        }
    }
    all.push(Entry::new(place, &title, tidy(&text)));
    all
}

const fn is_block(tag: TagEnd) -> bool {
    !matches!(
        tag,
        TagEnd::Emphasis | TagEnd::Strong | TagEnd::Link | TagEnd::Image
    )
}

fn tidy(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// The operations of the API reference. What the search finds does not depend on the URL of the
/// installation.
fn operations() -> Vec<Entry> {
    let page = reference::link();
    reference::read("")
        .groups
        .iter()
        .flat_map(|group| &group.operations)
        .map(|one| {
            let place = Link {
                to: format!("{}#{}", page.to, one.id),
                name: one.summary.clone(),
            };
            Entry::new(place, &page.name, text_of(one))
        })
        .collect()
}

fn text_of(one: &Operation) -> String {
    let mut text = format!(
        "{} {} ({}). {} ",
        one.method,
        one.path,
        one.id,
        plain(&one.about)
    );
    if let Some(scope) = &one.scope {
        text.push_str(&format!("Scope {scope}. "));
    }
    let body = one.body.iter().flat_map(|body| &body.fields);
    let responses = one
        .responses
        .iter()
        .filter_map(|response| response.body.as_ref())
        .flat_map(|body| &body.fields);
    for field in one.parameters.iter().chain(body).chain(responses) {
        add(&mut text, field);
    }
    tidy(&text)
}

fn add(text: &mut String, field: &SchemaField) {
    text.push_str(&format!("{}: {} ", field.name, plain(&field.about)));
    for inside in &field.fields {
        add(text, inside);
    }
}

/// The text of markup that was rendered from Markdown.
fn plain(markup: &str) -> String {
    let mut text = String::with_capacity(markup.len());
    let mut in_tag = false;
    for char in markup.chars() {
        match char {
            '<' => in_tag = true,
            '>' if in_tag => in_tag = false,
            _ if !in_tag => text.push(char),
            _ => {}
        }
    }
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_divided_at_its_headings() {
        let source = "# Keys\n\nThe *first*\nlines.\n\n## Use a `key`\n\n| a |\n|---|\n| b |\n\n### More\n\n```sh\nx <y>\n```\n";
        let lines: Vec<_> = sections("/docs/keys", source)
            .iter()
            .map(|entry| {
                format!(
                    "{} | {} | {} | {}",
                    entry.place.to, entry.place.name, entry.page, entry.text
                )
            })
            .collect();
        assert_eq!(
            lines,
            [
                "/docs/keys | Keys | Keys | The first lines.",
                "/docs/keys#use-a-key | Use a key | Keys | a b",
                "/docs/keys#more | More | Keys | x <y>",
            ]
        );
    }

    #[test]
    fn all_words_must_be_there() {
        let place = Link {
            to: "/docs/keys".into(),
            name: "Rotate a key".into(),
        };
        let entry = Entry::new(place, "API keys", "Some other text.".into());
        let score = |words: &[&str]| {
            entry.score(
                &words
                    .iter()
                    .map(|word| (*word).to_owned())
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(score(&["rotate", "missing"]), None);
        assert!(score(&["rotate", "other"]).is_some());
        assert!(score(&["some", "other"]) > score(&["other", "some"]));
        assert!(score(&["rotate"]) > score(&["rot"]));
        assert!(score(&["rotate"]) > score(&["text"]));
    }
}
