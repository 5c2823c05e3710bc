//! Reports what the record of a step shows, and adds up all steps.

use super::history::Judgement;
use super::trial::Trial;
use crate::Run;
use crate::report::Report;
use crate::stage::On;

/// The number of operations in a full run.
const OPERATIONS: u64 = 100_000;

/// The sums of all steps.
#[derive(Default)]
pub struct Totals {
    operations: usize,
    overlapping: usize,
}

impl Totals {
    /// Judges the record of a step, and reports the violations. Returns the judgement.
    pub fn judge(
        &mut self,
        name: &str,
        count: u64,
        trial: &Trial,
        report: &mut Report,
    ) -> Judgement {
        let judgement = trial.history.judge();
        self.operations += judgement.operations;
        self.overlapping += judgement.overlapping;
        let (on, operations) = (On::Postgres.name(), judgement.operations);
        report.faults(
            &format!("{name}: on no node does a success begin after the answer"),
            on,
            format!("{count} times, {} keys ended", judgement.ends),
            &judgement.wrong_successes(),
        );
        report.faults(
            &format!("{name}: active keys pass, and 503 only while something has failed"),
            on,
            format!("{operations} answers"),
            &judgement.wrong_refusals(),
        );
        judgement
    }

    /// Reports the sums.
    pub fn report(&self, run: &Run, report: &mut Report) {
        let on = On::Postgres.name();
        let expected = run.share_of(OPERATIONS);
        report.row(
            "answered operations whose order was checked: absent, active, ended for good",
            on,
            self.operations,
            format!("at least {expected} expected"),
            self.operations as u64 >= expected,
        );
        report.row(
            "successes that began before an answer and were read after it (no promise)",
            on,
            self.operations,
            self.overlapping.to_string(),
            true,
        );
    }
}
