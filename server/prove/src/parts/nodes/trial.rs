//! A test on all nodes, with the record of its operations.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::history::{Act, Given, History};
use super::site::{EVERY, Endpoints};
use crate::Outcome;
use crate::api::{Reply, describe};
use crate::load::Key;
use crate::rng::Rng;

/// How long a change is repeated while its node is unavailable, and how often.
const PATIENCE: Duration = Duration::from_secs(15);
const PAUSE: Duration = Duration::from_millis(20);

/// A request: the method, the path and the body.
pub type Request = (Method, String, Value);

/// A test. Cheap to clone.
#[derive(Clone)]
pub struct Trial {
    /// The nodes.
    pub endpoints: Arc<Endpoints>,
    /// The record.
    pub history: Arc<History>,
}

/// A key of a test.
pub struct Subject {
    /// Its number in the record.
    pub number: usize,
    /// The key.
    pub key: Key,
}

/// A request of the owner and its response.
pub struct Answered {
    /// The response.
    pub reply: Reply,
    /// How long it took.
    pub took: Duration,
    /// When it arrived.
    pub at: Instant,
}

impl Trial {
    /// A test with an empty record.
    pub fn new(endpoints: &Arc<Endpoints>) -> Self {
        Self {
            endpoints: endpoints.clone(),
            history: Arc::new(History::start()),
        }
    }

    /// Sends a request with the owner's key, and records it.
    pub async fn send(
        &self,
        act: Act,
        subject: usize,
        node: usize,
        (method, path, body): Request,
    ) -> Answered {
        let begun = Instant::now();
        let reply = self.endpoints.apis[node]
            .call(method, &path, &self.endpoints.owner, body)
            .await;
        let at = Instant::now();
        let given = Given::of(reply.status);
        self.history
            .add(act, subject, node, (begun, at), given);
        Answered {
            reply,
            took: at - begun,
            at,
        }
    }

    /// Creates a key of the owner on one of the nodes.
    ///
    /// # Errors
    /// If it is not created.
    pub async fn create(&self, name: &str, rng: &mut Rng) -> Outcome<Subject> {
        let number = self.history.subject(name);
        let body = json!({ "label": name });
        let request = (Method::POST, "/api/v1/keys".to_owned(), body);
        let made = self
            .insist(Act::Create, number, &EVERY, &request, rng)
            .await?;
        Ok(Subject {
            number,
            key: key_of(&made.reply),
        })
    }

    /// Ends a key on one of these nodes. While that node is unavailable, another is tried.
    ///
    /// # Errors
    /// If it is refused, or not answered for long.
    pub async fn end(
        &self,
        subject: usize,
        nodes: &[usize],
        request: &Request,
        rng: &mut Rng,
    ) -> Outcome<Answered> {
        self.insist(Act::End, subject, nodes, request, rng)
            .await
    }

    async fn insist(
        &self,
        act: Act,
        subject: usize,
        nodes: &[usize],
        request: &Request,
        rng: &mut Rng,
    ) -> Outcome<Answered> {
        let begun = Instant::now();
        loop {
            let node = nodes[rng.index(nodes.len())];
            let answered = self
                .send(act, subject, node, request.clone())
                .await;
            if answered.reply.is_success() {
                return Ok(answered);
            }
            let is_away = Given::of(answered.reply.status) == Given::Unavailable;
            if !is_away || begun.elapsed() > PATIENCE {
                let (method, path, _) = request;
                let said = describe(&answered.reply);
                return Err(format!("{method} {path} on node {node}: {said}").into());
            }
            sleep(PAUSE).await;
        }
    }
}

impl Subject {
    /// The request that revokes it.
    pub fn revocation(&self) -> Request {
        let path = format!("/api/v1/keys/{}", self.key.id);
        (Method::DELETE, path, Value::Null)
    }
}

/// The key in a response.
pub fn key_of(reply: &Reply) -> Key {
    Key {
        id: reply.number("key_id").to_string(),
        secret: reply.text("api_key"),
    }
}
