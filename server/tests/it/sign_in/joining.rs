//! A person accepts an invitation with their sign-in (B35), and one of a development installation
//! chooses an account before it.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::command::{InviteMember, MemberQuery};

use super::{app, choose, cookie, get, leave_as, problem};
use crate::browser::send;
use crate::test_app::{Someone, TestApp, TestResponse};

const JOIN: &str = "/sign-in/join";

/// An organization of the demonstration, and the page of an invitation to it for Theo.
struct Invited {
    app: TestApp,
    olivia: Someone,
    page: String,
}

impl Invited {
    async fn new() -> Self {
        let app = app().await;
        let issuer = format!("{}/dev/idp", app.parts.site_config.public_url);
        let olivia = app.someone_of(&issuer, "olivia").await;
        let command = InviteMember::read("theo@demo.example", Some("member")).expect("valid");
        let invitation = app
            .engine
            .create_invitation(&olivia.ctx, command)
            .await
            .expect("invited");
        let page = format!("/join/{}", invitation.token);
        Self { app, olivia, page }
    }

    async fn members(&self) -> Vec<String> {
        let members = self
            .app
            .engine
            .list_members(&self.olivia.ctx, &MemberQuery::default(), 50)
            .await
            .expect("members");
        members
            .rows
            .into_iter()
            .map(|member| member.name)
            .collect()
    }

    /// Sends the form of the page. Returns the cookie of the sign-in and the URL of the provider.
    async fn accept(&self) -> (String, String) {
        let answer = self.send(&self.page, &[], "").await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let to = answer
            .header("refresh")
            .strip_prefix("0; url=")
            .expect("the URL of the provider")
            .to_owned();
        assert!(
            answer
                .text
                .contains(&format!("href=\"{}\"", to.replace('&', "&amp;"))),
            "a browser that ignores the header has a link"
        );
        assert_eq!(answer.header("cache-control"), "no-store");
        (cookie(&answer, "rt_flow").expect("a sign-in"), to)
    }

    async fn send(&self, page: &str, headers: &[(&str, &str)], cookies: &str) -> TestResponse {
        let site = &self.app.parts.site_config.public_url;
        let mut request = Request::post(JOIN)
            .header("host", site.trim_start_matches("http://"))
            .header("cookie", cookies)
            .header("accept", "text/html")
            .header("content-type", "application/x-www-form-urlencoded");
        let ours = [("origin", site.as_str()), ("sec-fetch-site", "same-origin")];
        for (name, value) in if headers.is_empty() { &ours } else { headers } {
            request = request.header(*name, *value);
        }
        let body = Body::from(format!("page={page}"));
        self.app
            .send(request.body(body).expect("request"))
            .await
    }

    /// Finishes the sign-in of a user of the provider.
    async fn finish(&self, person: &str, begun: &(String, String)) -> TestResponse {
        self.finish_as(&format!("person={person}"), begun)
            .await
    }

    /// Finishes a sign-in with this choice at the provider.
    async fn finish_as(&self, choice: &str, (flow, to): &(String, String)) -> TestResponse {
        let back = choose(&self.app, choice, to).await;
        get(&self.app, &back, flow).await
    }
}

#[tokio::test]
async fn a_person_joins_with_the_sign_in() {
    let invited = Invited::new().await;
    let before = invited.members().await.len();
    let begun = invited.accept().await;
    assert_eq!(
        invited.members().await.len(),
        before,
        "only the sign-in joins"
    );
    let back = choose(&invited.app, "person=theo", &begun.1).await;
    let done = get(&invited.app, &back, &begun.0).await;
    let keys = format!("/o/{}/settings/api-keys", invited.olivia.organization);
    assert_eq!(
        (done.status, done.header("location")),
        (StatusCode::SEE_OTHER, keys.as_str())
    );
    let session = cookie(&done, "rt_session").expect("a session");
    // The second response of the provider, with and without the session.
    assert_eq!(
        problem(&get(&invited.app, &back, &begun.0).await),
        "expired"
    );
    let again = get(
        &invited.app,
        &back,
        &format!("{}; {session}", begun.0),
    )
    .await;
    assert_eq!(again.header("location"), invited.page);
    let welcome = get(&invited.app, &keys, &session).await.text;
    assert!(welcome.contains("You are a member."), "{welcome}");
    let members = invited.members().await;
    assert_eq!(members.len(), before + 1);
    assert!(
        members.contains(&"Theo Okafor".to_owned()),
        "{members:?}"
    );
}

