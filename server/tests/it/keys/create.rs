//! Creating and changing keys over the API.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::test_app::TestApp;

// RU-01, RU-05, RU-06, RU-07, RU-16, RU-17, RO-22, RO-23, RO-24, RO-25, RO-26, RO-27, RO-28, RK-44
#[tokio::test]
async fn a_new_key_has_the_requested_fields_and_is_shown_once() {
    let app = TestApp::new().await;
    let key = app.key("olivia").await;
    let asked = [
        (
            json!({ "label": "CI/CD pipeline" }),
            "rt_sk_",
            json!(["*"]),
            "production",
        ),
        (
            json!({ "template": "full_access", "environment": "production" }),
            "rt_sk_",
            json!(["*"]),
            "production",
        ),
        (
            json!({ "scopes": ["runs:write"] }),
            "rt_live_",
            json!(["runs:write"]),
            "production",
        ),
        (
            json!({ "template": "key_rotation" }),
            "rt_live_",
            json!(["keys:read", "keys:write"]),
            "production",
        ),
        (
            json!({ "scopes": [] }),
            "rt_live_",
            json!([]),
            "production",
        ),
        (
            json!({ "environment": "test" }),
            "rt_test_",
            json!([]),
            "test",
        ),
        (
            json!({ "environment": "test", "template": "ci_cd" }),
            "rt_test_",
            json!(["workspaces:read", "runs:read", "runs:write"]),
            "test",
        ),
    ];
    for (body, begins, scopes, environment) in asked {
        let made = app.post("/api/v1/keys", &key, body.clone()).await;
        assert_eq!(
            made.status,
            StatusCode::CREATED,
            "{body}: {}",
            made.text
        );
        let new = made.json();
        let names: Vec<_> = new
            .as_object()
            .expect("object")
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(
            names,
            [
                "actor_id",
                "api_key",
                "key_id",
                "key_prefix",
                "public_key_hex",
                "warning"
            ]
        );
        let plain = new["api_key"].as_str().expect("key");
        assert!(
            plain.starts_with(begins)
                && plain.starts_with(new["key_prefix"].as_str().expect("prefix")),
            "{body}"
        );
        assert_eq!(new["public_key_hex"].as_str().map(str::len), Some(64));
        assert_eq!(
            new["warning"],
            "Store this API key securely — it cannot be retrieved again"
        );
        assert_eq!(made.header("cache-control"), "no-store");
        let detail = app
            .get(&format!("/api/v1/keys/{}", new["key_id"]), &key)
            .await;
        assert!(
            !detail.text.contains(&plain[begins.len() + 8..]),
            "the secret is shown again"
        );
        let detail = detail.json();
        assert_eq!(
            (&detail["scopes"], &detail["environment"]),
            (&scopes, &json!(environment)),
            "{body}"
        );
        assert_eq!(
            detail["label"],
            body.get("label")
                .cloned()
                .unwrap_or(json!("API key"))
        );
        assert_eq!(detail["public_key_hex"], new["public_key_hex"]);
        assert_eq!(
            app.get("/api/v1/me", plain)
                .await
                .header("x-environment"),
            environment
        );
    }
}

// RU-07, RU-12
#[tokio::test]
async fn every_template_has_the_documented_scopes() {
    let app = TestApp::new().await;
    let key = app.key("olivia").await;
    let templates = [
        (
            "read_only",
            "workspaces:read runs:read keys:read inbox:read notebook:read sealed:read service_accounts:read apis:read consumers:read members:read audit:read organization:read",
        ),
        ("ci_cd", "workspaces:read runs:read runs:write"),
        (
            "automation",
            "workspaces:read workspaces:write runs:read runs:write",
        ),
        ("monitoring", "workspaces:read runs:read audit:read"),
        ("key_rotation", "keys:read keys:write"),
    ];
    for (template, words) in templates {
        let made = app
            .post("/api/v1/keys", &key, json!({ "template": template }))
            .await
            .json();
        let detail = app
            .get(&format!("/api/v1/keys/{}", made["key_id"]), &key)
            .await
            .json();
        let scopes: Vec<_> = detail["scopes"]
            .as_array()
            .expect("scopes")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        assert_eq!(scopes.join(" "), words, "{template}");
    }
}

