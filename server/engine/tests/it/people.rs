//! Founding, members, roles, identities.

use domain::command::FoundOrganization;
use domain::event::AuditAction;
use domain::{ActorId, Code, PersonId, Role};
use engine::people::Identity;

use crate::test_app::{NORTH, SOUTH, TestApp, everything, identity, origin, refusal};

fn founding() -> FoundOrganization {
    FoundOrganization::read("Acme", "Grace", "Grace@Example.test").expect("a founding")
}

both! {
    ro_05_bootstrap_makes_the_organization_its_owner_and_a_first_key(staged) {
        let app = staged.another().await;
        assert!(!app.engine.is_bootstrapped().await.expect("an answer"));
        let key = app.engine.bootstrap(&founding(), origin()).await.expect("the first key");
        assert!(app.engine.is_bootstrapped().await.expect("an answer"));
        assert_eq!((key.view.label.as_str(), key.view.role), ("bootstrap key", Role::Owner));
        assert!(key.plain.expose().starts_with("rt_sk_"));
        let admitted = app.with_key(&key.plain).await;
        app.workspace(&admitted.ctx, "First").await.expect("the key works");
        assert_eq!(app.sound_chain("Acme").await, 3);
        app.close().await;
    }

    ro_05_bootstrap_is_refused_for_ever_after(staged) {
        let app = staged.another().await;
        app.engine.bootstrap(&founding(), origin()).await.expect("the first key");
        let before = everything(&app).await;
        for engine in [app.engine.clone(), app.restarted().await] {
            assert_eq!(refusal(engine.bootstrap(&founding(), origin()).await), Code::AlreadyBootstrapped);
            let person = PersonId(1);
            assert_eq!(refusal(engine.bootstrap_as_person(person, &founding(), origin()).await), Code::AlreadyBootstrapped);
        }
        assert_eq!(before, everything(&app).await);
        app.close().await;
    }

    // B12
    bootstrap_stays_closed_when_only_its_mark_is_left(app) {
        // Even an installation whose organizations were deleted by hand does not open up again.
        let other = app.another().await;
        other.engine.bootstrap(&founding(), origin()).await.expect("the first key");
        let mut intruder = other.intruder().await;
        for table in ["audit_events", "audit_heads", "api_keys", "actors", "organizations"] {
            intruder.run(&format!("DELETE FROM {table}")).await;
        }
        assert_eq!(refusal(other.engine.bootstrap(&founding(), origin()).await), Code::AlreadyBootstrapped);
        other.close().await;
    }

    d18_the_owner_is_matched_to_the_emails_first_verified_sign_in(staged) {
        let app = staged.another().await;
        app.engine.bootstrap(&founding(), origin()).await.expect("the first key");
        let unverified = Identity { email: None, ..identity("grace") };
        let stranger = app.engine.sign_in(&Identity { subject: "no-mail".into(), ..unverified }, &origin()).await.expect("signed in");
        assert!(app.engine.list_organizations(stranger).await.expect("memberships").is_empty());
        let grace = app.engine.sign_in(&identity("grace"), &origin()).await.expect("signed in");
        let memberships = app.engine.list_organizations(grace).await.expect("memberships");
        assert_eq!(memberships.iter().map(|m| (m.organization_name.as_str(), m.role)).collect::<Vec<_>>(), [("Acme", Role::Owner)]);
        app.close().await;
    }

    b21_a_second_person_with_the_same_email_inherits_nothing(staged) {
        let app = staged.another().await;
        app.engine.bootstrap(&founding(), origin()).await.expect("the first key");
        app.engine.sign_in(&identity("grace"), &origin()).await.expect("signed in");
        let reborn = Identity { subject: "another-subject".into(), ..identity("grace") };
        let second = app.engine.sign_in(&reborn, &origin()).await.expect("signed in");
        assert!(app.engine.list_organizations(second).await.expect("memberships").is_empty());
        app.close().await;
    }

    // RA-30
    a_member_manages_nobody(app) {
        let (max, mia) = (app.north("max").await, app.member("mia", NORTH).await);
        let before = everything(app).await;
        assert_eq!(refusal(app.engine.remove_member(&max, mia).await), Code::Forbidden);
        assert_eq!(refusal(app.engine.change_member(&max, mia, Role::Admin).await), Code::Forbidden);
        assert_eq!(refusal(app.engine.change_member(&max, max.actor().id, Role::Owner).await), Code::Forbidden);
        assert_eq!(before, everything(app).await);
    }

    // B18
    only_an_owner_makes_or_unmakes_an_owner(app) {
        let (ada, olga) = (app.north("ada").await, app.north("olga").await);
        let before = everything(app).await;
        assert_eq!(refusal(app.engine.change_member(&ada, ada.actor().id, Role::Owner).await), Code::Forbidden);
        assert_eq!(refusal(app.engine.change_member(&ada, olga.actor().id, Role::Member).await), Code::Forbidden);
        assert_eq!(refusal(app.engine.remove_member(&ada, olga.actor().id).await), Code::Forbidden);
        assert_eq!(before, everything(app).await);
        app.engine.change_member(&olga, ada.actor().id, Role::Owner).await.expect("an owner makes an owner");
        app.engine.change_member(&app.north("ada").await, olga.actor().id, Role::Member).await.expect("and unmakes one");
    }

    // D5
    the_last_owner_stays(app) {
        let olga = app.north("olga").await;
        let before = everything(app).await;
        assert_eq!(refusal(app.engine.change_member(&olga, olga.actor().id, Role::Admin).await), Code::Conflict);
        assert_eq!(refusal(app.engine.remove_member(&olga, olga.actor().id).await), Code::Conflict);
        assert_eq!(before, everything(app).await);
    }

    // RK-04
    members_of_another_organization_are_not_found(app) {
        let (otto, max) = (app.south("otto").await, app.member("max", NORTH).await);
        let before = everything(app).await;
        for stranger in [max, ActorId(999_999)] {
            assert_eq!(refusal(app.engine.remove_member(&otto, stranger).await), Code::NotFound);
            assert_eq!(refusal(app.engine.change_member(&otto, stranger, Role::Admin).await), Code::NotFound);
        }
        assert_eq!(before, everything(app).await);
    }

    // B20
    a_removed_member_cannot_be_changed_any_more(app) {
        let (olga, max) = (app.north("olga").await, app.member("max", NORTH).await);
        app.engine.remove_member(&olga, max).await.expect("removed");
        let before = everything(app).await;
        assert_eq!(refusal(app.engine.remove_member(&olga, max).await), Code::NotFound);
        assert_eq!(refusal(app.engine.change_member(&olga, max, Role::Admin).await), Code::NotFound);
        assert_eq!(before, everything(app).await);
    }

    // B20
    nothing_of_a_removed_member_works_and_signing_in_does_not_help(app) {
        let (key, session) = (app.north_key("una").await, app.browser("una").await.0);
        app.engine.remove_member(&app.north("olga").await, app.member("una", NORTH).await).await.expect("removed");
        app.engine.sign_in(&identity("una"), &origin()).await.expect("una still signs in");
        let north = app.organization(NORTH).await;
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Forbidden);
        assert_eq!(refusal(app.engine.enter_organization(&session, &north, origin()).await), Code::Forbidden);
        assert_eq!(refusal(app.with_token(&identity("una"), Some(&north)).await), Code::Forbidden);
        let memberships = app.engine.list_organizations(app.person("una").await).await.expect("memberships");
        assert_eq!(memberships.iter().map(|m| m.organization_name.as_str()).collect::<Vec<_>>(), [SOUTH]);
    }

    // B13
    an_organization_of_others_and_one_that_is_not_answer_alike(app) {
        let (caller, _) = app.browser("max").await;
        let (foreign, none) = (app.organization(SOUTH).await, "org_none".parse().expect("an id"));
        let one = app.engine.enter_organization(&caller, &foreign, origin()).await.expect_err("foreign").to_problem("req");
        let other = app.engine.enter_organization(&caller, &none, origin()).await.expect_err("none").to_problem("req");
        assert_eq!(one, other);
    }

    // RA-08
    an_id_token_acts_in_the_only_organization_or_the_one_named(app) {
        let south = app.organization(SOUTH).await;
        let max = app.with_token(&identity("max"), None).await.expect("in North only");
        assert_eq!(max.actor().organization, app.organization(NORTH).await);
        assert_eq!(refusal(app.with_token(&identity("una"), None).await), Code::Forbidden);
        let una = app.with_token(&identity("una"), Some(&south)).await.expect("named");
        assert_eq!(una.actor().role, Role::Admin);
        assert_eq!(refusal(app.with_token(&identity("max"), Some(&south)).await), Code::Forbidden);
    }

    // B21
    who_never_signed_in_is_nobody_whatever_their_email(app) {
        let stranger = Identity { subject: "stranger".into(), ..identity("olga") };
        assert_eq!(refusal(app.with_token(&stranger, None).await), Code::Unauthorized);
        let elsewhere = Identity { issuer: "https://other.test".into(), ..identity("olga") };
        assert_eq!(refusal(app.with_token(&elsewhere, None).await), Code::Unauthorized);
    }

    // KE-05
    a_person_is_in_several_organizations_with_a_role_in_each(app) {
        let memberships = app.engine.list_organizations(app.person("una").await).await.expect("memberships");
        let roles: Vec<_> = memberships.iter().map(|m| (m.organization_name.as_str(), m.role)).collect();
        assert_eq!(roles, [(NORTH, Role::Member), (SOUTH, Role::Admin)]);
    }

    signing_in_is_noted_in_every_organization_of_the_person(app) {
        let before = (app.sound_chain(NORTH).await, app.sound_chain(SOUTH).await);
        app.engine.sign_in(&identity("una"), &origin()).await.expect("signed in");
        assert_eq!((app.sound_chain(NORTH).await, app.sound_chain(SOUTH).await), (before.0 + 1, before.1 + 1));
        assert_eq!(app.newest_event(&app.north("olga").await).await.action, AuditAction::SignedIn);
    }

    // KE-05: the next sign-in leads to where one was.
    the_organization_one_looks_around_in_is_remembered(app) {
        let (una, south) = (app.person("una").await, app.organization(SOUTH).await);
        assert_eq!(app.engine.active_organization(una).await.expect("an answer"), None);
        app.engine.set_active_organization(una, &south).await.expect("kept");
        app.engine.sign_in(&identity("una"), &origin()).await.expect("signed in");
        assert_eq!(app.engine.active_organization(una).await.expect("an answer"), Some(south));
        assert_eq!(app.engine.active_organization(app.person("max").await).await.expect("an answer"), None);
    }

    // RK-24: Decision D23: what was read for someone who lost power meanwhile is kept back.
    whoever_was_removed_or_lowered_is_not_who_they_were(app) {
        let olga = app.north("olga").await;
        let (ada, max) = (app.north("ada").await, app.north("max").await);
        for ctx in [&ada, &max] {
            app.engine.recheck_member(ctx).await.expect("as they were");
        }
        app.engine.change_member(&olga, max.actor().id, Role::Admin).await.expect("raised");
        app.engine.recheck_member(&max).await.expect("more is no less");
        app.engine.change_member(&olga, ada.actor().id, Role::Member).await.expect("lowered");
        app.engine.remove_member(&olga, max.actor().id).await.expect("removed");
        for ctx in [&ada, &max] {
            assert_eq!(refusal(app.engine.recheck_member(ctx).await), Code::Forbidden);
        }
    }

    a_name_is_cleaned_of_what_must_not_be_shown_or_replaced(app) {
        for (given, shown) in [("\u{202e}evil", "evil"), ("\u{202e}\u{200b}", "odd@example.test")] {
            let odd = Identity { name: Some(given.into()), ..identity("odd") };
            let person = app.engine.sign_in(&odd, &origin()).await.expect("signed in");
            assert_eq!(app.engine.get_person(person).await.expect("a person").name, shown);
        }
        assert_eq!(refusal(app.engine.get_person(PersonId(999_999)).await), Code::Unauthorized);
    }

    a_demonstration_is_staged_only_on_an_empty_installation(app) {
        let before = everything(app).await;
        stage_again(app).await;
        assert_eq!(before, everything(app).await);
    }
}

async fn stage_again(app: &TestApp) {
    let cast =
        engine::organizations::DemoOrganization { organization: "Late", members: vec![(identity("eve"), Role::Owner)] };
    app.engine.seed_demo(&[cast]).await.expect("nothing happens");
}
