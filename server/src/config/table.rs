//! The table of all settings.

/// A setting. The flag, the variable and the entry in the settings file are derived from its name.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// The name in the settings file, such as `public_url`.
    pub name: &'static str,
    /// How the operator can give it.
    pub kind: Kind,
    /// The heading that the help lists it under.
    pub group: Group,
    /// What it is for, in one line.
    pub help: &'static str,
}

/// How the operator can give a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// As a flag with a value, as a variable or in the file.
    Value,
    /// The same with a Boolean value. The flag without a value means yes.
    YesNo,
    /// As a variable or in the file only, because every user of the machine can read flags.
    Secret,
    /// As a flag or a variable only, because it names the settings file.
    File,
}

domain::closed_set! {
    /// A group of settings in the help.
    pub enum Group(
        /// Its heading.
        heading: &'static str,
    ) {
        /// The settings file and the log.
        General = "general" ("General"),
        /// The address to listen on, the public URL and reverse proxies.
        Server = "server" ("Server"),
        /// The database, the revocation journal and the master key.
        Storage = "storage" ("Storage"),
        /// The identity provider, the users that may sign in, and the setup token.
        SignIn = "sign_in" ("Sign-in"),
        /// Settings that few installations need.
        Advanced = "advanced" ("Advanced"),
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

    /// The name to show if the operator has not given the setting: the variable and the flag.
    pub fn full_name(&self) -> String {
        match self.kind {
            Kind::Secret => self.variable(),
            _ => format!("{} (--{})", self.variable(), self.flag()),
        }
    }
}

/// The prefix of the variables.
pub const PREFIX: &str = "ROUNDTABLE_";

macro_rules! settings {
    ($($constant:ident, $name:literal, $kind:ident, $group:ident, $help:literal;)*) => {
        $(
            #[doc = $help]
            pub static $constant: Setting =
                Setting { name: $name, kind: Kind::$kind, group: Group::$group, help: $help };
        )*
        /// All settings, in the order of the help.
        pub static ALL: &[&Setting] = &[$(&$constant),*];
    };
}

settings! {
    CONFIG, "config", File, General, "TOML file with settings, named like the flags but with underscores";
    LOG_FORMAT, "log_format", Value, General, "`text` or `json` [default: text]";
    ACCESS_LOG, "access_log", Value, General,
        "Requests to log: `all`, `errors` or `none` [default: errors]";
    LOG, "log", Value, General, "Log filter in the syntax of the tracing crate [default: info,sqlx=warn]";
    ADDR, "addr", Value, Server, "IP address and port to listen on [default: 127.0.0.1:3000]";
    GATE_ADDR, "gate_addr", Value, Server,
        "Another IP address and port, or unix:PATH, to listen on with the gates of APIs only [default: none]";
    GATE_TOKEN_FILE, "gate_token_file", Value, Server,
        "File with a token that every request for a gate must carry in X-Roundtable-Gate-Token";
    GATE_TOKEN, "gate_token", Secret, Server, "The gate token itself; prefer a file [default: none]";
    METRICS_ADDR, "metrics_addr", Value, Server,
        "IP address and port with metrics for Prometheus, which every client there can read [default: none]";
    OTLP_ENDPOINT, "otlp_endpoint", Value, Server,
        "URL of a collector that takes traces by OTLP over HTTP, such as http://127.0.0.1:4318; needs a program built with traces [default: none]";
    OTLP_HEADERS_FILE, "otlp_headers_file", Value, Server,
        "File with the headers for the collector: NAME=VALUE, separated by commas, with percent-encoded values";
    OTLP_HEADERS, "otlp_headers", Secret, Server, "The headers for the collector themselves; prefer a file [default: none]";
    OTLP_SAMPLE_PERCENT, "otlp_sample_percent", Value, Server,
        "Share of the traces to export, of those that begin at this server, in percent [default: 100]";
    PUBLIC_URL, "public_url", Value, Server, "URL that users open in their browser [default: http://ADDR]";
    ALLOW_HTTP, "allow_http", YesNo, Server,
        "Serve plain HTTP to other machines (only if you trust the network)";
    TRUSTED_PROXIES, "trusted_proxies", Value, Server,
        "Number of reverse proxies that append to X-Forwarded-For [default: 0]";
    CORS_ORIGINS, "cors_origins", Value, Server,
        "Origins whose pages may call the API, such as https://app.example.com, separated by commas [default: none]";
    SHUTDOWN_DELAY, "shutdown_delay", Value, Server,
        "Seconds to keep serving after the signal to stop, while /readyz fails, so that a load balancer notices [default: 0]";
    DATABASE_URL, "database_url", Value, Storage,
        "sqlite://PATH or postgres://… [default: sqlite://data/roundtable.db]";
    DATABASE_URL_FILE, "database_url_file", Value, Storage, "File with the database URL, if it contains a password";
    JOURNAL_FILE, "journal_file", Value, Storage,
        "File of the revocation journal, if possible on another disk [default: next to the SQLite file, or data/roundtable.journal]";
    MASTER_KEY_FILE, "master_key_file", Value, Storage,
        "File with the 32-byte master key (mode 0400 or 0600) [default: data/master.key]";
    MASTER_KEY, "master_key", Secret, Storage, "The master key itself, in hex or base64; prefer a file";
    PREVIOUS_MASTER_KEY_FILE, "previous_master_key_file", Value, Storage,
        "File with the previous master key, while you replace it";
    ALLOW_OPEN_KEY_FILE, "allow_open_key_file", YesNo, Storage,
        "Accept a master key file that other users can read, such as a mounted secret";
    GOOGLE_CLIENT_ID, "google_client_id", Value, SignIn, "Client ID at the identity provider";
    GOOGLE_CLIENT_SECRET_FILE, "google_client_secret_file", Value, SignIn, "File with the client secret";
    GOOGLE_CLIENT_SECRET, "google_client_secret", Secret, SignIn, "The client secret itself; prefer a file";
    PUBLIC_CLIENT, "public_client", YesNo, SignIn,
        "The client has no secret (PKCE only); not possible at Google";
    OIDC_ISSUER, "oidc_issuer", Value, SignIn,
        "Issuer of the OpenID provider [default: https://accounts.google.com]";
    OIDC_TRUST_EMAILS, "oidc_trust_emails", YesNo, SignIn,
        "Accept an email as verified if the provider does not say whether it is, as Entra ID does";
    HOSTED_DOMAIN, "hosted_domain", Value, SignIn, "Let in only users of this hosted domain (`hd` in the ID token)";
    ALLOWED_EMAIL_DOMAINS, "allowed_email_domains", Value, SignIn,
        "Let in only users with a verified email in one of these domains, separated by commas";
    SETUP_TOKEN_FILE, "setup_token_file", Value, SignIn, "File with the token for setting up an empty installation";
    SETUP_TOKEN, "setup_token", Secret, SignIn,
        "Token for setting up an empty installation; prefer a file [default: generated and printed at the start]";
    AUTH_FAILURES_PER_MINUTE, "auth_failures_per_minute", Value, Advanced,
        "Failed keys, tokens, sessions and sign-ins allowed per IP address and minute; 0 means no limit [default: 60]";
    SETUP_FAILURES_PER_MINUTE, "setup_failures_per_minute", Value, Advanced,
        "The same for the setup token and invitations [default: 10]";
    KEY_CACHE, "key_cache", Value, Advanced,
        "Keys that are kept in memory after their first use; 0 reads the database on each request [default: 100000]";
    AUDIT_HEADS_FILE, "audit_heads_file", Value, Advanced,
        "File to append the signed heads of the audit logs to, at most once a minute [default: none]";
    AUDIT_RETENTION, "audit_retention", Value, Advanced,
        "Days after which events are removed from the audit logs, at least 30 [default: never]";
    DATABASE_CONNECTIONS, "database_connections", Value, Advanced,
        "Connections of this node to a Postgres database [default: 10]";
    BRAND, "brand", Value, Advanced, "Prefix of new keys [default: rt]";
    FIREBASE_PROJECT_ID, "firebase_project_id", Value, Advanced, "Firebase project whose ID tokens the API accepts";
    FIREBASE_JWKS_URL, "firebase_jwks_url", Value, Advanced, "URL of the key set of that project";
}

/// The setting with this name.
pub fn named(name: &str) -> Option<&'static Setting> {
    ALL.iter()
        .copied()
        .find(|setting| setting.name == name)
}

/// The setting whose name is most similar to `name`, if any is similar enough.
pub fn closest(name: &str) -> Option<&'static Setting> {
    let wanted = name.to_ascii_lowercase().replace('-', "_");
    let distance = |setting: &&'static Setting| levenshtein(&wanted, setting.name);
    let nearest = ALL.iter().copied().min_by_key(distance)?;
    let max_distance = (wanted.len() / 3).max(2);
    if distance(&nearest) <= max_distance {
        Some(nearest)
    } else {
        None
    }
}

/// The Levenshtein distance of two names.
fn levenshtein(from: &str, to: &str) -> usize {
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