// F13, D17: blank and null mean never. The last supported second is accepted.
#[tokio::test]
async fn a_blank_expiration_means_never_and_the_year_9999_is_accepted() {
    let app = TestApp::new().await;
    let key = app.key("olivia").await;
    for (given, stored) in [
        (json!(""), Value::Null),
        (json!("  "), Value::Null),
        (Value::Null, Value::Null),
        (
            json!("9999-12-31T23:59:59Z"),
            json!("9999-12-31T23:59:59Z"),
        ),
        (
            json!("9999-12-31t23:59:59.5z"),
            json!("9999-12-31T23:59:59Z"),
        ),
    ] {
        let made = app
            .post("/api/v1/keys", &key, json!({ "expires_at": given }))
            .await;
        assert_eq!(
            made.status,
            StatusCode::CREATED,
            "{given}: {}",
            made.text
        );
        let detail = app
            .get(
                &format!("/api/v1/keys/{}", made.json()["key_id"]),
                &key,
            )
            .await
            .json();
        assert_eq!(detail["expires_at"], stored, "{given}");
    }
}

// F2, D24: joiners and selectors are kept where the script or the emoji needs them.
#[tokio::test]
async fn names_of_every_script_are_stored_unchanged() {
    let app = TestApp::new().await;
    let key = app.key("olivia").await;
    for name in [
        "❤\u{fe0f} deploy",
        "1\u{fe0f}\u{20e3} first",
        "می\u{200c}خواهم",
        "ശ്രീ ന്\u{200d}",
    ] {
        let made = app
            .post("/api/v1/keys", &key, json!({ "label": name }))
            .await;
        assert_eq!(
            made.status,
            StatusCode::CREATED,
            "{name}: {}",
            made.text
        );
        let detail = app
            .get(
                &format!("/api/v1/keys/{}", made.json()["key_id"]),
                &key,
            )
            .await
            .json();
        assert_eq!(detail["label"], name);
    }
}

// D24, RO-23: names are trimmed and may repeat; unreadable names are rejected. All errors are
// reported together.
#[tokio::test]
async fn all_invalid_fields_are_reported_together() {
    let app = TestApp::new().await;
    let key = app.key("olivia").await;
    for _ in 0..2 {
        let made = app
            .post(
                "/api/v1/keys",
                &key,
                json!({ "label": "  Cafe\u{301} \n" }),
            )
            .await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    }
    let listed = app.get("/api/v1/keys", &key).await.json();
    assert_eq!(
        (&listed[0]["label"], &listed[1]["label"]),
        (&json!("Café"), &json!("Café"))
    );
    let cases = [
        (json!({ "label": "" }), vec![("label", "missing")]),
        (
            json!({ "label": "x".repeat(101) }),
            vec![("label", "too_long")],
        ),
        (
            json!({ "label": "a\u{202e}b" }),
            vec![("label", "forbidden_character")],
        ),
        (
            json!({ "label": "a\u{200b}b" }),
            vec![("label", "forbidden_character")],
        ),
        (
            json!({ "environment": "staging" }),
            vec![("environment", "unknown")],
        ),
        (
            json!({ "scopes": ["workspaces:admin"] }),
            vec![("scopes", "unknown")],
        ),
        (
            json!({ "template": "all" }),
            vec![("template", "unknown")],
        ),
        (
            json!({ "template": "ci_cd", "scopes": [] }),
            vec![("template", "one_of_two")],
        ),
        (
            json!({ "environment": "test", "scopes": ["audit:read"] }),
            vec![("scopes", "not_in_sandbox")],
        ),
        (
            json!({ "expires_at": "soon" }),
            vec![("expires_at", "not_a_time")],
        ),
        (
            json!({ "expires_at": "2026-04-08T19:51:19Z" }),
            vec![("expires_at", "past")],
        ),
        (
            json!({ "expires_at": "9999-12-31T23:59:59-01:00" }),
            vec![("expires_at", "time_out_of_range")],
        ),
        (
            json!({ "label": " ", "environment": "x", "expires_at": "never" }),
            vec![
                ("label", "missing"),
                ("environment", "unknown"),
                ("expires_at", "not_a_time"),
            ],
        ),
    ];
    let before = app.get("/api/v1/keys", &key).await.text;
    for (body, faults) in cases {
        let refused = app.post("/api/v1/keys", &key, body.clone()).await;
        assert_eq!(
            refused.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{body}: {}",
            refused.text
        );
        let said = refused.json()["fields"].clone();
        let said = said
            .as_array()
            .expect("fields")
            .iter()
            .map(|fault| {
                assert!(
                    fault["message"]
                        .as_str()
                        .is_some_and(|text| !text.is_empty())
                );
                (
                    fault["field"].as_str().unwrap_or_default(),
                    fault["fault"].as_str().unwrap_or_default(),
                )
            });
        assert_eq!(said.collect::<Vec<_>>(), faults, "{body}");
    }
    assert_eq!(
        app.get("/api/v1/keys", &key).await.text,
        before,
        "a rejected request created a key"
    );
}

