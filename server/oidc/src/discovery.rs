//! The discovery document of the provider, cached for an hour.

use std::sync::Arc;

use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use crate::{Clock, Failure, keys::Keys, web};

const HOUR_MS: i64 = 3_600_000;
const MINUTE_MS: i64 = 60_000;
/// The number of characters of a wrong issuer that an error shows.
const MAX_SHOWN_CHARS: usize = 300;

/// The provider's endpoints and keys.
pub(crate) struct Provider {
    pub authorization_endpoint: Url,
    pub token_endpoint: Url,
    /// The endpoint for claims that the ID token lacks.
    pub userinfo_endpoint: Option<Url>,
    pub keys: Arc<Keys>,
    /// Whether to send the client secret in the body, because the provider does not accept it in a
    /// header.
    pub secret_in_body: bool,
    /// Whether every redirect has the parameter `iss` (RFC 9207).
    pub names_issuer: bool,
}

pub(crate) struct Discovery {
    issuer: String,
    url: Url,
    http: reqwest::Client,
    clock: Clock,
    cache: Mutex<Option<Cached>>,
}

struct Cached {
    provider: Arc<Provider>,
    refresh_at: i64,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: Url,
    token_endpoint: Url,
    jwks_uri: Url,
    #[serde(default)]
    userinfo_endpoint: Option<Url>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Discovery {
    /// `url` is the issuer as a URL. `issuer` is the exact text that the document must contain.
    pub fn new(issuer: String, mut url: Url, http: reqwest::Client, clock: Clock) -> Self {
        let path = url.path().trim_end_matches('/');
        url.set_path(&format!("{path}/.well-known/openid-configuration"));
        Self {
            issuer,
            url,
            http,
            clock,
            cache: Mutex::default(),
        }
    }

    /// The metadata of the provider, fetched at most once an hour. While the provider is down, the
    /// cached metadata is used.
    pub async fn provider(&self) -> Result<Arc<Provider>, Failure> {
        let mut cache = self.cache.lock().await;
        let now = (self.clock)();
        if let Some(known) = cache.as_mut() {
            if now < known.refresh_at {
                return Ok(known.provider.clone());
            }
            known.refresh_at = now + MINUTE_MS;
        }
        let fetched = self.fetch().await;
        let known = cache.take();
        match (
            fetched.and_then(|document| self.read(document, known.as_ref())),
            known,
        ) {
            (Ok(provider), _) => {
                let provider = Arc::new(provider);
                let refresh_at = now + HOUR_MS;
                *cache = Some(Cached {
                    provider: provider.clone(),
                    refresh_at,
                });
                Ok(provider)
            }
            (Err(Failure::ProviderUnreachable(cause)), Some(known)) => {
                tracing::warn!(
                    cause,
                    "the discovery document could not be fetched; the cached one is used"
                );
                Ok(cache.insert(known).provider.clone())
            }
            (Err(failure), _) => Err(failure),
        }
    }

    async fn fetch(&self) -> Result<Document, Failure> {
        let response = web::get(&self.http, &self.url).await?;
        serde_json::from_slice(&response.body)
            .map_err(|cause| Failure::ProviderMalformed(cause.to_string()))
    }

    fn read(&self, document: Document, known: Option<&Cached>) -> Result<Provider, Failure> {
        if document.issuer != self.issuer {
            let named = document
                .issuer
                .chars()
                .filter(|c| !c.is_control())
                .take(MAX_SHOWN_CHARS)
                .collect();
            return Err(Failure::DiscoveryMismatch {
                configured: self.issuer.clone(),
                named,
            });
        }
        self.check_secure(
            "authorization endpoint",
            &document.authorization_endpoint,
        )?;
        self.check_secure("token endpoint", &document.token_endpoint)?;
        self.check_secure("key set", &document.jwks_uri)?;
        if let Some(endpoint) = &document.userinfo_endpoint {
            self.check_secure("userinfo endpoint", endpoint)?;
        }
        let methods = &document.token_endpoint_auth_methods_supported;
        let supports = |name: &str| methods.iter().any(|method| method == name);
        Ok(Provider {
            secret_in_body: supports("client_secret_post") && !supports("client_secret_basic"),
            names_issuer: document.authorization_response_iss_parameter_supported,
            authorization_endpoint: document.authorization_endpoint,
            token_endpoint: document.token_endpoint,
            userinfo_endpoint: document.userinfo_endpoint,
            keys: self.keys(document.jwks_uri, known),
        })
    }

    fn check_secure(&self, what: &'static str, endpoint: &Url) -> Result<(), Failure> {
        if web::is_secure(endpoint, web::is_loopback(&self.url)) {
            Ok(())
        } else {
            Err(Failure::InsecureEndpoint(what))
        }
    }

    /// Keeps the keys that are already cached if their URL has not changed.
    fn keys(&self, url: Url, known: Option<&Cached>) -> Arc<Keys> {
        match known.map(|known| &known.provider.keys) {
            Some(keys) if *keys.url() == url => keys.clone(),
            _ => Arc::new(Keys::new(url, self.http.clone(), self.clock.clone())),
        }
    }
}
