//! People, members, invitations, organizations, sessions and sign-ins.

use domain::Role;
use domain::command::{
    ChangeOrganization, CreateOrganization, FoundOrganization, InviteMember, KeyDisposition,
    OrganizationDraft, RemoveMember,
};
use engine::form_token::FormToken;
use engine::organizations::DemoOrganization;

use super::parts::{account, member, newcomer, parties};
use super::scene::{Operation, operation};
use crate::test_app::{NORTH, TestApp, identity, in_person, origin};

/// What does not belong to an organization.
const KEPT: [&str; 6] = [
    "meta",
    "counters",
    "keyring",
    "nodes",
    "ring_readers",
    "authority_counter",
];

/// Makes the installation as empty as before the first organization.
async fn empty(app: &TestApp) {
    let mut intruder = app.intruder().await;
    for table in intruder.tables().await {
        // Triggers keep the search index.
        if !KEPT.contains(&table.as_str()) && !table.contains("_parts") {
            intruder
                .run(&format!("DELETE FROM {table}"))
                .await;
        }
    }
    intruder
        .run("DELETE FROM meta WHERE name = 'founded'")
        .await;
}

fn founded() -> FoundOrganization {
    FoundOrganization::read("Acme", "Eve", "eve@example.test").expect("a valid command")
}

fn invite(name: &str) -> InviteMember {
    InviteMember::read(&format!("{name}@example.test"), Some("member")).expect("a valid command")
}

pub fn members() -> Vec<Operation> {
    vec![
        operation!(create_invitation, app => {
            let (ada, name) = (app.north("ada").await, newcomer(app).await);
        } (ada, name) on => on.engine.create_invitation(&ada, invite(&name))),
        operation!(create_invitation_once, app => {
            let (ada, name) = (app.north("ada").await, newcomer(app).await);
            let form = FormToken::generate(&app.runtime);
        } (ada, name, form) on =>
            on.engine.create_invitation_once(&ada, invite(&name), Some(&form))),
        operation!(revoke_invitation, app => {
            let (ada, name) = (app.north("ada").await, newcomer(app).await);
            let made = app.engine.create_invitation(&ada, invite(&name)).await.expect("invited");
            let id = made.view.id;
        } (ada, id) on => on.engine.revoke_invitation(&ada, &id)),
        operation!(accept_invitation, app => {
            let (ada, name) = (app.north("ada").await, newcomer(app).await);
            let made = app.engine.create_invitation(&ada, invite(&name)).await.expect("invited");
            let (caller, token) = (in_person(app.person(&name).await), made.token);
        } (caller, token) on => on.engine.accept_invitation(&caller, &token, origin())),
        operation!(change_member, app => {
            let (olga, (name, key)) = (app.north("olga").await, member(app, "admin").await);
            let (id, plain) = (app.member(&name, NORTH).await, key.plain);
        } (olga) on => on.engine.change_member(&olga, id, Role::Member), keys: [plain])
        .about("lowers the role"),
        operation!(change_member, app => {
            let (olga, (name, key)) = (app.north("olga").await, member(app, "member").await);
            let (id, plain) = (app.member(&name, NORTH).await, key.plain);
        } (olga) on => on.engine.change_member(&olga, id, Role::Admin), keys: [plain])
        .about("raises the role"),
        operation!(remove_member, app => {
            let (olga, (name, key)) = (app.north("olga").await, member(app, "member").await);
            let (_, session) = app.browser(&name).await;
            let (id, plain) = (app.member(&name, NORTH).await, key.plain);
        } (olga) on => on.engine.remove_member(&olga, id), keys: [plain], sessions: [session]),
        operation!(offboard_member, app => {
            let (olga, (name, key)) = (app.north("olga").await, member(app, "member").await);
            let (other, third) = (app.north_key(&name).await, app.north_key(&name).await);
            let (id, robot) = (app.member(&name, NORTH).await, account(app).await);
            let command = RemoveMember {
                member: id,
                keys: vec![
                    (key.view.key_id, KeyDisposition::End),
                    (other.view.key_id, KeyDisposition::HandOver(robot)),
                    (third.view.key_id, KeyDisposition::HandOverToNew),
                ],
            };
        } (olga, command) on => on.engine.offboard_member(&olga, command.clone()),
            keys: [key.plain, other.plain, third.plain]),
        operation!(leave_organization, app => {
            let (name, key) = member(app, "member").await;
            let (ctx, plain) = (app.north(&name).await, key.plain);
        } (ctx) on => on.engine.leave_organization(&ctx), keys: [plain]),
        operation!(add_owner, app => {
            let (north, name) = (app.organization(NORTH).await, newcomer(app).await);
            let email = format!("{name}@example.test");
        } (north, email) on => on.engine.add_owner(&north, &email, false, "locked out"))
        .about("of a known person"),
        operation!(add_owner, app => {
            let north = app.organization(NORTH).await;
            let random: [u8; 4] = app.runtime.bytes();
            let email = format!("{}@example.test", hex::encode(random));
        } (north, email) on => on.engine.add_owner(&north, &email, false, "locked out"))
        .about("of an unknown person"),
        operation!(change_organization, app => {
            let olga = app.north("olga").await;
            let random: [u8; 4] = app.runtime.bytes();
            let days = i64::from(u16::from_be_bytes([random[0], random[1]])) % 300 + 30;
            let draft = OrganizationDraft {
                max_key_days: Some(Some(days)),
                ..OrganizationDraft::default()
            };
            let command = ChangeOrganization::read(&draft).expect("a change");
        } (olga, command) on => on.engine.change_organization(&olga, command.clone())),
        operation!(create_organization, app => {
            let (caller, _) = app.browser("max").await;
            let command = CreateOrganization::read("Another").expect("a name");
        } (caller, command) on => on.engine.create_organization(&caller, &command, origin())),
        operation!(bootstrap, app => {
            empty(app).await;
        } () on => async { on.engine.bootstrap(&founded(), origin()).await }),
        operation!(bootstrap_as_person, app => {
            empty(app).await;
            let person = app.engine.sign_in(&identity("eve"), &origin()).await.expect("a person");
        } () on => async { on.engine.bootstrap_as_person(person, &founded(), origin()).await }),
        operation!(seed_demo, app => {
            empty(app).await;
        } () on => async {
            let members = vec![(identity("olga"), Role::Owner), (identity("max"), Role::Member)];
            on.engine.seed_demo(&[DemoOrganization { organization: NORTH, members }]).await
        }),
    ]
}