// A key in the wrong field of a body appears neither in the response nor in the log.
#[tokio::test]
async fn an_error_repeats_no_value_of_the_body() {
    let app = TestApp::new().await;
    let key = app.key("olivia").await;
    let mut unknown = serde_json::Map::new();
    unknown.insert(format!("{key} invalid "), json!(1));
    let cases = [
        (json!({ "actor_id": key }), "actor_id: expected"),
        (
            json!({ "actor_id": format!("{key} at line 1, expected {key}") }),
            "expected",
        ),
        (
            json!({ "scopes": key }),
            "scopes: expected a sequence",
        ),
        (
            Value::Object(unknown),
            "contains an unknown field; expected one of `actor_id`",
        ),
        (
            json!({ "title": "x" }),
            "contains an unknown field; expected one of `actor_id`",
        ),
    ];
    for (body, said) in cases {
        let refused = app.post("/api/v1/keys", &key, body).await;
        assert_eq!(
            refused.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{}",
            refused.text
        );
        assert!(refused.text.contains(said), "{}", refused.text);
        assert!(
            !refused.text.contains(&key[20..60]),
            "{}",
            refused.text
        );
    }
}

// Other resources call it `name`, so a client may do so here as well.
#[tokio::test]
async fn the_label_can_be_sent_as_name() {
    let app = TestApp::new().await;
    let key = app.key("olivia").await;

    let new = app
        .post("/api/v1/keys", &key, json!({ "name": "Nightly" }))
        .await;
    assert_eq!(new.status, StatusCode::CREATED, "{}", new.text);
    let path = format!("/api/v1/keys/{}", new.json()["key_id"]);
    assert_eq!(app.get(&path, &key).await.json()["label"], "Nightly");

    let changed = app
        .call(
            Method::PATCH,
            &path,
            &key,
            json!({ "name": "Hourly" }),
        )
        .await;
    assert_eq!(
        (changed.status, &changed.json()["label"]),
        (StatusCode::OK, &json!("Hourly"))
    );

    let body = json!({ "name": "Weekly" });
    let rotated = app
        .post(&format!("{path}/rotate"), &key, body)
        .await;
    assert_eq!(
        rotated.status,
        StatusCode::CREATED,
        "{}",
        rotated.text
    );

    for body in [json!({ "name": "" }), json!({ "label": "" })] {
        let refused = app.post("/api/v1/keys", &key, body).await;
        assert_eq!(
            (
                refused.status.as_u16(),
                &refused.json()["fields"][0]["field"]
            ),
            (422, &json!("label"))
        );
    }

    let both = app
        .post(
            "/api/v1/keys",
            &key,
            json!({ "label": "One", "name": "Other" }),
        )
        .await;
    assert_eq!(
        (both.status.as_u16(), &both.json()["code"]),
        (422, &json!("invalid_fields")),
        "{}",
        both.text
    );
    assert_eq!(
        both.json()["details"],
        "Send either \"label\" or \"name\", not both."
    );
}

#[tokio::test]
async fn a_misspelled_field_is_answered_with_the_closest_known_one() {
    let app = TestApp::new().await;
    let key = app.key("olivia").await;
    let cases = [
        (
            json!({ "exipres_at": null }),
            r#"Unknown field "exipres_at"; did you mean "expires_at"?"#,
        ),
        (
            json!({ "lable": "x" }),
            r#"Unknown field "lable"; did you mean "label"?"#,
        ),
        (
            json!({ "scope": [] }),
            r#"Unknown field "scope"; did you mean "scopes"?"#,
        ),
    ];
    for (body, details) in cases {
        let refused = app.post("/api/v1/keys", &key, body.clone()).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.json()["details"]),
            (422, &json!(details)),
            "{body}"
        );
    }
}

