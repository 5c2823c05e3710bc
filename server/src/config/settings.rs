//! The settings of `roundtable serve`, checked together.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::token::Brand;
use engine::attempts::Limits;
use engine::audit::Retention;
use fast_path::access_log::AccessLog;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::options::{Options, quoted};
use super::sign_in::SignIn;
use super::table::Setting;
use super::traces::TraceExport;
use super::values::{is_loopback, is_origin};
use super::{BadSetting, table};

/// The default database.
const DEFAULT_DATABASE: &str = "sqlite://data/roundtable.db";
/// The default revocation journal for a Postgres database.
const DEFAULT_JOURNAL: &str = "data/roundtable.journal";
const MIN_TOKEN_LENGTH: usize = 16;
/// Before the path of a Unix socket.
const UNIX: &str = "unix:";
const DEFAULT_KEY_CACHE: u64 = engine::keys::DEFAULT_KEY_CACHE as u64;

/// The settings of `roundtable serve`.
pub struct Settings {
    /// The address to listen on.
    pub addr: SocketAddr,
    /// The address to listen on with the gates of APIs only, if the operator has set one.
    pub gate_addr: Option<GateAddr>,
    /// The token that every request for a gate must carry, if the operator has set one.
    pub gate_token: Option<SecretString>,
    /// The address with the metrics, if the operator has set one.
    pub metrics_addr: Option<SocketAddr>,
    /// Where spans are exported to, if the operator wants that.
    pub traces: Option<TraceExport>,
    /// How long requests are accepted after the signal to stop.
    pub shutdown_delay: Duration,
    /// `scheme://host[:port]` without a slash at the end.
    pub public_url: String,
    /// The origins whose pages may call the API, each written as browsers send it.
    pub cors_origins: Vec<String>,
    /// The identity provider.
    pub sign_in: SignIn,
    /// The domains that a verified email must be in. If empty, there is no restriction.
    pub allowed_email_domains: Vec<String>,
    /// The Firebase project whose ID tokens the API accepts, and the URL of its key set if it is
    /// not the default.
    pub firebase: Option<(String, Option<Url>)>,
    /// The setup token, if the operator has set one.
    pub setup_token: Option<SecretString>,
    /// The prefix of new keys.
    pub brand: Brand,
    /// The number of trusted reverse proxies.
    pub trusted_proxies: usize,
    /// The number of attempts that may fail per client and minute.
    pub attempts: Limits,
    /// The number of keys that are kept in memory.
    pub key_cache: usize,
    /// The requests that are logged.
    pub access_log: AccessLog,
}

/// Where the gates of APIs are served on their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GateAddr {
    /// An IP address and a port.
    Ip(SocketAddr),
    /// The path of a Unix socket.
    Unix(PathBuf),
}

impl fmt::Display for GateAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(addr) => write!(f, "{addr}"),
            Self::Unix(path) => write!(f, "{UNIX}{}", path.display()),
        }
    }
}

impl Settings {
    /// Whether the first user who signs in needs the setup token to create the organization.
    ///
    /// A loopback `ADDR` alone does not keep other people out: behind a reverse proxy on the same
    /// machine, the server listens on loopback and is reachable from everywhere. So the public URL
    /// must be on loopback too.
    pub fn needs_setup_token(&self) -> bool {
        let is_local_url = self
            .public_url
            .parse()
            .is_ok_and(|url| is_loopback(&url));
        !(self.addr.ip().is_loopback() && is_local_url)
    }

    /// The domains whose users may sign in, as the sign-in page shows them. If empty, there is no
    /// restriction.
    pub fn allowed_domains(&self) -> Vec<String> {
        let hosted = match &self.sign_in {
            SignIn::Provider { hosted_domain, .. } => hosted_domain.clone(),
            SignIn::Development => None,
        };
        // If both rules are set, the page shows the email domains because they are the narrower
        // rule.
        if self.allowed_email_domains.is_empty() {
            hosted.into_iter().collect()
        } else {
            self.allowed_email_domains.clone()
        }
    }
}

impl Options {
    /// The URL of the database, from its own setting or from a file.
    ///
    /// # Errors
    /// If the scheme is unknown, or the file cannot be read. The message does not show the URL because
    /// it may contain a password.
    pub fn database_url(&self) -> Result<String, BadSetting> {
        let (setting, file) = (&table::DATABASE_URL, &table::DATABASE_URL_FILE);
        let given = self.secret(setting, file)?;
        let url = given
            .as_ref()
            .map_or(DEFAULT_DATABASE, |url| url.expose_secret());
        let known = ["sqlite:", "postgres://", "postgresql://"]
            .iter()
            .any(|scheme| {
                url.strip_prefix(scheme)
                    .is_some_and(|rest| !rest.is_empty())
            });
        if !known {
            let named = if self.has(file) { file } else { setting };
            let verb = if self.has(file) {
                "must contain"
            } else {
                "must be"
            };
            let why = format!("{verb} sqlite://PATH or postgres://USER@HOST/DATABASE");
            return Err(self.bad(named, why));
        }
        Ok(url.to_owned())
    }

