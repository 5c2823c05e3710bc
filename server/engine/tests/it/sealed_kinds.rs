//! The five kinds of sealed items: the same promises hold for each (D16, D31).

use domain::command::{RotateKey, SealText};
use domain::event::{AuditAction, Change};
use domain::view::{Items, NewKey, Rotated, Sealed};
use domain::{Code, ItemId, SealedCounts, SealedKind};
use engine::Result;

use crate::intruder::Value;
use crate::test_app::{NORTH, TestApp, everything, refusal, revoke};

/// The kinds that are neither messages nor notes.
const NEW: [SealedKind; 3] = [
    SealedKind::Sessions,
    SealedKind::Todos,
    SealedKind::Activities,
];

pub async fn write(app: &TestApp, key: &NewKey, kind: SealedKind, words: &str) -> Result<Sealed> {
    let text = SealText::read(words).expect("a text");
    app.engine
        .write_item(&app.with_key(&key.plain).await.ctx, kind, text)
        .await
}

pub async fn read(app: &TestApp, key: &NewKey, kind: SealedKind) -> Items {
    let admitted = app.with_key(&key.plain).await;
    app.engine
        .read_items(&admitted.ctx, &key.plain, kind, 100)
        .await
        .expect("items")
}

/// These numbers of items, in the order of the kinds.
pub fn counts(numbers: [i64; 5]) -> SealedCounts {
    SealedKind::ALL
        .into_iter()
        .zip(numbers)
        .fold(SealedCounts::NONE, |counts, (kind, number)| {
            counts.with(kind, number)
        })
}

/// Writes so many items of each kind.
pub async fn fill(app: &TestApp, key: &NewKey, numbers: SealedCounts) {
    for (kind, number) in numbers.present() {
        for n in 0..number {
            write(app, key, kind, &format!("{kind} {n}"))
                .await
                .expect("written");
        }
    }
}

/// The items that the key decrypts, and the others.
async fn decrypted(app: &TestApp, key: &NewKey) -> (SealedCounts, SealedCounts) {
    let mut both = (SealedCounts::NONE, SealedCounts::NONE);
    for kind in SealedKind::ALL {
        let items = read(app, key, kind).await;
        let readable = i64::try_from(items.items.len()).expect("a few");
        both = (
            both.0.with(kind, readable),
            both.1.with(kind, items.unreadable),
        );
    }
    both
}

pub async fn rotate(
    app: &TestApp,
    key: &NewKey,
    confirm_message_loss: bool,
    carry_over: bool,
) -> Result<Rotated> {
    let ctx = app.with_key(&key.plain).await.ctx;
    let command = RotateKey {
        confirm_message_loss,
        ..RotateKey::immediately(key.view.key_id)
    };
    app.engine
        .rotate_calling_key(&ctx, &key.plain, command, carry_over, None)
        .await
}

fn texts(items: &Items) -> Vec<&str> {
    items
        .items
        .iter()
        .map(|item| item.opened.text.as_str())
        .collect()
}

/// The word of a kind in the database.
const fn stored(kind: SealedKind) -> &'static str {
    match kind {
        SealedKind::Inbox => "message",
        SealedKind::Notebook => "note",
        SealedKind::Sessions => "session",
        SealedKind::Todos => "todo",
        SealedKind::Activities => "activity",
    }
}

