//! The audit log: every change writes one event in its transaction, and the hash chain reveals any
//! alteration.

use domain::command::{AuditQuery, CreateKey, DeleteWorkspace, FoundOrganization};
use domain::event::AuditAction;
use domain::view::NewKey;
use domain::{ActorId, Code, Role, SessionId, WorkspaceId};
use engine::audit::ChainState;
use engine::tokens::Parties;
use engine::{Caller, Ctx, Engine, Result};

use crate::intruder::{Cells, Intruder, Value, cell};
use crate::test_app::{NORTH, TestApp, everything, identity, origin, refusal, revoke, workspace};

/// The prerequisites of the changes in [`CHANGES`].
struct Stage {
    olga: Ctx,
    max: ActorId,
    mia: ActorId,
    key: NewKey,
    workspace: WorkspaceId,
    ada: Caller,
    session: SessionId,
}

const CHANGES: [(&str, AuditAction); 10] = [
    ("create_key", AuditAction::KeyCreated),
    ("revoke_key", AuditAction::KeyRevoked),
    ("create_workspace", AuditAction::WorkspaceCreated),
    ("delete_workspace", AuditAction::WorkspaceDeleted),
    ("change_role", AuditAction::MemberRoleChanged),
    ("remove_member", AuditAction::MemberRemoved),
    ("sign_in", AuditAction::SignedIn),
    ("end_session", AuditAction::SessionEnded),
    ("issue_token", AuditAction::TokenIssued),
    ("sign_out", AuditAction::SessionEnded),
];

impl Stage {
    async fn set(app: &TestApp) -> Self {
        let olga = app.north("olga").await;
        let workspace = app
            .workspace(&olga, "Analytics")
            .await
            .expect("a workspace")
            .id;
        let (max, mia) = (
            app.member("max", NORTH).await,
            app.member("mia", NORTH).await,
        );
        let ((ada, _), (other, _)) = (app.browser("ada").await, app.browser("ada").await);
        // The first token creates the signing key, which would be an additional write.
        app.engine
            .issue_token(&other, &parties(), false, &origin())
            .await
            .expect("a token");
        let sessions = app
            .engine
            .list_sessions(&other)
            .await
            .expect("sessions");
        let session = sessions
            .into_iter()
            .find(|session| session.is_current)
            .expect("this one")
            .id;
        Self {
            olga,
            max,
            mia,
            key: app.north_key("max").await,
            workspace,
            ada,
            session,
        }
    }

    async fn perform(&self, engine: &Engine, change: &str) -> Result<()> {
        let olga = &self.olga;
        match change {
            "create_key" => engine
                .create_key(olga, CreateKey::read("Another").expect("a name"))
                .await
                .map(drop),
            "revoke_key" => engine
                .revoke_key(olga, revoke(self.key.view.key_id))
                .await
                .map(drop),
            "create_workspace" => engine
                .create_workspace(olga, workspace("Another"))
                .await
                .map(drop),
            "delete_workspace" => {
                engine
                    .delete_workspace(
                        olga,
                        &DeleteWorkspace {
                            workspace: self.workspace.clone(),
                        },
                    )
                    .await
            }
            "change_role" => {
                engine
                    .change_member(olga, self.max, Role::Admin)
                    .await
            }
            "remove_member" => engine.remove_member(olga, self.mia).await,
            "sign_in" => engine
                .sign_in(&identity("max"), &origin())
                .await
                .map(drop),
            "end_session" => {
                engine
                    .revoke_session(&self.ada, &self.session, &origin())
                    .await
            }
            "issue_token" => engine
                .issue_token(&self.ada, &parties(), true, &origin())
                .await
                .map(drop),
            "sign_out" => engine.sign_out(&self.ada, &origin()).await,
            other => panic!("unknown change {other}"),
        }
    }
}

fn parties() -> Parties {
    Parties {
        issuer: "https://keys.test".into(),
        audience: "https://keys.test/api/v1".into(),
    }
}

