//! The scopes that an API declares.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::words::{ApiScopeWord, ApiScopeWords};
use crate::problem::Fault;
use crate::text::Name;

/// One scope of an API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = ApiScopeBody))]
pub struct ApiScope {
    /// Its word.
    #[cfg_attr(feature = "schema", schema(example = "orders:write", value_type = String))]
    pub scope: ApiScopeWord,
    /// What it allows.
    #[cfg_attr(feature = "schema", schema(example = "Place and cancel orders"))]
    pub description: String,
    /// The scopes that a key with this scope has as well.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(example = json!(["orders:read"]), value_type = Vec<String>))]
    pub includes: ApiScopeWords,
}

/// The scopes of an API, in the order in which they were declared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ApiScopes(Vec<ApiScope>);

impl ApiScopes {
    /// The most scopes.
    pub const MAX: usize = 100;

    /// Checks the scopes of a request.
    ///
    /// # Errors
    /// `TooMany`; `Repeated` for a word that is declared twice; `Undeclared` for an included word
    /// that is not declared; `ForbiddenCharacter` or `TooLong` for a description.
    pub fn read(scopes: Vec<ApiScope>) -> Result<Self, Fault> {
        if scopes.len() > Self::MAX {
            return Err(Fault::TooMany { max: Self::MAX });
        }
        let declared: ApiScopeWords = scopes
            .iter()
            .map(|scope| scope.scope.clone())
            .collect();
        if declared.iter().count() != scopes.len() {
            return Err(Fault::Repeated);
        }
        let mut read = Vec::with_capacity(scopes.len());
        for scope in scopes {
            if !declared.covers(&scope.includes) {
                return Err(Fault::Undeclared);
            }
            let description = match scope.description.trim() {
                "" => String::new(),
                text => Name::parse(text)?.into(),
            };
            read.push(ApiScope {
                description,
                ..scope
            });
        }
        Ok(Self(read))
    }

    /// Reads one scope a line, as a form has them: its word, after a space what it allows, and at
    /// the end the scopes that it includes: `orders:write Place orders (includes orders:read)`.
    /// Empty lines declare nothing.
    ///
    /// # Errors
    /// `NotAScopeWord` for a line that does not begin with one, and for an included word that is
    /// none.
    pub fn read_lines(lines: &str) -> Result<Vec<ApiScope>, Fault> {
        lines
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(read_line)
            .collect()
    }