// The page of the invitation says for whom it is, and leads a member in.
#[tokio::test]
async fn another_person_signs_in_and_reads_why_they_did_not_join() {
    let invited = Invited::new().await;
    let before = invited.members().await;
    let begun = invited.accept().await;
    let done = invited
        .finish_as("email=eve@new.example&name=Eve", &begun)
        .await;
    assert_eq!(
        (done.status, done.header("location")),
        (StatusCode::SEE_OTHER, invited.page.as_str())
    );
    let session = cookie(&done, "rt_session").expect("a session");
    let page = get(&invited.app, &invited.page, &session).await;
    assert_eq!(page.status, StatusCode::OK);
    for text in ["t…@demo.example", "eve@new.example"] {
        assert!(page.text.contains(text), "{}", page.text);
    }

    let done = invited
        .finish("adam", &invited.accept().await)
        .await;
    let session = cookie(&done, "rt_session").expect("a session");
    let page = get(&invited.app, done.header("location"), &session).await;
    let keys = format!("/o/{}/settings/api-keys", invited.olivia.organization);
    assert_eq!(
        (page.status, page.header("location")),
        (StatusCode::SEE_OTHER, keys.as_str())
    );
    assert_eq!(invited.members().await, before);
}

// B35: nobody becomes a member without having seen the invitation.
#[tokio::test]
async fn another_site_cannot_let_a_person_join() {
    let invited = Invited::new().await;
    let before = invited.members().await;
    for headers in [
        &[("origin", "https://evil.example")][..],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[("x-nothing", "1")],
    ] {
        let refused = invited.send(&invited.page, headers, "").await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{headers:?}");
        assert!(cookie(&refused, "rt_flow").is_none());
    }
    // A link to the sign-in leads to the invitation, whatever it says.
    let query = format!("joins=1&joins=true&return_to={}", invited.page);
    let (flow, back) = leave_as(&invited.app, "theo", &query, "").await;
    let done = get(&invited.app, &back, &flow).await;
    assert_eq!(done.header("location"), invited.page);
    assert_eq!(invited.members().await, before);
}

#[tokio::test]
async fn a_sign_in_joins_in_its_browser_once_and_only_with_an_invitation() {
    let invited = Invited::new().await;
    let before = invited.members().await;
    for page in [
        "",
        "/",
        "/settings/api-keys",
        "//evil.example",
        "/join/",
        "/join/a/b",
    ] {
        let refused = invited.send(page, &[], "").await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{page}");
    }
    let opened = get(&invited.app, JOIN, "").await;
    assert_eq!(
        (opened.status, opened.header("location")),
        (StatusCode::SEE_OTHER, "/")
    );
    let begun = invited.accept().await;
    let back = choose(&invited.app, "person=theo", &begun.1).await;
    for cookies in ["", &begun.0] {
        let done = get(&invited.app, &back, cookies).await;
        assert_eq!(
            problem(&done),
            "expired",
            "a response without the cookie ends the sign-in"
        );
    }
    assert_eq!(invited.members().await, before);

    // An invitation that is canceled during the sign-in.
    let begun = invited.accept().await;
    let pending = invited
        .app
        .engine
        .list_invitations(&invited.olivia.ctx, None, 9)
        .await
        .expect("invitations")
        .rows;
    invited
        .app
        .engine
        .revoke_invitation(&invited.olivia.ctx, &pending[0].id)
        .await
        .expect("canceled");
    let done = invited.finish("theo", &begun).await;
    let session = cookie(&done, "rt_session").expect("a session");
    assert_eq!(done.header("location"), invited.page);
    assert_eq!(
        get(&invited.app, &invited.page, &session)
            .await
            .status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(invited.members().await, before);

    // Signed in in another tab: the page of the invitation asks.
    let answer = invited.send(&invited.page, &[], &session).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (StatusCode::SEE_OTHER, invited.page.as_str())
    );
}

