//! The checks, and the order in which they run.

mod headers;
mod passed_on;
mod revoked;
mod statuses;

use super::CliError;
use super::app::{ProbedApp, Seen};
use super::client::{Ask, Client, Reply};
use super::fault::Fault;
use super::judge;
use super::keys::Keys;
use super::proxy::Proxy;
use super::report::{Outcome, Report, Verdict};

domain::closed_set! {
    /// A check.
    pub(super) enum Probe(
        /// What the proxy must do.
        title: &'static str,
    ) {
        /// Without a key.
        NoKey = "no_key" ("A request without a key is refused with 401"),
        /// The header of the refusal.
        Challenge = "challenge" ("The refusal has the header WWW-Authenticate"),
        /// With a bad key.
        BadKey = "bad_key" ("A bad key is refused with 401"),
        /// With a valid key.
        ValidKey = "valid_key" ("A valid key passes"),
        /// A valid key, a bad one, the valid one.
        SameConnection = "same_connection" ("A valid key, a bad one and the valid one again get answers of their own"),
        /// With a key that lacks the scope.
        MissingScope = "missing_scope" ("A key without the scope is refused with 403"),
        /// With a valid key in the query.
        KeyInQuery = "key_in_query" ("A key in the query is not accepted"),
        /// With a body of 1 MB.
        LargeBody = "large_body" ("POST with a body of 1 MB is answered"),
        /// `--app` is behind the proxy.
        ReachesApi = "reaches_api" ("A request with a valid key reaches the API"),
        /// What was refused does not arrive.
        RefusedStaysOut = "refused_stays_out" ("No refused request reaches the API"),
        /// The API does not see the key.
        KeyHiddenAuthorization = "key_hidden_authorization" ("The API does not see a key in Authorization"),
        /// The API does not see the key.
        KeyHiddenXApiKey = "key_hidden_x_api_key" ("The API does not see a key in X-API-Key"),
        /// The headers of the gate.
        OwnerHeaders = "owner_headers" ("The headers that say whose the key is arrive"),
        /// Headers that a client made up.
        ForgedHeaders = "forged_headers" ("Headers of the gate that a client made up are replaced"),
        /// The same, twice.
        DoubledHeader = "doubled_header" ("A header that a client sent twice is replaced"),
        /// The same, with underscores.
        Underscores = "underscores" ("A spelling with underscores (X_Roundtable_Owner) does not arrive"),
        /// The same, with dots.
        Dots = "dots" ("A spelling with dots (X.Roundtable.Owner) does not arrive"),
        /// Headers that start in the same way.
        OtherHeaders = "other_headers" ("Other headers that start with X-Roundtable- do not arrive"),
        /// Another method.
        Method = "method" ("The API sees the method of the request"),
        /// The whole body.
        BodyArrives = "body_arrives" ("A body of 1 MB arrives as a whole"),
        /// After the key was revoked.
        Revoked = "revoked" ("A revoked key is refused"),
    }
}

/// Why a check that needs a valid key was not possible.
const NO_VALID_KEY: &str = "no request with a valid key passes";
/// Why a check that needs `--app` was not possible.
const NEEDS_APP: &str = "it needs --app ADDRESS";

/// A run of the checks.
pub(super) struct Session<'a> {
    client: &'a Client,
    app: Option<&'a ProbedApp>,
    keys: &'a Keys,
    proxy: Option<(Proxy, &'static str)>,
    verdicts: Vec<(Probe, Verdict)>,
    /// The requests that had to be refused, with what they were.
    refused: Vec<(String, &'static str)>,
    valid_key_passes: bool,
}

/// The answer to a request, and the request as the API received it.
struct Sent {
    reply: Reply,
    seen: Option<Seen>,
}

impl<'a> Session<'a> {
    /// A run. `proxy` is the program that the user has named.
    pub const fn new(
        client: &'a Client,
        app: Option<&'a ProbedApp>,
        keys: &'a Keys,
        proxy: Option<Proxy>,
    ) -> Self {
        Self {
            client,
            app,
            keys,
            proxy: match proxy {
                Some(proxy) => Some((proxy, "--proxy")),
                None => None,
            },
            verdicts: Vec::new(),
            refused: Vec::new(),
            valid_key_passes: false,
        }
    }

    /// Runs all checks except the one for a revoked key.
    ///
    /// # Errors
    /// If the proxy cannot be reached.
    pub async fn run(&mut self) -> Result<(), CliError> {
        self.without_valid_key().await?;
        self.valid_key().await;
        self.same_connection().await;
        self.missing_scope().await;
        self.key_in_query().await;
        let body = self.large_body().await;
        self.passed_on(body).await;
        self.refused_stays_out();
        Ok(())
    }

    /// The report, with the checks in their order.
    pub fn into_report(mut self) -> Report {
        self.verdicts
            .sort_by_key(|(probe, _)| *probe as u8);
        Report {
            url: self.client.shown_url(),
            app: self.app.map(|app| app.address.to_string()),
            proxy: self.proxy,
            verdicts: self.verdicts,
        }
    }

    fn note(&mut self, probe: Probe, verdict: Verdict) {
        self.verdicts.push((probe, verdict));
    }

    fn outcome(&self, probe: Probe) -> Option<Outcome> {
        let found = self
            .verdicts
            .iter()
            .find(|(found, _)| *found == probe);
        found.map(|(_, verdict)| verdict.outcome)
    }

    /// Sends a request on a connection of its own.
    async fn send(&mut self, ask: Ask) -> Sent {
        let mark = self.client.mark();
        let reply = self.client.send(&mark, ask).await;
        self.recognize(&reply);
        let seen = self.app.and_then(|app| app.seen(&mark));
        Sent { reply, seen }
    }

    /// Sends a request that must be refused.
    async fn send_refused(&mut self, what: &'static str, ask: Ask) -> Sent {
        let mark = self.client.mark();
        let reply = self.client.send(&mark, ask).await;
        self.recognize(&reply);
        let seen = self.app.and_then(|app| app.seen(&mark));
        self.refused.push((mark, what));
        Sent { reply, seen }
    }

    /// Sends a request with a valid key in the header of the API, and these headers.
    async fn send_valid(&mut self, mut ask: Ask) -> Sent {
        ask.headers
            .push(self.client.header.with(self.keys.good()));
        self.send(ask).await
    }

    fn recognize(&mut self, reply: &Reply) {
        if let (None, Reply::Answer(_, headers)) = (self.proxy, reply) {
            self.proxy = Proxy::of(headers).map(|(proxy, header)| match header {
                "Via" => (proxy, "from the header Via"),
                _ => (proxy, "from the header Server"),
            });
        }
    }

    /// Checks at the end, because a proxy may send a copy of a request later.
    fn refused_stays_out(&mut self) {
        let Some(app) = self.app else {
            return self.note(
                Probe::RefusedStaysOut,
                Verdict::not_checked(NEEDS_APP),
            );
        };
        let arrived: Vec<_> = self
            .refused
            .iter()
            .filter(|(mark, _)| app.seen(mark).is_some())
            .map(|(_, what)| *what)
            .collect();
        let verdict = if arrived.is_empty() {
            Verdict::passed()
        } else {
            let found = format!("these requests arrived: {}", arrived.join(", "));
            Verdict::failed(found, [Fault::PassedBeforeCheck])
        };
        self.note(Probe::RefusedStaysOut, verdict);
    }
}
