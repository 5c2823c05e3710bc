//! The identity provider and the users that may sign in.

use std::net::SocketAddr;

use secrecy::SecretString;
use url::Url;

use super::BadSetting;
use super::options::{Options, quoted};
use super::table::{self, Setting};
use super::values::{domain, is_loopback};

/// The default issuer.
const GOOGLE: &str = "https://accounts.google.com";

/// The identity provider.
pub enum SignIn {
    /// The development identity provider. It is available on loopback only.
    Development,
    /// An external OpenID provider.
    Provider {
        /// Its issuer identifier.
        issuer: String,
        /// The client ID of this installation.
        client_id: String,
        /// The client secret of this installation, unless it is a public client.
        client_secret: Option<SecretString>,
        /// The only hosted domain whose users may sign in.
        hosted_domain: Option<String>,
        /// Whether an email counts as verified if the provider does not say whether it is.
        trust_emails: bool,
    },
}

impl SignIn {
    /// The host of a provider other than Google, which the sign-in page shows.
    pub fn host(&self) -> Option<String> {
        let Self::Provider { issuer, .. } = self else {
            return None;
        };
        if issuer == GOOGLE {
            return None;
        }
        Some(Url::parse(issuer).ok()?.host_str()?.to_owned())
    }
}

impl Options {
    pub(super) fn sign_in(&self, addr: SocketAddr) -> Result<SignIn, BadSetting> {
        let Some(client_id) = self.text(&table::GOOGLE_CLIENT_ID)? else {
            return self.development_sign_in(addr);
        };
        let issuer = self.issuer()?;
        Ok(SignIn::Provider {
            client_secret: self.client_secret(issuer.is_none())?,
            issuer: issuer.unwrap_or_else(|| GOOGLE.into()),
            client_id: client_id.to_owned(),
            hosted_domain: self.hosted_domain()?,
            trust_emails: self.yes(&table::OIDC_TRUST_EMAILS)?,
        })
    }

    /// Without a client ID, the development identity provider signs users in. It asks for no
    /// password, so it must not be reachable from other machines.
    fn development_sign_in(&self, addr: SocketAddr) -> Result<SignIn, BadSetting> {
        let need_client_id = [
            &table::OIDC_ISSUER,
            &table::GOOGLE_CLIENT_SECRET,
            &table::GOOGLE_CLIENT_SECRET_FILE,
            &table::PUBLIC_CLIENT,
            &table::HOSTED_DOMAIN,
            &table::OIDC_TRUST_EMAILS,
        ];
        if let Some(setting) = need_client_id
            .into_iter()
            .find(|setting| self.has(setting))
        {
            return Err(self.needs(setting, &table::GOOGLE_CLIENT_ID));
        }
        let url = self
            .text(&table::PUBLIC_URL)?
            .and_then(|url| Url::parse(url).ok());
        if addr.ip().is_loopback() && url.as_ref().is_none_or(is_loopback) {
            return Ok(SignIn::Development);
        }
        let id = table::GOOGLE_CLIENT_ID.full_name();
        let secret = table::GOOGLE_CLIENT_SECRET_FILE.full_name();
        let issuer = table::OIDC_ISSUER.full_name();
        Err(BadSetting(format!(
            "to serve other machines, set {id} and {secret}, and {issuer} for a provider other than Google"
        )))
    }

    fn issuer(&self) -> Result<Option<String>, BadSetting> {
        let Some(issuer) = self.text(&table::OIDC_ISSUER)? else {
            return Ok(None);
        };
        let url = Url::parse(issuer).ok();
        let is_issuer = |url: &Url| {
            let secure = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url));
            secure
                && url.has_host()
                && url.query().is_none()
                && url.fragment().is_none()
                && url.username().is_empty()
        };
        if !url.is_some_and(|url| is_issuer(&url)) {
            let why = format!(
                "must be the issuer of the provider, an https:// URL, not {}",
                quoted(issuer)
            );
            return Err(self.bad(&table::OIDC_ISSUER, why));
        }
        Ok(Some(issuer.to_owned()))
    }

    /// A client without a secret must be declared as public. Google has no public clients for web
    /// applications.
    fn client_secret(&self, at_google: bool) -> Result<Option<SecretString>, BadSetting> {
        let secret = self.secret(
            &table::GOOGLE_CLIENT_SECRET,
            &table::GOOGLE_CLIENT_SECRET_FILE,
        )?;
        let public = self.yes(&table::PUBLIC_CLIENT)?;
        match (&secret, public) {
            (Some(_), true) => Err(self.bad(
                &table::PUBLIC_CLIENT,
                "cannot be combined with a client secret",
            )),
            (None, true) if at_google => {
                Err(self.needs(&table::PUBLIC_CLIENT, &table::OIDC_ISSUER))
            }
            (None, false) => {
                let file = table::GOOGLE_CLIENT_SECRET_FILE.full_name();
                let public = table::PUBLIC_CLIENT.full_name();
                let public = if at_google {
                    String::new()
                } else {
                    format!(", or {public} if the client has none")
                };
                Err(self.bad(
                    &table::GOOGLE_CLIENT_ID,
                    format!("needs the client secret: set {file}{public}"),
                ))
            }
            _ => Ok(secret),
        }
    }

    fn hosted_domain(&self) -> Result<Option<String>, BadSetting> {
        self.text(&table::HOSTED_DOMAIN)?
            .map(|text| self.domain(&table::HOSTED_DOMAIN, text))
            .transpose()
    }

    pub(super) fn email_domains(&self) -> Result<Vec<String>, BadSetting> {
        let setting = &table::ALLOWED_EMAIL_DOMAINS;
        let Some(list) = self.text(setting)? else {
            return Ok(Vec::new());
        };
        let names = list
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty());
        let domains: Vec<_> = names
            .map(|name| self.domain(setting, name))
            .collect::<Result<_, _>>()?;
        // An empty list would let every user in, which the operator hardly wants.
        if domains.is_empty() {
            return Err(self.bad(
                setting,
                "contains no domain; leave it out to let every user in",
            ));
        }
        Ok(domains)
    }

    fn domain(&self, setting: &Setting, text: &str) -> Result<String, BadSetting> {
        domain(text).ok_or_else(|| {
            self.bad(
                setting,
                format!(
                    "must be a domain such as example.com, not {}",
                    quoted(text)
                ),
            )
        })
    }

    pub(super) fn needs(&self, one: &Setting, other: &Setting) -> BadSetting {
        self.bad(one, format!("needs {}", other.full_name()))
    }
}
