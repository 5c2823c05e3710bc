//! The metrics of this process, for Prometheus, at an address of their own (`METRICS_ADDR`).

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use engine::Engine;
use fast_path::durations::{MatchedRoute, RequestDurations};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::prometheus_text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::process;

/// The text format of Prometheus.
const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";
const PREFIX: &str = "roundtable";

/// Everything that is exported. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    registry: Registry,
    gauges: Gauges,
}

/// A whole number.
type Number = Gauge<i64, AtomicI64>;
/// A number with a fraction.
type Fraction = Gauge<f64, AtomicU64>;

/// What is read when Prometheus asks.
#[derive(Default)]
struct Gauges {
    ready: Number,
    requests_in_flight: Number,
    cached_keys: Number,
    sessions: Number,
    connections: Family<ConnectionLabel, Number>,
    wal_bytes: Number,
    altered_audit_logs: Number,
    journal_complete: Number,
    resident_bytes: Number,
    open_files: Number,
    started: Fraction,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ConnectionLabel {
    state: &'static str,
}

impl Gauges {
    fn register(&self, registry: &mut Registry, is_shared: bool) {
        let numbers = [
            (
                "ready",
                "Whether the node can serve: 1 or 0",
                &self.ready,
            ),
            (
                "requests_in_flight",
                "Requests in flight that an API key authenticated",
                &self.requests_in_flight,
            ),
            ("cached_keys", "API keys in memory", &self.cached_keys),
            (
                "sessions",
                "Sessions that have not expired",
                &self.sessions,
            ),
            (
                "altered_audit_logs",
                "Organizations whose audit log was altered, as far as this node knows",
                &self.altered_audit_logs,
            ),
            (
                "journal_complete",
                "Whether the revocation journal has every entry: 1 or 0",
                &self.journal_complete,
            ),
        ];
        for (name, help, gauge) in numbers {
            registry.register(name, help, gauge.clone());
        }
        registry.register(
            "database_connections",
            "Connections to the database, by state",
            self.connections.clone(),
        );
        if !is_shared {
            registry.register_with_unit(
                "sqlite_wal_size",
                "Size of the write-ahead log of SQLite",
                Unit::Bytes,
                self.wal_bytes.clone(),
            );
        }
    }

    /// Registers what Prometheus calls the same in every program.
    fn register_process(&self, registry: &mut Registry) {
        registry.register_with_unit(
            "process_start_time",
            "Start of the process, since 1970",
            Unit::Seconds,
            self.started.clone(),
        );
        if cfg!(target_os = "linux") {
            registry.register_with_unit(
                "process_resident_memory",
                "Memory that the process has in RAM",
                Unit::Bytes,
                self.resident_bytes.clone(),
            );
            registry.register(
                "process_open_fds",
                "Open file descriptors",
                self.open_files.clone(),
            );
        }
    }

    async fn read(&self, engine: &Engine) {
        let now = engine.gauges().await;
        self.ready.set(now.is_ready.into());
        set(&self.requests_in_flight, now.requests_in_flight);
        set(&self.cached_keys, now.cached_keys);
        if let Some(sessions) = now.sessions {
            self.sessions.set(sessions);
        }
        for (state, count) in [
            ("idle", now.connections.idle),
            ("in_use", now.connections.in_use),
        ] {
            set(
                &self
                    .connections
                    .get_or_create(&ConnectionLabel { state }),
                count,
            );
        }
        if let Some(bytes) = now.wal_bytes {
            set(&self.wal_bytes, bytes);
        }
        set(&self.altered_audit_logs, now.altered_audit_logs);
        self.journal_complete
            .set(now.is_journal_complete.into());
        if let Some(bytes) = process::resident_bytes() {
            set(&self.resident_bytes, bytes);
        }
        if let Some(count) = process::open_files() {
            set(&self.open_files, count);
        }
    }
}

fn set(gauge: &Number, value: impl TryInto<i64>) {
    gauge.set(value.try_into().unwrap_or(i64::MAX));
}

impl Metrics {
    /// Registers what the engine and this server count.
    pub fn new(engine: &Engine, durations: &RequestDurations) -> Self {
        let mut registry = Registry::default();
        let gauges = Gauges::default();
        gauges.register_process(&mut registry);
        let started = engine.runtime().now();
        #[expect(
            clippy::cast_precision_loss,
            reason = "milliseconds since 1970 have 41 bits"
        )]
        gauges.started.set(started.0 as f64 / 1000.0);

        let own = registry.sub_registry_with_prefix(PREFIX);
        let build = Info::new([("version", env!("ROUNDTABLE_VERSION"))]);
        own.register("build", "The version of the program", build);
        gauges.register(own, engine.is_shared());
        durations.register(own);
        engine.register_metrics(own);
        Self {
            inner: Arc::new(Inner {
                engine: engine.clone(),
                registry,
                gauges,
            }),
        }
    }

    async fn text(&self) -> Result<String, fmt::Error> {
        let Inner {
            engine,
            registry,
            gauges,
        } = &*self.inner;
        gauges.read(engine).await;
        let mut text = String::new();
        encode(&mut text, registry)?;
        Ok(text)
    }
}

/// `GET /metrics`, and nothing else.
pub fn router(metrics: Metrics) -> Router {
    Router::new()
        .route("/metrics", get(export))
        .with_state(metrics)
}

async fn export(State(metrics): State<Metrics>) -> Response {
    match metrics.text().await {
        Ok(text) => ([(CONTENT_TYPE, FORMAT)], text).into_response(),
        Err(fmt::Error) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Notes the template of the route in the response, so that its duration is recorded under it.
pub async fn note_route(path: Option<MatchedPath>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let Some(path) = path {
        response
            .extensions_mut()
            .insert(MatchedRoute(path.as_str().to_owned().into()));
    }
    response
}
