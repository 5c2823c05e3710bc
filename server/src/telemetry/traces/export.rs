//! Sends spans to the collector. What cannot be sent is dropped: a request never waits for it.

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use prost::Message;
use reqwest::redirect::Policy;
use tokio::runtime::Handle;
use url::Url;

use crate::config::TraceExport;

/// How long the collector may take. It is less than the last spans may take when the server stops.
const TIMEOUT: Duration = Duration::from_secs(4);

/// Sends batches of spans with the HTTP client of the server.
pub(super) struct Exporter {
    client: reqwest::Client,
    url: Url,
    headers: HeaderMap,
    /// Where the client runs. The batches come from a thread without a runtime.
    runtime: Handle,
    resource: ResourceAttributesWithSchema,
    collector: Collector,
}

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exporter")
    }
}

impl Exporter {
    /// An exporter on the current runtime.
    pub fn new(settings: &TraceExport) -> Result<Self, reqwest::Error> {
        let mut headers = settings.headers.clone();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/x-protobuf"),
        );
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .timeout(TIMEOUT)
            .build()?;
        Ok(Self {
            client,
            url: settings.url.clone(),
            headers,
            runtime: Handle::current(),
            resource: ResourceAttributesWithSchema::default(),
            collector: Collector::default(),
        })
    }
}

impl SpanExporter for Exporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = group_spans_by_resource_and_scope(batch, &self.resource);
        let body = ExportTraceServiceRequest {
            resource_spans: spans,
        };
        let request = self
            .client
            .post(self.url.clone())
            .headers(self.headers.clone())
            .body(body.encode_to_vec());
        let sent = self.runtime.spawn(send(request)).await;
        let result = sent.unwrap_or_else(|_| Err("the server has stopped".into()));
        self.collector.note(&result).write();
        result.map_err(OTelSdkError::InternalFailure)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.resource = resource.into();
    }
}

async fn send(request: reqwest::RequestBuilder) -> Result<(), String> {
    let sent = request.send().await;
    let response = sent.map_err(|error| innermost(&error.without_url()))?;
    let status = response.status();
    if status.is_success() {
        Ok(())
    } else {
        Err(format!("the collector answered {}", status.as_u16()))
    }
}

fn innermost(error: &reqwest::Error) -> String {
    let mut inner: &dyn Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

/// Whether the last export has failed, so that an outage is logged once.
#[derive(Default)]
struct Collector {
    is_down: AtomicBool,
}

/// What the log says of an export.
#[derive(Debug, PartialEq, Eq)]
enum Note<'a> {
    Nothing,
    Down(&'a str),
    Back,
}

impl Collector {
    fn note<'a>(&self, result: &'a Result<(), String>) -> Note<'a> {
        let was_down = self
            .is_down
            .swap(result.is_err(), Ordering::Relaxed);
        match result {
            Err(error) if !was_down => Note::Down(error),
            Ok(()) if was_down => Note::Back,
            _ => Note::Nothing,
        }
    }
}

impl Note<'_> {
    fn write(self) {
        match self {
            Self::Nothing => {}
            Self::Down(error) => {
                tracing::warn!(
                    error,
                    "the collector takes no spans; they are dropped until it does"
                );
            }
            Self::Back => tracing::info!("the collector takes spans again"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_of_the_collector_is_logged_once() {
        let collector = Collector::default();
        let (fine, refused) = (Ok(()), Err("refused".to_owned()));
        assert_eq!(collector.note(&fine), Note::Nothing);
        assert_eq!(collector.note(&refused), Note::Down("refused"));
        assert_eq!(collector.note(&refused), Note::Nothing);
        assert_eq!(collector.note(&fine), Note::Back);
        assert_eq!(collector.note(&fine), Note::Nothing);
        assert_eq!(collector.note(&refused), Note::Down("refused"));
    }
}
