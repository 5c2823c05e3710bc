//! Opens a Postgres database.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, Postgres};
use tokio::time::timeout;

use super::StoreError;
use super::breaker::{Breaker, endpoint};
use super::lease::Gate;

/// How long the server may take to accept the first connection.
const FIRST: Duration = Duration::from_secs(5);
/// How many connections a node has unless a setting says otherwise.
pub const DEFAULT_CONNECTIONS: u32 = 10;

pub(super) async fn open(
    options: PgConnectOptions,
    connections: u32,
) -> Result<(Gate<Postgres>, Arc<Breaker>), StoreError> {
    let first = timeout(FIRST, options.connect()).await;
    let first = first.map_err(|_| unreachable(&options, "no answer within five seconds"))?;
    let first = first.map_err(|error| unreachable(&options, &plain(&error)))?;
    let _ = first.close().await;
    let breaker = Breaker::new(options.clone());
    let known = breaker.clone();
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(FIRST)
        .test_before_acquire(false)
        .before_acquire(move |conn, about| {
            let stale = known.may_be_stale(about.idle_for);
            Box::pin(async move {
                if stale {
                    conn.ping().await?;
                }
                Ok(true)
            })
        })
        .after_connect(|conn, _| acknowledge_when_durable(conn));
    let known = breaker.clone();
    let gate = Gate::new(
        pool.connect_lazy_with(options),
        Arc::new(move |idle_for| known.may_be_stale(idle_for)),
    );
    Ok((gate, breaker))
}

/// A commit is acknowledged only after it reached the disk, whatever the server's default is.
fn acknowledge_when_durable(
    conn: &mut PgConnection,
) -> Pin<Box<dyn Future<Output = Result<(), sqlx::Error>> + Send + '_>> {
    const SQL: &str = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";
    Box::pin(async move { sqlx::query(SQL).execute(conn).await.map(drop) })
}

fn unreachable(options: &PgConnectOptions, why: &str) -> StoreError {
    StoreError::Away(format!("{why} at {}", endpoint(options)))
}

/// The cause, without the library's prefix.
fn plain(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            "connection refused".into()
        }
        sqlx::Error::Io(error) => error.to_string(),
        sqlx::Error::Database(error) => error.message().to_owned(),
        other => other.to_string(),
    }
}
