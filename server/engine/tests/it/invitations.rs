//! Invitations: one link, one address, once.

use domain::command::InviteMember;
use domain::event::Happening;
use domain::view::{NewInvitation, Standing};
use domain::{Code, PersonId, Role};
use engine::people::Identity;
use tokio::task::JoinSet;

use crate::house::{House, NORTH, SOUTH, everything, identity, in_person, origin, refusal};
use crate::intruder::Value;

async fn invite(house: &House, by: &str, email: &str, role: &str) -> engine::Result<NewInvitation> {
    let command = InviteMember::read(email, Some(role)).expect("an invitation to ask for");
    house.engine.invite_member(&house.north(by).await, command).await
}

async fn newcomer(house: &House, name: &str) -> PersonId {
    house.engine.sign_in(&identity(name), &origin()).await.expect("signed in")
}

both! {
    an_invited_person_joins_as_what_they_were_invited_for(house) {
        let new = invite(house, "ada", "Zoe@Example.test", "admin").await.expect("invited");
        assert_eq!((new.view.email.as_str(), new.view.role, new.view.invited_by.as_str()), ("zoe@example.test", Role::Admin, "ada"));
        let offer = house.engine.see_invitation(&new.token).await.expect("an offer");
        assert_eq!((offer.organization_name.as_str(), offer.inviter_email.as_deref()), (NORTH, Some("ada@example.test")));
        assert_eq!(offer.address_hint, "z…@example.test");
        let zoe = newcomer(house, "zoe").await;
        let joined = house.engine.accept_invitation(&in_person(zoe), &new.token, origin()).await.expect("joined");
        assert_eq!(joined, house.organization(NORTH).await);
        assert_eq!(house.north("zoe").await.actor().role, Role::Admin);
        assert_eq!(house.newest_event(&house.north("olga").await).await.action, Happening::MemberJoined);
        let pending = house.engine.list_invitations(&house.north("olga").await, None, 50).await.expect("invitations");
        assert!(pending.rows.is_empty());
        house.sound_chain(NORTH).await;
    }

    b4_a_link_works_once(house) {
        let new = invite(house, "olga", "zoe@example.test", "member").await.expect("invited");
        let zoe = newcomer(house, "zoe").await;
        house.engine.accept_invitation(&in_person(zoe), &new.token, origin()).await.expect("joined");
        let before = everything(house).await;
        assert_eq!(refusal(house.engine.accept_invitation(&in_person(zoe), &new.token, origin()).await), Code::NotFound);
        assert_eq!(refusal(house.engine.see_invitation(&new.token).await), Code::NotFound);
        assert_eq!(before, everything(house).await);
    }

    // B4, and finding 2 of PyPI's audit.
    pypi_02_of_two_hundred_who_come_at_once_one_joins(house) {
        let new = invite(house, "olga", "zoe@example.test", "member").await.expect("invited");
        let zoe = newcomer(house, "zoe").await;
        let mut tries = JoinSet::new();
        for _ in 0..200 {
            let (engine, token) = (house.engine.clone(), new.token.clone());
            tries.spawn(async move { engine.accept_invitation(&in_person(zoe), &token, origin()).await });
        }
        let done = tries.join_all().await;
        assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 1);
        for error in done.into_iter().filter_map(Result::err) {
            assert!(matches!(error.code(), Code::NotFound | Code::Conflict), "{error:?}");
        }
        house.sound_chain(NORTH).await;
    }

    b21_a_link_is_bound_to_its_address(house) {
        let new = invite(house, "olga", "zoe@example.test", "owner").await.expect("invited");
        let eve = newcomer(house, "eve").await;
        let unverified = Identity { email: None, subject: "zoe-unverified".into(), ..identity("zoe") };
        let unverified = house.engine.sign_in(&unverified, &origin()).await.expect("signed in");
        let before = everything(house).await;
        for person in [eve, unverified, house.person("max").await] {
            assert_eq!(refusal(house.engine.accept_invitation(&in_person(person), &new.token, origin()).await), Code::WrongAddress);
        }
        assert_eq!(before, everything(house).await);
        house.engine.see_invitation(&new.token).await.expect("still open for zoe");
    }

    b21_a_link_says_how_a_person_stands_to_it(house) {
        let new = invite(house, "olga", "zoe@example.test", "member").await.expect("invited");
        let offer = house.engine.see_invitation(&new.token).await.expect("an offer");
        let (zoe, eve, max) = (newcomer(house, "zoe").await, newcomer(house, "eve").await, house.person("max").await);
        let stands = async |person, token: &str| house.engine.see_invitation_as(person, token).await;
        let member = || Standing::Member(offer.organization.clone());
        assert_eq!(stands(zoe, &new.token).await.expect("open"), Standing::Invited(offer.clone()));
        assert_eq!(stands(eve, &new.token).await.expect("open"), Standing::WrongAddress(offer.clone()));
        assert_eq!(stands(max, &new.token).await.expect("open"), member());
        house.engine.accept_invitation(&in_person(zoe), &new.token, origin()).await.expect("joined");
        assert_eq!(stands(zoe, &new.token).await.expect("used, but by a member"), member());
        assert_eq!(refusal(stands(eve, &new.token).await), Code::NotFound);
        assert_eq!(refusal(stands(zoe, "unknown").await), Code::NotFound);
        house.engine.remove_member(&house.north("olga").await, house.member("zoe", NORTH).await).await.expect("removed");
        assert_eq!(refusal(stands(zoe, &new.token).await), Code::NotFound, "no member any more");
    }

    a_link_ends_after_seven_days_and_when_it_is_taken_back_or_replaced(house) {
        let (olga, zoe) = (house.north("olga").await, newcomer(house, "zoe").await);
        let first = invite(house, "olga", "zoe@example.test", "member").await.expect("invited");
        let second = invite(house, "olga", "zoe@example.test", "admin").await.expect("invited again");
        assert_eq!(refusal(house.engine.accept_invitation(&in_person(zoe), &first.token, origin()).await), Code::NotFound);
        house.engine.revoke_invitation(&olga, &second.view.id).await.expect("taken back");
        let before = everything(house).await;
        house.engine.revoke_invitation(&olga, &second.view.id).await.expect("again changes nothing");
        assert_eq!(before, everything(house).await);
        assert_eq!(refusal(house.engine.accept_invitation(&in_person(zoe), &second.token, origin()).await), Code::NotFound);
        let third = invite(house, "olga", "zoe@example.test", "member").await.expect("invited");
        house.clock.advance_seconds(engine::invitations::INVITATION_SECONDS);
        assert_eq!(refusal(house.engine.accept_invitation(&in_person(zoe), &third.token, origin()).await), Code::NotFound);
        let pending = house.engine.list_invitations(&house.north("olga").await, None, 50).await.expect("invitations");
        assert!(pending.rows.is_empty());
        house.sound_chain(NORTH).await;
    }

    ra_30_members_invite_nobody_and_admins_invite_no_owner(house) {
        let before = everything(house).await;
        assert_eq!(refusal(invite(house, "max", "zoe@example.test", "member").await), Code::Forbidden);
        assert_eq!(refusal(invite(house, "ada", "zoe@example.test", "owner").await), Code::Forbidden);
        assert_eq!(refusal(house.engine.list_invitations(&house.north("max").await, None, 9).await), Code::Forbidden);
        assert_eq!(refusal(invite(house, "ada", "max@example.test", "admin").await), Code::Conflict);
        assert_eq!(without_sessions(before), without_sessions(everything(house).await));
        let owner = invite(house, "olga", "zoe@example.test", "owner").await.expect("an owner may");
        assert_eq!(refusal(house.engine.revoke_invitation(&house.north("ada").await, &owner.view.id).await), Code::Forbidden);
        assert_eq!(refusal(house.engine.revoke_invitation(&house.north("max").await, &owner.view.id).await), Code::Forbidden);
    }

    b13_an_invitation_of_another_organization_is_not_found(house) {
        let new = invite(house, "olga", "zoe@example.test", "member").await.expect("invited");
        let otto = house.south("otto").await;
        assert_eq!(refusal(house.engine.revoke_invitation(&otto, &new.view.id).await), Code::NotFound);
        assert!(house.engine.list_invitations(&otto, None, 9).await.expect("invitations").rows.is_empty());
        assert_eq!(house.south("otto").await.actor().organization, house.organization(SOUTH).await);
    }

    b20_removal_withdraws_what_was_sent_and_what_waits(house) {
        let sent = invite(house, "ada", "zoe@example.test", "member").await.expect("invited");
        let (olga, ada) = (house.north("olga").await, house.member("ada", NORTH).await);
        house.engine.remove_member(&olga, ada).await.expect("removed");
        let zoe = newcomer(house, "zoe").await;
        assert_eq!(refusal(house.engine.accept_invitation(&in_person(zoe), &sent.token, origin()).await), Code::NotFound);
        let pending = house.engine.list_invitations(&olga, None, 50).await.expect("invitations");
        assert!(pending.rows.is_empty());
    }

    // B20: what was sent lives no longer than the power that it was sent with.
    b20_a_link_opens_nothing_once_its_sender_may_not_give_the_role(house) {
        let (olga, zoe) = (house.north("olga").await, newcomer(house, "zoe").await);
        let (ada, max) = (house.member("ada", NORTH).await, house.member("max", NORTH).await);
        house.engine.change_role(&olga, max, Role::Owner).await.expect("a second owner");
        let by_owner = invite(house, "max", "zoe@example.test", "owner").await.expect("invited");
        let by_admin = invite(house, "ada", "eve@example.test", "member").await.expect("invited");
        house.engine.change_role(&olga, max, Role::Admin).await.expect("lowered");
        house.engine.change_role(&olga, ada, Role::Member).await.expect("lowered");
        let (eve, before) = (newcomer(house, "eve").await, everything(house).await);
        for (person, token) in [(zoe, &by_owner.token), (eve, &by_admin.token)] {
            assert_eq!(refusal(house.engine.see_invitation(token).await), Code::NotFound);
            assert_eq!(refusal(house.engine.see_invitation_as(person, token).await), Code::NotFound);
            assert_eq!(refusal(house.engine.accept_invitation(&in_person(person), token, origin()).await), Code::NotFound);
        }
        assert_eq!(before, everything(house).await);
        house.engine.change_role(&olga, max, Role::Owner).await.expect("raised again");
        house.engine.accept_invitation(&in_person(zoe), &by_owner.token, origin()).await.expect("joined");
    }

    b20_a_link_of_a_disabled_service_account_opens_nothing(house) {
        use domain::command::{ChangeServiceAccount, CreateKey, CreateServiceAccount};
        let olga = house.north("olga").await;
        let command = CreateServiceAccount::read("Inviting bot", Some("admin"), false).expect("an account");
        let bot = house.engine.create_service_account(&olga, command).await.expect("an account").actor_id;
        let theirs = CreateKey { owner: Some(bot), ..CreateKey::read("invites").expect("a key") };
        let key = house.with_key(&house.engine.create_key(&olga, theirs).await.expect("a key").plain).await;
        let command = InviteMember::read("zoe@example.test", None).expect("an invitation");
        let sent = house.engine.invite_member(&key.ctx, command).await.expect("invited");
        house.engine.see_invitation(&sent.token).await.expect("open");
        let off = ChangeServiceAccount { actor: bot, name: None, role: None, disabled: Some(true), allow_overlap: None };
        house.engine.change_service_account(&olga, off).await.expect("disabled");
        let zoe = newcomer(house, "zoe").await;
        assert_eq!(refusal(house.engine.accept_invitation(&in_person(zoe), &sent.token, origin()).await), Code::NotFound);
    }

    invitations_that_have_run_out_are_in_nobodys_way(house) {
        let olga = house.north("olga").await;
        for n in 0..500 {
            let command = InviteMember::read(&format!("guest-{n}@example.test"), None).expect("an invitation");
            house.engine.invite_member(&olga, command).await.expect("invited");
        }
        assert_eq!(refusal(invite(house, "olga", "zoe@example.test", "member").await), Code::Conflict, "500 wait");
        house.clock.advance_seconds(engine::invitations::INVITATION_SECONDS);
        let new = invite(house, "olga", "zoe@example.test", "member").await.expect("none of them waits any more");
        let page = house.engine.list_invitations(&house.north("olga").await, None, 50).await.expect("invitations");
        assert_eq!(page.rows.iter().map(|row| &row.id).collect::<Vec<_>>(), [&new.view.id]);
        assert_eq!(page.next, None);
    }

    // D5: what an owner offered is not an admin's to take back, nor by inviting the same address to something else.
    d5_an_admin_does_not_replace_the_invitation_of_an_owner(house) {
        let owner = invite(house, "olga", "zoe@example.test", "owner").await.expect("invited");
        let ada = house.north("ada").await;
        let before = everything(house).await;
        let command = InviteMember::read("zoe@example.test", None).expect("an invitation");
        assert_eq!(refusal(house.engine.invite_member(&ada, command).await), Code::Forbidden);
        assert_eq!(before, everything(house).await);
        house.engine.see_invitation(&owner.token).await.expect("still open");
        house.clock.advance_seconds(engine::invitations::INVITATION_SECONDS);
        invite(house, "ada", "zoe@example.test", "member").await.expect("one that has run out is in nobody's way");
    }

    b5_an_altered_or_restored_invitation_opens_nothing(house) {
        let new = invite(house, "olga", "zoe@example.test", "member").await.expect("invited");
        let zoe = newcomer(house, "zoe").await;
        let mut intruder = house.intruder().await;
        let which = format!("id = '{}'", new.view.id);
        let stored = intruder.rows(&format!("SELECT * FROM invitations WHERE {which}")).await.remove(0);
        let forged = [
            ("role", Value::Text("owner".into())),
            ("email", Value::Text("eve@example.test".into())),
            ("organization_id", Value::Text(house.organization(SOUTH).await.to_string())),
            ("expires_at", Value::Number(i64::MAX)),
            ("invited_by", Value::Number(house.member("ada", NORTH).await.0)),
            ("created_at", Value::Number(1)),
            ("audit_n", Value::Number(1)),
        ];
        for (column, value) in forged {
            let mut row = stored.clone();
            *crate::intruder::cell(&mut row, column) = value;
            if column == "organization_id" {
                *crate::intruder::cell(&mut row, "invited_by") = Value::Number(house.member("otto", SOUTH).await.0);
            }
            intruder.run("DELETE FROM invitations").await;
            intruder.insert("invitations", &row).await;
            let person = if column == "email" { newcomer(house, "eve").await } else { zoe };
            assert_eq!(refusal(house.engine.accept_invitation(&in_person(person), &new.token, origin()).await), Code::NotFound, "{column}");
        }
        intruder.run("DELETE FROM invitations").await;
        intruder.insert("invitations", &stored).await;
        house.engine.accept_invitation(&in_person(zoe), &new.token, origin()).await.expect("as it was made");
        house.engine.remove_member(&house.north("olga").await, house.member("zoe", NORTH).await).await.expect("removed");
        intruder.run("DELETE FROM invitations").await;
        intruder.insert("invitations", &stored).await;
        assert_eq!(refusal(house.engine.accept_invitation(&in_person(zoe), &new.token, origin()).await), Code::NotFound, "put back");
    }

    b4_no_token_stands_in_the_database(house) {
        let new = invite(house, "olga", "zoe@example.test", "member").await.expect("invited");
        let dump = format!("{:?}", everything(house).await);
        assert!(!dump.contains(&new.token) && dump.contains("zoe@example.test"));
        let zoe = newcomer(house, "zoe").await;
        let mut intruder = house.intruder().await;
        for (column, value) in intruder.rows("SELECT * FROM invitations").await.remove(0) {
            let shown = match value {
                Value::Text(text) => vec![text],
                Value::Bytes(bytes) => vec![hex::encode(&bytes), String::from_utf8_lossy(&bytes).into_owned()],
                _ => continue,
            };
            for text in shown {
                assert_eq!(refusal(house.engine.accept_invitation(&in_person(zoe), &text, origin()).await), Code::NotFound, "{column}");
            }
        }
    }
}

/// A session is made for whoever asks; all else stays.
fn without_sessions<T>(dump: Vec<(String, T)>) -> Vec<(String, T)> {
    dump.into_iter().filter(|(table, _)| table != "sessions").collect()
}
