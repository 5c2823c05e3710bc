//! Settings: by flag, by environment (`ROUNDTABLE_…`) or in one TOML file, in that order. Wrong or missing ones end
//! the start with one sentence and exit code 78, before the port opens.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use domain::token::Brand;
use engine::attempts::Limits;
use engine::keyring::MasterKey;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

/// The provider that signs people in where none is named.
const GOOGLE: &str = "https://accounts.google.com";

/// What the operator said.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// TOML file with any of these settings, named as the flags are with underscores
    #[arg(long, env = "ROUNDTABLE_CONFIG", global = true)]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// Address to listen on [default: 127.0.0.1:3000]
    #[arg(long, env = "ROUNDTABLE_ADDR", global = true)]
    pub addr: Option<String>,
    /// sqlite://PATH or postgres://… [default: sqlite://data/roundtable.db]
    #[arg(long, env = "ROUNDTABLE_DATABASE_URL", hide_env_values = true, global = true)]
    pub database_url: Option<String>,
    /// File with the 32-byte master key (0400 or 0600) [default: data/master.key if there is one]
    #[arg(long, env = "ROUNDTABLE_MASTER_KEY_FILE", global = true)]
    pub master_key_file: Option<PathBuf>,
    /// The master key itself, in hex or base64; a file is better
    #[arg(skip)]
    pub master_key: Option<String>,
    /// File with the previous master key, while it is being replaced
    #[arg(long, env = "ROUNDTABLE_PREVIOUS_MASTER_KEY_FILE", global = true)]
    pub previous_master_key_file: Option<PathBuf>,
    /// Accept a master key file that others may read, such as a mounted secret
    #[arg(long, env = "ROUNDTABLE_ALLOW_OPEN_KEY_FILE", global = true)]
    pub allow_open_key_file: bool,
    /// Address people type into their browser [default: http://ADDR]
    #[arg(long, env = "ROUNDTABLE_PUBLIC_URL", global = true)]
    pub public_url: Option<String>,
    /// Serve plain HTTP beyond this machine (only where the network itself is trusted)
    #[arg(long, env = "ROUNDTABLE_ALLOW_HTTP", global = true)]
    pub allow_http: bool,
    /// Token for setting up an empty installation [default: made and printed at the start]
    #[arg(skip)]
    pub setup_token: Option<String>,
    /// OpenID provider that signs people in [default: https://accounts.google.com]
    #[arg(long, env = "ROUNDTABLE_OIDC_ISSUER", global = true)]
    pub oidc_issuer: Option<String>,
    /// Client id at that provider
    #[arg(long, env = "ROUNDTABLE_GOOGLE_CLIENT_ID", global = true)]
    pub google_client_id: Option<String>,
    /// Client secret at that provider; a file is better
    #[arg(skip)]
    pub google_client_secret: Option<String>,
    /// File with the client secret
    #[arg(long, env = "ROUNDTABLE_GOOGLE_CLIENT_SECRET_FILE", global = true)]
    pub google_client_secret_file: Option<PathBuf>,
    /// Let in only people of this hosted domain (`hd` in the ID token)
    #[arg(long, env = "ROUNDTABLE_HOSTED_DOMAIN", global = true)]
    pub hosted_domain: Option<String>,
    /// Let in only people whose verified e-mail is of one of these domains, separated by commas
    #[arg(long, env = "ROUNDTABLE_ALLOWED_EMAIL_DOMAINS", global = true)]
    pub allowed_email_domains: Option<String>,
    /// Accept ID tokens of this Firebase project on the API
    #[arg(long, env = "ROUNDTABLE_FIREBASE_PROJECT_ID", global = true)]
    pub firebase_project_id: Option<String>,
    /// Where that project's token keys are published
    #[arg(long, env = "ROUNDTABLE_FIREBASE_JWKS_URL", global = true)]
    pub firebase_jwks_url: Option<String>,
    /// First word of new keys [default: rt]
    #[arg(long, env = "ROUNDTABLE_BRAND", global = true)]
    pub brand: Option<String>,
    /// How many reverse proxies in front append to X-Forwarded-For [default: 0]
    #[arg(long, env = "ROUNDTABLE_TRUSTED_PROXIES", global = true)]
    pub trusted_proxies: Option<usize>,
    /// How many keys, tokens, sessions and sign-ins of one client may fail in a minute; 0 for any number [default: 60]
    #[arg(long, env = "ROUNDTABLE_AUTH_FAILURES_PER_MINUTE", global = true)]
    pub auth_failures_per_minute: Option<u32>,
    /// The same for the setup token and invitations [default: 10]
    #[arg(long, env = "ROUNDTABLE_SETUP_FAILURES_PER_MINUTE", global = true)]
    pub setup_failures_per_minute: Option<u32>,
    /// `text` or `json` [default: text]
    #[arg(long, env = "ROUNDTABLE_LOG_FORMAT", global = true)]
    pub log_format: Option<String>,
}

