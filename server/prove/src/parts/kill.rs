//! Repeated `kill -9` under load.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::api::Api;
use crate::check::{Rounds, integrity};
use crate::load::{CLIENTS, Journal, Load, Orders};
use crate::person::join;
use crate::report::Report;
use crate::rng::Rng;
use crate::stage::{BOTH, DATABASE, On, Stage};
use crate::{Outcome, Run, say};

pub const ABOUT: &str = "Sixteen clients create, rotate, rename and revoke keys, create and disable service accounts, create and delete \
workspaces, and invite and remove members. They write each call and its response to a journal that is flushed each time. The \
program gets SIGKILL 5 to 300 ms later and starts again. Then its responses, its tables and its audit log are compared with \
the journal.";

/// The number of repetitions on each database.
const CYCLES: u64 = 300;
/// How often a member joins, who is removed under load.
const JOIN: u64 = 4;
/// How often the integrity check of the database runs.
const SELF_CHECK: u64 = 25;
/// The guarantee about events and rows.
const AGREEMENT: &str =
    "events and rows tell the same, the chain is whole, one successor a key, an owner stays";

pub async fn run(run: &Run, report: &mut Report) -> Outcome<()> {
    // Side by side: a round spends most of its time on starting the program.
    let both = BOTH.map(|on| {
        let run = run.clone();
        tokio::spawn(async move {
            let mut found = Report::default();
            kill(&run, on, &mut found).await.map(|()| found)
        })
    });
    for found in both {
        report.append(found.await??);
    }
    Ok(())
}

async fn kill(run: &Run, on: On, report: &mut Report) -> Outcome<()> {
    let mut kills = Kills::prepare(run, on).await?;
    for round in 1..=kills.cycles {
        kills.kill_once(round).await?;
        if round.is_multiple_of(SELF_CHECK) || round == kills.cycles {
            kills.check_itself(round).await?;
        }
    }
    let remains = kills.search_remains().await?;
    kills.report_calls(report);
    kills.report_restarts(&remains, report)?;
    kills.report_remains(&remains, report)
}

/// The kills on a database, and what they have shown so far.
struct Kills {
    on: On,
    cycles: u64,
    seed: u64,
    rng: Rng,
    journal: Journal,
    rounds: Rounds,
    /// What the database finds wrong with itself.
    unsound: Vec<String>,
    /// The longest start after a kill.
    slowest: Duration,
    stage: Stage,
}

/// What is left after all kills.
struct Remains {
    /// Revoked and replaced keys.
    dead: usize,
    /// Those of them that are admitted.
    revived: usize,
    /// Files with a secret.
    leaks: Vec<String>,
    /// The number of bytes that were searched for secrets.
    searched: usize,
}

impl Kills {
    /// Sets up an installation and opens the journal.
    async fn prepare(run: &Run, on: On) -> Outcome<Self> {
        let stage = Stage::up(run, on, &[]).await?;
        let journal = Journal::open(
            &run.folder
                .join(format!("kill-{}.journal", on.name())),
        )?;
        Ok(Self {
            on,
            cycles: run.share_of(CYCLES),
            seed: run.seed,
            rng: Rng::new(run.seed),
            journal,
            rounds: Rounds::new(run.seed),
            unsound: Vec::new(),
            slowest: Duration::ZERO,
            stage,
        })
    }

    /// Kills the program under load, starts it again and compares it with the journal.
    async fn kill_once(&mut self, round: u64) -> Outcome<()> {
        let api = self.stage.api()?;
        let leaver = if round % JOIN == 1 {
            Some(join(&api, &self.stage.owner.key, &format!("m{round}")).await?)
        } else {
            None
        };
        let orders = Orders {
            api,
            owner: self.stage.owner.clone(),
            journal: self.journal.clone(),
            round,
            seed: self.seed,
            stubborn: false,
        };
        warm_up(&orders.api, &orders.owner.key).await;
        let load = Load::start(&orders, leaver.as_ref().map(|leaver| leaver.actor_id));
        sleep(Duration::from_millis(5 + self.rng.below(296))).await;
        self.stage.program.kill()?;
        let mut done = load.end().await;
        done.keys.extend(leaver.map(|leaver| leaver.key));
        let up = self.stage.program.start().await;
        let took = up.map_err(|error| format!("round {round}: {error}"))?;
        self.slowest = self.slowest.max(took);
        done.keys
            .iter()
            .for_each(|key| self.stage.secrets.key(&key.secret));
        self.rounds.check(round, &self.stage, &done).await
    }