    /// One scope a line, as [`ApiScopes::read_lines`] reads them.
    pub fn lines(&self) -> String {
        let line = |scope: &ApiScope| {
            let mut line = scope.scope.to_string();
            if !scope.description.is_empty() {
                line.push(' ');
                line.push_str(&scope.description);
            }
            if !scope.includes.is_empty() {
                line.push_str(&format!(
                    " {INCLUDES}{})",
                    scope.includes.line().replace(' ', ", ")
                ));
            }
            line
        };
        self.iter()
            .map(line)
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// The scopes.
    pub fn iter(&self) -> impl Iterator<Item = &ApiScope> {
        self.0.iter()
    }

    /// Whether every one of these words is declared.
    pub fn declare(&self, words: &ApiScopeWords) -> bool {
        words.iter().all(|word| self.find(word).is_some())
    }

    /// What a key with these words may do: those of its words that are still declared, and what
    /// they include.
    pub fn effective(&self, words: &ApiScopeWords) -> ApiScopeWords {
        let mut found = BTreeSet::new();
        let mut open: Vec<&ApiScopeWord> = words.iter().collect();
        while let Some(word) = open.pop() {
            if let Some(scope) = self.find(word)
                && found.insert(word.clone())
            {
                open.extend(scope.includes.iter());
            }
        }
        found.into_iter().collect()
    }

    fn find(&self, word: &ApiScopeWord) -> Option<&ApiScope> {
        self.0.iter().find(|scope| scope.scope == *word)
    }
}

/// The start of the list of included scopes, at the end of a line.
const INCLUDES: &str = "(includes ";

fn read_line(line: &str) -> Result<ApiScope, Fault> {
    let (line, includes) = line
        .strip_suffix(')')
        .and_then(|line| line.rsplit_once(INCLUDES))
        .unwrap_or((line, ""));
    let line = line.trim_end();
    let (word, description) = line
        .split_once(char::is_whitespace)
        .unwrap_or((line, ""));
    let included = includes
        .split(|c: char| c == ',' || c.is_whitespace())
        .filter(|word| !word.is_empty());
    Ok(ApiScope {
        scope: word.parse()?,
        description: description.trim().to_owned(),
        includes: included
            .map(str::parse)
            .collect::<Result<_, _>>()?,
    })
}

/// The scopes as the audit log writes them.
impl fmt::Display for ApiScopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, scope) in self.iter().enumerate() {
            if n > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{}", scope.scope)?;
            if !scope.includes.is_empty() {
                let included = scope.includes.line().replace(' ', ", ");
                write!(f, " (includes {included})")?;
            }
            if !scope.description.is_empty() {
                write!(f, ": {}", scope.description)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scope(word: &str, includes: &str) -> ApiScope {
        ApiScope {
            scope: word.parse().expect("a word"),
            description: format!("May {word}"),
            includes: includes.parse().expect("words"),
        }
    }

    fn words(line: &str) -> ApiScopeWords {
        line.parse().expect("words")
    }

    #[test]
    fn as_many_scopes_as_allowed_are_read_with_their_descriptions() {
        let scopes = |count: usize| {
            let scopes = (0..count).map(|n| scope(&format!("orders:read{n}"), ""));
            ApiScopes::read(scopes.collect())
        };
        let most = scopes(ApiScopes::MAX).expect("as many as allowed");
        assert_eq!(most.0.len(), ApiScopes::MAX);
        assert_eq!(most.0[3].description, "May orders:read3");
        let mut padded = scope("orders:read", "");
        padded.description = "  May read ".to_owned();
        let trimmed = ApiScopes::read(vec![padded]).expect("a scope");
        assert_eq!(trimmed.0[0].description, "May read");
        assert!(most.declare(&words("")) && most.declare(&words("orders:read3 orders:read99")));
        assert!(!most.declare(&words("orders:read3 orders:read100")));
        assert_eq!(
            scopes(ApiScopes::MAX + 1),
            Err(Fault::TooMany {
                max: ApiScopes::MAX
            })
        );
    }

    // D32: `:write` does not include `:read` unless declared.
    #[test]
    fn a_scope_includes_only_what_is_declared() {
        let scopes = ApiScopes::read(vec![
            scope("orders:read", ""),
            scope("orders:write", ""),
            scope("orders:admin", "orders:write refunds:write"),
            scope("refunds:write", "orders:read"),
        ])
        .expect("scopes");
        assert_eq!(
            scopes.effective(&words("orders:write")),
            words("orders:write")
        );
        let all = words("orders:admin orders:write refunds:write orders:read");
        assert_eq!(scopes.effective(&words("orders:admin")), all);
        assert_eq!(
            scopes.effective(&words("gone orders:read")),
            words("orders:read")
        );
        assert_eq!(
            scopes.effective(&words("orders:read zeppelins:fly")),
            words("orders:read")
        );
        assert_eq!(scopes.effective(&words("")), words(""));
    }

    #[test]
    fn scopes_read_well_in_the_audit_log() {
        let undescribed = ApiScope {
            description: String::new(),
            ..scope("a", "")
        };
        let scopes = ApiScopes::read(vec![undescribed, scope("b", "a"), scope("c", "a b")]);
        assert_eq!(
            scopes.expect("scopes").to_string(),
            "a; b (includes a): May b; c (includes a, b): May c"
        );
    }

    #[test]
    fn scopes_that_include_each_other_are_equal() {
        let scopes = ApiScopes::read(vec![scope("a", "b"), scope("b", "a")]).expect("scopes");
        assert_eq!(scopes.effective(&words("a")), words("a b"));
    }

    #[test]
    fn each_word_is_declared_once_and_before_it_is_included() {
        let twice = vec![scope("a", ""), scope("a", "")];
        assert_eq!(ApiScopes::read(twice), Err(Fault::Repeated));
        assert_eq!(
            ApiScopes::read(vec![scope("a", "b")]),
            Err(Fault::Undeclared)
        );
        let many = (0..101)
            .map(|n| scope(&format!("s{n}"), ""))
            .collect();
        assert_eq!(
            ApiScopes::read(many),
            Err(Fault::TooMany { max: 100 })
        );
        let hidden = ApiScope {
            description: "a\u{202e}b".into(),
            ..scope("a", "")
        };
        assert_eq!(
            ApiScopes::read(vec![hidden]),
            Err(Fault::ForbiddenCharacter)
        );
    }

    #[test]
    fn a_line_can_include_other_scopes() {
        let lines =
            "ping\norders:write Place (or cancel) orders  (includes orders:read,ping)\norders:read";
        let scopes = ApiScopes::read(ApiScopes::read_lines(lines).expect("lines")).expect("scopes");
        assert_eq!(
            scopes.lines(),
            "ping\norders:write Place (or cancel) orders (includes orders:read, ping)\norders:read"
        );
        assert_eq!(
            ApiScopes::read_lines("a Reads (includes Nothing)"),
            Err(Fault::NotAScopeWord)
        );
    }

    proptest! {
        // A form shows the scopes of an API as it reads them.
        #[test]
        fn lines_are_read_as_they_are_written(
            includes in prop::collection::vec(prop::collection::vec(0..6_usize, 0..4), 6),
            description in "[a-zA-Z(][a-zA-Z ()]{0,10}[a-z]",
        ) {
            let word = |n: usize| format!("s{n}");
            let line = |numbers: &[usize]| numbers.iter().map(|n| word(*n)).collect::<Vec<_>>().join(" ");
            let declared = includes.iter().enumerate().map(|(n, more)| ApiScope {
                description: description.clone(),
                ..scope(&word(n), &line(more))
            });
            let all = ApiScopes::read(declared.collect()).expect("scopes");
            let read = ApiScopes::read_lines(&all.lines()).expect("lines");
            prop_assert_eq!(ApiScopes::read(read), Ok(all));
        }

        // A word of a key that its API no longer declares changes nothing, wherever it stands.
        #[test]
        fn an_undeclared_word_changes_nothing(
            includes in prop::collection::vec(prop::collection::vec(0..6_usize, 0..4), 6),
            has in prop::collection::vec(0..6_usize, 0..6),
            undeclared in "[a-z]{1,3}",
        ) {
            let word = |n: usize| format!("s{n}");
            let line = |numbers: &[usize]| numbers.iter().map(|n| word(*n)).collect::<Vec<_>>().join(" ");
            let declared: Vec<_> = includes.iter().enumerate().map(|(n, more)| scope(&word(n), &line(more))).collect();
            let all = ApiScopes::read(declared).expect("scopes");
            let more = format!("{} {undeclared}", line(&has));
            prop_assert_eq!(all.effective(&words(&more)), all.effective(&words(&line(&has))));
        }

        // Removing a scope from a key or from its API never gives it more.
        #[test]
        fn fewer_scopes_never_allow_more(
            includes in prop::collection::vec(prop::collection::vec(0..6_usize, 0..4), 6),
            has in prop::collection::vec(0..6_usize, 0..6),
            removed in 0..6_usize,
        ) {
            let word = |n: usize| format!("s{n}");
            let line = |numbers: &[usize]| numbers.iter().map(|n| word(*n)).collect::<Vec<_>>().join(" ");
            let declared: Vec<_> = includes.iter().enumerate().map(|(n, more)| scope(&word(n), &line(more))).collect();
            let all = ApiScopes::read(declared).expect("scopes");
            let before = all.effective(&words(&line(&has)));
            let fewer: Vec<_> = has.iter().copied().filter(|n| *n != removed).collect();
            prop_assert!(before.covers(&all.effective(&words(&line(&fewer)))));
            let without = ApiScopes(all.iter().filter(|one| one.scope.as_str() != word(removed)).cloned().collect());
            prop_assert!(before.covers(&without.effective(&words(&line(&has)))));
        }
    }
}