pub fn sessions() -> Vec<Operation> {
    vec![
        operation!(sign_in, app => {
            let who = identity("una");
            let _ = app.organization(NORTH).await;
        } (who) on => async { on.engine.sign_in(&who, &origin()).await })
        .about("again"),
        operation!(sign_in, app => {
            let random: [u8; 4] = app.runtime.bytes();
            let who = identity(&hex::encode(random));
            let (north, email) = (app.organization(NORTH).await, who.email.clone().expect("one"));
            app.engine.add_owner(&north, &email, false, "new").await.expect("added");
        } (who) on => async { on.engine.sign_in(&who, &origin()).await })
        .about("of an awaited owner"),
        operation!(set_active_organization, app => {
            let (person, north) = (app.person("una").await, app.organization(NORTH).await);
            let south = app.organization(crate::test_app::SOUTH).await;
            app.engine.set_active_organization(person, &south).await.expect("set");
        } (north) on => on.engine.set_active_organization(person, &north)),
        operation!(insert_session, app => {
            let (person, session) = (app.person("max").await, app.runtime.bytes::<32>());
        } () on => async {
            on.engine.insert_session(&session, Some(person), &origin(), b"new").await
        }, sessions: [session]),
        operation!(update_session, app => {
            let (person, (_, session)) = (app.person("max").await, app.browser("max").await);
        } () on => on.engine.update_session(&session, Some(person), b"changed"),
            sessions: [session]),
        operation!(find_session, app => {
            let (_, session) = app.browser("max").await;
            app.clock.advance_seconds(61);
        } () on => on.engine.find_session(&session), sessions: [session])
        .about("records its use"),
        operation!(peek_session, app => {
            let (_, session) = app.browser("max").await;
            app.clock.advance_seconds(3_600);
        } () on => on.engine.peek_session(&session))
        .about("deletes an expired one")
        .best_effort(),
        operation!(delete_session, app => {
            let (_, session) = app.browser("max").await;
        } () on => on.engine.delete_session(&session), sessions: [session]),
        operation!(delete_expired_sessions, app => {
            app.browser("max").await;
            app.engine.begin_flow(&app.runtime.bytes::<32>(), b"a flow").await.expect("begun");
            app.clock.advance_seconds(3_600);
        } () on => on.engine.delete_expired_sessions()),
        operation!(revoke_session, app => {
            let ((caller, session), (other, open)) = (app.browser("max").await, app.browser("max").await);
            let all = app.engine.list_sessions(&caller).await.expect("a list");
            let id = all.into_iter().find(|one| one.is_current).expect("one").id;
        } (other, id) on => async { on.engine.revoke_session(&other, &id, &origin()).await },
            sessions: [session, open]),
        operation!(revoke_other_sessions, app => {
            let ((_, session), (caller, open)) = (app.browser("max").await, app.browser("max").await);
        } (caller) on => async { on.engine.revoke_other_sessions(&caller, &origin()).await },
            sessions: [session, open]),
        operation!(sign_out, app => {
            let (caller, session) = app.browser("max").await;
        } (caller) on => async { on.engine.sign_out(&caller, &origin()).await },
            sessions: [session]),
        operation!(begin_flow, app => {
            let runtime = app.runtime.clone();
        } (runtime) on => async { on.engine.begin_flow(&runtime.bytes::<32>(), b"a flow").await }),
        operation!(take_flow, app => {
            let token = app.runtime.bytes::<32>();
            app.engine.begin_flow(&token, b"a flow").await.expect("begun");
        } () on => on.engine.take_flow(&token)),
        operation!(save_draft, app => {
            let (caller, _) = app.browser("mia").await;
            app.intruder().await.run("DELETE FROM drafts").await;
        } (caller) on => on.engine.save_draft(&caller, "browser", b"a form")),
        operation!(take_draft, app => {
            let (caller, _) = app.browser("mia").await;
            let token = app.engine.save_draft(&caller, "browser", b"a form").await.expect("saved");
        } (caller, token) on => on.engine.take_draft(&caller, "browser", &token)),
        operation!(issue_token, app => {
            let (caller, _) = app.browser("max").await;
        } (caller) on => async {
            on.engine.issue_token(&caller, &parties(), true, &origin()).await
        }),
        operation!(issue_token_once, app => {
            let (caller, _) = app.browser("max").await;
            let form = FormToken::generate(&app.runtime);
        } (caller, form) on => async {
            on.engine.issue_token_once(&caller, &parties(), &origin(), Some(&form)).await
        }),
        operation!(renew_signing_keys, app => {
            app.intruder().await.run("DELETE FROM signing_keys").await;
            let (caller, _) = app.browser("max").await;
            app.engine.issue_token(&caller, &parties(), true, &origin()).await.expect("a token");
            app.clock.advance_seconds(40 * 86_400);
        } () on => on.engine.renew_signing_keys()),
    ]
}
