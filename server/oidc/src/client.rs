use std::sync::Arc;

use oauth2::{
    AuthUrl, ClientId, CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, basic::BasicClient,
};
use secrecy::SecretString;
use serde_json::{Map, Value};
use tokio::time::timeout;
use url::Url;

use crate::{
    Clock, Failure, Flow, Identity, SetupError,
    claims::{self, Rules},
    discovery::{Discovery, Provider},
    exchange::{self, Tokens},
    identity,
    token::Unverified,
    userinfo, web,
};

const GOOGLE: &str = "https://accounts.google.com";
const GOOGLE_BARE: &str = "accounts.google.com";
/// Longer ago than any sign-in at a provider is remembered: ten years.
const ANY_AGE_SECONDS: &str = "315360000";

/// How we are known to an OpenID provider.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The provider's issuer, exactly as it spells itself; https, or http on loopback.
    pub issuer: String,
    /// Our client id at the provider.
    pub client_id: String,
    /// Our secret, when the provider gave one.
    pub client_secret: Option<SecretString>,
    /// Where the provider sends the browser back to, exactly as registered.
    pub redirect_uri: Url,
    /// The only Google Workspace domain (`hd`) whose people may sign in, in lower case.
    pub hosted_domain: Option<String>,
    /// The domains of which a verified e-mail must be, in lower case; none for no such rule.
    pub allowed_email_domains: Vec<String>,
}

/// Signs people in at one OpenID provider. Cheap to clone; clones share what was fetched.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    settings: Settings,
    rules: Rules,
    discovery: Discovery,
    http: reqwest::Client,
    clock: Clock,
}

impl Client {
    /// Makes a client. Nothing is fetched until the first sign-in.
    ///
    /// # Errors
    /// When the issuer is no acceptable address, the client id is empty, or the HTTP client cannot be made.
    pub fn new(settings: Settings, clock: Clock) -> Result<Self, SetupError> {
        let address = issuer_address(&settings.issuer)?;
        if settings.client_id.is_empty() {
            return Err(SetupError::EmptyClientId);
        }
        let http = web::http_client(&address)?;
        let issuer = settings.issuer.clone();
        let discovery = Discovery::new(issuer, address, http.clone(), clock.clone());
        let rules = rules(&settings);
        Ok(Self(Arc::new(Inner { settings, rules, discovery, http, clock })))
    }

    /// The address to send the browser to. The provider's description is fetched when an hour old.
    ///
    /// # Errors
    /// [`Failure::BadFlow`], or an outage.
    pub async fn authorization_url(&self, flow: &Flow) -> Result<Url, Failure> {
        flow.check()?;
        let Inner { settings, discovery, .. } = &*self.0;
        let provider = in_time(discovery.provider()).await?;
        let verifier = PkceCodeVerifier::new(flow.pkce_verifier.clone());
        let client = BasicClient::new(ClientId::new(settings.client_id.clone()))
            .set_auth_uri(AuthUrl::from_url(provider.authorization_endpoint.clone()))
            .set_redirect_uri(RedirectUrl::from_url(settings.redirect_uri.clone()));
        let mut request = client
            .authorize_url(|| CsrfToken::new(flow.state.clone()))
            .add_scopes(["openid", "email", "profile"].map(|name| Scope::new(name.into())))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .add_extra_param("nonce", flow.nonce.clone());
        if let Some(domain) = &settings.hosted_domain {
            request = request.add_extra_param("hd", domain.clone());
        }
        // Google has no way to ask for the password again, but has the person choose their account anew. Others are asked
        // in any case, for some say when the person signed in only to whoever sets a limit.
        request = match (flow.fresh_since, settings.issuer == GOOGLE) {
            (None, true) => request,
            (None, false) => request.add_extra_param("max_age", ANY_AGE_SECONDS),
            (Some(_), true) => request.add_extra_param("prompt", "select_account"),
            (Some(_), false) => request.add_extra_param("prompt", "login").add_extra_param("max_age", "0"),
        };
        Ok(request.url().0)
    }

    /// Asks the provider for its description, so that what is wrong shows before the first sign-in.
    ///
    /// # Errors
    /// An outage, of which [`Failure::DiscoveryMismatch`] is one.
    pub async fn look(&self) -> Result<(), Failure> {
        in_time(self.0.discovery.provider()).await.map(drop)
    }

    /// Exchanges the code for an ID token and checks it, in at most 10 seconds. `iss_param` is the redirect's `iss`.
    ///
    /// # Errors
    /// One variant for each rule that is broken; [`Failure::is_outage`] when the provider is at fault.
    pub async fn finish(&self, code: &str, iss_param: Option<&str>, flow: &Flow) -> Result<Identity, Failure> {
        flow.check()?;
        in_time(self.exchange_then_check(code, iss_param, flow)).await
    }

