//! `roundtable keyring`: shows the keys of the ring, replaces the master key, and rotates and
//! destroys the keys of the ring.

use std::time::Duration;

use engine::keyring::{Activated, MasterKey, Purpose, Ring, RingKeyState, RotationFault};
use engine::{Db, Runtime, keyring};

use super::{CliError, database, print_line};
use crate::config::{BadSetting, Options, table};

/// How long a server may not look at the ring before it counts as stopped. It looks every five
/// seconds.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often to try to activate a key, while servers start that have not read the ring yet.
const TRIES: usize = 3;

pub(super) async fn status(options: &Options, counts: bool) -> Result<(), CliError> {
    let db = database(options).await?;
    let status = keyring::status(&db).await?;
    if status.keys.is_empty() {
        return Err(keyring::RingFault::NotInitialised.into());
    }
    if counts {
        engine::migrate(&db).await?;
    }
    for key in status.keys {
        let state = match key.state.parse() {
            Ok(RingKeyState::Retired) => "retired",
            _ => key.state.as_str(),
        };
        print_line(&format!(
            "{:>4}  {:<8}  {state:<8}  encrypted with master key {}",
            key.id, key.purpose, key.master
        ));
        if counts {
            let rows = keyring::count_rows(&db, &Runtime::system(), key.id).await?;
            for rows in rows {
                print_line(&format!("      {:>10} {}", rows.count, rows.table));
            }
        }
    }
    Ok(())
}

pub(super) async fn rotate(options: &Options, purpose: Purpose) -> Result<(), CliError> {
    let opened = OpenRing::open(options).await?;
    let (db, runtime) = (&opened.db, &opened.runtime);
    let masters = (&opened.key, opened.previous.as_ref());
    let id = keyring::add(db, masters, runtime, purpose).await?;
    print_line(&format!(
        "Key {id} is the new {purpose} key. Waiting until every server has it."
    ));
    let Activated { new, old } = activate(db, runtime, purpose).await?;
    print_line(&format!(
        "Key {new} is active. Key {old} is kept for what was made with it."
    ));
    keyring::wait_for_servers(db, PATIENCE).await?;
    opened.reseal().await?;
    print_line(&if purpose == Purpose::Audit {
        format!("Key {old} cannot be destroyed: it verifies the events from before the rotation.")
    } else {
        format!("Next, in two minutes or later: roundtable keyring destroy {old}")
    });
    Ok(())
}

/// Activates the new key once every server has it. A server that starts meanwhile is waited for
/// again.
async fn activate(db: &Db, runtime: &Runtime, purpose: Purpose) -> Result<Activated, CliError> {
    let mut last = None;
    for _ in 0..TRIES {
        keyring::wait_for_servers(db, PATIENCE).await?;
        match keyring::activate(db, runtime, purpose).await {
            Err(RotationFault::Behind(server)) => last = Some(RotationFault::Behind(server)),
            done => return Ok(done?),
        }
    }
    Err(last
        .unwrap_or(RotationFault::NothingPending(purpose))
        .into())
}

pub(super) async fn reseal(options: &Options) -> Result<(), CliError> {
    let opened = OpenRing::open(options).await?;
    // A server that has not read the ring would go on to write with the old key.
    keyring::wait_for_servers(&opened.db, PATIENCE).await?;
    opened.reseal().await
}

pub(super) async fn destroy(options: &Options, id: i64) -> Result<(), CliError> {
    let db = database(options).await?;
    engine::migrate(&db).await?;
    keyring::wait_for_servers(&db, PATIENCE).await?;
    keyring::destroy(&db, &Runtime::system(), id).await?;
    print_line(&format!("Key {id} of the ring is destroyed."));
    Ok(())
}

pub(super) async fn delete_signing_keys(options: &Options) -> Result<(), CliError> {
    let deleted = keyring::delete_signing_keys(&database(options).await?).await?;
    print_line(&format!(
        "{deleted} signing keys are deleted. Access tokens that they signed are refused from now on."
    ));
    Ok(())
}

pub(super) async fn rewrap(options: &Options) -> Result<(), CliError> {
    let missing = || {
        let current = table::MASTER_KEY_FILE.full_name();
        let previous = table::PREVIOUS_MASTER_KEY_FILE.full_name();
        BadSetting(format!(
            "set {current} to the new master key and {previous} to the old one"
        ))
    };
    let previous = options
        .previous_master_key()?
        .ok_or_else(missing)?;
    let key = options.master_key()?;
    let rewritten = keyring::rewrap(
        &database(options).await?,
        &key,
        &previous,
        &Runtime::system(),
    )
    .await?;
    print_line(&format!(
        "{rewritten} keys of the ring are now encrypted with the master key {}. You can remove the old master key.",
        key.id()
    ));
    Ok(())
}

/// The ring of the database, with what opened it.
struct OpenRing {
    db: Db,
    key: MasterKey,
    previous: Option<MasterKey>,
    ring: Ring,
    runtime: Runtime,
}

impl OpenRing {
    async fn open(options: &Options) -> Result<Self, CliError> {
        let (key, previous) = (options.master_key()?, options.previous_master_key()?);
        let db = database(options).await?;
        engine::migrate(&db).await?;
        let ring = keyring::open(&db, &key, previous.as_ref()).await?;
        Ok(Self {
            db,
            key,
            previous,
            ring,
            runtime: Runtime::system(),
        })
    }

    /// Moves the rows to the active keys, and prints how many.
    async fn reseal(&self) -> Result<(), CliError> {
        let batch = keyring::RESEAL_BATCH;
        let done = keyring::reseal(&self.db, &self.ring, &self.runtime, batch).await?;
        let moved: Vec<_> = done
            .moved
            .iter()
            .map(|(table, count)| format!("{count} rows of {table}"))
            .collect();
        print_line(&if moved.is_empty() {
            "No row had to be moved to an active key.".into()
        } else {
            format!("Moved to the active keys: {}.", moved.join(", "))
        });
        for row in &done.altered {
            print_line(&format!(
                "The row of {row} was altered. It was not moved."
            ));
        }
        match done.altered.len() {
            0 => Ok(()),
            rows => Err(CliError::Other(format!(
                "{rows} altered rows keep their old keys, which cannot be destroyed"
            ))),
        }
    }
}
