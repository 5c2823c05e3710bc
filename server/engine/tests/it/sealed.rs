//! Messages and notes, which only their key and its successors can decrypt (D16).

use domain::command::{RotateKey, SealText};
use domain::event::AuditAction;
use domain::view::{Items, NewKey, Sealed};
use domain::{ActorId, Code, ItemId, SealedKind};
use engine::key_material::{self, Decryptor, SealContext};
use engine::{Ctx, Result};
use zeroize::Zeroizing;

use crate::dump::Needles;
use crate::intruder::{Intruder, Value};
use crate::test_app::{NORTH, TestApp, everything, refusal, revoke};

const MANY: usize = 1_000;

fn text(words: &str) -> SealText {
    SealText::read(words).expect("a text")
}

/// Sends a message of Max to a member of North.
async fn send(app: &TestApp, to: ActorId, words: &str) -> Sealed {
    app.engine
        .send_message(&app.north("max").await, to, text(words))
        .await
        .expect("sent")
}

async fn inbox(app: &TestApp, key: &NewKey) -> Items {
    let admitted = app.with_key(&key.plain).await;
    app.engine
        .read_items(&admitted.ctx, &key.plain, SealedKind::Inbox, 10_000)
        .await
        .expect("an inbox")
}

async fn notebook(app: &TestApp, key: &NewKey) -> Items {
    let admitted = app.with_key(&key.plain).await;
    app.engine
        .read_items(
            &admitted.ctx,
            &key.plain,
            SealedKind::Notebook,
            10_000,
        )
        .await
        .expect("a notebook")
}

async fn note(app: &TestApp, key: &NewKey, words: &str) -> Result<Sealed> {
    app.engine
        .write_item(
            &app.with_key(&key.plain).await.ctx,
            SealedKind::Notebook,
            text(words),
        )
        .await
}

fn texts(items: &Items) -> Vec<&str> {
    items
        .items
        .iter()
        .map(|item| item.opened.text.as_str())
        .collect()
}

/// The number of messages that the key can decrypt, and the number of the others.
async fn count(app: &TestApp, key: &NewKey) -> (usize, i64) {
    let items = inbox(app, key).await;
    (items.items.len(), items.unreadable)
}

async fn deployment(intruder: &mut Intruder) -> String {
    intruder
        .text("SELECT value FROM meta WHERE name = 'deployment'")
        .await
}

/// All values that are stored with a key or an item, and the values that the key ring decrypts from
/// them, as candidates for a private key.
async fn stored_secrets(app: &TestApp, key: &NewKey) -> Vec<[u8; 32]> {
    let mut found = vec![*key_material::derive_verifier(&key.plain).auth];
    for (_, rows) in app.intruder().await.dump().await {
        for (_, value) in rows.into_iter().flatten() {
            if let Value::Bytes(bytes) = value {
                found.extend(
                    bytes
                        .windows(32)
                        .map(|window| <[u8; 32]>::try_from(window).expect("32 bytes")),
                );
            }
        }
    }
    found
}

