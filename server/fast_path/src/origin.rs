//! The origin of a request: the IP address and the user agent, as the audit log records them.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use axum::http::HeaderMap;
use axum::http::header::{HeaderName, USER_AGENT};
use engine::ctx::Origin;

use crate::sieve;
use crate::trace_parent::TraceParent;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const MAX_AGENT_CHARS: usize = 200;

/// The address of the client of a connection, or of what has connected for it.
pub fn peer(request: &Request) -> Option<SocketAddr> {
    let info = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()?;
    Some(info.0)
}

/// The origin of a request. Keys in the user agent are redacted.
pub fn origin(
    headers: &HeaderMap,
    peer: Option<SocketAddr>,
    id: String,
    trusted_proxies: usize,
) -> Origin {
    let socket = peer.map(|peer| peer.ip().to_canonical());
    let address = forwarded(headers, trusted_proxies)
        .or(socket)
        .map(|address| address.to_string());
    let agent = headers
        .get(USER_AGENT)
        .and_then(|agent| agent.to_str().ok());
    let agent = agent.map(|agent| {
        let mut agent = sieve::without_secrets(agent);
        if let Some((end, _)) = agent.char_indices().nth(MAX_AGENT_CHARS) {
            agent.truncate(end);
        }
        agent
    });
    Origin {
        request_id: id,
        trace_id: TraceParent::of(headers).map(|parent| parent.trace_id),
        address,
        agent,
    }
}

/// The IP address that the outermost trusted proxy has added. Entries further left come from the
/// client and do not count.
fn forwarded(headers: &HeaderMap, trusted_proxies: usize) -> Option<IpAddr> {
    if trusted_proxies == 0 {
        return None;
    }
    let lines = headers
        .get_all(FORWARDED_FOR)
        .iter()
        .filter_map(|line| line.to_str().ok());
    let hops: Vec<_> = lines.flat_map(|line| line.split(',')).collect();
    let seen = hops.len().checked_sub(trusted_proxies)?;
    address(hops.get(seen)?)
}

/// Parses an IP address in the forms that proxies write: with a port, with a zone, in brackets or
/// in quotes. An IPv4-mapped IPv6 address becomes an IPv4 address.
pub fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let bare = match text.strip_prefix('[') {
        Some(rest) => {
            let (inside, after) = rest.split_once(']')?;
            if !after.is_empty() && !after.strip_prefix(':').is_some_and(is_port) {
                return None;
            }
            inside
        }
        None => match text.split_once(':') {
            Some((host, port)) if is_port(port) && host.contains('.') => host,
            _ => text,
        },
    };
    let (bare, zone) = bare
        .split_once('%')
        .map_or((bare, None), |(bare, zone)| (bare, Some(zone)));
    let address = bare.parse::<IpAddr>().ok()?;
    if zone.is_some() && !address.is_ipv6() {
        return None;
    }
    Some(address.to_canonical())
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(
                HeaderName::from_static(name),
                axum::http::HeaderValue::from_static(value),
            );
        }
        map
    }

    #[test]
    fn an_ip_address_is_parsed_in_every_form_that_proxies_write() {
        for (text, read) in [
            ("203.0.113.9", "203.0.113.9"),
            ("203.0.113.9:51234", "203.0.113.9"),
            (" 203.0.113.9:1 ", "203.0.113.9"),
            ("[203.0.113.9]:80", "203.0.113.9"),
            ("\"203.0.113.9:51234\"", "203.0.113.9"),
            ("2001:db8::1", "2001:db8::1"),
            ("2001:DB8:0::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("\"[2001:db8::1]:443\"", "2001:db8::1"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
            ("[::ffff:203.0.113.9]:443", "203.0.113.9"),
            ("fe80::1%eth0", "fe80::1"),
            ("[fe80::1%25eth0]:443", "fe80::1"),
        ] {
            assert_eq!(
                address(text)
                    .map(|address| address.to_string())
                    .as_deref(),
                Some(read),
                "{text}"
            );
        }
        for text in [
            "",
            "unknown",
            "_hidden",
            "<script>",
            "203.0.113.9:",
            "203.0.113.9:99999",
            "203.0.113.9:+1",
            "[::1",
            "::1]",
            "[::1]443",
            "[::1]:x",
            "203.0.113.9%eth0",
            "203.0.113.256",
            "1.2.3",
            "example.com:80",
            "203.0.113.9 x",
            "0x7f.0.0.1",
            "127.1",
        ] {
            assert_eq!(address(text), None, "{text}");
        }
    }

    #[test]
    fn a_client_cannot_forge_its_ip_address() {
        let line = headers(&[
            ("x-forwarded-for", "6.6.6.6, 10.0.0.9:80"),
            ("x-forwarded-for", "[2001:db8::1]:443"),
        ]);
        let seen = |proxies| forwarded(&line, proxies).map(|address| address.to_string());
        assert_eq!(seen(0), None);
        assert_eq!(seen(1).as_deref(), Some("2001:db8::1"));
        assert_eq!(seen(2).as_deref(), Some("10.0.0.9"));
        assert_eq!(seen(4), None);
        assert_eq!(
            forwarded(&headers(&[("x-forwarded-for", "<script>")]), 1),
            None
        );
    }

    // B34
    #[test]
    fn without_trusted_proxies_the_ip_address_of_the_socket_is_recorded() {
        let names = [
            "x-forwarded-for",
            "forwarded",
            "x-real-ip",
            "client-ip",
            "x-client-ip",
            "true-client-ip",
            "cf-connecting-ip",
            "x-originating-ip",
            "x-remote-ip",
            "x-remote-addr",
            "x-cluster-client-ip",
            "via",
            "x-forwarded-host",
            "x-forwarded",
            "forwarded-for",
            "x-host",
            "fastly-client-ip",
            "x-envoy-external-address",
        ];
        let values = [
            "6.6.6.6",
            "6.6.6.6:1",
            "[2001:db8::6]:443",
            "::ffff:6.6.6.6",
            "6.6.6.6, 7.7.7.7",
            "for=6.6.6.6",
            "",
            ",",
            "127.0.0.1",
            "localhost",
            "\"6.6.6.6\"",
            "6.6.6.6,",
            "unknown",
        ];
        let socket: SocketAddr = "[::ffff:198.51.100.7]:50000"
            .parse()
            .expect("an address");
        for name in names {
            for value in values {
                let mut request = Request::get("/")
                    .header(name, value)
                    .header(name, value);
                request = request.extension(ConnectInfo(socket));
                let request = request.body(Body::empty()).expect("request");
                let recorded = origin(request.headers(), peer(&request), "req_x".into(), 0);
                assert_eq!(
                    recorded.address.as_deref(),
                    Some("198.51.100.7"),
                    "{name}: {value}"
                );
            }
        }
    }
}
