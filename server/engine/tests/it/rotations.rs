//! Rotations that are concurrent with each other or with a revocation.

use domain::command::RotateKey;
use domain::{Code, KeyId};
use engine::{Engine, Result};

use crate::prove;
use crate::test_app::{NORTH, TestApp, refusal, revoke};

/// The successors of a key.
async fn successors(app: &TestApp, of: KeyId) -> Vec<i64> {
    let rows = app
        .intruder()
        .await
        .rows(&format!(
            "SELECT id FROM api_keys WHERE rotated_from = {of}"
        ))
        .await;
    rows.into_iter()
        .map(|row| match row[0].1 {
            crate::intruder::Value::Number(id) => id,
            ref other => panic!("{other:?}"),
        })
        .collect()
}

async fn rotate(engine: Engine, ctx: engine::Ctx, key: KeyId) -> Result<domain::view::NewKey> {
    engine
        .rotate_key(&ctx, RotateKey::immediately(key), None)
        .await
        .map(|rotated| rotated.new)
}

both! {
    // E2, E.2: the other rotation gets a conflict.
    of_two_concurrent_rotations_of_a_key_one_succeeds(app) {
        let (max, rounds) = (app.north("max").await, prove::count(25, 1_000));
        for round in 0..rounds {
            let key = app.key_of(&max).await;
            let id = key.view.key_id;
            let one = tokio::spawn(rotate(app.engine.clone(), max.clone(), id));
            let other = tokio::spawn(rotate(app.engine.clone(), max.clone(), id));
            let (mut won, mut lost) = (Vec::new(), Vec::new());
            for done in [one.await.expect("joined"), other.await.expect("joined")] {
                match done {
                    Ok(new) => won.push(new),
                    Err(error) => lost.push(error.code()),
                }
            }
            assert_eq!((won.len(), lost.as_slice()), (1, [Code::Conflict].as_slice()), "round {round}");
            assert_eq!(successors(app, id).await, [won[0].view.key_id.0], "round {round}");
            assert_eq!(refusal(app.admit(&key.plain).await), Code::Unauthorized);
            app.with_key(&won[0].plain).await;
        }
        app.sound_chain(NORTH).await;
        prove::shown(app, "racing-rotations", rounds);
    }

    // E2, E.2: a successor exists only if the key refers to it.
    a_rotation_concurrent_with_a_revocation_leaves_the_key_revoked(app) {
        let (max, olga, rounds) = (app.north("max").await, app.north("olga").await, prove::count(25, 1_000));
        for round in 0..rounds {
            let key = app.key_of(&max).await;
            let id = key.view.key_id;
            let (engine, olga) = (app.engine.clone(), olga.clone());
            // Each of them starts first in half of the rounds.
            let revoking = async move { engine.revoke_key(&olga, revoke(id)).await };
            let (rotating, revoking) = if round % 2 == 0 {
                let rotating = tokio::spawn(rotate(app.engine.clone(), max.clone(), id));
                (rotating, tokio::spawn(revoking))
            } else {
                let revoking = tokio::spawn(revoking);
                (tokio::spawn(rotate(app.engine.clone(), max.clone(), id)), revoking)
            };
            revoking.await.expect("joined").expect("revoked now or before");
            let rotated = rotating.await.expect("joined");
            assert_eq!(refusal(app.admit(&key.plain).await), Code::Unauthorized, "round {round}");
            match rotated {
                Ok(new) => {
                    assert_eq!(successors(app, id).await, [new.view.key_id.0], "round {round}");
                    let line = app.engine.get_key(&max, id).await.expect("the old key");
                    assert_eq!(line.rotated_to, Some(new.view.key_id), "round {round}");
                    app.with_key(&new.plain).await;
                }
                Err(error) => {
                    assert_eq!(error.code(), Code::Conflict, "round {round}");
                    assert!(successors(app, id).await.is_empty(), "round {round}");
                }
            }
            let query = format!(
                "SELECT COUNT(*) FROM audit_events WHERE object_kind = 'key' AND object_id = '{id}' \
                 AND action IN ('key.revoked', 'key.rotated')"
            );
            assert_eq!(app.intruder().await.number(&query).await, 1, "round {round}");
        }
        app.sound_chain(NORTH).await;
        prove::shown(app, "rotate-against-revoke", rounds);
    }
}
