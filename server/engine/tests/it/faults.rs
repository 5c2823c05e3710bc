//! Every call to the database fails once, in every operation that writes: with an error before or
//! after the statement, with a client that goes away meanwhile, and with a process that is killed
//! meanwhile. The operation happens wholly or not at all, memory agrees with the database, and the
//! next call succeeds.

mod coverage;
mod data;
mod keys;
mod late;
mod parts;
mod people;
mod runner;
mod scene;
mod state;
mod upkeep;

use self::scene::Operation;
use crate::prove;
use crate::test_app::TestApp;

/// The operations of the table, by their group.
pub fn groups() -> Vec<(&'static str, Vec<Operation>)> {
    vec![
        ("created", keys::created()),
        ("changed", keys::changed()),
        ("members", people::members()),
        ("sessions", people::sessions()),
        ("work", data::work()),
        ("devices", data::devices()),
        ("log", upkeep::log()),
        ("retention", upkeep::retention()),
        ("ring", upkeep::ring()),
    ]
}

async fn fail_every_call(app: &TestApp, group: &str, operations: Vec<Operation>) {
    let only = std::env::var("ROUNDTABLE_TEST_OPERATION").ok();
    let chosen: Vec<_> = operations
        .into_iter()
        .filter(|one| only.as_ref().is_none_or(|only| only == one.name))
        .collect();
    let injected = runner::prove(app, &chosen).await;
    prove::shown(app, &format!("failed calls, {group}"), injected);
}

both! {
    // R8
    a_failed_call_leaves_a_creation_whole_or_undone(app) {
        fail_every_call(app, "created", keys::created()).await;
    }

    // R8
    a_failed_call_leaves_a_change_of_a_key_whole_or_undone(app) {
        fail_every_call(app, "changed", keys::changed()).await;
    }

    // R8
    a_failed_call_leaves_a_change_of_members_whole_or_undone(app) {
        fail_every_call(app, "members", people::members()).await;
    }

    // R8
    a_failed_call_leaves_a_change_of_sessions_whole_or_undone(app) {
        fail_every_call(app, "sessions", people::sessions()).await;
    }

    // R8
    a_failed_call_leaves_a_change_of_data_whole_or_undone(app) {
        fail_every_call(app, "work", data::work()).await;
    }

    // R8
    a_failed_call_leaves_a_sign_in_of_a_device_whole_or_undone(app) {
        fail_every_call(app, "devices", data::devices()).await;
    }

    // R8
    a_failed_call_leaves_the_log_and_the_journal_whole(app) {
        fail_every_call(app, "log", upkeep::log()).await;
    }

    // R8
    a_failed_call_removes_old_events_whole_or_not_at_all(app) {
        fail_every_call(app, "retention", upkeep::retention()).await;
    }

    // R8
    a_failed_call_leaves_a_change_of_the_ring_whole_or_undone(app) {
        fail_every_call(app, "ring", upkeep::ring()).await;
    }
}
