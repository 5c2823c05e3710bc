//! Checks a round of load against everything that is known about it and about earlier rounds.

use super::{Beliefs, Look, Watch, done_unanswered};
use crate::Outcome;
use crate::api::Api;
use crate::load::{Done, Key};
use crate::rng::Rng;
use crate::stage::Stage;

/// The number of keys of earlier rounds that are tried after each round.
const SAMPLE: usize = 20;

/// The knowledge after some rounds.
pub struct Rounds {
    watch: Watch,
    dead: Vec<Key>,
    live: Vec<Key>,
    rng: Rng,
    /// The faults.
    pub faults: Vec<String>,
    /// Calls that succeeded.
    pub acknowledged: usize,
    /// Calls that did not succeed.
    pub unanswered: usize,
    /// Calls without a response that were carried out.
    pub done_unanswered: usize,
    /// Keys that were tried.
    pub tried: usize,
    /// Events so far.
    pub events: i64,
}

impl Rounds {
    /// Nothing yet.
    pub fn new(seed: u64) -> Self {
        Self {
            watch: Watch::default(),
            dead: Vec::new(),
            live: Vec::new(),
            rng: Rng::new(seed),
            faults: Vec::new(),
            acknowledged: 0,
            unanswered: 0,
            done_unanswered: 0,
            tried: 0,
            events: 0,
        }
    }

    /// Checks a round against the running program and its database.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn check(&mut self, round: u64, stage: &Stage, done: &Done) -> Outcome<()> {
        let Look {
            tables,
            mut faults,
            events,
        } = self.watch.look(&stage.program.database).await?;
        Beliefs::of(&done.entries).hold_against(&tables, &mut faults);
        let answered = done
            .entries
            .iter()
            .filter(|entry| entry.is_acknowledged())
            .count();
        self.acknowledged += answered;
        self.unanswered += done.entries.len() - answered;
        self.done_unanswered += done_unanswered(&done.entries, &tables);
        self.events = events;
        let api = stage.api()?;
        let earlier = self.sample();
        for key in done.keys.iter().chain(&earlier) {
            let Some(row) = tables.keys.get(&key.id) else {
                continue;
            };
            let expected = tables.status_of(row);
            let given = tried(&api, &key.secret).await;
            self.tried += 1;
            if given != Some(expected) {
                faults.push(format!(
                    "key {} answers {given:?} instead of {expected}",
                    key.id
                ));
            }
        }
        for key in &done.keys {
            match tables
                .keys
                .get(&key.id)
                .map(|row| tables.status_of(row))
            {
                Some(401) => self.dead.push(key.clone()),
                Some(200) => self.live.push(key.clone()),
                _ => {}
            }
        }
        self.faults.extend(
            faults
                .into_iter()
                .map(|fault| format!("round {round}: {fault}")),
        );
        Ok(())
    }

    /// Keys that were revoked in earlier rounds, and some that are active.
    fn sample(&mut self) -> Vec<Key> {
        let mut sample = Vec::new();
        for (keys, count) in [(&self.dead, SAMPLE), (&self.live, SAMPLE / 4)] {
            if !keys.is_empty() {
                sample.extend((0..count).map(|_| keys[self.rng.index(keys.len())].clone()));
            }
        }
        sample
    }

    /// Tries every revoked key. Returns their number, and the number of those that do not get 401.
    ///
    /// # Errors
    /// If the program cannot be called.
    pub async fn try_all_dead(&self, stage: &Stage) -> Outcome<(usize, usize)> {
        let api = stage.api()?;
        let mut revived = 0;
        for key in &self.dead {
            revived += usize::from(tried(&api, &key.secret).await != Some(401));
        }
        Ok((self.dead.len(), revived))
    }
}

/// The status of a call with this key. Without a response, the connection may just have been
/// closed, so the call is retried once.
async fn tried(api: &Api, key: &str) -> Option<u16> {
    match api.tried(key).await {
        None => api.tried(key).await,
        given => given,
    }
}
