//! Every setting there is: its name and what it is for.

/// One setting. Its name makes the flag, the variable and the name in the settings file.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// The name in the settings file, such as `public_url`.
    pub name: &'static str,
    /// How it is given.
    pub kind: Kind,
    /// Where it stands in the help.
    pub group: Group,
    /// What it is for, in one line.
    pub help: &'static str,
}

/// How a setting is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// By flag with a value, by environment or in the file.
    Value,
    /// The same, answered with yes or no; the flag alone means yes.
    YesNo,
    /// By environment or in the file only: everyone on the machine can read flags.
    Secret,
    /// By flag or environment only: it says where the file is.
    File,
}

/// The headings of the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Where the server listens and what it writes to its log.
    Server,
    /// The database and the master key.
    Storage,
    /// Who may sign in, and where.
    SignIn,
}

impl Group {
    /// The heading.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Server => "Server",
            Self::Storage => "Storage",
            Self::SignIn => "Sign-in",
        }
    }
}

impl Setting {
    /// The name of the flag without its dashes, such as `public-url`.
    pub fn flag(&self) -> String {
        self.name.replace('_', "-")
    }

    /// The name of the variable, such as `ROUNDTABLE_PUBLIC_URL`.
    pub fn variable(&self) -> String {
        format!("{PREFIX}{}", self.name.to_ascii_uppercase())
    }

    /// What to call it where nobody has given it.
    pub fn full_name(&self) -> String {
        match self.kind {
            Kind::Secret => self.variable(),
            _ => format!("{} (--{})", self.variable(), self.flag()),
        }
    }
}

/// How the names of our variables begin.
pub const PREFIX: &str = "ROUNDTABLE_";

macro_rules! settings {
    ($($constant:ident, $name:literal, $kind:ident, $group:ident, $help:literal;)*) => {
        $(
            #[doc = $help]
            pub static $constant: Setting =
                Setting { name: $name, kind: Kind::$kind, group: Group::$group, help: $help };
        )*
        /// All of them, in the order of the help.
        pub static ALL: &[&Setting] = &[$(&$constant),*];
    };
}

settings! {
    CONFIG, "config", File, Server, "TOML file with any of these settings, named as the flags are, with underscores";
    ADDR, "addr", Value, Server, "Address to listen on [default: 127.0.0.1:3000]";
    PUBLIC_URL, "public_url", Value, Server, "Address people type into their browser [default: http://ADDR]";
    ALLOW_HTTP, "allow_http", YesNo, Server,
        "Serve plain HTTP beyond this machine (only where the network itself is trusted)";
    TRUSTED_PROXIES, "trusted_proxies", Value, Server,
        "How many reverse proxies in front append to X-Forwarded-For [default: 0]";
    AUTH_FAILURES_PER_MINUTE, "auth_failures_per_minute", Value, Server,
        "How many keys, tokens, sessions and sign-ins of one address may fail in a minute; 0 for any number [default: 60]";
    SETUP_FAILURES_PER_MINUTE, "setup_failures_per_minute", Value, Server,
        "The same for the setup token and invitations [default: 10]";
    BRAND, "brand", Value, Server, "First word of new keys [default: rt]";
    LOG_FORMAT, "log_format", Value, Server, "`text` or `json` [default: text]";
    LOG, "log", Value, Server, "What to log, as a filter of tracing [default: info,sqlx=warn]";
    DATABASE_URL, "database_url", Value, Storage,
        "sqlite://PATH or postgres://… [default: sqlite://data/roundtable.db]";
    JOURNAL_FILE, "journal_file", Value, Storage,
        "File of the revocation journal, best on another disk [default: beside the SQLite file, or data/roundtable.journal]";
    MASTER_KEY_FILE, "master_key_file", Value, Storage,
        "File with the 32-byte master key (0400 or 0600) [default: data/master.key if there is one]";
    MASTER_KEY, "master_key", Secret, Storage, "The master key itself, in hex or base64; a file is better";
    PREVIOUS_MASTER_KEY_FILE, "previous_master_key_file", Value, Storage,
        "File with the previous master key, while it is being replaced";
    ALLOW_OPEN_KEY_FILE, "allow_open_key_file", YesNo, Storage,
        "Accept a master key file that others may read, such as a mounted secret";
    GOOGLE_CLIENT_ID, "google_client_id", Value, SignIn, "Client id at the sign-in provider";
    GOOGLE_CLIENT_SECRET_FILE, "google_client_secret_file", Value, SignIn, "File with the client secret";
    GOOGLE_CLIENT_SECRET, "google_client_secret", Secret, SignIn, "The client secret itself; a file is better";
    PUBLIC_CLIENT, "public_client", YesNo, SignIn,
        "The client at the provider has no secret (PKCE alone); not possible at Google";
    OIDC_ISSUER, "oidc_issuer", Value, SignIn,
        "OpenID provider that signs people in [default: https://accounts.google.com]";
    HOSTED_DOMAIN, "hosted_domain", Value, SignIn, "Let in only people of this hosted domain (`hd` in the ID token)";
    ALLOWED_EMAIL_DOMAINS, "allowed_email_domains", Value, SignIn,
        "Let in only people whose verified email is of one of these domains, separated by commas";
    SETUP_TOKEN_FILE, "setup_token_file", Value, SignIn, "File with the token for setting up an empty installation";
    SETUP_TOKEN, "setup_token", Secret, SignIn,
        "Token for setting up an empty installation; a file is better [default: made and printed at the start]";
    FIREBASE_PROJECT_ID, "firebase_project_id", Value, SignIn, "Accept ID tokens of this Firebase project on the API";
    FIREBASE_JWKS_URL, "firebase_jwks_url", Value, SignIn, "Where that project's token keys are published";
}

/// The setting of that name.
pub fn named(name: &str) -> Option<&'static Setting> {
    ALL.iter().copied().find(|setting| setting.name == name)
}

/// The known name that is most like `name`, if one is like it at all.
pub fn closest(name: &str) -> Option<&'static Setting> {
    let wanted = name.to_ascii_lowercase().replace('-', "_");
    let distance = |setting: &&'static Setting| edits(&wanted, setting.name);
    let nearest = ALL.iter().copied().min_by_key(distance)?;
    let far = (wanted.len() / 3).max(2);
    Some(nearest).filter(|nearest| distance(nearest) <= far)
}

/// How many characters must be put in, taken out or replaced to make `to` of `from`.
fn edits(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, a) in from.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, b) in to.bytes().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}
