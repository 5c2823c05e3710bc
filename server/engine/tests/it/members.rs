//! Listing, changing and removing members.

use domain::command::{
    CreateKey, CreateServiceAccount, KeyDisposition, KeyQuery, MemberQuery, RemoveMember,
};
use domain::event::AuditAction;
use domain::{ActorId, Code, Role};
use engine::Ctx;

use crate::test_app::{NORTH, SOUTH, TestApp, everything, identity, in_person, origin, refusal};

async fn account(app: &TestApp, role: &str) -> ActorId {
    let command =
        CreateServiceAccount::read("Deploy bot", Some(role), false).expect("a valid command");
    app.engine
        .create_service_account(&app.north("olga").await, command)
        .await
        .expect("an account")
        .actor_id
}

both! {
    // KE-38
    everyone_lists_members_but_only_admins_see_emails(app) {
        let seen = app.engine.list_members(&app.north("max").await, &MemberQuery::default(), 50).await.expect("members").rows;
        let names: Vec<_> = seen.iter().map(|member| (member.name.as_str(), member.role)).collect();
        let all = [("una", Role::Member), ("mia", Role::Member), ("max", Role::Member), ("ada", Role::Admin), ("olga", Role::Owner)];
        assert_eq!(names, all);
        assert!(seen.iter().all(|member| member.email.is_none() && member.active_keys.is_none()));
        app.north_key("max").await;
        let max = app.engine.get_member(&app.north("ada").await, app.member("max", NORTH).await).await.expect("max");
        assert_eq!((max.email.as_deref(), max.active_keys, max.has_signed_in), (Some("max@example.test"), Some(1), true));
    }

    members_are_listed_in_pages(app) {
        let olga = app.north("olga").await;
        let (mut names, mut before) = (Vec::new(), None);
        loop {
            let page = app.engine.list_members(&olga, &MemberQuery { before, ..MemberQuery::default() }, 2).await.expect("members");
            names.extend(page.rows.into_iter().map(|member| member.name));
            before = page.next.map(ActorId);
            if before.is_none() {
                break;
            }
        }
        assert_eq!(names, ["una", "mia", "max", "ada", "olga"]);
    }

    members_are_found_by_name_role_and_for_admins_by_email(app) {
        let (olga, max) = (app.north("olga").await, app.north("max").await);
        let names = async |ctx: &Ctx, text: Option<&str>, role: Option<Role>| -> Vec<String> {
            let query = MemberQuery { text: text.map(str::to_owned), role, before: None };
            let found = app.engine.list_members(ctx, &query, 50).await.expect("members");
            found.rows.into_iter().map(|member| member.name).collect()
        };
        assert_eq!(names(&olga, Some(" MA "), None).await, ["max"]);
        assert_eq!(names(&olga, None, Some(Role::Owner)).await, ["olga"]);
        assert_eq!(names(&olga, Some("max"), Some(Role::Owner)).await, [""; 0]);
        assert_eq!(names(&olga, Some("max@example"), None).await, ["max"]);
        assert_eq!(names(&max, Some("max@example"), None).await, [""; 0], "a member does not see emails");
        assert_eq!(names(&olga, Some("%"), None).await, [""; 0], "it is no wildcard");
        assert_eq!(names(&olga, Some("\0"), None).await, [""; 0]);
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
    adding_or_removing_an_owner_requires_a_fresh_sign_in(app) {
        let (olga, ada) = (app.north("olga").await, app.member("ada", NORTH).await);
        app.engine.change_member(&olga, ada, Role::Owner).await.expect("just signed in");
        app.clock.advance_seconds(601);
        // The same session eleven minutes after the sign-in.
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
        assert_eq!(refusal(app.engine.change_member(&late, max, Role::Admin).await), Code::FreshSignInRequired, "an admin is added");
        app.engine.change_member(&app.north("olga").await, ada, Role::Member).await.expect("signed in again");
    }

    // B22: adding an admin requires a fresh sign-in; removing one does not.
    adding_an_admin_requires_a_fresh_sign_in_but_removing_one_does_not(app) {
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
        app.engine.change_member(&late, ada, Role::Admin).await.expect("unchanged");
        app.engine.change_member(&late, ada, Role::Member).await.expect("a lower role");
        let invitation = domain::command::InviteMember::read("zoe@example.test", None).expect("an invitation");
        app.engine.create_invitation(&late, invitation).await.expect("the role member");
    }

    // D5, B22: a stolen key of an owner can neither add nor remove owners.
    a_key_cannot_add_or_remove_owners(app) {
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
        app.engine.change_member(&key.ctx, max, Role::Admin).await.expect("a key can add an admin");
    }

    setting_the_current_role_changes_nothing(app) {
        let (olga, max) = (app.north("olga").await, app.member("max", NORTH).await);
        let before = everything(app).await;
        app.engine.change_member(&olga, max, Role::Member).await.expect("nothing to do");
        assert_eq!(before, everything(app).await);
    }

    // B20
    keys_and_sessions_stop_working_when_a_member_leaves(app) {
        let (key, max) = (app.north_key("max").await, app.north("max").await);
        app.engine.leave_organization(&max).await.expect("left");
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Forbidden);
        assert_eq!(refusal(app.engine.list_keys(&max, &KeyQuery::default(), 1).await.and(app.engine.create_key(&max, CreateKey::read("x").expect("a name")).await)), Code::Forbidden);
        let event = app.newest_event(&app.north("olga").await).await;
        assert_eq!((event.action, event.actor_name.as_str()), (AuditAction::MemberLeft, "max"));
        app.sound_chain(NORTH).await;
    }

    // D5
    every_member_sees_the_number_of_owners(app) {
        let (olga, max) = (app.north("olga").await, app.north("max").await);
        assert_eq!(app.engine.count_owners(&max).await.expect("counted"), 1);
        app.engine.change_member(&olga, app.member("ada", NORTH).await, Role::Owner).await.expect("changed");
        assert_eq!(app.engine.count_owners(&max).await.expect("counted"), 2);
        app.engine.remove_member(&olga, app.member("ada", NORTH).await).await.expect("removed");
        assert_eq!(app.engine.count_owners(&max).await.expect("counted"), 1);
    }

    // D5
    the_last_owner_cannot_leave(app) {
        let olga = app.north("olga").await;
        let before = everything(app).await;
        assert_eq!(refusal(app.engine.leave_organization(&olga).await), Code::Conflict);
        assert_eq!(before, everything(app).await);
    }

    a_key_cannot_leave_the_organization(app) {
        let key = app.north_key("max").await;
        let admitted = app.with_key(&key.plain).await;
        assert_eq!(refusal(app.engine.leave_organization(&admitted.ctx).await), Code::Forbidden);
    }

    // B20
    removal_revokes_the_sessions_of_a_person_without_another_organization(app) {
        let (max, una) = (app.browser("max").await, app.browser("una").await);
        let olga = app.north("olga").await;
        for name in ["max", "una"] {
            app.engine.remove_member(&olga, app.member(name, NORTH).await).await.expect("removed");
        }
        assert!(app.engine.find_session(&max.1).await.expect("read").is_none(), "max is in no organization");
        assert!(app.engine.find_session(&una.1).await.expect("read").is_some(), "una is still in South");
        let (north, south) = (app.organization(NORTH).await, app.organization(SOUTH).await);
        assert_eq!(refusal(app.engine.enter_organization(&una.0, &north, origin()).await), Code::Forbidden);
        app.engine.enter_organization(&una.0, &south, origin()).await.expect("South is not affected");
    }

    // RA-31
    keys_that_are_not_listed_stay_and_get_403(app) {
        let key = app.north_key("max").await;
        app.engine.remove_member(&app.north("olga").await, key.view.actor_id).await.expect("removed");
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Forbidden);
    }

    removal_revokes_the_listed_keys(app) {
        let (key, olga) = (app.north_key("max").await, app.north("olga").await);
        let command = RemoveMember { member: key.view.actor_id, keys: vec![(key.view.key_id, KeyDisposition::End)] };
        assert!(app.engine.offboard_member(&olga, command).await.expect("removed").is_empty());
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Unauthorized);
        let line = app.engine.get_key(&olga, key.view.key_id).await.expect("a key");
        assert_eq!(line.revoke_reason, Some(domain::key::RevokeReason::PersonLeft));
    }

    removal_transfers_keys_by_rotation(app) {
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
    a_transferred_key_gets_no_higher_role(app) {
        // Ada's key has the role admin; the service account has the role member.
        let (key, olga) = (app.north_key("ada").await, app.north("olga").await);
        let bot = account(app, "member").await;
        let command = RemoveMember { member: key.view.actor_id, keys: vec![(key.view.key_id, KeyDisposition::HandOver(bot))] };
        let made = app.engine.offboard_member(&olga, command).await.expect("removed");
        assert_eq!(app.with_key(&made[0].plain).await.ctx.actor().role, Role::Member);
    }

    // D6
    a_key_of_a_demoted_owner_is_transferred_with_the_lower_role(app) {
        // Ada created the key as an admin, and is now a member.
        let (one, two, olga) = (app.north_key("ada").await, app.north_key("ada").await, app.north("olga").await);
        let (ada, bot) = (one.view.actor_id, account(app, "admin").await);
        app.engine.change_member(&olga, ada, Role::Member).await.expect("lowered");
        let keys = vec![(one.view.key_id, KeyDisposition::HandOver(bot)), (two.view.key_id, KeyDisposition::HandOverToNew)];
        let made = app.engine.offboard_member(&olga, RemoveMember { member: ada, keys }).await.expect("removed");
        for new in &made {
            assert_eq!(app.with_key(&new.plain).await.ctx.actor().role, Role::Member, "{}", new.view.actor_name);
        }
        let successor = app.engine.get_service_account(&olga, made[1].view.actor_id).await.expect("created for the key");
        assert_eq!(successor.role, Role::Member);
    }

    a_removal_with_key_changes_is_atomic(app) {
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
    a_person_who_rejoins_gets_a_new_actor(app) {
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
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Forbidden, "the old key stays rejected");
        app.engine.sign_in(&identity("max"), &origin()).await.expect("signs in");
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Forbidden);
        app.with_key(&app.key_of(&max).await.plain).await;
        // Rejoin a second time.
        app.engine.remove_member(&olga, max.actor().id).await.expect("removed again");
        let invitation = domain::command::InviteMember::read("max@example.test", None).expect("an invitation");
        let token = app.engine.create_invitation(&olga, invitation).await.expect("invited").token;
        app.engine.accept_invitation(&in_person(person), &token, origin()).await.expect("joined again");
        app.sound_chain(NORTH).await;
    }
}
