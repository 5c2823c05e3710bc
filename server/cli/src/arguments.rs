//! The arguments of the commands for people.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use clap_complete::Shell;
use domain::Scope;
use url::Url;

/// Arguments of every command that calls the API.
#[derive(Args, Debug, Default)]
pub struct GlobalArguments {
    /// URL of the installation [default: the one that you signed in to last]
    #[arg(long, global = true, value_name = "URL", env = "ROUNDTABLE_URL", hide_env_values = true, value_parser = installation)]
    pub url: Option<Url>,
    /// ID or name of the organization to act in [default: the one of `roundtable org switch`]
    #[arg(
        long,
        global = true,
        value_name = "ORGANIZATION",
        env = "ROUNDTABLE_ORG",
        hide_env_values = true
    )]
    pub org: Option<String>,
    /// Print JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Read an access token from standard input, instead of signing in
    #[arg(long, global = true)]
    pub token_stdin: bool,
}

impl PeopleCommand {
    /// Whether results and errors are JSON.
    pub const fn is_json(&self) -> bool {
        match self {
            Self::Auth { arguments, .. }
            | Self::ApiKey { arguments, .. }
            | Self::Org { arguments, .. }
            | Self::Api { arguments, .. } => arguments.json,
            Self::Config { json, .. } => *json,
            Self::Completion { .. } | Self::Man { .. } => false,
        }
    }
}

/// The commands for people.
#[derive(Subcommand, Debug)]
pub enum PeopleCommand {
    /// Sign in, sign out, and show who is signed in
    Auth {
        /// The arguments of all of them.
        #[command(flatten)]
        arguments: GlobalArguments,
        /// The command.
        #[command(subcommand)]
        command: AuthCommand,
    },
    /// Create, list, rotate and revoke API keys
    #[command(name = "api-key", visible_alias = "key")]
    ApiKey {
        /// The arguments of all of them.
        #[command(flatten)]
        arguments: GlobalArguments,
        /// The command.
        #[command(subcommand)]
        command: ApiKeyCommand,
    },
    /// List your organizations, and choose the one to act in
    Org {
        /// The arguments of all of them.
        #[command(flatten)]
        arguments: GlobalArguments,
        /// The command.
        #[command(subcommand)]
        command: OrgCommand,
    },
    /// Send a request to the API as yourself, and print the answer
    Api {
        /// The arguments of all commands that call the API.
        #[command(flatten)]
        arguments: GlobalArguments,
        /// The request.
        #[command(flatten)]
        request: ApiRequest,
    },
    /// Show and change the settings of these commands
    Config {
        /// Print JSON
        #[arg(long, global = true)]
        json: bool,
        /// The command.
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Print the completions for a shell
    Completion {
        /// The shell
        shell: Shell,
    },
    /// Write the manual pages to a folder
    Man {
        /// The folder, which must exist
        folder: PathBuf,
    },
}

/// `roundtable auth`.
#[derive(Subcommand, Debug)]
pub enum AuthCommand {
    /// Sign in
    ///
    /// Opens the browser. Over SSH, without a display, or with --no-browser, prints an address and a
    /// code instead, which you open and enter on any device.
    Login {
        /// Print an address and a code instead of opening the browser
        #[arg(long)]
        no_browser: bool,
        /// Where to store the sign-in
        #[arg(long, value_name = "STORE", value_enum)]
        store: Option<StoreChoice>,
    },
    /// Sign out, and revoke the session
    Logout,
    /// Show who is signed in
    Whoami,
    /// Show where you are signed in, and check it
    Status,
}

/// Where the sign-in is stored.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreChoice {
    /// The keychain of the system, or a file if there is none
    Auto,
    /// The keychain of the system
    Keychain,
    /// A file that only you can read
    File,
}

impl StoreChoice {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Keychain, Self::File];

    /// The word of the choice, in arguments and settings.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Keychain => "keychain",
            Self::File => "file",
        }
    }

    /// The choice of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|choice| choice.word() == word)
    }
}

