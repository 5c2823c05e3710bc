//! A disk that fails: the power is cut, writes and synchronizations return errors.
//!
//! A library that is loaded into the program (`server/power_cut`) plays the disk.

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::sleep;

use crate::check::{Rounds, integrity};
use crate::database::Database;
use crate::load::{CLIENTS, Journal, Load, Orders};
use crate::report::Report;
use crate::rng::Rng;
use crate::stage::{On, Stage};
use crate::{Outcome, Run};

pub const ABOUT: &str = "A library in the program plays the disk of the SQLite database and of the revocation journal (`server/power_cut`). \
When the power is cut, a random part of what was not synchronized is lost, also parts of sectors. With the same sixteen clients, \
the power is cut after a random write, also during the start of the program. Then single writes and synchronizations fail. As \
a control, a disk that only pretends to synchronize has to lose answered calls.";

/// The number of cuts.
const CUTS: u64 = 200;
/// The number of operations that fail, of each kind.
const FAILURES: u64 = 20;
/// The most cuts until a disk that lies has lost something.
const LIES: u64 = 40;
/// A cut comes within this many operations of the disk.
const OPERATIONS: u64 = 1_500;
/// How long the load lasts if nothing ends it.
const LOAD: Duration = Duration::from_millis(1500);

const VARIABLES: [&str; 6] = [
    "POWER_CUT_AFTER",
    "POWER_SEED",
    "POWER_LIE",
    "POWER_FAIL_AFTER",
    "POWER_FAIL",
    "LD_PRELOAD",
];

pub async fn run(run: &Run, report: &mut Report) -> Outcome<()> {
    cuts(run, report).await?;
    failures(run, report).await?;
    lies(run, report).await
}

/// An installation on a disk that can fail.
struct Machine {
    stage: Stage,
    journal: Journal,
    rounds: Rounds,
    rng: Rng,
    seed: u64,
}

impl Machine {
    async fn up(run: &Run, name: &str) -> Outcome<Self> {
        let mut stage = Stage::up(run, On::Sqlite, &[]).await?;
        let Database::Sqlite(file) = &stage.program.database else {
            return Err("a file is needed".into());
        };
        let files = ["", "-wal", ".journal"].map(|end| format!("{}{end}", file.display()));
        stage.program.set("POWER_FILES", &files.join(":"));
        Ok(Self {
            stage,
            journal: Journal::open(&run.folder.join(format!("power-{name}.journal")))?,
            rounds: Rounds::new(run.seed),
            rng: Rng::new(run.seed),
            seed: run.seed,
        })
    }

    /// Starts the program on a disk with these properties. Says whether it came up: the power can
    /// fail before.
    async fn start(&mut self, properties: &[(&str, String)]) -> Outcome<bool> {
        self.stage.program.kill()?;
        for variable in VARIABLES {
            self.stage.program.unset(variable);
        }
        if !properties.is_empty() {
            let library = library()?;
            self.stage
                .program
                .set("LD_PRELOAD", &library.to_string_lossy());
        }
        for (name, value) in properties {
            self.stage.program.set(name, value);
        }
        match self.stage.program.start().await {
            Ok(_) => Ok(true),
            Err(error) if properties.is_empty() => Err(error),
            Err(_) => Ok(false),
        }
    }

    /// Runs the load, then starts the program on a good disk, and compares. Stubborn clients go on
    /// after a failed call.
    async fn round(&mut self, round: u64, is_up: bool, stubborn: bool) -> Outcome<()> {
        let orders = Orders {
            api: self.stage.api()?,
            owner: self.stage.owner.clone(),
            journal: self.journal.clone(),
            round,
            seed: self.seed,
            stubborn,
        };
        let load = Load::start(&orders, None);
        let mut left = if is_up { LOAD } else { Duration::ZERO };
        while self.stage.program.lives() && !left.is_zero() {
            let pause = Duration::from_millis(20);
            sleep(pause).await;
            left = left.saturating_sub(pause);
        }
        let done = load.end().await;
        self.start(&[]).await?;
        self.rounds.check(round, &self.stage, &done).await
    }

