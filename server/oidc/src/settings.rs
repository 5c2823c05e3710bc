//! How the client is registered at an OpenID provider.

use secrecy::SecretString;
use url::Url;

/// The registration of the client at an OpenID provider.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The issuer of the provider, exactly as in its ID tokens. It must use https, or http on
    /// loopback.
    pub issuer: String,
    /// The client ID.
    pub client_id: String,
    /// The client secret, unless it is a public client.
    pub client_secret: Option<SecretString>,
    /// The redirect URI, exactly as registered.
    pub redirect_uri: Url,
    /// The only Google Workspace domain (`hd`) whose users may sign in, in lower case.
    pub hosted_domain: Option<String>,
    /// The domains that a verified email must be in, in lower case. If empty, there is no
    /// restriction.
    pub allowed_email_domains: Vec<String>,
    /// Whether an email counts as verified if the provider does not say whether it is. Entra ID never
    /// says it.
    pub trust_emails: bool,
}
