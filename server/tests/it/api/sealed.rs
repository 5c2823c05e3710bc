//! Items that only a key can decrypt (D16, D31, RO-02, RO-03, RO-31 and following).

use axum::http::{Method, StatusCode};
use domain::Scope;
use serde_json::{Value, json};

use crate::test_app::TestApp;

const LOSS: &str =
    "Store this API key securely. Old messages are now undecryptable. Also undecryptable: 1 note.";

/// An application, a key of Olivia, her actor, and a message and a note that are encrypted for the
/// key.
async fn with_items() -> (TestApp, String, i64) {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let (key, actor) = (
        app.key_of(&olivia)
            .await
            .plain
            .expose()
            .to_owned(),
        olivia.ctx.actor().id.0,
    );
    let adam = app.key("adam").await;
    let sent = app
        .post(
            &format!("/api/v1/actors/{actor}/inbox"),
            &adam,
            json!({ "text": "The deploy is done." }),
        )
        .await;
    assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text);
    let note = app
        .post(
            "/api/v1/notebook",
            &key,
            json!({ "text": "Ask Mina." }),
        )
        .await;
    assert_eq!(note.status, StatusCode::CREATED, "{}", note.text);
    (app, key, actor)
}

impl TestApp {
    /// The texts that a key decrypts, and the number of items that it cannot decrypt.
    async fn opened(&self, path: &str, list: &str, key: &str) -> (Vec<String>, i64) {
        let answer = self.get(path, key).await.json();
        let items = answer[list]
            .as_array()
            .unwrap_or_else(|| panic!("{answer}"))
            .clone();
        let texts = items
            .iter()
            .map(|item| {
                item["text"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()
            })
            .collect();
        (
            texts,
            answer["unreadable"].as_i64().expect("a number"),
        )
    }
}

// RO-02, D16: only the key that an item is encrypted for can decrypt it, not another key of the
// same owner.
#[tokio::test]
async fn only_the_key_of_an_item_can_decrypt_it() {
    let (app, key, actor) = with_items().await;
    let inbox = app.get("/api/v1/inbox", &key).await.json();
    let message = &inbox["messages"][0];
    assert_eq!(
        (&message["text"], &message["from"]),
        (&json!("The deploy is done."), &json!("Adam Adler"))
    );
    assert!(
        message["id"]
            .as_str()
            .is_some_and(|id| id.starts_with("item_"))
    );
    assert_eq!(inbox["unreadable"], 0);
    assert_eq!(
        app.opened("/api/v1/notebook", "notes", &key)
            .await,
        (vec!["Ask Mina.".into()], 0)
    );
    let other = app.key("olivia").await;
    assert_eq!(
        app.opened("/api/v1/inbox", "messages", &other)
            .await,
        (vec![], 1)
    );
    assert_eq!(
        app.opened("/api/v1/notebook", "notes", &other)
            .await,
        (vec![], 1)
    );
    let noor = app.key("noor").await;
    assert_eq!(
        app.opened("/api/v1/inbox", "messages", &noor)
            .await,
        (vec![], 0),
        "another person"
    );
    let me = app.get("/api/v1/me", &key).await.json();
    assert_eq!(me["actor_id"], actor);
}

// RO-32, RO-33: if data would be lost, the response is 409 and nothing changes. RO-03, RO-31,
// RO-35, RO-36: the lost items are counted, the response warns about them, and they cannot be
// decrypted any more.
#[tokio::test]
async fn a_rotation_that_loses_messages_must_be_confirmed() {
    let (app, key, _) = with_items().await;
    for body in [
        Value::Null,
        json!({}),
        json!({ "confirm_message_loss": false }),
        json!({ "label": "x" }),
    ] {
        let refused = app.post("/api/v1/keys/rotate", &key, body).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.json()["code"]),
            (409, &json!("messages_would_be_lost"))
        );
        assert_eq!(
            app.get("/api/v1/me", &key).await.status,
            StatusCode::OK,
            "nothing has changed"
        );
    }
    let rotated = app
        .post(
            "/api/v1/keys/rotate",
            &key,
            json!({ "confirm_message_loss": true }),
        )
        .await;
    assert_eq!(
        rotated.status,
        StatusCode::CREATED,
        "{}",
        rotated.text
    );
    let rotated = rotated.json();
    assert_eq!(
        (
            &rotated["messages_orphaned"],
            &rotated["items_orphaned"],
            &rotated["warning"]
        ),
        (&json!(1), &json!(1), &json!(LOSS))
    );
    let next = rotated["api_key"].as_str().expect("key");
    assert_eq!(
        app.opened("/api/v1/inbox", "messages", next)
            .await,
        (vec![], 1)
    );
    assert_eq!(
        app.opened("/api/v1/notebook", "notes", next)
            .await,
        (vec![], 1)
    );
    assert_eq!(
        app.get("/api/v1/inbox", &key).await.status,
        StatusCode::UNAUTHORIZED,
        "the old key is rejected"
    );
}