/// A setting that will not do, in one sentence.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadSetting(pub String);

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

/// Who signs people in.
pub enum SignIn {
    /// The stand-in provider, on this machine only.
    Standin,
    /// A real provider.
    Provider {
        /// Its issuer.
        issuer: String,
        /// Our client id there.
        client_id: String,
        /// Our secret there.
        client_secret: Option<SecretString>,
        /// The only hosted domain that is let in.
        hosted_domain: Option<String>,
    },
}

impl SignIn {
    /// The host of the provider, where it is not Google: people are told where they go.
    pub fn host(&self) -> Option<String> {
        let Self::Provider { issuer, .. } = self else { return None };
        let host = Url::parse(issuer).ok()?.host_str()?.to_owned();
        Some(host).filter(|_| issuer != GOOGLE)
    }
}

impl Options {
    /// Adds what the file says where neither flag nor environment does, and secrets from the environment.
    ///
    /// # Errors
    /// When the file cannot be read or holds an unknown setting.
    pub fn complete(self) -> Result<Self, BadSetting> {
        let file = match &self.config {
            None => Self::default(),
            Some(path) => toml::from_str(&read(path, "the settings file")?)
                .map_err(|e| BadSetting(format!("the settings file {} is wrong: {}", path.display(), e.message())))?,
        };
        Ok(Self {
            config: self.config,
            addr: self.addr.or(file.addr),
            database_url: self.database_url.or(file.database_url),
            master_key_file: self.master_key_file.or(file.master_key_file),
            master_key: secret("ROUNDTABLE_MASTER_KEY").or(file.master_key),
            previous_master_key_file: self.previous_master_key_file.or(file.previous_master_key_file),
            allow_open_key_file: self.allow_open_key_file || file.allow_open_key_file,
            public_url: self.public_url.or(file.public_url),
            allow_http: self.allow_http || file.allow_http,
            setup_token: secret("ROUNDTABLE_SETUP_TOKEN").or(file.setup_token),
            oidc_issuer: self.oidc_issuer.or(file.oidc_issuer),
            google_client_id: self.google_client_id.or(file.google_client_id),
            google_client_secret: secret("ROUNDTABLE_GOOGLE_CLIENT_SECRET").or(file.google_client_secret),
            google_client_secret_file: self.google_client_secret_file.or(file.google_client_secret_file),
            hosted_domain: self.hosted_domain.or(file.hosted_domain),
            allowed_email_domains: self.allowed_email_domains.or(file.allowed_email_domains),
            firebase_project_id: self.firebase_project_id.or(file.firebase_project_id),
            firebase_jwks_url: self.firebase_jwks_url.or(file.firebase_jwks_url),
            brand: self.brand.or(file.brand),
            trusted_proxies: self.trusted_proxies.or(file.trusted_proxies),
            auth_failures_per_minute: self.auth_failures_per_minute.or(file.auth_failures_per_minute),
            setup_failures_per_minute: self.setup_failures_per_minute.or(file.setup_failures_per_minute),
            log_format: self.log_format.or(file.log_format),
        })
    }