/// `roundtable api-key`.
#[derive(Subcommand, Debug)]
pub enum ApiKeyCommand {
    /// Create a key and print it. It is shown only this once
    #[command(after_help = scopes())]
    Create(NewKey),
    /// List the keys
    List {
        /// Only active keys
        #[arg(long)]
        active: bool,
        /// Only keys of this environment
        #[arg(long, value_name = "ENVIRONMENT", value_parser = ["production", "test"])]
        environment: Option<String>,
        /// Only keys whose name, owner or creator contains this text, or whose prefix starts with it
        #[arg(long, value_name = "TEXT")]
        search: Option<String>,
    },
    /// Show one key
    Show {
        /// ID of the key
        #[arg(value_parser = key_id)]
        id: u64,
    },
    /// Replace a key with a new one, and print the new key. It is shown only this once
    Rotate(Rotation),
    /// Revoke a key, immediately and for good
    Revoke {
        /// ID of the key
        #[arg(value_parser = key_id)]
        id: u64,
        /// Do not ask for confirmation
        #[arg(long, short)]
        yes: bool,
    },
}

/// The key to create.
#[derive(Args, Debug)]
pub struct NewKey {
    /// Name of the key
    #[arg(long)]
    pub name: String,
    /// Environment of the key [default: production]
    #[arg(long, value_name = "ENVIRONMENT", value_parser = ["production", "test"])]
    pub environment: Option<String>,
    /// A scope of the key, such as runs:read; repeat it for several [default: full access for a
    /// production key, none for a test key]
    #[arg(long = "scope", value_name = "SCOPE")]
    pub scopes: Vec<String>,
    /// When it expires: a number of days such as 90d, a time such as 2027-01-31T00:00:00Z, or never
    /// [default: the expiration that the organization preselects]
    #[arg(long, value_name = "WHEN", value_parser = expiry)]
    pub expires: Option<Expires>,
    /// Actor ID of its owner, such as a service account [default: you]
    #[arg(long, value_name = "ACTOR_ID")]
    pub owner: Option<u64>,
    /// Write the key to this file, which only you can read, instead of standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// How to rotate a key.
#[derive(Args, Debug)]
pub struct Rotation {
    /// ID of the key
    #[arg(value_parser = key_id)]
    pub id: u64,
    /// How long the old key still works: a number of seconds, or such as 30m, 24h, 7d
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = seconds)]
    pub overlap: u64,
    /// Name of the new key [default: the name of the old one]
    #[arg(long)]
    pub name: Option<String>,
    /// Do not ask for confirmation
    #[arg(long, short)]
    pub yes: bool,
    /// Accept that messages and notes that are encrypted for the old key become unreadable
    #[arg(long)]
    pub confirm_message_loss: bool,
    /// Write the key to this file, which only you can read, instead of standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `roundtable org`.
#[derive(Subcommand, Debug)]
pub enum OrgCommand {
    /// List your organizations
    List,
    /// Choose the organization to act in
    Switch {
        /// ID or name of the organization
        organization: String,
    },
}

/// `roundtable api`.
#[derive(Args, Debug)]
pub struct ApiRequest {
    /// Method, such as GET
    #[arg(value_parser = method)]
    pub method: reqwest::Method,
    /// Path, such as /api/v1/keys
    pub path: String,
    /// A JSON body, or - to read it from standard input
    #[arg(long, short, value_name = "JSON")]
    pub data: Option<String>,
    /// Print the status and the headers of the answer on standard error
    #[arg(long, short)]
    pub include: bool,
}

/// `roundtable config`.
#[derive(Subcommand, Debug)]
pub enum ConfigCommand {
    /// Show all settings, and where they are stored
    List,
    /// Print a setting
    Get {
        /// The setting
        #[arg(value_enum)]
        name: ConfigName,
    },
    /// Change a setting
    Set {
        /// The setting
        #[arg(value_enum)]
        name: ConfigName,
        /// Its value
        value: String,
    },
}

