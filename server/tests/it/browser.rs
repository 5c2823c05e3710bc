//! A browser without script: it opens pages and submits their forms.

use axum::body::Body;
use axum::http::Request;

use crate::test_app::{TestApp, TestResponse};

/// Opens a page.
pub async fn page(app: &TestApp, path: &str, cookie: &str) -> TestResponse {
    let request = Request::get(path)
        .header("cookie", cookie)
        .header("accept", "text/html");
    app.send(request.body(Body::empty()).expect("request"))
        .await
}

/// Submits a form of a page, like a browser.
pub async fn send(
    app: &TestApp,
    function: &str,
    on: &str,
    fields: &[(&str, &str)],
    cookie: &str,
) -> TestResponse {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("page", on).extend_pairs(fields);
    let request = Request::post(format!("/ui/{function}"))
        .header("cookie", cookie)
        .header("accept", "text/html");
    let request = request.header("sec-fetch-site", "same-origin");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    app.send(
        request
            .body(Body::from(form.finish()))
            .expect("request"),
    )
    .await
}
