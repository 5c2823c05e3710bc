//! `kill -9` in the middle of work, again and again.

use std::time::Duration;

use tokio::time::sleep;

use crate::check::{Rounds, integrity};
use crate::dice::Dice;
use crate::load::{CLIENTS, Journal, Load, Orders};
use crate::person::join;
use crate::report::Report;
use crate::stage::{BOTH, DATABASE, On, Stage};
use crate::{Outcome, Run, say};

pub const ABOUT: &str = "Sixteen clients create, rotate, rename and revoke keys, make and disable service accounts, make and delete workspaces, \
invite and remove people, and write what they mean to do and what was answered into a journal that is flushed each time. The program gets SIGKILL 5 to \
300 ms later and starts again; then its answers, its tables and its audit log are held against the journal.";

/// How often, on each database.
const CYCLES: u64 = 300;
/// Every so often somebody joins, to be removed under load.
const JOIN: u64 = 4;
/// Every so often the database checks itself.
const SELF_CHECK: u64 = 25;

pub async fn run(run: &Run, report: &mut Report) -> Outcome<()> {
    for on in BOTH {
        kill(run, on, report).await?;
    }
    Ok(())
}

async fn kill(run: &Run, on: On, report: &mut Report) -> Outcome<()> {
    let cycles = run.share_of(CYCLES);
    let mut stage = Stage::up(run, on, &[]).await?;
    let journal = Journal::open(&run.folder.join(format!("kill-{}.journal", on.name())))?;
    let (mut dice, mut rounds) = (Dice::new(run.seed), Rounds::new(run.seed));
    let (mut unsound, mut log_faults) = (Vec::new(), 0);
    let mut slowest = Duration::ZERO;
    for round in 1..=cycles {
        let api = stage.api()?;
        let leaver =
            if round % JOIN == 1 { Some(join(&api, &stage.owner.key, &format!("m{round}")).await?) } else { None };
        let (owner, seed) = (stage.owner.clone(), run.seed);
        let orders = Orders { api, owner, journal: journal.clone(), round, seed, stubborn: false };
        let load = Load::start(&orders, leaver.as_ref().map(|leaver| leaver.actor_id));
        sleep(Duration::from_millis(5 + dice.below(296))).await;
        stage.program.kill()?;
        let mut done = load.end().await;
        done.keys.extend(leaver.map(|leaver| leaver.key));
        let up = stage.program.start().await;
        slowest = slowest.max(up.map_err(|error| format!("round {round}: {error}"))?);
        done.keys.iter().for_each(|key| stage.secrets.key(&key.secret));
        rounds.check(round, &stage, &done).await?;
        if round.is_multiple_of(SELF_CHECK) || round == cycles {
            unsound.extend(self_check(&stage).await?);
            say(&format!(
                "  {}: {round} of {cycles}, {} acknowledged, {} faults",
                on.name(),
                rounds.acknowledged,
                rounds.faults.len()
            ));
        }
        log_faults = complaints(&stage)?;
    }
    let dead = rounds.try_all_dead(&stage).await?;
    let mut leaks = Vec::new();
    let searched = stage.search(&mut leaks)?;
    let secrets = stage.secrets.len();
    let on = on.name();
    let what = "killed under load and started again: I1 to I5, I8";
    report.faults(
        what,
        on,
        format!(
            "{cycles} kills, {CLIENTS} clients, {} acknowledged and {} open calls, {} events",
            rounds.acknowledged, rounds.unanswered, rounds.events
        ),
        &rounds.faults,
    );
    report.row(
        "the ring opens and the program serves again (I9)",
        on,
        cycles,
        format!("every time, within {} ms", slowest.as_millis()),
        true,
    );
    report.row(
        "revoked and replaced keys answer 401 at the end (I2)",
        on,
        format!("{dead} keys"),
        "see above",
        rounds.faults.is_empty(),
    );
    report.faults("the database finds itself sound (I6)", on, cycles.div_ceil(SELF_CHECK), &unsound);
    report.faults(
        "no secret in database, write-ahead log and program log (I7)",
        on,
        format!("{secrets} pieces, {} MB", searched / 1_000_000),
        &leaks,
    );
    report.row("panics and integrity failures in the log", on, cycles, log_faults.to_string(), log_faults == 0);
    Ok(())
}

async fn self_check(stage: &Stage) -> Outcome<Vec<String>> {
    let mut said = integrity(&stage.program.database).await?;
    if let Some(Err(error)) = stage.cluster.as_ref().map(|cluster| cluster.check(DATABASE)) {
        said.push(error.to_string());
    }
    Ok(said)
}

/// How often the program told of a fault that must not be.
fn complaints(stage: &Stage) -> Outcome<usize> {
    let log = std::fs::read_to_string(stage.program.log())?;
    Ok(log.lines().filter(|line| line.contains("panicked") || line.contains("integrity failure")).count())
}
