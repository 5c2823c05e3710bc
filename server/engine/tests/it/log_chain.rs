//! Verification of the hash chain while the server runs: in small batches, and without missing an
//! alteration.

use domain::view::ChainView;

use engine::Ctx;

use crate::intruder::Intruder;
use crate::test_app::{NORTH, SOUTH, TestApp, identity, origin};

async fn check(app: &TestApp, olga: &Ctx) -> ChainView {
    app.engine
        .check_chain(olga)
        .await
        .expect("the chain is read")
}

/// Signs someone in a few times.
pub async fn events(app: &TestApp, count: i64) {
    for _ in 0..count {
        app.engine
            .sign_in(&identity("max"), &origin())
            .await
            .expect("signed in");
    }
}

async fn alter(intruder: &mut Intruder, north: &str, n: i64, by: i64) {
    intruder
        .run(&format!(
            "UPDATE audit_events SET at = at + {by} WHERE organization_id = '{north}' AND n = {n}"
        ))
        .await;
}

both! {
    // RK-26
    the_chain_is_verified_up_to_the_newest_event(app) {
        let olga = app.north("olga").await;
        let last = app.sound_chain(NORTH).await;
        assert_eq!(check(app, &olga).await, ChainView { verified: last, events: last, broken: None });
        events(app, 2).await;
        assert_eq!(check(app, &olga).await, ChainView { verified: last + 2, events: last + 2, broken: None });
        let mia = app.engine.check_chain(&app.north("mia").await).await.expect("members can check it too");
        assert_eq!(mia.verified, last + 2);
    }

    // B8, B40: events that were already verified are verified again.
    an_event_altered_after_its_verification_is_detected_by_the_next_check(app) {
        let olga = app.north("olga").await;
        events(app, 5).await;
        let sound = check(app, &olga).await;
        let (mut intruder, north) = (app.intruder().await, app.organization(NORTH).await.to_string());
        for n in [1, sound.events / 2, sound.events] {
            alter(&mut intruder, &north, n, 1).await;
            for _ in 0..2 {
                assert_eq!(check(app, &olga).await.broken, Some(n));
            }
            alter(&mut intruder, &north, n, -1).await;
            assert_eq!(check(app, &olga).await, sound, "restored");
        }
    }

    // B8: a node that verified the removed events detects it even if the head was changed too.
    events_removed_from_the_end_are_detected(app) {
        let olga = app.north("olga").await;
        events(app, 5).await;
        let sound = check(app, &olga).await;
        let (mut intruder, north) = (app.intruder().await, app.organization(NORTH).await);
        let kept = sound.events - 2;
        intruder.run(&format!("DELETE FROM audit_events WHERE organization_id = '{north}' AND n > {kept}")).await;
        assert_eq!(check(app, &olga).await.broken, Some(kept + 1), "the head shows it");
        intruder.run(&format!(
            "UPDATE audit_heads SET n = {kept}, hash = (SELECT hash FROM audit_events WHERE organization_id = '{north}' AND n = {kept}) \
             WHERE organization_id = '{north}'"
        )).await;
        assert_eq!(check(app, &olga).await.broken, Some(kept + 1), "the last verified event shows it");
    }

    // The checks rotate between the organizations and start again at the end of a chain.
    chains_are_verified_in_batches(app) {
        events(app, 10).await;
        let (north, south) = (app.organization(NORTH).await, app.organization(SOUTH).await);
        let (last, other) = (app.sound_chain(NORTH).await, app.sound_chain(SOUTH).await);
        let engine = app.restarted().await;
        let mut seen = std::collections::HashMap::new();
        for _ in 0..20 {
            let checked = engine.check_chains(3).await.expect("checked");
            for (organization, view) in checked {
                let before = seen.insert(organization, view.verified).unwrap_or(0);
                assert!(view.broken.is_none() && view.verified >= before && view.verified <= before + 3, "{view:?}");
            }
        }
        assert_eq!((seen[&north], seen[&south]), (last, other));
        let mut intruder = app.intruder().await;
        alter(&mut intruder, north.as_str(), 2, 1).await;
        let mut broken = None;
        for _ in 0..40 {
            for (organization, view) in engine.check_chains(3).await.expect("checked") {
                assert!(organization == north || view.broken.is_none());
                broken = broken.or(view.broken);
            }
        }
        assert_eq!(broken, Some(2));
    }

    // The first check of a long log verifies a part of it, and reports how far it got.
    one_check_verifies_at_most_one_batch(app) {
        if app.db.is_shared() {
            return;
        }
        events(app, 2_050).await;
        let last = app.sound_chain(NORTH).await;
        let engine = app.restarted().await;
        let olga = app.north("olga").await;
        let first = engine.check_chain(&olga).await.expect("checked");
        assert_eq!(first, ChainView { verified: 2_000, events: last, broken: None });
        let second = engine.check_chain(&olga).await.expect("checked");
        assert_eq!(second, ChainView { verified: last, events: last, broken: None });
    }
}
