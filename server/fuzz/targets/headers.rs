//! The headers of a request: one credential at most, and an address that only trusted proxies set.
#![no_main]

use std::net::SocketAddr;

use arbitrary::Arbitrary;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use domain::token::keys_within;
use fast_path::credential::{AtGate, PresentedCredential, at_gate, presented_key, read};
use fast_path::origin::{address, origin};
use fuzz::{Piece, text_of};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
enum Name {
    Authorization,
    ApiKey,
    ForwardedFor,
    UserAgent,
}

#[derive(Arbitrary, Debug)]
struct Line {
    name: Name,
    has_scheme: bool,
    value: Vec<Piece>,
}

const NAMES: [HeaderName; 4] = [
    HeaderName::from_static("authorization"),
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("user-agent"),
];

fn headers(lines: &[Line]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for Line {
        name,
        has_scheme,
        value,
    } in lines
    {
        let scheme = if *has_scheme { "Bearer " } else { "" };
        let text = format!("{scheme}{}", text_of(value));
        let name = match name {
            Name::Authorization => &NAMES[0],
            Name::ApiKey => &NAMES[1],
            Name::ForwardedFor => &NAMES[2],
            Name::UserAgent => &NAMES[3],
        };
        if let Ok(value) = HeaderValue::from_bytes(text.as_bytes()) {
            headers.append(name, value);
        }
    }
    headers
}

/// Whether every value of the header that is there once has this text in it, and none is there twice.
fn holds(headers: &HeaderMap, key: &str) -> bool {
    NAMES[..2].iter().any(|name| {
        let mut values = headers.get_all(name).iter();
        let value = values
            .next()
            .and_then(|value| value.to_str().ok());
        values.next().is_none() && value.is_some_and(|value| value.contains(key))
    })
}

fuzz_target!(|input: (Vec<Line>, u8)| {
    let (lines, trusted) = input;
    let headers = headers(&lines);
    let presented = presented_key(&headers);
    match read(&headers, &[]) {
        Ok(PresentedCredential::Key(key)) => {
            assert!(holds(&headers, key.expose()));
            assert_eq!(
                presented
                    .map(|key| key.expose().to_owned())
                    .as_deref(),
                Some(key.expose())
            );
            assert!(
                matches!(at_gate(&headers), AtGate::Key(at_gate, _) if at_gate.expose() == key.expose())
            );
        }
        Ok(PresentedCredential::IdToken(token)) => {
            assert!(holds(&headers, &token));
            assert!(presented.is_none());
        }
        Err(_) => assert!(presented.is_none()),
    }
    if let AtGate::Key(key, _) = at_gate(&headers) {
        assert!(holds(&headers, key.expose()));
    }

    let peer: SocketAddr = "192.0.2.7:5000".parse().expect("an address");
    let trusted = usize::from(trusted % 4);
    let origin = origin(&headers, Some(peer), String::new(), trusted);
    let found = origin.address.expect("an address");
    let hops = headers.get_all("x-forwarded-for");
    let hops = hops.iter().filter_map(|line| line.to_str().ok());
    let hops: Vec<_> = hops.flat_map(|line| line.split(',')).collect();
    let expected = hops
        .len()
        .checked_sub(trusted)
        .filter(|_| trusted > 0)
        .and_then(|hop| address(hops[hop]));
    assert_eq!(found, expected.unwrap_or(peer.ip()).to_string());
    let agent = origin.agent.unwrap_or_default();
    // A tab is the only control character that a header may have.
    let is_control = |char: char| char.is_control() && char != '\t';
    assert!(
        keys_within(&agent).is_empty() && !agent.contains(is_control),
        "{agent:?}"
    );
});
