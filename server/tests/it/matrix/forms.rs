//! Every server function of the dashboard.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Method, Request};
use domain::Role;

use super::Tally;
use super::oracle::{Kind, Line, Requirement, Standing, expected};
use super::world::{Part, Which, World};
use crate::test_app::TestResponse;

/// Denies a program on the same computer.
const DENY_PROGRAM: &str = "decision=deny&page=%2Fauthorize%3Fresponse_type%3Dcode%26client_id%3Droundtable-cli\
    %26redirect_uri%3Dhttp%253A%252F%252F127.0.0.1%253A49152%252Fcallback%26code_challenge_method%3DS256\
    %26code_challenge%3DE9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM%26state%3Daf0ifjsldkj";

/// The reviewed table of server functions, each with an example of its form; `ID` is the thing,
/// `ORG` the organization.
#[rustfmt::skip]
pub const LINES: [(Line, &str); 39] = [
    (("/ui/create_key", Requirement::Membership, Kind::None, 200, 0), "organization=ORG&name=Mine"),
    (("/ui/revoke_key", Requirement::Own, Kind::Key, 200, 200), "organization=ORG&key_id=ID&reason=leaked"),
    (("/ui/revoke_keys", Requirement::Own, Kind::Key, 200, 200), "organization=ORG&keys=ID&reason=leaked&confirm_name=revoke+1+key"),
    (("/ui/rotate_key", Requirement::Own, Kind::Key, 200, 409), "organization=ORG&key_id=ID&overlap_seconds=0"),
    (("/ui/rename_key", Requirement::Own, Kind::Key, 200, 200), "organization=ORG&key_id=ID&name=Mine"),
    (("/ui/describe_key", Requirement::Own, Kind::Key, 200, 200), "organization=ORG&key_id=ID&description=Mine"),
    (("/ui/expire_key_earlier", Requirement::Own, Kind::Key, 200, 409), "organization=ORG&key_id=ID&expires_on=2099-01-01"),
    (("/ui/narrow_key", Requirement::Own, Kind::Key, 409, 409), "organization=ORG&key_id=ID&access%5Bruns%5D=read"),
    (("/ui/decide_device", Requirement::Person, Kind::None, 200, 0), DENY_PROGRAM),
    (("/ui/search", Requirement::Membership, Kind::None, 200, 0), "organization=ORG&page=/o/ORG/settings/api-keys&q=CI"),
    (("/ui/dismiss_nudges", Requirement::Membership, Kind::None, 200, 0), "organization=ORG&page=/o/ORG/settings/api-keys"),
    (("/ui/found_organization", Requirement::Person, Kind::None, 409, 0), "organization=Mine&setup_token=setup_0123456789abcdef"),
    (("/ui/create_service_account", Requirement::Admin, Kind::None, 200, 0), "organization=ORG&name=Mine&role=admin"),
    (("/ui/rename_service_account", Requirement::Admin, Kind::Account, 200, 200), "organization=ORG&actor_id=ID&name=Mine"),
    (("/ui/change_service_account", Requirement::Admin, Kind::Account, 200, 200), "organization=ORG&actor_id=ID&allow_overlap=true"),
    (("/ui/create_api", Requirement::Admin, Kind::None, 200, 0), "organization=ORG&name=Mine&slug=mine"),
    (("/ui/change_api", Requirement::Admin, Kind::Api, 200, 200), "organization=ORG&api=ID&name=Mine"),
    (("/ui/create_api_key", Requirement::Membership, Kind::Api, 200, 409), "organization=ORG&api=ID&name=Mine&owner=me"),
    (("/ui/create_consumer", Requirement::Admin, Kind::None, 200, 0), "organization=ORG&external_id=customer_9&name=Mine"),
    (("/ui/change_consumer", Requirement::Admin, Kind::Consumer, 200, 200), "organization=ORG&actor_id=ID&name=Mine"),
    (("/ui/create_workspace", Requirement::Membership, Kind::None, 200, 0), "organization=ORG&name=Mine&provider=openai"),
    (("/ui/change_workspace", Requirement::Own, Kind::Workspace, 200, 0), "organization=ORG&workspace_id=ID&status=stopped"),
    (("/ui/delete_workspace", Requirement::Own, Kind::Workspace, 200, 0), "organization=ORG&workspace_id=ID&confirm_name=a"),
    (("/ui/cancel_run", Requirement::Own, Kind::Run, 200, 0), "organization=ORG&run_id=ID"),
    (("/ui/rename_organization", Requirement::Admin, Kind::None, 200, 0), "organization=ORG&name=Mine"),
    (("/ui/change_key_rules", Requirement::Admin, Kind::None, 200, 0), "organization=ORG&key_makers=admins"),
    (("/ui/create_organization", Requirement::Person, Kind::None, 200, 0), "name=Further"),
    (("/ui/invite_member", Requirement::Admin, Kind::None, 200, 0), "organization=ORG&email=eve@example.test&role=member"),
    (("/ui/cancel_invitation", Requirement::Admin, Kind::Invitation, 200, 200), "organization=ORG&invitation_id=ID"),
    (("/ui/accept_invitation", Requirement::Person, Kind::None, 404, 0), "page=/join/x"),
    (("/ui/change_role", Requirement::Admin, Kind::Member, 200, 404), "organization=ORG&actor_id=ID&role=member"),
    (("/ui/remove_member", Requirement::Admin, Kind::Member, 200, 404), "organization=ORG&actor_id=ID"),
    (("/ui/leave_organization", Requirement::Membership, Kind::None, 200, 0), "organization=ORG"),
    (("/ui/export_audit_log", Requirement::Membership, Kind::None, 200, 0), "organization=ORG&page=/o/ORG/settings/audit-log&format=csv"),
    (("/ui/revoke_session", Requirement::Person, Kind::None, 404, 0), "session_id=ses_0000000000000000"),
    (("/ui/revoke_other_sessions", Requirement::Person, Kind::None, 200, 0), ""),
    (("/ui/issue_token", Requirement::Person, Kind::None, 200, 0), ""),
    (("/ui/sign_out", Requirement::Nothing, Kind::None, 200, 0), ""),
    (("/ui/set_theme", Requirement::Nothing, Kind::None, 200, 0), "theme=dark&page=/"),
];

