//! Heads of the audit chains in a file outside of the database: number and hash of the newest event
//! of each organization from time to time, each with a MAC and a signature.
//!
//! A chain alone does not show that its end was cut off, or that all of it was rewritten by
//! someone who has the keys of the ring. A head that was copied to another machine does.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::head_keys::{self, head_keys};
use crate::keyring::{CanonicalEncoder, Purpose, Ring};
use crate::store::StoreError;
use crate::{Engine, Result};

/// The shortest time between two writes.
const INTERVAL: Duration = Duration::from_secs(60);

/// The newest event of a chain at a time. One line of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedHead {
    /// The organization.
    pub organization_id: String,
    /// The number of the event.
    pub n: i64,
    /// The hash of the event, in hex.
    pub hash: String,
    /// When the line was written.
    pub at: String,
    /// The MAC over the fields before, in hex.
    pub mac: String,
    /// The public key of the signature, in hex. A line from before signatures has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
    /// The Ed25519 signature of [`SignedHead::message`], in hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

impl SignedHead {
    /// Signs a head with the audit key of the ring.
    pub fn sign(ring: &Ring, organization_id: &str, n: i64, hash: &[u8], at: &str) -> Self {
        let mut head = Self {
            organization_id: organization_id.into(),
            n,
            hash: hex::encode(hash),
            at: at.into(),
            mac: String::new(),
            public_key: None,
            signature: None,
        };
        head.mac = hex::encode(ring.mac(Purpose::Audit, &head.canonical()));
        if let Some((public_key, signature)) = head_keys::sign(ring, &head.message()) {
            head.public_key = Some(public_key);
            head.signature = Some(signature);
        }
        head
    }

    /// Whether the MAC is one of this ring, and the signature too, if there is one.
    pub fn is_signed_by(&self, ring: &Ring) -> bool {
        let has_mac = hex::decode(&self.mac)
            .is_ok_and(|mac| ring.mac_fits(Purpose::Audit, &self.canonical(), &mac));
        let has_signature = match (&self.public_key, &self.signature) {
            (None, None) => true,
            (Some(public_key), Some(signature)) => {
                let is_known = head_keys(ring)
                    .iter()
                    .any(|key| key.public_key == *public_key);
                is_known && head_keys::fits(public_key, &self.message(), signature)
            }
            _ => false,
        };
        has_mac && has_signature
    }

    /// The text that is signed: a word for the format, and the fields, each on a line of its own.
    pub fn message(&self) -> String {
        let Self {
            organization_id,
            n,
            hash,
            at,
            ..
        } = self;
        format!("roundtable-audit-head-v1\n{organization_id}\n{n}\n{hash}\n{at}\n")
    }

    fn canonical(&self) -> CanonicalEncoder {
        CanonicalEncoder::of("rt/audit-head/v1")
            .text(&self.organization_id)
            .number(self.n)
            .text(&self.hash)
            .text(&self.at)
    }
}

/// The file that the server appends heads to.
pub struct HeadsFile {
    path: PathBuf,
    /// The newest event of each organization that this process has written.
    written: HashMap<String, i64>,
    /// When it last wrote, in monotonic time.
    wrote_at: Option<Duration>,
}

impl HeadsFile {
    /// A file to append to. Creates it if it is missing, for its owner only.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn open(path: &Path) -> io::Result<Self> {
        append(path, "")?;
        Ok(Self {
            path: path.into(),
            written: HashMap::new(),
            wrote_at: None,
        })
    }
}

impl Engine {
    /// Appends the heads that are new to the file, at most once a minute. They are the heads that
    /// this process knows from its own commits and from verified events, so that no altered row is
    /// signed.
    ///
    /// # Errors
    /// `Busy` when the file cannot be written. The heads are written at the next call then.
    pub async fn write_heads(&self, file: &mut HeadsFile) -> Result<()> {
        let elapsed = self.runtime().elapsed();
        if file
            .wrote_at
            .is_some_and(|at| elapsed.saturating_sub(at) < INTERVAL)
        {
            return Ok(());
        }
        let mut heads = self.journal().heads();
        heads.retain(|(organization, head)| {
            head.n > 0
                && file
                    .written
                    .get(organization)
                    .is_none_or(|n| *n < head.n)
        });
        if heads.is_empty() {
            return Ok(());
        }
        let at = self.runtime().now().to_rfc3339();
        let mut text = String::new();
        for (organization, head) in &heads {
            let signed = SignedHead::sign(self.ring(), organization, head.n, &head.hash, &at);
            text += &serde_json::to_string(&signed)
                .map_err(|error| crate::Error::Broken(error.to_string()))?;
            text.push('\n');
        }
        let path = file.path.clone();
        let done = tokio::task::spawn_blocking(move || append(&path, &text)).await;
        done.map_err(|_| StoreError::from(sqlx::Error::WorkerCrashed))?
            .map_err(StoreError::from)?;
        let written = heads
            .into_iter()
            .map(|(organization, head)| (organization, head.n));
        file.written.extend(written);
        file.wrote_at = Some(elapsed);
        Ok(())
    }
}

/// Appends lines durably. The file is opened each time, so that it can be rotated.
fn append(path: &Path, lines: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    if lines.is_empty() {
        return Ok(());
    }
    // A crash may have cut off the last line. The next one must not continue it.
    let start = if ends_in_a_line(&mut file)? { "" } else { "\n" };
    file.write_all(format!("{start}{lines}").as_bytes())?;
    file.sync_data()
}

fn ends_in_a_line(file: &mut File) -> io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}
