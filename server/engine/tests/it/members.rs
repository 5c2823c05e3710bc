//! Members: who sees whom, who changes whom, and what is left of someone who goes.

use domain::command::{CreateKey, CreateServiceAccount, KeyDisposition, KeyQuery, RemoveMember};
use domain::event::AuditAction;
use domain::{ActorId, Code, Role};

use crate::test_app::{NORTH, SOUTH, TestApp, everything, identity, in_person, origin, refusal};

async fn account(app: &TestApp, role: &str) -> ActorId {
    let command = CreateServiceAccount::read("Deploy bot", Some(role), false).expect("an account to ask for");
    app.engine.create_service_account(&app.north("olga").await, command).await.expect("an account").actor_id
}

both! {
    // KE-38
    everyone_sees_who_is_a_member_and_admins_see_addresses(app) {
        let seen = app.engine.list_members(&app.north("max").await, None, 50).await.expect("members").rows;
        let names: Vec<_> = seen.iter().map(|member| (member.name.as_str(), member.role)).collect();
        let all = [("una", Role::Member), ("mia", Role::Member), ("max", Role::Member), ("ada", Role::Admin), ("olga", Role::Owner)];
        assert_eq!(names, all);
        assert!(seen.iter().all(|member| member.email.is_none() && member.active_keys.is_none()));
        app.north_key("max").await;
        let max = app.engine.get_member(&app.north("ada").await, app.member("max", NORTH).await).await.expect("max");
        assert_eq!((max.email.as_deref(), max.active_keys, max.has_signed_in), (Some("max@example.test"), Some(1), true));
    }

    members_are_listed_page_by_page(app) {
        let olga = app.north("olga").await;
        let (mut names, mut before) = (Vec::new(), None);
        loop {
            let page = app.engine.list_members(&olga, before, 2).await.expect("members");
            names.extend(page.rows.into_iter().map(|member| member.name));
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(names, ["una", "mia", "max", "ada", "olga"]);
    }

    // B13
    a_member_of_another_organization_is_not_found(app) {
        let (olga, otto) = (app.north("olga").await, app.member("otto", SOUTH).await);
        let (foreign, none) = (app.engine.get_member(&olga, otto).await, app.engine.get_member(&olga, ActorId(9_999)).await);
        assert_eq!((refusal(foreign), refusal(none)), (Code::NotFound, Code::NotFound));
        let bot = account(app, "member").await;
        assert_eq!(refusal(app.engine.get_member(&olga, bot).await), Code::NotFound);
    }

    // B22
    owners_are_made_and_unmade_only_after_a_fresh_sign_in(app) {
        let (olga, ada) = (app.north("olga").await, app.member("ada", NORTH).await);
        app.engine.change_member(&olga, ada, Role::Owner).await.expect("just signed in");
        app.clock.advance_seconds(601);
        // The same session, eleven minutes after the sign-in.
        let (caller, _) = app.browser("olga").await;
        let digest = caller.credential.session().expect("a session").to_vec();
        let caller = engine::Caller::in_browser(caller.person, digest, domain::Moment(app.runtime.now().0 - 601_000));
        let late = app.engine.enter_organization(&caller, &app.organization(NORTH).await, origin()).await.expect("a session");
        let before = everything(app).await;
        assert_eq!(refusal(app.engine.change_member(&late, ada, Role::Member).await), Code::FreshSignInRequired);
        assert_eq!(refusal(app.engine.remove_member(&late, ada).await), Code::FreshSignInRequired);
        let max = app.member("max", NORTH).await;
        assert_eq!(refusal(app.engine.change_member(&late, max, Role::Owner).await), Code::FreshSignInRequired);
        assert_eq!(before, everything(app).await);
        assert_eq!(refusal(app.engine.change_member(&late, max, Role::Admin).await), Code::FreshSignInRequired, "an admin is made");
        app.engine.change_member(&app.north("olga").await, ada, Role::Member).await.expect("signed in again");
    }

    // B22: Creating admin power takes a fresh sign-in; taking it away does not.
    admins_are_made_only_after_a_fresh_sign_in_and_unmade_at_any_time(app) {
        let (caller, _) = app.browser("olga").await;
        app.clock.advance_seconds(601);
        let late = app.engine.enter_organization(&caller, &app.organization(NORTH).await, origin()).await.expect("a session");
        let (max, ada) = (app.member("max", NORTH).await, app.member("ada", NORTH).await);
        let before = everything(app).await;
        assert_eq!(refusal(app.engine.change_member(&late, max, Role::Admin).await), Code::FreshSignInRequired);
        for role in ["admin", "owner"] {
            let invitation = domain::command::InviteMember::read("zoe@example.test", Some(role)).expect("an invitation");
            assert_eq!(refusal(app.engine.create_invitation(&late, invitation).await), Code::FreshSignInRequired, "{role}");
        }
        assert_eq!(before, everything(app).await);
        app.engine.change_member(&late, ada, Role::Admin).await.expect("as it was");
        app.engine.change_member(&late, ada, Role::Member).await.expect("less power");
        let invitation = domain::command::InviteMember::read("zoe@example.test", None).expect("an invitation");
        app.engine.create_invitation(&late, invitation).await.expect("no power");
    }

    // D5, B22: whoever stole the key of an owner makes no owner with it, and unmakes none.
    owners_are_changed_in_person(app) {
        let key = app.with_key(&app.north_key("olga").await.plain).await;
        let (olga, max) = (app.north("olga").await, app.member("max", NORTH).await);
        app.engine.change_member(&olga, app.member("ada", NORTH).await, Role::Owner).await.expect("a second owner");
        let ada = app.member("ada", NORTH).await;
        let before = everything(app).await;
        assert_eq!(refusal(app.engine.change_member(&key.ctx, max, Role::Owner).await), Code::Forbidden);
        assert_eq!(refusal(app.engine.change_member(&key.ctx, ada, Role::Member).await), Code::Forbidden);
        assert_eq!(refusal(app.engine.remove_member(&key.ctx, ada).await), Code::Forbidden);
        let invitation = domain::command::InviteMember::read("zoe@example.test", Some("owner")).expect("an invitation");
        assert_eq!(refusal(app.engine.create_invitation(&key.ctx, invitation).await), Code::Forbidden);
        assert_eq!(before, everything(app).await);
        app.engine.change_member(&key.ctx, max, Role::Admin).await.expect("admins are another matter");
    }

    a_role_that_is_as_asked_for_stays_as_it_is(app) {
        let (olga, max) = (app.north("olga").await, app.member("max", NORTH).await);
        let before = everything(app).await;
        app.engine.change_member(&olga, max, Role::Member).await.expect("nothing to do");
        assert_eq!(before, everything(app).await);
    }

    // B20
    a_member_who_leaves_leaves_nothing_that_works(app) {
        let (key, max) = (app.north_key("max").await, app.north("max").await);
        app.engine.leave_organization(&max).await.expect("left");
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Forbidden);
        assert_eq!(refusal(app.engine.list_keys(&max, &KeyQuery::default(), 1).await.and(app.engine.create_key(&max, CreateKey::read("x").expect("a name")).await)), Code::Forbidden);
        let event = app.newest_event(&app.north("olga").await).await;
        assert_eq!((event.action, event.actor_name.as_str()), (AuditAction::MemberLeft, "max"));
        app.sound_chain(NORTH).await;
    }

    // D5
    everyone_may_know_how_many_owners_there_are(app) {
        let (olga, max) = (app.north("olga").await, app.north("max").await);
        assert_eq!(app.engine.count_owners(&max).await.expect("counted"), 1);
        app.engine.change_member(&olga, app.member("ada", NORTH).await, Role::Owner).await.expect("changed");
        assert_eq!(app.engine.count_owners(&max).await.expect("counted"), 2);
        app.engine.remove_member(&olga, app.member("ada", NORTH).await).await.expect("removed");
        assert_eq!(app.engine.count_owners(&max).await.expect("counted"), 1);
    }

    // D5
    the_last_owner_does_not_leave(app) {
        let olga = app.north("olga").await;
        let before = everything(app).await;
        assert_eq!(refusal(app.engine.leave_organization(&olga).await), Code::Conflict);
        assert_eq!(before, everything(app).await);
    }

    a_key_does_not_leave_for_its_owner(app) {
        let key = app.north_key("max").await;
        let admitted = app.with_key(&key.plain).await;
        assert_eq!(refusal(app.engine.leave_organization(&admitted.ctx).await), Code::Forbidden);
    }

    // B20
    removal_ends_the_sessions_of_whoever_is_a_member_nowhere_else(app) {
        let (max, una) = (app.browser("max").await, app.browser("una").await);
        let olga = app.north("olga").await;
        for name in ["max", "una"] {
            app.engine.remove_member(&olga, app.member(name, NORTH).await).await.expect("removed");
        }
        assert!(app.engine.find_session(&max.1).await.expect("read").is_none(), "max is nowhere any more");
        assert!(app.engine.find_session(&una.1).await.expect("read").is_some(), "una is still in South");
        let (north, south) = (app.organization(NORTH).await, app.organization(SOUTH).await);
        assert_eq!(refusal(app.engine.enter_organization(&una.0, &north, origin()).await), Code::Forbidden);
        app.engine.enter_organization(&una.0, &south, origin()).await.expect("South is another matter");
    }

    // RA-31
    keys_that_are_not_named_stay_and_answer_403(app) {
        let key = app.north_key("max").await;
        app.engine.remove_member(&app.north("olga").await, key.view.actor_id).await.expect("removed");
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Forbidden);
    }

    removal_ends_the_keys_that_are_to_end(app) {
        let (key, olga) = (app.north_key("max").await, app.north("olga").await);
        let command = RemoveMember { member: key.view.actor_id, keys: vec![(key.view.key_id, KeyDisposition::End)] };
        assert!(app.engine.offboard_member(&olga, command).await.expect("removed").is_empty());
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Unauthorized);
        let line = app.engine.get_key(&olga, key.view.key_id).await.expect("a key");
        assert_eq!(line.revoke_reason, Some(domain::key::RevokeReason::PersonLeft));
    }

    removal_hands_keys_over_by_rotation(app) {
        let (first, second, olga) = (app.north_key("max").await, app.restricted_key("max", "test", &["runs:read"]).await, app.north("olga").await);
        let bot = account(app, "member").await;
        let keys = vec![(first.view.key_id, KeyDisposition::HandOver(bot)), (second.view.key_id, KeyDisposition::HandOverToNew)];
        let command = RemoveMember { member: first.view.actor_id, keys };
        let made = app.engine.offboard_member(&olga, command).await.expect("removed");
        assert_eq!(made.len(), 2);
        for (old, new) in [(&first, &made[0]), (&second, &made[1])] {
            assert_eq!(refusal(app.admit(&old.plain).await), Code::Unauthorized);
            let admitted = app.with_key(&new.plain).await;
            assert_eq!((admitted.ctx.actor().role, &new.view.label), (Role::Member, &old.view.label));
            assert_eq!((new.view.environment, new.view.scopes), (old.view.environment, old.view.scopes));
            let line = app.engine.get_key(&olga, new.view.key_id).await.expect("the successor");
            assert_eq!(line.rotated_from, Some(old.view.key_id));
        }
        assert_eq!(made[0].view.actor_id, bot);
        assert_eq!(made[1].view.actor_name, second.view.label);
        app.sound_chain(NORTH).await;
    }

    // B17
    a_key_that_is_handed_over_gets_no_stronger(app) {
        // Ada's key is an admin's; the account is a member.
        let (key, olga) = (app.north_key("ada").await, app.north("olga").await);
        let bot = account(app, "member").await;
        let command = RemoveMember { member: key.view.actor_id, keys: vec![(key.view.key_id, KeyDisposition::HandOver(bot))] };
        let made = app.engine.offboard_member(&olga, command).await.expect("removed");
        assert_eq!(app.with_key(&made[0].plain).await.ctx.actor().role, Role::Member);
    }

    // D6
    a_key_whose_owner_was_lowered_is_handed_over_as_it_was_then(app) {
        // Ada's key was made by an admin, and is a member's since.
        let (one, two, olga) = (app.north_key("ada").await, app.north_key("ada").await, app.north("olga").await);
        let (ada, bot) = (one.view.actor_id, account(app, "admin").await);
        app.engine.change_member(&olga, ada, Role::Member).await.expect("lowered");
        let keys = vec![(one.view.key_id, KeyDisposition::HandOver(bot)), (two.view.key_id, KeyDisposition::HandOverToNew)];
        let made = app.engine.offboard_member(&olga, RemoveMember { member: ada, keys }).await.expect("removed");
        for new in &made {
            assert_eq!(app.with_key(&new.plain).await.ctx.actor().role, Role::Member, "{}", new.view.actor_name);
        }
        let heir = app.engine.get_service_account(&olga, made[1].view.actor_id).await.expect("made for the key");
        assert_eq!(heir.role, Role::Member);
    }

    a_removal_that_cannot_be_done_whole_is_not_done_at_all(app) {
        let (one, two, olga) = (app.north_key("max").await, app.north_key("max").await, app.north("olga").await);
        let (other, bot) = (app.north_key("mia").await, account(app, "member").await);
        let before = everything(app).await;
        for (keys, code) in [
            (vec![(one.view.key_id, KeyDisposition::HandOver(bot)), (two.view.key_id, KeyDisposition::HandOver(bot))], Code::ActiveKeyExists),
            (vec![(one.view.key_id, KeyDisposition::End), (other.view.key_id, KeyDisposition::End)], Code::NotFound),
            (vec![(one.view.key_id, KeyDisposition::End), (one.view.key_id, KeyDisposition::HandOverToNew)], Code::NotFound),
            (vec![(one.view.key_id, KeyDisposition::HandOver(other.view.actor_id))], Code::NotFound),
            (vec![(one.view.key_id, KeyDisposition::HandOver(ActorId(9_999)))], Code::NotFound),
        ] {
            let command = RemoveMember { member: one.view.actor_id, keys };
            assert_eq!(refusal(app.engine.offboard_member(&olga, command).await), code);
        }
        assert_eq!(before, everything(app).await);
        app.with_key(&one.plain).await;
    }

    // B20
    a_person_who_comes_back_begins_anew(app) {
        let (key, olga) = (app.north_key("max").await, app.north("olga").await);
        let old = key.view.actor_id;
        app.engine.remove_member(&olga, old).await.expect("removed");
        let invitation = domain::command::InviteMember::read("max@example.test", Some("admin")).expect("an invitation");
        let token = app.engine.create_invitation(&olga, invitation).await.expect("invited").token;
        let person = app.person("max").await;
        app.engine.accept_invitation(&in_person(person), &token, origin()).await.expect("joined");
        let max = app.north("max").await;
        assert_eq!(max.actor().role, Role::Admin);
        assert_ne!(max.actor().id, old);
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Forbidden, "the old key stays dead");
        app.engine.sign_in(&identity("max"), &origin()).await.expect("signs in");
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Forbidden);
        app.with_key(&app.key_of(&max).await.plain).await;
        // And once more, as often as it may be.
        app.engine.remove_member(&olga, max.actor().id).await.expect("removed again");
        let invitation = domain::command::InviteMember::read("max@example.test", None).expect("an invitation");
        let token = app.engine.create_invitation(&olga, invitation).await.expect("invited").token;
        app.engine.accept_invitation(&in_person(person), &token, origin()).await.expect("joined again");
        app.sound_chain(NORTH).await;
    }
}
