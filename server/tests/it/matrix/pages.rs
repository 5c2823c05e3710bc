//! Every page of the dashboard.

use std::collections::BTreeSet;

use app::routes::{LIVE, Screen};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::Role;
use tower::ServiceExt;

use super::Tally;
use super::forms::visitors;
use super::oracle::{Kind, Line, Requirement, Standing, expected};
use super::world::{Which, World};
use crate::browser;
use crate::test_app::{TestApp, TestResponse};

/// The reviewed table of pages. Anonymous visitors are redirected to the sign-in page instead of a
/// 401.
#[rustfmt::skip]
pub const LINES: [Line; 35] = [
    ("/o/{organization}", Requirement::Membership, Kind::None, 200, 0),
    ("/o/{organization}/search", Requirement::Membership, Kind::None, 200, 0),
    ("/o/{organization}/settings", Requirement::Membership, Kind::None, 200, 0),
    ("/o/{organization}/settings/api-keys", Requirement::Membership, Kind::None, 200, 0),
    ("/o/{organization}/settings/api-keys/new", Requirement::Membership, Kind::None, 200, 0),
    ("/o/{organization}/settings/api-keys/revoke", Requirement::Membership, Kind::None, 200, 0),
    ("/o/{organization}/settings/api-keys/{key}", Requirement::Own, Kind::Key, 200, 200),
    ("/o/{organization}/settings/api-keys/{key}/rename", Requirement::Own, Kind::Key, 200, 200),
    ("/o/{organization}/settings/api-keys/{key}/description", Requirement::Own, Kind::Key, 200, 200),
    ("/o/{organization}/settings/api-keys/{key}/expiration", Requirement::Own, Kind::Key, 200, 200),
    ("/o/{organization}/settings/api-keys/{key}/rotate", Requirement::Own, Kind::Key, 200, 200),
    ("/o/{organization}/settings/api-keys/{key}/revoke", Requirement::Own, Kind::Key, 200, 200),
    ("/o/{organization}/settings/sealed", Requirement::Membership, Kind::None, 200, 0),
    ("/o/{organization}/settings/service-accounts", Requirement::Admin, Kind::None, 200, 0),
    ("/o/{organization}/settings/service-accounts/new", Requirement::Admin, Kind::None, 200, 0),
    ("/o/{organization}/settings/service-accounts/{actor}", Requirement::Admin, Kind::Account, 200, 200),
    ("/o/{organization}/settings/service-accounts/{actor}/sealed", Requirement::Admin, Kind::Account, 200, 200),
    ("/o/{organization}/settings/apis", Requirement::Membership, Kind::None, 200, 0),
    ("/o/{organization}/settings/new-api", Requirement::Admin, Kind::None, 200, 0),
    ("/o/{organization}/settings/apis/{slug}", Requirement::Membership, Kind::Api, 200, 200),
    ("/o/{organization}/settings/apis/{slug}/new-key", Requirement::Membership, Kind::Api, 200, 409),
    ("/o/{organization}/settings/consumers", Requirement::Admin, Kind::None, 200, 0),
    ("/o/{organization}/settings/consumers/new", Requirement::Admin, Kind::None, 200, 0),
    ("/o/{organization}/settings/consumers/{actor}", Requirement::Admin, Kind::Consumer, 200, 200),
    ("/o/{organization}/settings/workspaces", Requirement::Membership, Kind::None, 200, 0),
    ("/o/{organization}/settings/workspaces/new", Requirement::Membership, Kind::None, 200, 0),
    ("/o/{organization}/settings/workspaces/{workspace}", Requirement::Membership, Kind::Workspace, 200, 0),
    ("/o/{organization}/settings/runs", Requirement::Membership, Kind::None, 200, 0),
    ("/o/{organization}/settings/runs/{run}", Requirement::Membership, Kind::Run, 200, 0),
    ("/o/{organization}/settings/members", Requirement::Membership, Kind::None, 200, 0),
    ("/o/{organization}/settings/members/invite", Requirement::Admin, Kind::None, 200, 0),
    ("/o/{organization}/settings/members/leave", Requirement::Membership, Kind::None, 200, 0),
    ("/o/{organization}/settings/members/{actor}/role", Requirement::Admin, Kind::Member, 200, 404),
    ("/o/{organization}/settings/members/{actor}/remove", Requirement::Admin, Kind::Member, 200, 404),
    ("/o/{organization}/settings/audit-log", Requirement::Membership, Kind::None, 200, 0),
];

/// Pages outside of organizations: the status for anonymous visitors, for people outside of Acme,
/// and for its members.
const BESIDE: [(&str, u16, u16, u16); 11] = [
    ("/", 303, 0, 303),
    ("/sign-in", 200, 303, 303),
    ("/welcome", 303, 303, 303),
    ("/account", 303, 200, 200),
    ("/device", 303, 200, 200),
    // Without the parameters of a program.
    ("/authorize", 303, 400, 400),
    // The installation of the tests uses development mode.
    ("/dev/style", 200, 200, 200),
    ("/settings/api-keys", 303, 0, 303),
    ("/settings/api", 303, 0, 303),
    ("/join/{token}", 404, 404, 404),
    ("/organizations/new", 303, 200, 200),
];

