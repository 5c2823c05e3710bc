//! The OpenID Connect client: the authorization request, the code exchange and the checks of the ID
//! token.

use std::sync::Arc;

use oauth2::{
    AuthUrl, ClientId, CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
    basic::BasicClient,
};
use serde_json::{Map, Value};
use tokio::time::timeout;
use url::Url;

use crate::{
    Clock, Failure, Flow, Identity, Settings, SetupError,
    claims::{self, Rules},
    discovery::{Discovery, Provider},
    exchange::{self, Tokens},
    identity,
    token::Unverified,
    userinfo, web,
};

const GOOGLE: &str = "https://accounts.google.com";
const GOOGLE_BARE: &str = "accounts.google.com";
/// Ten years: a limit that every sign-in meets.
const ANY_AGE_SECONDS: &str = "315360000";

/// Signs users in at an OpenID provider. Cheap to clone. Clones share the cached metadata.
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
    /// Creates a client. Nothing is fetched until the first sign-in.
    ///
    /// # Errors
    /// If the issuer is not an acceptable URL, the client ID is empty, or the HTTP client cannot be
    /// created.
    pub fn new(settings: Settings, clock: Clock) -> Result<Self, SetupError> {
        let url = issuer_url(&settings.issuer)?;
        if settings.client_id.is_empty() {
            return Err(SetupError::EmptyClientId);
        }
        let http = web::http_client(&url)?;
        let issuer = settings.issuer.clone();
        let discovery = Discovery::new(issuer, url, http.clone(), clock.clone());
        let rules = rules(&settings);
        Ok(Self(Arc::new(Inner {
            settings,
            rules,
            discovery,
            http,
            clock,
        })))
    }

    /// The URL to redirect the browser to. The discovery document is cached for an hour.
    ///
    /// # Errors
    /// [`Failure::BadFlow`], or an outage.
    pub async fn authorization_url(&self, flow: &Flow) -> Result<Url, Failure> {
        flow.check()?;
        let Inner {
            settings,
            discovery,
            ..
        } = &*self.0;
        let provider = in_time(discovery.provider()).await?;
        let verifier = PkceCodeVerifier::new(flow.pkce_verifier.clone());
        let client = BasicClient::new(ClientId::new(settings.client_id.clone()))
            .set_auth_uri(AuthUrl::from_url(
                provider.authorization_endpoint.clone(),
            ))
            .set_redirect_uri(RedirectUrl::from_url(settings.redirect_uri.clone()));
        let mut request = client
            .authorize_url(|| CsrfToken::new(flow.state.clone()))
            .add_scopes(["openid", "email", "profile"].map(|name| Scope::new(name.into())))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(
                &verifier,
            ))
            .add_extra_param("nonce", flow.nonce.clone());
        if let Some(domain) = &settings.hosted_domain {
            request = request.add_extra_param("hd", domain.clone());
        }
        // Google cannot be made to ask for the password again, but it can be made to let the user
        // choose an account. For other providers a limit is always sent, because some report
        // `auth_time` only if the request has `max_age`.
        request = match (flow.fresh_since, settings.issuer == GOOGLE) {
            (None, true) => request,
            (None, false) => request.add_extra_param("max_age", ANY_AGE_SECONDS),
            (Some(_), true) => request.add_extra_param("prompt", "select_account"),
            (Some(_), false) => request
                .add_extra_param("prompt", "login")
                .add_extra_param("max_age", "0"),
        };
        Ok(request.url().0)
    }

    /// Fetches the discovery document, so that a wrong configuration shows before the first
    /// sign-in.
    ///
    /// # Errors
    /// An outage. [`Failure::DiscoveryMismatch`] counts as one.
    pub async fn check_discovery(&self) -> Result<(), Failure> {
        in_time(self.0.discovery.provider())
            .await
            .map(drop)
    }

    /// Exchanges the code for an ID token and checks it, in at most 10 seconds. `iss_param` is the
    /// parameter `iss` of the redirect.
    ///
    /// # Errors
    /// One variant for each check. [`Failure::is_outage`] if the provider is at fault.
    pub async fn finish(
        &self,
        code: &str,
        iss_param: Option<&str>,
        flow: &Flow,
    ) -> Result<Identity, Failure> {
        flow.check()?;
        in_time(self.exchange_then_check(code, iss_param, flow)).await
    }

    async fn exchange_then_check(
        &self,
        code: &str,
        iss_param: Option<&str>,
        flow: &Flow,
    ) -> Result<Identity, Failure> {
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

    async fn check(
        &self,
        provider: &Provider,
        tokens: &Tokens,
        flow: &Flow,
    ) -> Result<Identity, Failure> {
        let Inner {
            settings,
            rules,
            clock,
            http,
            ..
        } = &*self.0;
        let mut claims = provider
            .keys
            .verify(&Unverified::read(&tokens.id)?)
            .await?;
        let now_seconds = clock().div_euclid(1000);
        rules.check(&claims, now_seconds)?;
        claims::check_nonce(&claims, &flow.nonce)?;
        // Google never reports the time, so the current time is used. For other providers a missing
        // time stays unknown.
        let fallback = if settings.issuer == GOOGLE {
            Some(now_seconds)
        } else {
            None
        };
        let signed_in_at = claims::auth_time(&claims, now_seconds)?.or(fallback);
        if let Some(since) = flow.fresh_since {
            claims::check_fresh(signed_in_at, since)?;
        }
        if let Some(domain) = &settings.hosted_domain {
            claims::check_hosted_domain(&claims, domain)?;
        }
        userinfo::complete(
            &mut claims,
            provider.userinfo_endpoint.as_ref(),
            http,
            tokens,
        )
        .await?;
        if settings.trust_emails {
            userinfo::trust_email(&mut claims);
        }
        let identity = identify(settings, &claims, signed_in_at)?;
        if identity.email.is_none() {
            userinfo::log_unconfirmed(&claims);
        }
        identity.check_email_domain(&settings.allowed_email_domains)?;
        Ok(identity)
    }
}

