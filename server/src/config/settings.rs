//! Settings that fit together, for serving.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use domain::token::Brand;
use engine::attempts::Limits;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::options::{Options, quoted};
use super::sign_in::SignIn;
use super::values::is_loopback;
use super::{BadSetting, table};

/// The database where none is named.
const DATABASE: &str = "sqlite://data/roundtable.db";
/// The journal beside a database that is no file.
const JOURNAL: &str = "data/roundtable.journal";
const SHORTEST_SETUP_TOKEN: usize = 16;

/// Settings that fit together.
pub struct Settings {
    /// Where to listen.
    pub addr: SocketAddr,
    /// `scheme://host[:port]`, no slash at the end.
    pub public_url: String,
    /// Who signs people in.
    pub sign_in: SignIn,
    /// The domains of which a verified e-mail must be; none for no such rule.
    pub allowed_email_domains: Vec<String>,
    /// Checks ID tokens on the API, if a Firebase project is configured.
    pub firebase: Option<(String, Option<Url>)>,
    /// Token for setting up an empty installation, if the operator chose one.
    pub setup_token: Option<SecretString>,
    /// First word of new keys.
    pub brand: Brand,
    /// Reverse proxies in front.
    pub trusted_proxies: usize,
    /// How many attempts of one client may fail in a minute.
    pub attempts: Limits,
}

impl Settings {
    /// Every domain that people may sign in from, as they are told it; none if anyone may.
    pub fn allowed_domains(&self) -> Vec<String> {
        let hosted = match &self.sign_in {
            SignIn::Provider { hosted_domain, .. } => hosted_domain.clone(),
            SignIn::Standin => None,
        };
        // Who must be of the hosted domain and of one of the others is told the others: they are the narrower rule.
        if self.allowed_email_domains.is_empty() {
            hosted.into_iter().collect()
        } else {
            self.allowed_email_domains.clone()
        }
    }
}

impl Options {
    /// Address of the database.
    ///
    /// # Errors
    /// When it is of another kind than those there are. The address itself may hold a password and is not shown.
    pub fn database_url(&self) -> Result<&str, BadSetting> {
        let url = self.text(&table::DATABASE_URL)?.unwrap_or(DATABASE);
        let known = ["sqlite:", "postgres://", "postgresql://"]
            .iter()
            .any(|scheme| url.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()));
        known
            .then_some(url)
            .ok_or_else(|| self.bad(&table::DATABASE_URL, "must be sqlite://PATH or postgres://USER@HOST/DATABASE"))
    }

    /// The file of the revocation journal, beside the database where none is named.
    ///
    /// # Errors
    /// When the setting holds a line break or the like.
    pub fn journal_file(&self, database: Option<&Path>) -> Result<PathBuf, BadSetting> {
        let beside = || database.map_or_else(|| JOURNAL.into(), |file| file.with_added_extension("journal"));
        Ok(self.text(&table::JOURNAL_FILE)?.map_or_else(beside, PathBuf::from))
    }

    /// Settings for serving.
    ///
    /// # Errors
    /// One sentence about the first that will not do.
    pub fn settings(&self) -> Result<Settings, BadSetting> {
        let addr = self.addr()?;
        let brand = self.text(&table::BRAND)?.unwrap_or("rt").parse();
        let proxies = self.number(&table::TRUSTED_PROXIES, 0..=100, 0)?;
        Ok(Settings {
            addr,
            public_url: self.public_url(addr)?,
            sign_in: self.sign_in(addr)?,
            allowed_email_domains: self.email_domains()?,
            firebase: self.firebase()?,
            setup_token: self.setup_token()?,
            brand: brand.map_err(|e| BadSetting(format!("{}: {e}", self.name(&table::BRAND))))?,
            trusted_proxies: usize::try_from(proxies).unwrap_or_default(),
            attempts: self.attempts()?,
        })
    }

    fn attempts(&self) -> Result<Limits, BadSetting> {
        let Limits { credentials, secrets } = Limits::default();
        let limit = |setting, default: u32| {
            let number = self.number(setting, 0..=1_000_000, default.into())?;
            Ok(u32::try_from(number).unwrap_or(default))
        };
        Ok(Limits {
            credentials: limit(&table::AUTH_FAILURES_PER_MINUTE, credentials)?,
            secrets: limit(&table::SETUP_FAILURES_PER_MINUTE, secrets)?,
        })
    }

    fn addr(&self) -> Result<SocketAddr, BadSetting> {
        let text = self.text(&table::ADDR)?.unwrap_or("127.0.0.1:3000");
        let wrong = |_| {
            let why = format!("must be an IP address and a port, such as 127.0.0.1:3000, not {}", quoted(text));
            self.bad(&table::ADDR, why)
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
            return Err(bad(&format!("must be set, because {name} is not an address of this machine alone")));
        };
        let url: Url = given.parse().map_err(|_| bad("is no address; it must be https://HOST without a path"))?;
        let alone = url.username().is_empty() && url.password().is_none();
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && alone;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() || !bare {
            return Err(bad("must be https://HOST without a path"));
        }
        if url.scheme() == "http" && !is_loopback(&url) && !self.yes(&table::ALLOW_HTTP)? {
            let allow = table::ALLOW_HTTP.full_name();
            return Err(bad(&format!("must begin with https:// beyond this machine (or set {allow})")));
        }
        Ok(url.origin().ascii_serialization())
    }

    fn firebase(&self) -> Result<Option<(String, Option<Url>)>, BadSetting> {
        let jwks = self.text(&table::FIREBASE_JWKS_URL)?.map(str::parse).transpose();
        let jwks = jwks.map_err(|_| self.bad(&table::FIREBASE_JWKS_URL, "is no address"))?;
        match self.text(&table::FIREBASE_PROJECT_ID)? {
            Some(project) => Ok(Some((project.to_owned(), jwks))),
            None if jwks.is_some() => Err(self.needs(&table::FIREBASE_JWKS_URL, &table::FIREBASE_PROJECT_ID)),
            None => Ok(None),
        }
    }

    fn setup_token(&self) -> Result<Option<SecretString>, BadSetting> {
        let token = self.secret(&table::SETUP_TOKEN, &table::SETUP_TOKEN_FILE)?;
        if token.as_ref().is_some_and(|token| token.expose_secret().len() < SHORTEST_SETUP_TOKEN) {
            let setting = if self.has(&table::SETUP_TOKEN) { &table::SETUP_TOKEN } else { &table::SETUP_TOKEN_FILE };
            return Err(self.bad(setting, format!("must hold at least {SHORTEST_SETUP_TOKEN} characters")));
        }
        Ok(token)
    }
}
