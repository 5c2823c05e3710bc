//! Every operation of the API.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::Request;
use domain::Role;
use oidc::testing::Signer;

use super::Tally;
use super::oracle::{Kind, Line, Requirement, Standing, expected};
use super::world::{Part, Which, World};
use crate::operations::{MARKS, TABLE, described};
use crate::test_app::TestResponse;
use crate::tokens::token;

/// The reviewed table of the API.
#[rustfmt::skip]
pub const LINES: [Line; 76] = [
    ("list_keys", Requirement::Membership, Kind::None, 200, 0),
    ("create_key", Requirement::Membership, Kind::None, 201, 0),
    ("rotate_calling_key", Requirement::Key, Kind::None, 201, 0),
    ("verify_key", Requirement::Membership, Kind::None, 200, 0),
    ("verify_keys", Requirement::Membership, Kind::None, 200, 0),
    ("introspect_token", Requirement::Membership, Kind::None, 200, 0),
    ("get_key", Requirement::Own, Kind::Key, 200, 200),
    ("change_key", Requirement::Own, Kind::Key, 200, 200),
    ("rotate_key", Requirement::Own, Kind::Key, 201, 409),
    ("revoke_key", Requirement::Own, Kind::Key, 200, 200),
    ("list_workspaces", Requirement::Membership, Kind::None, 200, 0),
    ("create_workspace", Requirement::Membership, Kind::None, 201, 0),
    ("get_workspace", Requirement::Membership, Kind::Workspace, 200, 0),
    ("list_projects", Requirement::Membership, Kind::None, 200, 0),
    ("list_runs", Requirement::Membership, Kind::Workspace, 200, 0),
    ("create_run", Requirement::Membership, Kind::Workspace, 201, 0),
    ("create_run_by_hook", Requirement::Membership, Kind::Workspace, 201, 0),
    ("change_workspace", Requirement::Own, Kind::Workspace, 200, 0),
    ("find_runs", Requirement::Membership, Kind::None, 200, 0),
    ("get_run", Requirement::Membership, Kind::Run, 200, 0),
    ("cancel_run", Requirement::Own, Kind::Run, 200, 0),
    ("claim_run", Requirement::Membership, Kind::None, 200, 0),
    // The runs of the cases have no worker yet.
    ("extend_lease", Requirement::Membership, Kind::Run, 409, 0),
    ("complete_run", Requirement::Membership, Kind::Run, 409, 0),
    ("delete_workspace", Requirement::Own, Kind::Workspace, 204, 0),
    ("list_service_accounts", Requirement::Admin, Kind::None, 200, 0),
    ("create_service_account", Requirement::Admin, Kind::None, 201, 0),
    ("get_service_account", Requirement::Admin, Kind::Account, 200, 200),
    ("change_service_account", Requirement::Admin, Kind::Account, 200, 200),
    ("list_apis", Requirement::Membership, Kind::None, 200, 0),
    ("create_api", Requirement::Admin, Kind::None, 201, 0),
    ("get_api", Requirement::Membership, Kind::Api, 200, 200),
    ("change_api", Requirement::Admin, Kind::Api, 200, 200),
    ("list_api_keys", Requirement::Membership, Kind::Api, 200, 200),
    ("create_api_key", Requirement::Membership, Kind::Api, 201, 409),
    ("list_consumers", Requirement::Admin, Kind::None, 200, 0),
    ("create_consumer", Requirement::Admin, Kind::None, 201, 0),
    ("get_consumer", Requirement::Admin, Kind::Consumer, 200, 200),
    ("change_consumer", Requirement::Admin, Kind::Consumer, 200, 200),
    ("import_keys", Requirement::Admin, Kind::Api, 201, 409),
    ("get_api_calls", Requirement::Admin, Kind::Api, 200, 200),
    ("get_consumer_calls", Requirement::Admin, Kind::Consumer, 200, 200),
    ("get_service_account_calls", Requirement::Admin, Kind::Account, 200, 200),
    ("get_key_calls", Requirement::Own, Kind::Key, 200, 200),
    ("send_message", Requirement::Membership, Kind::Member, 201, 404),
    ("read_inbox", Requirement::Key, Kind::None, 200, 0),
    ("delete_message", Requirement::OwnOnly, Kind::Message, 204, 0),
    ("read_notebook", Requirement::Key, Kind::None, 200, 0),
    ("write_note", Requirement::Key, Kind::None, 201, 0),
    ("delete_note", Requirement::OwnOnly, Kind::Note, 204, 0),
    ("read_sealed", Requirement::Key, Kind::None, 200, 0),
    ("write_sealed", Requirement::Key, Kind::None, 201, 0),
    ("change_todo", Requirement::OwnOnly, Kind::Todo, 200, 0),
    ("delete_sealed", Requirement::OwnOnly, Kind::Todo, 204, 0),
    ("see_organization", Requirement::Membership, Kind::None, 200, 0),
    ("change_organization", Requirement::Admin, Kind::None, 200, 0),
    ("leave_organization", Requirement::Person, Kind::None, 204, 0),
    ("list_members", Requirement::Membership, Kind::None, 200, 0),
    ("get_member", Requirement::Membership, Kind::Member, 200, 404),
    ("change_member", Requirement::Admin, Kind::Member, 200, 404),
    ("remove_member", Requirement::Admin, Kind::Member, 204, 404),
    ("offboard_member", Requirement::Admin, Kind::Member, 200, 404),
    ("list_invitations", Requirement::Admin, Kind::None, 200, 0),
    ("create_invitation", Requirement::Admin, Kind::None, 201, 0),
    ("revoke_invitation", Requirement::Admin, Kind::Invitation, 204, 204),
    ("accept_invitation", Requirement::Person, Kind::None, 404, 0),
    ("list_organizations", Requirement::Person, Kind::None, 200, 0),
    ("create_organization", Requirement::Person, Kind::None, 201, 0),
    ("read_audit_log", Requirement::Membership, Kind::None, 200, 0),
    ("export_audit_log", Requirement::Membership, Kind::None, 200, 0),
    ("list_sessions", Requirement::Person, Kind::None, 200, 0),
    ("end_session", Requirement::Person, Kind::None, 404, 0),
    ("end_other_sessions", Requirement::Person, Kind::None, 200, 0),
    ("issue_token", Requirement::Browser, Kind::None, 200, 0),
    ("me", Requirement::Membership, Kind::None, 200, 0),
    ("bootstrap", Requirement::Nothing, Kind::None, 409, 0),
];

