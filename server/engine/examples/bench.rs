//! The cost of operations as ratios within one run, because ratios depend less on the machine than
//! times. Run it with `make bench`.

#[path = "bench/stopwatch.rs"]
mod stopwatch;
#[path = "bench/test_app.rs"]
mod test_app;

use std::time::Duration;

use domain::KeyId;
use domain::command::{CreateKey, KeyQuery, RevokeKey};
use domain::key::RevokeReason;
use domain::token::PlainKey;
use engine::ctx::Origin;
use engine::{Ctx, Engine};
use stopwatch::{micros, per_call_of};

const FEW: usize = 500;
const MANY: usize = 10_000;
const CALLS: u32 = 2_000;

#[tokio::main]
#[expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark prints its results and panics on an error"
)]
async fn main() {
    let folder = std::env::temp_dir().join(format!("roundtable-bench-{}", std::process::id()));
    let url = format!("sqlite://{}/bench.db", folder.display());
    let (_, engine, ctx) = test_app::app(&url, &test_app::new_master_key()).await;
    let mut keys = Vec::new();
    grow(&engine, &ctx, &mut keys, FEW).await;
    let reject = per_call(async |n| drop(PlainKey::parse(&format!("rt_sk_{n:057}")))).await;
    // A key in memory would need no query to compare with.
    engine.set_key_cache(0);
    let few = check(&engine, &keys).await;
    let create = per_call_of(200, async |_| keys_pushed(&engine, &ctx).await).await;
    grow(&engine, &ctx, &mut keys, MANY).await;
    let many = check(&engine, &keys).await;
    engine.set_key_cache(MANY);
    // The first round reads the keys.
    let _ = check(&engine, &keys[..FEW]).await;
    let in_memory = check(&engine, &keys[..FEW]).await;
    let first = KeyQuery::default();
    let last = KeyQuery {
        after: Some(KeyId(60)),
        ..KeyQuery::default()
    };
    let list = per_call_of(200, async |_| {
        drop(
            engine
                .list_keys(&ctx, &first, 50)
                .await
                .expect("listed"),
        )
    })
    .await;
    let deep = per_call_of(200, async |_| {
        drop(
            engine
                .list_keys(&ctx, &last, 50)
                .await
                .expect("listed"),
        )
    })
    .await;
    let mut ids = keys.iter().map(|(id, _)| *id);
    let revoke = per_call_of(200, async |_| {
        let command = RevokeKey {
            key: ids.next().expect("a key"),
            reason: RevokeReason::Replaced,
        };
        drop(
            engine
                .revoke_key(&ctx, command)
                .await
                .expect("revoked"),
        );
    })
    .await;
    let row = |what: &str, took: Duration| {
        println!(
            "{what:<52} {:>9.1} us  {:>7.2} x",
            micros(took),
            micros(took) / micros(few)
        )
    };
    println!(
        "SQLite, one caller at a time; the last column is relative to reading a presented key among {FEW}\n"
    );
    row("reject a malformed key (no query)", reject);
    row("admit a key in memory", in_memory);
    row(&format!("read a presented key among {FEW}"), few);
    row(&format!("read a presented key among {MANY}"), many);
    row("create a key, with its event", create);
    row("revoke a key, with its event", revoke);
    row(&format!("first page of 50 among {MANY}"), list);
    row(&format!("last page of 50 among {MANY}"), deep);
    let _ = std::fs::remove_dir_all(folder);
}

async fn grow(engine: &Engine, ctx: &Ctx, keys: &mut Vec<(KeyId, PlainKey)>, to: usize) {
    while keys.len() < to {
        keys.push(keys_pushed(engine, ctx).await);
    }
}

#[expect(clippy::expect_used, reason = "a benchmark panics on an error")]
async fn keys_pushed(engine: &Engine, ctx: &Ctx) -> (KeyId, PlainKey) {
    let new = engine
        .create_key(ctx, CreateKey::read("Bench").expect("valid"))
        .await
        .expect("created");
    (new.view.key_id, new.plain)
}

#[expect(clippy::expect_used, reason = "a benchmark panics on an error")]
async fn check(engine: &Engine, keys: &[(KeyId, PlainKey)]) -> Duration {
    per_call(async |n| {
        drop(
            engine
                .authenticate_key(
                    &keys[n as usize * 7919 % keys.len()].1,
                    Origin::default(),
                )
                .await
                .expect("admitted"),
        )
    })
    .await
}

async fn per_call<T>(call: impl AsyncFnMut(u32) -> T) -> Duration {
    per_call_of(CALLS, call).await
}
