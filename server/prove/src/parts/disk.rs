//! The disk under the database is full.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::api::Api;
use crate::check::{Look, Watch, integrity};
use crate::cluster::is_root;
use crate::report::Report;
use crate::stage::{On, Stage};
use crate::{Outcome, Run};

pub const ABOUT: &str = "The database is on a small file system (tmpfs in a private mount namespace) that is filled completely. \
Creating keys fails with 503. A thousand keys can still be revoked, each with its event. When there is space again, everything \
works without a restart.";

/// The name of the database in the report.
const ON: &str = On::Sqlite.name();
/// Keys that are revoked on the full disk.
const KEYS: u64 = 1_000;
/// Size of the file system, in MiB.
const SIZE: u64 = 64;
/// How long recovery may take once there is space.
const RECOVERY: Duration = Duration::from_secs(30);
/// Marks the process that runs in its own namespace.
const INSIDE: &str = "PROVE_IN_NAMESPACE";

/// Runs this program again in its own mount namespace, unless it already is in one. Returns the
/// result.
///
/// # Errors
/// If namespaces are not available.
pub fn in_namespace() -> Outcome<Option<bool>> {
    if std::env::var_os(INSIDE).is_some() {
        return Ok(None);
    }
    let mut unshare = Command::new("unshare");
    unshare.arg("--mount");
    if !is_root() {
        unshare.args(["--user", "--map-root-user"]);
    }
    let possible = Command::new(unshare.get_program())
        .args(unshare.get_args())
        .arg("true")
        .status();
    if !possible.is_ok_and(|status| status.success()) {
        return Err(
            "no mount namespace is to be had here (unshare --mount): run this part as root".into(),
        );
    }
    unshare
        .arg(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .env(INSIDE, "1");
    Ok(Some(unshare.status()?.success()))
}

pub async fn run(run: &Run, report: &mut Report) -> Outcome<()> {
    let place = run.folder.join("small");
    std::fs::create_dir_all(&place)?;
    let size = format!("size={SIZE}m");
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
        .arg(&place)
        .status()?;
    if !mounted.success() {
        return Err("a tmpfs cannot be mounted here: run this part as root".into());
    }
    let done = on_full_disk(run, report, &place).await;
    let _ = Command::new("umount")
        .arg("--lazy")
        .arg(&place)
        .status();
    done
}

async fn on_full_disk(run: &Run, report: &mut Report, place: &Path) -> Outcome<()> {
    let database = place.join("roundtable.db");
    let mut stage = Stage::up_with(run, On::Sqlite, Some(database), &[]).await?;
    let api = stage.api()?;
    let owner = stage.owner.key.clone();
    let keys = create(&api, &owner, run.share_of(KEYS)).await?;
    let fill = place.join("fill");
    let mut creations = Creations::until_full(&api, &owner, &fill).await?;
    let ready = readiness(&api).await;
    let reads = api.tried(&owner).await;
    let revocations = Revocations::of(&api, &owner, &keys, &mut creations).await;
    let mut watch = Watch::default();
    let look = watch.look(&stage.program.database).await?;
    creations.report(report);
    report_readiness(reads, ready, report);
    revocations.report(keys.len(), &look, report);

    std::fs::remove_file(&fill)?;
    report_recovery(&mut stage, &api, report).await;
    let mut unsound = integrity(&stage.program.database).await?;
    unsound.extend(watch.look(&stage.program.database).await?.faults);
    report.faults("the database finds itself sound", ON, 1, &unsound);
    report_restart(&mut stage, &api, &keys, report).await
}

/// The creations on the full disk.
#[derive(Default)]
struct Creations {
    /// Those that succeeded in the last free space.
    before: u64,
    refused: u64,
    /// Those that succeeded in space that was made for revocations.
    fitted: u64,
    /// Other answers than these.
    odd: Vec<String>,
}

impl Creations {
    /// Fills the disk, creates keys until none fits any more, and tries twenty more.
    async fn until_full(api: &Api, owner: &str, fill: &Path) -> Outcome<Self> {
        let mut creations = Self::default();
        fill_up(fill)?;
        // Free space inside the database files may still accept some writes.
        while creations.before < 2_000 && creation(api, owner).await == Some(201) {
            creations.before += 1;
            fill_up(fill)?;
        }
        for _ in 0..20 {
            let given = creation(api, owner).await;
            expect("a creation", 503, given, &mut creations.odd);
            creations.refused += 1;
        }
        Ok(creations)
    }

    /// Tries a creation between revocations. Space that is made for them may allow it as well.
    async fn try_between(&mut self, api: &Api, owner: &str) {
        match creation(api, owner).await {
            Some(503) => self.refused += 1,
            Some(201) => self.fitted += 1,
            other => self.odd.push(format!(
                "a creation between revocations answers {other:?}"
            )),
        }
    }

    /// Reports whether the creations were refused.
    fn report(&self, report: &mut Report) {
        let (before, refused, fitted) = (self.before, self.refused, self.fitted);
        report.faults(
            "creations on the full disk answer 503",
            ON,
            format!("{refused} refused; {before} fitted before, {fitted} between revocations"),
            &self.odd,
        );
    }
}

/// The revocations on the full disk.
#[derive(Default)]
struct Revocations {
    failed: Vec<String>,
    /// Revoked keys that are admitted.
    passing: Vec<String>,
}

impl Revocations {
    /// Revokes every key and tries it. Every fifty revocations, a creation is tried as well.
    async fn of(api: &Api, owner: &str, keys: &[(i64, String)], creations: &mut Creations) -> Self {
        let mut revocations = Self::default();
        for (number, (id, key)) in keys.iter().enumerate() {
            revocations.revoke(api, owner, *id, key).await;
            if number % 50 == 49 {
                creations.try_between(api, owner).await;
            }
        }
        revocations
    }

    /// Revokes a key and tries it.
    async fn revoke(&mut self, api: &Api, owner: &str, id: i64, key: &str) {
        let reply = api
            .call(
                Method::DELETE,
                &format!("/api/v1/keys/{id}"),
                owner,
                Value::Null,
            )
            .await;
        if reply.status != Some(200) {
            self.failed.push(format!(
                "key {id}: {:?} {}",
                reply.status, reply.body["code"]
            ));
        }
        if api.tried(key).await == Some(200) && reply.status == Some(200) {
            self.passing
                .push(format!("key {id} is admitted after its end"));
        }
    }

    /// Reports whether the revocations succeeded and took effect, each with its event.
    fn report(&self, count: usize, look: &Look, report: &mut Report) {
        report.faults(
            "revocations succeed on the full disk",
            ON,
            count,
            &self.failed,
        );
        report.faults(
            "revoked keys are refused on the full disk",
            ON,
            count,
            &self.passing,
        );
        report.faults(
            "each has its event, and the chain is whole",
            ON,
            format!("{} events", look.events),
            &look.faults,
        );
    }
}

/// Reports whether a good key can read, and whether `/readyz` tells of the full disk.
fn report_readiness(reads: Option<u16>, ready: Option<u16>, report: &mut Report) {
    report.row(
        "reading goes on with a good key",
        ON,
        1,
        format!("{reads:?}"),
        reads == Some(200),
    );
    report.row(
        "/readyz says that nothing can be written",
        ON,
        1,
        format!("{ready:?}"),
        ready == Some(503),
    );
}

/// Waits until a key can be created and the program is ready, and reports how long that took.
async fn report_recovery(stage: &mut Stage, api: &Api, report: &mut Report) {
    let begun = Instant::now();
    let mut back = creation(api, &stage.owner.key).await;
    while back != Some(201) && begun.elapsed() < RECOVERY {
        sleep(Duration::from_millis(100)).await;
        back = creation(api, &stage.owner.key).await;
    }
    let result = format!("{back:?} after {} ms", begun.elapsed().as_millis());
    report.row(
        "creating works again by itself",
        ON,
        1,
        result,
        back == Some(201) && stage.program.lives(),
    );
    while readiness(api).await != Some(200) && begun.elapsed() < RECOVERY {
        sleep(Duration::from_millis(100)).await;
    }
    let ready = readiness(api).await;
    report.row(
        "/readyz says so",
        ON,
        1,
        format!("{ready:?} after {} ms", begun.elapsed().as_millis()),
        ready == Some(200),
    );
}

/// Kills the program, starts it again, and reports whether the revoked keys are refused.
async fn report_restart(
    stage: &mut Stage,
    api: &Api,
    keys: &[(i64, String)],
    report: &mut Report,
) -> Outcome<()> {
    stage.program.kill()?;
    stage.program.start().await?;
    let mut revived = Vec::new();
    for (id, key) in keys {
        if api.tried(key).await != Some(401) {
            revived.push(format!("key {id}"));
        }
    }
    report.faults(
        "revoked keys are refused after kill -9 and a restart",
        ON,
        keys.len(),
        &revived,
    );
    Ok(())
}

/// The status of `/readyz`.
async fn readiness(api: &Api) -> Option<u16> {
    api.call(Method::GET, "/readyz", "", Value::Null)
        .await
        .status
}

fn expect(what: &str, expected: u16, given: Option<u16>, odd: &mut Vec<String>) {
    if given != Some(expected) {
        odd.push(format!("{what} answers {given:?}"));
    }
}

async fn creation(api: &Api, owner: &str) -> Option<u16> {
    api.call(
        Method::POST,
        "/api/v1/keys",
        owner,
        json!({ "label": "on a full disk" }),
    )
    .await
    .status
}

async fn create(api: &Api, owner: &str, count: u64) -> Outcome<Vec<(i64, String)>> {
    let mut keys = Vec::new();
    for number in 0..count {
        let made = api
            .must(
                Method::POST,
                "/api/v1/keys",
                owner,
                json!({ "label": format!("key {number}") }),
            )
            .await?;
        keys.push((made.number("key_id"), made.text("api_key")));
    }
    Ok(keys)
}

/// Fills the disk with a file.
fn fill_up(path: &Path) -> Outcome<()> {
    let mut file = File::options()
        .create(true)
        .append(true)
        .open(path)?;
    for size in [1 << 20, 4096, 1] {
        let block = vec![0x5a; size];
        loop {
            match file.write(&block) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => break,
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}
