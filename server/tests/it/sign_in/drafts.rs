//! A form that needs a fresh sign-in is submitted after its sender has signed in again (B22).

use axum::http::StatusCode;
use domain::command::MemberQuery;

use super::{app, cookie, get, leave_as, problem};
use crate::browser::{page, send};
use crate::test_app::{Someone, TestApp, TestResponse};

const TEN_MINUTES: i64 = 600;
const GONE: &str = "There is nothing to confirm here";

/// Someone of the demonstration whose sign-in is too old, and their cookie.
struct Late {
    app: TestApp,
    who: Someone,
    /// The session that they have at the moment.
    session: String,
}

impl Late {
    async fn new(person: &str) -> Self {
        let app = app().await;
        let issuer = format!("{}/dev/idp", app.parts.site_config.public_url);
        let who = app.someone_of(&issuer, person).await;
        let (flow, back) = super::leave(&app, person, "/account").await;
        let session = cookie(&get(&app, &back, &flow).await, "rt_session").expect("a session");
        app.clock.advance_seconds(TEN_MINUTES + 1);
        Self { app, who, session }
    }

    fn on(&self, rest: &str) -> String {
        format!("/o/{}/settings/{rest}", self.who.organization)
    }

    /// Sends a form, which must ask for a fresh sign-in: gives where that begins, and the cookie of
    /// the browser.
    async fn ask(&self, function: &str, on: &str, fields: &[(&str, &str)]) -> (String, String) {
        let organization = self.who.organization.to_string();
        let fields: Vec<_> = fields
            .iter()
            .copied()
            .chain([("organization", organization.as_str())])
            .collect();
        let asked = send(&self.app, function, on, &fields, &self.session).await;
        assert_eq!(
            asked.status,
            StatusCode::UNAUTHORIZED,
            "{}",
            asked.text
        );
        let start = asked
            .header("refresh")
            .strip_prefix("0; url=/sign-in/start?")
            .expect("where it goes on")
            .to_owned();
        assert!(start.starts_with("fresh=1&draft="), "{start}");
        assert!(
            asked.text.contains(&format!(
                "href=\"/sign-in/start?{}\"",
                start.replace('&', "&amp;")
            )),
            "{}",
            asked.text
        );
        let line = asked
            .headers
            .get("set-cookie")
            .and_then(|line| line.to_str().ok())
            .expect("a cookie");
        assert!(
            line.contains("; HttpOnly; SameSite=Lax; Max-Age=600"),
            "{line}"
        );
        (
            start,
            cookie(&asked, "rt_draft").expect("the secret of the browser"),
        )
    }

    /// Signs in again in a browser with these cookies. Returns the URL of the redirect.
    async fn sign_in(&mut self, person: &str, start: &str, cookies: &str) -> TestResponse {
        let cookies = format!("{cookies}; {}", self.session);
        let (flow, back) = leave_as(&self.app, person, start, &cookies).await;
        let done = get(&self.app, &back, &format!("{flow}; {cookies}")).await;
        if let Some(session) = cookie(&done, "rt_session") {
            self.session = session;
        }
        done
    }

    async fn finish(&self, done: &TestResponse, cookies: &str) -> TestResponse {
        let to = done.header("location");
        assert!(to.starts_with("/sign-in/resume?draft="), "{to}");
        get(&self.app, to, &format!("{cookies}; {}", self.session)).await
    }

    /// All of it.
    async fn confirmed(
        &mut self,
        function: &str,
        on: &str,
        fields: &[(&str, &str)],
    ) -> TestResponse {
        let (start, browser) = self.ask(function, on, fields).await;
        let done = self.sign_in("olivia", &start, &browser).await;
        self.finish(&done, &browser).await
    }

    async fn keys(&self) -> Vec<(String, bool)> {
        let query = domain::command::KeyQuery {
            status: None,
            ..Default::default()
        };
        let rows = self
            .app
            .engine
            .list_keys(&self.who.ctx, &query, 50)
            .await
            .expect("keys")
            .rows;
        rows.into_iter()
            .map(|line| (line.key.label, line.key.is_active))
            .collect()
    }
}

