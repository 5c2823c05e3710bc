//! Findings 4 and 14: missing audit events. Every operation is carried out, and its events are
//! compared with [`Action::traces`].

mod cases;

use std::collections::{BTreeMap, HashSet};

use axum::body::Body;
use axum::http::Request;
use domain::event::AuditAction;
use domain::policy::Action;
use serde_json::json;

use self::cases::Witness;
use crate::matrix::oracle::{Requirement, Standing};
use crate::matrix::world::{Which, World};
use crate::matrix::{api, forms};
use crate::operations::described;
use crate::test_app::{SETUP_TOKEN, TestApp};

/// The policy action of an operation. None for operations on the caller's own account.
fn action(operation: &str) -> Option<Action> {
    Some(match operation {
        "create_key" => Action::CreateKey,
        "change_key" => Action::ChangeKey,
        "rotate_key" => Action::RotateKey,
        "rotate_calling_key" => Action::RotateItself,
        "revoke_key" => Action::RevokeKey,
        "create_workspace" => Action::CreateWorkspace,
        "change_workspace" => Action::ChangeWorkspace,
        "delete_workspace" => Action::DeleteWorkspace,
        "create_run" | "create_run_by_hook" => Action::CreateRun,
        "cancel_run" => Action::CancelRun,
        "complete_run" => Action::WorkOnRuns,
        "send_message" => Action::SendMessage,
        "delete_message" => Action::DeleteMessage,
        "write_note" | "delete_note" => Action::WriteNotebook,
        "write_sealed" | "change_todo" | "delete_sealed" => Action::WriteSealed,
        "create_service_account" | "change_service_account" => Action::ManageServiceAccounts,
        "create_api" | "change_api" => Action::ManageApis,
        "create_consumer" | "change_consumer" => Action::ManageConsumers,
        "create_api_key" | "import_keys" => Action::CreateApiKey,
        "change_organization" => Action::ChangeOrganization,
        "leave_organization" => Action::Leave,
        "export_audit_log" => Action::ReadAudit,
        "change_member" | "remove_member" | "offboard_member" | "create_invitation"
        | "revoke_invitation" => Action::ManageMembers,
        _ => return None,
    })
}

/// The further actions of an operation, for example on keys and invitations.
fn beside(operation: &str) -> &'static [Action] {
    match operation {
        "offboard_member" => &[
            Action::RevokeKey,
            Action::RotateKey,
            Action::ManageServiceAccounts,
        ],
        "leave_organization" => &[Action::ManageMembers],
        "import_keys" => &[Action::ManageConsumers],
        _ => &[],
    }
}

/// What workers do all the time, which the log does not record (D30): only the result of a run is an
/// event.
const NOT_RECORDED: [&str; 2] = ["claim_run", "extend_lease"];

/// The events of a bootstrap, which needs an empty installation.
async fn bootstrapped() -> HashSet<AuditAction> {
    let app = TestApp::empty().await;
    let body = json!({ "setup_token": SETUP_TOKEN, "organization": "Acme", "name": "Ada", "email": "ada@example.test" });
    let made = app.post("/api/v1/bootstrap", "", body).await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.text);
    let key = made.json()["api_key"]
        .as_str()
        .expect("a key")
        .to_owned();
    let log = app.get("/api/v1/audit-log", &key).await.json();
    let words = log["events"]
        .as_array()
        .expect("events")
        .iter()
        .filter_map(|event| event["action"].as_str());
    words
        .map(|word| word.parse().expect("a word of the log"))
        .collect()
}

