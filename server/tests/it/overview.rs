//! The overview of an organization, and the link to it above the list of keys.

use domain::command::{ChangeOrganization, CreateKey, Expiry, KeyDraft, OrganizationDraft};
use domain::view::NewKey;
use engine::ctx::Origin;

use crate::browser;
use crate::test_app::{Someone, TestApp, TestResponse};

const DAY: i64 = 86_400;

async fn get(app: &TestApp, someone: &Someone, path: &str) -> String {
    let answer = browser::page(app, path, &someone.cookie()).await;
    assert_eq!(
        answer.status.as_u16(),
        200,
        "{path}: {} {}",
        answer.header("location"),
        answer.text
    );
    answer.text
}

fn overview_of(someone: &Someone) -> String {
    format!("/o/{}", someone.organization)
}

fn list_of(someone: &Someone) -> String {
    format!("/o/{}/settings/api-keys", someone.organization)
}

async fn glance(app: &TestApp, someone: &Someone) -> String {
    get(app, someone, &overview_of(someone)).await
}

async fn key(app: &TestApp, someone: &Someone, name: &str, days: &'static str) -> NewKey {
    let draft = KeyDraft {
        name,
        expires_at: Expiry::InDays(days),
        ..KeyDraft::default()
    };
    let command = CreateKey::draft(&draft, someone.ctx.now()).expect("a command");
    app.engine
        .create_key(&someone.ctx, command)
        .await
        .expect("a key")
}

/// A key that was created for 20 days and expires in this number of days. Time passes meanwhile, so
/// the sessions of before have ended.
async fn ending(app: &TestApp, subject: &str, name: &str, days: i64) -> NewKey {
    let someone = app.someone(subject).await;
    let new = key(app, &someone, name, "20").await;
    app.clock.advance_seconds((20 - days) * DAY);
    new
}

async fn expose(app: &TestApp, key: &NewKey) {
    app.engine
        .expose_key(&key.plain, &Origin::default())
        .await
        .expect("marked");
}

fn leads(page: &str, to: &str) -> bool {
    page.contains(&format!("href=\"{}\"", to.replace('&', "&amp;")))
}

async fn dismiss(app: &TestApp, someone: &Someone, page: &str) -> TestResponse {
    let fields = [("organization", someone.organization.as_str())];
    browser::send(
        app,
        "dismiss_nudges",
        page,
        &fields,
        &someone.cookie(),
    )
    .await
}

#[tokio::test]
async fn owners_and_admins_see_all_of_the_organization_and_members_their_own() {
    let app = TestApp::new().await;
    let hers = ending(&app, "mina", "Nightly export", 5).await;
    let (olivia, adam, mina) = (
        app.someone("olivia").await,
        app.someone("adam").await,
        app.someone("mina").await,
    );
    let noor = app.someone("noor").await;
    let theirs = key(&app, &noor, "Ledger sync", "90").await;
    expose(&app, &theirs).await;
    for someone in [&olivia, &adam] {
        let page = glance(&app, someone).await;
        assert!(
            page.contains("The keys of")
                && page.contains("Nightly export")
                && page.contains("Ledger sync")
        );
        assert!(
            page.contains("Mina Moreau")
                && page.contains("Latest events")
                && page.contains("Created an API key"),
            "{page}"
        );
        for state in ["exposed", "expiring", "unused", "expired", "revoked"] {
            assert!(
                leads(&page, &format!("{}?status={state}", list_of(someone))),
                "{state}"
            );
        }
        assert!(leads(
            &page,
            &format!("{}/{}/rotate", list_of(someone), hers.view.key_id)
        ));
        assert!(leads(
            &page,
            &format!(
                "{}/audit-log",
                list_of(someone).replace("/api-keys", "")
            )
        ));
        assert!(
            page.contains("4 members") && page.contains("0 service accounts"),
            "{page}"
        );
    }
    let page = glance(&app, &mina).await;
    assert!(
        page.contains("Your keys in")
            && page.contains("Nightly export")
            && page.contains("It expires in 5 days.")
    );
    assert!(
        !page.contains("Ledger sync")
            && !page.contains("Latest events")
            && !page.contains("members</a>"),
        "{page}"
    );
    assert!(
        page.contains("aria-current=\"page\""),
        "the navigation says where one is"
    );
}

#[tokio::test]
async fn the_calls_are_a_chart_a_sentence_and_a_table() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let key = app.key_of(&olivia).await;
    let quiet = glance(&app, &olivia).await;
    assert!(quiet.contains("No calls in the last 30 days.") && !quiet.contains("role=\"img\""));
    for _ in 0..3 {
        app.get("/api/v1/workspaces", key.plain.expose())
            .await;
    }
    expose(&app, &key).await;
    let page = glance(&app, &olivia).await;
    assert!(
        page.contains(
            "aria-label=\"3 calls and 1 refusal in the last 30 days; at most 3 calls on one day, 8 Apr 2026.\""
        ),
        "{page}"
    );
    assert_eq!(
        page.matches("class=\"tip\"").count(),
        30,
        "one for each day"
    );
    assert!(page.contains("Wed 8 Apr 2026: 3 calls, 1 refused") && page.contains("url(#hatch)"));
    assert!(
        page.contains(">Mon 30 Mar<") && page.matches("class=\"grid\"").count() == 3,
        "weekdays, and three grid lines"
    );
    assert!(page.contains("Daily usage") && page.contains("Production and test keys together"));
    assert_eq!(page.matches("<th scope=\"row\">").count(), 30);
}

