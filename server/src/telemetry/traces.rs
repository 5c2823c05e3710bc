//! Traces: a span for each request, exported by OTLP over HTTP (feature `otlp`).
//!
//! A span contains the template of the route, the status and the request ID. It contains no path, no
//! query and no header, so no secret either.

mod export;
mod span;

use std::time::Duration;

use fast_path::tracer::Tracer;
use opentelemetry::trace::TracerProvider;
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider,
};

use self::export::Exporter;
use self::span::Spans;
use crate::config::TraceExport;

/// The spans that wait for their export. If there are more, the newest are dropped.
const MAX_QUEUE: usize = 4096;
const MAX_BATCH: usize = 512;
/// How long a span waits for its batch to fill.
const MAX_DELAY: Duration = Duration::from_secs(5);
/// How long the last spans may take at the end.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);
const NAME: &str = "roundtable";

/// Records spans and exports them in the background.
pub struct Traces {
    provider: SdkTracerProvider,
    scheme: &'static str,
}

impl Traces {
    /// Starts the export, on this runtime. `is_https` says whether clients use HTTPS.
    ///
    /// # Errors
    /// If the HTTP client cannot be created.
    pub fn start(settings: &TraceExport, is_https: bool) -> Result<Self, reqwest::Error> {
        let exporter = Exporter::new(settings)?;
        let config = BatchConfigBuilder::default()
            .with_max_queue_size(MAX_QUEUE)
            .with_max_export_batch_size(MAX_BATCH)
            .with_scheduled_delay(MAX_DELAY)
            .build();
        let ratio = f64::from(settings.sample_percent) / 100.0;
        let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(ratio)));
        let version = KeyValue::new("service.version", env!("ROUNDTABLE_VERSION"));
        let resource = Resource::builder()
            .with_service_name(NAME)
            .with_attribute(version)
            .build();
        let provider = SdkTracerProvider::builder()
            .with_sampler(sampler)
            .with_resource(resource)
            .with_span_processor(BatchSpanProcessor::new(exporter, config))
            .build();
        Ok(Self {
            provider,
            scheme: if is_https { "https" } else { "http" },
        })
    }

    /// What records the requests.
    pub fn tracer(&self) -> Tracer {
        let scope = InstrumentationScope::builder(NAME)
            .with_version(env!("ROUNDTABLE_VERSION"))
            .build();
        Tracer::new(Spans {
            tracer: self.provider.tracer_with_scope(scope),
            scheme: self.scheme,
        })
    }

    /// Exports the last spans.
    pub async fn stop(self) {
        let stop = move || self.provider.shutdown_with_timeout(FLUSH_TIMEOUT);
        // The exporter has logged the failure.
        let _ = tokio::task::spawn_blocking(stop).await;
    }
}