/// A setting of these commands.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigName {
    /// URL of the installation
    Url,
    /// ID of the organization to act in
    Org,
    /// Where sign-ins are stored: auto, keychain or file
    Store,
}

/// When a new key expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expires {
    /// Never.
    Never,
    /// After so many days.
    InDays(u32),
    /// At a time, as the API reads it.
    At(String),
}

/// The scopes, for the help.
fn scopes() -> String {
    let line = |scope: Scope| {
        let only_production = if scope.in_sandbox() {
            ""
        } else {
            " (production keys)"
        };
        format!(
            "  {:<23} {}{only_production}\n",
            scope.as_str(),
            scope.sentence()
        )
    };
    let lines: String = Scope::ALL.into_iter().map(line).collect();
    format!("Scopes:\n{lines}")
}

fn installation(text: &str) -> Result<Url, String> {
    let url: Url = text
        .parse()
        .map_err(|_| "enter a URL such as https://keys.example.com".to_owned())?;
    if matches!(url.scheme(), "https" | "http") && url.host_str().is_some() {
        Ok(url)
    } else {
        Err("the URL must start with https:// or http://".to_owned())
    }
}

fn key_id(text: &str) -> Result<u64, String> {
    text.parse()
        .map_err(|_| "enter the number in the column ID of `roundtable api-key list`".to_owned())
}

fn method(text: &str) -> Result<reqwest::Method, String> {
    text.to_ascii_uppercase()
        .parse()
        .map_err(|_| "enter a method such as GET".to_owned())
}

fn expiry(text: &str) -> Result<Expires, String> {
    const FORM: &str =
        "enter a number of days such as 90d, a time such as 2027-01-31T00:00:00Z, or never";
    if text == "never" {
        return Ok(Expires::Never);
    }
    if let Some(days) = text.strip_suffix('d') {
        let days: u32 = days.parse().map_err(|_| FORM.to_owned())?;
        return match days {
            1..=36_500 => Ok(Expires::InDays(days)),
            _ => Err("enter 1 to 36500 days, or never".to_owned()),
        };
    }
    let format = &time::format_description::well_known::Rfc3339;
    time::OffsetDateTime::parse(text, format)
        .map(|_| Expires::At(text.to_owned()))
        .map_err(|_| FORM.to_owned())
}

fn seconds(text: &str) -> Result<u64, String> {
    let units = [("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)];
    let (number, unit) = units
        .into_iter()
        .find_map(|(suffix, unit)| Some((text.strip_suffix(suffix)?, unit)))
        .unwrap_or((text, 1));
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(unit))
        .ok_or_else(|| "enter a number of seconds, or such as 30m, 24h, 7d".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let cases = [
            ("0", 0),
            ("90", 90),
            ("90s", 90),
            ("30m", 1_800),
            ("24h", 86_400),
            ("7d", 604_800),
        ];
        for (text, expected) in cases {
            assert_eq!(seconds(text), Ok(expected), "{text}");
        }
        for text in ["", "d", "-1", "1.5h", "1w", "99999999999999999999d"] {
            assert!(seconds(text).is_err(), "{text}");
        }
        assert_eq!(expiry("never"), Ok(Expires::Never));
        assert_eq!(expiry("90d"), Ok(Expires::InDays(90)));
        let at = "2027-01-31T00:00:00Z";
        assert_eq!(expiry(at), Ok(Expires::At(at.to_owned())));
        for text in ["", "0d", "36501d", "90", "tomorrow", "2027-01-31"] {
            assert!(expiry(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_installation_has_a_web_address() {
        assert!(installation("https://keys.example.com").is_ok());
        assert!(installation("http://127.0.0.1:3000/").is_ok());
        for text in [
            "",
            "keys.example.com",
            "file:///etc/passwd",
            "ftp://keys.example.com",
        ] {
            assert!(installation(text).is_err(), "{text}");
        }
    }
}
