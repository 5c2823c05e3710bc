//! A disk that fails: the power is cut, writes and synchronizations return errors.
//!
//! A library that is loaded into the program (`server/power_cut`) plays the disk.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::time::sleep;

use crate::check::{Rounds, integrity};
use crate::database::Database;
use crate::load::{CLIENTS, Done, Journal, Load, Orders};
use crate::report::Report;
use crate::rng::Rng;
use crate::stage::{On, Stage};
use crate::{Outcome, Run};

pub const ABOUT: &str = "A library in the program plays the disk of the SQLite database and of the revocation journal (`server/power_cut`). \
When the power is cut, a random part of what was not synchronized is lost, also parts of sectors. With the same sixteen clients, \
the power is cut after a random write, also during the start of the program. Then single writes and synchronizations fail; \
after half of the failed synchronizations, the power is cut too. As a control, a disk that only pretends to synchronize has \
to lose answered calls.";

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

/// The code of a program whose power was cut.
const CUT: i32 = 99;

const VARIABLES: [&str; 8] = [
    "POWER_CUT_AFTER",
    "POWER_SEED",
    "POWER_LIE",
    "POWER_FAIL_AFTER",
    "POWER_FAIL",
    "POWER_CUT_AFTER_FAILURE",
    "POWER_MARKER",
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

    /// Starts the program on a disk with these properties. The power can fail before it is up.
    async fn start(&mut self, properties: &[(&str, String)]) -> Outcome<Started> {
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
            Ok(_) => Ok(Started::Up),
            Err(error) if properties.is_empty() => Err(error),
            Err(error)
                if error
                    .to_string()
                    .contains(&format!("exit status: {CUT}")) =>
            {
                Ok(Started::Cut)
            }
            Err(error) => Ok(Started::Failed(error.to_string())),
        }
    }

    /// Runs the load until it is over or the program ends. Stubborn clients go on after a failed
    /// call.
    async fn load(&mut self, round: u64, stubborn: bool) -> Outcome<Done> {
        let orders = Orders {
            api: self.stage.api()?,
            owner: self.stage.owner.clone(),
            journal: self.journal.clone(),
            round,
            seed: self.seed,
            stubborn,
        };
        let load = Load::start(&orders, None);
        let mut left = LOAD;
        while self.stage.program.lives() && !left.is_zero() {
            let pause = Duration::from_millis(20);
            sleep(pause).await;
            left = left.saturating_sub(pause);
        }
        Ok(load.end().await)
    }

    /// Starts the program on a good disk, and compares.
    async fn check(&mut self, round: u64, done: &Done) -> Outcome<()> {
        self.start(&[]).await?;
        self.rounds.check(round, &self.stage, done).await
    }

    /// A load whose end is a power cut. Says whether the power was cut, and whether that was during
    /// the start.
    async fn cut_round(&mut self, round: u64, properties: &[(&str, String)]) -> Outcome<Cut> {
        let (done, cut) = match self.start(properties).await? {
            Started::Cut => (Done::default(), Cut::AtStart),
            Started::Failed(error) => return Err(error.into()),
            Started::Up => {
                let done = self.load(round, false).await?;
                let is_cut = self.stage.program.exit_code() == Some(CUT);
                (done, if is_cut { Cut::UnderLoad } else { Cut::None })
            }
        };
        self.check(round, &done).await?;
        Ok(cut)
    }

    /// A disk whose power fails.
    fn cut(&mut self) -> Vec<(&'static str, String)> {
        vec![
            (
                "POWER_CUT_AFTER",
                self.rng.below(OPERATIONS).to_string(),
            ),
            ("POWER_SEED", self.rng.below(1 << 40).to_string()),
        ]
    }

    /// Whether a key can be created without a restart.
    async fn recovers(&self) -> Outcome<bool> {
        let api = self.stage.api()?;
        for _ in 0..50 {
            let body = json!({ "label": "after the failure" });
            let made = api
                .call(
                    Method::POST,
                    "/api/v1/keys",
                    &self.stage.owner.key,
                    body,
                )
                .await;
            if made.is_success() {
                return Ok(true);
            }
            sleep(Duration::from_millis(100)).await;
        }
        Ok(false)
    }
}

/// How a start ended.
enum Started {
    Up,
    Cut,
    Failed(String),
}

/// When the power was cut.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cut {
    AtStart,
    UnderLoad,
    None,
}

