//! Searching keys by text, with and without an index.

use std::ops::RangeInclusive;

use domain::command::{
    ChangeKey, ChangeServiceAccount, CreateKey, CreateServiceAccount, KeyDraft, KeyQuery, KeySort,
    RotateKey, StatusFilter,
};
use domain::view::KeyLine;
use domain::{KeyId, Name};
use engine::Ctx;
use proptest::sample::select;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::{find, named, names};
use crate::intruder::{Intruder, Value};
use crate::prove;
use crate::test_app::{TestApp, TestDatabase, revoke, server_url};

/// Letters of several scripts, some with another length in lower case, and characters that mean
/// something in a pattern, in a phrase of FTS5, or in SQL.
const CHARACTERS: &str = "abAB12  %_\"'*\\-:(^+ÄßéİΣسنخЖ日😀👍";

fn drawn<T>(runner: &mut TestRunner, strategy: &impl Strategy<Value = T>) -> T {
    strategy
        .new_tree(runner)
        .expect("a value")
        .current()
}

fn text(runner: &mut TestRunner, length: RangeInclusive<usize>) -> String {
    let characters: Vec<char> = CHARACTERS.chars().collect();
    let texts = proptest::collection::vec(select(characters), length);
    drawn(runner, &texts).into_iter().collect()
}

fn name(runner: &mut TestRunner) -> String {
    loop {
        let name = text(runner, 3..=12);
        if Name::parse(&name).is_ok() {
            return name;
        }
    }
}

/// One to five consecutive characters of a text.
fn part(runner: &mut TestRunner, of: &str) -> String {
    let characters: Vec<char> = of.chars().collect();
    let start = drawn(runner, &(0..characters.len()));
    let length = drawn(runner, &(1..=5_usize));
    characters
        .into_iter()
        .skip(start)
        .take(length)
        .collect()
}

/// Whether a search finds a key, without an index.
fn is_found(line: &KeyLine, typed: &str) -> bool {
    let (typed, folded) = (typed.trim(), typed.trim().to_lowercase());
    let key = &line.key;
    [&key.label, &key.actor_name]
        .into_iter()
        .chain(&key.created_by)
        .any(|name| name.to_lowercase().contains(&folded))
        || key.key_prefix.starts_with(typed)
}

/// How a list is read: this many keys on a page, and at most so many pages.
#[derive(Clone, Copy, Debug)]
struct Pages(i64, usize);

const WHOLE: Pages = Pages(10_000, 1);

/// The keys that match the query.
async fn lines(app: &TestApp, ctx: &Ctx, query: &KeyQuery, pages: Pages) -> Vec<KeyLine> {
    let (mut all, mut query) = (Vec::new(), query.clone());
    for _ in 0..pages.1 {
        let page = app
            .engine
            .list_keys(ctx, &query, pages.0)
            .await
            .expect("a page");
        all.extend(page.rows);
        match page.next {
            Some(next) => query.after = Some(KeyId(next)),
            None => break,
        }
    }
    all
}

fn ids<'a>(lines: impl IntoIterator<Item = &'a KeyLine>) -> Vec<KeyId> {
    lines
        .into_iter()
        .map(|line| line.key.key_id)
        .collect()
}

/// Asserts that Olga and Max find the same keys, in the same order, as a comparison of all keys in
/// the list without a text. Returns how many Olga finds.
async fn compare(
    app: &TestApp,
    (olga, max): (&Ctx, &Ctx),
    query: &KeyQuery,
    pages: Pages,
) -> usize {
    let typed = query.text.as_deref().expect("a text");
    let unsearched = KeyQuery {
        text: None,
        ..query.clone()
    };
    let mut expected = lines(app, olga, &unsearched, WHOLE).await;
    expected.retain(|line| is_found(line, typed));
    for pages in [pages, WHOLE] {
        let most = pages.0 as usize * pages.1;
        let found = ids(&lines(app, olga, query, pages).await);
        assert_eq!(
            found,
            ids(expected.iter().take(most)),
            "{query:?} in {pages:?}"
        );
    }

    let own = expected
        .iter()
        .filter(|line| line.key.actor_id == max.actor().id);
    let found = ids(&lines(app, max, query, WHOLE).await);
    assert_eq!(found, ids(own), "{query:?} of Max");

    if query.status == Some(StatusFilter::Inactive) {
        let counted = app
            .engine
            .count_inactive_keys(olga, query)
            .await
            .expect("counted");
        assert_eq!(counted, expected.len() as i64, "{query:?}");
    }
    expected.len()
}

