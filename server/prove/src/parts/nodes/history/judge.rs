//! The model that a history is compared with: a key is absent, active, and ended for good, in this
//! order.

use std::collections::HashMap;

use super::{Act, Given, Operation, Record, Window};

/// What a history shows. Each list has a sentence for each violation.
#[derive(Default)]
pub struct Judgement {
    /// The number of operations that were answered.
    pub operations: usize,
    /// The number of ends of keys that were answered.
    pub ends: usize,
    /// Successes that began after the end of the key was answered.
    pub late: Vec<String>,
    /// Successes of a node that continued after a pause in which the end was answered.
    pub resumed: Vec<String>,
    /// Successes on a node that had refused the key before.
    pub revived: Vec<String>,
    /// Refusals of an active key.
    pub refused: Vec<String>,
    /// Operations without an answer, or with 503, while nothing had failed.
    pub unavailable: Vec<String>,
    /// Statuses that no operation expects.
    pub odd: Vec<String>,
    /// Successes that began before the end was answered and were read after it. The time when a
    /// response is read depends on the reader too, so these are no violations.
    pub overlapping: usize,
    /// How many checks a second each prober sent, in ascending order.
    pub rates: Vec<u64>,
}

impl Judgement {
    /// Judges a record.
    pub(super) fn of(record: &Record) -> Self {
        let answered = record
            .operations
            .iter()
            .filter(|operation| operation.given != Given::Unavailable);
        let mut judgement = Self {
            operations: answered.count(),
            ..Self::default()
        };
        let mut by_subject = vec![Vec::new(); record.subjects.len()];
        for operation in &record.operations {
            by_subject[operation.subject].push(operation);
        }
        for (name, operations) in record.subjects.iter().zip(&by_subject) {
            let life = Life::of(operations);
            for operation in operations {
                judgement.consider(name, &life, operation, &record.windows);
            }
            judgement.ends += usize::from(life.end_answered.is_some());
            judgement.measure(operations);
        }
        judgement.rates.sort_unstable();
        judgement
    }

    /// Every success that should not be, as one list.
    pub fn wrong_successes(&self) -> Vec<String> {
        [&self.late, &self.resumed, &self.revived]
            .into_iter()
            .flatten()
            .cloned()
            .collect()
    }

    /// Every refusal that should not be, as one list.
    pub fn wrong_refusals(&self) -> Vec<String> {
        [&self.refused, &self.unavailable, &self.odd]
            .into_iter()
            .flatten()
            .cloned()
            .collect()
    }

    fn consider(&mut self, name: &str, life: &Life, operation: &Operation, windows: &[Window]) {
        let Operation { node, act, .. } = *operation;
        let tell = |what: &str| format!("{name}, node {node}: {what}");
        match (act, operation.given) {
            (Act::Check, Given::Success) => self.consider_success(name, life, operation, windows),
            (Act::Create | Act::End, Given::Success) => {}
            (Act::Check, Given::Refusal) => {
                if life.was_active(operation) {
                    self.refused
                        .push(tell("an active key was refused"));
                }
            }
            (Act::Create | Act::End, Given::Refusal) => {
                self.refused.push(tell("the caller was refused"))
            }
            (_, Given::Unavailable) => {
                if !windows
                    .iter()
                    .any(|window| window.excuses(operation))
                {
                    self.unavailable
                        .push(tell("503 or no answer while nothing had failed"));
                }
            }
            (_, Given::Other(status)) => self
                .odd
                .push(tell(&format!("{act:?} answered {status}"))),
        }
    }

    fn consider_success(&mut self, name: &str, life: &Life, check: &Operation, windows: &[Window]) {
        let node = check.node;
        if check.ended < life.created.0 {
            self.late.push(format!(
                "{name}, node {node}: a success before the key existed"
            ));
        }
        if let Some(answered) = life.end_answered {
            if check.begun > answered {
                let after = check.begun - answered;
                self.late.push(format!(
                    "{name}, node {node}: a success that began {after} µs after the answer"
                ));
            } else if check.ended > answered {
                self.overlapping += 1;
                if windows
                    .iter()
                    .any(|window| window.was_slept_through(check, answered))
                {
                    self.resumed.push(format!(
                        "{name}, node {node}: a success after a pause in which the end was answered"
                    ));
                }
            }
        }
        if life
            .refused_by
            .get(&node)
            .is_some_and(|refused| *refused < check.begun)
        {
            self.revived.push(format!(
                "{name}, node {node}: a success after a refusal by the same node"
            ));
        }
    }

    /// Adds the rates of the probers of a key.
    fn measure(&mut self, operations: &[&Operation]) {
        let mut spans: HashMap<usize, (u64, u64, u64)> = HashMap::new();
        for check in operations {
            if check.act == Act::Check {
                let (checks, _, last) = spans
                    .entry(check.node)
                    .or_insert((0, check.begun, 0));
                *checks += 1;
                *last = check.ended.max(*last);
            }
        }
        let rates = spans
            .into_values()
            .map(|(checks, first, last)| checks * 1_000_000 / last.saturating_sub(first).max(1));
        self.rates.extend(rates);
    }
}

impl Window {
    /// Whether this operation may have met the failure.
    fn excuses(&self, operation: &Operation) -> bool {
        !self.is_pause
            && self
                .node
                .is_none_or(|node| node == operation.node)
            && operation.begun <= self.until
            && operation.ended >= self.from
    }

    /// Whether the node paused while the end was answered, and the check ended only afterwards.
    fn was_slept_through(&self, check: &Operation, answered: u64) -> bool {
        self.is_pause
            && self.node == Some(check.node)
            && (self.from..=self.until).contains(&answered)
            && check.ended > self.until
    }
}

/// When a key was created and ended. A key without a creation existed before the record.
struct Life {
    /// Begin and end of the creation.
    created: (u64, u64),
    /// When the first operation began that may have ended it.
    end_begun: Option<u64>,
    /// When the first success of such an operation was answered.
    end_answered: Option<u64>,
    /// When each node first refused it after its creation.
    refused_by: HashMap<usize, u64>,
}

impl Life {
    fn of(operations: &[&Operation]) -> Self {
        let with = |act: Act, given: &'static [Given]| {
            operations
                .iter()
                .filter(move |operation| operation.act == act && given.contains(&operation.given))
        };
        let succeeded: &[Given] = &[Given::Success];
        let created = with(Act::Create, succeeded)
            .map(|create| (create.begun, create.ended))
            .min()
            .unwrap_or_default();
        let mut refused_by = HashMap::new();
        for check in with(Act::Check, &[Given::Refusal]).filter(|check| check.begun >= created.1) {
            refused_by
                .entry(check.node)
                .and_modify(|first: &mut u64| *first = check.ended.min(*first))
                .or_insert(check.ended);
        }
        Self {
            created,
            end_begun: with(Act::End, &[Given::Success, Given::Unavailable])
                .map(|end| end.begun)
                .min(),
            end_answered: with(Act::End, succeeded)
                .map(|end| end.ended)
                .min(),
            refused_by,
        }
    }

    /// Whether the key was active during all of the check.
    fn was_active(&self, check: &Operation) -> bool {
        check.begun >= self.created.1
            && self
                .end_begun
                .is_none_or(|begun| check.ended < begun)
    }
}
