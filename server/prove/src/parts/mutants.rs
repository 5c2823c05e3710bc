//! Faults that are put into the rules on purpose.

use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::report::Report;
use crate::{Outcome, Run};

pub const ABOUT: &str = "`cargo-mutants` changes the rules about access one at a time: a comparison, a returned value, an operator. The tests \
of the domain have to fail each time. A change that no test notices is listed.";

/// The files with the rules about access: the policy, scopes, the states of keys, the settings of an
/// organization.
const FILES: [&str; 7] = [
    "app/domain/src/policy.rs",
    "app/domain/src/scope.rs",
    "app/domain/src/scope/*.rs",
    "app/domain/src/key.rs",
    "app/domain/src/environment.rs",
    "app/domain/src/api/*.rs",
    "app/domain/src/organization.rs",
];

/// What cargo-mutants writes to `outcomes.json`.
#[derive(Deserialize)]
struct Outcomes {
    total_mutants: u64,
    caught: u64,
    missed: u64,
    timeout: u64,
    unviable: u64,
}

pub async fn run(run: &Run, report: &mut Report) -> Outcome<()> {
    let mut command = Command::new("cargo");
    command
        .args(["mutants", "--package", "domain", "--no-shuffle"])
        .arg("--output")
        .arg(&run.folder)
        .args(FILES.iter().flat_map(|file| ["--file", file]))
        .stdin(Stdio::null());
    if run.share < 100 {
        command.args(["--shard", &format!("0/{}", 100 / run.share.max(1))]);
    }
    // It fails if a change was not noticed; the report says which.
    tokio::task::block_in_place(|| command.status())?;

    let folder = run.folder.join("mutants.out");
    let outcomes: Outcomes = serde_json::from_slice(&std::fs::read(folder.join("outcomes.json"))?)?;
    let missed = std::fs::read_to_string(folder.join("missed.txt"))?;
    let missed: Vec<_> = missed.lines().map(str::to_owned).collect();
    report.faults(
        "a changed rule makes a test fail",
        "-",
        outcomes.total_mutants - outcomes.unviable,
        &missed,
    );
    report.row(
        "changes that do not compile, and those after which a test does not end (no promise)",
        "-",
        outcomes.unviable + outcomes.timeout,
        format!("{} and {}", outcomes.unviable, outcomes.timeout),
        true,
    );
    report.row(
        "changes that were noticed",
        "-",
        outcomes.caught,
        "at least 50 expected",
        outcomes.caught >= run.share_of(50) && outcomes.missed == missed.len() as u64,
    );
    Ok(())
}