/// Limits the whole operation to 10 seconds, including the time that it waits for other requests.
async fn in_time<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let late = |_| Failure::ProviderUnreachable("took longer than 10 seconds".into());
    timeout(web::TIMEOUT, work).await.map_err(late)?
}

fn identify(
    settings: &Settings,
    claims: &Map<String, Value>,
    signed_in_at: Option<i64>,
) -> Result<Identity, Failure> {
    Ok(Identity {
        issuer: settings.issuer.clone(),
        subject: claims::subject(claims)?.to_owned(),
        email: identity::verified_email(claims),
        name: identity::shown_name(claims),
        signed_in_at,
    })
}

/// Google may use its issuer without the scheme. No other provider may.
fn rules(settings: &Settings) -> Rules {
    let mut issuers = vec![settings.issuer.clone()];
    if settings.issuer == GOOGLE {
        issuers.push(GOOGLE_BARE.into());
    }
    Rules {
        issuers,
        audience: settings.client_id.clone(),
    }
}

fn issuer_url(issuer: &str) -> Result<Url, SetupError> {
    let url = Url::parse(issuer).map_err(|_| SetupError::BadUrl("the issuer"))?;
    if web::is_secure(&url, true) && url.query().is_none() {
        Ok(url)
    } else {
        Err(SetupError::BadUrl("the issuer"))
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
            trust_emails: false,
        })
        .issuers
    }

    #[test]
    fn only_google_may_spell_its_issuer_without_scheme() {
        assert_eq!(issuers(GOOGLE), [GOOGLE, GOOGLE_BARE]);
        assert_eq!(
            issuers("https://id.example.com"),
            ["https://id.example.com"]
        );
        assert_eq!(
            issuers("https://accounts.google.com/"),
            ["https://accounts.google.com/"]
        );
    }

    #[test]
    fn an_issuer_is_https_or_on_loopback() {
        for good in [
            GOOGLE,
            "http://127.0.0.1:1/x",
            "http://[::1]:1",
            "http://localhost",
        ] {
            assert!(issuer_url(good).is_ok(), "{good}");
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
            assert!(issuer_url(bad).is_err(), "{bad}");
        }
    }
}
