//! `roundtable serve`: checks everything, then opens the port, then serves until it is asked to stop.

use std::sync::Arc;
use std::time::Duration;

use app::request::SiteConfig;
use engine::journal::Journal;
use engine::{BALLAST, Db, Engine, Runtime, keyring};
use oidc::dev::Standin;
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use url::Url;

use super::{CliError, cannot_open, print_line};
use crate::config::{BadSetting, Options, Settings, SignIn, table};
use crate::demo;
use crate::http::{self, AppState, listen, sign_in, site};
use crate::telemetry;

/// How often uses are written down and what has run out is swept away.
const TIDY: Duration = Duration::from_secs(15);
/// How many events of the audit logs are checked each time.
const CHECKED: i64 = 10_000;
/// How many are checked before the port opens.
const CHECKED_AT_START: i64 = 100_000;
/// How long to wait before the sign-in provider is asked for its description again.
const LOOK_AGAIN: Duration = Duration::from_secs(5 * 60);
const STANDIN_CLIENT: &str = "roundtable";

pub(super) async fn run(options: &Options, seed_demo: bool) -> Result<(), CliError> {
    let settings = options.settings()?;
    let key = options.master_key()?;
    let previous = options.previous_master_key()?;
    let db = Db::open_to_serve(options.database_url()?).await.map_err(cannot_open)?;
    engine::migrate(&db).await?;
    db.hold_reserve(BALLAST).await;
    let ring = keyring::open(&db, &key, previous.as_ref()).await?;
    let (runtime, file) = (Runtime::system(), options.journal_file(db.file())?);
    let journal = Journal::open(&file, &ring, runtime.now())?;
    let engine = Engine::with_journal(db.clone(), ring, runtime, settings.brand.clone(), journal);
    engine.open_journal().await.map_err(|error| CliError::Other(format!("the revocation journal: {error}")))?;
    engine
        .check_chain_heads(CHECKED_AT_START)
        .await
        .map_err(|error| CliError::Other(format!("the audit logs: {error}")))?;
    engine.attempts().set_limits(settings.attempts);
    let (state, standin) = build(&settings, engine.clone(), seed_demo).await?;
    let listener = TcpListener::bind(settings.addr).await;
    let listener = listener.map_err(|e| CliError::Other(format!("cannot listen on {}: {e}", settings.addr)))?;
    print_banner(&settings, seed_demo);
    let tidying = tokio::spawn(run_maintenance(engine.clone()));
    let looking = tokio::spawn(look_at_provider(state.oidc.clone(), standin.is_some()));
    let summing = tokio::spawn(telemetry::sum_up_floods());
    let router = http::router(&state, standin.map(Standin::router));
    let stop = async {
        listen::asked_to_stop().await;
        engine.close_watches();
    };
    listen::serve(listener, router, stop).await;
    looking.abort();
    tidying.abort();
    summing.abort();
    // What it was writing at this moment is back in memory once it is gone.
    let _ = tidying.await;
    if let Err(error) = engine.flush_usage().await {
        tracing::error!(%error, "the last uses of keys could not be written");
    }
    db.close().await;
    Ok(())
}

