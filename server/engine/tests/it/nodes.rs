//! Several nodes on one Postgres database: a revocation is answered when no node lets the key pass.

use std::time::Duration;

use domain::token::PlainKey;
use domain::{Code, Role};
use engine::{Engine, NodeTasks};

use crate::key_cache::{cached, joined};
use crate::test_app::{TestApp, engine, origin, refusal, revoke};

/// An installation with two more nodes, all of which have a lease.
struct Cluster {
    app: TestApp,
    other: Engine,
    third: Engine,
    tasks: Vec<NodeTasks>,
}

impl Cluster {
    async fn start() -> Self {
        let app = TestApp::on_postgres().await;
        let key = app.north_key("mia").await;
        let other = engine(&app.db, &app.master, None, &app.runtime).await;
        let third = engine(&app.db, &app.master, None, &app.runtime).await;
        let mut tasks = Vec::new();
        for node in [&app.engine, &other, &third] {
            tasks.push(joined(node, &key.plain).await);
        }
        Self {
            app,
            other,
            third,
            tasks,
        }
    }

    /// Lets both other nodes keep the key in memory.
    async fn warm(&self, key: &PlainKey) {
        for node in [&self.other, &self.third] {
            drop(
                node.authenticate_key(key, origin())
                    .await
                    .expect("valid"),
            );
            assert!(cached(node, key).is_some());
        }
    }

    async fn stop(self) {
        for tasks in self.tasks {
            tasks.leave().await;
        }
        self.app.close().await;
    }

    async fn rows(&self) -> i64 {
        self.app
            .intruder()
            .await
            .number("SELECT COUNT(*) FROM nodes")
            .await
    }
}

