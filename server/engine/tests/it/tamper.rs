//! Someone writes to the database directly: whatever they change, the key it belongs to stops working.

use domain::view::NewKey;
use domain::{Code, Role};

use crate::house::{House, NORTH, SOUTH, refusal, revoke};
use crate::intruder::{Cells, Intruder, Value, cell};
use crate::prove;

/// How many other values each column is overwritten with.
const TRIES: usize = 50;

/// The row of a key or an actor, and how to name it.
async fn row(intruder: &mut Intruder, table: &str, id: i64) -> (Cells, String) {
    let which = format!("id = {id}");
    let mut rows = intruder.rows(&format!("SELECT * FROM {table} WHERE {which}")).await;
    (rows.remove(0), which)
}

/// Puts a row back as it was, whatever became of it.
async fn put_back(intruder: &mut Intruder, table: &str, row: &Cells, new_id: Option<&Value>) {
    let id = intruder.literal(&row[0].1);
    intruder.run(&format!("DELETE FROM {table} WHERE id = {id}")).await;
    if let Some(new) = new_id {
        let new = intruder.literal(new);
        intruder.run(&format!("DELETE FROM {table} WHERE id = {new}")).await;
    }
    intruder.insert(table, row).await;
}

/// Values unlike the stored one, of the kind that the column holds; the likeliest forgeries come first.
fn forgeries(house: &House, column: &str, stored: &Value) -> Vec<Value> {
    let text = |words: &[&str]| words.iter().map(|word| Value::Text((*word).into())).collect::<Vec<_>>();
    if let Value::Flag(flag) = stored {
        return vec![Value::Flag(!flag)];
    }
    let likely = match column {
        "role_cap" | "role" => text(&["owner", "admin", "member", "Owner", ""]),
        "kind" => text(&["sk", "live", "test", "service", "member"]),
        column if may_be_absent(column) => vec![Value::Null, Value::Number(0)],
        "scopes" => text(&["", "keys:read", "keys:write workspaces:write"]),
        "revoke_reason" | "claim_email" => [vec![Value::Null], text(&["", "leaked", "olga@example.test"])].concat(),
        _ => Vec::new(),
    };
    let random = (0..TRIES).map(|n| match (column, stored) {
        (_, Value::Bytes(bytes)) if n % 2 == 0 => {
            let mut flipped = bytes.clone();
            let at = usize::from(u16::from_be_bytes(house.outside.bytes())) % flipped.len();
            flipped[at] ^= 1 << (n % 8);
            Value::Bytes(flipped)
        }
        (_, Value::Bytes(bytes)) => Value::Bytes(house.outside.bytes::<80>()[..bytes.len() - n % 3].to_vec()),
        (_, Value::Number(_)) => Value::Number(i64::from_be_bytes(house.outside.bytes()) >> (n % 60)),
        _ if may_be_absent(column) || column == "created_by" => {
            Value::Number(i64::from_be_bytes(house.outside.bytes()) >> (n % 60))
        }
        _ => Value::Text(String::from_utf8_lossy(&house.outside.base62::<12>()).into_owned()),
    });
    likely.into_iter().chain(random).filter(|value| value != stored).collect()
}

/// Columns of numbers that may be absent.
fn may_be_absent(column: &str) -> bool {
    let others = ["revoked_by", "person_id", "rotated_from", "rotated_to"];
    (column.ends_with("_at") && column != "created_at") || others.contains(&column)
}

async fn assert_refused(house: &House, key: &NewKey, what: &str) {
    assert!(house.admit(&key.plain).await.is_err(), "{what}");
}

