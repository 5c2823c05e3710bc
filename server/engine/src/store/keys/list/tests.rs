//! How SQLite executes the queries of a search. Postgres decides by its statistics.

use domain::command::KeySort;
use domain::policy::{Action, permit};
use domain::{Actor, ActorId, ActorKind, Permissions, Role};

use super::*;
use crate::{Db, migrate};

const SORTS: [KeySort; 5] = [
    KeySort::Newest,
    KeySort::Usable,
    KeySort::Name,
    KeySort::LastUsed,
    KeySort::Expires,
];

/// What an actor of this role may list.
fn reach(role: Role) -> Reach {
    let actor = Actor {
        id: ActorId(7),
        organization: "org_a".parse().expect("an id"),
        kind: ActorKind::Member,
        name: "Olga".into(),
        role,
        permissions: Permissions::Everything,
        environment: Environment::Production,
    };
    permit(&actor, Action::ListKeys).expect("everybody lists keys")
}

/// Every order of a search for a text, in these states.
fn queries(text: &str, states: &[Option<StatusFilter>]) -> Vec<KeyQuery> {
    let mut queries = Vec::new();
    for sort in SORTS {
        for reversed in [false, true] {
            for status in states {
                queries.push(KeyQuery {
                    text: Some(text.into()),
                    status: *status,
                    sort,
                    reversed,
                    ..KeyQuery::default()
                });
            }
        }
    }
    queries
}

/// The steps in which SQLite executes a query.
async fn plan(connection: &mut Connection, query: (QueryBuilder, String)) -> Vec<String> {
    let (query_builder, sql) = query;
    let rows: Vec<(i64, i64, i64, String)> = query_builder
        .rows(connection, format!("EXPLAIN QUERY PLAN {sql}"))
        .await
        .expect("a plan");
    rows.into_iter().map(|(.., step)| step).collect()
}

fn count(steps: &[String], what: &str) -> usize {
    steps
        .iter()
        .filter(|step| step.starts_with(what))
        .count()
}

/// A database without rows, and the folder that it is in.
async fn database() -> (tempfile::TempDir, Db) {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("rt.db").display());
    let db = Db::open(&url).await.expect("it opens");
    migrate(&db).await.expect("the tables are made");
    (folder, db)
}

#[tokio::test]
async fn candidates_are_found_by_index_and_looked_up_by_id() {
    let (_folder, db) = database().await;
    let mut connection = db.read().await.expect("a connection");
    let states = [
        None,
        Some(StatusFilter::Active),
        Some(StatusFilter::Inactive),
    ];
    for reach in [reach(Role::Owner), reach(Role::Member)] {
        for query in queries("deploy", &states) {
            let listing = Listing::of(&reach, &query, Moment(0), false);
            let text = listing.indexed_text().expect("it is long enough");
            // A page looks its rows up again.
            for (built, lookups) in [
                (listing.page(Access::Candidates, 51), 2),
                (listing.count(Access::Candidates, None), 1),
                (listing.count(Access::Candidates, Some(1001)), 1),
                (listing.survey(text, 510), 0),
            ] {
                let steps = plan(&mut connection, built).await;
                let by_id = "SEARCH k USING INDEX sqlite_autoindex_api_keys_1 (id=?)";
                assert_eq!(count(&steps, by_id), lookups, "{query:?}: {steps:#?}");
                let by_name = count(&steps, "SCAN n VIRTUAL TABLE INDEX 0:M");
                assert!(by_name >= 3, "{query:?}: {steps:#?}");
                let in_full = count(&steps, "SCAN k") + count(&steps, "SCAN o");
                assert_eq!(in_full, 0, "{query:?}: {steps:#?}");
            }
        }
    }
}

// Otherwise the first pages of a search would cost as much as all of them.
#[tokio::test]
async fn the_rows_of_a_window_are_not_sorted() {
    let (_folder, db) = database().await;
    let mut connection = db.read().await.expect("a connection");
    let reach = reach(Role::Owner);
    let states = [
        None,
        Some(StatusFilter::Active),
        Some(StatusFilter::Revoked),
        Some(StatusFilter::Inactive),
    ];
    for query in queries("deploy", &states) {
        let mut listing = Listing::of(&reach, &query, Moment(0), false);
        for _way in ["forward", "backward"] {
            let steps = plan(&mut connection, listing.page(Access::Window(510), 51)).await;
            // The rows of the window come before they are scanned for the page, which is sorted
            // later.
            let window = steps.iter().take_while(|step| *step != "SCAN k");
            let sorted = window
                .into_iter()
                .any(|step| step.starts_with("USE TEMP B-TREE"));
            assert_eq!(
                listing.is_in_order(),
                !sorted,
                "{query:?}: {steps:#?}"
            );
            listing.order = listing.order.backward();
        }
    }
}

// The page of a list asks for its number of keys each time.
#[tokio::test]
async fn keys_are_counted_in_an_index() {
    let (_folder, db) = database().await;
    let mut connection = db.read().await.expect("a connection");
    for (role, status) in [
        (Role::Owner, None),
        (Role::Owner, Some(StatusFilter::Active)),
        (Role::Owner, Some(StatusFilter::Inactive)),
        (Role::Member, Some(StatusFilter::Active)),
    ] {
        let (reach, query) = (
            reach(role),
            KeyQuery {
                status,
                ..KeyQuery::default()
            },
        );
        let listing = Listing::of(&reach, &query, Moment(0), false);
        let steps = plan(
            &mut connection,
            listing.count(Access::Order, Some(10_001)),
        )
        .await;
        let covered = count(&steps, "SEARCH k USING COVERING INDEX");
        assert_eq!(covered, 1, "{query:?}: {steps:#?}");
    }
}

#[test]
fn a_text_is_looked_up_if_the_index_has_parts_of_it() {
    let is_indexed = |typed, is_postgres| match Search::of(typed, is_postgres) {
        Search::Text(text) => text.is_indexed(),
        Search::Nothing | Search::Prefix(_) => false,
    };
    for (typed, sqlite, postgres) in [
        ("ab", false, false),
        ("abc", true, true),
        ("نسخ", true, true),
        ("a_b", true, false),
        ("%_\"", true, false),
        ("ab cd", true, false),
        ("ab cde", true, true),
        ("a\0bc", false, false),
    ] {
        let found = (is_indexed(typed, false), is_indexed(typed, true));
        assert_eq!(found, (sqlite, postgres), "{typed:?}");
    }
}