// P1, P2
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_is_answered_when_no_node_has_the_key_in_memory() {
    let cluster = Cluster::start().await;
    let olga = cluster.app.north("olga").await;
    for _ in 0..20 {
        let key = cluster.app.north_key("max").await;
        cluster.warm(&key.plain).await;
        let running = cached(&cluster.other, &key.plain).expect("in memory");
        let elsewhere = tokio::spawn(async move {
            running.guard.cancelled().await;
            running
        });
        let revoked = cluster
            .app
            .engine
            .revoke_key(&olga, revoke(key.view.key_id))
            .await
            .expect("revoked");
        assert_eq!(revoked.stopped.nodes, 3);
        for node in [&cluster.other, &cluster.third] {
            assert!(cached(node, &key.plain).is_none());
            assert_eq!(
                refusal(node.authenticate_key(&key.plain, origin()).await),
                Code::Unauthorized
            );
        }
        let ended = elsewhere.await.expect("cancelled");
        assert!(!cluster.other.is_still_admitted(&ended));
    }
    cluster.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lowering_and_removing_an_owner_reaches_every_node() {
    let cluster = Cluster::start().await;
    let olga = cluster.app.north("olga").await;
    let key = cluster.app.north_key("ada").await;
    cluster.warm(&key.plain).await;
    let app = &cluster.app;
    app.engine
        .change_member(&olga, key.view.actor_id, Role::Member)
        .await
        .expect("lowered");
    assert!(cached(&cluster.other, &key.plain).is_none());
    let lowered = cluster
        .other
        .authenticate_key(&key.plain, origin())
        .await
        .expect("still valid");
    assert_eq!(lowered.ctx.actor().role, Role::Member);
    app.engine
        .remove_member(&olga, key.view.actor_id)
        .await
        .expect("removed");
    assert_eq!(
        refusal(
            cluster
                .other
                .authenticate_key(&key.plain, origin())
                .await
        ),
        Code::Forbidden
    );
    drop(lowered);
    cluster.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_without_a_lease_reads_the_database() {
    let mut cluster = Cluster::start().await;
    let key = cluster.app.north_key("max").await;
    cluster.warm(&key.plain).await;
    let running = cached(&cluster.other, &key.plain).expect("in memory");
    let stopped = cluster.tasks.remove(1);
    drop(stopped);
    assert!(cached(&cluster.other, &key.plain).is_none());
    // Its answer leaves only after the state was read again.
    assert!(!cluster.other.is_still_admitted(&running));
    cluster
        .other
        .recheck_key(&running)
        .await
        .expect("read again");
    drop(running);
    let olga = cluster.app.north("olga").await;
    cluster
        .app
        .engine
        .revoke_key(&olga, revoke(key.view.key_id))
        .await
        .expect("revoked");
    assert_eq!(
        refusal(
            cluster
                .other
                .authenticate_key(&key.plain, origin())
                .await
        ),
        Code::Unauthorized
    );
    // The row of the dead node is gone, so the next revocation does not wait for it.
    assert_eq!(cluster.rows().await, 2);
    cluster.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_row_was_removed_joins_again() {
    let cluster = Cluster::start().await;
    let key = cluster.app.north_key("max").await;
    cluster.warm(&key.plain).await;
    cluster
        .app
        .intruder()
        .await
        .run("DELETE FROM nodes")
        .await;
    for _ in 0..500 {
        if cluster.rows().await == 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(cluster.rows().await, 3);
    // It begins with nothing in memory.
    assert!(cached(&cluster.other, &key.plain).is_none());
    cluster.warm(&key.plain).await;
    cluster.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_revocation_also_waits_for_the_other_nodes() {
    let cluster = Cluster::start().await;
    let key = cluster.app.north_key("max").await;
    let olga = cluster.app.north("olga").await;
    let first = revoke(key.view.key_id);
    cluster
        .app
        .engine
        .revoke_key(&olga, first)
        .await
        .expect("revoked");
    let again = cluster
        .other
        .revoke_key(&olga, revoke(key.view.key_id))
        .await
        .expect("revoked before");
    assert!(!again.fresh);
    assert_eq!(again.stopped.nodes, 3);
    cluster.stop().await;
}

// P1: the node that answers a repetition may not have applied the change of the other one yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_answers_a_repeated_revocation_has_applied_the_first_one() {
    let cluster = Cluster::start().await;
    let olga = cluster.app.north("olga").await;
    for _ in 0..20 {
        let key = cluster.app.north_key("max").await;
        cluster.warm(&key.plain).await;
        // Its hints are lost, so that it applies changes late.
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE application_name = 'roundtable-changes' AND datname = current_database()";
        cluster.app.intruder().await.run(kill).await;
        let revoke = || revoke(key.view.key_id);
        let (first, again) = tokio::join!(
            cluster.app.engine.revoke_key(&olga, revoke()),
            async {
                tokio::time::sleep(Duration::from_millis(5)).await;
                let again = cluster.other.revoke_key(&olga, revoke()).await;
                (again, cached(&cluster.other, &key.plain).is_none())
            }
        );
        first.expect("revoked");
        again.0.expect("revoked");
        assert!(again.1, "the key is still admitted from memory");
    }
    cluster.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_connection_for_hints_only_delays_a_revocation() {
    let cluster = Cluster::start().await;
    let olga = cluster.app.north("olga").await;
    for connection in ["roundtable-changes", "roundtable-lease"] {
        let key = cluster.app.north_key("max").await;
        cluster.warm(&key.plain).await;
        let kill = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE application_name = '{connection}' AND datname = current_database()"
        );
        cluster.app.intruder().await.run(&kill).await;
        cluster
            .app
            .engine
            .revoke_key(&olga, revoke(key.view.key_id))
            .await
            .expect("revoked");
        for node in [&cluster.other, &cluster.third] {
            assert!(cached(node, &key.plain).is_none());
            assert_eq!(
                refusal(node.authenticate_key(&key.plain, origin()).await),
                Code::Unauthorized
            );
        }
    }
    cluster.stop().await;
}
