//! Who signs people in, and who may.

use std::net::SocketAddr;

use secrecy::SecretString;
use url::Url;

use super::BadSetting;
use super::options::{Options, quoted};
use super::table::{self, Setting};
use super::values::{domain, is_loopback};

/// The provider that signs people in where none is named.
const GOOGLE: &str = "https://accounts.google.com";

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
    pub(super) fn sign_in(&self, addr: SocketAddr) -> Result<SignIn, BadSetting> {
        let Some(client_id) = self.text(&table::GOOGLE_CLIENT_ID)? else { return self.stand_in(addr) };
        let issuer = self.issuer()?;
        Ok(SignIn::Provider {
            client_secret: self.client_secret(issuer.is_none())?,
            issuer: issuer.unwrap_or_else(|| GOOGLE.into()),
            client_id: client_id.to_owned(),
            hosted_domain: self.hosted_domain()?,
        })
    }

    /// Without a client at a provider there is the stand-in, and that on this machine only.
    fn stand_in(&self, addr: SocketAddr) -> Result<SignIn, BadSetting> {
        let pointless = [
            &table::OIDC_ISSUER,
            &table::GOOGLE_CLIENT_SECRET,
            &table::GOOGLE_CLIENT_SECRET_FILE,
            &table::PUBLIC_CLIENT,
            &table::HOSTED_DOMAIN,
        ];
        if let Some(setting) = pointless.into_iter().find(|setting| self.has(setting)) {
            return Err(self.needs(setting, &table::GOOGLE_CLIENT_ID));
        }
        let url = self.text(&table::PUBLIC_URL)?.and_then(|url| Url::parse(url).ok());
        if addr.ip().is_loopback() && url.as_ref().is_none_or(is_loopback) {
            return Ok(SignIn::Standin);
        }
        let (id, secret) = (table::GOOGLE_CLIENT_ID.variable(), table::GOOGLE_CLIENT_SECRET_FILE.variable());
        let issuer = table::OIDC_ISSUER.variable();
        Err(BadSetting(format!(
            "to serve beyond this machine set {id} and {secret}, and {issuer} for another provider than Google"
        )))
    }

    fn issuer(&self) -> Result<Option<String>, BadSetting> {
        let Some(issuer) = self.text(&table::OIDC_ISSUER)? else { return Ok(None) };
        let url = Url::parse(issuer).ok();
        let sound = |url: &Url| {
            let secure = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url));
            secure && url.has_host() && url.query().is_none() && url.fragment().is_none() && url.username().is_empty()
        };
        if !url.is_some_and(|url| sound(&url)) {
            let why =
                format!("must be the https:// address by which the provider names itself, not {}", quoted(issuer));
            return Err(self.bad(&table::OIDC_ISSUER, why));
        }
        Ok(Some(issuer.to_owned()))
    }

    /// A client without a secret has to be meant, and Google has none such for web applications.
    fn client_secret(&self, at_google: bool) -> Result<Option<SecretString>, BadSetting> {
        let secret = self.secret(&table::GOOGLE_CLIENT_SECRET, &table::GOOGLE_CLIENT_SECRET_FILE)?;
        let public = self.yes(&table::PUBLIC_CLIENT)?;
        match (&secret, public) {
            (Some(_), true) => Err(self.bad(&table::PUBLIC_CLIENT, "does not go with a client secret")),
            (None, true) if at_google => Err(self.needs(&table::PUBLIC_CLIENT, &table::OIDC_ISSUER)),
            (None, false) => {
                let (file, public) = (table::GOOGLE_CLIENT_SECRET_FILE.full_name(), table::PUBLIC_CLIENT.full_name());
                let public = if at_google { String::new() } else { format!(", or {public} if the client has none") };
                Err(self.bad(&table::GOOGLE_CLIENT_ID, format!("needs the secret of the client: set {file}{public}")))
            }
            _ => Ok(secret),
        }
    }

    fn hosted_domain(&self) -> Result<Option<String>, BadSetting> {
        self.text(&table::HOSTED_DOMAIN)?.map(|text| self.domain(&table::HOSTED_DOMAIN, text)).transpose()
    }

    pub(super) fn email_domains(&self) -> Result<Vec<String>, BadSetting> {
        let setting = &table::ALLOWED_EMAIL_DOMAINS;
        let Some(list) = self.text(setting)? else { return Ok(Vec::new()) };
        let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
        let domains: Vec<_> = names.map(|name| self.domain(setting, name)).collect::<Result<_, _>>()?;
        // A list of nothing would let everybody in, which is hardly what it was written for.
        if domains.is_empty() {
            return Err(self.bad(setting, "names no domain; leave it out to let everybody in"));
        }
        Ok(domains)
    }

    fn domain(&self, setting: &Setting, text: &str) -> Result<String, BadSetting> {
        domain(text)
            .ok_or_else(|| self.bad(setting, format!("must be a domain like example.com, not {}", quoted(text))))
    }

    pub(super) fn needs(&self, one: &Setting, other: &Setting) -> BadSetting {
        self.bad(one, format!("needs {}", other.full_name()))
    }
}
