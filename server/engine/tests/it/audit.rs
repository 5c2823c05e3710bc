//! The audit log: one event for every change, in its transaction, in a chain that shows any alteration.

use domain::command::{AuditQuery, CreateKey, DeleteWorkspace, FoundOrganization};
use domain::event::Happening;
use domain::view::NewKey;
use domain::{ActorId, Code, Role, SessionId, WorkspaceId};
use engine::audit::ChainState;
use engine::tokens::Parties;
use engine::{Caller, Ctx, Engine, Result};

use crate::house::{House, NORTH, everything, identity, origin, refusal, revoke, workspace};
use crate::intruder::{Cells, Intruder, Value, cell};

/// Every change that someone in North can make, with what it needs.
struct Stage {
    olga: Ctx,
    max: ActorId,
    mia: ActorId,
    key: NewKey,
    workspace: WorkspaceId,
    ada: Caller,
    session: SessionId,
}

const STORIES: [(&str, Happening); 10] = [
    ("create_key", Happening::KeyCreated),
    ("revoke_key", Happening::KeyRevoked),
    ("create_workspace", Happening::WorkspaceCreated),
    ("delete_workspace", Happening::WorkspaceDeleted),
    ("change_role", Happening::MemberRoleChanged),
    ("remove_member", Happening::MemberRemoved),
    ("sign_in", Happening::SignedIn),
    ("end_session", Happening::SessionEnded),
    ("issue_token", Happening::TokenIssued),
    ("sign_out", Happening::SessionEnded),
];

impl Stage {
    async fn set(house: &House) -> Self {
        let olga = house.north("olga").await;
        let workspace = house.workspace(&olga, "Analytics").await.expect("a workspace").id;
        let (max, mia) = (house.member("max", NORTH).await, house.member("mia", NORTH).await);
        let ((ada, _), (other, _)) = (house.browser("ada").await, house.browser("ada").await);
        // The key that signs tokens is made when it is first needed, whatever becomes of the token.
        house.engine.issue_token(&other, &parties(), false, &origin()).await.expect("a token");
        let sessions = house.engine.list_sessions(&other).await.expect("sessions");
        let session = sessions.into_iter().find(|session| session.is_current).expect("this one").id;
        Self { olga, max, mia, key: house.north_key("max").await, workspace, ada, session }
    }

    async fn tell(&self, engine: &Engine, story: &str) -> Result<()> {
        let olga = &self.olga;
        match story {
            "create_key" => engine.create_key(olga, CreateKey::read("Another").expect("a name")).await.map(drop),
            "revoke_key" => engine.revoke_key(olga, revoke(self.key.view.key_id)).await.map(drop),
            "create_workspace" => engine.create_workspace(olga, workspace("Another")).await.map(drop),
            "delete_workspace" => {
                engine.delete_workspace(olga, &DeleteWorkspace { workspace: self.workspace.clone() }).await
            }
            "change_role" => engine.change_role(olga, self.max, Role::Admin).await,
            "remove_member" => engine.remove_member(olga, self.mia).await,
            "sign_in" => engine.sign_in(&identity("max"), &origin()).await.map(drop),
            "end_session" => engine.end_session(&self.ada, &self.session, &origin()).await,
            "issue_token" => engine.issue_token(&self.ada, &parties(), true, &origin()).await.map(drop),
            "sign_out" => engine.sign_out(&self.ada, &origin()).await,
            other => panic!("no story {other}"),
        }
    }
}

fn parties() -> Parties {
    Parties { issuer: "https://keys.test".into(), audience: "https://keys.test/api/v1".into() }
}

