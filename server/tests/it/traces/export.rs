//! The spans, as a collector gets them.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use prost::Message;

use super::{SETUP_TOKEN, SPAN, TRACE, bootstrap, fields, send, serve, traceparent};
use crate::program::{Folder, Server, free_address};

/// A collector that accepts everything.
struct Collector {
    endpoint: String,
    received: Arc<Mutex<Vec<Export>>>,
}

/// One export.
struct Export {
    head: String,
    body: Vec<u8>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let endpoint = format!(
            "http://{}",
            listener.local_addr().expect("an address")
        );
        let received = Arc::<Mutex<Vec<Export>>>::default();
        let exports = received.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let export = receive(stream.expect("a connection"));
                exports.lock().expect("exports").push(export);
            }
        });
        Self { endpoint, received }
    }

    /// What it has received, after the server has stopped.
    fn after(self, server: &mut Server) -> Received {
        server.ask_to_stop();
        assert!(server.child.wait().expect("it ends").success());
        let exports = std::mem::take(&mut *self.received.lock().expect("exports"));
        let requests: Vec<_> = exports
            .iter()
            .map(|export| ExportTraceServiceRequest::decode(&*export.body).expect("protobuf"))
            .collect();
        let resources = requests
            .into_iter()
            .flat_map(|request| request.resource_spans);
        let mut received = Received {
            exports,
            service: BTreeMap::new(),
            spans: Vec::new(),
        };
        for resource in resources {
            received.service = attributes(&resource.resource.expect("a resource").attributes);
            let scopes = resource.scope_spans.into_iter();
            received
                .spans
                .extend(scopes.flat_map(|scope| scope.spans));
        }
        received
    }
}

/// Reads a request, and answers it.
fn receive(mut stream: TcpStream) -> Export {
    let mut reader = BufReader::new(stream.try_clone().expect("a clone"));
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(
            reader.read_line(&mut head).expect("a line") > 0,
            "{head}"
        );
    }
    let lower = head.to_ascii_lowercase();
    let length = lower
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length = length.and_then(|length| length.parse().ok());
    let mut body = vec![0; length.expect("a length")];
    reader.read_exact(&mut body).expect("a body");
    stream
        .write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        .expect("answered");
    Export { head, body }
}

struct Received {
    exports: Vec<Export>,
    /// The attributes of the resource.
    service: BTreeMap<String, String>,
    spans: Vec<Span>,
}

impl Received {
    fn named(&self, name: &str) -> Vec<&Span> {
        let found = self.spans.iter().filter(|span| span.name == name);
        found.collect()
    }
}

fn attributes(pairs: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |value: &AnyValue| match &value.value {
        Some(Any::StringValue(text)) => text.clone(),
        Some(Any::IntValue(number)) => number.to_string(),
        other => panic!("{other:?}"),
    };
    let pairs = pairs.iter().map(|pair| {
        (
            pair.key.clone(),
            text(pair.value.as_ref().expect("a value")),
        )
    });
    pairs.collect()
}