/// Exceptions to the table: results that depend on more than the principal and the owner of the
/// object.
fn exception(id: &str, who: &Principal, which: Which) -> Option<u16> {
    let Standing::Inside {
        role,
        by_key,
        powerless,
    } = who.standing
    else {
        return match (id, who.standing) {
            // A person without an organization can neither create nor leave one.
            ("create_organization" | "leave_organization", Standing::Runtime { .. }) => Some(403),
            _ => None,
        };
    };
    match (id, which) {
        // The example changes the role of the only owner, or removes them. An organization keeps an
        // owner, and keys cannot change owners (D5).
        ("change_member" | "remove_member" | "offboard_member", Which::Own)
            if role == Role::Owner && !powerless =>
        {
            Some(if by_key { 403 } else { 409 })
        }
        ("leave_organization", _) if role == Role::Owner && !by_key => Some(409),
        // Decrypting items needs a key with the scope.
        ("read_inbox" | "read_notebook" | "write_note" | "read_sealed" | "write_sealed", _)
            if powerless =>
        {
            Some(403)
        }
        ("me", _) if powerless => Some(200),
        _ => None,
    }
}

/// Someone who calls the API.
pub struct Principal {
    pub name: String,
    pub standing: Standing,
    pub bearer: String,
    /// The owner of the objects.
    pub part: Option<Part>,
}

/// All API callers.
pub async fn principals(world: &World) -> Vec<Principal> {
    let forged = token(&Signer::new("k1"), "olivia", 10);
    let without_access = |name: &str, bearer: &str| Principal {
        name: name.into(),
        standing: Standing::Unknown,
        bearer: bearer.into(),
        part: None,
    };
    let runtime = |name: &str, by_key, bearer: String| Principal {
        name: name.into(),
        standing: Standing::Runtime { by_key },
        bearer,
        part: None,
    };
    let mut all = vec![
        without_access("anonymous", ""),
        without_access("a word", "secret"),
        without_access("an unknown key", &unknown_key()),
        without_access("a revoked key", &world.revoked),
        without_access("an expired key", &world.expired),
        without_access("the key of a consumer", &world.api_keys[0]),
        without_access("a key of an owner for an API", &world.api_keys[1]),
        without_access("the key of a paused consumer", &world.api_keys[2]),
        without_access("a forged token", &forged),
        without_access(
            "an expired token",
            &token(&world.signer, "olivia", 3700),
        ),
        without_access("a token of an unknown person", &world.token("nobody")),
        without_access(
            "a token of a revoked session",
            &world.own_token("olivia", true).await,
        ),
        runtime(
            "the key of a disabled account",
            true,
            world.disabled.clone(),
        ),
        runtime(
            "the key of someone removed",
            true,
            world.gone.1.clone(),
        ),
        runtime(
            "a token of someone removed",
            false,
            world.token("gone"),
        ),
        runtime(
            "a token of someone in no organization",
            false,
            world.token("zoe"),
        ),
    ];
    let owner = &world.parts[0];
    all.push(Principal {
        name: "a key without scopes".into(),
        standing: Standing::Inside {
            role: owner.role,
            by_key: true,
            powerless: true,
        },
        bearer: world.powerless.clone(),
        part: Some(owner.clone()),
    });
    for part in &world.parts {
        let credentials = [
            ("key", part.credential.clone()),
            ("ID token", world.token(part.subject)),
            (
                "access token",
                world.own_token(part.subject, false).await,
            ),
        ];
        for (kind, bearer) in credentials {
            let standing = Standing::Inside {
                role: part.role,
                by_key: kind == "key",
                powerless: false,
            };
            let name = format!("the {kind} of the {}", part.role.as_str());
            all.push(Principal {
                name,
                standing,
                bearer,
                part: Some(part.clone()),
            });
        }
    }
    all
}

