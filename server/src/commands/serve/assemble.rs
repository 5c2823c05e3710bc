//! Builds the state of the HTTP server from the settings.

use std::sync::Arc;

use app::request::SiteConfig;
use engine::{Engine, Runtime};
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
        provider: settings.sign_in.host(),
        allowed_domains: settings.allowed_domains(),
        setup_token_needed: settings.needs_setup_token(),
        check_setup_token: Arc::new(move |given: &str| digest(given) == expected),
        assets: site.assets(),
        brand: settings.brand.clone(),
    };

    let state = AppState::new(
        engine,
        client,
        firebase,
        site_config,
        site,
        settings.trusted_proxies,
    );
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
    let redirect_uri: Url = format!("{}{}", settings.public_url, sign_in::CALLBACK)
        .parse()
        .map_err(bad_public_url)?;
    let mut client = oidc::Settings {
        issuer: String::new(),
        client_id: DEV_CLIENT_ID.to_owned(),
        client_secret: None,
        redirect_uri: redirect_uri.clone(),
        hosted_domain: None,
        allowed_email_domains: settings.allowed_email_domains.clone(),
    };

    let dev_provider = match &settings.sign_in {
        SignIn::Development => {
            let issuer: Url = format!("{}/dev/idp", settings.public_url)
                .parse()
                .map_err(bad_public_url)?;
            if seed_demo {
                let organizations = demo::organizations(issuer.as_str());
                engine
                    .seed_demo(&organizations)
                    .await
                    .map_err(|error| CliError::Other(error.to_string()))?;
            }
            let people = demo::existing_people(engine, issuer.as_str()).await;
            let people = people.map_err(|error| CliError::Other(error.to_string()))?;
            let random: oidc::Random = {
                let runtime = runtime.clone();
                Arc::new(move |bytes: &mut [u8]| runtime.fill(bytes))
            };
            let stylesheet = Some(format!("{}/roundtable.css", site.assets()));
            let provider = DevProvider::new(
                &issuer,
                DEV_CLIENT_ID.to_owned(),
                redirect_uri,
                people,
                stylesheet,
                clock(runtime),
                random,
            );
            let provider = provider.map_err(|error| bad_setting(&table::PUBLIC_URL, &error))?;
            client.issuer = provider.issuer().to_owned();
            Some(provider)
        }
        SignIn::Provider {
            issuer,
            client_id,
            client_secret,
            hosted_domain,
        } => {
            client.issuer.clone_from(issuer);
            client.client_id.clone_from(client_id);
            client.client_secret.clone_from(client_secret);
            client.hosted_domain.clone_from(hosted_domain);
            None
        }
    };

    let client = oidc::Client::new(client, clock(runtime));
    let client = client.map_err(|error| bad_setting(&table::OIDC_ISSUER, &error))?;
    Ok((client, dev_provider))
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
