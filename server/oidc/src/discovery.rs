//! What the provider says about itself, remembered for an hour.

use std::sync::Arc;

use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use crate::{Clock, Failure, keys::Keys, web};

const HOUR_MS: i64 = 3_600_000;
const MINUTE_MS: i64 = 60_000;
/// How much of a name that the provider gives itself is shown.
const LONGEST_SHOWN: usize = 300;

/// The provider's endpoints and keys.
pub(crate) struct Provider {
    pub authorization_endpoint: Url,
    pub token_endpoint: Url,
    /// Where more about a person is asked for.
    pub userinfo_endpoint: Option<Url>,
    pub keys: Arc<Keys>,
    /// Whether the client's secret goes into the body, because the provider takes it nowhere else.
    pub secret_in_body: bool,
    /// Whether every redirect names its issuer (RFC 9207).
    pub names_issuer: bool,
}

pub(crate) struct Discovery {
    issuer: String,
    address: Url,
    http: reqwest::Client,
    clock: Clock,
    memory: Mutex<Option<Remembered>>,
}

struct Remembered {
    provider: Arc<Provider>,
    ask_again_at: i64,
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
    /// `address` is the issuer as an address; `issuer` is the text it must be equal to.
    pub fn new(issuer: String, mut address: Url, http: reqwest::Client, clock: Clock) -> Self {
        let path = address.path().trim_end_matches('/');
        address.set_path(&format!("{path}/.well-known/openid-configuration"));
        Self { issuer, address, http, clock, memory: Mutex::default() }
    }

    /// The provider, asked at most once an hour. While it is down, what was known before still counts.
    pub async fn provider(&self) -> Result<Arc<Provider>, Failure> {
        let mut memory = self.memory.lock().await;
        let now = (self.clock)();
        if let Some(known) = memory.as_mut() {
            if now < known.ask_again_at {
                return Ok(known.provider.clone());
            }
            known.ask_again_at = now + MINUTE_MS;
        }
        let asked = self.ask().await;
        let known = memory.take();
        match (asked.and_then(|document| self.read(document, known.as_ref())), known) {
            (Ok(provider), _) => {
                let provider = Arc::new(provider);
                let ask_again_at = now + HOUR_MS;
                *memory = Some(Remembered { provider: provider.clone(), ask_again_at });
                Ok(provider)
            }
            (Err(Failure::ProviderUnreachable(cause)), Some(known)) => {
                tracing::warn!(cause, "the provider cannot be reached; what it said before is used");
                Ok(memory.insert(known).provider.clone())
            }
            (Err(failure), _) => Err(failure),
        }
    }

    async fn ask(&self) -> Result<Document, Failure> {
        let answer = web::get(&self.http, &self.address).await?;
        serde_json::from_slice(&answer.body).map_err(|cause| Failure::ProviderMalformed(cause.to_string()))
    }

    fn read(&self, document: Document, known: Option<&Remembered>) -> Result<Provider, Failure> {
        if document.issuer != self.issuer {
            let named = document.issuer.chars().filter(|c| !c.is_control()).take(LONGEST_SHOWN).collect();
            return Err(Failure::DiscoveryMismatch { configured: self.issuer.clone(), named });
        }
        self.check_secure("authorization endpoint", &document.authorization_endpoint)?;
        self.check_secure("token endpoint", &document.token_endpoint)?;
        self.check_secure("key set", &document.jwks_uri)?;
        if let Some(endpoint) = &document.userinfo_endpoint {
            self.check_secure("userinfo endpoint", endpoint)?;
        }
        let methods = &document.token_endpoint_auth_methods_supported;
        let takes = |name: &str| methods.iter().any(|method| method == name);
        Ok(Provider {
            secret_in_body: takes("client_secret_post") && !takes("client_secret_basic"),
            names_issuer: document.authorization_response_iss_parameter_supported,
            authorization_endpoint: document.authorization_endpoint,
            token_endpoint: document.token_endpoint,
            userinfo_endpoint: document.userinfo_endpoint,
            keys: self.keys(document.jwks_uri, known),
        })
    }

    fn check_secure(&self, what: &'static str, endpoint: &Url) -> Result<(), Failure> {
        if web::is_secure(endpoint, web::is_loopback(&self.address)) {
            Ok(())
        } else {
            Err(Failure::InsecureEndpoint(what))
        }
    }

    /// Keeps the keys already fetched when their address has not changed.
    fn keys(&self, address: Url, known: Option<&Remembered>) -> Arc<Keys> {
        match known.map(|known| &known.provider.keys) {
            Some(keys) if *keys.address() == address => keys.clone(),
            _ => Arc::new(Keys::new(address, self.http.clone(), self.clock.clone())),
        }
    }
}
