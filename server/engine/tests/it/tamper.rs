//! Direct writes to the database: a key stops working if any of its security columns is altered.

use domain::view::NewKey;
use domain::{Code, Role};

use crate::intruder::{Cells, Intruder, Value, cell};
use crate::prove;
use crate::test_app::{NORTH, SOUTH, TestApp, refusal, revoke};

/// The number of values with which each column is overwritten.
const TRIES: usize = 50;

/// The row of a key or an actor, and the condition that selects it.
async fn row(intruder: &mut Intruder, table: &str, id: i64) -> (Cells, String) {
    let which = format!("id = {id}");
    let mut rows = intruder
        .rows(&format!("SELECT * FROM {table} WHERE {which}"))
        .await;
    (rows.remove(0), which)
}

/// Restores a row.
async fn restore(intruder: &mut Intruder, table: &str, row: &Cells, new_id: Option<&Value>) {
    let id = intruder.literal(&row[0].1);
    intruder
        .run(&format!("DELETE FROM {table} WHERE id = {id}"))
        .await;
    if let Some(new) = new_id {
        let new = intruder.literal(new);
        intruder
            .run(&format!("DELETE FROM {table} WHERE id = {new}"))
            .await;
    }
    intruder.insert(table, row).await;
}

/// Values of the column's type that differ from the stored value; the most likely forgeries first.
fn forgeries(app: &TestApp, column: &str, stored: &Value) -> Vec<Value> {
    let text = |words: &[&str]| {
        words
            .iter()
            .map(|word| Value::Text((*word).into()))
            .collect::<Vec<_>>()
    };
    if let Value::Flag(flag) = stored {
        return vec![Value::Flag(!flag)];
    }
    let likely = match column {
        "role_cap" | "role" => text(&["owner", "admin", "member", "Owner", ""]),
        "kind" => text(&["sk", "live", "test", "service", "member"]),
        column if may_be_absent(column) => vec![Value::Null, Value::Number(0)],
        "scopes" => text(&["", "keys:read", "keys:write workspaces:write"]),
        "revoke_reason" | "claim_email" => [
            vec![Value::Null],
            text(&["", "leaked", "olga@example.test"]),
        ]
        .concat(),
        _ => Vec::new(),
    };
    let random = (0..TRIES).map(|n| match (column, stored) {
        (_, Value::Bytes(bytes)) if n % 2 == 0 => {
            let mut flipped = bytes.clone();
            let at = usize::from(u16::from_be_bytes(app.runtime.bytes())) % flipped.len();
            flipped[at] ^= 1 << (n % 8);
            Value::Bytes(flipped)
        }
        (_, Value::Bytes(bytes)) => {
            Value::Bytes(app.runtime.bytes::<80>()[..bytes.len() - n % 3].to_vec())
        }
        (_, Value::Number(_)) => Value::Number(i64::from_be_bytes(app.runtime.bytes()) >> (n % 60)),
        _ if may_be_absent(column) || column == "created_by" => {
            Value::Number(i64::from_be_bytes(app.runtime.bytes()) >> (n % 60))
        }
        _ => Value::Text(String::from_utf8_lossy(&app.runtime.base62::<12>()).into_owned()),
    });
    likely
        .into_iter()
        .chain(random)
        .filter(|value| value != stored)
        .collect()
}

/// Numeric columns that can be null.
fn may_be_absent(column: &str) -> bool {
    let others = [
        "revoked_by",
        "person_id",
        "rotated_from",
        "rotated_to",
        "api_id",
    ];
    (column.ends_with("_at") && column != "created_at") || others.contains(&column)
}

async fn assert_refused(app: &TestApp, key: &NewKey, what: &str) {
    assert!(app.admit(&key.plain).await.is_err(), "{what}");
}

