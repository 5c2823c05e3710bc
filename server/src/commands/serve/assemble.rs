//! Builds the state of the HTTP server from the settings.

use std::sync::Arc;

use app::request::SiteConfig;
use engine::{Engine, Runtime};
use fast_path::cors::AllowedOrigins;
use fast_path::gate::GateToken;
use oidc::SetupError;
use oidc::dev::DevProvider;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use url::Url;

use crate::commands::CliError;
use crate::config::{BadSetting, Settings, SignIn, table};
use crate::demo;
use crate::http::{AppState, sign_in, site};

const DEV_CLIENT_ID: &str = "roundtable";

/// What `roundtable serve` serves.
pub(super) struct App {
    pub state: AppState,
    pub dev_provider: Option<DevProvider>,
    /// The setup token to print: one that the operator has not set, while no organization exists.
    pub setup_token: Option<SecretString>,
}

/// Checks what the settings of the identity providers consist of, before the database is opened.
pub(super) fn check(settings: &Settings, runtime: &Runtime) -> Result<(), CliError> {
    firebase(settings, runtime)?;
    if let SignIn::Provider { .. } = settings.sign_in {
        provider_client(settings, runtime)?;
    }
    Ok(())
}

/// Builds the state, and adds the demo organizations if asked to.
pub(super) async fn assemble(
    settings: &Settings,
    engine: Engine,
    seed_demo: bool,
) -> Result<App, CliError> {
    let site = site::Site::find();
    let (client, dev_provider) = sign_in_provider(settings, &engine, &site, seed_demo).await?;
    let firebase = firebase(settings, engine.runtime())?;

    let (setup_token, to_print) = setup_token(settings, &engine).await?;
    let expected = digest(setup_token.expose_secret());
    let site_config = SiteConfig {
        public_url: settings.public_url.clone(),
        development: dev_provider.is_some(),
        accounts: dev_provider
            .as_ref()
            .map_or_else(Vec::new, |provider| demo::accounts(provider.people())),
        provider: settings.sign_in.host(),
        allowed_domains: settings.allowed_domains(),
        setup_token_needed: settings.needs_setup_token(),
        check_setup_token: Arc::new(move |given: &str| digest(given) == expected),
        assets: site.assets(),
        brand: settings.brand.clone(),
    };

    let mut state = AppState::new(
        engine,
        client,
        firebase,
        site_config,
        site,
        settings.trusted_proxies,
        settings.access_log,
    );
    state.gate_token = settings.gate_token.clone().map(GateToken::new);
    state.allowed_origins = AllowedOrigins::new(settings.cors_origins.clone());
    Ok(App {
        state,
        dev_provider,
        setup_token: to_print,
    })
}

/// The client of the identity provider, and the provider itself if it is the development one.
async fn sign_in_provider(
    settings: &Settings,
    engine: &Engine,
    site: &site::Site,
    seed_demo: bool,
) -> Result<(oidc::Client, Option<DevProvider>), CliError> {
    let runtime = engine.runtime();
    if let SignIn::Provider { .. } = settings.sign_in {
        return Ok((provider_client(settings, runtime)?, None));
    }
    let provider = dev_provider(settings, engine, site, seed_demo).await?;
    let registration = oidc::Settings {
        issuer: provider.issuer().to_owned(),
        ..registration(settings)?
    };
    Ok((client(registration, runtime)?, Some(provider)))
}

/// The development provider, with the people who exist. Adds the demo organizations if asked to.
async fn dev_provider(
    settings: &Settings,
    engine: &Engine,
    site: &site::Site,
    seed_demo: bool,
) -> Result<DevProvider, CliError> {
    let issuer: Url = format!("{}/dev/idp", settings.public_url)
        .parse()
        .map_err(bad_public_url)?;
    if seed_demo {
        let organizations = demo::organizations(issuer.as_str());
        let seeded = engine.seed_demo(&organizations).await;
        seeded.map_err(|error| CliError::Other(error.to_string()))?;
    }
    let people = demo::existing_people(engine, issuer.as_str()).await;
    let people = people.map_err(|error| CliError::Other(error.to_string()))?;

    let runtime = engine.runtime().clone();
    let random: oidc::Random = Arc::new(move |bytes: &mut [u8]| runtime.fill(bytes));
    let provider = DevProvider::new(
        &issuer,
        DEV_CLIENT_ID.to_owned(),
        registration(settings)?.redirect_uri,
        people,
        Some(format!("{}/roundtable.css", site.assets())),
        clock(engine.runtime()),
        random,
    );
    provider.map_err(|error| bad_setting(&table::PUBLIC_URL, &error))
}

