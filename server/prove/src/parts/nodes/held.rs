//! Requests that run on other nodes while their key is revoked.

mod kernel;
mod list;
mod reader;
mod upload;

use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;

use self::list::{Lists, Locked};
use self::reader::{Read, Reader, Target};
use self::upload::Upload;
use super::probe::{ME, Probes};
use super::site::{EVERY, Site, others};
use super::totals::Totals;
use super::trial::{Subject, Trial};
use crate::report::Report;
use crate::rng::Rng;
use crate::stage::On;
use crate::{Outcome, Run};

/// The number of keys, and the requests that are held with each: 200 in a full run.
const KEYS: u64 = 20;
const UPLOADS: usize = 4;
const LIST_READERS: usize = 2;
const EXPORT_READERS: usize = 1;
const LISTS: usize = 3;
/// The number of keys that make the lists long: as many as a page has, or enough to fill the
/// buffers of a connection.
const LONG: u64 = 200;
const LONG_ENOUGH: u64 = 120;
/// How many of them are created at the same time.
const AT_ONCE: u64 = 4;

/// What became of the held requests.
#[derive(Default)]
struct Found {
    uploads: usize,
    lists: usize,
    readers: usize,
    /// Responses that were cut off, and refusals.
    cut_off: usize,
    /// Responses that were in the kernel before the revocation was answered.
    in_kernel: usize,
    wrong_uploads: Vec<String>,
    wrong_lists: Vec<String>,
    wrong_readers: Vec<String>,
}

/// Holds requests, and revokes their keys.
///
/// # Errors
/// If a request cannot be held.
pub async fn run(run: &Run, site: &Site, totals: &mut Totals, report: &mut Report) -> Outcome<()> {
    fill(site, run.share_of(LONG).max(LONG_ENOUGH)).await?;
    let trial = Trial::new(&site.endpoints);
    let mut rng = Rng::new(run.seed);
    let mut found = Found::default();
    let keys = run.share_of(KEYS);
    for number in 0..keys {
        hold(site, &trial, number, &mut rng, &mut found).await?;
    }
    let written = written(site).await?;
    let name = "a key with held requests is revoked";
    totals.judge(name, keys, &trial, report);
    found.report(written, report);
    Ok(())
}

/// Creates keys with long names.
async fn fill(site: &Site, count: u64) -> Outcome<()> {
    let label = "x".repeat(100);
    let mut running = JoinSet::new();
    for worker in 0..AT_ONCE {
        let api = site.endpoints.apis[worker as usize % EVERY.len()].clone();
        let (owner, label) = (site.endpoints.owner.clone(), label.clone());
        running.spawn(async move {
            for _ in (worker..count).step_by(AT_ONCE as usize) {
                let body = json!({ "label": label });
                api.must(Method::POST, "/api/v1/keys", &owner, body)
                    .await?;
            }
            Outcome::Ok(())
        });
    }
    running.join_all().await.into_iter().collect()
}

/// Holds requests with a new key on two nodes, and revokes it on the third.
async fn hold(
    site: &Site,
    trial: &Trial,
    number: u64,
    rng: &mut Rng,
    found: &mut Found,
) -> Outcome<()> {
    let revoking = rng.index(EVERY.len());
    let ports: Vec<u16> = others(revoking)
        .into_iter()
        .map(|node| site.endpoints.ports[node])
        .collect();
    let name = format!("key of held requests {number}");
    let subject = trial.create(&name, rng).await?;
    let probes = Probes::start(trial, subject.number, ME, &subject.key.secret);
    probes.warm().await?;
    let uploads = begin_uploads(&ports, &subject, number).await?;
    let mut readers = begin_readers(&ports, &subject).await?;
    let locked = Locked::take(site).await?;
    let lists = Lists::begin(&locked, &ports, &subject.key.secret, LISTS).await?;
    for reader in &mut readers {
        reader.read_a_little().await?;
    }
    let request = subject.revocation();
    trial
        .end(subject.number, &[revoking], &request, rng)
        .await?;
    for reader in &mut readers {
        reader.look_into_kernel()?;
    }
    found.lists += LISTS;
    found.wrong_lists.extend(lists.ended(&name).await);
    locked.release().await?;
    for upload in uploads {
        found.uploads += 1;
        found
            .wrong_uploads
            .extend(upload.finish(&name).await);
    }
    for reader in readers {
        found.read(&name, reader.rest().await);
    }
    probes.end().await;
    Ok(())
}

async fn begin_uploads(ports: &[u16], subject: &Subject, number: u64) -> Outcome<Vec<Upload>> {
    let mut uploads = Vec::new();
    for (upload, port) in (0..UPLOADS).zip(ports.iter().cycle()) {
        let workspace = format!("held {number} {upload}");
        uploads.push(Upload::begin(*port, &subject.key.secret, &workspace).await?);
    }
    Ok(uploads)
}

async fn begin_readers(ports: &[u16], subject: &Subject) -> Outcome<Vec<Reader>> {
    let targets = [Target::List; LIST_READERS]
        .into_iter()
        .chain([Target::Export; EXPORT_READERS]);
    let mut readers = Vec::new();
    for (target, port) in targets.zip(ports.iter().cycle()) {
        readers.push(Reader::begin(*port, &subject.key.secret, target).await?);
    }
    Ok(readers)
}

/// The number of workspaces that held uploads have created.
async fn written(site: &Site) -> Outcome<usize> {
    let mut rows = site.rows().await?;
    let found = rows
        .select("name", "workspaces WHERE name LIKE 'held %'")
        .await?;
    rows.close().await?;
    Ok(found.len())
}

impl Found {
    /// Counts what a reader has read.
    fn read(&mut self, name: &str, read: Read) {
        self.readers += 1;
        match read {
            Read::CutOff => self.cut_off += 1,
            Read::InKernel => self.in_kernel += 1,
            Read::Complete(missing) => self.wrong_readers.push(format!(
                "{name}: complete, though {missing} bytes were not sent before the answer"
            )),
        }
    }

    fn report(&self, written: usize, report: &mut Report) {
        let on = On::Postgres.name();
        report.faults(
            "requests whose body is half sent end with 401 or with the connection",
            on,
            self.uploads,
            &self.wrong_uploads,
        );
        report.row(
            "what they have written",
            on,
            self.uploads,
            format!("{written} workspaces"),
            written == 0,
        );
        report.faults(
            "lists that wait in the database end with 401 as soon as the revocation is answered",
            on,
            self.lists,
            &self.wrong_lists,
        );
        report.faults(
            "responses that a client reads slowly are cut off or refused",
            on,
            format!("{} of {}", self.cut_off, self.readers),
            &self.wrong_readers,
        );
        report.row(
            "responses that the kernel had completely before the answer (no promise)",
            on,
            self.readers,
            self.in_kernel.to_string(),
            true,
        );
    }
}
