//! Advice for HAProxy.

use super::super::fault::Fault;

const REMOVE_FORGED: &str =
    "`http-request del-header ^x[^a-z0-9]*roundtable -m reg` before `http-request lua.roundtable`";

/// The sentences for a fault.
pub(super) fn advice(fault: &Fault) -> String {
    match fault {
        Fault::Unprotected => "Add `http-request lua.roundtable \"/gate/…\"` to the `frontend`, and after it `http-request return status 503 unless { var(txn.roundtable) -m str passed }`.".into(),
        Fault::WrongRefusal => "The script must pass on the status of the gate: `txn:reply{ status = answer.status, body = answer.body }`. Remove `http-error` for 401 and 403.".into(),
        Fault::NoChallenge => "Add `\"www-authenticate\"` to `passed_on` in the script.".into(),
        Fault::ValidKeyRefused => "Check the slug, the scopes and the environment in `http-request lua.roundtable \"/gate/…\"`. `http-request del-header Authorization` and `http-request del-header X-API-Key` belong after it.".into(),
        Fault::Unavailable => "Check the address of Roundtable (`server` in `listen roundtable`) and that of the API (`server` in its `backend`).".into(),
        Fault::ScopeNotRequired => "Add `?scope=…` to `http-request lua.roundtable \"/gate/…\"`.".into(),
        Fault::Cached => "Remove `http-request cache-use` and `http-response cache-store`. The script must not keep answers of `core.httpclient()`.".into(),
        Fault::KeyInQuery => "Remove the line that copies a parameter into a header, such as `http-request set-header X-API-Key %[url_param(api_key)]`.".into(),
        Fault::BodyInCheck => "The `headers` of `core.httpclient():get` in the script must not contain `content-length`.".into(),
        Fault::BodyLimit => "Remove the rule that limits `req.body_size`, or raise its limit.".into(),
        Fault::BodyLost => "Remove the rules that change `Content-Length` or `Transfer-Encoding`.".into(),
        Fault::OtherApi => "Check the address of the `server` in the `backend` of the API.".into(),
        Fault::PassedBeforeCheck => "Remove `filter spoe` that mirrors requests, and put `http-request lua.roundtable` before every rule that passes a request on.".into(),
        Fault::KeyVisible(header) => format!("Add `http-request del-header {header}` after `http-request lua.roundtable`."),
        Fault::KeyCopied(header) => format!("Remove the rule that sets `{header}`, or add `http-request del-header {header}` after it."),
        Fault::HeaderMissing(header) => format!("Add the name of `{header}` to `identity` in the script, without `X-Roundtable-`."),
        Fault::HeaderForged(header) => format!("Add {REMOVE_FORGED}, so that a `{header}` of the client is removed."),
        Fault::Underscores => format!("Add {REMOVE_FORGED}: it removes spellings with underscores too."),
        Fault::Dots => format!("Add {REMOVE_FORGED}: it removes spellings with dots too."),
        Fault::OtherHeader => format!("Add {REMOVE_FORGED}."),
        Fault::MethodChanged => "Remove `http-request set-method`.".into(),
    }
}
