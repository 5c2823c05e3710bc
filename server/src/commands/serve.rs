//! `roundtable serve`: checks the settings and the database, opens the port, and serves until it is
//! asked to stop.

mod assemble;

use std::fmt::Display;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use engine::audit::{HeadsFile, Retention};
use engine::journal::Journal;
use engine::{BALLAST, Db, Engine, Runtime, StoreError, keyring};
use fast_path::durations::RequestDurations;
#[cfg(unix)]
use listener::UnixSocket;
use listener::{Handler, Socket};
use oidc::dev::DevProvider;
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;
use tokio::sync::watch;

use self::assemble::App;
use super::{CliError, cannot_open, print_line};
use crate::config::table::Setting;
use crate::config::{BadSetting, GateAddr, Options, Settings, SignIn, table};
use crate::http::metrics::Metrics;
use crate::http::{self, AppState};
use crate::{systemd, telemetry};

/// How often the usage of keys is written to the database and expired rows are deleted.
const MAINTENANCE_INTERVAL: Duration = Duration::from_secs(15);
/// How many audit events each maintenance run verifies.
const EVENTS_PER_CHECK: i64 = 10_000;
/// How many audit events are verified before the port opens, besides the newest of each log.
const EVENTS_AT_START: i64 = 1_000;
/// How many are verified right after it.
const EVENTS_AFTER_START: i64 = 100_000;
/// How long to wait before the discovery document of the identity provider is fetched again.
const DISCOVERY_RETRY: Duration = Duration::from_secs(5 * 60);

pub(super) async fn run(options: &Options, seed_demo: bool) -> Result<(), CliError> {
    let settings = options.settings()?;
    if seed_demo && !matches!(settings.sign_in, SignIn::Development) {
        let client_id = options.name(&table::GOOGLE_CLIENT_ID);
        return Err(BadSetting(format!(
            "--demo needs the development sign-in; unset {client_id}"
        ))
        .into());
    }

    let runtime = Runtime::system();
    assemble::check(&settings, &runtime)?;

    let db = Db::open_to_serve(
        &options.database_url()?,
        options.database_connections()?,
    )
    .await
    .map_err(cannot_open)?;
    let engine = open_engine(options, &settings, &db, runtime).await?;
    let heads = open_heads(options)?;
    let retention = options.audit_retention()?;
    let App {
        #[cfg_attr(
            not(feature = "otlp"),
            expect(unused_mut, reason = "only traces change it")
        )]
        mut state,
        dev_provider,
        setup_token,
    } = assemble::assemble(&settings, engine.clone(), seed_demo).await?;

    #[cfg(feature = "otlp")]
    let traces = {
        let traces = start_traces(&settings, &state)?;
        state.tracer = traces.as_ref().map(telemetry::Traces::tracer);
        traces
    };

    let sockets = Sockets::listen(options, &settings).await?;
    print_banner(&settings, seed_demo);
    if let Some(token) = setup_token {
        print_setup_token(&settings, &token);
    }

    let nodes = engine.join_nodes();
    let maintenance = tokio::spawn(run_maintenance(engine.clone(), heads, retention));
    let discovery = tokio::spawn(check_discovery(
        state.oidc.clone(),
        dev_provider.is_some(),
    ));
    let log_summary = tokio::spawn(telemetry::summarize_floods());
    let watchdog = tokio::spawn(systemd::keep_alive());
    let dev_provider = dev_provider.map(DevProvider::router);
    let served = serve_until_stopped(sockets, state, dev_provider, settings.shutdown_delay);
    let is_superseded = tokio::select! {
        () = served => false,
        // Even a request in flight would read tables that this program does not understand.
        () = engine.superseded() => true,
    };

    nodes.leave().await;
    discovery.abort();
    maintenance.abort();
    log_summary.abort();
    // Usage that an aborted maintenance run was writing is back in memory once its task has ended.
    let _ = maintenance.await;
    if is_superseded {
        return Err(StoreError::NewerTables.into());
    }
    if let Err(error) = engine.flush_usage().await {
        tracing::error!(%error, "the last usage of keys could not be written");
    }
    #[cfg(feature = "otlp")]
    if let Some(traces) = traces {
        traces.stop().await;
    }
    db.close().await;
    watchdog.abort();
    Ok(())
}

