//! Traces: the trace of a request in the log, and the spans that builds with the feature `otlp`
//! export.

#[cfg(feature = "otlp")]
mod export;

use std::collections::BTreeSet;
use std::net::TcpStream;

use serde_json::Value;

use crate::program::{Folder, Server, exchange, free_address};

const MONITORING: &str = include_str!("../../../docs/monitoring.md");
const SETUP_TOKEN: &str = "setup_0123456789abcdef";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

fn traceparent(flags: &str) -> String {
    format!("Traceparent: 00-{TRACE}-{SPAN}-{flags}\r\n")
}

/// Sends a request with these header lines, and returns the response.
fn send(address: &str, line: &str, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let length = body.len();
    let request = format!(
        "{line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    );
    exchange(&mut stream, &request)
}

/// Creates the organization, and returns the line with its first key.
fn bootstrap(address: &str, headers: &str) -> String {
    let body = format!(
        r#"{{"setup_token":"{SETUP_TOKEN}","organization":"Acme","name":"Ada","email":"ada@acme.example"}}"#
    );
    let headers = format!("Content-Type: application/json\r\n{headers}");
    let answer = send(address, "POST /api/v1/bootstrap", &headers, &body);
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    let made: Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}"));
    let key = made["api_key"].as_str().expect("a key");
    format!("Authorization: Bearer {key}\r\n")
}

/// A server that logs every request as JSON, with its address.
fn serve(folder: &Folder, more: &[(&str, &str)]) -> (Server, String) {
    let address = free_address();
    let mut variables = vec![
        ("ROUNDTABLE_ADDR", address.as_str()),
        ("ROUNDTABLE_ACCESS_LOG", "all"),
        ("ROUNDTABLE_LOG_FORMAT", "json"),
        ("ROUNDTABLE_SETUP_TOKEN", SETUP_TOKEN),
    ];
    variables.extend_from_slice(more);
    (
        Server::start(folder.command(&["serve"], &variables)),
        address,
    )
}

/// The fields of the lines of a log.
fn fields(log: &str) -> Vec<Value> {
    log.lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("{line}")))
        .map(|mut line| line["fields"].take())
        .collect()
}

#[test]
fn the_log_lines_of_a_request_have_its_trace() {
    let folder = Folder::initialized();
    let (mut server, address) = serve(&folder, &[]);
    let traced = traceparent("00");
    let key = bootstrap(&address, &traced);
    // The second and the third request find the key in memory.
    for _ in 0..3 {
        let headers = format!("{key}{traced}");
        let answer = send(&address, "GET /api/v1/me", &headers, "");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    send(&address, "GET /api/v1/me", &traced, "");
    send(&address, "GET /gate/orders", &traced, "");
    for ignored in [
        String::new(),
        format!("{traced}{traced}"),
        format!("traceparent: 00-{TRACE}-{SPAN}-01 trace_id=forged\r\n"),
        format!("traceparent: ff-{TRACE}-{SPAN}-01\r\n"),
        format!("trace_id: {TRACE}\r\n"),
    ] {
        send(&address, "GET /nowhere", &ignored, "");
    }
    let log = server.kill();
    assert!(!log.contains("forged"), "{log}");
    let lines = fields(&log);
    let of = |path: &str| {
        let found = lines.iter().filter(|line| line["path"] == path);
        found.collect::<Vec<_>>()
    };
    assert_eq!(of("/api/v1/bootstrap").len(), 1, "{log}");
    assert_eq!(of("/api/v1/me").len(), 4, "{log}");
    assert_eq!(of("/gate/orders").len(), 1, "{log}");
    assert_eq!(of("/nowhere").len(), 5, "{log}");

    for line in lines
        .iter()
        .filter(|line| line["request_id"].is_string())
    {
        let same = |other: &&Value| other["request_id"] == line["request_id"];
        let is_traced = lines
            .iter()
            .filter(same)
            .all(|line| line["path"] != "/nowhere");
        let expected = if is_traced {
            Value::from(TRACE)
        } else {
            Value::Null
        };
        assert_eq!(line["trace_id"], expected, "{line}");
    }
    let refused = lines
        .iter()
        .filter(|line| line["message"] == "request failed" && line["trace_id"] == TRACE);
    assert_eq!(refused.count(), 2, "{log}");
}

#[test]
fn the_fields_of_the_log_are_documented() {
    let folder = Folder::initialized();
    let (mut server, address) = serve(&folder, &[]);
    let traced = traceparent("01");
    for _ in 0..8 {
        send(&address, "GET /api/v1/me", &traced, "");
    }
    send(&address, "GET /sign-in/callback?error=denied", "", "");
    let log = server.kill();
    let written = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .flat_map(|line| {
            let outer = line.as_object().expect("an object").clone();
            let inner = line["fields"]
                .as_object()
                .expect("fields")
                .clone();
            outer
                .into_iter()
                .chain(inner)
                .map(|(name, _)| name)
        })
        .collect::<BTreeSet<_>>();
    for name in [
        "timestamp",
        "level",
        "fields",
        "message",
        "request_id",
        "trace_id",
        "method",
        "path",
        "status",
        "took_ms",
        "cause",
    ] {
        assert!(written.contains(name), "{name}: {log}");
    }
    for name in written {
        assert!(
            MONITORING.contains(&format!("`{name}`")),
            "{name} is not in docs/monitoring.md: {log}"
        );
    }
}

// A setting that does nothing would be taken for one that works.
#[test]
fn a_program_without_traces_refuses_an_endpoint() {
    let folder = Folder::initialized();
    let checked = folder.run(
        &["settings", "check"],
        &[("ROUNDTABLE_OTLP_ENDPOINT", "http://127.0.0.1:4318")],
    );
    let expected = if cfg!(feature = "otlp") { 0 } else { 78 };
    assert_eq!(checked.status.code(), Some(expected), "{checked:?}");
}
