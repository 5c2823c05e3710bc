//! Which line of the configuration to change for a fault. The lines are those of the recipes in
//! `docs/protect-your-api.md`.

mod caddy;
mod envoy;
mod haproxy;
mod nginx;
mod traefik;

use super::fault::Fault;
use super::proxy::Proxy;

/// How to repair a fault in the configuration of a proxy, as sentences.
pub(super) fn advice(fault: &Fault, proxy: Proxy) -> String {
    match proxy {
        Proxy::Nginx => nginx::advice(fault),
        Proxy::Caddy => caddy::advice(fault),
        Proxy::Traefik => traefik::advice(fault),
        Proxy::Envoy => envoy::advice(fault),
        Proxy::Haproxy => haproxy::advice(fault),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const PAGE: &str = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../docs/protect-your-api.md"
    ));

    /// One of each kind.
    fn faults() -> Vec<Fault> {
        vec![
            Fault::Unprotected,
            Fault::WrongRefusal,
            Fault::NoChallenge,
            Fault::ValidKeyRefused,
            Fault::Unavailable,
            Fault::ScopeNotRequired,
            Fault::Cached,
            Fault::KeyInQuery,
            Fault::BodyInCheck,
            Fault::BodyLimit,
            Fault::BodyLost,
            Fault::OtherApi,
            Fault::PassedBeforeCheck,
            Fault::KeyVisible("Authorization"),
            Fault::KeyCopied("x-key".to_owned()),
            Fault::HeaderMissing("X-Roundtable-Owner"),
            Fault::HeaderForged("X-Roundtable-Owner"),
            Fault::Underscores,
            Fault::Dots,
            Fault::OtherHeader,
            Fault::MethodChanged,
        ]
    }

    #[test]
    fn every_fault_has_advice_of_its_own_for_every_proxy() {
        for proxy in Proxy::ALL {
            let all: BTreeSet<_> = faults()
                .iter()
                .map(|fault| advice(fault, proxy))
                .collect();
            // The spellings have one line in some programs.
            assert!(all.len() >= faults().len() - 3, "{proxy}: {all:#?}");
            for text in all {
                assert!(
                    text.ends_with('.') && text.contains('`'),
                    "{proxy}: {text}"
                );
            }
        }
    }

    #[test]
    fn the_lines_of_nginx_are_those_of_the_recipe() {
        let line = |fault| advice(&fault, Proxy::Nginx);
        for (fault, expected) in [
            (Fault::Unprotected, "auth_request /_gate;"),
            (
                Fault::KeyVisible("Authorization"),
                "proxy_set_header Authorization \"\";",
            ),
            (
                Fault::KeyVisible("X-API-Key"),
                "proxy_set_header X-API-Key \"\";",
            ),
            (
                Fault::HeaderForged("X-Roundtable-Owner"),
                "proxy_set_header X-Roundtable-Owner $rt_owner;",
            ),
            (
                Fault::HeaderMissing("X-Roundtable-Key-Id"),
                "proxy_set_header X-Roundtable-Key-Id $rt_key_id;",
            ),
            (
                Fault::HeaderMissing("X-Roundtable-Key-Id"),
                "auth_request_set $rt_key_id $upstream_http_x_roundtable_key_id;",
            ),
            (Fault::BodyInCheck, "proxy_pass_request_body off;"),
            (
                Fault::BodyInCheck,
                "proxy_set_header Content-Length \"\";",
            ),
        ] {
            assert!(
                line(fault.clone()).contains(expected),
                "{}",
                line(fault)
            );
            assert!(PAGE.contains(expected), "{expected}");
        }
    }

    #[test]
    fn the_lines_of_the_other_proxies_are_those_of_the_recipes() {
        for (proxy, fault, expected) in [
            (
                Proxy::Caddy,
                Fault::HeaderForged("X-Roundtable-Owner"),
                "request_header -X-Roundtable-*",
            ),
            (
                Proxy::Caddy,
                Fault::KeyVisible("X-API-Key"),
                "request_header -X-API-Key",
            ),
            (
                Proxy::Traefik,
                Fault::Underscores,
                "aliasHeadersStrategy: delete",
            ),
            (
                Proxy::Traefik,
                Fault::KeyVisible("X-API-Key"),
                "X-API-Key: \"\"",
            ),
            (
                Proxy::Traefik,
                Fault::OtherHeader,
                "authResponseHeadersRegex: \"^X-Roundtable-\"",
            ),
            (
                Proxy::Envoy,
                Fault::Underscores,
                "headers_with_underscores_action: DROP_HEADER",
            ),
            (
                Proxy::Envoy,
                Fault::Dots,
                "remove_on_match: { key_matcher: { prefix: x.roundtable., ignore_case: true } }",
            ),
            (
                Proxy::Envoy,
                Fault::OtherHeader,
                "remove_on_match: { key_matcher: { prefix: x-roundtable-, ignore_case: true } }",
            ),
        ] {
            let text = advice(&fault, proxy);
            assert!(text.contains(expected), "{text}");
            assert!(PAGE.contains(expected), "{expected}");
        }
    }
}
