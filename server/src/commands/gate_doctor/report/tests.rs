//! The report as text and as JSON.

use super::*;

fn report(proxy: Option<(Proxy, &'static str)>) -> Report {
    Report {
        url: "http://127.0.0.1:8080/".to_owned(),
        app: None,
        proxy,
        verdicts: vec![
            (Probe::NoKey, Verdict::passed()),
            (
                Probe::KeyHiddenXApiKey,
                Verdict::failed("it arrives", [Fault::KeyVisible("X-API-Key")]),
            ),
            (Probe::Method, Verdict::not_checked("it needs --app")),
        ],
    }
}

#[test]
fn a_known_proxy_gets_its_own_advice_and_an_unknown_one_that_of_all() {
    let text = report(Some((Proxy::Nginx, "Server"))).to_text();
    assert!(
        text.contains("nginx: Add `proxy_set_header X-API-Key \"\";`"),
        "{text}"
    );
    assert!(!text.contains("Caddy: "), "{text}");
    assert!(
        text.contains("\n1 passed, 1 failed, 1 not checked\n"),
        "{text}"
    );
    let text = report(None).to_text();
    for proxy in Proxy::ALL {
        assert!(
            text.contains(&format!("{}: ", proxy.label())),
            "{text}"
        );
    }
}

#[test]
fn the_shape_of_the_json_is_stable() {
    let text = report(Some((Proxy::Caddy, "Via"))).to_json();
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let expected = serde_json::json!({
        "url": "http://127.0.0.1:8080/",
        "app": null,
        "proxy": "caddy",
        "passed": 1,
        "failed": 1,
        "not_checked": 1,
        "notes": 0,
        "checks": [
            { "check": "no_key", "title": Probe::NoKey.title(), "outcome": "passed", "found": null, "advice": [] },
            {
                "check": "key_hidden_x_api_key",
                "title": Probe::KeyHiddenXApiKey.title(),
                "outcome": "failed",
                "found": "it arrives",
                "advice": [{
                    "proxy": "caddy",
                    "change": "Add `request_header -X-API-Key` between `forward_auth` and `reverse_proxy`.",
                }],
            },
            { "check": "method", "title": Probe::Method.title(), "outcome": "not_checked", "found": "it needs --app", "advice": [] },
        ],
    });
    assert_eq!(json, expected);
}