/// A well-formed key that does not exist.
fn unknown_key() -> String {
    let kind = domain::token::KeyKind::Secret;
    domain::token::PlainKey::assemble(&Default::default(), kind, b"00000000", &[b'a'; 43])
        .expose()
        .to_owned()
}

/// The ID of such an object for this caller.
pub fn id(world: &World, thing: Kind, which: Which, part: Option<&Part>) -> Option<String> {
    let (other, stranger) = (&world.other, &world.stranger);
    let part = part.unwrap_or(&world.parts[2]);
    let missing = |id: &str| Some(id.to_owned());
    Some(match (thing, which) {
        (Kind::None, Which::Own) => String::new(),
        (Kind::None, _) => return None,
        (_, Which::Malformed) => "x!".to_owned(),
        (Kind::Key, Which::Own) => part.key.to_string(),
        (Kind::Key, Which::Other) => other.key.to_string(),
        (Kind::Key, Which::Foreign) => stranger.key.to_string(),
        (Kind::Key, Which::Inactive) => part.revoked_key.to_string(),
        (Kind::Workspace, Which::Own) => part.workspace.clone(),
        (Kind::Workspace, Which::Other) => other.workspace.clone(),
        (Kind::Workspace, Which::Foreign) => stranger.workspace.clone(),
        (Kind::Workspace, Which::Missing) => return missing("ws_none"),
        (Kind::Run, Which::Own) => part.run.clone(),
        (Kind::Run, Which::Other) => other.run.clone(),
        (Kind::Run, Which::Foreign) => stranger.run.clone(),
        (Kind::Run, Which::Missing) => return missing("run_none"),
        (Kind::Member, Which::Own) => part.ctx.actor().id.to_string(),
        (Kind::Member, Which::Other) => other.ctx.actor().id.to_string(),
        (Kind::Member, Which::Foreign) => stranger.ctx.actor().id.to_string(),
        (Kind::Member, Which::Inactive) => world.gone.0.to_string(),
        (Kind::Account, Which::Other) => world.accounts[0].to_string(),
        (Kind::Account, Which::Foreign) => world.accounts[1].to_string(),
        (Kind::Account, Which::Inactive) => world.accounts[2].to_string(),
        (Kind::Message, Which::Own) => part.message.clone(),
        (Kind::Message, Which::Other) => other.message.clone(),
        (Kind::Message, Which::Foreign) => stranger.message.clone(),
        (Kind::Note, Which::Own) => part.note.clone(),
        (Kind::Note, Which::Other) => other.note.clone(),
        (Kind::Note, Which::Foreign) => stranger.note.clone(),
        (Kind::Todo, Which::Own) => part.todo.clone(),
        (Kind::Todo, Which::Other) => other.todo.clone(),
        (Kind::Todo, Which::Foreign) => stranger.todo.clone(),
        (Kind::Message | Kind::Note | Kind::Todo, Which::Missing) => return missing("item_none"),
        (Kind::Invitation, Which::Other) => world.invitations[0].clone(),
        (Kind::Invitation, Which::Foreign) => world.invitations[1].clone(),
        (Kind::Invitation, Which::Inactive) => world.invitations[2].clone(),
        (Kind::Invitation, Which::Missing) => return missing("inv_none"),
        (Kind::Api, Which::Other) => "orders".into(),
        (Kind::Api, Which::Foreign) => "billing".into(),
        (Kind::Api, Which::Inactive) => "archived".into(),
        (Kind::Api, Which::Missing) => return missing("nowhere"),
        (Kind::Consumer, Which::Other) => world.consumers[0].to_string(),
        (Kind::Consumer, Which::Foreign) => world.consumers[1].to_string(),
        (Kind::Consumer, Which::Inactive) => world.consumers[2].to_string(),
        (Kind::Key | Kind::Member | Kind::Account | Kind::Consumer, Which::Missing) => {
            return missing("999999");
        }
        _ => return None,
    })
}

