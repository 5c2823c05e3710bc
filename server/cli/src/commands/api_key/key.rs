//! A key, as far as the commands show it.

use serde::Deserialize;

use crate::output::printable;

/// The columns of the list.
pub const HEAD: [&str; 8] = [
    "ID",
    "NAME",
    "KEY",
    "ENVIRONMENT",
    "OWNER",
    "STATUS",
    "LAST USED",
    "EXPIRES",
];

/// Characters of the last part of a preview, after its asterisks.
const SUFFIX: usize = 4;

/// A key.
#[derive(Deserialize)]
pub struct Key {
    /// Its ID.
    pub key_id: u64,
    /// Its name.
    pub label: String,
    /// What is shown of the key itself: its beginning, asterisks, and its last characters.
    pub preview: String,
    /// When it was revoked.
    pub revoked_at: Option<String>,
    key_prefix: String,
    environment: String,
    actor_id: u64,
    actor_name: String,
    scopes: Vec<String>,
    is_active: bool,
    created_at: String,
    created_by: Option<String>,
    last_used: Option<String>,
    expires_at: Option<String>,
}

impl Key {
    const fn status(&self) -> &'static str {
        match (self.is_active, self.revoked_at.is_some()) {
            (true, _) => "active",
            (false, true) => "revoked",
            (false, false) => "expired",
        }
    }

    /// The row of the list. For people, the key is abbreviated and times are days.
    pub fn row(&self, for_people: bool) -> Vec<String> {
        let time = |time: &Option<String>| match time {
            None => "never".to_owned(),
            Some(time) if for_people => time.get(..10).unwrap_or(time).to_owned(),
            Some(time) => time.clone(),
        };
        let key = if for_people {
            self.short()
        } else {
            self.preview.clone()
        };
        vec![
            self.key_id.to_string(),
            printable(&self.label),
            key,
            self.environment.clone(),
            printable(&self.actor_name),
            self.status().to_owned(),
            time(&self.last_used),
            time(&self.expires_at),
        ]
    }

    /// The preview without its asterisks.
    fn short(&self) -> String {
        let end = self
            .preview
            .char_indices()
            .rev()
            .nth(SUFFIX - 1)
            .map_or("", |(at, _)| &self.preview[at..]);
        format!("{}…{end}", self.key_prefix)
    }

    /// What there is to know about it, a pair a line.
    pub fn facts(&self) -> Vec<Vec<String>> {
        let or = |value: &Option<String>, default: &str| {
            value
                .clone()
                .unwrap_or_else(|| default.to_owned())
        };
        let scopes = match self.scopes.join(" ") {
            words if words.is_empty() => "none".to_owned(),
            words if words == "*" => "full access".to_owned(),
            words => words,
        };
        let created = match &self.created_by {
            Some(person) => format!("{} by {}", self.created_at, printable(person)),
            None => self.created_at.clone(),
        };
        let owner = format!(
            "{} (actor {})",
            printable(&self.actor_name),
            self.actor_id
        );
        let mut facts = vec![
            ("ID", self.key_id.to_string()),
            ("name", printable(&self.label)),
            ("key", self.preview.clone()),
            ("environment", self.environment.clone()),
            ("scopes", scopes),
            ("owner", owner),
            ("status", self.status().to_owned()),
            ("created", created),
            ("last used", or(&self.last_used, "never")),
            ("expires", or(&self.expires_at, "never")),
        ];
        if let Some(at) = &self.revoked_at {
            facts.push(("revoked", at.clone()));
        }
        facts
            .into_iter()
            .map(|(name, value)| vec![name.to_owned(), value])
            .collect()
    }
}