    /// Address of the database.
    pub fn database_url(&self) -> &str {
        self.database_url.as_deref().unwrap_or("sqlite://data/roundtable.db")
    }

    /// Where the master key is read from, if it is a file.
    pub fn master_key_path(&self) -> PathBuf {
        self.master_key_file.clone().unwrap_or_else(|| PathBuf::from("data/master.key"))
    }

    /// The master key.
    ///
    /// # Errors
    /// When there is none, two, or one that is no good.
    pub fn master_key(&self) -> Result<MasterKey, BadSetting> {
        match (&self.master_key, &self.master_key_file) {
            (Some(_), Some(_)) => Err(BadSetting("give the master key as a file or as a value, not both".into())),
            (Some(value), None) => MasterKey::read(value.as_bytes()).map_err(|e| BadSetting(e.to_string())),
            (None, _) if !self.master_key_path().exists() => Err(BadSetting(format!(
                "there is no master key: set ROUNDTABLE_MASTER_KEY_FILE (looked for {})",
                self.master_key_path().display()
            ))),
            (None, _) => key_file(&self.master_key_path(), self.allow_open_key_file),
        }
    }

    /// The previous master key, if one is given.
    ///
    /// # Errors
    /// When it is no good.
    pub fn previous_master_key(&self) -> Result<Option<MasterKey>, BadSetting> {
        self.previous_master_key_file.as_deref().map(|path| key_file(path, self.allow_open_key_file)).transpose()
    }

    /// Settings for serving.
    ///
    /// # Errors
    /// One sentence about the first that will not do.
    pub fn settings(&self) -> Result<Settings, BadSetting> {
        let addr = self.addr.as_deref().unwrap_or("127.0.0.1:3000");
        let addr: SocketAddr =
            addr.parse().map_err(|_| BadSetting(format!("ADDR must be an address and a port, not {addr}")))?;
        let brand = self.brand.as_deref().unwrap_or("rt").parse().map_err(|e| BadSetting(format!("BRAND: {e}")))?;
        Ok(Settings {
            addr,
            public_url: self.checked_public_url(addr)?,
            sign_in: self.sign_in(addr)?,
            allowed_email_domains: self.email_domains()?,
            firebase: self.firebase()?,
            setup_token: self.checked_setup_token()?,
            brand,
            trusted_proxies: self.trusted_proxies.unwrap_or(0),
            attempts: self.attempts(),
        })
    }

    fn attempts(&self) -> Limits {
        let Limits { credentials, secrets } = Limits::default();
        Limits {
            credentials: self.auth_failures_per_minute.unwrap_or(credentials),
            secrets: self.setup_failures_per_minute.unwrap_or(secrets),
        }
    }

    fn checked_public_url(&self, addr: SocketAddr) -> Result<String, BadSetting> {
        let given = self.public_url.clone().unwrap_or_else(|| format!("http://{addr}"));
        let url: Url = given.parse().map_err(|_| BadSetting(format!("PUBLIC_URL is no address: {given}")))?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() || !bare {
            return Err(BadSetting("PUBLIC_URL must be https://HOST without a path".into()));
        }
        if url.scheme() == "http" && !is_loopback(&url) && !self.allow_http {
            return Err(BadSetting(
                "PUBLIC_URL must begin with https:// beyond this machine (or set ALLOW_HTTP)".into(),
            ));
        }
        if !addr.ip().is_loopback() && self.public_url.is_none() {
            return Err(BadSetting("PUBLIC_URL must be set when ADDR is not on this machine alone".into()));
        }
        Ok(url.origin().ascii_serialization())
    }