// B22
#[tokio::test]
async fn a_key_is_made_after_signing_in_again_with_everything_that_was_filled_in() {
    let mut late = Late::new("olivia").await;
    let fields = [
        ("name", "Nightly export"),
        ("environment", "production"),
        ("template", "custom"),
        ("access[members]", "write"),
        ("expiry", "7"),
    ];
    let shown = late
        .confirmed("create_key", &late.on("api-keys/new"), &fields)
        .await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.text);
    assert!(
        shown.text.contains("class=\"key-value\"") && shown.text.contains("Nightly export"),
        "{}",
        shown.text
    );
    assert_eq!(shown.header("cache-control"), "no-store");
    assert_eq!(shown.header("clear-site-data"), "\"prefetchCache\"");
    let query = domain::command::KeyQuery::default();
    let rows = late
        .app
        .engine
        .list_keys(&late.who.ctx, &query, 9)
        .await
        .expect("keys")
        .rows;
    let key = &rows.first().expect("a key").key;
    assert_eq!(
        (
            rows.len(),
            key.label.as_str(),
            key.scopes.line().as_str()
        ),
        (1, "Nightly export", "members:write")
    );
    assert_eq!(
        key.expires_at
            .map(|end| end.seconds_since(key.created_at) / 86_400),
        Some(7)
    );
}

// B22
#[tokio::test]
async fn every_form_that_asks_is_finished_afterwards() {
    let mut late = Late::new("olivia").await;
    let (app, who) = (&late.app, &late.who);
    let [one, other, third] = [
        app.key_of(who).await,
        app.key_of(who).await,
        app.key_of(who).await,
    ]
    .map(|key| key.view.key_id.to_string());
    let members = app
        .engine
        .list_members(&who.ctx, &MemberQuery::default(), 50)
        .await
        .expect("members")
        .rows;
    let id = |name: &str| {
        members
            .iter()
            .find(|member| member.name == name)
            .expect("a member")
            .actor_id
            .to_string()
    };
    let (mina, adam) = (id("Mina Moreau"), id("Adam Adler"));

    let rotate = late.on(&format!("api-keys/{third}/rotate"));
    let shown = late
        .confirmed(
            "rotate_key",
            &rotate,
            &[("key_id", &third), ("overlap_seconds", "0")],
        )
        .await;
    assert!(
        shown.status == StatusCode::OK && shown.text.contains("class=\"key-value\""),
        "{}",
        shown.text
    );

    late.app.clock.advance_seconds(TEN_MINUTES + 1);
    let keys = format!("{one},{other}");
    let revoke = late.on(&format!("api-keys/revoke?key={one}&key={other}"));
    let shown = late
        .confirmed(
            "revoke_keys",
            &revoke,
            &[("keys", &keys), ("reason", "leaked")],
        )
        .await;
    assert_eq!(
        (shown.status, shown.header("location")),
        (StatusCode::SEE_OTHER, late.on("api-keys").as_str())
    );
    let active = late
        .keys()
        .await
        .into_iter()
        .filter(|(_, active)| *active)
        .count();
    assert_eq!(
        active, 1,
        "of three keys one was rotated and two were revoked"
    );

    late.app.clock.advance_seconds(TEN_MINUTES + 1);
    let change = late.on(&format!("members/{mina}/role"));
    let shown = late
        .confirmed(
            "change_role",
            &change,
            &[("actor_id", &mina), ("role", "owner")],
        )
        .await;
    assert_eq!(
        (shown.status, shown.header("location")),
        (StatusCode::SEE_OTHER, late.on("members").as_str())
    );

    late.app.clock.advance_seconds(TEN_MINUTES + 1);
    let shown = late
        .confirmed(
            "invite_member",
            &late.on("members/invite"),
            &[("email", "zoe@x.example"), ("role", "admin")],
        )
        .await;
    assert!(
        shown.status == StatusCode::OK && shown.text.contains("/join/"),
        "{}",
        shown.text
    );

    late.app.clock.advance_seconds(TEN_MINUTES + 1);
    let remove = late.on(&format!("members/{mina}/remove"));
    let shown = late
        .confirmed("remove_member", &remove, &[("actor_id", &mina)])
        .await;
    assert_eq!(
        (shown.status, shown.header("location")),
        (StatusCode::SEE_OTHER, late.on("members").as_str())
    );
    let left = late
        .app
        .engine
        .list_members(&late.who.ctx, &MemberQuery::default(), 50)
        .await
        .expect("members")
        .rows;
    assert!(
        !left
            .iter()
            .any(|member| member.actor_id.to_string() == mina)
    );
    assert!(
        left.iter()
            .any(|member| member.actor_id.to_string() == adam)
    );
}

