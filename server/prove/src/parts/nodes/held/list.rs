//! Lists that wait in the database, because a transaction has locked their table.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use crate::Outcome;
use crate::database::Rows;
use crate::parts::nodes::kept_alive::get;
use crate::parts::nodes::response::Arrived;
use crate::parts::nodes::site::Site;

/// How long to wait until the lists wait.
const LIMIT: Duration = Duration::from_secs(3);
/// How long a response may take to be read that was sent before the revocation was answered.
const ENDED: Duration = Duration::from_millis(100);
/// How often to look.
const GLANCE: Duration = Duration::from_millis(5);
/// Queries that wait for the table.
const WAITING: &str = "pg_locks WHERE NOT granted AND relation = 'workspaces'::regclass";

/// A locked table.
pub struct Locked<'a> {
    site: &'a Site,
    rows: Rows,
    /// Queries that waited for it from the beginning.
    waiting: usize,
}

impl<'a> Locked<'a> {
    /// Locks the table of the workspaces. Checks of keys do not read it.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn take(site: &'a Site) -> Outcome<Self> {
        let mut rows = site.rows().await?;
        rows.run("BEGIN").await?;
        rows.run("LOCK TABLE workspaces IN ACCESS EXCLUSIVE MODE")
            .await?;
        let waiting = waiting(site).await?;
        Ok(Self {
            site,
            rows,
            waiting,
        })
    }

    /// Unlocks it.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn release(mut self) -> Outcome<()> {
        self.rows.run("ROLLBACK").await?;
        self.rows.close().await
    }
}

/// Requests that list workspaces.
pub struct Lists(Vec<TcpStream>);

impl Lists {
    /// Sends requests, and waits until all wait for the table.
    ///
    /// # Errors
    /// If they do not.
    pub async fn begin(
        locked: &Locked<'_>,
        ports: &[u16],
        key: &str,
        count: usize,
    ) -> Outcome<Self> {
        let mut lists = Vec::new();
        for (_, port) in (0..count).zip(ports.iter().cycle()) {
            let mut stream = TcpStream::connect(("127.0.0.1", *port)).await?;
            let request = get(*port, "/api/v1/workspaces?limit=200", key);
            stream.write_all(request.as_bytes()).await?;
            lists.push(stream);
        }
        let begun = Instant::now();
        while waiting(locked.site).await? < locked.waiting + count {
            if begun.elapsed() > LIMIT {
                return Err("a list does not wait for its table".into());
            }
            sleep(GLANCE).await;
        }
        Ok(Self(lists))
    }

    /// What is wrong with the responses, which have arrived already although the table is still
    /// locked.
    pub async fn ended(self, name: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        for mut stream in self.0 {
            match Arrived::on(&mut stream, ENDED).await {
                Arrived::Head(head) if head.status == 401 => {}
                Arrived::Head(head) => {
                    wrong.push(format!("{name}: a list answers {}", head.status));
                }
                Arrived::Closed => {}
                Arrived::Late => wrong.push(format!("{name}: a list is still running")),
            }
        }
        wrong
    }
}

/// The number of queries that wait for the table.
async fn waiting(site: &Site) -> Outcome<usize> {
    let mut rows = site.rows().await?;
    let found = rows.select("pid", WAITING).await?;
    rows.close().await?;
    Ok(found.len())
}