both! {
    b5_a_seal_with_any_byte_flipped_is_refused(house) {
        let key = house.north_key("max").await;
        let mut intruder = house.intruder().await;
        let (stored, which) = row(&mut intruder, "api_keys", key.view.key_id.0).await;
        for column in ["sealed", "lookup", "row_mac", "public_key"] {
            let Value::Bytes(bytes) = cell(&mut stored.clone(), column).clone() else { panic!("no bytes") };
            for at in 0..bytes.len() {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << (at % 8);
                intruder.set("api_keys", column, &Value::Bytes(flipped), &which).await;
                assert_eq!(refusal(house.admit(&key.plain).await), Code::Unauthorized, "byte {at} of {column}");
            }
            intruder.set("api_keys", column, &Value::Bytes(bytes), &which).await;
        }
        house.with_key(&key.plain).await;
    }

    b5_every_security_column_of_a_key_is_sealed(house) {
        let (live, ended) = (house.north_key("max").await, house.north_key("max").await);
        house.engine.revoke_key(&house.north("max").await, revoke(ended.view.key_id)).await.expect("revoked");
        // Names, last uses and the order of lists are for show; every other column counts.
        let for_show =
            ["name", "folded_name", "last_used_at", "last_used_address", "last_used_agent", "sole", "rank"];
        let mut intruder = house.intruder().await;
        for key in [&live, &ended] {
            let (stored, which) = row(&mut intruder, "api_keys", key.view.key_id.0).await;
            for (column, value) in stored.iter().filter(|(column, _)| !for_show.contains(&column.as_str())) {
                for forged in forgeries(house, column, value) {
                    intruder.set("api_keys", column, &forged, &which).await;
                    assert_refused(house, key, &format!("{column} became {forged:?}")).await;
                    match column.as_str() {
                        "id" => put_back(&mut intruder, "api_keys", &stored, Some(&forged)).await,
                        _ => intruder.set("api_keys", column, value, &which).await,
                    }
                }
            }
        }
        house.with_key(&live.plain).await;
        assert_refused(house, &ended, "untouched, and revoked").await;
    }

    b5_every_security_column_of_an_actor_is_sealed(house) {
        let key = house.north_key("ada").await;
        let (caller, _) = house.browser("ada").await;
        let north = house.organization(NORTH).await;
        let enter = async || house.engine.admit_person(&caller, &north, crate::house::origin()).await;
        let mut intruder = house.intruder().await;
        let (stored, which) = row(&mut intruder, "actors", house.member("ada", NORTH).await.0).await;
        for (column, value) in stored.iter().filter(|(column, _)| !column.ends_with("name")) {
            for forged in forgeries(house, column, value) {
                intruder.set("actors", column, &forged, &which).await;
                assert_refused(house, &key, &format!("{column} became {forged:?}")).await;
                assert!(enter().await.is_err(), "{column} became {forged:?}");
                match column.as_str() {
                    "id" => put_back(&mut intruder, "actors", &stored, Some(&forged)).await,
                    _ => intruder.set("actors", column, value, &which).await,
                }
            }
        }
        house.with_key(&key.plain).await;
        enter().await.expect("untouched again");
    }

    b5_an_actor_altered_while_a_request_runs_writes_nothing(house) {
        let ada = house.north("ada").await;
        let which = format!("id = {}", ada.actor().id);
        house.intruder().await.set("actors", "role", &Value::Text("owner".into()), &which).await;
        assert!(house.workspace(&ada, "Late").await.is_err());
    }

    b5_a_key_moved_to_another_organization_or_owner_is_refused(house) {
        let key = house.north_key("max").await;
        let (una, olga) = (house.member("una", SOUTH).await, house.member("olga", NORTH).await);
        let south = house.organization(SOUTH).await;
        let mut intruder = house.intruder().await;
        let (stored, which) = row(&mut intruder, "api_keys", key.view.key_id.0).await;
        for owner in [format!("organization_id = '{south}', actor_id = {una}, created_by = {una}"), format!("actor_id = {olga}, created_by = {olga}")] {
            intruder.run(&format!("UPDATE api_keys SET {owner} WHERE {which}")).await;
            assert_refused(house, &key, &owner).await;
            put_back(&mut intruder, "api_keys", &stored, None).await;
        }
        house.with_key(&key.plain).await;
    }

    b5_seals_swapped_between_rows_are_refused(house) {
        let max = house.north("max").await;
        let mut keys = Vec::new();
        for _ in 0..100 {
            keys.push(house.key_of(&max).await);
        }
        let mut intruder = house.intruder().await;
        let mut rows = Vec::new();
        for key in &keys {
            rows.push(row(&mut intruder, "api_keys", key.view.key_id.0).await);
        }
        // In full, every seal is put in the place of every other.
        let steps: Vec<usize> = if prove::count(0, 1) == 0 { vec![1, 37] } else { (1..keys.len()).collect() };
        let mut swaps = 0;
        for step in steps {
            for (at, key) in keys.iter().enumerate() {
                let (mut first, here) = rows[at].clone();
                let (mut second, _) = rows[(at + step) % rows.len()].clone();
                intruder.set("api_keys", "sealed", cell(&mut second, "sealed"), &here).await;
                assert_refused(house, key, "the seal of another row").await;
                intruder.set("api_keys", "row_mac", cell(&mut second, "row_mac"), &here).await;
                assert_refused(house, key, "seal and MAC of another row").await;
                intruder.set("api_keys", "sealed", cell(&mut first, "sealed"), &here).await;
                assert_refused(house, key, "the MAC of another row").await;
                intruder.set("api_keys", "row_mac", cell(&mut first, "row_mac"), &here).await;
                swaps += 1;
            }
        }
        prove::shown(house, "seal-swaps", swaps);
        for key in &keys {
            house.with_key(&key.plain).await;
        }
    }

    b6_an_old_row_put_back_after_the_revocation_is_refused(house) {
        let (max, mut images) = (house.north("max").await, Vec::new());
        let mut intruder = house.intruder().await;
        for _ in 0..prove::count(50, 200) {
            let key = house.key_of(&max).await;
            images.push((row(&mut intruder, "api_keys", key.view.key_id.0).await.0, key));
        }
        for (_, key) in &images {
            house.engine.revoke_key(&max, revoke(key.view.key_id)).await.expect("revoked");
        }
        for (image, key) in &images {
            put_back(&mut intruder, "api_keys", image, None).await;
            assert_refused(house, key, "the row from before its revocation").await;
        }
        prove::shown(house, "old-rows", images.len());
    }

    b6_hiding_the_revocation_from_the_log_too_breaks_the_chain(house) {
        let (key, max) = (house.north_key("max").await, house.north("max").await);
        let mut intruder = house.intruder().await;
        let (image, _) = row(&mut intruder, "api_keys", key.view.key_id.0).await;
        house.engine.revoke_key(&max, revoke(key.view.key_id)).await.expect("revoked");
        house.key_of(&max).await;
        put_back(&mut intruder, "api_keys", &image, None).await;
        intruder.run("DELETE FROM audit_events WHERE action = 'key.revoked'").await;
        let state = house.engine.verify_audit(&house.organization(NORTH).await).await.expect("read");
        assert!(matches!(state, engine::audit::ChainState::Broken(_)));
    }

    b7_rows_of_the_intruders_own_making_are_refused(house) {
        let template = house.north_key("olga").await;
        let mut intruder = house.intruder().await;
        let (stored, _) = row(&mut intruder, "api_keys", template.view.key_id.0).await;
        let forgeries = prove::count(100, 1_000);
        for n in 0..i64::try_from(forgeries).expect("small") {
            let brand = domain::token::Brand::default();
            let key = engine::mint::draw(&house.outside, &brand, domain::token::Kind::Secret);
            let verifier = engine::mint::verifier(&key);
            let mut forged = stored.clone();
            *cell(&mut forged, "id") = Value::Number(1_000 + n);
            *cell(&mut forged, "key_prefix") = Value::Text(key.prefix());
            *cell(&mut forged, "preview") = Value::Text(key.preview());
            *cell(&mut forged, "public_key") = Value::Bytes(verifier.public_key.to_vec());
            *cell(&mut forged, "lookup") = Value::Bytes(match n % 3 {
                0 => verifier.auth.to_vec(),
                1 => engine::keyring::hash(&engine::keyring::Canon::default().bytes(verifier.auth.as_slice())),
                _ => house.outside.bytes::<32>().to_vec(),
            });
            intruder.insert("api_keys", &forged).await;
            assert_eq!(refusal(house.admit(&key).await), Code::Unauthorized);
        }
        house.with_key(&template.plain).await;
        prove::shown(house, "forged-rows", forgeries);
    }

    b7_even_with_the_right_digest_a_forged_row_is_refused(house) {
        // The lookup key alone leaked: the row is found, but neither seal nor MAC can be made.
        let template = house.north_key("olga").await;
        let ring = engine::keyring::open(&house.db, &house.master, None).await.expect("the ring");
        let mut intruder = house.intruder().await;
        let (stored, _) = row(&mut intruder, "api_keys", template.view.key_id.0).await;
        let key = engine::mint::draw(&house.outside, &domain::token::Brand::default(), domain::token::Kind::Secret);
        let (id, lookup) = ring.lookup(engine::keyring::Purpose::Lookup, engine::mint::auth_value(&key).as_slice());
        let mut forged = stored.clone();
        *cell(&mut forged, "id") = Value::Number(1_000);
        *cell(&mut forged, "lookup_key_id") = Value::Number(id);
        *cell(&mut forged, "lookup") = Value::Bytes(lookup);
        intruder.insert("api_keys", &forged).await;
        assert_eq!(refusal(house.admit(&key).await), Code::Unauthorized);
    }

    b6_an_old_role_put_back_in_the_database_is_refused(house) {
        let (key, olga) = (house.north_key("ada").await, house.north("olga").await);
        let ada = house.member("ada", NORTH).await;
        let mut intruder = house.intruder().await;
        let (image, _) = row(&mut intruder, "actors", ada.0).await;
        house.engine.change_role(&olga, ada, Role::Member).await.expect("demoted");
        let (demoted, _) = row(&mut intruder, "actors", ada.0).await;
        put_back(&mut intruder, "actors", &image, None).await;
        assert_refused(house, &key, "an admin again").await;
        assert!(house.enter("ada", NORTH).await.is_err(), "an admin again");
        put_back(&mut intruder, "actors", &demoted, None).await;
        house.with_key(&key.plain).await;
        house.engine.remove_member(&olga, ada).await.expect("removed");
        put_back(&mut intruder, "actors", &demoted, None).await;
        assert_refused(house, &key, "a member again").await;
        assert!(house.enter("ada", NORTH).await.is_err(), "a member again");
    }

    b5_changing_a_member_does_not_seal_an_alteration(house) {
        let (olga, max) = (house.north("olga").await, house.member("max", NORTH).await);
        house.engine.remove_member(&olga, max).await.expect("removed");
        house.intruder().await.set("actors", "removed_at", &Value::Null, &format!("id = {max}")).await;
        let before = crate::house::everything(house).await;
        assert_eq!(refusal(house.engine.change_role(&olga, max, Role::Member).await), Code::Internal);
        assert_eq!(before, crate::house::everything(house).await);
    }
}