    fn sign_in(&self, addr: SocketAddr) -> Result<SignIn, BadSetting> {
        let Some(client_id) = self.google_client_id.clone() else {
            if self.oidc_issuer.is_some() {
                return Err(BadSetting("OIDC_ISSUER needs GOOGLE_CLIENT_ID, the client id at that provider".into()));
            }
            if !addr.ip().is_loopback() {
                let why = "set GOOGLE_CLIENT_ID: without a sign-in provider the server only listens on 127.0.0.1";
                return Err(BadSetting(why.into()));
            }
            return Ok(SignIn::Standin);
        };
        let secret = match (&self.google_client_secret, &self.google_client_secret_file) {
            (Some(_), Some(_)) => {
                return Err(BadSetting("give the client secret as a file or as a value, not both".into()));
            }
            (None, Some(path)) => Some(read(path, "the client secret")?.trim().to_owned()),
            (value, None) => value.clone(),
        };
        Ok(SignIn::Provider {
            issuer: self.oidc_issuer.clone().unwrap_or_else(|| GOOGLE.into()),
            client_id,
            client_secret: secret.map(SecretString::from),
            hosted_domain: self.hosted_domain.clone(),
        })
    }

    fn email_domains(&self) -> Result<Vec<String>, BadSetting> {
        let list = self.allowed_email_domains.as_deref().unwrap_or_default();
        let domains = list.split(',').map(|domain| domain.trim().to_ascii_lowercase()).filter(|one| !one.is_empty());
        let domains: Vec<_> = domains.collect();
        match domains.iter().find(|domain| !is_domain(domain)) {
            Some(bad) => Err(BadSetting(format!("ALLOWED_EMAIL_DOMAINS: {bad} is no domain, like example.com"))),
            // A list of nothing would let everybody in, which is hardly what it was written for.
            None if domains.is_empty() && !list.is_empty() => {
                Err(BadSetting("ALLOWED_EMAIL_DOMAINS names no domain; leave it out to let everybody in".into()))
            }
            None => Ok(domains),
        }
    }

    fn firebase(&self) -> Result<Option<(String, Option<Url>)>, BadSetting> {
        let Some(project) = self.firebase_project_id.clone() else { return Ok(None) };
        let jwks = self.firebase_jwks_url.as_deref().map(str::parse).transpose();
        Ok(Some((project, jwks.map_err(|_| BadSetting("FIREBASE_JWKS_URL is no address".into()))?)))
    }

    fn checked_setup_token(&self) -> Result<Option<SecretString>, BadSetting> {
        match &self.setup_token {
            Some(token) if token.len() < 16 => Err(BadSetting("SETUP_TOKEN must have at least 16 characters".into())),
            token => Ok(token.clone().map(SecretString::from)),
        }
    }
}

