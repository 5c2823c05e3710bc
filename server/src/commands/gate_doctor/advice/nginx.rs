//! Advice for nginx.

use super::super::fault::Fault;

/// The sentences for a fault.
pub(super) fn advice(fault: &Fault) -> String {
    match fault {
        Fault::Unprotected => "Add `auth_request /_gate;` to the `location` of the API, and remove `satisfy any;`.".into(),
        Fault::WrongRefusal => "`error_page 401 = @unauthorized;` and `error_page 403 = @refused;` must lead to a `location` that returns 401 and 403.".into(),
        Fault::NoChallenge => "Remove `proxy_hide_header WWW-Authenticate;` from `location = /_gate`: nginx copies this header itself.".into(),
        Fault::ValidKeyRefused => "Check the slug, the scopes and the environment in `proxy_pass http://roundtable/gate/…;` of `location = /_gate`. Remove `proxy_pass_request_headers off;` there.".into(),
        Fault::Unavailable => "Check the address of Roundtable (`server …;` in `upstream roundtable`) and that of the API (`proxy_pass` in its `location`). The error log of nginx has the reason.".into(),
        Fault::ScopeNotRequired => "Add `?scope=…` to `proxy_pass http://roundtable/gate/…;` in `location = /_gate`.".into(),
        Fault::Cached => "Remove `proxy_cache` from `location = /_gate`, or add `proxy_cache off;` there.".into(),
        Fault::KeyInQuery => "Remove the line of `location = /_gate` that copies a parameter into a header, such as `proxy_set_header X-API-Key $arg_api_key;`.".into(),
        Fault::BodyInCheck => "Add `proxy_pass_request_body off;` and `proxy_set_header Content-Length \"\";` to `location = /_gate`.".into(),
        Fault::BodyLimit => "Set `client_max_body_size` to a larger value, such as `client_max_body_size 10m;`.".into(),
        Fault::BodyLost => "`proxy_pass_request_body off;` and `proxy_set_header Content-Length \"\";` belong in `location = /_gate` only. Remove them from the `location` of the API.".into(),
        Fault::OtherApi => "Check the address in `proxy_pass` of the `location` of the API.".into(),
        Fault::PassedBeforeCheck => "Remove `mirror`. `auth_request /_gate;` must be in the `location` that has the `proxy_pass` of the API.".into(),
        Fault::KeyVisible(header) => format!("Add `proxy_set_header {header} \"\";` to the `location` of the API."),
        Fault::KeyCopied(header) => format!("Remove the line that sets `{header}`, or add `proxy_set_header {header} \"\";` to the `location` of the API."),
        Fault::HeaderMissing(header) | Fault::HeaderForged(header) => {
            let (variable, upstream) = variables(header);
            format!("Add `proxy_set_header {header} ${variable};` and `auth_request_set ${variable} ${upstream};` to the `location` of the API.")
        }
        Fault::Underscores => "Remove `underscores_in_headers on;`: it is off by default.".into(),
        Fault::Dots => "Remove `ignore_invalid_headers off;`: it is on by default.".into(),
        Fault::OtherHeader => "No line removes headers by their prefix. Your API must read only the headers that the recipe sets with `proxy_set_header`.".into(),
        Fault::MethodChanged => "`proxy_method GET;` belongs in `location = /_gate` only. Remove it from the `location` of the API.".into(),
    }
}

/// The variables that hold the value of a header: that of the recipe, and that of the answer of the
/// gate.
fn variables(header: &str) -> (String, String) {
    let name = header.to_ascii_lowercase().replace('-', "_");
    let short = name
        .strip_prefix("x_roundtable_")
        .unwrap_or(&name);
    (format!("rt_{short}"), format!("upstream_http_{name}"))
}