both! {
    // RO-31, D31
    items_of_each_kind_are_written_read_and_deleted(app) {
        let key = app.north_key("ada").await;
        let ctx = app.with_key(&key.plain).await.ctx;
        for kind in SealedKind::ALL {
            let old = write(app, &key, kind, &format!("an old {kind}")).await.expect("written");
            write(app, &key, kind, &format!("a new {kind}")).await.expect("written");
            assert_eq!((old.actor_id, old.key_id), (key.view.actor_id, key.view.key_id));
            let items = read(app, &key, kind).await;
            assert_eq!((texts(&items), items.unreadable), (vec![format!("a new {kind}").as_str(), format!("an old {kind}").as_str()], 0));
            let done = (kind == SealedKind::Todos).then_some(false);
            assert!(items.items.iter().all(|item| item.done == done), "{kind}");
            for other in SealedKind::ALL.into_iter().filter(|other| *other != kind) {
                assert_eq!(refusal(app.engine.delete_item(&ctx, other, &old.id).await), Code::NotFound, "{kind} is not {other}");
            }
            app.engine.delete_item(&ctx, kind, &old.id).await.expect("deleted");
            assert_eq!(refusal(app.engine.delete_item(&ctx, kind, &old.id).await), Code::NotFound);
            assert_eq!(texts(&read(app, &key, kind).await), [format!("a new {kind}")]);
        }
    }

    // RO-31, RO-32, RO-33, RO-35
    a_rotation_orphans_exactly_the_items_of_each_kind(app) {
        let (old, numbers) = (app.north_key("ada").await, counts([3, 1, 2, 4, 5]));
        fill(app, &old, numbers).await;
        let ada = app.north("ada").await;
        assert_eq!(app.engine.see_rotation_loss(&ada, old.view.key_id).await.expect("counted"), numbers);
        let ctx = app.with_key(&old.plain).await.ctx;
        let before = everything(app).await;
        let command = RotateKey::immediately(old.view.key_id);
        assert_eq!(refusal(app.engine.rotate_calling_key(&ctx, &old.plain, command.clone(), false, None).await), Code::MessagesWouldBeLost);
        assert_eq!(refusal(app.engine.rotate_key(&ada, command, None).await), Code::MessagesWouldBeLost);
        assert_eq!(before, everything(app).await);
        assert_eq!(decrypted(app, &old).await, (numbers, SealedCounts::NONE));

        let rotated = rotate(app, &old, true, false).await.expect("confirmed");
        assert_eq!(rotated.orphaned, numbers);
        assert_eq!((rotated.orphaned.messages(), rotated.orphaned.items()), (3, 12));
        assert_eq!(decrypted(app, &rotated.new).await, (SealedCounts::NONE, numbers));
        assert_eq!(refusal(app.admit(&old.plain).await), Code::Unauthorized);
    }

    // RO-32
    only_messages_must_be_confirmed(app) {
        let numbers = counts([0, 1, 2, 1, 1]);
        for by_id in [false, true] {
            let old = app.north_key("ada").await;
            app.intruder().await.run("DELETE FROM items").await;
            fill(app, &old, numbers).await;
            let rotated = if by_id {
                app.engine.rotate_key(&app.north("ada").await, RotateKey::immediately(old.view.key_id), None).await
            } else {
                rotate(app, &old, false, false).await
            };
            let rotated = rotated.expect("no confirmation is needed");
            assert_eq!((rotated.orphaned.messages(), rotated.orphaned.items()), (0, 5));
            assert_eq!(decrypted(app, &rotated.new).await, (SealedCounts::NONE, numbers));
        }
    }

    // RO-31, D16: several rotations in a row
    items_of_all_kinds_are_carried_over(app) {
        let mut key = app.north_key("ada").await;
        for turn in 1..=3 {
            fill(app, &key, counts([1, 1, 1, 1, 1])).await;
            let rotated = rotate(app, &key, false, true).await.expect("carried over");
            assert_eq!(rotated.orphaned, SealedCounts::NONE);
            key = rotated.new;
            assert_eq!(decrypted(app, &key).await, (counts([turn; 5]), SealedCounts::NONE));
        }
        let rotated = rotate(app, &key, true, false).await.expect("confirmed");
        assert_eq!(rotated.orphaned, counts([3; 5]));
        assert_eq!(decrypted(app, &rotated.new).await, (SealedCounts::NONE, counts([3; 5])));
    }

    // RO-03
    the_last_key_takes_the_items_of_every_kind_with_it(app) {
        let (lost, numbers) = (app.north_key("ada").await, counts([1, 2, 1, 2, 1]));
        fill(app, &lost, numbers).await;
        app.engine.revoke_key(&app.north("olga").await, revoke(lost.view.key_id)).await.expect("revoked");
        let new = app.north_key("ada").await;
        assert_eq!(decrypted(app, &new).await, (SealedCounts::NONE, numbers));
    }

    the_removal_of_a_member_treats_all_kinds_alike(app) {
        let (mia, numbers) = (app.north_key("mia").await, counts([2, 1, 3, 1, 2]));
        fill(app, &mia, numbers).await;
        let ctx = app.with_key(&mia.plain).await.ctx;
        app.engine.remove_member(&app.north("olga").await, mia.view.actor_id).await.expect("removed");
        for kind in SealedKind::ALL {
            assert_eq!(refusal(app.engine.write_item(&ctx, kind, SealText::read("late").expect("a text")).await), Code::Forbidden, "{kind}");
        }
        let refused = refusal(app.admit(&mia.plain).await);
        assert!(matches!(refused, Code::Forbidden | Code::Unauthorized), "{refused:?}");
        let mut intruder = app.intruder().await;
        for (kind, number) in numbers.present() {
            assert_eq!(intruder.number(&format!("SELECT COUNT(*) FROM items WHERE kind = '{}'", stored(kind))).await, number);
        }
    }

    // C9, RO-31: each item is changed in another byte, and all bytes of a sealed text have a turn.
    an_altered_item_of_any_kind_is_not_decrypted(app) {
        let key = app.north_key("ada").await;
        fill(app, &key, counts([20; 5])).await;
        let mut intruder = app.intruder().await;
        for kind in SealedKind::ALL {
            let rows = intruder.rows(&format!("SELECT id, sealed FROM items WHERE kind = '{}' ORDER BY seq", stored(kind))).await;
            assert_eq!(rows.len(), 20);
            for (n, row) in rows.iter().enumerate() {
                let [(_, Value::Text(id)), (_, Value::Bytes(sealed))] = row.as_slice() else { panic!("{row:?}") };
                let mut flipped = sealed.clone();
                let at = n * (sealed.len() - 1) / 19;
                flipped[at] ^= 1 << (n % 8);
                intruder.set("items", "sealed", &Value::Bytes(flipped), &format!("id = '{id}'")).await;
                let items = read(app, &key, kind).await;
                assert_eq!((items.items.len(), items.unreadable), (19 - n, n as i64 + 1), "{kind}, byte {at}");
            }
        }
        assert_eq!(decrypted(app, &key).await, (SealedCounts::NONE, counts([20; 5])));
    }

    // C9, D31
    an_item_moved_to_another_kind_actor_or_key_is_not_decrypted(app) {
        let (key, other, mia) = (app.north_key("ada").await, app.north_key("ada").await, app.north_key("mia").await);
        fill(app, &key, counts([1; 5])).await;
        let mut intruder = app.intruder().await;
        for kind in SealedKind::ALL {
            let id = intruder.text(&format!("SELECT id FROM items WHERE kind = '{}'", stored(kind))).await;
            let which = format!("id = '{id}'");
            for elsewhere in SealedKind::ALL.into_iter().filter(|elsewhere| *elsewhere != kind) {
                intruder.set("items", "kind", &Value::Text(stored(elsewhere).into()), &which).await;
                let items = read(app, &key, elsewhere).await;
                assert_eq!((items.items.len(), items.unreadable), (1, 1), "{kind} as {elsewhere}");
                assert_eq!(read(app, &key, kind).await, Items::default());
            }
            intruder.set("items", "kind", &Value::Text(stored(kind).into()), &which).await;

            intruder.set("items", "key_id", &Value::Number(other.view.key_id.0), &which).await;
            for reader in [&key, &other] {
                assert_eq!(read(app, reader, kind).await, Items { items: Vec::new(), unreadable: 1 }, "{kind} at another key");
            }
            intruder.set("items", "actor_id", &Value::Number(mia.view.actor_id.0), &which).await;
            intruder.set("items", "key_id", &Value::Number(mia.view.key_id.0), &which).await;
            assert_eq!(read(app, &mia, kind).await, Items { items: Vec::new(), unreadable: 1 }, "{kind} at another actor");
            assert_eq!(read(app, &key, kind).await, Items::default());
            intruder.set("items", "key_id", &Value::Number(key.view.key_id.0), &which).await;
            assert_eq!(read(app, &mia, kind).await, Items { items: Vec::new(), unreadable: 1 }, "{kind} of another actor");

            intruder.set("items", "actor_id", &Value::Number(key.view.actor_id.0), &which).await;
            let items = read(app, &key, kind).await;
            assert_eq!((items.items.len(), items.unreadable), (1, 0), "{kind} is back");
        }
    }

    // D31
    a_todo_is_marked_as_done_and_as_not_done(app) {
        let (key, mia) = (app.north_key("ada").await, app.north("mia").await);
        let ctx = app.with_key(&key.plain).await.ctx;
        let todo = write(app, &key, SealedKind::Todos, "call Olga").await.expect("written").id;
        let other = write(app, &key, SealedKind::Todos, "call Max").await.expect("written").id;
        for (done, before) in [(true, "false"), (false, "true")] {
            let changed = app.engine.change_todo(&ctx, &todo, done).await.expect("changed");
            assert_eq!((changed.id, changed.done), (todo.clone(), done));
            let items = read(app, &key, SealedKind::Todos).await;
            let found: Vec<_> = items.items.iter().map(|item| (item.opened.text.as_str(), item.done)).collect();
            assert_eq!(found, [("call Max", Some(false)), ("call Olga", Some(done))]);
            let event = app.newest_event(&ctx).await;
            assert_eq!((event.action, event.object_id), (AuditAction::TodoChanged, todo.to_string()));
            assert_eq!(event.changes, [Change { field: "done".into(), before: Some(before.into()), after: Some(done.to_string()) }]);
            let unchanged = everything(app).await;
            app.engine.change_todo(&ctx, &todo, done).await.expect("nothing to change");
            assert_eq!(unchanged, everything(app).await);
        }
        // A session of its owner may, because the mark is not sealed. Nobody else may.
        app.engine.change_todo(&app.north("ada").await, &other, true).await.expect("changed");
        let mut strange = vec![(mia.clone(), todo.clone()), (app.north("olga").await, todo.clone()), (app.south("otto").await, todo.clone())];
        for kind in SealedKind::ALL.into_iter().filter(|kind| *kind != SealedKind::Todos) {
            strange.push((ctx.clone(), write(app, &key, kind, "x").await.expect("written").id));
        }
        strange.push((ctx.clone(), "item_none".parse::<ItemId>().expect("an id")));
        let before = everything(app).await;
        for (who, id) in &strange {
            assert_eq!(refusal(app.engine.change_todo(who, id, true).await), Code::NotFound);
        }
        assert_eq!(before, everything(app).await);
        app.engine.revoke_key(&app.north("olga").await, revoke(key.view.key_id)).await.expect("revoked");
        let before = everything(app).await;
        assert_eq!(refusal(app.engine.change_todo(&ctx, &todo, true).await), Code::Unauthorized);
        assert_eq!(before, everything(app).await);
        app.sound_chain(NORTH).await;
    }

    // D6, D31
    each_kind_needs_the_scopes_of_its_group(app) {
        for (scope, allowed) in [
            ("inbox", vec![SealedKind::Inbox]),
            ("notebook", vec![SealedKind::Notebook]),
            ("sealed", NEW.to_vec()),
        ] {
            let writer = app.restricted_key("ada", "production", &[format!("{scope}:write").as_str()]).await;
            let reader = app.restricted_key("ada", "production", &[format!("{scope}:read").as_str()]).await;
            // The oldest key with access to the inbox receives the messages.
            for kind in SealedKind::ALL {
                let ctx = app.with_key(&writer.plain).await.ctx;
                let found = app.engine.read_items(&ctx, &writer.plain, kind, 10).await;
                let written = write(app, &writer, kind, "x").await;
                if allowed.contains(&kind) {
                    found.expect("write includes read");
                    app.engine.delete_item(&ctx, kind, &written.expect("written").id).await.expect("deleted");
                } else {
                    assert_eq!(refusal(found), Code::MissingScope, "{kind} with {scope}");
                    assert_eq!(refusal(written), Code::MissingScope, "{kind} with {scope}");
                }
                assert_eq!(refusal(write(app, &reader, kind, "x").await), Code::MissingScope, "{kind} with {scope}:read");
            }
        }
    }

    a_key_with_a_successor_writes_no_item(app) {
        let (key, ada) = (app.north_key("ada").await, app.north("ada").await);
        let running = app.with_key(&key.plain).await.ctx;
        let command = RotateKey { overlap_seconds: 3600, ..RotateKey::immediately(key.view.key_id) };
        app.engine.rotate_key(&ada, command, None).await.expect("rotated");
        let before = everything(app).await;
        for kind in NEW {
            let text = SealText::read("late").expect("a text");
            assert_eq!(refusal(app.engine.write_item(&running, kind, text).await), Code::Conflict, "{kind}");
        }
        assert_eq!(before, everything(app).await);
    }

    // C9
    only_a_request_with_the_key_reads_and_writes_items(app) {
        let (key, other, session) = (app.north_key("ada").await, app.north_key("ada").await, app.north("ada").await);
        let admitted = app.with_key(&other.plain).await;
        for kind in SealedKind::ALL {
            write(app, &key, kind, "mine").await.expect("written");
            for ctx in [&session, &admitted.ctx] {
                assert_eq!(refusal(app.engine.read_items(ctx, &key.plain, kind, 10).await), Code::Forbidden, "{kind}");
            }
            let text = SealText::read("x").expect("a text");
            assert_eq!(refusal(app.engine.write_item(&session, kind, text).await), Code::Forbidden, "{kind}");
        }
    }

    items_of_the_new_kinds_have_events_without_their_text(app) {
        let (key, olga) = (app.north_key("ada").await, app.north("olga").await);
        let ctx = app.with_key(&key.plain).await.ctx;
        for kind in NEW {
            let id = write(app, &key, kind, "the secret plan").await.expect("written").id;
            app.engine.delete_item(&ctx, kind, &id).await.expect("deleted");
            let events = app.engine.read_audit_log(&olga, &Default::default(), 2).await.expect("the log").rows;
            let change = |field: &str, before: Option<&str>, after: Option<&str>| Change { field: field.into(), before: before.map(str::to_owned), after: after.map(str::to_owned) };
            let key_id = key.view.key_id.to_string();
            assert_eq!((events[0].action, &events[0].object_id, events[0].changes.clone()), (AuditAction::ItemDeleted, &id.to_string(), vec![change("kind", Some(kind.as_str()), None)]));
            assert_eq!((events[1].action, &events[1].object_id), (AuditAction::ItemWritten, &id.to_string()));
            assert_eq!(events[1].changes, [change("kind", None, Some(kind.as_str())), change("key_id", None, Some(&key_id))]);
            assert!(!format!("{events:?}").contains("secret plan"));
        }
        app.sound_chain(NORTH).await;
    }
}
