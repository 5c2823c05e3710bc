//! Verifying an audit log of a million events, and the memory that it takes. On SQLite, or on the
//! empty Postgres database that `ROUNDTABLE_BENCH_POSTGRES` names. `ROUNDTABLE_BENCH_EVENTS` is
//! another number of events.
//!
//! ```text
//! cargo run --release -p engine --example verify_log
//! ```

#[path = "bench/stopwatch.rs"]
mod stopwatch;
#[path = "bench/test_app.rs"]
mod test_app;

use std::fmt::Write as _;
use std::fs;

use domain::OrganizationId;
use engine::keyring::{self, CanonicalEncoder, MasterKey, Purpose, Ring, hash};
use engine::{Db, audit};
use sqlx::AssertSqlSafe;

const EVENTS: i64 = 1_000_000;
/// Events of one statement.
const AT_ONCE: i64 = 250;
/// Events of one transaction.
const TOGETHER: i64 = 50_000;
const INSERT: &str = "INSERT INTO audit_events (organization_id, n, at, action, actor_id, actor_name, object_kind, \
    object_id, object_label, concerns, changes, address, agent, request_id, hash, mac) VALUES ";

#[tokio::main]
#[expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark prints its results and panics on an error"
)]
async fn main() {
    let folder = std::env::temp_dir().join(format!("roundtable-verify-{}", std::process::id()));
    let url = std::env::var("ROUNDTABLE_BENCH_POSTGRES")
        .unwrap_or_else(|_| format!("sqlite://{}/log.db", folder.display()));
    let count = std::env::var("ROUNDTABLE_BENCH_EVENTS");
    let count: i64 = count.map_or(EVENTS, |count| count.parse().expect("a number"));
    let master_key = test_app::new_master_key();
    let (db, engine, ctx) = test_app::app(&url, &master_key).await;
    let organization = engine.me(&ctx).organization;
    drop(engine);
    let master = MasterKey::read(master_key.as_bytes()).expect("a master key");
    let ring = keyring::open(&db, &master, None)
        .await
        .expect("ring");
    fill(&db, &ring, &organization, count).await;
    db.close().await;

    // The peak so far is that of filling the log.
    let _ = fs::write("/proc/self/clear_refs", "5");
    let db = Db::open_to_read(&url).await.expect("opens");
    let before = memory();
    let took = stopwatch::per_call_of(1, async |_| {
        let report = audit::verify_chain(&db, Some(&ring), &organization)
            .await
            .expect("read");
        assert!(report.is_sound() && report.verified >= count);
    })
    .await;
    println!(
        "{}: {count} events verified in {:.1} s, with {} MB of memory ({} MB before)",
        if db.is_shared() { "Postgres" } else { "SQLite" },
        stopwatch::micros(took) / 1e6,
        memory(),
        before
    );
    db.close().await;
    let _ = fs::remove_dir_all(folder);
}

/// Appends events with a valid chain, as the engine seals them.
async fn fill(db: &Db, ring: &Ring, organization: &OrganizationId, count: i64) {
    let (mut n, mut before) = head(db).await;
    let until = n + count;
    while n < until {
        let end = until.min(n + TOGETHER);
        let mut rows = String::from("BEGIN; ");
        while n < end {
            rows.push_str(INSERT);
            for at in 0..AT_ONCE.min(end - n) {
                n += 1;
                if at > 0 {
                    rows.push_str(", ");
                }
                before = append(&mut rows, db, ring, organization, n, &before);
            }
            rows.push_str("; ");
        }
        rows.push_str("COMMIT");
        run(db, &rows).await;
    }
    let hash = literal(db, &before);
    run(
        db,
        &format!("UPDATE audit_heads SET n = {n}, hash = {hash}"),
    )
    .await;
}

/// Adds the row of an event, and gives its hash.
fn append(
    rows: &mut String,
    db: &Db,
    ring: &Ring,
    organization: &OrganizationId,
    n: i64,
    before: &[u8],
) -> Vec<u8> {
    let (at, id) = (1_775_677_879_000 + n, n.to_string());
    let label = format!("Script {n} · rt_sk_Ab3dE9xQ");
    let changes = r#"[{"field":"name","before":null,"after":"Script"}]"#;
    let (address, agent, request) = ("192.0.2.7", "curl/8.5.0", "req_0123456789abcdef");
    let event = CanonicalEncoder::of("rt/audit/v1")
        .text(organization.as_str())
        .number(n)
        .bytes(before)
        .number(at)
        .text("key.created")
        .maybe_number(Some(1))
        .text("One")
        .maybe_text(None)
        .text("key")
        .text(&id)
        .text(&label)
        .maybe_number(Some(1))
        .text(changes)
        .maybe_text(Some(address))
        .maybe_text(Some(agent))
        .text(request);
    let hash = hash(&event);
    let _ = write!(
        rows,
        "('{organization}', {n}, {at}, 'key.created', 1, 'One', 'key', '{id}', '{label}', 1, '{changes}', \
         '{address}', '{agent}', '{request}', {}, {})",
        literal(db, &hash),
        literal(db, &ring.mac(Purpose::Audit, &event)),
    );
    hash
}

/// How the database writes bytes.
fn literal(db: &Db, bytes: &[u8]) -> String {
    if db.is_shared() {
        format!("'\\x{}'", hex::encode(bytes))
    } else {
        format!("X'{}'", hex::encode(bytes))
    }
}

#[expect(clippy::expect_used, reason = "a benchmark panics on an error")]
async fn head(db: &Db) -> (i64, Vec<u8>) {
    const SQL: &str = "SELECT n, hash FROM audit_heads";
    let found = match db {
        Db::Sqlite { reader, .. } => sqlx::query_as(SQL).fetch_one(reader.pool()).await,
        Db::Postgres { pool, .. } => sqlx::query_as(SQL).fetch_one(pool.pool()).await,
    };
    found.expect("a chain")
}

#[expect(clippy::expect_used, reason = "a benchmark panics on an error")]
async fn run(db: &Db, sql: &str) {
    let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
    match db {
        Db::Sqlite { writer, .. } => sql.execute(writer.pool()).await.map(drop),
        Db::Postgres { pool, .. } => sql.execute(pool.pool()).await.map(drop),
    }
    .expect("written");
}

/// The most memory that this process has had, in megabytes. Linux only; 0 elsewhere.
fn memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next())
        .and_then(|kilobytes| kilobytes.parse::<u64>().ok())
        .map_or(0, |kilobytes| kilobytes / 1024)
}