/// Someone with a browser.
pub struct Visitor {
    pub name: String,
    pub standing: Standing,
    pub cookie: String,
    pub part: Option<Part>,
}

/// All browser users with new sessions.
pub async fn visitors(world: &World) -> Vec<Visitor> {
    let visitor = |name: &str, standing, cookie: String| Visitor {
        name: name.into(),
        standing,
        cookie,
        part: None,
    };
    let runtime = Standing::Runtime { by_key: false };
    let mut all = vec![
        visitor("anonymous", Standing::Unknown, String::new()),
        visitor(
            "an unknown session",
            Standing::Unknown,
            "rt_session=AAAAAAAAAAAAAAAAAAAAAA".into(),
        ),
        visitor(
            "a malformed session",
            Standing::Unknown,
            "rt_session=%00%ff;rt_session=".into(),
        ),
        visitor(
            "a revoked session",
            Standing::Unknown,
            world.revoked_cookie("olivia").await,
        ),
        visitor("someone removed", runtime, world.cookie("gone").await),
        visitor(
            "someone in no organization",
            runtime,
            world.cookie("zoe").await,
        ),
        visitor(
            "the owner of another organization",
            runtime,
            world.cookie("theo").await,
        ),
    ];
    for part in &world.parts {
        let standing = Standing::Inside {
            role: part.role,
            by_key: false,
            powerless: false,
        };
        let cookie = world.cookie(part.subject).await;
        let name = format!("the {}", part.role.as_str());
        all.push(Visitor {
            name,
            standing,
            cookie,
            part: Some(part.clone()),
        });
    }
    all
}

/// Exceptions to the table.
fn exception(path: &str, who: &Visitor, which: Which) -> Option<u16> {
    let about_members = matches!(path, "/ui/change_role" | "/ui/remove_member");
    match (path, who.standing, which) {
        // A person without an organization cannot create one.
        ("/ui/create_organization", Standing::Runtime { .. }, _)
            if !who.name.contains("another") =>
        {
            Some(403)
        }
        // An organization keeps its only owner.
        (
            "/ui/leave_organization",
            Standing::Inside {
                role: Role::Owner, ..
            },
            _,
        ) => Some(409),
        (
            _,
            Standing::Inside {
                role: Role::Owner, ..
            },
            Which::Own,
        ) if about_members => Some(409),
        // Everyone can see the list of members.
        (
            _,
            Standing::Inside {
                role: Role::Member, ..
            },
            Which::Foreign | Which::Inactive | Which::Missing,
        ) if about_members => Some(404),
        _ => None,
    }
}