// RU-11: scopes can be removed, but not added. A key with full access has no scopes. The change is
// immediate.
#[tokio::test]
async fn a_key_can_be_renamed_and_its_scopes_removed() {
    let app = TestApp::new().await;
    let key = app.key("olivia").await;
    let body = json!({ "label": "Key 1", "scopes": ["workspaces:read", "runs:write"] });
    let made = app.post("/api/v1/keys", &key, body).await.json();
    let (path, plain) = (
        format!("/api/v1/keys/{}", made["key_id"]),
        made["api_key"].as_str().expect("key"),
    );
    let patch = async |path: &str, body: Value| app.call(Method::PATCH, path, &key, body).await;
    assert_eq!(
        app.get("/api/v1/workspaces", plain).await.status,
        StatusCode::OK
    );
    let changed = patch(
        &path,
        json!({ "label": "Production deploy script", "scopes": ["runs:read"] }),
    )
    .await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    let changed = changed.json();
    assert_eq!(
        (&changed["label"], &changed["scopes"]),
        (
            &json!("Production deploy script"),
            &json!(["runs:read"])
        )
    );
    assert_eq!(
        app.get("/api/v1/workspaces", plain).await.status,
        StatusCode::FORBIDDEN
    );
    let wider = patch(
        &path,
        json!({ "scopes": ["runs:read", "runs:write"] }),
    )
    .await;
    assert_eq!(
        (
            wider.status.as_u16(),
            &wider.json()["fields"][0]["fault"]
        ),
        (422, &json!("not_narrower"))
    );
    let nothing = patch(&path, json!({})).await;
    assert_eq!(nothing.json()["scopes"], json!(["runs:read"]));
    let full = app
        .post("/api/v1/keys", &key, json!({ "label": "Full" }))
        .await
        .json();
    let full = format!("/api/v1/keys/{}", full["key_id"]);
    let refused = patch(&full, json!({ "scopes": [] })).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.json()["code"]),
        (409, &json!("conflict"))
    );
    assert_eq!(
        patch(&full, json!({ "label": "Named" }))
            .await
            .json()["label"],
        "Named"
    );
    let refused = patch(&full, json!({ "label": "" })).await;
    assert_eq!(
        (
            refused.status.as_u16(),
            &refused.json()["fields"][0]["field"]
        ),
        (422, &json!("label"))
    );
}

#[tokio::test]
async fn a_key_can_be_described_and_expire_earlier() {
    let app = TestApp::new().await;
    let key = app.key("olivia").await;
    let body = json!({ "label": "Nightly", "description": "Runs in CI.", "expires_at": "2098-12-31T23:59:59Z" });
    let made = app.post("/api/v1/keys", &key, body).await.json();
    let path = format!("/api/v1/keys/{}", made["key_id"]);
    let patch = async |body: Value| app.call(Method::PATCH, &path, &key, body).await;
    assert_eq!(
        app.get(&path, &key).await.json()["description"],
        "Runs in CI."
    );
    let changed = patch(json!({
        "description": "Runs in CI.\nStored in a secret.",
        "expires_at": "2097-12-31T23:59:59Z",
    }))
    .await
    .json();
    assert_eq!(
        (&changed["description"], &changed["expires_at"]),
        (
            &json!("Runs in CI.\nStored in a secret."),
            &json!("2097-12-31T23:59:59Z")
        )
    );
    let plain = made["api_key"].as_str().expect("key");
    for (body, field, fault) in [
        (
            json!({ "expires_at": "2098-12-31T23:59:59Z" }),
            "expires_at",
            "not_earlier",
        ),
        (json!({ "expires_at": "" }), "expires_at", "missing"),
        (
            json!({ "expires_at": "2020-01-01T00:00:00Z" }),
            "expires_at",
            "past",
        ),
        (
            json!({ "description": "x".repeat(501) }),
            "description",
            "too_long",
        ),
        (
            json!({ "description": format!("It is {plain}") }),
            "description",
            "contains_key",
        ),
        (json!({ "label": plain }), "label", "contains_key"),
    ] {
        let refused = patch(body).await;
        let fields = &refused.json()["fields"][0];
        assert_eq!(refused.status.as_u16(), 422);
        assert_eq!(
            (&fields["field"], &fields["fault"]),
            (&json!(field), &json!(fault))
        );
        assert!(!refused.text.contains(plain), "{field}");
    }
    let blank = patch(json!({ "description": "" })).await;
    assert_eq!(blank.json()["description"], Value::Null);
    let nothing = patch(json!({ "expires_at": null, "description": null })).await;
    assert_eq!(nothing.json()["expires_at"], "2097-12-31T23:59:59Z");
}

// The fields of a single key. None of them is a secret.
#[tokio::test]
async fn a_single_key_has_the_documented_fields() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let new = app.key_of(&olivia).await;
    let detail = app
        .get(
            &format!("/api/v1/keys/{}", new.view.key_id),
            new.plain.expose(),
        )
        .await
        .json();
    let list = app
        .get("/api/v1/keys", new.plain.expose())
        .await
        .json();
    let names = |value: &Value| {
        value
            .as_object()
            .expect("object")
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    let mut expected = names(&list[0]);
    expected.extend(
        [
            "description",
            "exposed_at",
            "last_used_address",
            "last_used_agent",
            "public_key_hex",
            "revoke_reason",
            "rotated_from",
        ]
        .map(str::to_owned),
    );
    expected.extend(["rotated_to", "usage"].map(str::to_owned));
    expected.sort();
    assert_eq!(names(&detail), expected);
    assert_eq!(
        names(&detail["usage"]),
        ["callers", "days", "refusals"]
    );
    assert_eq!(
        detail["usage"]["days"].as_array().map(Vec::len),
        Some(30)
    );
}