    /// A disk whose power fails.
    fn cut(&mut self) -> [(&'static str, String); 2] {
        [
            (
                "POWER_CUT_AFTER",
                self.rng.below(OPERATIONS).to_string(),
            ),
            ("POWER_SEED", self.rng.below(1 << 40).to_string()),
        ]
    }
}

/// The power is cut.
async fn cuts(run: &Run, report: &mut Report) -> Outcome<()> {
    let mut machine = Machine::up(run, "cuts").await?;
    let cycles = run.share_of(CUTS);
    let mut at_start = 0;
    for round in 1..=cycles {
        let properties = machine.cut();
        let is_up = machine.start(&properties).await?;
        at_start += u64::from(!is_up);
        machine.round(round, is_up, false).await?;
    }
    let on = On::Sqlite.name();
    let (answered, open) = (machine.rounds.acknowledged, machine.rounds.unanswered);
    let count =
        format!("{cycles} cuts, {CLIENTS} clients, {answered} answered and {open} open calls");
    report.faults(
        "the power is cut: what was answered holds, and what was not is wholly there or not at all",
        on,
        count,
        &machine.rounds.faults,
    );
    report.row(
        "cuts during the start of the program, after which it starts again",
        on,
        at_start,
        "every time",
        answered as u64 >= cycles,
    );
    let (dead, revived) = machine
        .rounds
        .try_all_dead(&machine.stage)
        .await?;
    report.row(
        "revoked and replaced keys answer 401 at the end",
        on,
        format!("{dead} keys"),
        format!("{revived} admitted"),
        revived == 0,
    );
    let unsound = integrity(&machine.stage.program.database).await?;
    report.faults("the database finds itself sound", on, 1, &unsound);
    Ok(())
}

/// Single operations fail.
async fn failures(run: &Run, report: &mut Report) -> Outcome<()> {
    let on = On::Sqlite.name();
    for (kind, what) in [
        ("write", "a write fails with EIO"),
        ("sync", "a synchronization fails with EIO"),
        ("short", "a write is cut short"),
    ] {
        let mut machine = Machine::up(run, kind).await?;
        let cycles = run.share_of(FAILURES);
        let mut recovered = 0;
        for round in 1..=cycles {
            let after = machine.rng.below(OPERATIONS).to_string();
            let properties = [("POWER_FAIL", kind.to_owned()), ("POWER_FAIL_AFTER", after)];
            let is_up = machine.start(&properties).await?;
            machine.round(round, is_up, true).await?;
            recovered += u64::from(is_up);
        }
        let (answered, open) = (machine.rounds.acknowledged, machine.rounds.unanswered);
        report.faults(
            &format!(
                "{what}: what was answered holds, and what was not is wholly there or not at all"
            ),
            on,
            format!("{cycles} failures, {answered} answered and {open} failed calls"),
            &machine.rounds.faults,
        );
        let unsound = integrity(&machine.stage.program.database).await?;
        // The clients of a program that does not recover have no success after the failure.
        report.row(
            &format!(
                "{what}: the program goes on without a restart, answered calls for each failure"
            ),
            on,
            cycles,
            (answered as u64 / cycles).to_string(),
            answered as u64 / cycles >= 2 * CLIENTS,
        );
        report.faults(
            &format!("{what}: the database finds itself sound"),
            on,
            recovered,
            &unsound,
        );
    }
    Ok(())
}

/// The control: the same cuts, on a disk that only pretends to synchronize.
async fn lies(run: &Run, report: &mut Report) -> Outcome<()> {
    let mut machine = Machine::up(run, "lies").await?;
    let mut cuts = 0;
    let mut is_found = false;
    while !is_found && cuts < LIES {
        cuts += 1;
        let mut properties = machine.cut().to_vec();
        properties.push(("POWER_LIE", "1".to_owned()));
        let is_up = machine.start(&properties).await?;
        // What such a disk has lost can also prevent the start.
        let is_checked = machine.round(cuts, is_up, false).await.is_ok();
        is_found = !is_checked || !machine.rounds.faults.is_empty();
    }
    report.row(
        "control: on a disk that only pretends to synchronize, an answered call is lost",
        On::Sqlite.name(),
        format!("{cuts} cuts"),
        if is_found { "found" } else { "not found" },
        is_found,
    );
    Ok(())
}

/// The library that plays the disk. It is built next to this program.
fn library() -> Outcome<PathBuf> {
    let folder = std::env::current_exe()?
        .parent()
        .map(PathBuf::from)
        .unwrap_or_default();
    let library = folder.join("libpower_cut.so");
    if library.exists() {
        Ok(library)
    } else {
        Err("libpower_cut.so is missing: run .ci/prove".into())
    }
}
