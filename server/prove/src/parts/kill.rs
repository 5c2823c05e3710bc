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
    let cycles = run.share_of(CYCLES);
    let mut stage = Stage::up(run, on, &[]).await?;
    let journal = Journal::open(
        &run.folder
            .join(format!("kill-{}.journal", on.name())),
    )?;
    let (mut rng, mut rounds) = (Rng::new(run.seed), Rounds::new(run.seed));
    let (mut unsound, mut slowest) = (Vec::new(), Duration::ZERO);
    for round in 1..=cycles {
        let api = stage.api()?;
        let leaver = if round % JOIN == 1 {
            Some(join(&api, &stage.owner.key, &format!("m{round}")).await?)
        } else {
            None
        };
        let (owner, seed) = (stage.owner.clone(), run.seed);
        let orders = Orders {
            api,
            owner,
            journal: journal.clone(),
            round,
            seed,
            stubborn: false,
        };
        warm_up(&orders.api, &orders.owner.key).await;
        let load = Load::start(&orders, leaver.as_ref().map(|leaver| leaver.actor_id));
        sleep(Duration::from_millis(5 + rng.below(296))).await;
        stage.program.kill()?;
        let mut done = load.end().await;
        done.keys.extend(leaver.map(|leaver| leaver.key));
        let up = stage.program.start().await;
        slowest = slowest.max(up.map_err(|error| format!("round {round}: {error}"))?);
        done.keys
            .iter()
            .for_each(|key| stage.secrets.key(&key.secret));
        rounds.check(round, &stage, &done).await?;
        if round.is_multiple_of(SELF_CHECK) || round == cycles {
            unsound.extend(self_check(&stage).await?);
            let (answered, faults) = (rounds.acknowledged, rounds.faults.len());
            say(&format!(
                "  {}: {round} of {cycles}, {answered} answered, {faults} faults",
                on.name()
            ));
        }
    }
    let (dead, revived) = rounds.try_all_dead(&stage).await?;
    let mut leaks = Vec::new();
    let searched = stage.search(&mut leaks)?;
    let secrets = stage.secrets.len();
    let on = on.name();
    let (answered, open) = (rounds.acknowledged, rounds.unanswered);
    let count =
        format!("{cycles} kills, {CLIENTS} clients, {answered} answered and {open} open calls");
    let what = "what was answered holds, and what was not is wholly there or not at all";
    report.faults(what, on, count, &rounds.faults);
    // Kills before any work has been done would prove nothing.
    let met = answered as u64 >= cycles;
    report.row(
        "the kills hit work: answered calls for each kill",
        on,
        cycles,
        (answered as u64 / cycles).to_string(),
        met,
    );
    let what =
        "events and rows tell the same, the chain is whole, one successor a key, an owner stays";
    report.faults(
        what,
        on,
        format!("{} events", rounds.events),
        &rounds.faults,
    );
    let what = "revoked and replaced keys answer 401 at the end";
    report.row(
        what,
        on,
        format!("{dead} keys"),
        format!("{revived} admitted"),
        revived == 0,
    );
    let result = format!("every time, within {} ms", slowest.as_millis());
    report.row(
        "the key ring opens and the program serves again",
        on,
        cycles,
        result,
        true,
    );
    let status = stage
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
    report.faults(
        "the database finds itself sound",
        on,
        cycles.div_ceil(SELF_CHECK),
        &unsound,
    );
    let count = format!("{secrets} pieces, {} MB", searched / 1_000_000);
    report.faults(
        "no secret in database, write-ahead log and program log",
        on,
        count,
        &leaks,
    );
    let complaints = complaints(&stage)?;
    report.row(
        "panics and integrity failures in the log",
        on,
        cycles,
        complaints.to_string(),
        complaints == 0,
    );
    Ok(())
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