/// Keys of several owners. Some were renamed, rotated, revoked or deleted since, and an owner was
/// renamed.
async fn many_changes(app: &TestApp, runner: &mut TestRunner, olga: &Ctx, max: &Ctx) {
    let account = CreateServiceAccount::read(&name(runner), None, true).expect("an account");
    let account = app
        .engine
        .create_service_account(olga, account)
        .await
        .expect("an account");
    for n in 0..90 {
        let (ctx, owner) = match n % 3 {
            0 => (olga, None),
            1 => (max, None),
            _ => (olga, Some(account.actor_id)),
        };
        let key_name = name(runner);
        let draft = KeyDraft {
            name: &key_name,
            owner,
            ..KeyDraft::default()
        };
        let command = CreateKey::draft(&draft, ctx.now()).expect("a command");
        let key = app
            .engine
            .create_key(ctx, command)
            .await
            .expect("a key")
            .view
            .key_id;
        change(app, runner, ctx, key, n % 10).await;
    }
    let renamed = ChangeServiceAccount {
        actor: account.actor_id,
        name: Some(Name::parse(&name(runner)).expect("a name")),
        role: None,
        disabled: None,
        allow_overlap: None,
        allowed_ips: None,
    };
    app.engine
        .change_service_account(olga, renamed)
        .await
        .expect("renamed");
}

async fn change(app: &TestApp, runner: &mut TestRunner, ctx: &Ctx, key: KeyId, turn: usize) {
    match turn {
        0..=1 => {
            let renamed = ChangeKey {
                name: Some(Name::parse(&name(runner)).expect("a name")),
                ..ChangeKey::of(key)
            };
            app.engine
                .change_key(ctx, renamed)
                .await
                .expect("renamed");
        }
        2 => {
            app.engine
                .rotate_key(ctx, RotateKey::immediately(key), None)
                .await
                .expect("rotated");
        }
        3 => {
            app.engine
                .revoke_key(ctx, revoke(key))
                .await
                .expect("revoked");
        }
        4 => {
            let sql = format!("DELETE FROM api_keys WHERE id = {}", key.0);
            assert_eq!(app.intruder().await.run(&sql).await, 1);
        }
        _ => {}
    }
}

/// Adds 2,700 keys without names of people in theirs: first 2,100 scripts, then 600 others. Every
/// third is revoked.
async fn crowd(app: &TestApp, original: KeyId) {
    let bytes = if app.db.is_shared() { "BYTEA" } else { "BLOB" };
    let sql = format!(
        "INSERT INTO api_keys (id, organization_id, actor_id, created_by, name, kind, role_cap, key_prefix, preview, \
         public_key, lookup_key_id, lookup, sealed, created_at, revoked_at, revoked_by, audit_n, row_mac, folded_name, rank) \
         SELECT k.id + n.n, k.organization_id, k.actor_id, k.created_by, n.name, k.kind, k.role_cap, 'rt_sk_' || n.n, \
         k.preview, k.public_key, k.lookup_key_id, CAST('copy ' || n.n AS {bytes}), k.sealed, k.created_at, \
         CASE WHEN n.n % 3 = 0 THEN k.created_at ELSE NULL END, CASE WHEN n.n % 3 = 0 THEN k.actor_id ELSE NULL END, \
         k.audit_n, k.row_mac, n.name, CASE WHEN n.n % 3 = 0 THEN 2 ELSE 0 END \
         FROM api_keys k, (WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < 2700) \
         SELECT n, CASE WHEN n <= 2100 THEN 'script ' || n ELSE 'other ' || n END AS name FROM g) n WHERE k.id = {}",
        original.0
    );
    assert_eq!(app.intruder().await.run(&sql).await, 2700);
}