// D16: after carrying over, the new key can decrypt the items, also after several rotations.
#[tokio::test]
async fn the_new_key_decrypts_items_that_were_carried_over() {
    let (app, mut key, actor) = with_items().await;
    for _ in 0..3 {
        let rotated = app
            .post(
                "/api/v1/keys/rotate",
                &key,
                json!({ "carry_over": true }),
            )
            .await
            .json();
        assert_eq!(rotated["messages_orphaned"], 0, "{rotated}");
        assert_eq!(
            rotated["warning"],
            "Store this API key securely — it cannot be retrieved again"
        );
        key = rotated["api_key"]
            .as_str()
            .expect("key")
            .to_owned();
        assert_eq!(
            app.opened("/api/v1/notebook", "notes", &key)
                .await,
            (vec!["Ask Mina.".into()], 0)
        );
    }
    let adam = app.key("adam").await;
    app.post(
        &format!("/api/v1/actors/{actor}/inbox"),
        &adam,
        json!({ "text": "And the report." }),
    )
    .await;
    let texts = vec![
        "And the report.".to_owned(),
        "The deploy is done.".to_owned(),
    ];
    assert_eq!(
        app.opened("/api/v1/inbox", "messages", &key)
            .await,
        (texts, 0),
        "new messages go to the new key"
    );
    let lost = app
        .post(
            "/api/v1/keys/rotate",
            &key,
            json!({ "confirm_message_loss": true }),
        )
        .await
        .json();
    assert_eq!(
        (&lost["messages_orphaned"], &lost["items_orphaned"]),
        (&json!(2), &json!(1))
    );
}

// D16: a rotation by ID does not have the old key, so the loss must be confirmed. Without encrypted
// items no confirmation is needed.
#[tokio::test]
async fn a_rotation_by_id_cannot_carry_over_items() {
    let (app, key, _) = with_items().await;
    let id = app.get("/api/v1/me", &key).await.json()["key_id"].clone();
    let (path, olivia) = (
        format!("/api/v1/keys/{id}/rotate"),
        app.key("olivia").await,
    );
    let carried = app
        .post(&path, &olivia, json!({ "carry_over": true }))
        .await;
    assert_eq!(
        carried.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        carried.text
    );
    assert_eq!(
        app.post(&path, &olivia, json!({})).await.json()["code"],
        "messages_would_be_lost"
    );
    let body = json!({ "confirm_message_loss": true, "overlap_seconds": 60 });
    let rotated = app.post(&path, &olivia, body).await.json();
    assert_eq!(
        (
            &rotated["messages_orphaned"],
            &rotated["items_orphaned"],
            &rotated["warning"]
        ),
        (&json!(1), &json!(1), &json!(LOSS))
    );
    let free = app
        .post("/api/v1/keys/rotate", &olivia, Value::Null)
        .await;
    assert_eq!(
        (
            free.status.as_u16(),
            &free.json()["messages_orphaned"]
        ),
        (201, &json!(0))
    );
}

// Own items can be deleted once; those of others do not exist for the caller.
#[tokio::test]
async fn only_the_owner_can_delete_items() {
    let (app, key, _) = with_items().await;
    let other = app.key("adam").await;
    for (path, list) in [("/api/v1/inbox", "messages"), ("/api/v1/notebook", "notes")] {
        let id = app.get(path, &key).await.json()[list][0]["id"]
            .as_str()
            .expect("id")
            .to_owned();
        let remove = async |key: &str| {
            app.call(
                Method::DELETE,
                &format!("{path}/{id}"),
                key,
                Value::Null,
            )
            .await
            .status
            .as_u16()
        };
        assert_eq!(
            (
                remove(&other).await,
                remove(&key).await,
                remove(&key).await
            ),
            (404, 204, 404)
        );
        assert_eq!(app.opened(path, list, &key).await, (vec![], 0));
    }
}

