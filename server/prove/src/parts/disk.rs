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
    let on = "SQLite";
    let count = run.share_of(KEYS);
    let keys = create(&api, &stage.owner.key, count).await?;
    let fill = place.join("fill");
    fill_up(&fill)?;

    // Free space inside the database files may still accept some writes.
    let mut before = 0;
    while before < 2_000 && creation(&api, &stage.owner.key).await == Some(201) {
        before += 1;
        fill_up(&fill)?;
    }
    let mut odd = Vec::new();
    let mut refused = 0;
    for _ in 0..20 {
        expect(
            "a creation",
            503,
            creation(&api, &stage.owner.key).await,
            &mut odd,
        );
        refused += 1;
    }
    let ready = api
        .call(Method::GET, "/readyz", "", Value::Null)
        .await
        .status;
    let reads = api.tried(&stage.owner.key).await;
    // Space that is made for revocations may allow a creation as well.
    let mut fitted = 0;
    let (mut failed, mut passing) = (Vec::new(), Vec::new());
    for (number, (id, key)) in keys.iter().enumerate() {
        let reply = api
            .call(
                Method::DELETE,
                &format!("/api/v1/keys/{id}"),
                &stage.owner.key,
                Value::Null,
            )
            .await;
        if reply.status != Some(200) {
            failed.push(format!(
                "key {id}: {:?} {}",
                reply.status, reply.body["code"]
            ));
        }
        if api.tried(key).await == Some(200) && reply.status == Some(200) {
            passing.push(format!("key {id} is admitted after its end"));
        }
        if number % 50 == 49 {
            match creation(&api, &stage.owner.key).await {
                Some(503) => refused += 1,
                Some(201) => fitted += 1,
                other => odd.push(format!(
                    "a creation between revocations answers {other:?}"
                )),
            }
        }
    }
    let mut watch = Watch::default();
    let Look { faults, events, .. } = watch.look(&stage.program.database).await?;
    report.faults(
        "creations on the full disk answer 503",
        on,
        format!("{refused} refused; {before} fitted before, {fitted} between revocations"),
        &odd,
    );
    report.row(
        "reading goes on with a good key",
        on,
        1,
        format!("{reads:?}"),
        reads == Some(200),
    );
    report.row(
        "/readyz says that nothing can be written",
        on,
        1,
        format!("{ready:?}"),
        ready == Some(503),
    );
    report.faults(
        "revocations succeed on the full disk",
        on,
        count,
        &failed,
    );
    report.faults(
        "revoked keys are refused on the full disk",
        on,
        count,
        &passing,
    );
    report.faults(
        "each has its event, and the chain is whole",
        on,
        format!("{events} events"),
        &faults,
    );

    std::fs::remove_file(&fill)?;
    let begun = Instant::now();
    let mut back = creation(&api, &stage.owner.key).await;
    while back != Some(201) && begun.elapsed() < RECOVERY {
        sleep(Duration::from_millis(100)).await;
        back = creation(&api, &stage.owner.key).await;
    }
    let result = format!("{back:?} after {} ms", begun.elapsed().as_millis());
    report.row(
        "creating works again by itself",
        on,
        1,
        result,
        back == Some(201) && stage.program.lives(),
    );
    while api
        .call(Method::GET, "/readyz", "", Value::Null)
        .await
        .status
        != Some(200)
        && begun.elapsed() < RECOVERY
    {
        sleep(Duration::from_millis(100)).await;
    }
    let ready = api
        .call(Method::GET, "/readyz", "", Value::Null)
        .await
        .status;
    report.row(
        "/readyz says so",
        on,
        1,
        format!("{ready:?} after {} ms", begun.elapsed().as_millis()),
        ready == Some(200),
    );
    let mut unsound = integrity(&stage.program.database).await?;
    unsound.extend(watch.look(&stage.program.database).await?.faults);
    report.faults("the database finds itself sound", on, 1, &unsound);
    stage.program.kill()?;
    stage.program.start().await?;
    let mut revived = Vec::new();
    for (id, key) in &keys {
        if api.tried(key).await != Some(401) {
            revived.push(format!("key {id}"));
        }
    }
    report.faults(
        "revoked keys are refused after kill -9 and a restart",
        on,
        count,
        &revived,
    );
    Ok(())
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