both! {
    // The order, the pages and the keys are those of a plain comparison, whatever the text and
    // however the keys got their names.
    a_search_finds_what_a_comparison_finds(app) {
        let mut runner = TestRunner::deterministic();
        let (olga, max) = (app.north("olga").await, app.north("max").await);
        many_changes(app, &mut runner, &olga, &max).await;
        let known = lines(app, &olga, &KeyQuery::default(), WHOLE).await;
        let (searches, mut hits) = (prove::count(80, 5_000), 0);
        for n in 0..searches {
            let line = drawn(&mut runner, &select(known.clone()));
            let text = match n % 4 {
                0 => text(&mut runner, 1..=5),
                1 => part(&mut runner, &line.key.actor_name),
                2 => line.key.key_prefix.chars().take(n % 12).collect(),
                _ => part(&mut runner, &line.key.label),
            };
            if text.trim().is_empty() {
                continue;
            }
            let query = KeyQuery {
                text: Some(text),
                status: drawn(&mut runner, &select(vec![None, Some(StatusFilter::Active), Some(StatusFilter::Inactive), Some(StatusFilter::NeverUsed)])),
                sort: drawn(&mut runner, &select(vec![KeySort::Newest, KeySort::Usable, KeySort::Name, KeySort::LastUsed, KeySort::Expires])),
                reversed: drawn(&mut runner, &select(vec![false, true])),
                ..KeyQuery::default()
            };
            hits += compare(app, (&olga, &max), &query, Pages(2, 100)).await;
        }
        assert!(hits > searches, "{hits} keys were found");
        prove::shown(app, "searches compared", searches);
    }

    // Few, many and all keys match: in the first pages, behind them, one after the other.
    a_search_in_a_crowd_finds_every_key(app) {
        let (olga, max) = (app.north("olga").await, app.north("max").await);
        crowd(app, named(app, &olga, "Original").await).await;
        for (text, least) in [("script", 2100), ("script 77", 11), ("other", 600), ("rt_sk_25", 111), ("olga", 2701), ("original", 1), ("nothing", 0), ("7", 1)] {
            for (status, sort, reversed) in [
                (None, KeySort::Newest, false),
                (None, KeySort::Usable, true),
                (Some(StatusFilter::Active), KeySort::Name, true),
                (Some(StatusFilter::Inactive), KeySort::Newest, false),
            ] {
                let query = KeyQuery { status, sort, reversed, ..find(text) };
                let found = compare(app, (&olga, &max), &query, Pages(5, 4)).await;
                assert!(status.is_some() || found >= least, "{found} keys of {query:?}");
            }
        }
    }

    another_organization_is_not_searched(app) {
        let (olga, otto) = (app.north("olga").await, app.south("otto").await);
        named(app, &olga, "Deployment of the north").await;
        named(app, &otto, "Deployment of the south").await;
        assert_eq!(names(app, &olga, find("deployment")).await, ["Deployment of the north"]);
        assert_eq!(names(app, &otto, find("deployment")).await, ["Deployment of the south"]);
        // The last of several steps looks candidates up by index.
        crowd(app, named(app, &olga, "Original").await).await;
        assert_eq!(names(app, &olga, find("deployment")).await, ["Deployment of the north"]);
        assert_eq!(names(app, &olga, find("otto")).await, [""; 0]);
    }
}

#[tokio::test]
async fn postgres_finds_parts_of_names_by_index() {
    let app = TestApp::on_postgres().await;
    let mut intruder = app.intruder().await;
    // Tables with few rows are read in full otherwise.
    intruder
        .run("SET enable_seqscan = off; SET enable_indexscan = off; SET enable_indexonlyscan = off")
        .await;
    for (table, index) in [
        ("api_keys", "api_keys_name_parts"),
        ("actors", "actors_name_parts"),
    ] {
        let sql =
            format!("EXPLAIN SELECT id FROM {table} WHERE folded_name LIKE '%deploy%' ESCAPE '\\'");
        let steps = intruder.rows(&sql).await;
        assert!(
            steps
                .iter()
                .flatten()
                .any(|(_, step)| { matches!(step, Value::Text(step) if step.contains(index)) }),
            "{steps:#?}"
        );
    }
    app.close().await;
}

/// Whether Postgres has the index of the names of keys.
async fn is_indexed(intruder: &mut Intruder) -> bool {
    let sql = "SELECT COUNT(*) FROM pg_indexes WHERE indexname = 'api_keys_name_parts'";
    intruder.number(sql).await == 1
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_who_may_not_create_an_extension_searches_without_an_index() {
    let mut place = TestDatabase::server().await;
    let (address, role) = (
        place.address.clone(),
        format!("plain_{}", std::process::id()),
    );
    let mut intruder = Intruder::at(&address).await;
    intruder
        .run(&format!(
            "CREATE ROLE {role} LOGIN PASSWORD 'plain'; GRANT CREATE ON SCHEMA public TO {role}"
        ))
        .await;
    let (_, host) = address
        .split_once('@')
        .expect("a URL with a user");
    place.address = format!("postgres://{role}:plain@{host}");
    let mut app = TestApp::empty(place).await;
    app.address = address;
    app.stage().await;

    assert!(!is_indexed(&mut intruder).await);
    let olga = app.north("olga").await;
    crowd(&app, named(&app, &olga, "Original").await).await;
    let expected = ["script 772", "script 770", "script 77"];
    let query = KeyQuery {
        status: Some(StatusFilter::Active),
        ..find("script 77")
    };
    let found = names(&app, &olga, query.clone()).await;
    assert!(
        expected
            .iter()
            .all(|name| found.contains(&(*name).to_owned())),
        "{found:?}"
    );

    // As README.md says.
    intruder
        .run(
            "CREATE EXTENSION pg_trgm; \
             CREATE INDEX api_keys_name_parts ON api_keys USING gin (folded_name gin_trgm_ops); \
             CREATE INDEX actors_name_parts ON actors USING gin (folded_name gin_trgm_ops)",
        )
        .await;
    assert!(is_indexed(&mut intruder).await);
    assert_eq!(names(&app, &olga, query).await, found);

    drop(intruder);
    app.close().await;
    Intruder::at(&server_url())
        .await
        .run(&format!("DROP ROLE {role}"))
        .await;
}
