//! How long requests take, for Prometheus: one histogram for each method, route and status.

use std::borrow::Cow;
use std::time::Duration;

use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use engine::Runtime;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// The template of the route that answered, such as `/api/v1/keys/{key_id}`, in the extensions of a
/// response.
#[derive(Clone, Debug)]
pub struct MatchedRoute(pub Cow<'static, str>);

/// The label of a request that no route matches.
const UNMATCHED: MatchedRoute = MatchedRoute(Cow::Borrowed("unmatched"));

/// The upper limits of the buckets, in seconds: those that OpenTelemetry recommends for
/// `http.server.request.duration`, and a smaller one, because most checks of a key take less.
const BUCKETS: [f64; 15] = [
    0.001, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];
/// The methods that have a label of their own. Otherwise a client could create series.
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/// The durations of requests. Cheap to clone.
#[derive(Clone, Debug)]
pub struct RequestDurations {
    histograms: Family<RequestLabels, Histogram, fn() -> Histogram>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    /// The template, such as `/api/v1/keys/{key_id}`.
    route: Cow<'static, str>,
    status: u32,
}

impl Default for RequestDurations {
    fn default() -> Self {
        Self {
            histograms: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
        }
    }
}

impl RequestDurations {
    /// Registers the histograms.
    pub fn register(&self, registry: &mut Registry) {
        registry.register_with_unit(
            "http_request_duration",
            "Time from the headers of a request to the headers of its response",
            Unit::Seconds,
            self.histograms.clone(),
        );
    }

    /// Starts to measure a request.
    pub(crate) fn begin(&self, request: &Request, runtime: &Runtime) -> Measured {
        Measured {
            durations: self.clone(),
            runtime: runtime.clone(),
            method: request.method().clone(),
            began: runtime.elapsed(),
        }
    }

    fn observe(&self, method: &Method, route: MatchedRoute, status: StatusCode, took: Duration) {
        let labels = RequestLabels {
            method: label_of(method),
            route: route.0,
            status: status.as_u16().into(),
        };
        self.histograms
            .get_or_create(&labels)
            .observe(took.as_secs_f64());
    }
}

/// A request that is being measured.
pub(crate) struct Measured {
    durations: RequestDurations,
    runtime: Runtime,
    method: Method,
    began: Duration,
}

impl Measured {
    /// Records its response.
    pub fn end(self, response: &Response) {
        let route = response.extensions().get::<MatchedRoute>();
        let route = route.cloned().unwrap_or(UNMATCHED);
        let took = self.runtime.elapsed().saturating_sub(self.began);
        self.durations
            .observe(&self.method, route, response.status(), took);
    }
}

/// The label of a method, in metrics and in traces. OpenTelemetry calls an unknown one `_OTHER`.
pub fn label_of(method: &Method) -> &'static str {
    METHODS
        .into_iter()
        .find(|known| *known == method.as_str())
        .unwrap_or("_OTHER")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_creates_no_series() {
        let label = |name: &str| label_of(&name.parse().expect("a method"));
        for name in METHODS {
            assert_eq!(label(name), name);
        }
        assert_eq!(label("BREW"), "_OTHER");
    }

    #[test]
    fn a_request_is_counted_by_method_route_and_status() {
        let durations = RequestDurations::default();
        let mut registry = Registry::with_prefix("roundtable");
        durations.register(&mut registry);
        let took = Duration::from_millis(3);
        let route = MatchedRoute("/api/v1/me".into());
        durations.observe(&Method::GET, route, StatusCode::OK, took);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).expect("text");
        let labels = r#"method="GET",route="/api/v1/me",status="200""#;
        for line in [
            format!("roundtable_http_request_duration_seconds_count{{{labels}}} 1"),
            format!("roundtable_http_request_duration_seconds_bucket{{le=\"0.001\",{labels}}} 0"),
            format!("roundtable_http_request_duration_seconds_bucket{{le=\"0.005\",{labels}}} 1"),
        ] {
            assert!(text.contains(&line), "{line}\n{text}");
        }
    }
}