/// Requests a page like a browser.
pub async fn look(world: &World, path: &str, cookie: &str) -> TestResponse {
    browser::page(&world.app, path, cookie).await
}

async fn get(world: &World, path: &str, cookie: &str) -> u16 {
    look(world, path, cookie).await.status.as_u16()
}

#[tokio::test]
async fn the_style_page_exists_only_in_development_mode() {
    let app = TestApp::with(None, |site_config| site_config.development = false).await;
    assert_eq!(
        app.get("/dev/style", "").await.status,
        StatusCode::NOT_FOUND
    );
}

// RA-30, RK-04, KE-24, B13, B15, B20, B31: requesting a page changes nothing.
#[tokio::test]
async fn the_pages_match_the_permission_matrix() {
    let known: BTreeSet<_> = LINES
        .iter()
        .map(|line| line.0)
        .chain(BESIDE.map(|line| line.0))
        .collect();
    assert_eq!(
        BTreeSet::from(Screen::PATTERNS),
        known,
        "the screens and the reviewed table differ"
    );
    let world = World::new().await;
    let visitors = visitors(&world).await;
    let mut tally = Tally::default();
    let before = world.picture().await;
    for line in &LINES {
        for which in Which::ALL {
            for who in &visitors {
                let Some(id) = super::api::id(&world, line.2, which, who.part.as_ref()) else {
                    continue;
                };
                for organization in [world.acme.as_str(), world.orbit.as_str(), "org_none", "x"] {
                    let here = organization == world.acme.as_str();
                    // The owner of Orbit has access to Orbit.
                    if !here && who.name.contains("another organization") {
                        continue;
                    }
                    let path = line.0.replace("{organization}", organization);
                    let path = path
                        .replace("{key}", &id)
                        .replace("{actor}", &id)
                        .replace("{slug}", &id)
                        .replace("{workspace}", &id)
                        .replace("{run}", &id);
                    let expected = match who.standing {
                        _ if organization == "x"
                            || (which == Which::Malformed && line.2 != Kind::None) =>
                        {
                            404
                        }
                        Standing::Unknown => 303,
                        _ if !here => 403,
                        // Removing oneself is leaving, which is another page.
                        Standing::Inside {
                            role: Role::Admin | Role::Owner,
                            ..
                        } if which == Which::Own && line.0.ends_with("/remove") => 303,
                        standing => expected(line, standing, which),
                    };
                    let got = get(&world, &path, &who.cookie).await;
                    let unchanged = world.picture().await == before;
                    tally.note(
                        || format!("{} by {} about {which:?}", path, who.name),
                        got,
                        expected,
                        unchanged,
                    );
                }
            }
        }
    }
    for (path, unknown, runtime, inside) in BESIDE {
        for who in &visitors {
            let expected = match who.standing {
                Standing::Unknown => unknown,
                // A person without an organization gets a page that says so; the owner of Orbit is
                // redirected to Orbit.
                Standing::Runtime { .. } if runtime == 0 => {
                    if who.name.contains("another organization") {
                        303
                    } else {
                        200
                    }
                }
                Standing::Runtime { .. } => runtime,
                Standing::Inside { .. } => inside,
            };
            let got = get(&world, &path.replace("{token}", "x"), &who.cookie).await;
            tally.note(
                || format!("{path} by {}", who.name),
                got,
                expected,
                world.picture().await == before,
            );
        }
    }
    tally.judge("the pages", 900);
}

// B15, B20: only people who can see a page receive its live updates. A 204 stops the browser from
// reconnecting. Opening a stream changes nothing.
#[tokio::test]
async fn the_streams_match_the_permission_matrix() {
    let world = World::new().await;
    let visitors = visitors(&world).await;
    let mut tally = Tally::default();
    let before = world.picture().await;
    for organization in [
        world.acme.as_str(),
        world.orbit.as_str(),
        "org_none",
        "x",
        "%27",
    ] {
        for who in &visitors {
            let theirs =
                organization == world.orbit.as_str() && who.name.contains("another organization");
            let member = organization == world.acme.as_str()
                && matches!(who.standing, Standing::Inside { .. });
            let allowed = if member || theirs { 200 } else { 204 };
            for (method, query, expected) in [
                ("GET", "", allowed),
                ("GET", "?since=1&rendered_at=1", allowed),
                ("GET", "?since=x", 400),
                ("GET", "?rendered_at=", 400),
                ("POST", "", 405),
            ] {
                let path = LIVE.replace("{organization}", organization) + query;
                let request = Request::builder()
                    .method(method)
                    .uri(&path)
                    .header("cookie", &who.cookie);
                let request = request.body(Body::empty()).expect("request");
                let got = world
                    .app
                    .router
                    .clone()
                    .oneshot(request)
                    .await
                    .expect("never fails")
                    .status()
                    .as_u16();
                let unchanged = world.picture().await == before;
                tally.note(
                    || format!("{path} by {}", who.name),
                    got,
                    expected,
                    unchanged,
                );
            }
        }
    }
    tally.judge("the streams", 200);
}
