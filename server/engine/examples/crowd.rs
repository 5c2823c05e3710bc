//! Lists of an organization with 100,000 keys, as ratios to authenticating one key in the same run.
//! On SQLite, or on the empty Postgres database that `ROUNDTABLE_BENCH_POSTGRES` names. Run it with
//! `make bench`.

#[path = "bench/stopwatch.rs"]
mod stopwatch;
#[path = "bench/test_app.rs"]
mod test_app;

use domain::KeyId;
use domain::command::{CreateKey, KeyQuery, KeySort, StatusFilter};
use engine::ctx::Origin;
use engine::{Ctx, Db, Engine};
use stopwatch::{micros, per_call_of};

const CROWD: i64 = 100_000;
const CALLS: u32 = 30;

/// Copies the newest key: every tenth copy is revoked, every twentieth is expired. Lists do not
/// read the ciphertexts, which are valid only for the original key.
const COPY: &str = "INSERT INTO api_keys (id, organization_id, actor_id, created_by, name, kind, role_cap, key_prefix, \
    preview, public_key, lookup_key_id, lookup, sealed, created_at, expires_at, revoked_at, revoked_by, last_used_at, \
    audit_n, row_mac, folded_name, rank) \
    SELECT k.id + n.n, k.organization_id, k.actor_id, k.created_by, 'Script ' || n.n, k.kind, k.role_cap, \
    'rt_sk_' || n.n, k.preview, k.public_key, k.lookup_key_id, DIGEST, k.sealed, k.created_at + n.n, \
    CASE WHEN n.n % 3 = 0 THEN 4102444800000 + n.n ELSE NULL END, CASE WHEN n.n % 10 = 0 THEN k.created_at ELSE NULL END, \
    CASE WHEN n.n % 10 = 0 THEN k.actor_id ELSE NULL END, k.created_at + (n.n * 7919) % 100000, k.audit_n, k.row_mac, \
    'script ' || n.n, CASE WHEN n.n % 10 = 0 THEN 2 WHEN n.n % 20 = 1 THEN 1 ELSE 0 END \
    FROM api_keys k, NUMBERS WHERE k.id = (SELECT MAX(id) FROM api_keys)";

#[tokio::main]
#[expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark prints its results and panics on an error"
)]
async fn main() {
    let folder = std::env::temp_dir().join(format!("roundtable-crowd-{}", std::process::id()));
    let url = std::env::var("ROUNDTABLE_BENCH_POSTGRES")
        .unwrap_or_else(|_| format!("sqlite://{}/crowd.db", folder.display()));
    let (db, engine, ctx) = test_app::app(&url, &test_app::new_master_key()).await;
    let key = engine
        .create_key(&ctx, CreateKey::read("Original").expect("valid"))
        .await
        .expect("created");
    // A key in memory would need no query to compare with.
    engine.set_key_cache(0);
    crowd(&db).await;
    println!(
        "{}, {CROWD} keys in one organization; the last column is relative to reading a presented key\n",
        kind(&db)
    );
    let check = per_call_of(CALLS * 10, async |_| {
        drop(
            engine
                .authenticate_key(&key.plain, Origin::default())
                .await
                .expect("admitted"),
        );
    })
    .await;
    println!(
        "{:<46} {:>9.1} us  {:>7.2} x",
        "read a presented key",
        micros(check),
        1.0
    );
    for (what, query) in queries() {
        let took = per_call_of(CALLS, async |_| page(&engine, &ctx, &query).await).await;
        println!(
            "{what:<46} {:>9.1} us  {:>7.2} x",
            micros(took),
            micros(took) / micros(check)
        );
    }
    for (what, text) in [
        ("count the inactive keys", None),
        (
            "count the inactive keys that a search finds",
            Some("script 777"),
        ),
    ] {
        let query = KeyQuery {
            text: text.map(Into::into),
            ..KeyQuery::default()
        };
        let count = per_call_of(CALLS, async |_| {
            assert!(
                engine
                    .count_inactive_keys(&ctx, &query)
                    .await
                    .expect("counted")
                    > 0
            );
        })
        .await;
        println!(
            "{what:<46} {:>9.1} us  {:>7.2} x",
            micros(count),
            micros(count) / micros(check)
        );
    }
    for (what, query) in [
        ("count the keys of a list and of its pages", None),
        ("the same, of a search", Some("script 777")),
        (
            "the same, of a search that most keys match",
            Some("script"),
        ),
    ] {
        let query = KeyQuery {
            text: query.map(Into::into),
            status: Some(StatusFilter::Active),
            ..KeyQuery::default()
        };
        let count = per_call_of(CALLS, async |_| {
            let counted = engine
                .count_keys(&ctx, &query, Some(KeyId(CROWD / 2)))
                .await
                .expect("counted");
            assert!(counted.total > 0);
        })
        .await;
        println!(
            "{what:<46} {:>9.1} us  {:>7.2} x",
            micros(count),
            micros(count) / micros(check)
        );
    }
    let _ = std::fs::remove_dir_all(folder);
}