    /// The path of the revocation journal. The default is next to the database file.
    ///
    /// # Errors
    /// If the setting contains control characters.
    pub fn journal_file(&self, database: Option<&Path>) -> Result<PathBuf, BadSetting> {
        if let Some(path) = self.text(&table::JOURNAL_FILE)? {
            return Ok(PathBuf::from(path));
        }
        Ok(match database {
            Some(file) => file.with_added_extension("journal"),
            None => PathBuf::from(DEFAULT_JOURNAL),
        })
    }

    /// The path of the file that heads of the audit logs are appended to, if the operator wants one.
    ///
    /// # Errors
    /// If the setting contains control characters.
    pub fn audit_heads_file(&self) -> Result<Option<PathBuf>, BadSetting> {
        Ok(self
            .text(&table::AUDIT_HEADS_FILE)?
            .map(PathBuf::from))
    }

    /// For how long audit events are kept. None if they are never removed.
    ///
    /// # Errors
    /// If the setting is not a number of days from 30 to 36500.
    pub fn audit_retention(&self) -> Result<Option<Retention>, BadSetting> {
        let setting = &table::AUDIT_RETENTION;
        let fewest = Retention::MIN_DAYS.unsigned_abs();
        let days = self.number(setting, fewest..=36_500, 0)?;
        let days = i64::try_from(days).unwrap_or(i64::MAX);
        Ok((days > 0).then(|| Retention::of_days(days)))
    }

    /// Parses and checks the settings of `roundtable serve`.
    ///
    /// # Errors
    /// One sentence about the first setting that is missing or invalid.
    pub fn settings(&self) -> Result<Settings, BadSetting> {
        let addr = self.addr()?;
        let brand = self.text(&table::BRAND)?.unwrap_or("rt").parse();
        let proxies = self.number(&table::TRUSTED_PROXIES, 0..=100, 0)?;
        let key_cache = self.number(&table::KEY_CACHE, 0..=10_000_000, DEFAULT_KEY_CACHE)?;
        Ok(Settings {
            addr,
            gate_addr: self.gate_addr(addr)?,
            gate_token: self.long_token(&table::GATE_TOKEN, &table::GATE_TOKEN_FILE)?,
            metrics_addr: self.metrics_addr(addr)?,
            traces: self.traces(cfg!(feature = "otlp"))?,
            shutdown_delay: Duration::from_secs(self.number(&table::SHUTDOWN_DELAY, 0..=300, 0)?),
            public_url: self.public_url(addr)?,
            cors_origins: self.cors_origins()?,
            sign_in: self.sign_in(addr)?,
            allowed_email_domains: self.email_domains()?,
            firebase: self.firebase()?,
            setup_token: self.long_token(&table::SETUP_TOKEN, &table::SETUP_TOKEN_FILE)?,
            brand: brand.map_err(|e| BadSetting(format!("{}: {e}", self.name(&table::BRAND))))?,
            trusted_proxies: usize::try_from(proxies).unwrap_or_default(),
            attempts: self.attempts()?,
            key_cache: usize::try_from(key_cache).unwrap_or_default(),
            access_log: self.access_log()?,
        })
    }

    /// The number of connections to a Postgres database.
    ///
    /// # Errors
    /// If the setting is not a number from 2 to 1000.
    pub fn database_connections(&self) -> Result<u32, BadSetting> {
        let default = engine::DEFAULT_CONNECTIONS;
        let number = self.number(
            &table::DATABASE_CONNECTIONS,
            2..=1_000,
            default.into(),
        )?;
        Ok(u32::try_from(number).unwrap_or(default))
    }

    fn access_log(&self) -> Result<AccessLog, BadSetting> {
        let text = self.text(&table::ACCESS_LOG)?.unwrap_or("errors");
        text.parse()
            .map_err(|_| self.bad(&table::ACCESS_LOG, "must be all, errors or none"))
    }

    fn attempts(&self) -> Result<Limits, BadSetting> {
        let Limits {
            credentials,
            secrets,
        } = Limits::default();
        let limit = |setting, default: u32| {
            let number = self.number(setting, 0..=1_000_000, default.into())?;
            Ok(u32::try_from(number).unwrap_or(default))
        };
        Ok(Limits {
            credentials: limit(&table::AUTH_FAILURES_PER_MINUTE, credentials)?,
            secrets: limit(&table::SETUP_FAILURES_PER_MINUTE, secrets)?,
        })
    }