/// The client of the provider that the operator has configured.
fn provider_client(settings: &Settings, runtime: &Runtime) -> Result<oidc::Client, CliError> {
    let mut registration = registration(settings)?;
    if let SignIn::Provider {
        issuer,
        client_id,
        client_secret,
        hosted_domain,
        trust_emails,
    } = &settings.sign_in
    {
        registration.trust_emails = *trust_emails;
        registration.issuer.clone_from(issuer);
        registration.client_id.clone_from(client_id);
        registration
            .client_secret
            .clone_from(client_secret);
        registration
            .hosted_domain
            .clone_from(hosted_domain);
    }
    client(registration, runtime)
}

/// What the registrations at every provider have in common.
fn registration(settings: &Settings) -> Result<oidc::Settings, CliError> {
    let redirect_uri = format!("{}{}", settings.public_url, sign_in::CALLBACK);
    Ok(oidc::Settings {
        issuer: String::new(),
        client_id: DEV_CLIENT_ID.to_owned(),
        client_secret: None,
        redirect_uri: redirect_uri.parse().map_err(bad_public_url)?,
        hosted_domain: None,
        allowed_email_domains: settings.allowed_email_domains.clone(),
        trust_emails: false,
    })
}

fn client(registration: oidc::Settings, runtime: &Runtime) -> Result<oidc::Client, CliError> {
    let client = oidc::Client::new(registration, clock(runtime));
    client.map_err(|error| bad_setting(&table::OIDC_ISSUER, &error))
}

/// Verifies ID tokens on the API if a Firebase project is configured.
fn firebase(settings: &Settings, runtime: &Runtime) -> Result<Option<oidc::Verifier>, CliError> {
    let Some((project, jwks_url)) = &settings.firebase else {
        return Ok(None);
    };
    let domains = settings.allowed_email_domains.clone();
    match oidc::Verifier::firebase(project, jwks_url.clone(), domains, clock(runtime)) {
        Ok(verifier) => Ok(Some(verifier)),
        Err(error @ SetupError::BadUrl(_)) => Err(bad_setting(&table::FIREBASE_JWKS_URL, &error)),
        Err(error) => Err(bad_setting(&table::FIREBASE_PROJECT_ID, &error)),
    }
}

/// The setup token, and the same token to be printed. A token that the operator has not set is
/// generated at each start and printed until an organization exists.
async fn setup_token(
    settings: &Settings,
    engine: &Engine,
) -> Result<(SecretString, Option<SecretString>), CliError> {
    if let Some(token) = &settings.setup_token {
        return Ok((token.clone(), None));
    }
    let token = engine.runtime().random_id("setup_") + &engine.runtime().random_id("");
    let token = SecretString::from(token);
    let is_founded = engine
        .is_bootstrapped()
        .await
        .map_err(|error| CliError::Other(error.to_string()))?;
    let to_print = if is_founded {
        None
    } else {
        Some(token.clone())
    };
    Ok((token, to_print))
}

fn clock(runtime: &Runtime) -> oidc::Clock {
    let runtime = runtime.clone();
    Arc::new(move || runtime.now().0)
}

fn digest(token: &str) -> Vec<u8> {
    Sha256::digest(token.trim()).to_vec()
}

fn bad_public_url(error: url::ParseError) -> CliError {
    BadSetting(format!(
        "{} is invalid: {error}",
        table::PUBLIC_URL.full_name()
    ))
    .into()
}

fn bad_setting(setting: &table::Setting, error: &SetupError) -> CliError {
    BadSetting(format!("{} is invalid: {error}", setting.full_name())).into()
}