both! {
    // B5
    a_key_with_an_altered_ciphertext_or_mac_is_rejected(app) {
        let key = app.north_key("max").await;
        let mut intruder = app.intruder().await;
        let (stored, which) = row(&mut intruder, "api_keys", key.view.key_id.0).await;
        for column in ["sealed", "lookup", "row_mac", "public_key"] {
            let Value::Bytes(bytes) = cell(&mut stored.clone(), column).clone() else { panic!("no bytes") };
            for at in 0..bytes.len() {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << (at % 8);
                intruder.set("api_keys", column, &Value::Bytes(flipped), &which).await;
                assert_eq!(refusal(app.admit(&key.plain).await), Code::Unauthorized, "byte {at} of {column}");
            }
            intruder.set("api_keys", column, &Value::Bytes(bytes), &which).await;
        }
        app.with_key(&key.plain).await;
    }

    // B5
    a_key_with_an_altered_security_column_is_rejected(app) {
        let (live, revoked) = (app.north_key("max").await, app.north_key("max").await);
        app.engine.revoke_key(&app.north("max").await, revoke(revoked.view.key_id)).await.expect("revoked");
        // Names, descriptions, last uses and the sort order are only displayed. Every other column is protected.
        let for_show =
            ["name", "folded_name", "description", "last_used_at", "last_used_address", "last_used_agent", "sole", "rank"];
        let mut intruder = app.intruder().await;
        for key in [&live, &revoked] {
            let (stored, which) = row(&mut intruder, "api_keys", key.view.key_id.0).await;
            for (column, value) in stored.iter().filter(|(column, _)| !for_show.contains(&column.as_str())) {
                for forged in forgeries(app, column, value) {
                    intruder.set("api_keys", column, &forged, &which).await;
                    assert_refused(app, key, &format!("{column} became {forged:?}")).await;
                    match column.as_str() {
                        "id" => restore(&mut intruder, "api_keys", &stored, Some(&forged)).await,
                        _ => intruder.set("api_keys", column, value, &which).await,
                    }
                }
            }
        }
        app.with_key(&live.plain).await;
        assert_refused(app, &revoked, "unaltered, but revoked").await;
    }

    // B5
    a_key_of_an_altered_actor_is_rejected(app) {
        let key = app.north_key("ada").await;
        let (caller, _) = app.browser("ada").await;
        let north = app.organization(NORTH).await;
        let enter = async || app.engine.enter_organization(&caller, &north, crate::test_app::origin()).await;
        let mut intruder = app.intruder().await;
        let (stored, which) = row(&mut intruder, "actors", app.member("ada", NORTH).await.0).await;
        for (column, value) in stored.iter().filter(|(column, _)| !column.ends_with("name")) {
            for forged in forgeries(app, column, value) {
                intruder.set("actors", column, &forged, &which).await;
                assert_refused(app, &key, &format!("{column} became {forged:?}")).await;
                assert!(enter().await.is_err(), "{column} became {forged:?}");
                match column.as_str() {
                    "id" => restore(&mut intruder, "actors", &stored, Some(&forged)).await,
                    _ => intruder.set("actors", column, value, &which).await,
                }
            }
        }
        app.with_key(&key.plain).await;
        enter().await.expect("restored");
    }

    // B5
    a_request_writes_nothing_after_its_actor_is_altered(app) {
        let ada = app.north("ada").await;
        let which = format!("id = {}", ada.actor().id);
        app.intruder().await.set("actors", "role", &Value::Text("owner".into()), &which).await;
        assert!(app.workspace(&ada, "Late").await.is_err());
    }

    // B5
    a_key_moved_to_another_organization_or_owner_is_rejected(app) {
        let key = app.north_key("max").await;
        let (una, olga) = (app.member("una", SOUTH).await, app.member("olga", NORTH).await);
        let south = app.organization(SOUTH).await;
        let mut intruder = app.intruder().await;
        let (stored, which) = row(&mut intruder, "api_keys", key.view.key_id.0).await;
        for owner in [format!("organization_id = '{south}', actor_id = {una}, created_by = {una}"), format!("actor_id = {olga}, created_by = {olga}")] {
            intruder.run(&format!("UPDATE api_keys SET {owner} WHERE {which}")).await;
            assert_refused(app, &key, &owner).await;
            restore(&mut intruder, "api_keys", &stored, None).await;
        }
        app.with_key(&key.plain).await;
    }

    // B5
    ciphertexts_and_macs_swapped_between_rows_are_rejected(app) {
        let max = app.north("max").await;
        let mut keys = Vec::new();
        for _ in 0..100 {
            keys.push(app.key_of(&max).await);
        }
        let mut intruder = app.intruder().await;
        let mut rows = Vec::new();
        for key in &keys {
            rows.push(row(&mut intruder, "api_keys", key.view.key_id.0).await);
        }
        // In a full run every ciphertext is swapped with every other.
        let steps: Vec<usize> = if prove::count(0, 1) == 0 { vec![1, 37] } else { (1..keys.len()).collect() };
        let mut swaps = 0;
        for step in steps {
            for (at, key) in keys.iter().enumerate() {
                let (mut first, here) = rows[at].clone();
                let (mut second, _) = rows[(at + step) % rows.len()].clone();
                intruder.set("api_keys", "sealed", cell(&mut second, "sealed"), &here).await;
                assert_refused(app, key, "the ciphertext of another row").await;
                intruder.set("api_keys", "row_mac", cell(&mut second, "row_mac"), &here).await;
                assert_refused(app, key, "ciphertext and MAC of another row").await;
                intruder.set("api_keys", "sealed", cell(&mut first, "sealed"), &here).await;
                assert_refused(app, key, "the MAC of another row").await;
                intruder.set("api_keys", "row_mac", cell(&mut first, "row_mac"), &here).await;
                swaps += 1;
            }
        }
        prove::shown(app, "seal-swaps", swaps);
        for key in &keys {
            app.with_key(&key.plain).await;
        }
    }

    // B6
    a_row_restored_from_before_its_revocation_is_rejected(app) {
        let (max, mut images) = (app.north("max").await, Vec::new());
        let mut intruder = app.intruder().await;
        for _ in 0..prove::count(50, 200) {
            let key = app.key_of(&max).await;
            images.push((row(&mut intruder, "api_keys", key.view.key_id.0).await.0, key));
        }
        for (_, key) in &images {
            app.engine.revoke_key(&max, revoke(key.view.key_id)).await.expect("revoked");
        }
        for (image, key) in &images {
            restore(&mut intruder, "api_keys", image, None).await;
            assert_refused(app, key, "the row from before its revocation").await;
        }
        prove::shown(app, "old-rows", images.len());
    }

    // B6
    hiding_the_revocation_from_the_log_breaks_the_chain(app) {
        let (key, max) = (app.north_key("max").await, app.north("max").await);
        let mut intruder = app.intruder().await;
        let (image, _) = row(&mut intruder, "api_keys", key.view.key_id.0).await;
        app.engine.revoke_key(&max, revoke(key.view.key_id)).await.expect("revoked");
        app.key_of(&max).await;
        restore(&mut intruder, "api_keys", &image, None).await;
        intruder.run("DELETE FROM audit_events WHERE action = 'key.revoked'").await;
        let state = app.engine.verify_audit(&app.organization(NORTH).await).await.expect("read");
        assert!(matches!(state, engine::audit::ChainState::Broken(_)));
    }

    // B7
    forged_rows_are_rejected(app) {
        let template = app.north_key("olga").await;
        let mut intruder = app.intruder().await;
        let (stored, _) = row(&mut intruder, "api_keys", template.view.key_id.0).await;
        let forgeries = prove::count(100, 1_000);
        for n in 0..i64::try_from(forgeries).expect("small") {
            let brand = domain::token::Brand::default();
            let key = engine::key_material::generate(&app.runtime, &brand, domain::token::KeyKind::Secret);
            let verifier = engine::key_material::derive_verifier(&key);
            let mut forged = stored.clone();
            *cell(&mut forged, "id") = Value::Number(1_000 + n);
            *cell(&mut forged, "key_prefix") = Value::Text(key.prefix());
            *cell(&mut forged, "preview") = Value::Text(key.preview());
            *cell(&mut forged, "public_key") = Value::Bytes(verifier.public_key.to_vec());
            *cell(&mut forged, "lookup") = Value::Bytes(match n % 3 {
                0 => verifier.auth.to_vec(),
                1 => engine::keyring::hash(&engine::keyring::CanonicalEncoder::default().bytes(verifier.auth.as_slice())),
                _ => app.runtime.bytes::<32>().to_vec(),
            });
            intruder.insert("api_keys", &forged).await;
            assert_eq!(refusal(app.admit(&key).await), Code::Unauthorized);
        }
        app.with_key(&template.plain).await;
        prove::shown(app, "forged-rows", forgeries);
    }

    // B7
    a_forged_row_with_a_valid_lookup_digest_is_rejected(app) {
        // Only the lookup key leaked: the row is found, but its ciphertext and MAC cannot be
        // forged.
        let template = app.north_key("olga").await;
        let ring = engine::keyring::open(&app.db, &app.master, None).await.expect("the ring");
        let mut intruder = app.intruder().await;
        let (stored, _) = row(&mut intruder, "api_keys", template.view.key_id.0).await;
        let key = engine::key_material::generate(&app.runtime, &domain::token::Brand::default(), domain::token::KeyKind::Secret);
        let (id, lookup) = ring.lookup(engine::keyring::Purpose::Lookup, engine::key_material::auth_value(&key).as_slice());
        let mut forged = stored.clone();
        *cell(&mut forged, "id") = Value::Number(1_000);
        *cell(&mut forged, "lookup_key_id") = Value::Number(id);
        *cell(&mut forged, "lookup") = Value::Bytes(lookup);
        intruder.insert("api_keys", &forged).await;
        assert_eq!(refusal(app.admit(&key).await), Code::Unauthorized);
    }

    // B6
    a_restored_role_is_rejected(app) {
        let (key, olga) = (app.north_key("ada").await, app.north("olga").await);
        let ada = app.member("ada", NORTH).await;
        let mut intruder = app.intruder().await;
        let (image, _) = row(&mut intruder, "actors", ada.0).await;
        app.engine.change_member(&olga, ada, Role::Member).await.expect("demoted");
        let (demoted, _) = row(&mut intruder, "actors", ada.0).await;
        restore(&mut intruder, "actors", &image, None).await;
        assert_refused(app, &key, "an admin again").await;
        assert!(app.enter("ada", NORTH).await.is_err(), "an admin again");
        restore(&mut intruder, "actors", &demoted, None).await;
        app.with_key(&key.plain).await;
        app.engine.remove_member(&olga, ada).await.expect("removed");
        restore(&mut intruder, "actors", &demoted, None).await;
        assert_refused(app, &key, "a member again").await;
        assert!(app.enter("ada", NORTH).await.is_err(), "a member again");
    }

    // B5
    a_change_does_not_authenticate_an_altered_member(app) {
        let (olga, max) = (app.north("olga").await, app.member("max", NORTH).await);
        app.engine.remove_member(&olga, max).await.expect("removed");
        app.intruder().await.set("actors", "removed_at", &Value::Null, &format!("id = {max}")).await;
        let before = crate::test_app::everything(app).await;
        assert_eq!(refusal(app.engine.change_member(&olga, max, Role::Member).await), Code::Internal);
        assert_eq!(before, crate::test_app::everything(app).await);
    }
}