both! {
    // RO-02
    only_the_key_of_the_recipient_decrypts_a_message(app) {
        let (ada, mia) = (app.north_key("ada").await, app.north_key("mia").await);
        let max = app.north("max").await;
        for n in 0..MANY {
            app.engine.send_message(&max, ada.view.actor_id, text(&format!("message {n}"))).await.expect("sent");
        }
        let items = inbox(app, &ada).await;
        assert_eq!((items.items.len(), items.unreadable), (MANY, 0));
        for (item, n) in items.items.iter().zip((0..MANY).rev()) {
            assert_eq!((item.opened.text.as_str(), item.opened.from.as_str()), (format!("message {n}").as_str(), "max"));
            assert_eq!((item.opened.from_actor_id, item.opened.key_id), (max.actor().id, ada.view.key_id));
        }
        assert_eq!(count(app, &mia).await, (0, 0));
        // Even if the rows are moved to Mia's inbox and refer to her key.
        let (owner, key) = (mia.view.actor_id, mia.view.key_id);
        app.intruder().await.run(&format!("UPDATE items SET actor_id = {owner}, key_id = {key}")).await;
        assert_eq!(count(app, &mia).await, (0, MANY as i64));
        assert_eq!(count(app, &ada).await, (0, 0));
    }

    // RO-02
    no_stored_value_decrypts_an_item(app) {
        let key = app.north_key("ada").await;
        let mut needles = Needles::default();
        needles.add_secret(key_material::seal_ikm(&key.plain).as_slice());
        let words = String::from_utf8_lossy(&app.runtime.base62::<40>()).into_owned();
        needles.add_secret(words.as_bytes());
        send(app, key.view.actor_id, &words).await;
        note(app, &key, &words).await.expect("written");
        assert_eq!((texts(&inbox(app, &key).await), texts(&notebook(app, &key).await)), (vec![words.as_str()], vec![words.as_str()]));
        needles.assert_absent(app).await;

        let mut intruder = app.intruder().await;
        let row = intruder.rows("SELECT id, sealed FROM items WHERE kind = 'message'").await.remove(0);
        let [(_, Value::Text(id)), (_, Value::Bytes(sealed))] = row.as_slice() else { panic!("{row:?}") };
        let (deployment, north) = (deployment(&mut intruder).await, app.organization(NORTH).await);
        let place = SealContext::item(&deployment, north.as_str(), key.view.actor_id.0, "message", id, key.view.key_id.0);
        assert!(Decryptor::of(&key_material::seal_ikm(&key.plain)).open(&place, sealed).is_ok(), "the place is right");
        for secret in stored_secrets(app, &key).await {
            assert!(Decryptor::of(&Zeroizing::new(secret)).open(&place, sealed).is_err());
        }
    }

    // C9
    an_item_with_an_altered_byte_is_not_decrypted(app) {
        let key = app.north_key("ada").await;
        let admitted = app.with_key(&key.plain).await;
        for _ in 0..2 {
            send(app, key.view.actor_id, "x").await;
        }
        let mut intruder = app.intruder().await;
        for row in intruder.rows("SELECT id, sealed FROM items").await {
            let [(_, Value::Text(id)), (_, Value::Bytes(sealed))] = row.as_slice() else { panic!("{row:?}") };
            let which = format!("id = '{id}'");
            for at in 0..sealed.len() {
                let mut flipped = sealed.clone();
                flipped[at] ^= 1 << (at % 8);
                intruder.set("items", "sealed", &Value::Bytes(flipped), &which).await;
                let items = app.engine.read_items(&admitted.ctx, &key.plain, SealedKind::Inbox, 10).await.expect("an inbox");
                assert_eq!((items.items.len(), items.unreadable), (1, 1), "byte {at}");
            }
            intruder.set("items", "sealed", &Value::Bytes(sealed.clone()), &which).await;
        }
        assert_eq!(count(app, &key).await, (2, 0));
    }

    // C9
    an_item_moved_to_another_row_is_not_decrypted(app) {
        let (key, other) = (app.north_key("ada").await, app.north_key("ada").await);
        let item = send(app, key.view.actor_id, "here").await;
        let mut intruder = app.intruder().await;
        let which = format!("actor_id = {}", key.view.actor_id);
        for (column, elsewhere, unreadable) in [
            ("id", Value::Text("item_elsewhere".into()), 1),
            ("key_id", Value::Number(other.view.key_id.0), 1),
            ("kind", Value::Text("note".into()), 0),
        ] {
            let sql = format!("SELECT {column} FROM items WHERE {which}");
            let stored = intruder.value(&sql).await;
            intruder.set("items", column, &elsewhere, &which).await;
            assert_eq!(count(app, &key).await, (0, unreadable), "{column}");
            assert!(count(app, &other).await.0 == 0 && notebook(app, &key).await.items.is_empty(), "{column}");
            intruder.set("items", column, &stored, &which).await;
        }
        assert_eq!(inbox(app, &key).await.items[0].opened.id, item.id);
    }

    // RO-27
    the_public_key_belongs_to_the_pair_that_is_derived_from_the_key(app) {
        let key = app.north_key("ada").await;
        let opener = Decryptor::of(&key_material::seal_ikm(&key.plain));
        assert_eq!(key.public_key_hex, hex::encode(opener.public_key()));
    }

    // RO-30
    every_key_has_its_own_key_pair(app) {
        let (one, two) = (app.north_key("ada").await, app.north_key("ada").await);
        assert_ne!(one.public_key_hex, two.public_key_hex);
        assert_ne!(key_material::seal_ikm(&one.plain), key_material::seal_ikm(&two.plain));
    }

    // RO-03
    items_of_a_lost_key_are_unreadable_and_counted(app) {
        let (lost, olga) = (app.north_key("ada").await, app.north("olga").await);
        for n in 0..3 {
            send(app, lost.view.actor_id, &format!("old {n}")).await;
        }
        note(app, &lost, "an old note").await.expect("written");
        app.engine.revoke_key(&olga, revoke(lost.view.key_id)).await.expect("revoked");
        let new = app.north_key("ada").await;
        send(app, lost.view.actor_id, "new").await;
        let items = inbox(app, &new).await;
        assert_eq!((texts(&items), items.unreadable), (vec!["new"], 3));
        assert_eq!(notebook(app, &new).await, Items { items: Vec::new(), unreadable: 1 });
    }

    // RO-31: another key of the same actor decrypts nothing unless the items were carried over to
    // it.
    a_successor_decrypts_the_items_of_all_its_predecessors(app) {
        let ada = app.member("ada", NORTH).await;
        let (mut line, mut intruder) = (Vec::new(), app.intruder().await);
        for generation in 0..3_usize {
            let key = app.north_key("ada").await;
            intruder.run("DELETE FROM inboxes").await;
            intruder.run(&format!("INSERT INTO inboxes SELECT organization_id, actor_id, id FROM api_keys WHERE id = {}", key.view.key_id)).await;
            send(app, ada, &format!("generation {generation}")).await;
            assert_eq!(count(app, &key).await, (1, generation as i64), "not carried over yet");
            line.push(key);
        }
        let (deployment, north) = (deployment(&mut intruder).await, app.organization(NORTH).await);
        for pair in line.windows(2) {
            let (old, new) = (&pair[0], &pair[1]);
            let place = SealContext::inherited_key(&deployment, north.as_str(), ada.0, old.view.key_id.0, new.view.key_id.0);
            let public = hex::decode(&new.public_key_hex).expect("hex");
            let sealed = key_material::seal_to(&app.runtime, &public, &place, key_material::seal_ikm(&old.plain).as_slice()).expect("sealed");
            let row = [("key_id", Value::Number(new.view.key_id.0)), ("from_key_id", Value::Number(old.view.key_id.0)), ("sealed", Value::Bytes(sealed))];
            intruder.insert("heirs", &row.map(|(column, value)| (column.to_owned(), value)).to_vec()).await;
        }
        assert_eq!(texts(&inbox(app, &line[2]).await), ["generation 2", "generation 1", "generation 0"]);
        assert_eq!(count(app, &line[1]).await, (2, 1));
        assert_eq!(count(app, &line[0]).await, (1, 2));

        // A carried-over key decrypts nothing for another successor, and a cycle of successors does
        // not loop forever.
        let stranger = app.north_key("ada").await;
        intruder.run(&format!("INSERT INTO heirs SELECT {}, from_key_id, sealed FROM heirs", stranger.view.key_id)).await;
        assert_eq!(count(app, &stranger).await, (0, 3));
        intruder.run(&format!("INSERT INTO heirs SELECT from_key_id, key_id, sealed FROM heirs WHERE key_id <> {}", stranger.view.key_id)).await;
        assert_eq!(count(app, &line[2]).await, (3, 0));
    }

    a_message_is_encrypted_for_the_oldest_active_key(app) {
        let (first, second) = (app.north_key("ada").await, app.north_key("ada").await);
        assert_eq!(send(app, first.view.actor_id, "one").await.key_id, first.view.key_id);
        app.engine.revoke_key(&app.north("olga").await, revoke(first.view.key_id)).await.expect("revoked");
        assert_eq!(send(app, first.view.actor_id, "two").await.key_id, second.view.key_id);
        app.north_key("ada").await;
        assert_eq!(send(app, first.view.actor_id, "three").await.key_id, second.view.key_id);
    }

    a_message_without_a_recipient_who_can_decrypt_it_is_rejected(app) {
        let (max, olga) = (app.north("max").await, app.north("olga").await);
        let send = async |to| app.engine.send_message(&max, to, text("hello")).await;
        let key = app.north_key("ada").await;
        app.engine.revoke_key(&olga, revoke(key.view.key_id)).await.expect("revoked");
        let (una, mia) = (app.south("una").await, app.north_key("mia").await);
        app.key_of(&una).await;
        app.engine.remove_member(&olga, mia.view.actor_id).await.expect("removed");
        let before = everything(app).await;
        assert_eq!(refusal(send(key.view.actor_id).await), Code::Conflict, "no active key");
        assert_eq!(refusal(send(una.actor().id).await), Code::NotFound, "a member of another organization");
        assert_eq!(refusal(send(mia.view.actor_id).await), Code::NotFound, "removed");
        assert_eq!(refusal(send(ActorId(9_999)).await), Code::NotFound);
        assert_eq!(before, everything(app).await);
    }

    // C9
    an_attacker_in_the_database_cannot_redirect_messages_to_their_own_key(app) {
        let (ada, mia) = (app.north_key("ada").await, app.north_key("mia").await);
        let mut intruder = app.intruder().await;
        intruder.run(&format!("INSERT INTO inboxes SELECT organization_id, {}, {} FROM actors WHERE id = 1", ada.view.actor_id, mia.view.key_id)).await;
        assert_eq!(send(app, ada.view.actor_id, "for ada").await.key_id, ada.view.key_id);
        let planted = Value::Bytes(hex::decode(&mia.public_key_hex).expect("hex"));
        let which = format!("id = {}", ada.view.key_id);
        intruder.set("api_keys", "public_key", &planted, &which).await;
        let before = everything(app).await;
        let refused = app.engine.send_message(&app.north("max").await, ada.view.actor_id, text("for ada")).await;
        assert_eq!(refusal(refused), Code::Internal);
        let sealed = before.iter().find(|(table, _)| table == "items").map(|(_, rows)| rows.len());
        assert_eq!(sealed, Some(1));
    }

    // C9
    only_a_request_with_the_key_can_read_the_inbox(app) {
        let (key, other) = (app.north_key("ada").await, app.north_key("ada").await);
        send(app, key.view.actor_id, "for ada").await;
        let session = app.north("ada").await;
        let admitted = app.with_key(&other.plain).await;
        for (ctx, presented) in [(&session, &key), (&admitted.ctx, &key)] {
            assert_eq!(refusal(app.engine.read_items(ctx, &presented.plain, SealedKind::Inbox, 10).await), Code::Forbidden);
            assert_eq!(refusal(app.engine.read_items(ctx, &presented.plain, SealedKind::Notebook, 10).await), Code::Forbidden);
        }
        assert_eq!(refusal(app.engine.write_item(&session, SealedKind::Notebook, text("a note")).await), Code::Forbidden);
    }

    a_list_contains_the_newest_items_up_to_its_limit(app) {
        let key = app.north_key("ada").await;
        for n in 0..5 {
            send(app, key.view.actor_id, &n.to_string()).await;
        }
        let admitted = app.with_key(&key.plain).await;
        let items = app.engine.read_items(&admitted.ctx, &key.plain, SealedKind::Inbox, 2).await.expect("an inbox");
        assert_eq!((texts(&items), items.unreadable), (vec!["4", "3"], 0));
    }

    only_the_owner_can_delete_an_item(app) {
        let (ada, mia) = (app.north_key("ada").await, app.north("mia").await);
        let (message, note) = (send(app, ada.view.actor_id, "hello").await.id, note(app, &ada, "remember").await.expect("written").id);
        let before = everything(app).await;
        for ctx in [&mia, &app.north("olga").await] {
            assert_eq!(refusal(app.engine.delete_item(ctx, SealedKind::Inbox, &message).await), Code::NotFound);
            assert_eq!(refusal(app.engine.delete_item(ctx, SealedKind::Notebook, &note).await), Code::NotFound);
        }
        let owner = app.with_key(&ada.plain).await;
        assert_eq!(refusal(app.engine.delete_item(&owner.ctx, SealedKind::Inbox, &note).await), Code::NotFound, "a note is not a message");
        assert_eq!(refusal(app.engine.delete_item(&owner.ctx, SealedKind::Notebook, &message).await), Code::NotFound);
        let rows = |dump: &Vec<(String, Vec<_>)>| dump.iter().find(|(table, _)| table == "items").map(|(_, rows)| rows.len());
        assert_eq!((rows(&before), rows(&everything(app).await)), (Some(2), Some(2)));
        app.engine.delete_item(&owner.ctx, SealedKind::Inbox, &message).await.expect("deleted");
        app.engine.delete_item(&owner.ctx, SealedKind::Notebook, &note).await.expect("deleted");
        assert_eq!(refusal(app.engine.delete_item(&owner.ctx, SealedKind::Inbox, &message).await), Code::NotFound);
        assert_eq!(count(app, &ada).await, (0, 0));
    }

    every_item_has_events_without_its_text(app) {
        let (ada, olga) = (app.north_key("ada").await, app.north("olga").await);
        let message = send(app, ada.view.actor_id, "the secret plan").await.id;
        let written = note(app, &ada, "the secret plan").await.expect("written").id;
        let owner = app.with_key(&ada.plain).await;
        app.engine.delete_item(&owner.ctx, SealedKind::Inbox, &message).await.expect("deleted");
        app.engine.delete_item(&owner.ctx, SealedKind::Notebook, &written).await.expect("deleted");
        let events = app.engine.read_audit_log(&olga, &Default::default(), 4).await.expect("the log").rows;
        let event = |what, id: &ItemId| (what, "item".to_owned(), id.to_string());
        let found: Vec<_> = events.iter().map(|event| (event.action, event.object_kind.clone(), event.object_id.clone())).collect();
        assert_eq!(found, [
            event(AuditAction::NoteDeleted, &written),
            event(AuditAction::MessageDeleted, &message),
            event(AuditAction::NoteWritten, &written),
            event(AuditAction::MessageSent, &message),
        ]);
        assert!(!format!("{events:?}").contains("secret plan"));
        let (mia, recipient) = (app.north("mia").await, app.north("ada").await);
        assert_eq!(events[3].object_label, "ada");
        assert!(app.newest_event(&recipient).await.n >= events[3].n);
        assert!(app.engine.read_audit_log(&mia, &Default::default(), 99).await.expect("the log").rows.iter().all(|event| event.object_kind != "item"));
        app.sound_chain(NORTH).await;
    }

    // B20
    a_request_writes_and_deletes_no_item_after_its_key_is_revoked(app) {
        let (key, olga): (NewKey, Ctx) = (app.north_key("ada").await, app.north("olga").await);
        let message = send(app, key.view.actor_id, "hello").await.id;
        let ctx = app.with_key(&key.plain).await.ctx.clone();
        app.engine.revoke_key(&olga, revoke(key.view.key_id)).await.expect("revoked");
        let before = everything(app).await;
        assert_eq!(refusal(app.engine.write_item(&ctx, SealedKind::Notebook, text("late")).await), Code::Unauthorized);
        assert_eq!(refusal(app.engine.send_message(&ctx, olga.actor().id, text("late")).await), Code::Unauthorized);
        assert_eq!(refusal(app.engine.delete_item(&ctx, SealedKind::Inbox, &message).await), Code::Unauthorized);
        assert_eq!(before, everything(app).await);
    }

    no_message_is_encrypted_for_a_key_without_access_to_the_inbox(app) {
        let ci = app.restricted_key("ada", "production", &["runs:write"]).await;
        app.restricted_key("ada", "test", &["runs:write"]).await;
        let max = app.north("max").await;
        assert_eq!(refusal(app.engine.send_message(&max, ci.view.actor_id, text("hello")).await), Code::Conflict);
        let reader = app.restricted_key("ada", "production", &["inbox:read"]).await;
        assert_eq!(send(app, ci.view.actor_id, "hello").await.key_id, reader.view.key_id);
        assert_eq!(texts(&inbox(app, &reader).await), ["hello"]);
        assert_eq!(refusal(note(app, &reader, "remember").await), Code::MissingScope);
        let ctx = app.with_key(&ci.plain).await.ctx.clone();
        assert_eq!(refusal(app.engine.read_items(&ctx, &ci.plain, SealedKind::Inbox, 10).await), Code::MissingScope);
    }

    // RO-31
    a_rotation_makes_items_unreadable_unless_they_are_carried_over(app) {
        for (carry_over, readable) in [(false, 0), (true, 2)] {
            let old = app.north_key("ada").await;
            app.intruder().await.run("DELETE FROM items").await;
            app.intruder().await.run("DELETE FROM inboxes").await;
            let words = ["one", "two"];
            for word in words {
                note(app, &old, word).await.expect("written");
            }
            let admitted = app.with_key(&old.plain).await;
            let command = RotateKey { confirm_message_loss: !carry_over, ..RotateKey::immediately(old.view.key_id) };
            let rotated = app.engine.rotate_calling_key(&admitted.ctx, &old.plain, command, carry_over, None).await.expect("rotated");
            assert_ne!(rotated.new.public_key_hex, old.public_key_hex);
            let items = notebook(app, &rotated.new).await;
            assert_eq!((items.items.len(), items.unreadable), (readable, 2 - readable as i64));
            assert_eq!((rotated.orphaned.messages(), rotated.orphaned.items()), (0, items.unreadable));
            assert_eq!(refusal(app.admit(&old.plain).await), Code::Unauthorized);
        }
    }
}