/// Makes the database reject events, and with them all changes.
pub async fn refuse_events(app: &TestApp) {
    let mut intruder = app.intruder().await;
    let sql = match intruder {
        Intruder::Sqlite(_) => {
            "CREATE TRIGGER refuse BEFORE INSERT ON audit_events BEGIN SELECT RAISE(ABORT, 'the log is full'); END"
        }
        Intruder::Postgres(_) => {
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the log is full'; END $$; \
             CREATE TRIGGER refuse BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION refuse()"
        }
    };
    intruder.run(sql).await;
}

/// Asserts that an alteration of the chain of North is detected, and restores the chain.
async fn assert_detected(app: &TestApp, intruder: &mut Intruder, what: &str) {
    let north = app.organization(NORTH).await;
    let state = app
        .engine
        .verify_audit(&north)
        .await
        .expect("the chain is read");
    assert!(
        matches!(state, ChainState::Broken(_)),
        "{what}: {state:?}"
    );
    for table in ["audit_events", "audit_heads"] {
        intruder
            .run(&format!(
                "DELETE FROM {table}; INSERT INTO {table} SELECT * FROM copy_of_{table}"
            ))
            .await;
    }
}

/// Writes some events, and copies the tables of the chain so that they can be restored.
async fn chain_with_copy(app: &TestApp) -> Intruder {
    let stage = Stage::set(app).await;
    for (change, _) in CHANGES {
        stage
            .perform(&app.engine, change)
            .await
            .expect(change);
    }
    let mut intruder = app.intruder().await;
    for table in ["audit_events", "audit_heads"] {
        intruder
            .run(&format!(
                "CREATE TABLE copy_of_{table} AS SELECT * FROM {table}"
            ))
            .await;
    }
    app.sound_chain(NORTH).await;
    intruder
}

async fn north_events(app: &TestApp, intruder: &mut Intruder) -> Vec<Cells> {
    let north = app.organization(NORTH).await;
    intruder
        .rows(&format!(
            "SELECT * FROM audit_events WHERE organization_id = '{north}' ORDER BY n"
        ))
        .await
}

/// Values that differ from the value of a cell.
fn others(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => vec![Value::Number(1), Value::Text(String::new())],
        Value::Number(n) => vec![
            Value::Number(n + 1),
            Value::Number(-n - 1),
            Value::Number(i64::MAX),
            Value::Null,
        ],
        Value::Flag(flag) => vec![Value::Flag(!flag)],
        Value::Text(text) => {
            vec![
                Value::Text(format!("{text} ")),
                Value::Text(format!("x{text}")),
                Value::Text("x".into()),
                Value::Null,
            ]
        }
        Value::Bytes(bytes) => {
            let mut flipped = bytes.clone();
            flipped[0] ^= 1;
            vec![
                Value::Bytes(flipped),
                Value::Bytes(bytes[1..].to_vec()),
                Value::Bytes(vec![]),
            ]
        }
    }
}

/// Whether a column accepts the value. Both databases reject null and other types where they do not
/// belong.
fn takes(column: &str, value: &Value) -> bool {
    match column {
        "actor_id" | "concerns" => matches!(value, Value::Null | Value::Number(_)),
        "via_key" | "address" | "agent" => matches!(value, Value::Null | Value::Text(_)),
        "n" | "at" => matches!(value, Value::Number(_)),
        _ => !matches!(value, Value::Null),
    }
}