// Findings 4 and 14: every changing operation writes exactly its events. Every event belongs to an
// operation, and the policy lists it for that operation. Finding 4
#[tokio::test]
async fn every_operation_writes_exactly_its_events() {
    let world = World::new().await;
    let owner = world.parts[0].credential.clone();
    let mut watch = Witness::of(&world).await;
    cases::keys(&mut watch, &owner).await;
    cases::data(&mut watch, &owner).await;
    cases::runs(&mut watch, &owner).await;
    cases::apis(&mut watch, &owner).await;
    cases::settings(&mut watch, &owner).await;
    cases::members(&mut watch, &owner).await;
    cases::persons(&mut watch).await;
    cases::by_itself(&mut watch).await;
    let first = bootstrapped().await;
    assert_eq!(
        first,
        HashSet::from([AuditAction::OrganizationCreated, AuditAction::KeyCreated])
    );
    watch.recorded.insert("bootstrap", first);

    let changing = described()
        .into_iter()
        .filter(|operation| operation.cost != Some(0))
        .map(|operation| operation.id);
    let missing: Vec<_> = changing
        .filter(|id| !NOT_RECORDED.contains(&id.as_str()))
        .filter(|id| !watch.recorded.contains_key(id.as_str()))
        .collect();
    assert!(
        missing.is_empty(),
        "operations without a test: {missing:?}"
    );
    let scopes: BTreeMap<_, _> = described()
        .into_iter()
        .map(|operation| (operation.id, operation.scope))
        .collect();
    let mut written: BTreeMap<String, HashSet<AuditAction>> = BTreeMap::new();
    for (operation, events) in &watch.recorded {
        assert!(!events.is_empty(), "{operation} writes no event");
        let Some(action) = action(operation) else {
            continue;
        };
        let promised = scopes[*operation].as_deref();
        assert_eq!(
            action.scope().map(domain::Scope::as_str),
            promised,
            "{operation} requires another permission"
        );
        let mut foreseen = action.traces().to_vec();
        foreseen.extend(
            beside(operation)
                .iter()
                .flat_map(|action| action.traces()),
        );
        assert!(
            events
                .iter()
                .all(|event| foreseen.contains(event)),
            "{operation} writes {events:?}"
        );
        let own = events
            .iter()
            .copied()
            .filter(|event| action.traces().contains(event));
        written
            .entry(format!("{action:?}"))
            .or_default()
            .extend(own);
    }
    // Revoking and rotating the calling key write the same events as revoking and rotating another
    // key.
    for action in Action::ALL
        .into_iter()
        .filter(|action| *action != Action::RevokeItself)
    {
        let promised: HashSet<_> = action.traces().iter().copied().collect();
        let seen = written
            .remove(&format!("{action:?}"))
            .unwrap_or_default();
        assert_eq!(seen, promised, "{action:?}");
    }
    let happened: HashSet<_> = watch
        .recorded
        .values()
        .flatten()
        .copied()
        .collect();
    // The event of accepting an altered log is written by a command, and that of removing old events
    // by the clock. The tests of the engine cover them.
    let expected = AuditAction::ALL.into_iter().filter(|action| {
        !matches!(
            action,
            AuditAction::AuditAccepted | AuditAction::AuditCut
        )
    });
    assert_eq!(
        happened,
        expected.collect(),
        "an event was never written"
    );
}