/// A secret that is given by environment only, so that it never stands in a process list.
fn secret(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Labels of letters, digits and hyphens, at least two; other alphabets in their ASCII form.
fn is_domain(name: &str) -> bool {
    let plain =
        |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    name.len() <= 253 && name.contains('.') && name.split('.').all(plain)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn read(path: &Path, what: &str) -> Result<String, BadSetting> {
    std::fs::read_to_string(path).map_err(|e| BadSetting(format!("cannot read {what} {}: {e}", path.display())))
}

fn key_file(path: &Path, open_allowed: bool) -> Result<MasterKey, BadSetting> {
    let meta = std::fs::symlink_metadata(path)
        .map_err(|e| BadSetting(format!("cannot read the master key file {}: {e}", path.display())))?;
    if !open_allowed && (meta.is_symlink() || others_may_read(&meta)) {
        let why = "must be a plain file that only its owner may read (chmod 600), or set ALLOW_OPEN_KEY_FILE";
        return Err(BadSetting(format!("the master key file {} {why}", path.display())));
    }
    let bytes = std::fs::read(path).map_err(|e| BadSetting(format!("cannot read {}: {e}", path.display())))?;
    MasterKey::read(&bytes).map_err(|e| BadSetting(format!("{}: {e}", path.display())))
}

#[cfg(unix)]
fn others_may_read(meta: &std::fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o077 != 0
}

#[cfg(not(unix))]
const fn others_may_read(_: &std::fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(change: impl Fn(&mut Options)) -> Options {
        let mut options = Options::default();
        change(&mut options);
        options
    }

    fn refusal(change: impl Fn(&mut Options)) -> String {
        options(change).settings().err().map_or_else(String::new, |e| e.to_string())
    }

    #[test]
    fn a_bare_start_listens_on_this_machine_with_the_stand_in() {
        let settings = options(|_| ()).settings().expect("defaults fit");
        assert_eq!(settings.addr.to_string(), "127.0.0.1:3000");
        assert_eq!(settings.public_url, "http://127.0.0.1:3000");
        assert!(matches!(settings.sign_in, SignIn::Standin));
        assert_eq!(settings.attempts, Limits { credentials: 60, secrets: 10 });
    }

    #[test]
    fn limits_of_failed_attempts_are_settings() {
        let settings = options(|o| {
            o.auth_failures_per_minute = Some(0);
            o.setup_failures_per_minute = Some(3);
        });
        let settings = settings.settings().expect("fits");
        assert_eq!(settings.attempts, Limits { credentials: 0, secrets: 3 });
        let file: Options = toml::from_str("auth_failures_per_minute = 7").expect("a setting of the file");
        assert_eq!(file.settings().expect("fits").attempts, Limits { credentials: 7, secrets: 10 });
    }

    // RK-45: beyond this machine the API is offered over HTTPS only.
    #[test]
    fn rk_45_beyond_this_machine_only_https() {
        let beyond = |url: &'static str| {
            refusal(move |o| {
                o.addr = Some("0.0.0.0:3000".into());
                o.google_client_id = Some("id".into());
                o.public_url = Some(url.into());
            })
        };
        assert!(beyond("http://keys.example.com").contains("https://"));
        assert_eq!(beyond("https://keys.example.com"), "");
        assert!(beyond("https://keys.example.com/app").contains("without a path"));
        assert!(beyond("keys").contains("no address"));
    }

    #[test]
    fn the_stand_in_refuses_to_exist_beyond_this_machine() {
        let why = refusal(|o| {
            o.addr = Some("0.0.0.0:3000".into());
            o.public_url = Some("https://keys.example.com".into());
        });
        assert!(why.contains("GOOGLE_CLIENT_ID"), "{why}");
        assert!(refusal(|o| o.oidc_issuer = Some("https://id.example.com".into())).contains("GOOGLE_CLIENT_ID"));
    }

    #[test]
    fn wrong_settings_are_told_in_a_sentence() {
        assert!(refusal(|o| o.addr = Some("here".into())).contains("ADDR"));
        assert!(refusal(|o| o.brand = Some("Not A Brand".into())).contains("BRAND"));
        assert!(refusal(|o| o.setup_token = Some("short".into())).contains("16 characters"));
    }

    #[test]
    fn domains_of_emails_are_a_list() {
        let read = |list: &'static str| options(|o| o.allowed_email_domains = Some(list.into())).settings();
        let domains = |list| read(list).map(|settings| settings.allowed_email_domains).unwrap_or_default();
        assert_eq!(domains("Example.com, xn--bcher-kva.example ,"), ["example.com", "xn--bcher-kva.example"]);
        assert!(options(|_| ()).settings().is_ok_and(|settings| settings.allowed_email_domains.is_empty()));
        for bad in [
            ",",
            " ",
            "example",
            "@example.com",
            "a@example.com",
            "*.example.com",
            "https://example.com",
            "bücher.example",
            "a..b",
        ] {
            assert!(read(bad).is_err_and(|e| e.to_string().contains("ALLOWED_EMAIL_DOMAINS")), "{bad}");
        }
    }

    // Case 11 of the start-up table.
    #[cfg(unix)]
    #[test]
    fn a_key_file_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = std::env::temp_dir().join(format!("rt-config-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("folder");
        let path = folder.join("key");
        std::fs::write(&path, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f").expect("file");
        let mode = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("mode");
        mode(0o644);
        assert!(key_file(&path, false).is_err() && key_file(&path, true).is_ok());
        mode(0o600);
        assert!(key_file(&path, false).is_ok());
        let link = folder.join("link");
        std::os::unix::fs::symlink(&path, &link).expect("link");
        assert!(key_file(&link, false).is_err() && key_file(&link, true).is_ok());
        std::fs::remove_dir_all(&folder).expect("clean");
    }
}
