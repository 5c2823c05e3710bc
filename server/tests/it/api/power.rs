//! The permissions of keys: scopes, roles and environments (D6, D7, D14, D19). The tables are
//! generated from the OpenAPI description, so that no operation is missing.

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};
use domain::command::{ChangeServiceAccount, CreateKey};
use domain::scope::Access;
use domain::{ActorId, Role, Scope};
use serde_json::json;

use crate::operations::{Scene, described};
use crate::test_app::TestApp;

/// A scope, and the write scope that includes it.
fn with_write(scope: Scope) -> Vec<Scope> {
    let write = scope
        .group()
        .scope(Access::Write)
        .filter(|write| *write != scope);
    std::iter::once(scope).chain(write).collect()
}

// RU-07, RU-12, D6: a key with all other scopes is rejected, and the error names the missing scope.
// A key with only the required scope is accepted.
#[tokio::test]
async fn every_operation_requires_exactly_its_scope() {
    let app = TestApp::new().await;
    let needs: BTreeMap<_, _> = described()
        .into_iter()
        .filter_map(|operation| Some((operation.id, operation.scope?)))
        .collect();
    assert!(needs.len() > 20, "{needs:?}");
    for (id, needed) in &needs {
        let scene = Scene::of(&app).await;
        let mut example = scene
            .operations()
            .into_iter()
            .find(|operation| operation.id == id)
            .expect("an example");
        // Not the caller, because that would invalidate the calling key; and not an owner, because
        // only a person can change owners.
        match id.as_str() {
            "change_member" | "remove_member" => example.path = "/api/v1/members/999999".into(),
            "offboard_member" => example.path = "/api/v1/members/999999/offboard".into(),
            _ => {}
        }
        let scope: Scope = needed.parse().expect("a scope of the table");
        let missing = Scope::ALL
            .into_iter()
            .filter(|one| !with_write(scope).contains(one));
        let without = app.narrow_key(&scene.olivia, missing).await;
        let refused = app
            .carry_out(&example, without.plain.expose())
            .await;
        assert_eq!(
            (refused.status.as_u16(), &refused.json()["code"]),
            (403, &json!("missing_scope")),
            "{id}"
        );
        assert_eq!(
            refused.json()["details"],
            format!("This key does not have the scope {needed}")
        );
        assert_eq!(
            refused.header("www-authenticate"),
            format!(
                "Bearer realm=\"roundtable\", error=\"insufficient_scope\", scope=\"{needed}\""
            )
        );
        for holds in with_write(scope) {
            let with = app.narrow_key(&scene.olivia, [holds]).await;
            let passed = app.carry_out(&example, with.plain.expose()).await;
            // The member to change or remove does not exist, and the key to rotate has more access
            // than the calling key.
            let expected = match id.as_str() {
                "change_member" | "remove_member" | "offboard_member" => {
                    passed.status == StatusCode::NOT_FOUND
                }
                "rotate_key" => passed.json()["code"] == "forbidden",
                "import_keys" => passed.text.contains("consumers:write"),
                // The first of the two removed it.
                _ if holds != scope => !passed.text.contains("missing_scope"),
                _ => passed.status.is_success(),
            };
            assert!(
                expected,
                "{id} with {holds}: {} {}",
                passed.status, passed.text
            );
        }
    }
}

// RO-43, RO-07, RO-19, RO-29, RO-37, D19: the description and the response contain the cost of an
// operation.
#[tokio::test]
async fn every_operation_states_its_cost() {
    let costs: BTreeMap<_, _> = described()
        .into_iter()
        .map(|operation| (operation.id.clone(), operation.cost))
        .collect();
    for (id, cost) in [
        ("list_keys", 0),
        ("verify_key", 0),
        ("verify_keys", 0),
        ("introspect_token", 0),
        ("create_key", 1),
        ("rotate_calling_key", 1),
        ("rotate_key", 1),
        ("revoke_key", 1),
    ] {
        assert_eq!(costs[id], Some(cost), "{id}");
    }
    for operation in costs.keys() {
        let app = TestApp::new().await;
        let scene = Scene::of(&app).await;
        let example = scene
            .operations()
            .into_iter()
            .find(|example| example.id == operation)
            .expect("an example");
        let own = app.key_of(&scene.olivia).await;
        let answer = app.carry_out(&example, own.plain.expose()).await;
        let paid = if answer.status.is_success() {
            costs[operation].expect("a cost")
        } else {
            0
        };
        assert_eq!(
            answer.header("x-cost"),
            paid.to_string(),
            "{operation}: {}",
            answer.text
        );
        assert_eq!(
            answer.header("x-environment"),
            "production",
            "{operation}"
        );
        assert!(
            answer.header("x-request-id").starts_with("req_"),
            "{operation}"
        );
        let refused = app.carry_out(&example, "").await;
        assert_eq!(
            refused.header("x-cost"),
            "0",
            "{operation}: a rejected request costs nothing"
        );
    }
}

