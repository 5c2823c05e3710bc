//! `POST /api/v1/apis/{slug}/keys/import`: CSV and JSON lines.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::test_app::{TestApp, TestResponse};

const KEY: &str = "sk_live_4eC39HqLyjWDarjtT1zdp7dc";

fn digest(key: &str) -> String {
    hex::encode(Sha256::digest(key))
}

async fn orders(app: &TestApp) -> String {
    let key = app.key("olivia").await;
    let api = json!({
        "name": "Orders", "slug": "orders",
        "scopes": [{ "scope": "orders:read", "description": "Read" }, { "scope": "orders:write", "description": "" }],
    });
    let registered = app.post("/api/v1/apis", &key, api).await;
    assert_eq!(registered.status.as_u16(), 201, "{}", registered.text);
    key
}

async fn import(app: &TestApp, key: &str, kind: &str, query: &str, file: &str) -> TestResponse {
    let path = format!("/api/v1/apis/orders/keys/import{query}");
    let request = Request::post(path)
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", kind);
    app.send(
        request
            .body(Body::from(file.to_owned()))
            .expect("request"),
    )
    .await
}

fn fields(answer: &TestResponse, name: &str) -> Vec<String> {
    let json = answer.json();
    let fields = json[name].as_array().expect("faults");
    fields
        .iter()
        .map(|fault| {
            fault["field"]
                .as_str()
                .expect("a field")
                .to_owned()
        })
        .collect()
}

// D34
#[tokio::test]
async fn csv_and_json_lines_are_imported() {
    let app = TestApp::new().await;
    let admin = orders(&app).await;
    let csv = format!(
        "\u{feff}sha256,external_id,name,scopes\r\n{},customer_1,\"Initech, Inc.\",orders:read orders:write\r\n",
        digest(KEY)
    );
    let tried = import(
        &app,
        &admin,
        "text/csv; charset=utf-8",
        "?dry_run=true",
        &csv,
    )
    .await;
    assert_eq!(tried.status.as_u16(), 200, "{}", tried.text);
    let report = json!({ "dry_run": true, "keys": 1, "new_consumers": 1, "faults": [] });
    assert_eq!(tried.json(), report);
    assert_eq!(
        app.get("/gate/orders", KEY).await.status.as_u16(),
        401
    );
    let imported = import(&app, &admin, "text/csv", "", &csv).await;
    assert_eq!(imported.status.as_u16(), 201, "{}", imported.text);
    let passed = app
        .get("/gate/orders?scope=orders:write", KEY)
        .await;
    assert_eq!(passed.status.as_u16(), 200, "{}", passed.text);
    assert_eq!(
        passed.header("x-roundtable-external-id"),
        "customer_1"
    );

    // The key opens nothing else, in whatever state it is.
    assert_eq!(app.get("/api/v1/me", KEY).await.status.as_u16(), 401);

    let other = "unkey_3ZZ7Fv8Hq2dKq5n6p1s2t3u4";
    let lines = format!(
        "{}\n\n",
        json!({ "sha256": digest(other), "external_id": "customer_1", "start": "unkey_3ZZ7", "scopes": ["orders:read"] })
    );
    let imported = import(&app, &admin, "application/x-ndjson", "", &lines).await;
    assert_eq!(imported.status.as_u16(), 201, "{}", imported.text);
    assert_eq!(imported.json()["new_consumers"], 0);
    let list = app
        .get("/api/v1/apis/orders/keys", &admin)
        .await
        .json();
    let prefixes: Vec<_> = list
        .as_array()
        .expect("keys")
        .iter()
        .map(|key| key["key_prefix"].clone())
        .collect();
    assert!(
        prefixes.contains(&Value::from("unkey_3ZZ7")),
        "{prefixes:?}"
    );
    assert_eq!(
        app.get("/gate/orders?scope=orders:write", other)
            .await
            .status
            .as_u16(),
        403
    );

    let third = "0c6d3e1f2a3b4c5d6e7f8091a2b3c4d5";
    let body = json!({ "keys": [{ "sha256": digest(third), "external_id": "customer_1" }] });
    let imported = import(
        &app,
        &admin,
        "application/json",
        "",
        &body.to_string(),
    )
    .await;
    assert_eq!(imported.status.as_u16(), 201, "{}", imported.text);
    assert_eq!(
        app.get("/gate/orders", third)
            .await
            .status
            .as_u16(),
        200
    );
}

#[tokio::test]
async fn every_invalid_line_is_reported_and_no_secret_is_repeated() {
    let app = TestApp::new().await;
    let admin = orders(&app).await;
    // Somebody sends the key itself.
    let csv = format!(
        "sha256,external_id,scopes\n{KEY},customer_1,\n{},customer 2,\n{},customer_3,orders:eat\n{}\n",
        digest("a"),
        digest("b"),
        digest("c"),
    );
    let expected = [
        "lines[2].sha256",
        "lines[3].external_id",
        "lines[5].record",
        "lines[4].scopes",
    ];
    let tried = import(&app, &admin, "text/csv", "?dry_run=true", &csv).await;
    assert_eq!(
        (tried.status.as_u16(), fields(&tried, "faults")),
        (200, expected.map(str::to_owned).to_vec()),
        "{}",
        tried.text
    );
    let refused = import(&app, &admin, "text/csv", "", &csv).await;
    assert_eq!(
        (refused.status.as_u16(), fields(&refused, "fields")),
        (422, expected.map(str::to_owned).to_vec()),
        "{}",
        refused.text
    );
    for answer in [&tried, &refused] {
        assert!(!answer.text.contains("4eC39"), "{}", answer.text);
    }

    let record = json!({ "sha256": digest("a"), "external_id": "customer_1" }).to_string();
    let unknown =
        json!({ "sha256": digest("a"), "external_id": "customer_1", "role": "owner" }).to_string();
    let many = format!("{record}\n").repeat(1_001);
    for (kind, query, file, status) in [
        ("application/xml", "", record.as_str(), 415),
        ("application/json", "", &record, 422),
        ("application/x-ndjson", "?dry=true", &record, 400),
        ("application/x-ndjson", "?dry_run=maybe", &record, 422),
        ("application/x-ndjson", "", "", 422),
        ("application/x-ndjson", "", "[]", 422),
        ("application/x-ndjson", "", &unknown, 422),
        ("application/x-ndjson", "", &many, 422),
        ("text/csv", "", "external_id\ncustomer_1\n", 422),
        (
            "text/csv",
            "",
            "sha256,external_id,role\na,customer_1,owner\n",
            422,
        ),
        ("text/csv", "", "sha256,external_id\n", 422),
    ] {
        let answer = import(&app, &admin, kind, query, file).await;
        assert_eq!(
            answer.status.as_u16(),
            status,
            "{kind} {query}: {}",
            answer.text
        );
    }
    let consumers = app.get("/api/v1/consumers", &admin).await.json();
    assert_eq!(consumers["consumers"], json!([]));
}
