//! Advice for Caddy.

use super::super::fault::Fault;

/// The sentences for a fault.
pub(super) fn advice(fault: &Fault) -> String {
    match fault {
        Fault::Unprotected => "Put `forward_auth` before `reverse_proxy`, both inside `route { … }`: without `route`, Caddy changes the order.".into(),
        Fault::WrongRefusal => "Remove `handle_response` from `forward_auth`, and `handle_errors` for 401 and 403: Caddy passes on the answer of the gate itself.".into(),
        Fault::NoChallenge => "Remove the line that deletes the header, such as `header -WWW-Authenticate`.".into(),
        Fault::ValidKeyRefused => "Check the slug, the scopes and the environment in `uri /gate/…` of `forward_auth`. `request_header -Authorization` and `request_header -X-API-Key` belong after `forward_auth`.".into(),
        Fault::Unavailable => "Check the address of Roundtable after `forward_auth` and that of the API after `reverse_proxy`. The log of Caddy has the reason.".into(),
        Fault::ScopeNotRequired => "Add `?scope=…` to `uri /gate/…` of `forward_auth`.".into(),
        Fault::Cached => "Remove the directive `cache`, or put it after `forward_auth`.".into(),
        Fault::KeyInQuery => "Remove the line that copies a parameter into a header, such as `request_header X-API-Key {query.api_key}`.".into(),
        Fault::BodyInCheck => "Remove `method` and `header_up Content-Length` from `forward_auth`: it sends GET without a body itself.".into(),
        Fault::BodyLimit => "Set `max_size` of `request_body` to a larger value.".into(),
        Fault::BodyLost => "Remove `method` and the lines that change `Content-Length` or `Transfer-Encoding` before `reverse_proxy`.".into(),
        Fault::OtherApi => "Check the address after `reverse_proxy`.".into(),
        Fault::PassedBeforeCheck => "Put `forward_auth` before every other `reverse_proxy` inside `route { … }`.".into(),
        Fault::KeyVisible(header) => format!("Add `request_header -{header}` between `forward_auth` and `reverse_proxy`."),
        Fault::KeyCopied(header) => format!("Remove the line that sets `{header}`, or add `request_header -{header}` before `reverse_proxy`."),
        Fault::HeaderMissing(header) => format!("Add `{header}` to `copy_headers` of `forward_auth`."),
        Fault::HeaderForged(header) => format!("Add `request_header -X-Roundtable-*` before `forward_auth`, and `{header}` to its `copy_headers`."),
        Fault::Underscores => "Update Caddy, or add `request_header -X_Roundtable_*` before `forward_auth`.".into(),
        Fault::Dots => "Update Caddy, or add `request_header -X.Roundtable.*` before `forward_auth`.".into(),
        Fault::OtherHeader => "Add `request_header -X-Roundtable-*` before `forward_auth`.".into(),
        Fault::MethodChanged => "Remove `method` and `rewrite` outside of `forward_auth`.".into(),
    }
}