    /// Lets the database check itself, and prints the progress.
    async fn check_itself(&mut self, round: u64) -> Outcome<()> {
        self.unsound
            .extend(self_check(&self.stage).await?);
        let (answered, faults) = (self.rounds.acknowledged, self.rounds.faults.len());
        say(&format!(
            "  {}: {round} of {}, {answered} answered, {faults} faults",
            self.on.name(),
            self.cycles
        ));
        Ok(())
    }

    /// Tries every revoked key, and searches for secrets in everything that was written.
    async fn search_remains(&self) -> Outcome<Remains> {
        let (dead, revived) = self.rounds.try_all_dead(&self.stage).await?;
        let mut leaks = Vec::new();
        let searched = self.stage.search(&mut leaks)?;
        Ok(Remains {
            dead,
            revived,
            leaks,
            searched,
        })
    }

    /// Reports whether answered calls hold and the others are whole or absent.
    fn report_calls(&self, report: &mut Report) {
        let (on, cycles, rounds) = (self.on.name(), self.cycles, &self.rounds);
        let (answered, open) = (rounds.acknowledged, rounds.unanswered);
        let count =
            format!("{cycles} kills, {CLIENTS} clients, {answered} answered and {open} open calls");
        report.faults(
            "what was answered holds, and what was not is wholly there or not at all",
            on,
            count,
            &rounds.faults,
        );
        // Kills before any work has been done would prove nothing.
        let met = answered as u64 >= cycles;
        report.row(
            "the kills hit work: answered calls for each kill",
            on,
            cycles,
            (answered as u64 / cycles).to_string(),
            met,
        );
        report.faults(
            AGREEMENT,
            on,
            format!("{} events", rounds.events),
            &rounds.faults,
        );
    }

    /// Reports whether revoked keys stay refused, and whether the program starts again.
    fn report_restarts(&self, remains: &Remains, report: &mut Report) -> Outcome<()> {
        let (on, cycles) = (self.on.name(), self.cycles);
        let (dead, revived) = (remains.dead, remains.revived);
        report.row(
            "revoked and replaced keys answer 401 at the end",
            on,
            format!("{dead} keys"),
            format!("{revived} admitted"),
            revived == 0,
        );
        let result = format!("every time, within {} ms", self.slowest.as_millis());
        report.row(
            "the key ring opens and the program serves again",
            on,
            cycles,
            result,
            true,
        );
        let status = self
            .stage
            .program
            .command(&["keyring", "status"])?
            .status;
        report.row(
            "`roundtable keyring status` at the end",
            on,
            1,
            status.to_string(),
            status.success(),
        );
        Ok(())
    }

    /// Reports what the kills left in the database and in the log.
    fn report_remains(&self, remains: &Remains, report: &mut Report) -> Outcome<()> {
        let (on, cycles) = (self.on.name(), self.cycles);
        report.faults(
            "the database finds itself sound",
            on,
            cycles.div_ceil(SELF_CHECK),
            &self.unsound,
        );
        let (secrets, searched) = (self.stage.secrets.len(), remains.searched);
        let count = format!("{secrets} pieces, {} MB", searched / 1_000_000);
        report.faults(
            "no secret in database, write-ahead log and program log",
            on,
            count,
            &remains.leaks,
        );
        let complaints = complaints(&self.stage)?;
        report.row(
            "panics and integrity failures in the log",
            on,
            cycles,
            complaints.to_string(),
            complaints == 0,
        );
        Ok(())
    }
}

/// Opens the connections of the load, so that the kill hits calls and not the setup.
async fn warm_up(api: &Api, key: &str) {
    let mut calls = JoinSet::new();
    for _ in 0..CLIENTS {
        let (api, key) = (api.clone(), key.to_owned());
        calls.spawn(async move { api.tried(&key).await });
    }
    calls.join_all().await;
}

async fn self_check(stage: &Stage) -> Outcome<Vec<String>> {
    let mut said = integrity(&stage.program.database).await?;
    if let Some(Err(error)) = stage
        .cluster
        .as_ref()
        .map(|cluster| cluster.check(DATABASE))
    {
        said.push(error.to_string());
    }
    Ok(said)
}

/// The number of panics and integrity failures in the log.
fn complaints(stage: &Stage) -> Outcome<usize> {
    let log = std::fs::read_to_string(stage.program.log())?;
    Ok(log
        .lines()
        .filter(|line| line.contains("panicked") || line.contains("integrity failure"))
        .count())
}