#[tokio::test]
async fn a_failure_of_the_database_is_told_and_can_be_tried_again() {
    let invited = Invited::new().await;
    let before = invited.members().await;
    invited
        .app
        .sql("CREATE TRIGGER broken BEFORE INSERT ON actors BEGIN SELECT RAISE(ABORT, 'broken'); END")
        .await;
    let failed = invited
        .finish("theo", &invited.accept().await)
        .await;
    assert_eq!(
        (failed.status, failed.header("location")),
        (StatusCode::SEE_OTHER, invited.page.as_str())
    );
    assert_eq!(invited.members().await, before);
    // The person is signed in, reads once what happened, and can still join.
    let session = cookie(&failed, "rt_session").expect("a session");
    for is_told in [true, false] {
        let page = get(&invited.app, &invited.page, &session).await;
        assert_eq!(
            page.text.contains(app::words::join::FAILED),
            is_told,
            "{}",
            page.text
        );
        assert!(page.text.contains("/ui/accept_invitation"));
    }
    invited.app.sql("DROP TRIGGER broken").await;
    let joined = send(
        &invited.app,
        "accept_invitation",
        &invited.page,
        &[],
        &session,
    )
    .await;
    assert_eq!(joined.status, StatusCode::SEE_OTHER);
    assert_eq!(invited.members().await.len(), before.len() + 1);
}

// The sign-in page of a development installation names the account, and no other site can.
#[tokio::test]
async fn an_account_is_chosen_on_our_own_page_only() {
    let app = app().await;
    let url = "/sign-in/start?return_to=/account&account=olivia";
    let site = app.parts.site_config.public_url.clone();
    let authorize = format!("{site}/dev/idp/authorize?");
    let start = async |url: &str, site_header: Option<&str>| {
        let mut request = Request::get(url)
            .header("host", site.trim_start_matches("http://"))
            .header("accept", "text/html");
        if let Some(value) = site_header {
            request = request.header("sec-fetch-site", value);
        }
        app.send(request.body(Body::empty()).expect("request"))
            .await
    };
    for other in [None, Some("none"), Some("cross-site"), Some("same-site")] {
        let started = start(url, other).await;
        let to = started.header("location");
        assert!(
            to.starts_with(&authorize) && !to.contains("login_hint"),
            "{other:?}: {to}"
        );
    }
    // A provider in production gets no name from a URL.
    let started = start(&url.replace("olivia", "nobody"), Some("same-origin")).await;
    let to = started.header("location");
    assert!(
        to.starts_with(&authorize) && !to.contains("login_hint"),
        "{to}"
    );

    let started = start(url, Some("same-origin")).await;
    assert!(
        started
            .header("location")
            .ends_with("&login_hint=olivia"),
        "{started:?}"
    );
    let flow = cookie(&started, "rt_flow").expect("a sign-in");
    let back = get(&app, started.header("location"), "").await;
    assert_eq!(back.status, StatusCode::SEE_OTHER);
    let done = get(&app, back.header("location"), &flow).await;
    assert_eq!(done.header("location"), "/account");
    let session = cookie(&done, "rt_session").expect("a session");
    assert!(
        get(&app, "/account", &session)
            .await
            .text
            .contains("Olivia Owens")
    );
    // An account that the provider does not have is chosen there.
    let unknown = started
        .header("location")
        .replace("login_hint=olivia", "login_hint=nobody");
    assert_eq!(get(&app, &unknown, "").await.status, StatusCode::OK);
}
