//! Advice for Envoy.

use super::super::fault::Fault;

const REMOVE_FORGED: &str =
    "`remove_on_match: { key_matcher: { prefix: x-roundtable-, ignore_case: true } }`";

/// The sentences for a fault.
pub(super) fn advice(fault: &Fault) -> String {
    match fault {
        Fault::Unprotected => "Put the filter `envoy.filters.http.ext_authz` with `failure_mode_allow: false` before the router, and remove `disabled: true` for it from the route.".into(),
        Fault::WrongRefusal => "Remove `local_reply_config` for 401 and 403: Envoy passes on the status of the gate itself.".into(),
        Fault::NoChallenge => "Remove `www-authenticate` from `response_headers_to_remove`: Envoy passes on this header of the gate itself.".into(),
        Fault::ValidKeyRefused => "Check the slug, the scopes and the environment in `path_prefix: /gate/…/envoy/…` of `ext_authz`. For a key in X-API-Key, `allowed_headers` must contain `{ exact: x-api-key, ignore_case: true }`.".into(),
        Fault::Unavailable => "Check the addresses of the clusters `roundtable` and of the API. Raise `timeout` in `server_uri` of `ext_authz`: its default is 200 ms.".into(),
        Fault::ScopeNotRequired => "Set the scope in `path_prefix: /gate/…/envoy/scope=…` of `ext_authz`: a query after it has no effect.".into(),
        Fault::Cached => "Remove the filter `envoy.filters.http.cache`.".into(),
        Fault::KeyInQuery => "Remove the `query_parameter_mutations` or the Lua filter that copies a parameter into a header.".into(),
        Fault::BodyInCheck => "Remove `with_request_body` from `ext_authz`.".into(),
        Fault::BodyLimit => "Set `max_request_bytes` of the filter `envoy.filters.http.buffer`, and `per_connection_buffer_limit_bytes`, to larger values.".into(),
        Fault::BodyLost => "Remove the filter that changes `content-length` or the body.".into(),
        Fault::OtherApi => "Check the address of the `cluster` that the route names.".into(),
        Fault::PassedBeforeCheck => "Remove `request_mirror_policies` from the route.".into(),
        Fault::KeyVisible(header) => format!("`path_prefix` of `ext_authz` must contain `/envoy/`, as in `/gate/orders/envoy/scope=orders:read`: the gate then tells Envoy to remove `{header}`."),
        Fault::KeyCopied(header) => format!("Add `remove: {header}` to `request_mutations` of a filter after `ext_authz`."),
        Fault::HeaderMissing(header) => format!("Add `{{ prefix: x-roundtable-, ignore_case: true }}` to `allowed_upstream_headers` of `ext_authz`, so that `{header}` is copied."),
        Fault::HeaderForged(header) => format!("Add {REMOVE_FORGED} to a filter `header_mutation` before `ext_authz`, so that a `{header}` of the client is removed."),
        Fault::Underscores => "Set `common_http_protocol_options: { headers_with_underscores_action: DROP_HEADER }` in the HTTP connection manager.".into(),
        Fault::Dots => "Add `remove_on_match: { key_matcher: { prefix: x.roundtable., ignore_case: true } }` to a filter `header_mutation` before `ext_authz`.".into(),
        Fault::OtherHeader => format!("Add {REMOVE_FORGED} to a filter `header_mutation` before `ext_authz`."),
        Fault::MethodChanged => "Remove the mutation of the header `:method`.".into(),
    }
}
