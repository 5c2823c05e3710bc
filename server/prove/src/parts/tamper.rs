//! Tampering: an attacker with write access to the database, or one who restores an old copy.

mod rows;
mod scenes;

use std::time::Duration;

use serde_json::Value;
use tokio::time::sleep;

use crate::api::Api;
use crate::report::Report;
use crate::stage::{BOTH, On, Stage};
use crate::{Outcome, Run};
use scenes::Scene;

pub const ABOUT: &str = "A revoked credential is restored in the database and its event is hidden, in every way that has ever worked, \
each on a separate installation. The credential is rejected, immediately and after a restart. The program reports the \
tampering, and unlocks the organization only when the operator has accepted the altered log. The credential stays revoked.";

/// The number of attempts with each credential.
const TRIES: usize = 5;
/// How long the program may take to report it.
const NOTICE: Duration = Duration::from_secs(40);

pub async fn run(run: &Run, report: &mut Report) -> Outcome<()> {
    for on in BOTH {
        for scene in Scene::ALL {
            if let Err(error) = play(run, on, scene, report).await {
                report.row(scene.about(), on.name(), 1, error.to_string(), false);
            }
        }
    }
    Ok(())
}

/// The results of an installation.
#[derive(Default)]
struct Found {
    admitted: usize,
    tried: usize,
    faults: Vec<String>,
}

async fn play(run: &Run, on: On, scene: Scene, report: &mut Report) -> Outcome<()> {
    let mut stage = Stage::up(run, on, &[]).await?;
    let mut found = Found::default();
    let ended = scene.prepare(&mut stage).await?;
    if !scene.ends_with_a_restart() {
        found.attempts(&stage, &ended).await?;
    }
    if !is_reported(&stage).await? {
        found
            .faults
            .push("neither /readyz nor the log tells of it".into());
    }
    restart(&mut stage).await?;
    found.attempts(&stage, &ended).await?;
    if scene.locks() {
        found.accept(&mut stage, scene, &ended).await?;
    }
    let Found {
        admitted,
        tried,
        mut faults,
    } = found;
    if admitted > 0 {
        faults.insert(0, format!("admitted {admitted} of {tried}"));
    }
    report.faults(
        scene.about(),
        on.name(),
        format!("{tried} attempts"),
        &faults,
    );
    Ok(())
}

impl Found {
    /// Tries every revoked credential.
    async fn attempts(&mut self, stage: &Stage, ended: &scenes::Ended) -> Outcome<()> {
        let api = stage.api()?;
        for _ in 0..TRIES {
            self.tried += ended.len();
            self.admitted += ended.admitted(&api).await?;
        }
        Ok(())
    }

    /// The operator accepts the altered log: everything else works again, and the revoked
    /// credentials do not.
    async fn accept(
        &mut self,
        stage: &mut Stage,
        scene: Scene,
        ended: &scenes::Ended,
    ) -> Outcome<()> {
        let before = stage.api()?.tried(&stage.owner.key).await;
        if before == Some(200) {
            self.faults
                .push("the organization is open before anybody has looked".into());
        }
        stage.program.kill()?;
        let output = stage.program.command(scene.acceptance())?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let said = said.lines().next().unwrap_or_default();
            self.faults.push(format!(
                "roundtable {}: {} {said}",
                scene.acceptance().join(" "),
                output.status
            ));
            return Ok(());
        }
        stage.program.start().await?;
        let after = stage.api()?.tried(&stage.owner.key).await;
        if after != Some(200) {
            self.faults.push(format!(
                "after it was accepted the owner's key answers {after:?}"
            ));
        }
        self.attempts(stage, ended).await
    }
}

/// Whether the program reports it: it is not ready, or its log has an error.
async fn is_reported(stage: &Stage) -> Outcome<bool> {
    let api = stage.api()?;
    let begun = tokio::time::Instant::now();
    while begun.elapsed() < NOTICE {
        if is_locked(&api).await
            || std::fs::read_to_string(stage.program.log())?.contains("integrity failure")
        {
            return Ok(true);
        }
        sleep(Duration::from_millis(250)).await;
    }
    Ok(false)
}

async fn is_locked(api: &Api) -> bool {
    api.call(reqwest::Method::GET, "/readyz", "", Value::Null)
        .await
        .status
        != Some(200)
}

async fn restart(stage: &mut Stage) -> Outcome<()> {
    stage.program.kill()?;
    stage.program.start().await?;
    Ok(())
}
