//! Everything else that takes access from a key, on one node, while every node is asked.

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::history::{Act, Given};
use super::phase::LEASE;
use super::probe::{ME, Probes};
use super::site::{EVERY, Site};
use super::times::Times;
use super::totals::Totals;
use super::trial::{Answered, Request, Trial, key_of};
use crate::load::Key;
use crate::person::join_as;
use crate::report::Report;
use crate::rng::Rng;
use crate::stage::On;
use crate::{Outcome, Run};

/// How often each of them.
const TIMES: u64 = 20;
/// How many at the same time.
const AT_ONCE: u64 = 4;
/// What only admins and owners may read.
const ACCOUNTS: &str = "/api/v1/service-accounts?limit=1";
/// What needs a scope.
const WORKSPACES: &str = "/api/v1/workspaces?limit=1";

domain::closed_set! {
    /// A change that takes access from a key.
    pub enum Change(
        /// A short description.
        about: &'static str,
        /// The path that the key may read before, and may not afterwards.
        path: &'static str,
    ) {
        /// The owner is removed.
        Removal = "removal" ("a member is removed", ME),
        /// The owner gets a lower role. The path needs the higher one.
        Demotion = "demotion" ("the role of a member is lowered", ACCOUNTS),
        /// The owner is disabled.
        Disabling = "disabling" ("a service account is disabled", ME),
        /// The key loses the scope that the path needs.
        Narrowing = "narrowing" ("the scopes of a key are narrowed", WORKSPACES),
        /// The key is replaced.
        Rotation = "rotation" ("a key is rotated without a grace period", ME),
    }
}

/// Runs each change on random nodes.
///
/// # Errors
/// If a change is refused.
pub async fn run(run: &Run, site: &Site, totals: &mut Totals, report: &mut Report) -> Outcome<()> {
    let count = run.share_of(TIMES);
    let workers = AT_ONCE.min(count);
    for change in Change::ALL {
        let trial = Trial::new(&site.endpoints);
        let mut running = JoinSet::new();
        for worker in 0..workers {
            let numbers = (worker..count).step_by(workers as usize);
            let rng = Rng::new(run.seed ^ (worker << 32));
            running.spawn(work(trial.clone(), change, numbers.collect(), rng));
        }
        let mut took = Vec::new();
        for done in running.join_all().await {
            let answers: Vec<Answered> = done?;
            took.extend(answers.iter().map(|answered| answered.took));
        }
        totals.judge(change.about(), count, &trial, report);
        let took = Times::of(took);
        report.row(
            &format!("{}: time of the call", change.about()),
            On::Postgres.name(),
            took.len(),
            took.text(),
            took.worst() <= LEASE,
        );
    }
    Ok(())
}

async fn work(
    trial: Trial,
    change: Change,
    numbers: Vec<u64>,
    mut rng: Rng,
) -> Outcome<Vec<Answered>> {
    let mut answers = Vec::new();
    for number in numbers {
        let name = format!("{}-{number}", change.as_str());
        let (key, request) = prepare(&trial, change, &name, &mut rng).await?;
        let subject = trial.history.subject(&name);
        let probes = Probes::start(&trial, subject, change.path(), &key.secret);
        probes.warm().await?;
        let answered = trial
            .end(subject, &EVERY, &request, &mut rng)
            .await?;
        if change == Change::Rotation {
            use_successor(&trial, &name, &answered).await;
        }
        answers.push(answered);
        probes.end().await;
    }
    Ok(answers)
}

/// Creates a key for a change. Returns it with the request that makes the change.
async fn prepare(
    trial: &Trial,
    change: Change,
    name: &str,
    rng: &mut Rng,
) -> Outcome<(Key, Request)> {
    match change {
        Change::Removal => {
            let (key, member) = member(trial, name, "member").await?;
            Ok((key, (Method::DELETE, member, Value::Null)))
        }
        Change::Demotion => {
            let (key, member) = member(trial, name, "admin").await?;
            let role = json!({ "role": "member" });
            Ok((key, (Method::PATCH, member, role)))
        }
        Change::Disabling => disabling(trial, name).await,
        Change::Narrowing => {
            let scopes = json!(["workspaces:read", "runs:read"]);
            let body = json!({ "label": name, "scopes": scopes });
            let key = owned_key(trial, body, rng).await?;
            let path = format!("/api/v1/keys/{}", key.id);
            let scopes = json!({ "scopes": ["runs:read"] });
            Ok((key, (Method::PATCH, path, scopes)))
        }
        Change::Rotation => {
            let key = owned_key(trial, json!({ "label": name }), rng).await?;
            let path = format!("/api/v1/keys/{}/rotate", key.id);
            Ok((key, (Method::POST, path, json!({}))))
        }
    }
}

/// A new member with a key. Returns the key, and the path of the member.
async fn member(trial: &Trial, name: &str, role: &str) -> Outcome<(Key, String)> {
    // The first node has the development identity provider that its sign-ins use.
    let api = &trial.endpoints.apis[0];
    let joiner = join_as(api, &trial.endpoints.owner, name, role).await?;
    let path = format!("/api/v1/members/{}", joiner.actor_id);
    Ok((joiner.key, path))
}

/// A new service account with a key, and the request that disables it.
async fn disabling(trial: &Trial, name: &str) -> Outcome<(Key, Request)> {
    let api = &trial.endpoints.apis[0];
    let owner = &trial.endpoints.owner;
    let body = json!({ "name": name });
    let made = api
        .must(Method::POST, "/api/v1/service-accounts", owner, body)
        .await?;
    let account = made.number("actor_id");
    let body = json!({ "label": name, "actor_id": account });
    let made = api
        .must(Method::POST, "/api/v1/keys", owner, body)
        .await?;
    let path = format!("/api/v1/service-accounts/{account}");
    let disabled = json!({ "disabled": true });
    Ok((key_of(&made), (Method::PATCH, path, disabled)))
}

/// A new key of the owner.
async fn owned_key(trial: &Trial, body: Value, rng: &mut Rng) -> Outcome<Key> {
    let api = &trial.endpoints.apis[rng.index(EVERY.len())];
    let made = api
        .must(
            Method::POST,
            "/api/v1/keys",
            &trial.endpoints.owner,
            body,
        )
        .await?;
    Ok(key_of(&made))
}

/// Uses the new key on every node. It works as soon as it was shown.
async fn use_successor(trial: &Trial, name: &str, answered: &Answered) {
    let subject = trial
        .history
        .subject(&format!("successor of {name}"));
    let created = answered.at - answered.took;
    trial.history.add(
        Act::Create,
        subject,
        0,
        (created, answered.at),
        Given::Success,
    );
    let secret = key_of(&answered.reply).secret;
    for node in EVERY {
        let begun = Instant::now();
        let status = trial.endpoints.apis[node].tried(&secret).await;
        let ended = Instant::now();
        trial.history.add(
            Act::Check,
            subject,
            node,
            (begun, ended),
            Given::of(status),
        );
    }
}