// B22
#[tokio::test]
async fn signing_in_as_somebody_else_finishes_nothing_and_loses_nothing() {
    let mut late = Late::new("olivia").await;
    let (start, browser) = late
        .ask(
            "create_key",
            &late.on("api-keys/new"),
            &[("name", "Nightly export")],
        )
        .await;
    let refused = late.sign_in("theo", &start, &browser).await;
    assert_eq!(problem(&refused), "someone_else");
    assert!(late.keys().await.is_empty());
    let page_after = get(&late.app, refused.header("location"), &late.session).await;
    assert!(
        page_after
            .text
            .contains("You signed in as someone else. Nothing was changed."),
        "{}",
        page_after.text
    );
    // The way leads on from there, with the same form.
    assert!(
        page_after
            .text
            .contains(&start.replace('&', "&amp;")),
        "{}",
        page_after.text
    );
    let done = late.sign_in("olivia", &start, &browser).await;
    assert_eq!(
        late.finish(&done, &browser).await.status,
        StatusCode::OK
    );
    assert_eq!(
        late.keys().await,
        [("Nightly export".to_owned(), true)]
    );
}

// B22
#[tokio::test]
async fn a_form_is_finished_once_and_in_time() {
    let mut late = Late::new("olivia").await;
    let on = late.on("api-keys/new");
    let (start, browser) = late
        .ask("create_key", &on, &[("name", "One")])
        .await;
    let done = late.sign_in("olivia", &start, &browser).await;
    assert_eq!(
        late.finish(&done, &browser).await.status,
        StatusCode::OK
    );
    let again = late.finish(&done, &browser).await;
    assert!(
        again.status == StatusCode::NOT_FOUND && again.text.contains(GONE),
        "{}",
        again.text
    );
    assert!(
        again.text.contains(&format!("href=\"{on}\"")),
        "{}",
        again.text
    );

    late.app.clock.advance_seconds(TEN_MINUTES + 1);
    let (start, browser) = late
        .ask("create_key", &on, &[("name", "Two")])
        .await;
    late.app.clock.advance_seconds(TEN_MINUTES);
    let done = late.sign_in("olivia", &start, &browser).await;
    let old = late.finish(&done, &browser).await;
    assert!(
        old.status == StatusCode::NOT_FOUND && old.text.contains(GONE),
        "{}",
        old.text
    );
    assert_eq!(late.keys().await, [("One".to_owned(), true)]);
}

