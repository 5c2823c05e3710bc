//! Three nodes of one installation on Postgres.

use std::sync::Arc;

use super::proxy::Proxy;
use crate::api::Api;
use crate::cluster::{self, Cluster};
use crate::database::{Database, Rows};
use crate::program::Program;
use crate::stage::{DATABASE, NO_LIMIT, On, Stage};
use crate::{Outcome, Run};

/// All nodes, by number.
pub const EVERY: [usize; 3] = [0, 1, 2];
/// The node that gets another clock.
pub const MOVED: usize = 1;
/// The node that reaches Postgres through a proxy.
pub const PROXIED: usize = 2;

/// The nodes with their database. Dropped in the order of the fields.
pub struct Site {
    /// The processes.
    pub nodes: Vec<Program>,
    /// The proxy of one of them.
    pub proxy: Proxy,
    /// The Postgres server.
    pub cluster: Cluster,
    /// The nodes as clients see them.
    pub endpoints: Arc<Endpoints>,
}

/// What clients know of the nodes.
pub struct Endpoints {
    /// An API client of each node.
    pub apis: Vec<Api>,
    /// The port of each node.
    pub ports: Vec<u16>,
    /// A key of the owner.
    pub owner: String,
}

impl Site {
    /// Sets up an installation with one node, and starts the others.
    ///
    /// # Errors
    /// If any step fails.
    pub async fn up(run: &Run) -> Outcome<Self> {
        let Stage {
            program,
            cluster,
            owner,
            ..
        } = Stage::up(run, On::Postgres, &[]).await?;
        let cluster = cluster.ok_or("there is no cluster")?;
        let proxy = Proxy::start(cluster.port()).await?;
        let master_key = program.master_key().display().to_string();
        let mut nodes = vec![program];
        for number in EVERY.into_iter().skip(1) {
            let port = if number == PROXIED {
                proxy.port()
            } else {
                cluster.port()
            };
            let database = Database::Postgres(cluster::address(port, DATABASE));
            let folder = run.folder.join(format!("node-{number}"));
            let mut node = Program::new(&run.binary, &folder, database)?;
            node.set("ROUNDTABLE_MASTER_KEY_FILE", &master_key);
            node.set("ROUNDTABLE_AUTH_FAILURES_PER_MINUTE", NO_LIMIT);
            node.start().await?;
            nodes.push(node);
        }
        let endpoints = Endpoints {
            apis: nodes
                .iter()
                .map(Api::of)
                .collect::<Outcome<_>>()?,
            ports: nodes.iter().map(Program::port).collect(),
            owner: owner.key,
        };
        Ok(Self {
            nodes,
            proxy,
            cluster,
            endpoints: Arc::new(endpoints),
        })
    }

    /// A direct connection to the database.
    ///
    /// # Errors
    /// If it does not open.
    pub async fn rows(&self) -> Outcome<Rows> {
        Database::Postgres(self.cluster.address(DATABASE))
            .open()
            .await
    }

    /// Lets every node run and reach Postgres again, after a step that has failed.
    ///
    /// # Errors
    /// If a node does not start.
    pub async fn restore(&mut self) -> Outcome<()> {
        self.proxy.open();
        for node in &mut self.nodes {
            if node.lives() {
                node.signal("CONT")?;
            } else {
                node.start().await?;
            }
        }
        Ok(())
    }

    /// The number of panics and integrity failures in the logs.
    ///
    /// # Errors
    /// If a log cannot be read.
    pub fn complaints(&self) -> Outcome<usize> {
        let mut count = 0;
        for node in &self.nodes {
            let log = std::fs::read_to_string(node.log())?;
            count += log
                .lines()
                .filter(|line| line.contains("panicked") || line.contains("integrity failure"))
                .count();
        }
        Ok(count)
    }
}

/// All nodes but one.
pub fn others(node: usize) -> Vec<usize> {
    EVERY
        .into_iter()
        .filter(|other| *other != node)
        .collect()
}
