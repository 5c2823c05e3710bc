//! The text of a search.

use crate::words::search::VERBS;

/// The text of a search. It may begin with an action on a key, such as `revoke deploy bot`.
pub struct SearchText {
    text: String,
    verb: Option<&'static str>,
}

impl SearchText {
    /// Reads the typed text.
    pub fn new(typed: &str) -> Self {
        let text = typed.trim().to_owned();
        let verb = text
            .split_once(char::is_whitespace)
            .and_then(|(first, _)| {
                VERBS
                    .into_iter()
                    .find(|verb| first.eq_ignore_ascii_case(verb))
            });
        Self { text, verb }
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The action on a key that it begins with.
    pub const fn verb(&self) -> Option<&'static str> {
        self.verb
    }

    /// What it looks for: the text without the action.
    pub fn subject(&self) -> &str {
        match self.verb {
            Some(verb) => self.text[verb.len()..].trim_start(),
            None => &self.text,
        }
    }

    /// Whether a name contains every word of the text, in any case.
    pub fn matches(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        self.text
            .to_lowercase()
            .split_whitespace()
            .all(|word| name.contains(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_may_begin_with_an_action() {
        let search = SearchText::new(" Revoke deploy bot ");
        assert_eq!(
            (search.verb(), search.subject()),
            (Some("revoke"), "deploy bot")
        );
        // The word alone is the name of something.
        let word = SearchText::new("revoke");
        assert_eq!((word.verb(), word.subject()), (None, "revoke"));
        let name = SearchText::new("revoker of keys");
        assert_eq!(
            (name.verb(), name.subject()),
            (None, "revoker of keys")
        );
    }

    #[test]
    fn every_word_is_in_the_name() {
        let search = SearchText::new("KEY crea");
        assert!(search.matches("Create API key"));
        assert!(!search.matches("API keys"));
        assert!(SearchText::new("").matches("Anything"));
    }
}