fn queries() -> Vec<(&'static str, KeyQuery)> {
    let active = KeyQuery {
        status: Some(StatusFilter::Active),
        sort: KeySort::Usable,
        ..KeyQuery::default()
    };
    let find = |text: &str| KeyQuery {
        text: Some(text.into()),
        ..active.clone()
    };
    let sorted = |sort| KeyQuery {
        sort,
        ..active.clone()
    };
    let after = |id| Some(KeyId(id));
    vec![
        ("active keys, first page of 50", active.clone()),
        (
            "active keys, in the middle",
            KeyQuery {
                after: after(CROWD / 2),
                ..active.clone()
            },
        ),
        (
            "active keys, last page",
            KeyQuery {
                after: after(60),
                ..active.clone()
            },
        ),
        ("all, newest first, first page", KeyQuery::default()),
        (
            "all, newest first, last page",
            KeyQuery {
                after: after(60),
                ..KeyQuery::default()
            },
        ),
        (
            "all, active first, in the middle",
            KeyQuery {
                status: None,
                after: after(CROWD / 2),
                ..active.clone()
            },
        ),
        ("by name, first page", sorted(KeySort::Name)),
        (
            "by name, in the middle",
            KeyQuery {
                after: after(CROWD / 2),
                ..sorted(KeySort::Name)
            },
        ),
        ("by last use, first page", sorted(KeySort::LastUsed)),
        ("by expiration, first page", sorted(KeySort::Expires)),
        ("search that finds many", find("script")),
        ("search that finds one by prefix", find("rt_sk_77777")),
        ("search that finds one by name", find("script 77777")),
        ("search that finds about 100", find("script 777")),
        (
            "search that finds about 1000 in a row",
            find("script 77"),
        ),
        (
            "search that finds about 10000 in a row",
            find("script 7"),
        ),
        ("search that finds all by their owner", find("one")),
        ("search that finds nothing", find("no such key")),
        ("search for two characters, finds nothing", find("zz")),
    ]
}

#[expect(clippy::expect_used, reason = "a benchmark panics on an error")]
async fn page(engine: &Engine, ctx: &Ctx, query: &KeyQuery) {
    drop(
        engine
            .list_keys(ctx, query, 50)
            .await
            .expect("listed"),
    );
}

#[expect(clippy::expect_used, reason = "a benchmark panics on an error")]
async fn crowd(db: &Db) {
    match db {
        Db::Sqlite { writer, .. } => {
            let numbers = format!(
                "(WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < {CROWD}) SELECT n FROM g) n"
            );
            let sql = COPY
                .replace("NUMBERS", &numbers)
                .replace("DIGEST", "CAST('copy ' || n.n AS BLOB)");
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
                .execute(writer.pool())
                .await
                .expect("copied");
            sqlx::raw_sql("ANALYZE")
                .execute(writer.pool())
                .await
                .expect("analyzed");
        }
        Db::Postgres { pool, .. } => {
            let numbers =
                format!("(SELECT CAST(g AS BIGINT) AS n FROM generate_series(1, {CROWD}) g) n");
            let sql = COPY
                .replace("NUMBERS", &numbers)
                .replace("DIGEST", "CAST('copy ' || n.n AS BYTEA)");
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
                .execute(pool.pool())
                .await
                .expect("copied");
            sqlx::raw_sql("ANALYZE")
                .execute(pool.pool())
                .await
                .expect("analyzed");
        }
    }
}

const fn kind(db: &Db) -> &'static str {
    if db.is_shared() { "Postgres" } else { "SQLite" }
}
