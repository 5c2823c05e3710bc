//! The audit log of an organization with 100,000 events, as ratios to writing one event in the same
//! run: searching and exporting events, and verifying the chain. On SQLite, or on the empty
//! Postgres database that `ROUNDTABLE_BENCH_POSTGRES` names. Run it with `make bench`.

#[path = "bench/stopwatch.rs"]
mod stopwatch;
#[path = "bench/test_app.rs"]
mod test_app;

use domain::command::{AuditQuery, ExportFormat};
use domain::{ActorId, Moment};
use engine::ctx::Origin;
use engine::people::Identity;
use engine::{Ctx, Db, Engine};
use stopwatch::{micros, per_call_of};

const EVENTS: i64 = 100_000;
/// Events with a valid chain.
const CHAINED: u32 = 2_500;
const CALLS: u32 = 30;

/// Copies the newest event. Searching does not read hashes and MACs.
const COPY: &str = "INSERT INTO audit_events (organization_id, n, at, action, actor_id, actor_name, via_key, object_kind, \
    object_id, object_label, concerns, changes, address, agent, request_id, hash, mac) \
    SELECT e.organization_id, e.n + n.n, e.at + n.n * 60000, CASE n.n % 20 WHEN 1 THEN 'key.created' WHEN 2 THEN 'key.revoked' \
    WHEN 3 THEN 'run.created' WHEN 4 THEN 'workspace.created' ELSE e.action END, CASE WHEN n.n % 1000 = 1 THEN 7 ELSE e.actor_id END, \
    e.actor_name, e.via_key, CASE n.n % 20 WHEN 1 THEN 'key' WHEN 2 THEN 'key' WHEN 3 THEN 'run' WHEN 4 THEN 'workspace' \
    ELSE e.object_kind END, CAST(n.n % 500 AS TEXT), e.object_label, e.actor_id, e.changes, e.address, e.agent, e.request_id, \
    e.hash, e.mac FROM audit_events e, NUMBERS WHERE e.n = (SELECT MAX(n) FROM audit_events)";

#[tokio::main]
#[expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark prints its results and panics on an error"
)]
async fn main() {
    let folder = std::env::temp_dir().join(format!("roundtable-log-{}", std::process::id()));
    let url = std::env::var("ROUNDTABLE_BENCH_POSTGRES")
        .unwrap_or_else(|_| format!("sqlite://{}/log.db", folder.display()));
    let (db, engine, ctx) = test_app::app(&url, &test_app::new_master_key()).await;
    let identity = Identity {
        issuer: "bench".into(),
        subject: "one".into(),
        email: None,
        name: Some("One".into()),
    };
    let write = per_call_of(CHAINED, async |_| {
        engine
            .sign_in(&identity, &Origin::default())
            .await
            .expect("signed in");
    })
    .await;
    let row = |what: &str, took| {
        println!(
            "{what:<46} {:>9.1} us  {:>7.2} x",
            micros(took),
            micros(took) / micros(write)
        )
    };
    println!(
        "{}, {EVENTS} events in one organization; the last column is relative to writing one\n",
        kind(&db)
    );
    row("write an event", write);
    row(
        "first check of a chain, 2,000 events",
        per_call_of(1, async |_| {
            engine.check_chain(&ctx).await.expect("read")
        })
        .await,
    );
    row(
        "another check",
        per_call_of(CALLS, async |_| {
            engine.check_chain(&ctx).await.expect("read")
        })
        .await,
    );
    crowd(&db).await;
    for (what, query) in queries() {
        row(
            what,
            per_call_of(CALLS, async |_| {
                drop(
                    engine
                        .read_audit_log(&ctx, &query, 50)
                        .await
                        .expect("read"),
                )
            })
            .await,
        );
    }
    row(
        "actors of the filter",
        per_call_of(CALLS, async |_| {
            drop(
                engine
                    .list_audit_actors(&ctx)
                    .await
                    .expect("read"),
            )
        })
        .await,
    );
    row(
        "export of everything, a page of 500",
        export(&engine, &ctx, &AuditQuery::default()).await,
    );
    let period = AuditQuery {
        from: Some(Moment(0)),
        ..AuditQuery::default()
    };
    row(
        "export of a period, a page of 500",
        export(&engine, &ctx, &period).await,
    );
    let _ = std::fs::remove_dir_all(folder);
}

fn queries() -> Vec<(&'static str, AuditQuery)> {
    let all = AuditQuery::default();
    let now = Moment(4_102_444_800_000);
    let of = |action: &str| AuditQuery {
        action: action.parse().ok(),
        ..AuditQuery::default()
    };
    vec![
        ("newest, first page of 50", all.clone()),
        (
            "newest, in the middle",
            AuditQuery {
                before: Some(EVENTS / 2),
                ..all.clone()
            },
        ),
        ("one action", of("key.revoked")),
        ("an action without events", of("key.narrowed")),
        ("a category", of("keys")),
        ("a category without events", of("messages")),
        (
            "a rare actor",
            AuditQuery {
                actor: Some(ActorId(7)),
                ..all.clone()
            },
        ),
        (
            "a rare actor and a category",
            AuditQuery {
                actor: Some(ActorId(7)),
                ..of("keys")
            },
        ),
        (
            "a kind of object",
            AuditQuery {
                object: "run".parse().ok(),
                ..all.clone()
            },
        ),
        (
            "one object",
            AuditQuery {
                object: "key:21".parse().ok(),
                ..all.clone()
            },
        ),
        (
            "since the beginning",
            AuditQuery {
                from: Some(Moment(0)),
                ..all.clone()
            },
        ),
        (
            "since a time in the future",
            AuditQuery {
                from: Some(now),
                ..all.clone()
            },
        ),
        (
            "since the beginning, an action",
            AuditQuery {
                from: Some(Moment(0)),
                ..of("key.revoked")
            },
        ),
    ]
}

#[expect(clippy::expect_used, reason = "a benchmark panics on an error")]
async fn export(engine: &Engine, ctx: &Ctx, query: &AuditQuery) -> std::time::Duration {
    let mut export = engine
        .export_audit_log(ctx, query, ExportFormat::JsonLines)
        .await
        .expect("begun");
    per_call_of(100, async |_| {
        assert!(!export.next().await.expect("a page").is_empty())
    })
    .await
}

#[expect(clippy::expect_used, reason = "a benchmark panics on an error")]
async fn crowd(db: &Db) {
    let recursive = format!(
        "(WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < {EVENTS}) SELECT n FROM g) n"
    );
    let series = format!("(SELECT CAST(g AS BIGINT) AS n FROM generate_series(1, {EVENTS}) g) n");
    let head = "UPDATE audit_heads SET n = (SELECT MAX(n) FROM audit_events)";
    match db {
        Db::Sqlite { writer, .. } => {
            for sql in [&COPY.replace("NUMBERS", &recursive), head] {
                sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()))
                    .execute(writer.pool())
                    .await
                    .expect("copied");
            }
        }
        Db::Postgres { pool, .. } => {
            for sql in [&COPY.replace("NUMBERS", &series), head, "ANALYZE"] {
                sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()))
                    .execute(pool.pool())
                    .await
                    .expect("copied");
            }
        }
    }
}

const fn kind(db: &Db) -> &'static str {
    if db.is_shared() { "Postgres" } else { "SQLite" }
}