/// The response to a form that an island sends.
pub async fn answer(
    world: &World,
    path: &str,
    form: &str,
    cookie: &str,
    site: &str,
) -> TestResponse {
    let request = Request::post(path)
        .header("cookie", cookie)
        .header("sec-fetch-site", site);
    let request = request.header("accept", "application/json");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    world
        .app
        .send(
            request
                .body(Body::from(form.to_owned()))
                .expect("request"),
        )
        .await
}

async fn post(world: &World, path: &str, form: &str, cookie: &str, site: &str) -> u16 {
    answer(world, path, form, cookie, site)
        .await
        .status
        .as_u16()
}

// B14, B15, B16, B20, B31, KE-25..KE-29: the server functions.
#[tokio::test]
async fn the_server_functions_match_the_permission_matrix() {
    let known: BTreeSet<_> = LINES
        .iter()
        .map(|(line, _)| (line.0.to_owned(), Method::POST))
        .collect();
    let functions =
        server_fn::axum::server_fn_paths().map(|(path, method)| (path.to_owned(), method));
    let files = server::http::ui::FILES.map(|path| (path.to_owned(), Method::POST));
    let server_fns: BTreeSet<_> = functions.chain(files).collect();
    assert_eq!(
        server_fns, known,
        "the server functions and the reviewed table differ, or one is reached by GET"
    );
    let world = World::new().await;
    let mut tally = Tally::default();
    for (line, form) in &LINES {
        for which in Which::ALL {
            for who in visitors(&world).await {
                let Some(id) = super::api::id(&world, line.2, which, who.part.as_ref()) else {
                    continue;
                };
                let form = form
                    .replace("ORG", world.acme.as_str())
                    .replace("ID", &id.replace('!', "%21"));
                let expected = exception(line.0, &who, which)
                    .unwrap_or_else(|| expected(line, who.standing, which));
                let before = world.picture().await;
                let got = post(&world, line.0, &form, &who.cookie, "same-origin").await;
                let unchanged = got < 400 || world.picture().await == before;
                tally.note(
                    || format!("{} by {} about {which:?}", line.0, who.name),
                    got,
                    expected,
                    unchanged,
                );
                world.restore().await;
            }
        }
    }
    elsewhere(&world, &mut tally).await;
    other_sites(&world, &mut tally).await;
    tally.judge("the server functions", 700);
}

/// In a foreign, missing or malformed organization every call is rejected (RK-04).
async fn elsewhere(world: &World, tally: &mut Tally) {
    for (line, form) in LINES
        .iter()
        .filter(|(line, form)| line.1 != Requirement::Nothing && form.contains("ORG"))
    {
        for organization in [world.orbit.as_str(), "org_none", "x", ""] {
            for who in visitors(world).await {
                if who.name.contains("another organization") {
                    continue;
                }
                let id = super::api::id(world, line.2, Which::Foreign, None).unwrap_or_default();
                let form = form
                    .replace("ORG", organization)
                    .replace("ID", &id);
                let before = world.picture().await;
                let got = post(world, line.0, &form, &who.cookie, "same-origin").await;
                let expected = if who.standing == Standing::Unknown {
                    401
                } else {
                    403
                };
                let unchanged = world.picture().await == before;
                tally.note(
                    || format!("{} by {} in {organization:?}", line.0, who.name),
                    got,
                    expected,
                    unchanged,
                );
            }
        }
    }
}

/// A cross-site form is always rejected (B31).
async fn other_sites(world: &World, tally: &mut Tally) {
    for (line, form) in &LINES {
        for site in ["cross-site", "same-site", "none", ""] {
            for who in visitors(world).await {
                let id = super::api::id(world, line.2, Which::Own, who.part.as_ref())
                    .unwrap_or_default();
                let form = form
                    .replace("ORG", world.acme.as_str())
                    .replace("ID", &id);
                let before = world.picture().await;
                let got = post(world, line.0, &form, &who.cookie, site).await;
                let unchanged = world.picture().await == before;
                tally.note(
                    || format!("{} by {} from {site:?}", line.0, who.name),
                    got,
                    403,
                    unchanged,
                );
            }
        }
    }
}
