//! What operations cost, as ratios within one run: machines differ, ratios stay. Run it with `make bench`.

use std::time::{Duration, Instant};

use domain::command::{CreateKey, KeyQuery, RevokeKey};
use domain::key::RevokeReason;
use domain::token::PlainKey;
use domain::{KeyId, Role};
use engine::ctx::Origin;
use engine::keyring::{self, MasterKey};
use engine::organizations::Cast;
use engine::people::Identity;
use engine::{Caller, Ctx, Db, Engine, Outside};

const FEW: usize = 500;
const MANY: usize = 10_000;
const CALLS: u32 = 2_000;

#[tokio::main]
#[expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark prints its figures and stops where it cannot go on"
)]
async fn main() {
    let folder = std::env::temp_dir().join(format!("roundtable-bench-{}", std::process::id()));
    let (engine, ctx) = house(&format!("sqlite://{}/bench.db", folder.display())).await;
    let mut keys = Vec::new();
    grow(&engine, &ctx, &mut keys, FEW).await;
    let refuse = per_call(async |n| drop(PlainKey::parse(&format!("rt_sk_{n:057}")))).await;
    let few = check(&engine, &keys).await;
    let create = per_call_of(200, async |_| keys_pushed(&engine, &ctx).await).await;
    grow(&engine, &ctx, &mut keys, MANY).await;
    let many = check(&engine, &keys).await;
    let first = KeyQuery::default();
    let last = KeyQuery { after: Some(KeyId(60)), ..KeyQuery::default() };
    let list = per_call_of(200, async |_| drop(engine.list_keys(&ctx, &first, 50).await.expect("listed"))).await;
    let deep = per_call_of(200, async |_| drop(engine.list_keys(&ctx, &last, 50).await.expect("listed"))).await;
    let mut ids = keys.iter().map(|(id, _)| *id);
    let revoke = per_call_of(200, async |_| {
        let command = RevokeKey { key: ids.next().expect("a key"), reason: RevokeReason::Replaced };
        drop(engine.revoke_key(&ctx, command).await.expect("revoked"));
    })
    .await;
    let row = |what: &str, took: Duration| {
        println!("{what:<52} {:>9.1} us  {:>7.2} x", micros(took), micros(took) / micros(few))
    };
    println!("SQLite, one caller at a time; the last column is against checking a key among {FEW}\n");
    row("refuse a malformed key (no query)", refuse);
    row(&format!("check a key among {FEW}"), few);
    row(&format!("check a key among {MANY}"), many);
    row("create a key, durable, with its event", create);
    row("revoke a key, durable, with its event", revoke);
    row(&format!("first page of 50 among {MANY}"), list);
    row(&format!("last page of 50 among {MANY}"), deep);
    let _ = std::fs::remove_dir_all(folder);
}

#[expect(clippy::expect_used, reason = "a benchmark stops where it cannot go on")]
async fn house(address: &str) -> (Engine, Ctx) {
    let db = Db::open(address).await.expect("opens");
    engine::migrate(&db).await.expect("migrates");
    let outside = Outside::system();
    let key = MasterKey::read(MasterKey::generate_hex(&outside).as_bytes()).expect("a master key");
    keyring::init(&db, &key, &outside).await.expect("ring");
    let ring = keyring::open(&db, &key, None).await.expect("ring");
    let engine = Engine::new(db, ring, outside, Default::default());
    let identity = Identity { issuer: "bench".into(), subject: "one".into(), email: None, name: Some("One".into()) };
    let cast = [Cast { organization: "Bench", members: vec![(identity.clone(), Role::Owner)] }];
    engine.stage_demo(&cast).await.expect("staged");
    let person = engine.sign_in(&identity, &Origin::default()).await.expect("signed in");
    assert!(engine.insert_session(&[7; 16], Some(person), b"{}").await.expect("session"));
    let caller = Caller { person, session: engine.session_digest(&[7; 16]) };
    let organization = engine.memberships(person).await.expect("memberships")[0].organization.clone();
    let ctx = engine.admit_person(&caller, &organization, Origin::default()).await.expect("admitted");
    (engine, ctx)
}

async fn grow(engine: &Engine, ctx: &Ctx, keys: &mut Vec<(domain::KeyId, PlainKey)>, to: usize) {
    while keys.len() < to {
        keys.push(keys_pushed(engine, ctx).await);
    }
}

#[expect(clippy::expect_used, reason = "a benchmark stops where it cannot go on")]
async fn keys_pushed(engine: &Engine, ctx: &Ctx) -> (domain::KeyId, PlainKey) {
    let new = engine.create_key(ctx, CreateKey::read("Bench").expect("valid")).await.expect("created");
    (new.view.key_id, new.plain)
}

#[expect(clippy::expect_used, reason = "a benchmark stops where it cannot go on")]
async fn check(engine: &Engine, keys: &[(domain::KeyId, PlainKey)]) -> Duration {
    per_call(async |n| {
        drop(engine.admit_key(&keys[n as usize * 7919 % keys.len()].1, Origin::default()).await.expect("admitted"))
    })
    .await
}

async fn per_call<T>(call: impl AsyncFnMut(u32) -> T) -> Duration {
    per_call_of(CALLS, call).await
}

#[expect(clippy::disallowed_methods, reason = "a benchmark looks at the clock")]
async fn per_call_of<T>(calls: u32, mut call: impl AsyncFnMut(u32) -> T) -> Duration {
    let begun = Instant::now();
    for n in 0..calls {
        call(n).await;
    }
    begun.elapsed() / calls
}

fn micros(took: Duration) -> f64 {
    took.as_secs_f64() * 1e6
}