// A text has 1 to 10,000 characters, and the recipient is in the same organization and has a key.
#[tokio::test]
async fn a_message_needs_a_text_and_a_recipient() {
    let (app, key, actor) = with_items().await;
    let inbox = format!("/api/v1/actors/{actor}/inbox");
    for (text, status) in [
        (String::new(), 422),
        ("x".repeat(10_001), 422),
        ("é".repeat(10_000), 201),
    ] {
        assert_eq!(
            app.post(&inbox, &key, json!({ "text": text }))
                .await
                .status
                .as_u16(),
            status
        );
    }
    let body = json!({ "text": "x" });
    let theo = app.someone("theo").await.ctx.actor().id;
    for recipient in [999_999, theo.0] {
        let refused = app
            .post(
                &format!("/api/v1/actors/{recipient}/inbox"),
                &key,
                body.clone(),
            )
            .await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND);
    }
    let noor = app.someone("noor").await.ctx.actor().id;
    let refused = app
        .post(&format!("/api/v1/actors/{noor}/inbox"), &key, body)
        .await;
    assert_eq!(
        (refused.status.as_u16(), &refused.json()["code"]),
        (409, &json!("conflict")),
        "no key to encrypt for"
    );
}

// RO-31, D31: five kinds under one URL. The inbox and the notebook have the same items under their
// own URLs.
#[tokio::test]
async fn there_are_five_kinds_of_items_under_one_url() {
    let (app, key, _) = with_items().await;
    for (kind, text) in [("inbox", "The deploy is done."), ("notebook", "Ask Mina.")] {
        let path = format!("/api/v1/sealed/{kind}");
        assert_eq!(
            app.opened(&path, "items", &key).await,
            (vec![text.into()], 0)
        );
        let list = app.get(&path, &key).await.json();
        assert_eq!(list["items"][0]["done"], Value::Null, "{kind}");
        let more = app
            .post(&path, &key, json!({ "text": "More." }))
            .await;
        assert_eq!(more.status, StatusCode::CREATED, "{}", more.text);
    }
    for (path, list, first) in [
        ("/api/v1/inbox", "messages", "The deploy is done."),
        ("/api/v1/notebook", "notes", "Ask Mina."),
    ] {
        assert_eq!(
            app.opened(path, list, &key).await,
            (vec!["More.".into(), first.to_owned()], 0)
        );
        let body = app.get(path, &key).await.json();
        assert!(
            body[list][0].get("done").is_none(),
            "{path} has only the fields of a message or a note"
        );
    }
    for kind in ["sessions", "todos", "activities"] {
        let path = format!("/api/v1/sealed/{kind}");
        let text = format!("One of the {kind}.");
        let made = app
            .post(&path, &key, json!({ "text": text }))
            .await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        assert_eq!(
            app.opened(&path, "items", &key).await,
            (vec![text], 0)
        );
        let item = format!("{path}/{}", made.json()["id"].as_str().expect("id"));
        let remove = async |path: &str| {
            app.call(Method::DELETE, path, &key, Value::Null)
                .await
                .status
                .as_u16()
        };
        let as_a_note = item.replace(kind, "notebook");
        assert_eq!(
            (
                remove(&as_a_note).await,
                remove(&item).await,
                remove(&item).await
            ),
            (404, 204, 404)
        );
    }
    for path in ["/api/v1/sealed/letters", "/api/v1/sealed/note"] {
        assert_eq!(
            app.get(path, &key).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}

// D31: a todo is done or not; nothing else is.
#[tokio::test]
async fn a_todo_can_be_marked_as_done() {
    let (app, key, _) = with_items().await;
    let todo = app
        .post(
            "/api/v1/sealed/todos",
            &key,
            json!({ "text": "Call Mina." }),
        )
        .await
        .json();
    let id = todo["id"].as_str().expect("id");
    let list = async || app.get("/api/v1/sealed/todos", &key).await.json();
    assert_eq!(list().await["items"][0]["done"], false);
    let mark = async |kind: &str, id: &str, body: Value| {
        let path = format!("/api/v1/sealed/{kind}/{id}");
        app.call(Method::PATCH, &path, &key, body).await
    };
    for done in [true, true, false] {
        let marked = mark("todos", id, json!({ "done": done })).await;
        assert_eq!(
            (marked.status, marked.json()),
            (StatusCode::OK, json!({ "id": id, "done": done }))
        );
        assert_eq!(list().await["items"][0]["done"], done);
    }
    for (body, field) in [(json!({}), "done"), (json!({ "done": null }), "done")] {
        let refused = mark("todos", id, body).await;
        assert_eq!(
            (
                refused.status.as_u16(),
                &refused.json()["fields"][0]["field"]
            ),
            (422, &json!(field))
        );
    }
    let note = app.get("/api/v1/notebook", &key).await.json()["notes"][0]["id"].clone();
    let note = note.as_str().expect("id");
    for (kind, id) in [
        ("notebook", note),
        ("todos", note),
        ("sessions", id),
        ("letters", id),
    ] {
        let refused = mark(kind, id, json!({ "done": true })).await;
        assert_eq!(
            refused.status,
            StatusCode::NOT_FOUND,
            "{kind}: {}",
            refused.text
        );
    }
}

// RO-32: only messages ask for a confirmation. RO-35, RO-36: the other kinds have a count of their
// own, and the warning names them.
#[tokio::test]
async fn a_rotation_that_loses_other_items_needs_no_confirmation() {
    let app = TestApp::new().await;
    let key = app.key("olivia").await;
    for (kind, count) in [
        ("notebook", 1),
        ("sessions", 2),
        ("todos", 1),
        ("activities", 2),
    ] {
        for n in 0..count {
            let path = format!("/api/v1/sealed/{kind}");
            let made = app
                .post(&path, &key, json!({ "text": n.to_string() }))
                .await;
            assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        }
    }
    let rotated = app
        .post("/api/v1/keys/rotate", &key, Value::Null)
        .await;
    assert_eq!(
        rotated.status,
        StatusCode::CREATED,
        "{}",
        rotated.text
    );
    let rotated = rotated.json();
    assert_eq!(
        (
            &rotated["messages_orphaned"],
            &rotated["items_orphaned"]
        ),
        (&json!(0), &json!(6))
    );
    assert_eq!(
        rotated["warning"],
        "Store this API key securely — it cannot be retrieved again. Now undecryptable: 1 note, 2 sessions, 1 todo and 2 activities."
    );
    let next = rotated["api_key"].as_str().expect("key");
    for (kind, count) in [("sessions", 2), ("todos", 1), ("activities", 2)] {
        assert_eq!(
            app.opened(&format!("/api/v1/sealed/{kind}"), "items", next)
                .await,
            (vec![], count)
        );
    }
}

// D6, D31: /sealed/inbox and /sealed/notebook are guarded like /inbox and /notebook.
#[tokio::test]
async fn the_scope_of_an_item_is_the_same_under_both_urls() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    for (kind, scope) in [
        ("inbox", Scope::InboxWrite),
        ("notebook", Scope::NotebookWrite),
        ("sessions", Scope::SealedWrite),
        ("todos", Scope::SealedWrite),
        ("activities", Scope::SealedWrite),
    ] {
        let with = app.narrow_key(&olivia, [scope]).await;
        let others = Scope::ALL
            .into_iter()
            .filter(|other| other.group() != scope.group());
        let without = app.narrow_key(&olivia, others).await;
        let path = format!("/api/v1/sealed/{kind}");
        let body = json!({ "text": "x" });
        let made = app
            .post(&path, with.plain.expose(), body.clone())
            .await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        let id = made.json()["id"].as_str().expect("id").to_owned();
        for (method, path, body) in [
            (Method::GET, path.clone(), Value::Null),
            (Method::POST, path.clone(), body),
            (Method::DELETE, format!("{path}/{id}"), Value::Null),
        ] {
            let refused = app
                .call(method, &path, without.plain.expose(), body)
                .await;
            assert_eq!(
                (refused.status.as_u16(), &refused.json()["code"]),
                (403, &json!("missing_scope")),
                "{path}"
            );
        }
        assert_eq!(
            app.get(&path, with.plain.expose()).await.status,
            StatusCode::OK,
            "{kind}"
        );
    }
}
