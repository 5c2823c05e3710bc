//! A person's sessions, over the API and in the browser.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::house::{Answer, House, Someone};

async fn end(house: &House, path: &str, bearer: &str) -> Answer {
    house.call(Method::DELETE, path, bearer, Value::Null).await
}

/// What the API lists, and the id of the session that the token was given to.
async fn listed(house: &House, token: &str) -> (Vec<Value>, String) {
    let body = house.get("/api/v1/sessions", token).await.json();
    let sessions = body["sessions"].as_array().expect("sessions").clone();
    let current = sessions.iter().find(|session| session["is_current"] == json!(true)).expect("the current one");
    let id = current["id"].as_str().expect("an id").to_owned();
    (sessions, id)
}

async fn page(house: &House, someone: &Someone) -> StatusCode {
    let path = format!("/o/{}/settings/api-keys", someone.organization);
    let request = Request::get(path).header("cookie", someone.cookie()).header("accept", "text/html");
    house.send(request.body(Body::empty()).expect("request")).await.status
}

// B22: the list, with revoke.
#[tokio::test]
async fn b22_people_see_their_sessions_and_end_them() {
    let house = House::new().await;
    let (here, there) = (house.someone("mina").await, house.someone("mina").await);
    let (token, other) = (house.own_token(&here).await, house.own_token(&there).await);
    let (sessions, own) = listed(&house, &token).await;
    assert_eq!(sessions.len(), 2);
    assert!(sessions.iter().all(|session| session["signed_in_at"] == json!("2026-04-08T19:51:19Z")), "{sessions:?}");
    let (_, second) = listed(&house, &other).await;
    assert_eq!(end(&house, &format!("/api/v1/sessions/{second}"), &token).await.status, StatusCode::NO_CONTENT);
    assert_eq!(end(&house, &format!("/api/v1/sessions/{second}"), &token).await.status, StatusCode::NOT_FOUND);
    assert_eq!(house.get("/api/v1/sessions", &other).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!((page(&house, &there).await, page(&house, &here).await), (StatusCode::SEE_OTHER, StatusCode::OK));
    assert_eq!(
        end(&house, &format!("/api/v1/sessions/{own}"), &token).await.status,
        StatusCode::NO_CONTENT,
        "and its own"
    );
    assert_eq!(house.get("/api/v1/sessions", &token).await.status, StatusCode::UNAUTHORIZED);
}

// B15: nobody else's, and no key of one's own either.
#[tokio::test]
async fn b15_nobody_reaches_the_sessions_of_someone_else() {
    let house = House::new().await;
    let (mina, olivia) = (house.someone("mina").await, house.someone("olivia").await);
    let (minas, olivias) = (house.own_token(&mina).await, house.own_token(&olivia).await);
    let (_, id) = listed(&house, &minas).await;
    let foreign = end(&house, &format!("/api/v1/sessions/{id}"), &olivias).await;
    let none = end(&house, "/api/v1/sessions/ses_0000000000000000", &olivias).await;
    let malformed = end(&house, "/api/v1/sessions/%27", &olivias).await;
    for refused in [&foreign, &none, &malformed] {
        assert_eq!((refused.status, &refused.json()["code"]), (StatusCode::NOT_FOUND, &json!("not_found")));
    }
    assert_eq!(end(&house, "/api/v1/sessions", &olivias).await.json(), json!({ "ended": 0 }));
    let key = house.key_of(&mina).await;
    for (method, path) in
        [(Method::GET, "/api/v1/sessions".to_owned()), (Method::DELETE, format!("/api/v1/sessions/{id}"))]
    {
        let refused = house.call(method, &path, key.plain.expose(), Value::Null).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(page(&house, &mina).await, StatusCode::OK);
}

// B22: after "sign out everywhere else", of a hundred cookies that all come at once none works.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b22_after_signing_out_everywhere_no_cookie_works() {
    let house = House::new().await;
    let here = house.someone("mina").await;
    let token = house.own_token(&here).await;
    let mut others = Vec::new();
    for _ in 0..100 {
        others.push(house.someone("mina").await);
    }
    assert_eq!(page(&house, &others[99]).await, StatusCode::OK);
    assert_eq!(end(&house, "/api/v1/sessions", &token).await.json(), json!({ "ended": 100 }));
    let path = format!("/o/{}/settings/api-keys", here.organization);
    let tries = others.iter().map(|other| {
        let request = Request::get(&path).header("cookie", other.cookie()).header("accept", "text/html");
        let (router, request) = (house.router.clone(), request.body(Body::empty()).expect("request"));
        async move { tower::ServiceExt::oneshot(router, request).await.expect("never fails").status() }
    });
    let answers = tries.collect::<JoinSet<_>>().join_all().await;
    assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 0);
    assert!(answers.iter().all(|status| *status == StatusCode::SEE_OTHER), "all are asked to sign in");
    assert_eq!(page(&house, &here).await, StatusCode::OK);
}
