//! Checks of the answers of the proxy.

use axum::http::{HeaderName, Method, StatusCode};

use super::{Ask, CliError, Fault, NO_VALID_KEY, Probe, Reply, Sent, Session, Verdict, judge};
use crate::commands::gate_doctor::report::Outcome;

/// The length of a large body.
pub(super) const BODY_BYTES: usize = 1_000_000;
/// Names of parameters in which APIs commonly accept a key.
const PARAMETERS: [&str; 4] = ["api_key", "apikey", "key", "access_token"];

impl Session<'_> {
    /// The first request shows whether the proxy can be reached.
    pub(super) async fn without_valid_key(&mut self) -> Result<(), CliError> {
        let sent = self
            .send_refused("without a key", Ask::default())
            .await;
        if matches!(sent.reply, Reply::NoConnection(_) | Reply::Timeout) {
            let sentence = match &sent.reply {
                Reply::Timeout => format!(
                    "{} does not answer within {} seconds",
                    self.client.shown_url(),
                    self.client.timeout().as_secs()
                ),
                reply => format!("{}: {}", self.client.shown_url(), judge::found(reply)),
            };
            return Err(CliError::Unreachable(sentence));
        }
        self.note(Probe::NoKey, unauthorized(&sent, Fault::Unprotected));
        self.note(Probe::Challenge, judge::challenge(&sent.reply));

        let ask = Ask {
            headers: vec![self.client.header.with(self.keys.bad())],
            ..Ask::default()
        };
        let sent = self.send_refused("with a bad key", ask).await;
        self.note(Probe::BadKey, unauthorized(&sent, Fault::Unprotected));
        Ok(())
    }

    pub(super) async fn valid_key(&mut self) {
        let sent = self.send_valid(Ask::default()).await;
        let verdict = judge::accepted(&sent.reply);
        self.valid_key_passes = verdict.outcome == Outcome::Passed;
        self.note(Probe::ValidKey, verdict);
        self.reaches_api(sent.seen);
    }

    /// Why a request that passes would say nothing about its own key: `refusal` has failed, or the
    /// proxy keeps answers.
    fn unclear(&self, refusal: Probe) -> Option<&'static str> {
        if self.outcome(refusal) == Some(Outcome::Failed) {
            Some("a simpler request is not refused with 401")
        } else if self.outcome(Probe::SameConnection) == Some(Outcome::Failed) {
            Some("the answer may be that for another key")
        } else {
            None
        }
    }

    pub(super) async fn same_connection(&mut self) {
        if !self.valid_key_passes {
            return self.note(
                Probe::SameConnection,
                Verdict::not_checked(NO_VALID_KEY),
            );
        }
        if let Some(why) = self.unclear(Probe::BadKey) {
            return self.note(Probe::SameConnection, Verdict::not_checked(why));
        }
        let marks: Vec<_> = std::iter::repeat_with(|| self.client.mark())
            .take(3)
            .collect();
        let keys = [self.keys.good(), self.keys.bad(), self.keys.good()];
        let replies = self.client.send_in_a_row(&marks, &keys).await;
        if let Some(mark) = marks.into_iter().nth(1) {
            self.refused
                .push((mark, "with a bad key after a valid one"));
        }
        self.note(
            Probe::SameConnection,
            judge::same_connection(&replies),
        );
    }

    pub(super) async fn missing_scope(&mut self) {
        let Some(key) = self.keys.without_scope() else {
            return self.note(
                Probe::MissingScope,
                Verdict::not_checked(
                    "set ROUNDTABLE_GATE_KEY_WITHOUT_SCOPE to a key for this API without the scope",
                ),
            );
        };
        if let Some(why) = self.unclear(Probe::BadKey) {
            return self.note(Probe::MissingScope, Verdict::not_checked(why));
        }
        let ask = Ask {
            headers: vec![self.client.header.with(key)],
            ..Ask::default()
        };
        let sent = self
            .send_refused("with a key without the scope", ask)
            .await;
        let verdict = judge::refused(
            &sent.reply,
            StatusCode::FORBIDDEN,
            sent.seen.is_some(),
            Fault::ScopeNotRequired,
        );
        self.note(Probe::MissingScope, verdict);
    }

    pub(super) async fn key_in_query(&mut self) {
        if let Some(why) = self.unclear(Probe::NoKey) {
            return self.note(Probe::KeyInQuery, Verdict::not_checked(why));
        }
        let key = self.keys.good();
        let ask = Ask {
            query: PARAMETERS
                .map(|name| (name, key.to_owned()))
                .to_vec(),
            ..Ask::default()
        };
        let sent = self
            .send_refused("with the key in the query", ask)
            .await;
        self.note(
            Probe::KeyInQuery,
            unauthorized(&sent, Fault::KeyInQuery),
        );
    }

    /// Returns what arrived at the API, for the check of the body.
    pub(super) async fn large_body(&mut self) -> Option<Sent> {
        if !self.valid_key_passes {
            self.note(Probe::LargeBody, Verdict::not_checked(NO_VALID_KEY));
            return None;
        }
        let ask = Ask {
            method: Method::POST,
            headers: vec![(
                HeaderName::from_static("content-type"),
                "application/octet-stream".to_owned(),
            )],
            body: Some(body()),
            ..Ask::default()
        };
        let sent = self.send_valid(ask).await;
        let is_reached = self.outcome(Probe::ReachesApi) == Some(Outcome::Passed);
        let is_seen = is_reached.then_some(sent.seen.is_some());
        let mut verdict = judge::large_body(&sent.reply, is_seen);
        if matches!(sent.reply, Reply::Timeout) {
            let seconds = self.client.timeout().as_secs();
            verdict.found = Some(format!("no answer came within {seconds} seconds"));
        }
        self.note(Probe::LargeBody, verdict);
        Some(sent)
    }
}

fn unauthorized(sent: &Sent, fault: Fault) -> Verdict {
    judge::refused(
        &sent.reply,
        StatusCode::UNAUTHORIZED,
        sent.seen.is_some(),
        fault,
    )
}

/// A body whose parts differ, so that a part that is missing or repeated shows.
pub(super) fn body() -> Vec<u8> {
    (0..BODY_BYTES)
        .map(|at| b'a' + u8::try_from(at % 23).unwrap_or_default())
        .collect()
}
