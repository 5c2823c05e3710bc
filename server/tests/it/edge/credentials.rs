//! E.3, RA-26: malformed credentials are never accepted and never cause an internal error.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, Request};
use serde_json::json;

use crate::test_app::TestApp;

/// Prefixes of the key, instead of `Bearer `.
const BEFORE: [&str; 48] = [
    "",
    " ",
    "Bearer",
    "Bearer\t",
    "Bearer  ",
    "Bearer \t",
    "\tBearer ",
    "Bearer:",
    "Bearer: ",
    "Bearer=",
    "Bearer,",
    "Bearer, ",
    "Bearer Bearer ",
    "bearer bearer ",
    "Basic ",
    "basic ",
    "Digest ",
    "Token ",
    "token ",
    "ApiKey ",
    "Api-Key ",
    "X-API-Key ",
    "Key ",
    "Negotiate ",
    "DPoP ",
    "OAuth ",
    "AWS4-HMAC-SHA256 ",
    "Bearer token=",
    "Bearer key=",
    "Bearer \"",
    "Bearer '",
    "Bearer <",
    "Bearer (",
    "Bearer %20",
    "Bearer+",
    "Bearer%20",
    "Bear er ",
    "Bearers ",
    "Bearer-",
    "Bearer_",
    "Bearer/",
    "Bearer\u{a0}",
    "Bearer\u{3000}",
    "Ｂearer ",
    "Веarer ",
    "Bearer \u{feff}",
    "Bearer http://",
    "Bearer ;",
];

/// Suffixes of the key.
const AFTER: [&str; 30] = [
    " ",
    "  ",
    "\t",
    ",",
    ", ",
    ";",
    "=",
    "\"",
    "'",
    ">",
    "\u{a0}",
    "\u{3000}",
    "\u{200b}",
    "\u{feff}",
    "a",
    "0",
    "_",
    ".",
    "/",
    "?",
    "#",
    "%00",
    "%0A",
    "\\",
    " x",
    ",x",
    " Bearer x",
    "@x",
    ":",
    "\\r\\n",
];

/// Altered forms of the key.
fn spoiled(key: &str) -> Vec<String> {
    let mut forms: Vec<String> = vec![
        key.to_uppercase(),
        key.replace('_', "-"),
        key.replace('_', "%5F"),
        key.replace('_', "\u{ff3f}"),
        key.replacen('_', "", 1),
        key.replacen('_', "__", 1),
        key.replace("_sk_", "_ѕk_"),
        key.replace("_sk_", "_live_"),
        key.replace("_sk_", "_test_"),
        key.replace("_sk_", "_SK_"),
        key.replacen("rt", "RT", 1),
        key.replacen("rt", "ｒt", 1),
        key.replacen("rt", "", 1),
        key.chars().rev().collect(),
        key.chars()
            .filter_map(|char| char::from_u32(u32::from(char) + 0xfee0))
            .collect(),
        key.bytes()
            .map(|byte| format!("%{byte:02X}"))
            .collect(),
        key.bytes()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
        key.split("").collect::<Vec<_>>().join(" "),
        format!("{key}{key}"),
        format!("{key},{key}"),
        format!("{key} {key}"),
        key[..14].into(),
        "a".repeat(60_000),
        "null".into(),
        "undefined".into(),
        "true".into(),
        "[object Object]".into(),
        "..".into(),
        "e30.e30.".into(),
        "eyJ".into(),
        "eyJ..".into(),
        "eyJhbGciOiJub25lIn0.e30.".into(),
        "eyJhbGciOiJIUzI1NiJ9.e30.c2ln".into(),
        "eyJhbGciOiJSUzI1NiIsImtpZCI6IiJ9.e30.c2ln".into(),
        "' OR '1'='1".into(),
        "$KEY".into(),
        "${ROUNDTABLE_API_KEY}".into(),
        "\u{1f511}".into(),
        "{\"key\":1}".into(),
    ];
    // Each character of the key removed, and each replaced by another.
    for at in 0..key.len() {
        let other = if &key[at..=at] == "x" { "y" } else { "x" };
        forms.push(format!("{}{}", &key[..at], &key[at + 1..]));
        forms.push(format!("{}{other}{}", &key[..at], &key[at + 1..]));
    }
    forms
}