#[tokio::test]
async fn at_most_eight_keys_are_told_and_the_others_are_one_click_away() {
    let app = TestApp::new().await;
    let mina = app.someone("mina").await;
    key(&app, &mina, "Fine", "90").await;
    let calm = glance(&app, &mina).await;
    assert!(calm.contains("No key needs attention.") && !calm.contains("more</a>"));
    for n in 0..11 {
        key(&app, &mina, &format!("Ending {n}"), "20").await;
    }
    app.clock.advance_seconds(17 * DAY);
    let mina = app.someone("mina").await;
    let page = glance(&app, &mina).await;
    assert_eq!(page.matches("It expires in 3 days.").count(), 8);
    assert!(
        page.contains("and 3 more")
            && leads(&page, &format!("{}?status=attention", list_of(&mina))),
        "{page}"
    );
    let all = get(
        &app,
        &mina,
        &format!("{}?status=attention", list_of(&mina)),
    )
    .await;
    assert!(all.contains("Ending 10") && !all.contains(">Fine<"));
}

#[tokio::test]
async fn without_a_key_there_is_the_way_to_the_first_one() {
    let app = TestApp::new().await;
    let (olivia, mina) = (app.someone("olivia").await, app.someone("mina").await);
    for someone in [&olivia, &mina] {
        let page = glance(&app, someone).await;
        assert!(
            page.contains("No API keys yet") && leads(&page, &format!("{}/new", list_of(someone)))
        );
        assert!(!page.contains("Needs attention") && !page.contains("Calls per day"));
    }
    let draft = OrganizationDraft {
        key_makers: Some("admins"),
        ..OrganizationDraft::default()
    };
    let command = ChangeOrganization::read(&draft).expect("valid");
    app.engine
        .change_organization(&olivia.ctx, command)
        .await
        .expect("changed");
    let page = glance(&app, &mina).await;
    assert!(
        page.contains("No API keys yet") && !leads(&page, &format!("{}/new", list_of(&mina))),
        "{page}"
    );
}

// A line that was put away stays away until there is another reason; it is remembered in this
// session alone.
#[tokio::test]
async fn a_nudge_is_put_away_until_there_is_another_reason() {
    let app = TestApp::new().await;
    let new = app.someone("mina").await;
    let list = list_of(&new);
    assert!(!get(&app, &new, &list).await.contains("Dismiss"));
    let one = ending(&app, "mina", "Nightly export", 10).await;
    let mina = app.someone("mina").await;
    let page = get(&app, &mina, &list).await;
    assert!(
        page.contains("1 key needs attention: it expires in 10 days.")
            && leads(&page, &overview_of(&mina)),
        "{page}"
    );
    let filtered = format!("{list}?sort=name");
    let answer = dismiss(&app, &mina, &filtered).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (303, filtered.as_str())
    );
    assert!(!get(&app, &mina, &list).await.contains("Dismiss"));
    assert!(
        glance(&app, &mina)
            .await
            .contains("It expires in 10 days."),
        "the overview still says it"
    );
    expose(&app, &one).await;
    let page = get(&app, &mina, &list).await;
    assert!(
        page.contains("1 key needs attention: it is exposed."),
        "{page}"
    );
    dismiss(&app, &mina, &list).await;
    assert!(!get(&app, &mina, &list).await.contains("Dismiss"));
    let elsewhere = app.someone("mina").await;
    assert!(
        get(&app, &elsewhere, &list)
            .await
            .contains("Dismiss"),
        "another browser saw nothing"
    );
    let wrong = dismiss(&app, &mina, "/account").await;
    assert_eq!(wrong.status.as_u16(), 400, "{}", wrong.text);
}

// Owners and admins see every key of the organization, members of their own.
#[tokio::test]
async fn a_nudge_is_about_what_the_list_shows() {
    let app = TestApp::new().await;
    let (olivia, mina, theo) = (
        app.someone("olivia").await,
        app.someone("mina").await,
        app.someone("theo").await,
    );
    expose(&app, &app.key_of(&olivia).await).await;
    app.key_of(&mina).await;
    assert!(
        get(&app, &olivia, &list_of(&olivia))
            .await
            .contains("1 key needs attention: it is exposed.")
    );
    for someone in [&mina, &theo] {
        assert!(
            !get(&app, someone, &list_of(someone))
                .await
                .contains("needs attention")
        );
    }
}