    async fn exchange_then_check(&self, code: &str, iss_param: Option<&str>, flow: &Flow) -> Result<Identity, Failure> {
        let provider = self.0.discovery.provider().await?;
        match iss_param {
            Some(issuer) if issuer != self.0.settings.issuer => Err(Failure::WrongIssuerParameter),
            None if provider.names_issuer => Err(Failure::WrongIssuerParameter),
            _ => Ok(()),
        }?;
        let Inner { settings, http, .. } = &*self.0;
        let tokens = exchange::tokens(settings, http, &provider, code, flow).await?;
        self.check(&provider, &tokens, flow).await
    }

    async fn check(&self, provider: &Provider, tokens: &Tokens, flow: &Flow) -> Result<Identity, Failure> {
        let Inner { settings, rules, clock, http, .. } = &*self.0;
        let mut claims = provider.keys.verify(&Unverified::read(&tokens.id)?).await?;
        let now_seconds = clock().div_euclid(1000);
        rules.check(&claims, now_seconds)?;
        claims::check_nonce(&claims, &flow.nonce)?;
        // Google never says when, so there it is now that the person signed in; what others do not say stays unknown.
        let unsaid = (settings.issuer == GOOGLE).then_some(now_seconds);
        let signed_in_at = claims::auth_time(&claims, now_seconds)?.or(unsaid);
        if let Some(since) = flow.fresh_since {
            claims::check_fresh(signed_in_at, since)?;
        }
        if let Some(domain) = &settings.hosted_domain {
            claims::check_hosted_domain(&claims, domain)?;
        }
        userinfo::complete(&mut claims, provider.userinfo_endpoint.as_ref(), http, tokens).await?;
        let identity = identify(settings, &claims, signed_in_at)?;
        if identity.email.is_none() {
            userinfo::log_unconfirmed(&claims);
        }
        identity.check_email_domain(&settings.allowed_email_domains)?;
        Ok(identity)
    }
}

/// Waits for 10 seconds, however many requests or other waiters are in the way.
async fn in_time<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let late = |_| Failure::ProviderUnreachable("took longer than 10 seconds".into());
    timeout(web::PATIENCE, work).await.map_err(late)?
}

fn identify(settings: &Settings, claims: &Map<String, Value>, signed_in_at: Option<i64>) -> Result<Identity, Failure> {
    Ok(Identity {
        issuer: settings.issuer.clone(),
        subject: claims::subject(claims)?.to_owned(),
        email: identity::verified_email(claims),
        name: identity::shown_name(claims),
        signed_in_at,
    })
}

/// Google, and only Google, may also spell its issuer without the scheme.
fn rules(settings: &Settings) -> Rules {
    let mut issuers = vec![settings.issuer.clone()];
    if settings.issuer == GOOGLE {
        issuers.push(GOOGLE_BARE.into());
    }
    Rules { issuers, audience: settings.client_id.clone() }
}

fn issuer_address(issuer: &str) -> Result<Url, SetupError> {
    let address = Url::parse(issuer).map_err(|_| SetupError::BadAddress("the issuer"))?;
    if web::is_secure(&address, true) && address.query().is_none() {
        Ok(address)
    } else {
        Err(SetupError::BadAddress("the issuer"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issuers(issuer: &str) -> Vec<String> {
        rules(&Settings {
            issuer: issuer.into(),
            client_id: "us".into(),
            client_secret: None,
            redirect_uri: Url::parse("http://localhost/return").unwrap(),
            hosted_domain: None,
            allowed_email_domains: Vec::new(),
        })
        .issuers
    }

    #[test]
    fn only_google_may_spell_its_issuer_without_scheme() {
        assert_eq!(issuers(GOOGLE), [GOOGLE, GOOGLE_BARE]);
        assert_eq!(issuers("https://id.example.com"), ["https://id.example.com"]);
        assert_eq!(issuers("https://accounts.google.com/"), ["https://accounts.google.com/"]);
    }

    #[test]
    fn an_issuer_is_https_or_on_loopback() {
        for good in [GOOGLE, "http://127.0.0.1:1/x", "http://[::1]:1", "http://localhost"] {
            assert!(issuer_address(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "accounts.google.com",
            "http://example.com",
            "http://127.0.0.1.example.com",
            "ftp://localhost",
            "https://a@example.com",
            "https://example.com/?a",
            "https://example.com/#a",
            "file:///etc/passwd",
        ] {
            assert!(issuer_address(bad).is_err(), "{bad}");
        }
    }
}