    /// The address to listen on.
    ///
    /// # Errors
    /// If it is not an IP address and a port.
    pub fn addr(&self) -> Result<SocketAddr, BadSetting> {
        let text = self
            .text(&table::ADDR)?
            .unwrap_or("127.0.0.1:3000");
        self.address(&table::ADDR, text)
    }

    fn gate_addr(&self, addr: SocketAddr) -> Result<Option<GateAddr>, BadSetting> {
        let Some(text) = self.text(&table::GATE_ADDR)? else {
            return Ok(None);
        };
        if let Some(path) = text.strip_prefix(UNIX) {
            if path.is_empty() || cfg!(not(unix)) {
                let why = "must have a path after unix:, on a system with Unix sockets";
                return Err(self.bad(&table::GATE_ADDR, why));
            }
            return Ok(Some(GateAddr::Unix(path.into())));
        }
        let gate_addr = self.other_address(&table::GATE_ADDR, text, addr, "has the gates too")?;
        Ok(Some(GateAddr::Ip(gate_addr)))
    }

    fn metrics_addr(&self, addr: SocketAddr) -> Result<Option<SocketAddr>, BadSetting> {
        let Some(text) = self.text(&table::METRICS_ADDR)? else {
            return Ok(None);
        };
        let metrics_addr =
            self.other_address(&table::METRICS_ADDR, text, addr, "everyone can reach")?;
        Ok(Some(metrics_addr))
    }

    /// An address other than the one of the dashboard and the API. `why` says what is wrong with that
    /// one.
    fn other_address(
        &self,
        setting: &'static Setting,
        text: &str,
        addr: SocketAddr,
        why: &str,
    ) -> Result<SocketAddr, BadSetting> {
        let other = self.address(setting, text)?;
        if other == addr && addr.port() != 0 {
            let name = self.name(&table::ADDR);
            return Err(self.bad(
                setting,
                format!("must be another address than {name}, which {why}"),
            ));
        }
        Ok(other)
    }

    fn address(&self, setting: &'static Setting, text: &str) -> Result<SocketAddr, BadSetting> {
        let wrong = |_| {
            let why = format!(
                "must be an IP address and a port, such as 127.0.0.1:3000, not {}",
                quoted(text)
            );
            self.bad(setting, why)
        };
        text.parse().map_err(wrong)
    }

    fn public_url(&self, addr: SocketAddr) -> Result<String, BadSetting> {
        let bad = |why: &str| self.bad(&table::PUBLIC_URL, why);
        let Some(given) = self.text(&table::PUBLIC_URL)? else {
            if addr.ip().is_loopback() {
                return Ok(format!("http://{addr}"));
            }
            let name = self.name(&table::ADDR);
            return Err(bad(&format!(
                "must be set because {name} is not a loopback address"
            )));
        };
        let url: Url = given
            .parse()
            .map_err(|_| bad("is not a URL; it must be https://HOST without a path"))?;
        if !is_origin(&url) {
            return Err(bad("must be https://HOST without a path"));
        }
        if url.scheme() == "http" && !is_loopback(&url) && !self.yes(&table::ALLOW_HTTP)? {
            let allow = table::ALLOW_HTTP.full_name();
            return Err(bad(&format!(
                "must begin with https:// unless its host is on loopback (or set {allow})"
            )));
        }
        Ok(url.origin().ascii_serialization())
    }

    fn firebase(&self) -> Result<Option<(String, Option<Url>)>, BadSetting> {
        let jwks = self
            .text(&table::FIREBASE_JWKS_URL)?
            .map(str::parse)
            .transpose();
        let jwks = jwks.map_err(|_| self.bad(&table::FIREBASE_JWKS_URL, "is not a URL"))?;
        match self.text(&table::FIREBASE_PROJECT_ID)? {
            Some(project) => Ok(Some((project.to_owned(), jwks))),
            None if jwks.is_some() => {
                Err(self.needs(&table::FIREBASE_JWKS_URL, &table::FIREBASE_PROJECT_ID))
            }
            None => Ok(None),
        }
    }

    /// A token that nobody is to guess, from its own setting or from a file.
    fn long_token(
        &self,
        setting: &'static Setting,
        file: &'static Setting,
    ) -> Result<Option<SecretString>, BadSetting> {
        let token = self.secret(setting, file)?;
        if token
            .as_ref()
            .is_some_and(|token| token.expose_secret().len() < MIN_TOKEN_LENGTH)
        {
            let given = if self.has(setting) { setting } else { file };
            return Err(self.bad(
                given,
                format!("must have at least {MIN_TOKEN_LENGTH} characters"),
            ));
        }
        Ok(token)
    }
}