both! {
    // RK-25
    every_change_writes_one_event_and_the_chain_stays_intact(app) {
        let stage = Stage::set(app).await;
        for (change, action) in CHANGES {
            let before = app.sound_chain(NORTH).await;
            stage.perform(&app.engine, change).await.expect(change);
            assert_eq!(app.sound_chain(NORTH).await, before + 1, "{change}");
            assert_eq!(app.newest_event(&stage.olga).await.action, action);
        }
    }

    creating_the_first_organization_and_its_key_writes_one_event_each(staged) {
        let founding = FoundOrganization::read("Acme", "Grace", "grace@example.test").expect("a valid command");
        let (one, other) = (staged.another().await, staged.another().await);
        one.engine.bootstrap(&founding, origin()).await.expect("bootstrapped");
        assert_eq!(one.sound_chain("Acme").await, 2);
        let grace = other.engine.sign_in(&identity("grace"), &origin()).await.expect("signed in");
        other.engine.bootstrap_as_person(grace, &founding, origin()).await.expect("founded");
        assert_eq!(other.sound_chain("Acme").await, 1);
        one.close().await;
        other.close().await;
    }

    rejected_changes_write_no_events(app) {
        let stage = Stage::set(app).await;
        let (mia, before) = (app.north("mia").await, everything(app).await);
        let engine = &app.engine;
        assert_eq!(refusal(engine.revoke_key(&mia, revoke(stage.key.view.key_id)).await), Code::Forbidden);
        assert_eq!(refusal(engine.change_member(&mia, stage.max, Role::Admin).await), Code::Forbidden);
        assert_eq!(before, everything(app).await);
    }

    a_change_is_rolled_back_if_its_event_cannot_be_written(app) {
        let stage = Stage::set(app).await;
        refuse_events(app).await;
        let before = everything(app).await;
        for (change, _) in CHANGES {
            assert_eq!(refusal(stage.perform(&app.engine, change).await), Code::Unavailable, "{change}");
            assert_eq!(before, everything(app).await, "{change}");
        }
        app.with_key(&stage.key.plain).await;
    }

    setup_is_rolled_back_if_its_event_cannot_be_written(staged) {
        let founding = FoundOrganization::read("Acme", "Grace", "grace@example.test").expect("a valid command");
        let app = staged.another().await;
        let grace = app.engine.sign_in(&identity("grace"), &origin()).await.expect("signed in");
        refuse_events(&app).await;
        let before = everything(&app).await;
        assert_eq!(refusal(app.engine.bootstrap(&founding, origin()).await), Code::Unavailable);
        assert_eq!(refusal(app.engine.bootstrap_as_person(grace, &founding, origin()).await), Code::Unavailable);
        assert_eq!(before, everything(&app).await);
        app.close().await;
    }

    // B8
    a_change_of_any_column_of_an_event_is_detected(app) {
        let mut intruder = chain_with_copy(app).await;
        let events = north_events(app, &mut intruder).await;
        let mut tried = 0;
        for at in [0, events.len() / 2, events.len() - 1] {
            for (column, value) in &events[at] {
                for other in others(value).into_iter().filter(|other| takes(column, other)) {
                    let (organization, n) = (&events[at][0].1, &events[at][1].1);
                    let which =
                        format!("organization_id = {} AND n = {}", intruder.literal(organization), intruder.literal(n));
                    if column == "n" && events.iter().any(|event| event[1].1 == other) {
                        continue;
                    }
                    intruder.set("audit_events", column, &other, &which).await;
                    assert_detected(app, &mut intruder, &format!("{column} of event {n:?} became {other:?}")).await;
                    tried += 1;
                }
            }
        }
        assert!(tried > 100, "{tried}");
        app.sound_chain(NORTH).await;
    }

    // B8
    the_removal_of_any_event_is_detected(app) {
        let mut intruder = chain_with_copy(app).await;
        let north = app.organization(NORTH).await;
        for n in 1..=app.sound_chain(NORTH).await {
            intruder.run(&format!("DELETE FROM audit_events WHERE organization_id = '{north}' AND n = {n}")).await;
            assert_detected(app, &mut intruder, &format!("event {n} removed")).await;
            intruder.run(&format!("DELETE FROM audit_events WHERE organization_id = '{north}' AND n >= {n}")).await;
            assert_detected(app, &mut intruder, &format!("events from {n} on removed")).await;
        }
    }

    // B8
    the_removal_of_an_event_is_detected_after_renumbering(app) {
        let mut intruder = chain_with_copy(app).await;
        let north = app.organization(NORTH).await;
        let last = app.sound_chain(NORTH).await;
        intruder.run(&format!("DELETE FROM audit_events WHERE organization_id = '{north}' AND n = 3")).await;
        for n in 4..=last {
            intruder.run(&format!("UPDATE audit_events SET n = {} WHERE organization_id = '{north}' AND n = {n}", n - 1)).await;
        }
        intruder.run(&format!("UPDATE audit_heads SET n = {} WHERE organization_id = '{north}'", last - 1)).await;
        assert_detected(app, &mut intruder, "event 3 removed, the rest renumbered").await;
    }

    // B8
    swapped_events_are_detected(app) {
        let mut intruder = chain_with_copy(app).await;
        let (north, last) = (app.organization(NORTH).await, app.sound_chain(NORTH).await);
        for (one, other) in (1..last).map(|n| (n, n + 1)).chain([(1, last)]) {
            for (from, to) in [(one, 9_999), (other, one), (9_999, other)] {
                intruder.run(&format!("UPDATE audit_events SET n = {to} WHERE organization_id = '{north}' AND n = {from}")).await;
            }
            assert_detected(app, &mut intruder, &format!("events {one} and {other} swapped")).await;
        }
    }

    // B8
    an_inserted_event_is_detected_at_both_ends(app) {
        let mut intruder = chain_with_copy(app).await;
        let events = north_events(app, &mut intruder).await;
        let last = events.len() as i64;
        let mut forged = events[2].clone();
        *cell(&mut forged, "n") = Value::Number(last + 1);
        intruder.insert("audit_events", &forged).await;
        assert_detected(app, &mut intruder, "a copy at the end").await;
        intruder.insert("audit_events", &forged).await;
        let north = app.organization(NORTH).await;
        let head = intruder.literal(cell(&mut forged, "hash"));
        intruder.run(&format!("UPDATE audit_heads SET n = n + 1, hash = {head} WHERE organization_id = '{north}'")).await;
        assert_detected(app, &mut intruder, "a copy at the end, and the head with it").await;
        *cell(&mut forged, "n") = Value::Number(0);
        intruder.insert("audit_events", &forged).await;
        assert_detected(app, &mut intruder, "a copy before the first").await;
    }

    // B8
    emptying_the_log_is_detected(app) {
        let mut intruder = chain_with_copy(app).await;
        intruder.run("DELETE FROM audit_events").await;
        assert_detected(app, &mut intruder, "emptied").await;
    }

    // B8
    an_altered_head_is_detected(app) {
        let mut intruder = chain_with_copy(app).await;
        let which = format!("organization_id = '{}'", app.organization(NORTH).await);
        for (column, value) in [("n", Value::Number(0)), ("n", Value::Number(999)), ("hash", Value::Bytes(vec![0; 32]))] {
            intruder.set("audit_heads", column, &value, &which).await;
            assert_detected(app, &mut intruder, column).await;
        }
    }

    // B8
    a_chain_rewritten_without_the_key_ring_is_detected(app) {
        // An attacker who knows the format can recompute every hash after an alteration. The MAC
        // still needs the key ring.
        let mut intruder = chain_with_copy(app).await;
        let events = north_events(app, &mut intruder).await;
        let which = |n: usize| format!("n = {} AND actor_name <> 'otto'", n + 1);
        let mut before = Vec::new();
        for (n, event) in events.iter().enumerate() {
            let mut event = event.clone();
            if n == 4 {
                *cell(&mut event, "actor_name") = Value::Text("nobody".into());
                intruder.run(&format!("UPDATE audit_events SET actor_name = 'nobody' WHERE {}", which(n))).await;
            }
            let hash = hash(&event, &before);
            if n < 4 {
                assert_eq!(*cell(&mut event, "hash"), Value::Bytes(hash.clone()), "the test knows the format");
            }
            let north = app.organization(NORTH).await;
            intruder.set("audit_events", "hash", &Value::Bytes(hash.clone()), &format!("organization_id = '{north}' AND n = {}", n + 1)).await;
            before = hash;
        }
        let north = app.organization(NORTH).await;
        intruder.set("audit_heads", "hash", &Value::Bytes(before), &format!("organization_id = '{north}'")).await;
        let state = app.engine.verify_audit(&north).await.expect("the chain is read");
        assert_eq!(state, ChainState::Broken(5));
    }

    an_altered_chain_does_not_affect_another_organization(app) {
        let mut intruder = chain_with_copy(app).await;
        let north = app.organization(NORTH).await;
        intruder.run(&format!("UPDATE audit_events SET actor_name = 'x' WHERE organization_id = '{north}'")).await;
        app.sound_chain(crate::test_app::SOUTH).await;
    }

    a_chain_longer_than_one_batch_is_verified_to_its_end(app) {
        let (olga, north) = (app.north("olga").await, app.organization(NORTH).await);
        app.workspace(&olga, "A").await.expect("a workspace");
        let other = app.another().await;
        other.close().await;
        let events = if app.db.is_shared() { 30 } else { 1_100 };
        for _ in 0..events {
            app.engine.sign_in(&identity("max"), &origin()).await.expect("signed in");
        }
        let last = app.sound_chain(NORTH).await;
        assert!(last > events);
        app.intruder().await.run(&format!("UPDATE audit_events SET at = at + 1 WHERE organization_id = '{north}' AND n = {last}")).await;
        assert_eq!(app.engine.verify_audit(&north).await.expect("read"), ChainState::Broken(last));
    }

    // D26
    admins_read_all_events_and_members_their_own(app) {
        let (own, foreign) = (app.north_key("max").await, app.north_key("mia").await);
        app.engine.revoke_key(&app.north("ada").await, revoke(own.view.key_id)).await.expect("revoked");
        app.engine.revoke_key(&app.north("ada").await, revoke(foreign.view.key_id)).await.expect("revoked");
        let all = app.sound_chain(NORTH).await;
        for reader in ["olga", "ada"] {
            let page = app.engine.read_audit_log(&app.north(reader).await, &Default::default(), 100).await.expect("the log");
            assert_eq!(page.rows.len() as i64, all, "{reader}");
        }
        let max = app.north("max").await;
        let page = app.engine.read_audit_log(&max, &Default::default(), 100).await.expect("the log");
        let read: Vec<_> = page.rows.iter().map(|event| (event.action, event.actor_name.as_str())).collect();
        let own_events =
            [(AuditAction::KeyRevoked, "ada"), (AuditAction::KeyCreated, "max"), (AuditAction::MemberJoined, "max")];
        assert_eq!(read, own_events);
    }

    // RK-04
    the_log_of_another_organization_is_not_accessible(app) {
        app.north_key("max").await;
        let page = app.engine.read_audit_log(&app.south("otto").await, &Default::default(), 100).await.expect("the log");
        assert_eq!(page.rows.len() as i64, app.sound_chain(crate::test_app::SOUTH).await);
        assert!(page.rows.iter().all(|event| event.actor_name != "max"));
    }

    pages_of_the_log_are_newest_first_and_without_gaps(app) {
        let max = app.north("max").await;
        for _ in 0..8 {
            app.key_of(&max).await;
        }
        let (olga, last) = (app.north("olga").await, app.sound_chain(NORTH).await);
        let (mut read, mut before) = (Vec::new(), None);
        loop {
            let page = app.engine.read_audit_log(&olga, &AuditQuery { before, ..AuditQuery::default() }, 4).await.expect("a page");
            read.extend(page.rows.iter().map(|event| event.n));
            app.key_of(&max).await;
            match page.next {
                Some(next) => before = Some(next),
                None => break,
            }
        }
        assert_eq!(read, (1..=last).rev().collect::<Vec<_>>());
    }
}

/// The hash of an event, computed independently of the engine.
fn hash(event: &Cells, before: &[u8]) -> Vec<u8> {
    let canon = engine::keyring::CanonicalEncoder::of("rt/audit/v1");
    let columns = [
        "organization_id",
        "n",
        "",
        "at",
        "action",
        "actor_id",
        "actor_name",
        "via_key",
        "object_kind",
    ];
    let rest = [
        "object_id",
        "object_label",
        "concerns",
        "changes",
        "address",
        "agent",
        "request_id",
    ];
    let absent = ["actor_id", "via_key", "concerns", "address", "agent"];
    let canon = columns
        .iter()
        .chain(&rest)
        .fold(canon, |canon, column| {
            if column.is_empty() {
                return canon.bytes(before);
            }
            let value = &event
                .iter()
                .find(|(name, _)| name == column)
                .expect("a column")
                .1;
            match (value, absent.contains(column)) {
                (Value::Text(text), false) => canon.text(text),
                (Value::Number(number), false) => canon.number(*number),
                (Value::Text(text), true) => canon.maybe_text(Some(text)),
                (Value::Number(number), true) => canon.maybe_number(Some(*number)),
                _ => canon.maybe_text(None),
            }
        });
    engine::keyring::hash(&canon)
}