/// Has the database take no event, and so no change.
pub async fn refuse_events(house: &House) {
    let mut intruder = house.intruder().await;
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

/// The chain of North after someone was at it, which is then put back in order.
async fn found_after(house: &House, intruder: &mut Intruder, what: &str) {
    let north = house.organization(NORTH).await;
    let state = house.engine.verify_audit(&north).await.expect("the chain is read");
    assert!(matches!(state, ChainState::Broken(_)), "{what}: {state:?}");
    for table in ["audit_events", "audit_heads"] {
        intruder.run(&format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM copy_of_{table}")).await;
    }
}

/// A chain of some length with a copy of it to go back to.
async fn copied(house: &House) -> Intruder {
    let stage = Stage::set(house).await;
    for (story, _) in STORIES {
        stage.tell(&house.engine, story).await.expect(story);
    }
    let mut intruder = house.intruder().await;
    for table in ["audit_events", "audit_heads"] {
        intruder.run(&format!("CREATE TABLE copy_of_{table} AS SELECT * FROM {table}")).await;
    }
    house.sound_chain(NORTH).await;
    intruder
}

async fn north_events(house: &House, intruder: &mut Intruder) -> Vec<Cells> {
    let north = house.organization(NORTH).await;
    intruder.rows(&format!("SELECT * FROM audit_events WHERE organization_id = '{north}' ORDER BY n")).await
}

/// Other values for a cell, each unlike it.
fn others(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => vec![Value::Number(1), Value::Text(String::new())],
        Value::Number(n) => vec![Value::Number(n + 1), Value::Number(-n - 1), Value::Number(i64::MAX), Value::Null],
        Value::Flag(flag) => vec![Value::Flag(!flag)],
        Value::Text(text) => {
            vec![Value::Text(format!("{text} ")), Value::Text(format!("x{text}")), Value::Text("x".into()), Value::Null]
        }
        Value::Bytes(bytes) => {
            let mut flipped = bytes.clone();
            flipped[0] ^= 1;
            vec![Value::Bytes(flipped), Value::Bytes(bytes[1..].to_vec()), Value::Bytes(vec![])]
        }
    }
}

/// Whether a column takes such a value: neither database lets a null or a text where it does not belong.
fn takes(column: &str, value: &Value) -> bool {
    match column {
        "actor_id" | "concerns" => matches!(value, Value::Null | Value::Number(_)),
        "via_key" | "address" | "agent" => matches!(value, Value::Null | Value::Text(_)),
        "n" | "at" => matches!(value, Value::Number(_)),
        _ => !matches!(value, Value::Null),
    }
}

both! {
    rk_25_every_change_is_one_event_in_a_sound_chain(house) {
        let stage = Stage::set(house).await;
        for (story, happening) in STORIES {
            let before = house.sound_chain(NORTH).await;
            stage.tell(&house.engine, story).await.expect(story);
            assert_eq!(house.sound_chain(NORTH).await, before + 1, "{story}");
            assert_eq!(house.newest_event(&stage.olga).await.action, happening);
        }
    }

    founding_is_one_event_and_the_bootstrap_key_is_another(staged) {
        let founding = FoundOrganization::read("Acme", "Grace", "grace@example.test").expect("a founding");
        let (one, other) = (staged.another().await, staged.another().await);
        one.engine.bootstrap(&founding, origin()).await.expect("bootstrapped");
        assert_eq!(one.sound_chain("Acme").await, 2);
        let grace = other.engine.sign_in(&identity("grace"), &origin()).await.expect("signed in");
        other.engine.found_organization(grace, &founding, origin()).await.expect("founded");
        assert_eq!(other.sound_chain("Acme").await, 1);
        one.close().await;
        other.close().await;
    }

    refused_changes_are_no_events(house) {
        let stage = Stage::set(house).await;
        let (mia, before) = (house.north("mia").await, everything(house).await);
        let engine = &house.engine;
        assert_eq!(refusal(engine.revoke_key(&mia, revoke(stage.key.view.key_id)).await), Code::Forbidden);
        assert_eq!(refusal(engine.change_role(&mia, stage.max, Role::Admin).await), Code::Forbidden);
        assert_eq!(before, everything(house).await);
    }

    a_change_whose_event_cannot_be_written_does_not_happen(house) {
        let stage = Stage::set(house).await;
        refuse_events(house).await;
        let before = everything(house).await;
        for (story, _) in STORIES {
            assert_eq!(refusal(stage.tell(&house.engine, story).await), Code::Unavailable, "{story}");
            assert_eq!(before, everything(house).await, "{story}");
        }
        house.with_key(&stage.key.plain).await;
    }

    an_installation_whose_first_event_cannot_be_written_is_not_founded(staged) {
        let founding = FoundOrganization::read("Acme", "Grace", "grace@example.test").expect("a founding");
        let house = staged.another().await;
        let grace = house.engine.sign_in(&identity("grace"), &origin()).await.expect("signed in");
        refuse_events(&house).await;
        let before = everything(&house).await;
        assert_eq!(refusal(house.engine.bootstrap(&founding, origin()).await), Code::Unavailable);
        assert_eq!(refusal(house.engine.found_organization(grace, &founding, origin()).await), Code::Unavailable);
        assert_eq!(before, everything(&house).await);
        house.close().await;
    }

    b8_an_altered_event_is_found_whatever_was_altered(house) {
        let mut intruder = copied(house).await;
        let events = north_events(house, &mut intruder).await;
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
                    found_after(house, &mut intruder, &format!("{column} of event {n:?} became {other:?}")).await;
                    tried += 1;
                }
            }
        }
        assert!(tried > 100, "{tried}");
        house.sound_chain(NORTH).await;
    }

    b8_a_removed_event_is_found_wherever_it_stood(house) {
        let mut intruder = copied(house).await;
        let north = house.organization(NORTH).await;
        for n in 1..=house.sound_chain(NORTH).await {
            intruder.run(&format!("DELETE FROM audit_events WHERE organization_id = '{north}' AND n = {n}")).await;
            found_after(house, &mut intruder, &format!("event {n} removed")).await;
            intruder.run(&format!("DELETE FROM audit_events WHERE organization_id = '{north}' AND n >= {n}")).await;
            found_after(house, &mut intruder, &format!("events from {n} on removed")).await;
        }
    }

    b8_a_removed_event_is_found_though_the_rest_is_renumbered(house) {
        let mut intruder = copied(house).await;
        let north = house.organization(NORTH).await;
        let last = house.sound_chain(NORTH).await;
        intruder.run(&format!("DELETE FROM audit_events WHERE organization_id = '{north}' AND n = 3")).await;
        for n in 4..=last {
            intruder.run(&format!("UPDATE audit_events SET n = {} WHERE organization_id = '{north}' AND n = {n}", n - 1)).await;
        }
        intruder.run(&format!("UPDATE audit_heads SET n = {} WHERE organization_id = '{north}'", last - 1)).await;
        found_after(house, &mut intruder, "event 3 removed, the rest renumbered").await;
    }

    b8_swapped_events_are_found(house) {
        let mut intruder = copied(house).await;
        let (north, last) = (house.organization(NORTH).await, house.sound_chain(NORTH).await);
        for (one, other) in (1..last).map(|n| (n, n + 1)).chain([(1, last)]) {
            for (from, to) in [(one, 9_999), (other, one), (9_999, other)] {
                intruder.run(&format!("UPDATE audit_events SET n = {to} WHERE organization_id = '{north}' AND n = {from}")).await;
            }
            found_after(house, &mut intruder, &format!("events {one} and {other} swapped")).await;
        }
    }

    b8_an_inserted_event_is_found_at_the_end_and_in_the_middle(house) {
        let mut intruder = copied(house).await;
        let events = north_events(house, &mut intruder).await;
        let last = events.len() as i64;
        let mut forged = events[2].clone();
        *cell(&mut forged, "n") = Value::Number(last + 1);
        intruder.insert("audit_events", &forged).await;
        found_after(house, &mut intruder, "a copy at the end").await;
        intruder.insert("audit_events", &forged).await;
        let north = house.organization(NORTH).await;
        let head = intruder.literal(cell(&mut forged, "hash"));
        intruder.run(&format!("UPDATE audit_heads SET n = n + 1, hash = {head} WHERE organization_id = '{north}'")).await;
        found_after(house, &mut intruder, "a copy at the end, and the head with it").await;
        *cell(&mut forged, "n") = Value::Number(0);
        intruder.insert("audit_events", &forged).await;
        found_after(house, &mut intruder, "a copy before the first").await;
    }

    b8_emptying_the_log_is_found(house) {
        let mut intruder = copied(house).await;
        intruder.run("DELETE FROM audit_events").await;
        found_after(house, &mut intruder, "emptied").await;
    }

    b8_an_altered_head_is_found(house) {
        let mut intruder = copied(house).await;
        let which = format!("organization_id = '{}'", house.organization(NORTH).await);
        for (column, value) in [("n", Value::Number(0)), ("n", Value::Number(999)), ("hash", Value::Bytes(vec![0; 32]))] {
            intruder.set("audit_heads", column, &value, &which).await;
            found_after(house, &mut intruder, column).await;
        }
    }

    b8_a_chain_rewritten_without_the_ring_is_found(house) {
        // A writer who knows the format recomputes every hash after an alteration; the MAC still needs the ring.
        let mut intruder = copied(house).await;
        let events = north_events(house, &mut intruder).await;
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
            let north = house.organization(NORTH).await;
            intruder.set("audit_events", "hash", &Value::Bytes(hash.clone()), &format!("organization_id = '{north}' AND n = {}", n + 1)).await;
            before = hash;
        }
        let north = house.organization(NORTH).await;
        intruder.set("audit_heads", "hash", &Value::Bytes(before), &format!("organization_id = '{north}'")).await;
        let state = house.engine.verify_audit(&north).await.expect("the chain is read");
        assert_eq!(state, ChainState::Broken(5));
    }

    an_organizations_chain_says_nothing_about_anothers(house) {
        let mut intruder = copied(house).await;
        let north = house.organization(NORTH).await;
        intruder.run(&format!("UPDATE audit_events SET actor_name = 'x' WHERE organization_id = '{north}'")).await;
        house.sound_chain(crate::house::SOUTH).await;
    }

    a_chain_longer_than_one_read_is_checked_to_its_end(house) {
        let (olga, north) = (house.north("olga").await, house.organization(NORTH).await);
        house.workspace(&olga, "A").await.expect("a workspace");
        let other = house.another().await;
        other.close().await;
        let events = if house.db.is_shared() { 30 } else { 1_100 };
        for _ in 0..events {
            house.engine.sign_in(&identity("max"), &origin()).await.expect("signed in");
        }
        let last = house.sound_chain(NORTH).await;
        assert!(last > events);
        house.intruder().await.run(&format!("UPDATE audit_events SET at = at + 1 WHERE organization_id = '{north}' AND n = {last}")).await;
        assert_eq!(house.engine.verify_audit(&north).await.expect("read"), ChainState::Broken(last));
    }

    d26_owners_and_admins_read_everything_members_what_concerns_them(house) {
        let (own, foreign) = (house.north_key("max").await, house.north_key("mia").await);
        house.engine.revoke_key(&house.north("ada").await, revoke(own.view.key_id)).await.expect("revoked");
        house.engine.revoke_key(&house.north("ada").await, revoke(foreign.view.key_id)).await.expect("revoked");
        let all = house.sound_chain(NORTH).await;
        for reader in ["olga", "ada"] {
            let page = house.engine.read_audit(&house.north(reader).await, &Default::default(), 100).await.expect("the log");
            assert_eq!(page.rows.len() as i64, all, "{reader}");
        }
        let max = house.north("max").await;
        let page = house.engine.read_audit(&max, &Default::default(), 100).await.expect("the log");
        let told: Vec<_> = page.rows.iter().map(|event| (event.action, event.actor_name.as_str())).collect();
        let own_story =
            [(Happening::KeyRevoked, "ada"), (Happening::KeyCreated, "max"), (Happening::MemberJoined, "max")];
        assert_eq!(told, own_story);
    }

    rk_04_another_organizations_log_is_out_of_reach(house) {
        house.north_key("max").await;
        let page = house.engine.read_audit(&house.south("otto").await, &Default::default(), 100).await.expect("the log");
        assert_eq!(page.rows.len() as i64, house.sound_chain(crate::house::SOUTH).await);
        assert!(page.rows.iter().all(|event| event.actor_name != "max"));
    }

    the_log_is_read_newest_first_page_by_page_without_gaps(house) {
        let max = house.north("max").await;
        for _ in 0..8 {
            house.key_of(&max).await;
        }
        let (olga, last) = (house.north("olga").await, house.sound_chain(NORTH).await);
        let (mut read, mut before) = (Vec::new(), None);
        loop {
            let page = house.engine.read_audit(&olga, &AuditQuery { before, ..AuditQuery::default() }, 4).await.expect("a page");
            read.extend(page.rows.iter().map(|event| event.n));
            house.key_of(&max).await;
            match page.next {
                Some(next) => before = Some(next),
                None => break,
            }
        }
        assert_eq!(read, (1..=last).rev().collect::<Vec<_>>());
    }
}

/// The hash of an event, computed from the format alone.
fn hash(event: &Cells, before: &[u8]) -> Vec<u8> {
    let canon = engine::keyring::Canon::of("rt/audit/v1");
    let columns = ["organization_id", "n", "", "at", "action", "actor_id", "actor_name", "via_key", "object_kind"];
    let rest = ["object_id", "object_label", "concerns", "changes", "address", "agent", "request_id"];
    let absent = ["actor_id", "via_key", "concerns", "address", "agent"];
    let canon = columns.iter().chain(&rest).fold(canon, |canon, column| {
        if column.is_empty() {
            return canon.bytes(before);
        }
        let value = &event.iter().find(|(name, _)| name == column).expect("a column").1;
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
