//! The log after old events were removed: the page, the API and exports say from when it is kept.

use engine::audit::Retention;

use super::{export, page};
use crate::test_app::TestApp;

const DAY: i64 = 24 * 60 * 60;

#[tokio::test]
async fn the_page_the_api_and_exports_say_which_events_were_removed() {
    let app = TestApp::new().await;
    let key = app.key("olivia").await;
    let before = app.get("/api/v1/audit-log", &key).await.json();
    assert!(before["removed"].is_null(), "{before}");
    let last = before["events"][0]["n"]
        .as_i64()
        .expect("a number");
    app.clock.advance_seconds(402 * DAY);
    app.engine
        .remove_old_events(&mut Retention::of_days(400))
        .await
        .expect("removed");

    let olivia = app.someone("olivia").await;
    let shown = page(&app, &olivia, "audit-log").await;
    let sentence = "Events before 10 Apr 2026 were removed under the retention of 400 days.";
    for text in [
        sentence,
        "Removed old events from the audit log",
        "Retention in days",
    ] {
        assert!(shown.contains(text), "{text} is not in {shown}");
    }
    assert!(!shown.contains("id=\"broken\""));
    let other = app.key("olivia").await;
    let after = app.get("/api/v1/audit-log", &other).await.json();
    assert_eq!(after["removed"]["last_n"], last, "{after}");
    assert_eq!(after["removed"]["before"], "2026-04-10T19:51:19Z");
    assert_eq!(after["removed"]["retention_days"], 400);

    let file = export(&app, &olivia, "", "jsonl").await.text;
    let lines: Vec<serde_json::Value> = file
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(lines[0]["n"], last + 1);
    assert_eq!(
        lines[0]["previous_hash"]
            .as_str()
            .expect("a hash")
            .len(),
        64
    );
    assert_eq!(
        lines.last().expect("a line")["removed"],
        after["removed"]
    );
    let csv = export(&app, &olivia, "", "csv").await.text;
    assert!(csv.contains("audit_log.cut"), "{csv}");
}
