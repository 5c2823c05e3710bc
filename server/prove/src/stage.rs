//! A running installation on one of the two databases.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::api::{Api, Owner};
use crate::check::Secrets;
use crate::cluster::Cluster;
use crate::database::Database;
use crate::program::Program;
use crate::{Outcome, Run};

/// The database of an installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// A file.
    Sqlite,
    /// A cluster of its own.
    Postgres,
}

/// Both.
pub const BOTH: [On; 2] = [On::Sqlite, On::Postgres];
/// A limit that no part reaches.
pub const NO_LIMIT: &str = "1000000";

impl On {
    /// The name in the report.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "Postgres",
        }
    }
}

/// Each has a folder of its own.
static INSTALLATIONS: AtomicU64 = AtomicU64::new(1);

/// An installation with its owner. It is removed when it is dropped.
pub struct Stage {
    /// The program.
    pub program: Program,
    /// Its Postgres server, if it has one. It is dropped after the program.
    pub cluster: Option<Cluster>,
    /// Its first key.
    pub owner: Owner,
    /// All secrets that were shown.
    pub secrets: Secrets,
}

/// The name of the database in a cluster.
pub const DATABASE: &str = "roundtable";

impl Stage {
    /// Creates an installation, changes its settings, starts it and sets it up.
    ///
    /// # Errors
    /// If any step fails.
    pub async fn up(run: &Run, on: On, settings: &[(&str, &str)]) -> Outcome<Self> {
        Self::up_with(run, on, None, settings).await
    }

    /// Like [`Stage::up`], with the SQLite file in another folder.
    ///
    /// # Errors
    /// If any step fails.
    pub async fn up_with(
        run: &Run,
        on: On,
        file: Option<PathBuf>,
        settings: &[(&str, &str)],
    ) -> Outcome<Self> {
        let number = INSTALLATIONS.fetch_add(1, Ordering::Relaxed);
        let folder = run
            .folder
            .join(format!("{}-{number}", on.name().to_lowercase()));
        let file = file.unwrap_or_else(|| folder.join("roundtable.db"));
        let cluster = match on {
            On::Sqlite => None,
            On::Postgres => Some(Cluster::start(&run.postgres, &run.folder)?),
        };
        let database = match &cluster {
            None => Database::Sqlite(file),
            Some(cluster) => Database::Postgres(cluster.database(DATABASE).await?),
        };
        let mut program = Program::new(&run.binary, &folder, database)?;
        program.set("ROUNDTABLE_AUTH_FAILURES_PER_MINUTE", NO_LIMIT);
        settings
            .iter()
            .for_each(|(name, value)| program.set(name, value));
        program.init()?;
        program.start().await?;
        let owner = Api::of(&program)?.found().await?;
        let mut secrets = Secrets::default();
        secrets.key(&owner.key);
        secrets.master_key(&program.master_key())?;
        Ok(Self {
            program,
            cluster,
            owner,
            secrets,
        })
    }

    /// A new client of the installation.
    ///
    /// # Errors
    /// If the client cannot be created.
    pub fn api(&self) -> Outcome<Api> {
        Api::of(&self.program)
    }

    /// Searches for secrets in everything that the program and its database have written. The
    /// master key has its own file.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn search(&self, faults: &mut Vec<String>) -> Outcome<usize> {
        let data = self.cluster.iter().map(Cluster::data);
        let folders: Vec<_> = std::iter::once(self.program.folder.clone())
            .chain(data)
            .collect();
        self.secrets
            .search(&folders, &[self.program.master_key()], faults)
    }
}
