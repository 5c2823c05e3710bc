//! The permission matrix: every operation of the API, every server function and every page, for
//! every principal and every object. The cases are generated. The small tables of [`oracle`], which
//! people review, define the expected results. A rejected request does not change the database
//! (B14, B15, B20, RA-22, RA-23, RA-30..RA-32, RK-04, RK-42, RK-43, KE-06..KE-09, KE-25..KE-29).

pub mod api;
pub mod forms;
pub mod oracle;
pub mod pages;
pub mod world;

use std::collections::BTreeMap;

/// The results of the cases.
#[derive(Default)]
pub struct Tally {
    cases: usize,
    by_status: BTreeMap<u16, usize>,
    wrong: Vec<String>,
}

impl Tally {
    /// Notes a case.
    pub fn note(
        &mut self,
        case: impl FnOnce() -> String,
        got: u16,
        expected: u16,
        unchanged: bool,
    ) {
        self.cases += 1;
        *self.by_status.entry(got).or_default() += 1;
        if got != expected {
            self.wrong
                .push(format!("{}: {got}, not {expected}", case()));
        } else if !unchanged {
            self.wrong
                .push(format!("{}: {got}, and the database changed", case()));
        }
    }

    /// Fails with every case that differs from the tables, or if there are too few cases.
    #[track_caller]
    pub fn judge(self, name: &str, least: usize) {
        assert!(
            self.wrong.is_empty(),
            "{} of {} cases:\n{}",
            self.wrong.len(),
            self.cases,
            self.wrong.join("\n")
        );
        assert!(
            self.cases >= least,
            "{name}: only {} cases",
            self.cases
        );
        // Some cases must be rejected, and some accepted.
        assert!(
            self.by_status.len() > 3,
            "{name}: {:?}",
            self.by_status
        );
    }
}
