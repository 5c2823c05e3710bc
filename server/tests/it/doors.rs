//! The ratchet: every REST operation and every server function stands in a table here, with what it answers to nobody
//! and to a stranger. A door without a row fails the build.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};
use server::http::api;

use crate::house::House;

/// A REST door: method, path, an example call, and the answers to nobody and to a stranger.
type Row = (&'static str, &'static str, &'static str, Value, u16, u16);

/// Objects of Acme are called by someone of Orbit.
fn table(workspace: &str, key: i64, actor: i64) -> Vec<(Row, String)> {
    let none = Value::Null;
    let new = json!({ "name": "x", "provider": "openai" });
    let rows: [Row; 10] = [
        ("get", "/api/v1/keys", "/api/v1/keys", none.clone(), 401, 200),
        ("delete", "/api/v1/keys/{key_id}", "/api/v1/keys/KEY", none.clone(), 401, 404),
        ("get", "/api/v1/workspaces", "/api/v1/workspaces", none.clone(), 401, 200),
        ("post", "/api/v1/workspaces", "/api/v1/workspaces", new, 401, 201),
        ("get", "/api/v1/workspaces/{id}", "/api/v1/workspaces/WS", none.clone(), 401, 403),
        ("delete", "/api/v1/workspaces/{id}", "/api/v1/workspaces/WS", none.clone(), 401, 403),
        ("delete", "/api/v1/members/{actor_id}", "/api/v1/members/ACTOR", none.clone(), 401, 404),
        ("get", "/api/v1/me", "/api/v1/me", none.clone(), 401, 200),
        ("get", "/api/projects", "/api/projects", none, 401, 200),
        ("post", "/api/v1/bootstrap", "/api/v1/bootstrap", json!({}), 409, 409),
    ];
    let fill = |path: &str| {
        path.replace("KEY", &key.to_string()).replace("WS", workspace).replace("ACTOR", &actor.to_string())
    };
    rows.into_iter()
        .map(|row| {
            let path = fill(row.2);
            (row, path)
        })
        .collect()
}

#[tokio::test]
async fn every_rest_door_turns_strangers_away() {
    let house = House::new().await;
    let olivia = house.someone("olivia").await;
    let key = house.key_of(&olivia).await;
    let made = house
        .call(Method::POST, "/api/v1/workspaces", key.plain.expose(), json!({ "name": "a", "provider": "openai" }))
        .await;
    let workspace = made.json()["id"].as_str().expect("id").to_owned();
    let stranger = house.key("theo").await;
    let table = table(&workspace, key.view.key_id.0, olivia.ctx.actor().id.0);

    let described = serde_json::to_value(api::description()).expect("json");
    let mut doors = BTreeSet::new();
    for (path, item) in described["paths"].as_object().expect("paths") {
        doors.extend(item.as_object().expect("item").keys().map(|method| (method.clone(), path.clone())));
    }
    let rows: BTreeSet<_> = table.iter().map(|(row, _)| (row.0.to_owned(), row.1.to_owned())).collect();
    assert_eq!(doors, rows, "the description and the table differ");

    for ((method, _, _, body, nobody, other), path) in table {
        let method: Method = method.to_uppercase().parse().expect("method");
        let before = house.get("/api/v1/keys", key.plain.expose()).await.text;
        let answer = house.call(method.clone(), &path, "", body.clone()).await;
        assert_eq!(answer.status.as_u16(), nobody, "nobody: {method} {path}: {}", answer.text);
        let answer = house.call(method.clone(), &path, &stranger, body).await;
        assert_eq!(answer.status.as_u16(), other, "stranger: {method} {path}: {}", answer.text);
        assert!(
            !answer.text.contains("Olivia") && !answer.text.contains(&key.view.key_prefix),
            "{method} {path} leaks"
        );
        assert_eq!(
            house.get("/api/v1/keys", key.plain.expose()).await.text,
            before,
            "{method} {path} changed something"
        );
    }
}

/// A UI door: its address, an example form, and the answers to nobody, to a stranger, and to a form of another site.
const FORMS: [(&str, &str, u16, u16); 10] = [
    ("/ui/create_key", "organization=ORG&name=Mine", 401, 403),
    ("/ui/revoke_key", "organization=ORG&key_id=KEY&reason=leaked&confirm_name=CI%2FCD+Pipeline", 401, 403),
    ("/ui/revoke_keys", "organization=ORG&keys=KEY&reason=leaked&confirm_name=revoke+1+key", 401, 403),
    ("/ui/rotate_key", "organization=ORG&key_id=KEY&overlap_seconds=0", 401, 403),
    ("/ui/rename_key", "organization=ORG&key_id=KEY&name=Mine", 401, 403),
    ("/ui/narrow_key", "organization=ORG&key_id=KEY&access%5Bruns%5D=read", 401, 403),
    ("/ui/find_keys", "organization=ORG&page=/o/ORG/settings/api-keys&q=CI", 401, 403),
    ("/ui/found_organization", "organization=Mine&setup_token=setup_0123456789abcdef", 401, 409),
    ("/ui/sign_out", "", 200, 200),
    ("/ui/set_theme", "theme=dark&page=/", 200, 200),
];

#[tokio::test]
async fn every_server_function_turns_strangers_and_other_sites_away() {
    let doors: BTreeSet<_> =
        server_fn::axum::server_fn_paths().map(|(path, method)| (path.to_owned(), method)).collect();
    let rows: BTreeSet<_> = FORMS.iter().map(|row| (row.0.to_owned(), Method::POST)).collect();
    assert_eq!(doors, rows, "the server functions and the table differ, or one is reached by GET");

    let house = House::new().await;
    let olivia = house.someone("olivia").await;
    let key = house.key_of(&olivia).await;
    for (path, form, nobody, other) in FORMS {
        let form = form.replace("ORG", olivia.organization.as_str()).replace("KEY", &key.view.key_id.to_string());
        let send = async |cookie: String, site: &str| {
            let request = Request::post(path).header("cookie", cookie).header("sec-fetch-site", site);
            let request = request.header("accept", "application/json");
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            house.send(request.body(Body::from(form.clone())).expect("request")).await
        };
        let before = house.get("/api/v1/keys", key.plain.expose()).await.text;
        let answer = send(String::new(), "same-origin").await;
        assert_eq!(answer.status.as_u16(), nobody, "nobody: {path}: {}", answer.text);
        let theo = house.someone("theo").await.cookie();
        let answer = send(theo, "same-origin").await;
        assert_eq!(answer.status.as_u16(), other, "stranger: {path}: {}", answer.text);
        for site in ["cross-site", "same-site", "none"] {
            assert_eq!(send(olivia.cookie(), site).await.status.as_u16(), 403, "{site}: {path}");
        }
        assert_eq!(house.get("/api/v1/keys", key.plain.expose()).await.text, before, "{path} changed something");
    }
}

// The API ignores cookies, pages ignore `Authorization`.
#[tokio::test]
async fn a_session_does_not_open_the_api_and_a_key_opens_no_page() {
    let house = House::new().await;
    let olivia = house.someone("olivia").await;
    let request = Request::get("/api/v1/keys").header("cookie", olivia.cookie()).body(Body::empty()).expect("request");
    assert_eq!(house.send(request).await.status.as_u16(), 401);
    let page = format!("/o/{}/settings/api-keys", olivia.organization);
    let key = house.key("olivia").await;
    let request = Request::get(&page).header("authorization", format!("Bearer {key}")).header("accept", "text/html");
    let answer = house.send(request.body(Body::empty()).expect("request")).await;
    assert_eq!(answer.status.as_u16(), 303, "{}", answer.text);
    assert!(answer.header("location").starts_with("/sign-in"));
}