/// The power is cut.
async fn cuts(run: &Run, report: &mut Report) -> Outcome<()> {
    let mut machine = Machine::up(run, "cuts").await?;
    let wanted = run.share_of(CUTS);
    let (mut at_start, mut under_load, mut round) = (0, 0, 0);
    while at_start + under_load < wanted && round < 2 * wanted {
        round += 1;
        let properties = machine.cut();
        let cut = machine.cut_round(round, &properties).await?;
        at_start += u64::from(cut == Cut::AtStart);
        under_load += u64::from(cut == Cut::UnderLoad);
    }
    let on = On::Sqlite.name();
    let (answered, open) = (machine.rounds.acknowledged, machine.rounds.unanswered);
    let cuts = at_start + under_load;
    let count =
        format!("{cuts} cuts, {CLIENTS} clients, {answered} answered and {open} open calls");
    report.faults(
        "the power is cut: what was answered holds, and what was not is wholly there or not at all",
        on,
        count,
        &machine.rounds.faults,
    );
    report.row(
        "the cuts hit work: cuts under load, and answered calls for each of them",
        on,
        under_load,
        format!(
            "{}; {at_start} cuts during the start",
            answered as u64 / under_load.max(1)
        ),
        cuts >= wanted && answered as u64 >= under_load,
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
    for (kind, what) in [
        ("write", "a write fails with EIO"),
        ("sync", "a synchronization fails with EIO"),
        ("short", "a write is cut short"),
    ] {
        failures_of(run, kind, what, report).await?;
    }
    Ok(())
}

async fn failures_of(run: &Run, kind: &str, what: &str, report: &mut Report) -> Outcome<()> {
    let on = On::Sqlite.name();
    let mut machine = Machine::up(run, kind).await?;
    let marker = run.folder.join(format!("{kind}.failed"));
    let wanted = run.share_of(FAILURES);
    let (mut failures, mut lived, mut recovered, mut round) = (0, 0, 0, 0);
    while failures < wanted && round < 4 * wanted {
        round += 1;
        let _ = std::fs::remove_file(&marker);
        let mut properties = vec![
            ("POWER_FAIL", kind.to_owned()),
            (
                "POWER_FAIL_AFTER",
                machine.rng.below(OPERATIONS).to_string(),
            ),
            ("POWER_MARKER", marker.display().to_string()),
        ];
        // A program that took the failure for a success has lost what it answered.
        if kind == "sync" && round % 2 == 0 {
            let soon = 1 + machine.rng.below(8);
            properties.push(("POWER_CUT_AFTER_FAILURE", soon.to_string()));
        }
        let started = machine.start(&properties).await?;
        let done = match started {
            Started::Up => machine.load(round, true).await?,
            // It may refuse to start on such a disk.
            Started::Cut | Started::Failed(_) => Done::default(),
        };
        let has_failed = marker.exists();
        failures += u64::from(has_failed);
        if has_failed && machine.stage.program.lives() {
            lived += 1;
            recovered += u64::from(machine.recovers().await?);
        }
        machine.check(round, &done).await?;
    }
    let (answered, open) = (machine.rounds.acknowledged, machine.rounds.unanswered);
    report.faults(
        &format!("{what}: what was answered holds, and what was not is wholly there or not at all"),
        on,
        format!("{failures} failures, {answered} answered and {open} failed calls"),
        &machine.rounds.faults,
    );
    report.row(
        &format!("{what}: the program goes on without a restart"),
        on,
        lived,
        format!("{recovered} times"),
        failures >= wanted && recovered == lived && lived > 0,
    );
    let unsound = integrity(&machine.stage.program.database).await?;
    report.faults(
        &format!("{what}: the database finds itself sound"),
        on,
        1,
        &unsound,
    );
    Ok(())
}

/// The control: the same cuts, on a disk that only pretends to synchronize.
async fn lies(run: &Run, report: &mut Report) -> Outcome<()> {
    let mut machine = Machine::up(run, "lies").await?;
    let mut cuts = 0;
    let mut found = None;
    while found.is_none() && cuts < LIES {
        cuts += 1;
        let mut properties = machine.cut();
        properties.push(("POWER_LIE", "1".to_owned()));
        let ended = machine.cut_round(cuts, &properties).await;
        found = match ended {
            Ok(_) => machine.rounds.faults.first().cloned(),
            // What such a disk has lost can also prevent the start.
            Err(error) => lost(&error.to_string()),
        };
    }
    report.row(
        "control: on a disk that only pretends to synchronize, an answered call is lost",
        On::Sqlite.name(),
        format!("{cuts} cuts"),
        found.as_deref().unwrap_or("not found"),
        found.is_some(),
    );
    Ok(())
}

/// The sentence of a program that does not start because its files have lost something.
fn lost(error: &str) -> Option<String> {
    let names = ["database", "journal", "malformed", "audit log"];
    names
        .iter()
        .any(|name| error.contains(name))
        .then(|| error.to_owned())
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
