//! The span of a request, named and described as the semantic conventions for HTTP say.

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::response::Response;
use fast_path::durations::{MatchedRoute, label_of};
use fast_path::trace_parent::{TRACEPARENT, TraceParent};
use fast_path::tracer::{RequestSpan, StartSpan};
use opentelemetry::trace::{
    Span, SpanContext, SpanKind, Status, TraceContextExt, TraceFlags, TraceState, Tracer,
};
use opentelemetry::{Context, KeyValue, StringValue};
use opentelemetry_sdk::trace::SdkTracer;

use crate::http::problem::ApiError;

/// Starts the spans of requests.
pub(super) struct Spans {
    pub tracer: SdkTracer,
    /// `http` or `https`.
    pub scheme: &'static str,
}

impl StartSpan for Spans {
    fn start(&self, request: &mut Request) -> Option<Box<dyn RequestSpan>> {
        let method = label_of(request.method());
        let parent = TraceParent::of(request.headers()).map_or_else(Context::new, |parent| {
            Context::new().with_remote_span_context(remote(parent))
        });
        let span = self
            .tracer
            .span_builder(name(method))
            .with_kind(SpanKind::Server)
            .with_attributes([
                KeyValue::new("http.request.method", method),
                KeyValue::new("url.scheme", self.scheme),
            ])
            .start_with_context(&self.tracer, &parent);
        if !span.is_recording() {
            return None;
        }
        // The log has the trace too, also one that begins here.
        if let Ok(value) = HeaderValue::from_str(&traceparent(span.span_context())) {
            request.headers_mut().insert(TRACEPARENT, value);
        }
        Some(Box::new(Running { span, method }))
    }
}

/// The span of the caller.
fn remote(parent: TraceParent) -> SpanContext {
    let flags = TraceFlags::default().with_sampled(parent.is_sampled);
    SpanContext::new(
        parent.trace_id.0.get().into(),
        parent.span_id.get().into(),
        flags,
        true,
        TraceState::NONE,
    )
}

fn traceparent(span: &SpanContext) -> String {
    format!(
        "00-{}-{}-{:02x}",
        span.trace_id(),
        span.span_id(),
        span.trace_flags()
    )
}

/// A method, as the name of a span begins.
fn name(method: &'static str) -> &'static str {
    if method == "_OTHER" { "HTTP" } else { method }
}

/// The span of a request in flight.
struct Running {
    span: opentelemetry_sdk::trace::Span,
    method: &'static str,
}

impl RequestSpan for Running {
    fn end(mut self: Box<Self>, response: &Response) {
        let status = response.status();
        let span = &mut self.span;
        span.set_attribute(KeyValue::new(
            "http.response.status_code",
            i64::from(status.as_u16()),
        ));
        if let Some(MatchedRoute(route)) = response.extensions().get() {
            span.update_name(format!("{} {route}", name(self.method)));
            span.set_attribute(KeyValue::new(
                "http.route",
                StringValue::from(route.clone()),
            ));
        }
        if let Some(id) = response.headers().get("x-request-id")
            && let Ok(id) = id.to_str()
        {
            span.set_attribute(KeyValue::new("roundtable.request_id", id.to_owned()));
        }
        if let Some(error) = response.extensions().get::<ApiError>() {
            span.set_attribute(KeyValue::new(
                "roundtable.code",
                error.code().as_str(),
            ));
        }
        if status.is_server_error() {
            span.set_attribute(KeyValue::new(
                "error.type",
                status.as_str().to_owned(),
            ));
            span.set_status(Status::error(""));
        }
        span.end();
    }
}