// Findings 4 and 14, for every endpoint and every principal: every change has an event, and every
// event has a change. A server function records the same events as the operation of the API.
// Finding 14
#[tokio::test]
async fn every_change_has_an_event_and_every_event_a_change() {
    let world = World::new().await;
    let (mut changes, mut event_sets) = (0, HashSet::new());
    for line in api::LINES
        .iter()
        .filter(|line| !NOT_RECORDED.contains(&line.0))
    {
        for who in api::principals(&world)
            .await
            .iter()
            .filter(|who| matches!(who.standing, Standing::Inside { .. }))
        {
            for which in Which::ALL {
                let Some(id) = api::id(&world, line.2, which, who.part.as_ref()) else {
                    continue;
                };
                let (seen, before) = (world.log().await.len(), world.things().await);
                let answer = api::answer(&world, api::row(line.0), &who.bearer, &id, None).await;
                let (events, changed) = (
                    world.log().await.split_off(seen),
                    world.things().await != before,
                );
                assert_eq!(
                    has_change(&events),
                    changed,
                    "{} by {} about {which:?}: {events:?}, {}",
                    line.0,
                    who.name,
                    answer.text
                );
                if changed {
                    assert!(
                        answer.status.is_success(),
                        "{} by {} about {which:?}",
                        line.0,
                        who.name
                    );
                    world.restore().await;
                    changes += 1;
                    event_sets.insert(sorted(events));
                }
            }
        }
    }
    assert!(changes > 150, "{changes}");
    // Variants that the examples of the API do not cover.
    use AuditAction as H;
    let single = [
        H::OrganizationChanged,
        H::KeyDescriptionChanged,
        H::KeyNarrowed,
        H::KeyExpirationChanged,
        H::KeyIpsChanged,
        H::SessionEnded,
        H::AuditExported,
        H::TokenIssued,
        H::DeviceDenied,
    ];
    event_sets.extend(single.map(|action| vec![action]));
    event_sets.extend([vec![], vec![H::InvitationAccepted, H::MemberJoined]]);
    event_sets.insert(vec![H::KeyRevoked, H::MemberRemoved]);
    let inside = [0, 1, 2].map(|at| &world.parts[at]);
    let mut changes = 0;
    for (line, form) in forms::LINES
        .iter()
        .filter(|(line, _)| line.1 != Requirement::Nothing)
    {
        for part in inside {
            for which in Which::ALL {
                let Some(id) = api::id(&world, line.2, which, Some(part)) else {
                    continue;
                };
                let form = form
                    .replace("ORG", world.acme.as_str())
                    .replace("ID", &id.replace('!', "%21"));
                let cookie = world.cookie(part.subject).await;
                let (seen, before) = (world.log().await.len(), world.things().await);
                let answer = forms::answer(&world, line.0, &form, &cookie, "same-origin").await;
                let (events, changed) = (
                    world.log().await.split_off(seen),
                    world.things().await != before,
                );
                assert_eq!(
                    has_change(&events),
                    changed,
                    "{} by {} about {which:?}: {events:?}, {}",
                    line.0,
                    part.subject,
                    answer.text
                );
                assert!(
                    event_sets.contains(&sorted(events.clone())),
                    "{} writes {events:?}",
                    line.0
                );
                changes += usize::from(changed);
                world.restore().await;
            }
        }
    }
    assert!(changes > 20, "{changes}");
}

/// Exporting the log, issuing a token and denying a device are recorded and change nothing.
fn has_change(events: &[AuditAction]) -> bool {
    events.iter().any(|event| {
        !matches!(
            event,
            AuditAction::AuditExported | AuditAction::TokenIssued | AuditAction::DeviceDenied
        )
    })
}

/// The distinct events, because an action on several sessions writes one event for each.
fn sorted(mut events: Vec<AuditAction>) -> Vec<AuditAction> {
    events.sort_by_key(|action| action.as_str());
    events.dedup();
    events
}

// Exports, sign-outs and read operations, which are not in the tables.
// Finding 14
#[tokio::test]
async fn exports_and_sign_outs_of_the_dashboard_are_recorded() {
    let world = World::new().await;
    let cookie = world.cookie("theo").await;
    let mut watch = Witness::of(&world).await;
    let page = format!("/o/{}/settings/audit-log", world.orbit);
    let export = format!("organization={}&page={page}&format=csv", world.orbit);
    let file = forms::answer(
        &world,
        "/ui/export_audit_log",
        &export,
        &cookie,
        "same-origin",
    )
    .await;
    watch
        .expect_success(
            "export_audit_log",
            &file,
            &[AuditAction::AuditExported],
        )
        .await;
    let dark = forms::answer(
        &world,
        "/ui/set_theme",
        "theme=dark&page=/",
        &cookie,
        "same-origin",
    )
    .await;
    watch
        .expect_success("set_theme", &dark, &[])
        .await;
    let request = Request::get(&page)
        .header("cookie", &cookie)
        .header("accept", "text/html");
    let looked = world
        .app
        .send(request.body(Body::empty()).expect("a request"))
        .await;
    watch.expect_success("look", &looked, &[]).await;
    let out = forms::answer(&world, "/ui/sign_out", "", &cookie, "same-origin").await;
    watch
        .expect_success("sign_out", &out, &[AuditAction::SessionEnded])
        .await;
}