// E3
#[tokio::test]
async fn malformed_credentials_are_rejected() {
    let app = TestApp::new().await;
    let key = app.key("olivia").await;
    let accepted = app.get("/api/v1/me", &key).await;
    assert_eq!(accepted.status, 200);
    let mut values: Vec<String> = BEFORE
        .iter()
        .map(|before| format!("{before}{key}"))
        .collect();
    values.extend(
        AFTER
            .iter()
            .map(|after| format!("Bearer {key}{after}")),
    );
    values.extend(
        spoiled(&key)
            .into_iter()
            .map(|form| format!("Bearer {form}")),
    );
    values.extend(
        [
            "",
            "Bearer",
            "Bearer ",
            "bearer",
            ",",
            "Bearer ,",
            "Bearer Bearer",
        ]
        .map(str::to_owned),
    );
    let mut requests: Vec<Vec<(&str, Vec<u8>)>> = values
        .into_iter()
        .map(|value| vec![("authorization", value.into_bytes())])
        .collect();
    // Other headers, and two credentials in one request.
    let bearer = format!("Bearer {key}").into_bytes();
    for header in ["x-api-key", "authorization"] {
        for bytes in [&b"\xff\xfe"[..], b"\xc3\x28", b"Bearer \xff", b"\x80"] {
            requests.push(vec![(header, bytes.to_vec())]);
            requests.push(vec![(header, [bytes, key.as_bytes()].concat())]);
        }
    }
    for other in [
        "x",
        "",
        "Bearer",
        &key[1..],
        &format!("Bearer {key}"),
        &format!(" {key}x"),
    ] {
        requests.push(vec![
            ("authorization", bearer.clone()),
            ("x-api-key", other.into()),
        ]);
        requests.push(vec![
            ("authorization", bearer.clone()),
            ("authorization", other.into()),
        ]);
        requests.push(vec![
            ("x-api-key", key.clone().into()),
            ("x-api-key", other.into()),
        ]);
    }
    requests.push(vec![
        ("authorization", bearer.clone()),
        ("authorization", bearer),
    ]);
    for header in [
        "cookie",
        "proxy-authorization",
        "x-authorization",
        "api-key",
        "x-auth-token",
        "x-access-token",
    ] {
        requests.push(vec![(header, key.clone().into())]);
        requests.push(vec![(header, format!("Bearer {key}").into())]);
    }
    let mut tried = 0_usize;
    for headers in &requests {
        // Skip values that cannot be sent over HTTP/1.1.
        let Ok(sent) = headers
            .iter()
            .map(|(name, value)| Ok((*name, HeaderValue::from_bytes(value)?)))
            .collect::<Result<Vec<_>, axum::http::header::InvalidHeaderValue>>()
        else {
            continue;
        };
        let request = sent.into_iter().fold(
            Request::get("/api/v1/me"),
            |request, (name, value)| request.header(name, value),
        );
        // Each from another IP address, because guesses are limited by IP address.
        let from = SocketAddr::from((
            [
                10,
                0,
                u8::try_from(tried / 250).expect("few"),
                u8::try_from(tried % 250).expect("few"),
            ],
            5000,
        ));
        let request = request.extension(ConnectInfo(from));
        let refused = app
            .send(request.body(Body::empty()).expect("request"))
            .await;
        let shown = || {
            headers
                .iter()
                .map(|(name, value)| format!("{name}: {:.80}", String::from_utf8_lossy(value)))
        };
        let shown = shown().collect::<Vec<_>>().join(" | ");
        assert!(
            [400, 401].contains(&refused.status.as_u16()),
            "{shown}: {}",
            refused.status
        );
        assert_eq!(
            refused.json()["code"],
            json!("unauthorized"),
            "{shown}"
        );
        assert!(
            !refused.text.contains(&key[14..]),
            "{shown}: the response repeats the key"
        );
        tried += 1;
    }
    assert!(tried >= 200, "only {tried}");
}