async fn ask(world: &World, row: usize, bearer: &str, id: &str, organization: Option<&str>) -> u16 {
    answer(world, row, bearer, id, organization)
        .await
        .status
        .as_u16()
}

/// The response to an example call about an object.
pub async fn answer(
    world: &World,
    row: usize,
    bearer: &str,
    id: &str,
    organization: Option<&str>,
) -> TestResponse {
    let (_, method, path, body, ..) = TABLE[row].clone();
    let path = MARKS.iter().fold(path.to_owned(), |path, mark| {
        path.replace(mark, &encoded(id))
    });
    let body = match TABLE[row].0 {
        "create_key" => r#"{"scopes":[]}"#,
        "rotate_calling_key" => r#"{"confirm_message_loss":true}"#,
        "change_member" => r#"{"role":"member"}"#,
        _ => body,
    };
    let mut request = Request::builder().method(method).uri(path);
    if !bearer.is_empty() {
        request = request.header("authorization", format!("Bearer {bearer}"));
    }
    if let Some(organization) = organization {
        request = request.header("x-organization", organization);
    }
    let request = match body {
        "" => request.body(Body::empty()),
        body => request
            .header("content-type", "application/json")
            .body(Body::from(body)),
    };
    world.app.send(request.expect("a request")).await
}

/// The row of an operation's first example.
pub fn row(operation: &str) -> usize {
    TABLE
        .iter()
        .position(|row| row.0 == operation)
        .expect("an example")
}

fn encoded(id: &str) -> String {
    id.replace('!', "%21")
}

// RA-22, RA-23, RA-30, RA-31, RA-32, B13, B14, B15, B20: the API.
#[tokio::test]
async fn the_api_matches_the_permission_matrix() {
    let world = World::new().await;
    let known: BTreeSet<_> = LINES
        .iter()
        .map(|line| line.0.to_owned())
        .collect();
    let server_fns: BTreeSet<_> = described()
        .into_iter()
        .map(|operation| operation.id)
        .collect();
    assert_eq!(
        server_fns, known,
        "the description and the reviewed table differ"
    );
    let (everyone, mut tally) = (principals(&world).await, Tally::default());
    // The sign-ins of the principals are part of the initial state.
    let world = world.settled().await;
    let before = world.picture().await;
    for line in &LINES {
        let row = row(line.0);
        for who in &everyone {
            for which in Which::ALL {
                let Some(id) = id(&world, line.2, which, who.part.as_ref()) else {
                    continue;
                };
                let expected = exception(line.0, who, which)
                    .unwrap_or_else(|| expected(line, who.standing, which));
                let got = ask(&world, row, &who.bearer, &id, None).await;
                let unchanged = got < 300 || world.picture().await == before;
                tally.note(
                    || format!("{} by {} about {which:?}", line.0, who.name),
                    got,
                    expected,
                    unchanged,
                );
                if got < 300 || !unchanged {
                    world.restore().await;
                }
            }
        }
    }
    tally.judge("the API", 2_000);
}

// RA-32, KE-06, RK-04: a token acts only in the named organization, and only if the person is a
// member.
#[tokio::test]
async fn a_token_has_no_access_to_another_organization() {
    let world = World::new().await;
    let mut tally = Tally::default();
    let before = world.picture().await;
    for line in LINES.iter().filter(|line| {
        !matches!(
            line.1,
            Requirement::Person | Requirement::Nothing | Requirement::Browser
        )
    }) {
        let row = row(line.0);
        for subject in ["olivia", "adam", "mina", "gone", "zoe"] {
            for organization in [world.orbit.as_str(), "org_none", "../acme", ""] {
                let id = id(&world, line.2, Which::Foreign, None).unwrap_or_default();
                let got = ask(
                    &world,
                    row,
                    &world.token(subject),
                    &id,
                    Some(organization),
                )
                .await;
                let unchanged = world.picture().await == before;
                tally.note(
                    || format!("{} by {subject} in {organization:?}", line.0),
                    got,
                    403,
                    unchanged,
                );
            }
        }
    }
    assert!(tally.wrong.is_empty(), "{}", tally.wrong.join("\n"));
    assert!(tally.cases > 700, "{}", tally.cases);
}
