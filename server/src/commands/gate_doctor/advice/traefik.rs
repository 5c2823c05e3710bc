//! Advice for Traefik.

use super::super::fault::Fault;

/// The sentences for a fault.
pub(super) fn advice(fault: &Fault) -> String {
    match fault {
        Fault::Unprotected => "Add the middleware `gate` (`forwardAuth`) to the router: `middlewares: [gate, hide-key]`.".into(),
        Fault::WrongRefusal => "Remove the middleware `errors` for 401 and 403 from the router: Traefik passes on the answer of the gate itself.".into(),
        Fault::NoChallenge => "Remove `WWW-Authenticate` from `customResponseHeaders`.".into(),
        Fault::ValidKeyRefused => "Check the slug, the scopes and the environment in `address` of `forwardAuth`. `authRequestHeaders` must be `[Authorization, X-API-Key]`, and `hide-key` must come after `gate` in `middlewares`.".into(),
        Fault::Unavailable => "Check `address` of `forwardAuth` and `url` of the service. The log of Traefik has the reason.".into(),
        Fault::ScopeNotRequired => "Add `?scope=…` to `address` of `forwardAuth`.".into(),
        Fault::Cached => "Remove the plugin that caches from the `middlewares` of the router.".into(),
        Fault::KeyInQuery => "Remove the plugin that copies a parameter into a header from the `middlewares` of the router.".into(),
        Fault::BodyInCheck => "Remove `forwardBody: true` and `preserveRequestMethod: true` from `forwardAuth`.".into(),
        Fault::BodyLimit => "Set `maxRequestBodyBytes` of the middleware `buffering` to a larger value.".into(),
        Fault::BodyLost => "Remove `Content-Length` and `Transfer-Encoding` from `customRequestHeaders`.".into(),
        Fault::OtherApi => "Check `url` under `loadBalancer` of the service.".into(),
        Fault::PassedBeforeCheck => "Remove `mirroring` from the service, and put `gate` first in `middlewares`.".into(),
        Fault::KeyVisible(header) => format!("Add `{header}: \"\"` under `customRequestHeaders` of the middleware `hide-key`, and list `hide-key` after `gate` in `middlewares`."),
        Fault::KeyCopied(header) => format!("Add `{header}: \"\"` under `customRequestHeaders` of the middleware `hide-key`."),
        Fault::HeaderMissing(header) => format!("Set `authResponseHeadersRegex: \"^X-Roundtable-\"` in `forwardAuth`, so that `{header}` is copied."),
        Fault::HeaderForged(header) => format!("Set `authResponseHeadersRegex: \"^X-Roundtable-\"` in `forwardAuth`, so that a `{header}` of the client is removed."),
        Fault::Underscores => "Set `aliasHeadersStrategy: delete` under `http` of the entry point, in the static configuration.".into(),
        Fault::Dots => "Update Traefik, and set `aliasHeadersStrategy: delete` under `http` of the entry point.".into(),
        Fault::OtherHeader => "Use `authResponseHeadersRegex: \"^X-Roundtable-\"` in `forwardAuth` instead of the list `authResponseHeaders`.".into(),
        Fault::MethodChanged => "Remove the plugin that changes the method from the `middlewares` of the router.".into(),
    }
}