/// Serves at all addresses until the process is asked to stop, and then until `/readyz` has failed
/// for this long and the requests in flight are complete.
async fn serve_until_stopped(
    sockets: Sockets,
    mut state: AppState,
    dev_provider: Option<Router>,
    shutdown_delay: Duration,
) {
    let metrics = sockets.metrics.map(|socket| {
        let durations = RequestDurations::default();
        let metrics = Metrics::new(&state.engine, &durations);
        state.durations = Some(durations);
        (socket, http::metrics::router(metrics))
    });
    let gate = sockets
        .gate
        .map(|socket| (socket, http::gate_router(&state)));
    let router = http::router(&state, dev_provider);

    let (stopped, stopping) = watch::channel(false);
    let stop = async {
        listener::asked_to_stop().await;
        systemd::stopping();
        state.stopping.begin();
        tokio::time::sleep(shutdown_delay).await;
        state.engine.close_watches();
        stopped.send_replace(true);
    };
    systemd::ready();
    tokio::join!(
        listener::serve(sockets.main, router, stop),
        serve_apart(gate, stopping.clone()),
        serve_apart(metrics, stopping),
    );
}

/// The sockets, before anything is served.
struct Sockets {
    main: TcpListener,
    gate: Option<Socket>,
    metrics: Option<Socket>,
}

impl Sockets {
    async fn listen(options: &Options, settings: &Settings) -> Result<Self, CliError> {
        Ok(Self {
            main: listen(options, &table::ADDR, settings.addr).await?,
            gate: match &settings.gate_addr {
                Some(addr) => Some(listen_for_gates(options, addr).await?),
                None => None,
            },
            metrics: match settings.metrics_addr {
                Some(addr) => Some(
                    listen(options, &table::METRICS_ADDR, addr)
                        .await?
                        .into(),
                ),
                None => None,
            },
        })
    }
}

async fn listen(
    options: &Options,
    setting: &'static Setting,
    addr: SocketAddr,
) -> Result<TcpListener, CliError> {
    let bound = TcpListener::bind(addr).await;
    bound.map_err(|error| cannot_listen(options, setting, addr, &error))
}

async fn listen_for_gates(options: &Options, addr: &GateAddr) -> Result<Socket, CliError> {
    match addr {
        GateAddr::Ip(addr) => Ok(listen(options, &table::GATE_ADDR, *addr)
            .await?
            .into()),
        #[cfg(unix)]
        GateAddr::Unix(path) => UnixSocket::bind(path)
            .map(Socket::Unix)
            .map_err(|error| cannot_listen(options, &table::GATE_ADDR, addr, &error)),
        #[cfg(not(unix))]
        GateAddr::Unix(_) => Err(CliError::Other("there are no Unix sockets".into())),
    }
}

fn cannot_listen(
    options: &Options,
    setting: &'static Setting,
    addr: impl Display,
    error: &io::Error,
) -> CliError {
    let name = options.name(setting);
    CliError::Other(format!("cannot listen on {addr} ({name}): {error}"))
}

/// Serves something at an address of its own, if it has one.
async fn serve_apart(served: Option<(Socket, impl Handler)>, mut stopping: watch::Receiver<bool>) {
    let Some((socket, handler)) = served else {
        return;
    };
    let stop = async move {
        // An error means that the sender is gone, which is the end too.
        let _ = stopping.wait_for(|stopped| *stopped).await;
    };
    listener::serve(socket, handler, stop).await;
}

/// What the log says when a server creates its journal beside a database that is in use.
const NEW_JOURNAL: &str = "a new revocation journal was created, which is right for a new server; if the database was \
    restored from a backup, keys that were revoked after it are valid again: stop the server, put the journal from before in \
    this place, and run `roundtable restore --accept`";

/// Migrates the database, decrypts the key ring, opens the revocation journal and verifies the
/// audit logs.
async fn open_engine(
    options: &Options,
    settings: &Settings,
    db: &Db,
    runtime: Runtime,
) -> Result<Engine, CliError> {
    let key = options.master_key()?;
    let previous = options.previous_master_key()?;

    engine::migrate(db).await?;
    db.hold_reserve(BALLAST).await;
    let ring = keyring::open(db, &key, previous.as_ref()).await?;

    let file = options.journal_file(db.file())?;
    let is_new = !file.exists();
    let journal = Journal::open(&file, &ring, runtime.now())?;
    let engine = Engine::with_journal(
        db.clone(),
        ring,
        runtime,
        settings.brand.clone(),
        journal,
    );
    engine
        .open_journal()
        .await
        .map_err(|error| CliError::Other(format!("the revocation journal: {error}")))?;
    engine
        .check_chain_heads(EVENTS_AT_START)
        .await
        .map_err(|error| CliError::Other(format!("the audit logs: {error}")))?;

    if is_new && matches!(engine.is_bootstrapped().await, Ok(true)) {
        let journal = file.display();
        tracing::warn!(%journal, "{NEW_JOURNAL}");
    }

    // A full disk does not prevent the start.
    if let Err(error) = engine.follow_ring().await {
        tracing::warn!(%error, "the commands that rotate ring keys do not know this server yet");
    }
    engine.attempts().set_limits(settings.attempts);
    engine.set_key_cache(settings.key_cache);
    Ok(engine)
}