async fn build(settings: &Settings, engine: Engine, seed_demo: bool) -> Result<(AppState, Option<Standin>), CliError> {
    let redirect: Url = format!("{}{}", settings.public_url, sign_in::CALLBACK).parse().map_err(bad_url)?;
    let site = site::Site::find();
    let runtime = engine.runtime().clone();
    let clock: oidc::Clock = {
        let runtime = runtime.clone();
        Arc::new(move || runtime.now().0)
    };
    let domains = &settings.allowed_email_domains;
    let (client, standin) = match &settings.sign_in {
        SignIn::Standin => {
            let issuer: Url = format!("{}/dev/idp", settings.public_url).parse().map_err(bad_url)?;
            let random: oidc::Random = Arc::new(move |bytes: &mut [u8]| runtime.fill(bytes));
            let style = Some(format!("{}/roundtable.css", site.assets()));
            let standin = Standin::new(
                &issuer,
                STANDIN_CLIENT.into(),
                redirect.clone(),
                demo::people(),
                style,
                clock.clone(),
                random,
            );
            let standin = standin.map_err(bad_oidc)?;
            let found = oidc::Settings {
                issuer: standin.issuer().to_owned(),
                client_id: STANDIN_CLIENT.into(),
                client_secret: None,
                redirect_uri: redirect,
                hosted_domain: None,
                allowed_email_domains: domains.clone(),
            };
            (oidc::Client::new(found, clock.clone()).map_err(bad_oidc)?, Some(standin))
        }
        SignIn::Provider { issuer, client_id, client_secret, hosted_domain } => {
            let found = oidc::Settings {
                issuer: issuer.clone(),
                client_id: client_id.clone(),
                client_secret: client_secret.clone(),
                redirect_uri: redirect,
                hosted_domain: hosted_domain.clone(),
                allowed_email_domains: domains.clone(),
            };
            (oidc::Client::new(found, clock.clone()).map_err(bad_oidc)?, None)
        }
    };
    let firebase = settings
        .firebase
        .as_ref()
        .map(|(project, jwks)| oidc::Verifier::firebase(project, jwks.clone(), domains.clone(), clock));
    let firebase = firebase.transpose().map_err(bad_oidc)?;
    if seed_demo {
        stage(settings, &engine, standin.as_ref()).await?;
    }
    let setup_token = setup_token(settings, &engine).await?;
    let site_config = SiteConfig {
        public_url: settings.public_url.clone(),
        development: standin.is_some(),
        provider: settings.sign_in.host(),
        allowed_domains: settings.allowed_domains(),
        setup_token_needed: !settings.addr.ip().is_loopback(),
        check_setup_token: Arc::new(move |given: &str| digest(given) == setup_token),
        assets: site.assets(),
        brand: settings.brand.clone(),
    };
    Ok((AppState::new(engine, client, firebase, site_config, site, settings.trusted_proxies), standin))
}

/// The digest of the setup token. One that nobody chose is made and printed at every start until the installation is
/// set up.
async fn setup_token(settings: &Settings, engine: &Engine) -> Result<Vec<u8>, CliError> {
    if let Some(token) = &settings.setup_token {
        return Ok(digest(token.expose_secret()));
    }
    let token = engine.runtime().random_id("setup_") + &engine.runtime().random_id("");
    if !engine.is_bootstrapped().await.map_err(|e| CliError::Other(e.to_string()))? {
        print_line(&format!("Nobody has set this installation up yet. The setup token is {token}"));
    }
    Ok(digest(&token))
}

async fn stage(settings: &Settings, engine: &Engine, standin: Option<&Standin>) -> Result<(), CliError> {
    let Some(standin) = standin else {
        return Err(BadSetting(format!(
            "--demo goes with the stand-in provider, which {} does not use",
            settings.public_url
        ))
        .into());
    };
    engine.seed_demo(&demo::cast(standin.issuer())).await.map_err(|e| CliError::Other(e.to_string()))
}

fn print_banner(settings: &Settings, demo: bool) {
    print_line(&format!("Roundtable listens on {}", settings.addr));
    print_line(&format!("Open {} in a browser.", settings.public_url));
    if matches!(settings.sign_in, SignIn::Standin) {
        print_line("Signing in uses the stand-in provider of a development installation: nobody's password is asked.");
    }
    if demo {
        print_line("To try it, continue as Olivia Owens, the owner of Acme.");
    }
}

async fn run_maintenance(engine: Engine) {
    let mut ticks = tokio::time::interval(TIDY);
    loop {
        ticks.tick().await;
        for done in [
            engine.flush_usage().await,
            engine.correct_future_times().await,
            engine.expire_keys().await.map(drop),
            engine.delete_old_requests().await,
            engine.delete_old_usage().await,
            engine.delete_expired_sessions().await,
            engine.renew_signing_keys().await,
            engine.check_chains(CHECKED).await.map(drop),
            engine.catch_up_journal().await,
        ] {
            if let Err(error) = done {
                tracing::warn!(%error, "tidying has to wait");
            }
        }
    }
}

/// Asks the sign-in provider for its description until it gives one, so that wrong settings show before people come. A
/// provider that is down does not keep the server from starting.
async fn look_at_provider(provider: oidc::Client, is_standin: bool) {
    if is_standin {
        return;
    }
    while let Err(error) = provider.look().await {
        let setting = table::OIDC_ISSUER.variable();
        tracing::warn!(%error, setting, "nobody can sign in: the sign-in provider gives no usable description");
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

fn digest(token: &str) -> Vec<u8> {
    Sha256::digest(token.trim()).to_vec()
}

fn bad_url(error: url::ParseError) -> CliError {
    BadSetting(format!("PUBLIC_URL: {error}")).into()
}

fn bad_oidc(error: oidc::SetupError) -> CliError {
    BadSetting(format!("sign-in: {error}")).into()
}
