//! Fills an empty database with keys that can be used, for `make bench`:
//!
//! ```text
//! many_keys URL COUNT SAMPLE FOLDER
//! ```
//!
//! Writes to the folder: `master.key`, the master key of the installation; `caller.txt`, a key of
//! the owner; `keys.txt`, a sample of the keys that is spread evenly over all of them;
//! `unknown.txt`, as many keys with right check digits that do not exist; and `gate.txt`, keys of
//! consumers for the API `bench`.

#[path = "bench/bulk.rs"]
mod bulk;
#[path = "bench/test_app.rs"]
mod test_app;
#[path = "bench/writer.rs"]
mod writer;

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use bulk::{Bulk, Owner};
use domain::api::ApiScope;
use domain::command::{ApiDraft, ApiKeyDraft, CreateApi, CreateApiKey, CreateConsumer, CreateKey};
use domain::token::{Brand, KeyKind, PlainKey};
use engine::ctx::Origin;
use engine::keyring::{self, MasterKey, Ring};
use engine::{Ctx, Db, Engine, Runtime, key_material};
use serde_json::Map;
use writer::Writer;

/// Keys of one statement.
const AT_ONCE: usize = 250;
/// Keys of one transaction.
const TOGETHER: usize = 50_000;
/// Keys for an API.
const FOR_API: usize = 1_000;

#[tokio::main]
#[expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark prints its results and panics on an error"
)]
async fn main() {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let [url, count, sample, folder] = given.as_slice() else {
        panic!("usage: many_keys URL COUNT SAMPLE FOLDER");
    };
    let count: usize = count.parse().expect("a number of keys");
    let sample: usize = sample
        .parse()
        .expect("a number of keys for the file");
    let folder = Path::new(folder);

    let master_key = test_app::new_master_key();
    let (db, engine, ctx) = test_app::app(url, &master_key).await;
    let master = MasterKey::read(master_key.as_bytes()).expect("a master key");
    let ring = keyring::open(&db, &master, None)
        .await
        .expect("ring");
    let caller = engine
        .create_key(&ctx, CreateKey::read("Caller").expect("valid"))
        .await
        .expect("created")
        .plain;

    let keys = fill(&db, &engine, &ctx, ring, (count, sample)).await;
    check(&engine, &ctx, &keys).await;
    let for_api = keys_for_api(&engine, &ctx, FOR_API.min(count)).await;
    let unknown = (0..keys.len()).map(|_| generate(engine.runtime()));
    write(folder, "master.key", &master_key);
    write(folder, "caller.txt", caller.expose());
    write(folder, "keys.txt", &lines(keys.iter().cloned()));
    write(folder, "unknown.txt", &lines(unknown));
    write(folder, "gate.txt", &lines(for_api.into_iter()));
    db.close().await;
    println!("{count} keys, {} of them in keys.txt", keys.len());
}

/// Inserts `count` keys and gives `sample` of them.
async fn fill(
    db: &Db,
    engine: &Engine,
    ctx: &Ctx,
    ring: Ring,
    (count, sample): (usize, usize),
) -> Vec<PlainKey> {
    let mut writer = Writer::open(db).await;
    let me = engine.me(ctx);
    let owner = Owner {
        organization: me.organization.to_string(),
        actor: me.actor_id.0,
        name: me.name,
    };
    let runtime = Runtime::system();
    let public_key = key_material::derive_verifier(&generate(&runtime)).public_key;
    let (head, id) = writer.newest().await;
    let mut bulk = Bulk {
        ring,
        runtime,
        owner,
        public_key,
        id,
        head,
        bytes: writer.bytes(),
    };

    let mut kept = Vec::with_capacity(sample.min(count));
    let mut made = 0;
    while made < count {
        writer.run("BEGIN".to_owned()).await;
        let until = count.min(made + TOGETHER);
        while made < until {
            let (keys, sql) = bulk.next(AT_ONCE.min(until - made));
            writer.run(sql).await;
            for key in keys {
                if is_kept(made, count, sample) {
                    kept.push(key);
                }
                made += 1;
            }
        }
        writer.run(bulk.finish()).await;
        writer.run("COMMIT".to_owned()).await;
    }
    writer.finish().await;
    kept
}

/// Keys for the API `bench`, each of a consumer of its own.
#[expect(clippy::expect_used, reason = "a benchmark panics on an error")]
async fn keys_for_api(engine: &Engine, ctx: &Ctx, count: usize) -> Vec<PlainKey> {
    let scope = |word: &str, includes: &str| ApiScope {
        scope: word.parse().expect("a word"),
        description: String::new(),
        includes: includes.parse().expect("words"),
    };
    let api = CreateApi::read(ApiDraft {
        name: Some("Bench"),
        slug: "bench",
        scopes: Some(vec![
            scope("bench:read", ""),
            scope("bench:write", "bench:read"),
        ]),
        ..ApiDraft::default()
    });
    let api = engine
        .create_api(ctx, api.expect("valid"))
        .await
        .expect("registered");
    let mut keys = Vec::with_capacity(count);
    for n in 0..count {
        let id = format!("customer_{n}");
        let consumer = CreateConsumer::read(&id, None, Map::new()).expect("valid");
        let consumer = engine
            .create_consumer(ctx, consumer)
            .await
            .expect("created");
        let draft = ApiKeyDraft {
            name: &id,
            owner: Some(consumer.actor_id),
            scopes: &["bench:write".to_owned()],
            ..ApiKeyDraft::default()
        };
        let command = CreateApiKey::read(api.slug.clone(), &draft, ctx.now()).expect("valid");
        let created = engine.create_api_key(ctx, command, None).await;
        keys.push(created.expect("created").plain);
    }
    keys
}

/// Whether the key with this position is in the sample.
const fn is_kept(position: usize, count: usize, sample: usize) -> bool {
    (position + 1) * sample / count > position * sample / count
}

/// Checks that the engine accepts what was made without it.
#[expect(clippy::expect_used, reason = "a benchmark panics on an error")]
async fn check(engine: &Engine, ctx: &Ctx, keys: &[PlainKey]) {
    let some = [keys.first(), keys.get(keys.len() / 2), keys.last()];
    for key in some.into_iter().flatten() {
        engine
            .authenticate_key(key, Origin::default())
            .await
            .expect("a key that was made is not accepted: are its seals out of date?");
    }
    let chain = engine.check_chain(ctx).await.expect("read");
    assert_eq!(
        chain.broken, None,
        "the audit log is not accepted: are its seals out of date?"
    );
}

fn generate(runtime: &Runtime) -> PlainKey {
    key_material::generate(runtime, &Brand::default(), KeyKind::Secret)
}

fn lines(keys: impl Iterator<Item = PlainKey>) -> String {
    let mut text = String::new();
    for key in keys {
        text.push_str(key.expose());
        text.push('\n');
    }
    text
}

/// Writes a file that only its owner can read: the server refuses another master key.
#[expect(clippy::expect_used, reason = "a benchmark panics on an error")]
fn write(folder: &Path, name: &str, text: &str) {
    let mut open = OpenOptions::new();
    open.write(true).create_new(true).mode(0o600);
    open.open(folder.join(name))
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .expect("written");
}
