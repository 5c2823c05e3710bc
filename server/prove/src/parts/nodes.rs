//! Three nodes on one Postgres server: a key that was ended on one node passes on none.

mod faults;
mod held;
mod history;
mod kept_alive;
mod phase;
mod probe;
mod proxy;
mod response;
mod revoke;
mod site;
mod times;
mod totals;
mod trial;
mod weaken;

use crate::report::Report;
use crate::stage::On;
use crate::{Outcome, Run, say};
use faults::{backends, clock, cut, kill, pause, restart, start};
use site::Site;
use totals::Totals;

pub const ABOUT: &str = "Three nodes serve one installation on Postgres. Clients send each key to \
every node more than fifty times a second, before, while and after one of the nodes revokes the \
key or takes its access away in another way. Requests with the key run on the other nodes \
meanwhile. Then the same happens during faults: nodes are paused, killed, started, cut off from \
Postgres and given another clock, their connections to Postgres are killed, and Postgres is \
restarted. All operations are recorded with their times. No request that begins after the answer \
succeeds on any node, no active key is refused, and a held request neither succeeds nor writes.";

domain::closed_set! {
    /// A step of the part. They run in this order.
    pub enum Step(
        /// A short description.
        about: &'static str,
    ) {
        /// Revocations.
        Revoke = "revoke" ("keys are revoked"),
        /// Held requests.
        Held = "held" ("requests are held while their key is revoked"),
        /// Other changes that take access away.
        Weaken = "weaken" ("access is taken away in other ways"),
        /// Paused nodes.
        Pause = "pause" ("nodes are paused"),
        /// Killed connections for changes.
        Changes = "changes" ("the connections for changes are killed"),
        /// Killed connections of leases.
        Renewals = "renewals" ("the connections of leases are killed"),
        /// A node without Postgres.
        Cut = "cut" ("a node is cut off from Postgres"),
        /// Killed nodes.
        Kill = "kill" ("nodes are killed"),
        /// Nodes that start at the same moment.
        Start = "start" ("two nodes are started at once"),
        /// A node with another clock.
        Clock = "clock" ("the clock of a node is moved"),
        /// Restarts of Postgres.
        Restart = "restart" ("Postgres is restarted"),
    }
}

impl Step {
    async fn run(
        self,
        run: &Run,
        site: &mut Site,
        totals: &mut Totals,
        report: &mut Report,
    ) -> Outcome<()> {
        match self {
            Self::Revoke => revoke::run(run, site, totals, report).await,
            Self::Held => held::run(run, site, totals, report).await,
            Self::Weaken => weaken::run(run, site, totals, report).await,
            Self::Pause => pause::run(run, site, totals, report).await,
            Self::Changes => backends::run(backends::CHANGES, run, site, totals, report).await,
            Self::Renewals => backends::run(backends::RENEWALS, run, site, totals, report).await,
            Self::Cut => cut::run(run, site, totals, report).await,
            Self::Kill => kill::run(run, site, totals, report).await,
            Self::Start => start::run(run, site, totals, report).await,
            Self::Clock => clock::run(run, site, totals, report).await,
            Self::Restart => restart::run(run, site, totals, report).await,
        }
    }
}

pub async fn run(run: &Run, report: &mut Report) -> Outcome<()> {
    let mut site = Site::up(run).await?;
    let mut totals = Totals::default();
    for step in Step::ALL {
        say(&format!("  {}", step.about()));
        let done = step
            .run(run, &mut site, &mut totals, report)
            .await;
        // One step that cannot run does not hide what the others show.
        if let Err(error) = done {
            report.row(
                &format!("{}: the step runs to completion", step.about()),
                On::Postgres.name(),
                1,
                error.to_string(),
                false,
            );
        }
        site.restore().await?;
    }
    totals.report(run, report);
    let complaints = site.complaints()?;
    report.row(
        "panics and integrity failures in the logs of the nodes",
        On::Postgres.name(),
        site.nodes.len(),
        complaints.to_string(),
        complaints == 0,
    );
    Ok(())
}