#[test]
fn each_request_is_a_span_without_secrets() {
    let folder = Folder::initialized();
    let collector = Collector::start();
    let (mut server, address) = serve(
        &folder,
        &[
            (
                "ROUNDTABLE_OTLP_ENDPOINT",
                collector.endpoint.as_str(),
            ),
            (
                "ROUNDTABLE_OTLP_HEADERS",
                "authorization=Bearer%20TOPSECRET",
            ),
        ],
    );
    let key = bootstrap(&address, "");
    let plain = key
        .trim_start_matches("Authorization: Bearer ")
        .trim();
    // The second and the third request find the key in memory.
    for _ in 0..3 {
        let headers = format!("{key}{}", traceparent("01"));
        send(&address, "GET /api/v1/me?q=QUERY", &headers, "");
        send(&address, "GET /api/v1/me", &headers, "");
    }
    let cookie =
        "Cookie: id=SESSION\r\nUser-Agent: AGENT\r\nTracestate: a=STATE\r\nBaggage: b=BAGGAGE\r\n";
    for path in ["/sign-in", "/join/INVITATION", "/SECRET", "/gate/orders"] {
        send(&address, &format!("GET {path}"), cookie, "");
    }
    send(
        &address,
        &format!("GET /api/v1/keys/{plain}"),
        &key,
        "",
    );
    send(&address, "METHOD /api/v1/me", "", "");

    let received = collector.after(&mut server);
    assert_eq!(received.spans.len(), 13, "{:?}", received.spans);
    assert_eq!(received.service["service.name"], "roundtable");

    let traced = received.named("GET /api/v1/me");
    assert_eq!(traced.len(), 6);
    for span in traced {
        assert_eq!(hex::encode(&span.trace_id), TRACE);
        assert_eq!(hex::encode(&span.parent_span_id), SPAN);
        let mut shown = attributes(&span.attributes);
        let id = shown
            .remove("roundtable.request_id")
            .expect("an id");
        assert!(id.starts_with("req_"), "{id}");
        let expected = [
            ("http.request.method", "GET"),
            ("http.response.status_code", "200"),
            ("http.route", "/api/v1/me"),
            ("url.scheme", "http"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(shown, BTreeMap::from(expected));
    }
    for (name, status, code) in [
        ("POST /api/v1/bootstrap", "201", None),
        (
            "GET /api/v1/keys/{key_id}",
            "400",
            Some("key_in_query"),
        ),
        ("GET /gate/{*rest}", "401", Some("unauthorized")),
        ("HTTP /api/v1/me", "405", Some("method_not_allowed")),
        ("GET /sign-in", "200", None),
    ] {
        let spans = received.named(name);
        assert_eq!(spans.len(), 1, "{name}: {:?}", received.spans);
        assert!(
            spans[0].parent_span_id.is_empty(),
            "{name} begins its trace"
        );
        let shown = attributes(&spans[0].attributes);
        assert_eq!(shown["http.response.status_code"], status, "{name}");
        let found = shown.get("roundtable.code").map(String::as_str);
        assert_eq!(found, code, "{name}");
    }
    for Export { head, body } in &received.exports {
        assert!(
            head.starts_with("POST /v1/traces HTTP/1.1\r\n"),
            "{head}"
        );
        assert!(
            head.contains("authorization: Bearer TOPSECRET"),
            "{head}"
        );
        let text = String::from_utf8_lossy(body);
        for secret in [
            plain,
            SETUP_TOKEN,
            "QUERY",
            "SESSION",
            "AGENT",
            "STATE",
            "BAGGAGE",
            "INVITATION",
            "SECRET",
            "METHOD",
            "Acme",
        ] {
            assert!(!text.contains(secret), "{secret}");
        }
    }

    // A trace that begins here is in the log too.
    let log = server.kill();
    assert!(!log.contains("TOPSECRET"), "{log}");
    let lines = fields(&log);
    for span in &received.spans {
        let id = &attributes(&span.attributes)["roundtable.request_id"];
        let line = lines
            .iter()
            .find(|line| line["request_id"] == **id);
        let trace = line.map(|line| &line["trace_id"]);
        assert_eq!(
            trace,
            Some(&hex::encode(&span.trace_id).into()),
            "{log}"
        );
    }
}

#[test]
fn the_caller_decides_about_its_trace_and_the_setting_about_others() {
    let folder = Folder::initialized();
    let collector = Collector::start();
    let (mut server, address) = serve(
        &folder,
        &[
            (
                "ROUNDTABLE_OTLP_ENDPOINT",
                collector.endpoint.as_str(),
            ),
            ("ROUNDTABLE_OTLP_SAMPLE_PERCENT", "0"),
        ],
    );
    send(&address, "GET /readyz", "", "");
    send(&address, "GET /readyz", &traceparent("00"), "");
    send(&address, "GET /healthz", &traceparent("01"), "");
    let received = collector.after(&mut server);
    let [span] = &*received.spans else {
        panic!("{:?}", received.spans);
    };
    assert_eq!(span.name, "GET /healthz");
    assert_eq!(
        span.status.as_ref().map(|status| status.code),
        Some(StatusCode::Unset.into())
    );
    let traces: Vec<_> = fields(&server.kill())
        .iter()
        .filter(|line| line["message"] == "request completed")
        .map(|line| {
            line["trace_id"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        })
        .collect();
    assert_eq!(traces, ["", TRACE, TRACE]);
}

#[test]
fn a_collector_that_is_down_delays_no_request() {
    let folder = Folder::initialized();
    // Nothing listens at the first address. What listens at the second never answers.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let silent = listener
        .local_addr()
        .expect("an address")
        .to_string();
    for collector in [free_address(), silent] {
        let endpoint = format!("http://{collector}/otlp");
        let more = [
            ("ROUNDTABLE_OTLP_ENDPOINT", endpoint.as_str()),
            // Nobody reads the log while the server runs.
            ("ROUNDTABLE_ACCESS_LOG", "none"),
        ];
        let (mut server, address) = serve(&folder, &more);
        for _ in 0..600 {
            let answer = send(&address, "GET /healthz", "", "");
            assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        }
        server.ask_to_stop();
        assert!(server.child.wait().expect("it ends").success());
        let log = server.kill();
        let said = log
            .matches("the collector takes no spans")
            .count();
        assert_eq!(said, 1, "{log}");
    }
}
