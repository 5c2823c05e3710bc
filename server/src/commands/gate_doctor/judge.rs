//! What an answer of the proxy means. Nothing here sends or prints.

#[cfg(test)]
mod tests;

use axum::http::StatusCode;
use axum::http::header::WWW_AUTHENTICATE;

use super::client::Reply;
use super::fault::Fault;
use super::report::Verdict;

/// Judges a request that must be refused with `expected`. `fault` is the reason if it passes.
/// `is_seen` says whether the API received it.
pub(super) fn refused(reply: &Reply, expected: StatusCode, is_seen: bool, fault: Fault) -> Verdict {
    let (status, headers) = match reply {
        Reply::Answer(status, headers) => (*status, headers),
        no_answer => return Verdict::failed(found(no_answer), [Fault::Unavailable]),
    };
    if status == expected {
        // Whether a refused request reached the API is a check of its own.
        return Verdict::passed();
    }
    let found = format!("it was answered with {}", status.as_u16());
    if is_seen || status.is_success() {
        let found = match fault {
            Fault::Unprotected => format!(
                "{found}. If the check is configured, a cache may have kept an earlier answer of it"
            ),
            _ => found,
        };
        return Verdict::failed(found, [fault]);
    }
    match status {
        StatusCode::TOO_MANY_REQUESTS => too_many_attempts(),
        StatusCode::UNAUTHORIZED => {
            Verdict::not_checked(format!("{found}: the key is not valid at this gate"))
        }
        StatusCode::FORBIDDEN => Verdict::failed(found, [Fault::WrongRefusal]),
        status if status.is_server_error() => Verdict::failed(found, [Fault::Unavailable]),
        status if status.is_redirection() => {
            let to = if headers.contains_key("location") {
                ", a redirect. If it leads to another URL of the proxy, check that one"
            } else {
                ", a redirect"
            };
            Verdict::failed(format!("{found}{to}"), [Fault::WrongRefusal])
        }
        _ => Verdict::failed(
            format!("{found}, which is not an answer of the gate"),
            [fault, Fault::WrongRefusal],
        ),
    }
}

/// Judges whether a refusal with 401 says how to authenticate.
pub(super) fn challenge(reply: &Reply) -> Verdict {
    match reply {
        Reply::Answer(StatusCode::UNAUTHORIZED, headers)
            if headers.contains_key(WWW_AUTHENTICATE) =>
        {
            Verdict::passed()
        }
        Reply::Answer(StatusCode::UNAUTHORIZED, _) => {
            Verdict::failed("the header is missing", [Fault::NoChallenge])
        }
        _ => Verdict::not_checked("the request was not refused with 401"),
    }
}

/// Judges a request with a valid key.
pub(super) fn accepted(reply: &Reply) -> Verdict {
    let status = match reply {
        Reply::Answer(status, _) => *status,
        no_answer => return Verdict::failed(found(no_answer), [Fault::Unavailable]),
    };
    let found = format!("it was answered with {}", status.as_u16());
    match status {
        StatusCode::UNAUTHORIZED => Verdict::failed(
            format!("{found}: the key is not valid at this gate, or does not reach it"),
            [Fault::ValidKeyRefused],
        ),
        StatusCode::FORBIDDEN => Verdict::failed(
            format!(
                "{found}: the key lacks the scope of the gate, or the URL of the gate is wrong"
            ),
            [Fault::ValidKeyRefused],
        ),
        StatusCode::TOO_MANY_REQUESTS => too_many_attempts(),
        status if status.is_server_error() => Verdict::failed(found, [Fault::Unavailable]),
        _ => Verdict::passed(),
    }
}

/// Judges a valid key, a bad one and the valid one again, on one connection.
pub(super) fn same_connection(replies: &[Reply]) -> Verdict {
    let passes: Vec<_> = replies.iter().map(passes).collect();
    let statuses: Vec<_> = replies.iter().map(short).collect();
    let found = format!("the answers were {}", statuses.join(", "));
    match passes[..] {
        [Some(true), Some(false), Some(true)] => Verdict::passed(),
        [Some(_), Some(_), Some(_)] => Verdict::failed(found, [Fault::Cached]),
        _ => Verdict::not_checked(found),
    }
}

/// Judges a POST request with a large body and a valid key. `is_seen` says whether the API received
/// it, if the command takes its place.
pub(super) fn large_body(reply: &Reply, is_seen: Option<bool>) -> Verdict {
    if is_seen == Some(true) {
        return Verdict::passed();
    }
    let status = match reply {
        Reply::Answer(status, _) => *status,
        no_answer => return Verdict::failed(found(no_answer), [Fault::BodyInCheck]),
    };
    let found = format!("it was answered with {}", status.as_u16());
    match (status, is_seen) {
        (StatusCode::PAYLOAD_TOO_LARGE, Some(_)) => Verdict::failed(found, [Fault::BodyLimit]),
        (StatusCode::PAYLOAD_TOO_LARGE, None) => Verdict::not_checked(format!(
            "{found}: the proxy or your API limits the size of a body"
        )),
        (StatusCode::TOO_MANY_REQUESTS, _) => too_many_attempts(),
        (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) => Verdict::failed(
            format!("{found}, although GET passes with the same key"),
            [Fault::BodyInCheck],
        ),
        (status, _) if status.is_server_error() => Verdict::failed(
            format!("{found}, although GET passes"),
            [Fault::BodyInCheck],
        ),
        (_, Some(false)) => Verdict::failed(
            format!("{found}, and did not reach the API"),
            [Fault::BodyInCheck],
        ),
        _ => Verdict::passed(),
    }
}

/// Whether a request passed; nothing if its answer says neither.
pub(super) fn passes(reply: &Reply) -> Option<bool> {
    match reply {
        Reply::Answer(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) => Some(false),
        Reply::Answer(StatusCode::TOO_MANY_REQUESTS, _) => None,
        Reply::Answer(status, _) if status.is_server_error() => None,
        Reply::Answer(..) => Some(true),
        _ => None,
    }
}

/// What came back, for the report.
pub(super) fn found(reply: &Reply) -> String {
    match reply {
        Reply::Answer(status, _) => format!("it was answered with {}", status.as_u16()),
        Reply::Timeout => "no answer came in time".to_owned(),
        Reply::NoConnection(why) => format!("the proxy cannot be reached: {why}"),
        Reply::Broken(why) => format!("the connection ended without an answer: {why}"),
    }
}

fn short(reply: &Reply) -> String {
    match reply {
        Reply::Answer(status, _) => status.as_u16().to_string(),
        _ => "none".to_owned(),
    }
}

fn too_many_attempts() -> Verdict {
    Verdict::not_checked(
        "it was answered with 429: too many failed attempts. Wait a minute and run the command again",
    )
}
