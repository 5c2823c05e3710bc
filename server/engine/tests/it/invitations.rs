//! Invitations: a link works once, for one email.

use domain::command::InviteMember;
use domain::event::AuditAction;
use domain::view::{NewInvitation, Standing};
use domain::{Code, PersonId, Role};
use engine::people::Identity;
use tokio::task::JoinSet;

use crate::intruder::Value;
use crate::test_app::{NORTH, SOUTH, TestApp, everything, identity, in_person, origin, refusal};

async fn invite(app: &TestApp, by: &str, email: &str, role: &str) -> engine::Result<NewInvitation> {
    let command = InviteMember::read(email, Some(role)).expect("a valid command");
    app.engine
        .create_invitation(&app.north(by).await, command)
        .await
}

async fn newcomer(app: &TestApp, name: &str) -> PersonId {
    app.engine
        .sign_in(&identity(name), &origin())
        .await
        .expect("signed in")
}

both! {
    an_invited_person_joins_with_the_role_of_the_invitation(app) {
        let new = invite(app, "ada", "Zoe@Example.test", "admin").await.expect("invited");
        assert_eq!((new.view.email.as_str(), new.view.role, new.view.invited_by.as_str()), ("zoe@example.test", Role::Admin, "ada"));
        let offer = app.engine.get_invitation(&new.token).await.expect("an offer");
        assert_eq!((offer.organization_name.as_str(), offer.inviter_email.as_deref()), (NORTH, Some("ada@example.test")));
        assert_eq!(offer.address_hint, "z…@example.test");
        let zoe = newcomer(app, "zoe").await;
        let joined = app.engine.accept_invitation(&in_person(zoe), &new.token, origin()).await.expect("joined");
        assert_eq!(joined, app.organization(NORTH).await);
        assert_eq!(app.north("zoe").await.actor().role, Role::Admin);
        assert_eq!(app.newest_event(&app.north("olga").await).await.action, AuditAction::MemberJoined);
        let pending = app.engine.list_invitations(&app.north("olga").await, None, 50).await.expect("invitations");
        assert!(pending.rows.is_empty());
        app.sound_chain(NORTH).await;
    }

    // B4
    a_link_works_once(app) {
        let new = invite(app, "olga", "zoe@example.test", "member").await.expect("invited");
        let zoe = newcomer(app, "zoe").await;
        app.engine.accept_invitation(&in_person(zoe), &new.token, origin()).await.expect("joined");
        let before = everything(app).await;
        assert_eq!(refusal(app.engine.accept_invitation(&in_person(zoe), &new.token, origin()).await), Code::NotFound);
        assert_eq!(refusal(app.engine.get_invitation(&new.token).await), Code::NotFound);
        assert_eq!(before, everything(app).await);
    }

    // B4; PyPI's audit, finding 2
    of_two_hundred_concurrent_requests_one_accepts_an_invitation(app) {
        let new = invite(app, "olga", "zoe@example.test", "member").await.expect("invited");
        let zoe = newcomer(app, "zoe").await;
        let mut tries = JoinSet::new();
        for _ in 0..200 {
            let (engine, token) = (app.engine.clone(), new.token.clone());
            tries.spawn(async move { engine.accept_invitation(&in_person(zoe), &token, origin()).await });
        }
        let done = tries.join_all().await;
        assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 1);
        for error in done.into_iter().filter_map(Result::err) {
            assert!(matches!(error.code(), Code::NotFound | Code::Conflict), "{error:?}");
        }
        app.sound_chain(NORTH).await;
    }

    // B21
    a_link_works_only_for_the_invited_email(app) {
        let new = invite(app, "olga", "zoe@example.test", "owner").await.expect("invited");
        let eve = newcomer(app, "eve").await;
        let unverified = Identity { email: None, subject: "zoe-unverified".into(), ..identity("zoe") };
        let unverified = app.engine.sign_in(&unverified, &origin()).await.expect("signed in");
        let before = everything(app).await;
        for person in [eve, unverified, app.person("max").await] {
            assert_eq!(refusal(app.engine.accept_invitation(&in_person(person), &new.token, origin()).await), Code::WrongAddress);
        }
        assert_eq!(before, everything(app).await);
        app.engine.get_invitation(&new.token).await.expect("still open for zoe");
    }

    // B21
    a_link_shows_whether_the_person_is_invited_or_a_member(app) {
        let new = invite(app, "olga", "zoe@example.test", "member").await.expect("invited");
        let offer = app.engine.get_invitation(&new.token).await.expect("an offer");
        let (zoe, eve, max) = (newcomer(app, "zoe").await, newcomer(app, "eve").await, app.person("max").await);
        let stands = async |person, token: &str| app.engine.get_invitation_as(person, token).await;
        let member = || Standing::Member(offer.organization.clone());
        assert_eq!(stands(zoe, &new.token).await.expect("open"), Standing::Invited(offer.clone()));
        assert_eq!(stands(eve, &new.token).await.expect("open"), Standing::WrongAddress(offer.clone()));
        assert_eq!(stands(max, &new.token).await.expect("open"), member());
        app.engine.accept_invitation(&in_person(zoe), &new.token, origin()).await.expect("joined");
        assert_eq!(stands(zoe, &new.token).await.expect("it was used, but the person is a member"), member());
        assert_eq!(refusal(stands(eve, &new.token).await), Code::NotFound);
        assert_eq!(refusal(stands(zoe, "unknown").await), Code::NotFound);
        app.engine.remove_member(&app.north("olga").await, app.member("zoe", NORTH).await).await.expect("removed");
        assert_eq!(refusal(stands(zoe, &new.token).await), Code::NotFound, "the person is no longer a member");
    }

    a_link_expires_after_seven_days_or_is_cancelled_or_replaced(app) {
        let (olga, zoe) = (app.north("olga").await, newcomer(app, "zoe").await);
        let first = invite(app, "olga", "zoe@example.test", "member").await.expect("invited");
        let second = invite(app, "olga", "zoe@example.test", "admin").await.expect("invited again");
        assert_eq!(refusal(app.engine.accept_invitation(&in_person(zoe), &first.token, origin()).await), Code::NotFound);
        app.engine.revoke_invitation(&olga, &second.view.id).await.expect("cancelled");
        let before = everything(app).await;
        app.engine.revoke_invitation(&olga, &second.view.id).await.expect("again changes nothing");
        assert_eq!(before, everything(app).await);
        assert_eq!(refusal(app.engine.accept_invitation(&in_person(zoe), &second.token, origin()).await), Code::NotFound);
        let third = invite(app, "olga", "zoe@example.test", "member").await.expect("invited");
        app.clock.advance_seconds(engine::invitations::INVITATION_SECONDS);
        assert_eq!(refusal(app.engine.accept_invitation(&in_person(zoe), &third.token, origin()).await), Code::NotFound);
        let pending = app.engine.list_invitations(&app.north("olga").await, None, 50).await.expect("invitations");
        assert!(pending.rows.is_empty());
        app.sound_chain(NORTH).await;
    }

    // RA-30
    members_cannot_invite_and_admins_cannot_invite_owners(app) {
        let before = everything(app).await;
        assert_eq!(refusal(invite(app, "max", "zoe@example.test", "member").await), Code::Forbidden);
        assert_eq!(refusal(invite(app, "ada", "zoe@example.test", "owner").await), Code::Forbidden);
        assert_eq!(refusal(app.engine.list_invitations(&app.north("max").await, None, 9).await), Code::Forbidden);
        assert_eq!(refusal(invite(app, "ada", "max@example.test", "admin").await), Code::Conflict);
        assert_eq!(without_sessions(before), without_sessions(everything(app).await));
        let owner = invite(app, "olga", "zoe@example.test", "owner").await.expect("an owner may");
        assert_eq!(refusal(app.engine.revoke_invitation(&app.north("ada").await, &owner.view.id).await), Code::Forbidden);
        assert_eq!(refusal(app.engine.revoke_invitation(&app.north("max").await, &owner.view.id).await), Code::Forbidden);
    }

    // B13
    an_invitation_of_another_organization_is_not_found(app) {
        let new = invite(app, "olga", "zoe@example.test", "member").await.expect("invited");
        let otto = app.south("otto").await;
        assert_eq!(refusal(app.engine.revoke_invitation(&otto, &new.view.id).await), Code::NotFound);
        assert!(app.engine.list_invitations(&otto, None, 9).await.expect("invitations").rows.is_empty());
        assert_eq!(app.south("otto").await.actor().organization, app.organization(SOUTH).await);
    }

    // B20
    removing_a_member_cancels_their_invitations(app) {
        let sent = invite(app, "ada", "zoe@example.test", "member").await.expect("invited");
        let (olga, ada) = (app.north("olga").await, app.member("ada", NORTH).await);
        app.engine.remove_member(&olga, ada).await.expect("removed");
        let zoe = newcomer(app, "zoe").await;
        assert_eq!(refusal(app.engine.accept_invitation(&in_person(zoe), &sent.token, origin()).await), Code::NotFound);
        let pending = app.engine.list_invitations(&olga, None, 50).await.expect("invitations");
        assert!(pending.rows.is_empty());
    }

    // B20: an invitation works only as long as its sender may assign the role.
    a_link_stops_working_when_its_sender_may_no_longer_assign_the_role(app) {
        let (olga, zoe) = (app.north("olga").await, newcomer(app, "zoe").await);
        let (ada, max) = (app.member("ada", NORTH).await, app.member("max", NORTH).await);
        app.engine.change_member(&olga, max, Role::Owner).await.expect("a second owner");
        let by_owner = invite(app, "max", "zoe@example.test", "owner").await.expect("invited");
        let by_admin = invite(app, "ada", "eve@example.test", "member").await.expect("invited");
        app.engine.change_member(&olga, max, Role::Admin).await.expect("lowered");
        app.engine.change_member(&olga, ada, Role::Member).await.expect("lowered");
        let (eve, before) = (newcomer(app, "eve").await, everything(app).await);
        for (person, token) in [(zoe, &by_owner.token), (eve, &by_admin.token)] {
            assert_eq!(refusal(app.engine.get_invitation(token).await), Code::NotFound);
            assert_eq!(refusal(app.engine.get_invitation_as(person, token).await), Code::NotFound);
            assert_eq!(refusal(app.engine.accept_invitation(&in_person(person), token, origin()).await), Code::NotFound);
        }
        assert_eq!(before, everything(app).await);
        app.engine.change_member(&olga, max, Role::Owner).await.expect("raised again");
        app.engine.accept_invitation(&in_person(zoe), &by_owner.token, origin()).await.expect("joined");
    }

    // B20
    a_link_of_a_disabled_service_account_does_not_work(app) {
        use domain::command::{ChangeServiceAccount, CreateKey, CreateServiceAccount};
        let olga = app.north("olga").await;
        let command = CreateServiceAccount::read("Inviting bot", Some("admin"), false).expect("an account");
        let bot = app.engine.create_service_account(&olga, command).await.expect("an account").actor_id;
        let theirs = CreateKey { owner: Some(bot), ..CreateKey::read("invites").expect("a key") };
        let key = app.with_key(&app.engine.create_key(&olga, theirs).await.expect("a key").plain).await;
        let command = InviteMember::read("zoe@example.test", None).expect("an invitation");
        let sent = app.engine.create_invitation(&key.ctx, command).await.expect("invited");
        app.engine.get_invitation(&sent.token).await.expect("open");
        let off = ChangeServiceAccount { actor: bot, name: None, role: None, disabled: Some(true), allow_overlap: None, allowed_ips: None };
        app.engine.change_service_account(&olga, off).await.expect("disabled");
        let zoe = newcomer(app, "zoe").await;
        assert_eq!(refusal(app.engine.accept_invitation(&in_person(zoe), &sent.token, origin()).await), Code::NotFound);
    }

    expired_invitations_do_not_count_towards_the_limit(app) {
        let olga = app.north("olga").await;
        for n in 0..500 {
            let command = InviteMember::read(&format!("guest-{n}@example.test"), None).expect("an invitation");
            app.engine.create_invitation(&olga, command).await.expect("invited");
        }
        assert_eq!(refusal(invite(app, "olga", "zoe@example.test", "member").await), Code::Conflict, "500 are pending");
        app.clock.advance_seconds(engine::invitations::INVITATION_SECONDS);
        let new = invite(app, "olga", "zoe@example.test", "member").await.expect("none of them is pending");
        let page = app.engine.list_invitations(&app.north("olga").await, None, 50).await.expect("invitations");
        assert_eq!(page.rows.iter().map(|row| &row.id).collect::<Vec<_>>(), [&new.view.id]);
        assert_eq!(page.next, None);
    }

    // D5: an admin can neither cancel the invitation of an owner nor replace it with another one
    // for the same email.
    an_admin_does_not_replace_the_invitation_of_an_owner(app) {
        let owner = invite(app, "olga", "zoe@example.test", "owner").await.expect("invited");
        let ada = app.north("ada").await;
        let before = everything(app).await;
        let command = InviteMember::read("zoe@example.test", None).expect("an invitation");
        assert_eq!(refusal(app.engine.create_invitation(&ada, command).await), Code::Forbidden);
        assert_eq!(before, everything(app).await);
        app.engine.get_invitation(&owner.token).await.expect("still open");
        app.clock.advance_seconds(engine::invitations::INVITATION_SECONDS);
        invite(app, "ada", "zoe@example.test", "member").await.expect("an expired invitation can be replaced");
    }

    // B5
    an_altered_or_restored_invitation_is_rejected(app) {
        let new = invite(app, "olga", "zoe@example.test", "member").await.expect("invited");
        let zoe = newcomer(app, "zoe").await;
        let mut intruder = app.intruder().await;
        let which = format!("id = '{}'", new.view.id);
        let stored = intruder.rows(&format!("SELECT * FROM invitations WHERE {which}")).await.remove(0);
        let forged = [
            ("role", Value::Text("owner".into())),
            ("email", Value::Text("eve@example.test".into())),
            ("organization_id", Value::Text(app.organization(SOUTH).await.to_string())),
            ("expires_at", Value::Number(i64::MAX)),
            ("invited_by", Value::Number(app.member("ada", NORTH).await.0)),
            ("created_at", Value::Number(1)),
            ("audit_n", Value::Number(1)),
        ];
        for (column, value) in forged {
            let mut row = stored.clone();
            *crate::intruder::cell(&mut row, column) = value;
            if column == "organization_id" {
                *crate::intruder::cell(&mut row, "invited_by") = Value::Number(app.member("otto", SOUTH).await.0);
            }
            intruder.run("DELETE FROM invitations").await;
            intruder.insert("invitations", &row).await;
            let person = if column == "email" { newcomer(app, "eve").await } else { zoe };
            assert_eq!(refusal(app.engine.accept_invitation(&in_person(person), &new.token, origin()).await), Code::NotFound, "{column}");
        }
        intruder.run("DELETE FROM invitations").await;
        intruder.insert("invitations", &stored).await;
        app.engine.accept_invitation(&in_person(zoe), &new.token, origin()).await.expect("as it was made");
        app.engine.remove_member(&app.north("olga").await, app.member("zoe", NORTH).await).await.expect("removed");
        intruder.run("DELETE FROM invitations").await;
        intruder.insert("invitations", &stored).await;
        assert_eq!(refusal(app.engine.accept_invitation(&in_person(zoe), &new.token, origin()).await), Code::NotFound, "put back");
    }

    // B4
    the_database_contains_no_invitation_token(app) {
        let new = invite(app, "olga", "zoe@example.test", "member").await.expect("invited");
        let dump = format!("{:?}", everything(app).await);
        assert!(!dump.contains(&new.token) && dump.contains("zoe@example.test"));
        let zoe = newcomer(app, "zoe").await;
        let mut intruder = app.intruder().await;
        for (column, value) in intruder.rows("SELECT * FROM invitations").await.remove(0) {
            let shown = match value {
                Value::Text(text) => vec![text],
                Value::Bytes(bytes) => vec![hex::encode(&bytes), String::from_utf8_lossy(&bytes).into_owned()],
                _ => continue,
            };
            for text in shown {
                assert_eq!(refusal(app.engine.accept_invitation(&in_person(zoe), &text, origin()).await), Code::NotFound, "{column}");
            }
        }
    }
}

/// A dump without sessions, because each request of the test creates one.
fn without_sessions<T>(dump: Vec<(String, T)>) -> Vec<(String, T)> {
    dump.into_iter()
        .filter(|(table, _)| table != "sessions")
        .collect()
}
