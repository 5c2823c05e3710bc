//! Answers of a proxy, and what they mean.

use axum::http::HeaderMap;

use super::super::report::Outcome;
use super::*;

fn answer(status: u16) -> Reply {
    let status = StatusCode::from_u16(status).expect("a status");
    Reply::Answer(status, HeaderMap::new())
}

#[test]
fn only_the_expected_status_is_a_refusal() {
    let judge = |status, is_seen| {
        let verdict = refused(
            &answer(status),
            StatusCode::UNAUTHORIZED,
            is_seen,
            Fault::Unprotected,
        );
        (verdict.outcome, verdict.faults)
    };
    assert_eq!(judge(401, false), (Outcome::Passed, vec![]));
    for status in [200, 202, 204] {
        assert_eq!(
            judge(status, false),
            (Outcome::Failed, vec![Fault::Unprotected]),
            "{status}"
        );
    }
    assert_eq!(
        judge(404, true),
        (Outcome::Failed, vec![Fault::Unprotected])
    );
    assert_eq!(
        judge(302, false),
        (Outcome::Failed, vec![Fault::WrongRefusal])
    );
    assert_eq!(
        judge(403, false),
        (Outcome::Failed, vec![Fault::WrongRefusal])
    );
    assert_eq!(
        judge(404, false),
        (
            Outcome::Failed,
            vec![Fault::Unprotected, Fault::WrongRefusal]
        )
    );
    assert_eq!(
        judge(503, false),
        (Outcome::Failed, vec![Fault::Unavailable])
    );
    assert_eq!(judge(429, false).0, Outcome::NotChecked);
    let hangs = refused(
        &Reply::Timeout,
        StatusCode::UNAUTHORIZED,
        false,
        Fault::Unprotected,
    );
    assert_eq!(hangs.faults, [Fault::Unavailable]);
}

#[test]
fn a_valid_key_passes_unless_the_proxy_or_the_gate_refuses() {
    for status in [200, 202, 204, 302, 304, 400, 404, 405, 415] {
        assert_eq!(
            accepted(&answer(status)).outcome,
            Outcome::Passed,
            "{status}"
        );
    }
    for (status, fault) in [
        (401, Fault::ValidKeyRefused),
        (403, Fault::ValidKeyRefused),
        (500, Fault::Unavailable),
        (503, Fault::Unavailable),
    ] {
        assert_eq!(accepted(&answer(status)).faults, [fault], "{status}");
    }
    assert_eq!(accepted(&answer(429)).outcome, Outcome::NotChecked);
}

#[test]
fn a_kept_answer_shows_in_a_row_of_requests() {
    let judge = |statuses: [u16; 3]| {
        let verdict = same_connection(&statuses.map(answer));
        (verdict.outcome, verdict.faults)
    };
    assert_eq!(judge([200, 401, 404]), (Outcome::Passed, vec![]));
    assert_eq!(
        judge([200, 200, 200]),
        (Outcome::Failed, vec![Fault::Cached])
    );
    assert_eq!(
        judge([200, 401, 401]),
        (Outcome::Failed, vec![Fault::Cached])
    );
    assert_eq!(judge([200, 429, 200]).0, Outcome::NotChecked);
}

#[test]
fn a_large_body_must_not_disturb_the_check() {
    let judge = |reply: &Reply, is_seen| {
        let verdict = large_body(reply, is_seen);
        (verdict.outcome, verdict.faults)
    };
    let fault = |fault| (Outcome::Failed, vec![fault]);
    assert_eq!(
        judge(&Reply::Timeout, None),
        fault(Fault::BodyInCheck)
    );
    assert_eq!(judge(&answer(503), None), fault(Fault::BodyInCheck));
    assert_eq!(
        judge(&answer(401), Some(false)),
        fault(Fault::BodyInCheck)
    );
    assert_eq!(
        judge(&answer(413), Some(false)),
        fault(Fault::BodyLimit)
    );
    assert_eq!(judge(&answer(413), None).0, Outcome::NotChecked);
    for status in [200, 404, 405, 415] {
        assert_eq!(
            judge(&answer(status), None).0,
            Outcome::Passed,
            "{status}"
        );
    }
    assert_eq!(judge(&answer(200), Some(true)).0, Outcome::Passed);
    assert_eq!(
        judge(&answer(200), Some(false)),
        fault(Fault::BodyInCheck)
    );
}

#[test]
fn a_refusal_says_how_to_authenticate() {
    assert_eq!(challenge(&answer(401)).faults, [Fault::NoChallenge]);
    assert_eq!(challenge(&answer(200)).outcome, Outcome::NotChecked);
    let mut headers = HeaderMap::new();
    headers.insert(WWW_AUTHENTICATE, "Bearer".parse().expect("a value"));
    let reply = Reply::Answer(StatusCode::UNAUTHORIZED, headers);
    assert_eq!(challenge(&reply).outcome, Outcome::Passed);
}