/// Starts to export traces, if the operator wants that.
#[cfg(feature = "otlp")]
fn start_traces(
    settings: &Settings,
    state: &AppState,
) -> Result<Option<telemetry::Traces>, CliError> {
    let Some(export) = &settings.traces else {
        return Ok(None);
    };
    telemetry::Traces::start(export, state.is_https())
        .map(Some)
        .map_err(|error| CliError::Other(format!("the exporter of traces: {error}")))
}

/// Opens the file of heads, if the operator wants one.
fn open_heads(options: &Options) -> Result<Option<HeadsFile>, CliError> {
    let Some(path) = options.audit_heads_file()? else {
        return Ok(None);
    };
    let file = HeadsFile::open(&path).map_err(|error| {
        let why = format!(
            "names {}, which cannot be written: {error}",
            path.display()
        );
        options.bad(&table::AUDIT_HEADS_FILE, why)
    })?;
    Ok(Some(file))
}

fn print_banner(settings: &Settings, demo: bool) {
    print_line(&format!("Roundtable listens on {}", settings.addr));
    if let Some(addr) = &settings.gate_addr {
        print_line(&format!("The gates of APIs are also at {addr}"));
    }
    if let Some(addr) = settings.metrics_addr {
        print_line(&format!("The metrics are at http://{addr}/metrics"));
    }
    if demo {
        print_line(&format!(
            "Next: open {} in a browser and continue as Olivia Owens, the owner of Acme.",
            settings.public_url
        ));
    } else {
        print_line(&format!(
            "Next: open {} in a browser.",
            settings.public_url
        ));
    }
    if matches!(settings.sign_in, SignIn::Development) {
        print_line(
            "The development sign-in is active: it asks for no password and works on this machine only.",
        );
    }
}

/// Says what the setup token of an empty installation is for. On this machine alone, the sign-in
/// page does not ask for it.
fn print_setup_token(settings: &Settings, token: &SecretString) {
    let token = token.expose_secret();
    if settings.needs_setup_token() {
        print_line(&format!(
            "There is no organization yet. The first user who signs in creates it with this setup token: {token}"
        ));
    } else {
        print_line("There is no organization yet. The first user who signs in creates it.");
        print_line(&format!(
            "To create it over the API instead, use this setup token: {token}"
        ));
    }
}

async fn run_maintenance(
    engine: Engine,
    mut heads: Option<HeadsFile>,
    mut retention: Option<Retention>,
) {
    if let Err(error) = engine.check_chain_heads(EVENTS_AFTER_START).await {
        tracing::warn!(%error, "the audit logs could not be verified; that is retried");
    }
    let mut ticks = tokio::time::interval(MAINTENANCE_INTERVAL);
    loop {
        ticks.tick().await;
        for result in [
            engine.notice_newer_tables().await,
            engine.flush_usage().await,
            engine.correct_future_times().await,
            engine.expire_keys().await.map(drop),
            engine.return_lost_runs().await.map(drop),
            engine.delete_old_requests().await,
            engine.delete_old_usage().await,
            engine.delete_expired_sessions().await,
            engine.renew_signing_keys().await,
            engine
                .check_chains(EVENTS_PER_CHECK)
                .await
                .map(drop),
            engine.catch_up_journal().await,
            remove_old_events(&engine, retention.as_mut()).await,
            write_heads(&engine, heads.as_mut()).await,
            engine.delete_old_authority_changes().await,
        ] {
            if let Err(error) = result {
                tracing::warn!(%error, "a maintenance task failed; it is retried");
            }
        }
    }
}

async fn write_heads(engine: &Engine, heads: Option<&mut HeadsFile>) -> engine::Result<()> {
    match heads {
        Some(file) => engine.write_heads(file).await,
        None => Ok(()),
    }
}

async fn remove_old_events(
    engine: &Engine,
    retention: Option<&mut Retention>,
) -> engine::Result<()> {
    match retention {
        Some(retention) => engine.remove_old_events(retention).await,
        None => Ok(()),
    }
}

/// Fetches the discovery document of the identity provider until that succeeds, so that a wrong
/// setting shows up in the log before users sign in. A provider that is down does not prevent the
/// start.
async fn check_discovery(provider: oidc::Client, is_development: bool) {
    if is_development {
        return;
    }
    while let Err(error) = provider.check_discovery().await {
        let setting = table::OIDC_ISSUER.variable();
        tracing::warn!(%error, setting, "users cannot sign in: the identity provider has no usable discovery document");
        tokio::time::sleep(DISCOVERY_RETRY).await;
    }
}