// An attacker with a stolen session lures its owner into signing in again, for a form of their own.
// B22
#[tokio::test]
async fn a_form_that_was_sent_in_another_browser_is_not_finished() {
    let mut late = Late::new("olivia").await;
    let (start, thief) = late
        .ask(
            "create_key",
            &late.on("api-keys/new"),
            &[("name", "A hidden key")],
        )
        .await;
    let done = late.sign_in("olivia", &start, "").await;
    for cookies in ["", "rt_draft=", &format!("rt_draft={}", "a".repeat(43))] {
        let lured = late.finish(&done, cookies).await;
        assert!(
            lured.status == StatusCode::NOT_FOUND && lured.text.contains(GONE),
            "{}",
            lured.text
        );
    }
    assert!(late.keys().await.is_empty());
    // The thief's session ended when its owner signed in again, and nobody else's opens the form.
    let to = done.header("location");
    let nobody = get(&late.app, to, &thief).await;
    assert!(
        nobody.status == StatusCode::SEE_OTHER
            && nobody
                .header("location")
                .starts_with("/sign-in?return_to=")
    );
    let issuer = format!("{}/dev/idp", late.app.parts.site_config.public_url);
    let theo = late.app.someone_of(&issuer, "theo").await;
    let other = get(&late.app, to, &format!("{thief}; {}", theo.cookie())).await;
    assert!(other.text.contains(GONE), "{}", other.text);
    assert!(late.keys().await.is_empty());
}

// Without a fresh sign-in the address finishes nothing, and the form goes on waiting.
// B22
#[tokio::test]
async fn the_address_alone_finishes_nothing() {
    let late = Late::new("olivia").await;
    let (start, browser) = late
        .ask(
            "create_key",
            &late.on("api-keys/new"),
            &[("name", "Nightly export")],
        )
        .await;
    let resume = format!(
        "/sign-in/resume?{}",
        start.strip_prefix("fresh=1&").expect("a start")
    );
    let asked = get(
        &late.app,
        &resume,
        &format!("{browser}; {}", late.session),
    )
    .await;
    assert_eq!(
        asked.status,
        StatusCode::UNAUTHORIZED,
        "{}",
        asked.text
    );
    assert!(
        asked
            .header("refresh")
            .starts_with("0; url=/sign-in/start?fresh=1&draft=")
    );
    assert!(late.keys().await.is_empty());
}

// Every form that may ask for a fresh sign-in says so before it is sent.
// B22
#[tokio::test]
async fn forms_announce_the_fresh_sign_in() {
    let late = Late::new("olivia").await;
    let (app, who) = (&late.app, &late.who);
    let [one, other] =
        [app.key_of(who).await, app.key_of(who).await].map(|key| key.view.key_id.to_string());
    let members = app
        .engine
        .list_members(&who.ctx, &MemberQuery::default(), 50)
        .await
        .expect("members")
        .rows;
    let mina = members
        .iter()
        .find(|member| member.name == "Mina Moreau")
        .expect("a member")
        .actor_id;
    let issuer = format!("{}/dev/idp", app.parts.site_config.public_url);
    let always = [
        format!("api-keys/{one}/rotate"),
        format!("api-keys/revoke?key={one}&key={other}"),
    ];
    let chosen = [
        "api-keys/new".into(),
        "members/invite".into(),
        format!("members/{mina}/role"),
        "api-keys".into(),
    ];
    for (place, is_always) in always
        .iter()
        .map(|place| (place, true))
        .chain(chosen.iter().map(|place| (place, false)))
    {
        let shown = page(app, &late.on(place), &late.session)
            .await
            .text;
        assert!(
            shown.contains("data-stale") && shown.contains("Confirm and "),
            "{place}: {shown}"
        );
        assert!(
            shown.contains("You will confirm with the development sign-in."),
            "{place}"
        );
        let form = shown
            .split("<form")
            .find(|form| form.contains("data-stale"))
            .expect("a form");
        let tag = form.split('>').next().expect("a tag");
        assert_eq!(
            tag.contains("data-power"),
            is_always,
            "{place}: {tag}"
        );
        assert!(
            is_always || form.contains("data-power"),
            "{place}: no choice asks for it"
        );
        let fresh = page(
            app,
            &late.on(place),
            &app.someone_of(&issuer, "olivia").await.cookie(),
        )
        .await
        .text;
        assert!(!fresh.contains("data-stale"), "{place}");
    }
}
