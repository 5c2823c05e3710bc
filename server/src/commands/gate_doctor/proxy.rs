//! The programs of reverse proxies that the command has advice for.

use axum::http::HeaderMap;
use axum::http::header::{SERVER, VIA};

domain::closed_set! {
    /// A program of a reverse proxy.
    pub(super) enum Proxy(
        /// Its name.
        label: &'static str,
    ) {
        /// nginx, and programs with its configuration.
        Nginx = "nginx" ("nginx"),
        /// Caddy.
        Caddy = "caddy" ("Caddy"),
        /// Traefik.
        Traefik = "traefik" ("Traefik"),
        /// Envoy.
        Envoy = "envoy" ("Envoy"),
        /// HAProxy.
        Haproxy = "haproxy" ("HAProxy"),
    }
}

/// Words in `Via` or `Server`, in lower case.
const NAMES: [(&str, Proxy); 7] = [
    ("openresty", Proxy::Nginx),
    ("angie", Proxy::Nginx),
    ("nginx", Proxy::Nginx),
    ("caddy", Proxy::Caddy),
    ("traefik", Proxy::Traefik),
    ("envoy", Proxy::Envoy),
    ("haproxy", Proxy::Haproxy),
];

impl Proxy {
    /// The proxy that sent an answer, and the header that says so. `Via` comes first, because
    /// `Server` may be of the API.
    pub fn of(headers: &HeaderMap) -> Option<(Self, &'static str)> {
        for (header, name) in [(VIA, "Via"), (SERVER, "Server")] {
            for value in headers.get_all(header) {
                let value = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
                if let Some((_, proxy)) = NAMES
                    .iter()
                    .find(|(word, _)| value.contains(word))
                {
                    return Some((*proxy, name));
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_proxy_is_recognized_by_its_headers() {
        let of = |pairs: &[(_, &'static str)]| {
            let pairs = pairs.iter().cloned();
            Proxy::of(
                &pairs
                    .map(|(name, value)| (name, HeaderValue::from_static(value)))
                    .collect(),
            )
        };
        assert_eq!(
            of(&[(SERVER, "nginx/1.22.1")]),
            Some((Proxy::Nginx, "Server"))
        );
        assert_eq!(
            of(&[(SERVER, "openresty")]),
            Some((Proxy::Nginx, "Server"))
        );
        assert_eq!(
            of(&[(SERVER, "nginx"), (VIA, "1.1 Caddy")]),
            Some((Proxy::Caddy, "Via"))
        );
        assert_eq!(
            of(&[(SERVER, "envoy"), (VIA, "1.1 other")]),
            Some((Proxy::Envoy, "Server"))
        );
        assert_eq!(of(&[(SERVER, "uvicorn")]), None);
        assert_eq!(of(&[]), None);
    }
}