// D6: a key without scopes has no access, but can read its own identity, rotate itself and revoke
// itself (D14).
#[tokio::test]
async fn a_key_without_scopes_can_only_manage_itself() {
    let app = TestApp::new().await;
    let scene = Scene::of(&app).await;
    let none = app.narrow_key(&scene.olivia, []).await;
    let needs: BTreeMap<_, _> = described()
        .into_iter()
        .filter_map(|operation| Some((operation.id, operation.scope?)))
        .collect();
    for example in scene
        .operations()
        .iter()
        .filter(|example| needs.contains_key(example.id))
    {
        assert_eq!(
            app.carry_out(example, none.plain.expose())
                .await
                .status
                .as_u16(),
            403,
            "{}",
            example.id
        );
    }
    let may = async |method: Method, path: &str, key: &str| {
        app.call(method, path, key, json!(null))
            .await
            .status
    };
    assert_eq!(
        may(Method::GET, "/api/v1/me", none.plain.expose())
            .await
            .as_u16(),
        200
    );
    let rotated = app
        .post(
            "/api/v1/keys/rotate",
            none.plain.expose(),
            json!(null),
        )
        .await;
    assert_eq!(rotated.status.as_u16(), 201, "{}", rotated.text);
    assert_eq!(
        may(Method::GET, "/api/v1/me", none.plain.expose())
            .await
            .as_u16(),
        401
    );
    let next = app.narrow_key(&scene.olivia, []).await;
    let path = format!("/api/v1/keys/{}", next.view.key_id);
    assert_eq!(
        may(
            Method::POST,
            &format!("{path}/rotate"),
            next.plain.expose()
        )
        .await
        .as_u16(),
        201
    );
    let last = app.narrow_key(&scene.olivia, []).await;
    let path = format!("/api/v1/keys/{}", last.view.key_id);
    assert_eq!(
        may(Method::DELETE, &path, last.plain.expose())
            .await
            .as_u16(),
        200
    );
}

// KE-08, KE-09, RA-30: a key has the access of the role of its owner.
#[tokio::test]
async fn the_key_of_a_member_cannot_use_admin_operations() {
    let app = TestApp::new().await;
    let scene = Scene::of(&app).await;
    let (admin, builder) = (app.key("adam").await, app.key("mina").await);
    let for_admins = [
        "list_service_accounts",
        "create_service_account",
        "get_service_account",
        "change_service_account",
        "change_organization",
        "list_invitations",
        "create_invitation",
        "revoke_invitation",
        "remove_member",
    ];
    for example in scene
        .operations()
        .iter()
        .filter(|example| for_admins.contains(&example.id))
    {
        let refused = app.carry_out(example, &builder).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.json()["code"]),
            (403, &json!("forbidden")),
            "{}",
            example.id
        );
        let passed = app.carry_out(example, &admin).await;
        // An admin can remove members, but not an owner.
        let expected = if example.id == "remove_member" {
            403
        } else {
            passed.status.as_u16().min(204)
        };
        assert_eq!(
            passed.status.as_u16(),
            expected,
            "{}: {}",
            example.id,
            passed.text
        );
    }
}

// D6: a lower role applies immediately to existing keys; a higher role requires a new key.
#[tokio::test]
async fn a_lower_role_applies_immediately_and_a_higher_role_needs_a_new_key() {
    let app = TestApp::new().await;
    let (olivia, adam) = (app.someone("olivia").await, app.someone("adam").await);
    let key = app.key_of(&adam).await.plain.expose().to_owned();
    let role = async |key: &str| app.get("/api/v1/me", key).await.json()["role"].clone();
    let reaches = async |key: &str| {
        app.get("/api/v1/service-accounts", key)
            .await
            .status
            .as_u16()
    };
    assert_eq!(
        (role(&key).await, reaches(&key).await),
        (json!("admin"), 200)
    );
    app.engine
        .change_member(&olivia.ctx, adam.ctx.actor().id, Role::Member)
        .await
        .expect("lowered");
    assert_eq!(
        (role(&key).await, reaches(&key).await),
        (json!("member"), 403)
    );
    let low = app.key("adam").await;
    app.engine
        .change_member(&olivia.ctx, adam.ctx.actor().id, Role::Owner)
        .await
        .expect("raised");
    assert_eq!(
        (role(&key).await, role(&low).await),
        (json!("admin"), json!("member"))
    );
    assert_eq!(role(&app.key("adam").await).await, json!("owner"));
}

// D6: a key of a service account has the role of the account, not that of its creator.
#[tokio::test]
async fn the_key_of_a_service_account_has_the_role_of_the_account() {
    let app = TestApp::new().await;
    let scene = Scene::of(&app).await;
    let command = CreateKey {
        owner: Some(ActorId(scene.service)),
        ..CreateKey::read("bot").expect("valid")
    };
    let key = app
        .engine
        .create_key(&scene.olivia.ctx, command)
        .await
        .expect("created")
        .plain
        .expose()
        .to_owned();
    let me = app.get("/api/v1/me", &key).await.json();
    assert_eq!(
        (&me["role"], &me["kind"], &me["name"]),
        (&json!("member"), &json!("service"), &json!("bot"))
    );
    let raise = ChangeServiceAccount::read(
        ActorId(scene.service),
        None,
        Some("admin"),
        None,
        None,
    )
    .expect("valid");
    app.engine
        .change_service_account(&scene.olivia.ctx, raise)
        .await
        .expect("raised");
    assert_eq!(
        app.get("/api/v1/me", &key).await.json()["role"],
        "member",
        "the key keeps its own role"
    );
}
