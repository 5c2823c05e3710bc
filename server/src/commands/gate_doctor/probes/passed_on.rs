//! Checks of what arrives at the API, for which the command takes its place.

use axum::http::{HeaderName, Method};

use super::headers::{FORGED, HEADERS, NEVER_EMPTY, OWNER, arrived, hidden};
use super::statuses::body;
use super::{Ask, Fault, NEEDS_APP, NO_VALID_KEY, Probe, Seen, Sent, Session, Verdict, judge};
use crate::commands::gate_doctor::client::KeyHeader;
use crate::commands::gate_doctor::proxy::Proxy;
use crate::commands::gate_doctor::report::Outcome;

/// The checks of this file.
const PROBES: [Probe; 10] = [
    Probe::KeyHiddenAuthorization,
    Probe::KeyHiddenXApiKey,
    Probe::OwnerHeaders,
    Probe::ForgedHeaders,
    Probe::DoubledHeader,
    Probe::Underscores,
    Probe::Dots,
    Probe::OtherHeaders,
    Probe::Method,
    Probe::BodyArrives,
];

impl Session<'_> {
    /// Judges the request with a valid key that arrived, if any.
    pub(super) fn reaches_api(&mut self, seen: Option<Seen>) {
        let verdict = match (self.app, &seen) {
            (None, _) => Verdict::not_checked(NEEDS_APP),
            _ if !self.valid_key_passes => Verdict::not_checked(NO_VALID_KEY),
            (Some(_), Some(_)) => Verdict::passed(),
            (Some(app), None) => Verdict::failed(
                format!("nothing arrived at {}", app.address),
                [Fault::OtherApi],
            ),
        };
        let is_reached = verdict.outcome == Outcome::Passed;
        self.note(Probe::ReachesApi, verdict);
        let Some(seen) = seen.filter(|_| is_reached) else {
            return;
        };
        let missing = HEADERS
            .iter()
            .take(NEVER_EMPTY)
            .filter(|name| {
                seen.headers
                    .get(**name)
                    .is_none_or(|value| value.is_empty())
            })
            .copied()
            .collect::<Vec<_>>();
        let found = format!("missing: {}", missing.join(", "));
        let faults = missing
            .into_iter()
            .map(Fault::HeaderMissing)
            .collect();
        self.note(Probe::OwnerHeaders, Verdict::of(found, faults));
    }

    /// Runs the checks of this file. `large` is the request with a large body.
    pub(super) async fn passed_on(&mut self, large: Option<Sent>) {
        if self.outcome(Probe::ReachesApi) != Some(Outcome::Passed) {
            let why = match self.app {
                None => NEEDS_APP,
                Some(_) if !self.valid_key_passes => NO_VALID_KEY,
                Some(_) => "no request with a valid key reaches the API",
            };
            for probe in PROBES {
                self.note(probe, Verdict::not_checked(why));
            }
            return;
        }
        self.key_hidden(
            Probe::KeyHiddenAuthorization,
            KeyHeader::Authorization,
        )
        .await;
        self.key_hidden(Probe::KeyHiddenXApiKey, KeyHeader::XApiKey)
            .await;
        self.forged().await;
        self.method().await;
        let verdict = match large.and_then(|sent| sent.seen) {
            None => Verdict::not_checked("the request with the body did not reach the API"),
            Some(seen) if seen.body.as_deref() == Some(&body()[..]) => Verdict::passed(),
            Some(seen) => {
                let bytes = seen.body.map_or(0, |body| body.len());
                Verdict::failed(format!("{bytes} bytes arrived"), [Fault::BodyLost])
            }
        };
        self.note(Probe::BodyArrives, verdict);
    }

    async fn key_hidden(&mut self, probe: Probe, header: KeyHeader) {
        let ask = Ask {
            headers: vec![header.with(self.keys.good())],
            ..Ask::default()
        };
        let sent = self.send(ask).await;
        let verdict = match &sent.seen {
            Some(seen) => hidden(&seen.headers, self.keys.good(), header),
            None => Verdict::not_checked(format!(
                "the API does not accept its key in {}: {}",
                header.label(),
                judge::found(&sent.reply)
            )),
        };
        self.note(probe, verdict);
    }

    async fn forged(&mut self) {
        let forged = HEADERS.map(|name| (name, FORGED));
        let sent = self.send_forged(&forged).await;
        let verdict = arrived(&sent, |name| {
            let known = HEADERS
                .iter()
                .find(|known| known.eq_ignore_ascii_case(name));
            Fault::HeaderForged(known.copied().unwrap_or(OWNER))
        });
        self.note(Probe::ForgedHeaders, verdict);
        for (probe, names, fault) in [
            (
                Probe::DoubledHeader,
                [OWNER, OWNER],
                Fault::HeaderForged(OWNER),
            ),
            (
                Probe::Underscores,
                ["X_Roundtable_Owner", "X_Roundtable_Key_Id"],
                Fault::Underscores,
            ),
            (
                Probe::Dots,
                ["X.Roundtable.Owner", "X.Roundtable.Key.Id"],
                Fault::Dots,
            ),
            (
                Probe::OtherHeaders,
                ["X-Roundtable-Role", "X-Roundtable-Extra"],
                Fault::OtherHeader,
            ),
        ] {
            let sent = self
                .send_forged(&names.map(|name| (name, FORGED)))
                .await;
            let mut verdict = arrived(&sent, |_| fault.clone());
            let is_of_nginx = self
                .proxy
                .is_some_and(|(proxy, _)| proxy == Proxy::Nginx);
            if probe == Probe::OtherHeaders && verdict.outcome == Outcome::Failed && is_of_nginx {
                verdict.outcome = Outcome::Note;
            }
            self.note(probe, verdict);
        }
    }

    async fn send_forged(&mut self, headers: &[(&'static str, &str)]) -> Sent {
        let headers = headers.iter().filter_map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            Some((name, (*value).to_owned()))
        });
        self.send_valid(Ask {
            headers: headers.collect(),
            ..Ask::default()
        })
        .await
    }

    async fn method(&mut self) {
        let ask = Ask {
            method: Method::DELETE,
            ..Ask::default()
        };
        let sent = self.send_valid(ask).await;
        let verdict = match sent.seen {
            Some(seen) if seen.method == Method::DELETE => Verdict::passed(),
            Some(seen) => Verdict::failed(
                format!("DELETE arrived as {}", seen.method),
                [Fault::MethodChanged],
            ),
            None => Verdict::not_checked(format!(
                "DELETE did not reach the API: {}",
                judge::found(&sent.reply)
            )),
        };
        self.note(Probe::Method, verdict);
    }
}
