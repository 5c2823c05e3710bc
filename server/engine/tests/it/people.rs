//! Setting up an installation, members, roles and identities.

use domain::command::FoundOrganization;
use domain::event::AuditAction;
use domain::{ActorId, Code, PersonId, Role};
use engine::people::Identity;

use crate::test_app::{NORTH, SOUTH, TestApp, everything, identity, origin, refusal};

fn first_organization() -> FoundOrganization {
    FoundOrganization::read("Acme", "Grace", "Grace@Example.test").expect("a valid command")
}

both! {
    bootstrap_creates_the_organization_its_owner_and_a_first_key(staged) {
        let app = staged.another().await;
        assert!(!app.engine.is_bootstrapped().await.expect("an answer"));
        let key = app.engine.bootstrap(&first_organization(), origin()).await.expect("the first key");
        assert!(app.engine.is_bootstrapped().await.expect("an answer"));
        assert_eq!((key.view.label.as_str(), key.view.role), ("bootstrap key", Role::Owner));
        assert!(key.plain.expose().starts_with("rt_sk_"));
        let admitted = app.with_key(&key.plain).await;
        app.workspace(&admitted.ctx, "First").await.expect("the key works");
        assert_eq!(app.sound_chain("Acme").await, 3);
        app.close().await;
    }

    bootstrap_is_rejected_after_the_first_time(staged) {
        let app = staged.another().await;
        app.engine.bootstrap(&first_organization(), origin()).await.expect("the first key");
        let before = everything(&app).await;
        for engine in [app.engine.clone(), app.restarted().await] {
            assert_eq!(refusal(engine.bootstrap(&first_organization(), origin()).await), Code::AlreadyBootstrapped);
            let person = PersonId(1);
            assert_eq!(refusal(engine.bootstrap_as_person(person, &first_organization(), origin()).await), Code::AlreadyBootstrapped);
        }
        assert_eq!(before, everything(&app).await);
        app.close().await;
    }

    // B12
    bootstrap_is_rejected_even_if_all_organizations_were_deleted(app) {
        // The organizations are deleted directly in the database; only the mark of the bootstrap is
        // left.
        let other = app.another().await;
        other.engine.bootstrap(&first_organization(), origin()).await.expect("the first key");
        let mut intruder = other.intruder().await;
        for table in ["audit_events", "audit_heads", "api_keys", "actors", "organizations"] {
            intruder.run(&format!("DELETE FROM {table}")).await;
        }
        assert_eq!(refusal(other.engine.bootstrap(&first_organization(), origin()).await), Code::AlreadyBootstrapped);
        other.close().await;
    }

    the_first_sign_in_with_the_verified_email_becomes_the_owner(staged) {
        let app = staged.another().await;
        app.engine.bootstrap(&first_organization(), origin()).await.expect("the first key");
        let unverified = Identity { email: None, ..identity("grace") };
        let stranger = app.engine.sign_in(&Identity { subject: "no-mail".into(), ..unverified }, &origin()).await.expect("signed in");
        assert!(app.engine.list_organizations(stranger).await.expect("memberships").is_empty());
        let grace = app.engine.sign_in(&identity("grace"), &origin()).await.expect("signed in");
        let memberships = app.engine.list_organizations(grace).await.expect("memberships");
        assert_eq!(memberships.iter().map(|m| (m.organization_name.as_str(), m.role)).collect::<Vec<_>>(), [("Acme", Role::Owner)]);
        app.close().await;
    }

    a_second_person_with_the_same_email_gets_no_access(staged) {
        let app = staged.another().await;
        app.engine.bootstrap(&first_organization(), origin()).await.expect("the first key");
        app.engine.sign_in(&identity("grace"), &origin()).await.expect("signed in");
        let reborn = Identity { subject: "another-subject".into(), ..identity("grace") };
        let second = app.engine.sign_in(&reborn, &origin()).await.expect("signed in");
        assert!(app.engine.list_organizations(second).await.expect("memberships").is_empty());
        app.close().await;
    }

    // RA-30
    a_member_cannot_manage_members(app) {
        let (max, mia) = (app.north("max").await, app.member("mia", NORTH).await);
        let before = everything(app).await;
        assert_eq!(refusal(app.engine.remove_member(&max, mia).await), Code::Forbidden);
        assert_eq!(refusal(app.engine.change_member(&max, mia, Role::Admin).await), Code::Forbidden);
        assert_eq!(refusal(app.engine.change_member(&max, max.actor().id, Role::Owner).await), Code::Forbidden);
        assert_eq!(before, everything(app).await);
    }

    // B18
    only_an_owner_adds_or_removes_an_owner(app) {
        let (ada, olga) = (app.north("ada").await, app.north("olga").await);
        let before = everything(app).await;
        assert_eq!(refusal(app.engine.change_member(&ada, ada.actor().id, Role::Owner).await), Code::Forbidden);
        assert_eq!(refusal(app.engine.change_member(&ada, olga.actor().id, Role::Member).await), Code::Forbidden);
        assert_eq!(refusal(app.engine.remove_member(&ada, olga.actor().id).await), Code::Forbidden);
        assert_eq!(before, everything(app).await);
        app.engine.change_member(&olga, ada.actor().id, Role::Owner).await.expect("an owner adds an owner");
        app.engine.change_member(&app.north("ada").await, olga.actor().id, Role::Member).await.expect("an owner removes an owner");
    }

    // D5
    the_last_owner_cannot_be_removed_or_demoted(app) {
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
    a_removed_member_cannot_be_changed(app) {
        let (olga, max) = (app.north("olga").await, app.member("max", NORTH).await);
        app.engine.remove_member(&olga, max).await.expect("removed");
        let before = everything(app).await;
        assert_eq!(refusal(app.engine.remove_member(&olga, max).await), Code::NotFound);
        assert_eq!(refusal(app.engine.change_member(&olga, max, Role::Admin).await), Code::NotFound);
        assert_eq!(before, everything(app).await);
    }

    // B20
    a_removed_member_has_no_access_even_after_a_new_sign_in(app) {
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
    a_foreign_organization_and_a_missing_one_get_the_same_error(app) {
        let (caller, _) = app.browser("max").await;
        let (foreign, none) = (app.organization(SOUTH).await, "org_none".parse().expect("an id"));
        let one = app.engine.enter_organization(&caller, &foreign, origin()).await.expect_err("foreign").to_problem("req");
        let other = app.engine.enter_organization(&caller, &none, origin()).await.expect_err("none").to_problem("req");
        assert_eq!(one, other);
    }

    // RA-08
    an_id_token_acts_in_the_only_or_the_specified_organization(app) {
        let south = app.organization(SOUTH).await;
        let max = app.with_token(&identity("max"), None).await.expect("in North only");
        assert_eq!(max.actor().organization, app.organization(NORTH).await);
        assert_eq!(refusal(app.with_token(&identity("una"), None).await), Code::Forbidden);
        let una = app.with_token(&identity("una"), Some(&south)).await.expect("named");
        assert_eq!(una.actor().role, Role::Admin);
        assert_eq!(refusal(app.with_token(&identity("max"), Some(&south)).await), Code::Forbidden);
    }

    // B21
    an_identity_that_never_signed_in_is_rejected(app) {
        let stranger = Identity { subject: "stranger".into(), ..identity("olga") };
        assert_eq!(refusal(app.with_token(&stranger, None).await), Code::Unauthorized);
        let elsewhere = Identity { issuer: "https://other.test".into(), ..identity("olga") };
        assert_eq!(refusal(app.with_token(&elsewhere, None).await), Code::Unauthorized);
    }

    // KE-05
    a_person_has_a_role_in_each_of_their_organizations(app) {
        let memberships = app.engine.list_organizations(app.person("una").await).await.expect("memberships");
        let roles: Vec<_> = memberships.iter().map(|m| (m.organization_name.as_str(), m.role)).collect();
        assert_eq!(roles, [(NORTH, Role::Member), (SOUTH, Role::Admin)]);
    }

    a_sign_in_writes_an_event_in_every_organization_of_the_person(app) {
        let before = (app.sound_chain(NORTH).await, app.sound_chain(SOUTH).await);
        app.engine.sign_in(&identity("una"), &origin()).await.expect("signed in");
        assert_eq!((app.sound_chain(NORTH).await, app.sound_chain(SOUTH).await), (before.0 + 1, before.1 + 1));
        assert_eq!(app.newest_event(&app.north("olga").await).await.action, AuditAction::SignedIn);
    }

    // KE-05: the next sign-in opens the organization of the last visit.
    the_last_visited_organization_is_remembered(app) {
        let (una, south) = (app.person("una").await, app.organization(SOUTH).await);
        assert_eq!(app.engine.active_organization(una).await.expect("an answer"), None);
        app.engine.set_active_organization(una, &south).await.expect("kept");
        app.engine.sign_in(&identity("una"), &origin()).await.expect("signed in");
        assert_eq!(app.engine.active_organization(una).await.expect("an answer"), Some(south));
        assert_eq!(app.engine.active_organization(app.person("max").await).await.expect("an answer"), None);
    }

    // RK-24, D23: a response is withheld if the person lost access meanwhile.
    a_recheck_rejects_a_person_who_was_removed_or_demoted(app) {
        let olga = app.north("olga").await;
        let (ada, max) = (app.north("ada").await, app.north("max").await);
        for ctx in [&ada, &max] {
            app.engine.recheck_member(ctx).await.expect("nothing changed");
        }
        app.engine.change_member(&olga, max.actor().id, Role::Admin).await.expect("raised");
        app.engine.recheck_member(&max).await.expect("a higher role is accepted");
        app.engine.change_member(&olga, ada.actor().id, Role::Member).await.expect("lowered");
        app.engine.remove_member(&olga, max.actor().id).await.expect("removed");
        for ctx in [&ada, &max] {
            assert_eq!(refusal(app.engine.recheck_member(ctx).await), Code::Forbidden);
        }
    }

    a_name_from_a_provider_is_cleaned_or_replaced(app) {
        for (given, shown) in [("\u{202e}evil", "evil"), ("\u{202e}\u{200b}", "odd@example.test")] {
            let odd = Identity { name: Some(given.into()), ..identity("odd") };
            let person = app.engine.sign_in(&odd, &origin()).await.expect("signed in");
            assert_eq!(app.engine.get_person(person).await.expect("a person").name, shown);
        }
        assert_eq!(refusal(app.engine.get_person(PersonId(999_999)).await), Code::Unauthorized);
    }

    demo_data_is_only_created_in_an_empty_installation(app) {
        let before = everything(app).await;
        stage_again(app).await;
        assert_eq!(before, everything(app).await);
    }
}

async fn stage_again(app: &TestApp) {
    let cast = engine::organizations::DemoOrganization {
        organization: "Late",
        members: vec![(identity("eve"), Role::Owner)],
    };
    app.engine
        .seed_demo(&[cast])
        .await
        .expect("nothing happens");
}
