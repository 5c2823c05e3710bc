//! Founding, members, roles, identities.

use domain::command::FoundOrganization;
use domain::event::Happening;
use domain::{ActorId, Code, PersonId, Role};
use engine::people::Identity;

use crate::house::{House, NORTH, SOUTH, everything, identity, origin, refusal};

fn founding() -> FoundOrganization {
    FoundOrganization::read("Acme", "Grace", "Grace@Example.test").expect("a founding")
}

both! {
    ro_05_bootstrap_makes_the_organization_its_owner_and_a_first_key(staged) {
        let house = staged.another().await;
        assert!(!house.engine.is_founded().await.expect("an answer"));
        let key = house.engine.bootstrap(&founding(), origin()).await.expect("the first key");
        assert!(house.engine.is_founded().await.expect("an answer"));
        assert_eq!((key.view.label.as_str(), key.view.role), ("bootstrap key", Role::Owner));
        assert!(key.plain.expose().starts_with("rt_sk_"));
        let admitted = house.with_key(&key.plain).await;
        house.workspace(&admitted.ctx, "First").await.expect("the key works");
        assert_eq!(house.sound_chain("Acme").await, 3);
        house.close().await;
    }

    ro_05_bootstrap_is_refused_for_ever_after(staged) {
        let house = staged.another().await;
        house.engine.bootstrap(&founding(), origin()).await.expect("the first key");
        let before = everything(&house).await;
        for engine in [house.engine.clone(), house.restarted().await] {
            assert_eq!(refusal(engine.bootstrap(&founding(), origin()).await), Code::AlreadyBootstrapped);
            let person = PersonId(1);
            assert_eq!(refusal(engine.found_organization(person, &founding(), origin()).await), Code::AlreadyBootstrapped);
        }
        assert_eq!(before, everything(&house).await);
        house.close().await;
    }

    b12_bootstrap_stays_closed_when_only_its_mark_is_left(house) {
        // Even an installation whose organizations were deleted by hand does not open up again.
        let other = house.another().await;
        other.engine.bootstrap(&founding(), origin()).await.expect("the first key");
        let mut intruder = other.intruder().await;
        for table in ["audit_events", "audit_heads", "api_keys", "actors", "organizations"] {
            intruder.run(&format!("DELETE FROM {table}")).await;
        }
        assert_eq!(refusal(other.engine.bootstrap(&founding(), origin()).await), Code::AlreadyBootstrapped);
        other.close().await;
    }

    d18_the_owner_is_matched_to_the_emails_first_verified_sign_in(staged) {
        let house = staged.another().await;
        house.engine.bootstrap(&founding(), origin()).await.expect("the first key");
        let unverified = Identity { email: None, ..identity("grace") };
        let stranger = house.engine.sign_in(&Identity { subject: "no-mail".into(), ..unverified }, &origin()).await.expect("signed in");
        assert!(house.engine.memberships(stranger).await.expect("memberships").is_empty());
        let grace = house.engine.sign_in(&identity("grace"), &origin()).await.expect("signed in");
        let memberships = house.engine.memberships(grace).await.expect("memberships");
        assert_eq!(memberships.iter().map(|m| (m.organization_name.as_str(), m.role)).collect::<Vec<_>>(), [("Acme", Role::Owner)]);
        house.close().await;
    }

    b21_a_second_person_with_the_same_email_inherits_nothing(staged) {
        let house = staged.another().await;
        house.engine.bootstrap(&founding(), origin()).await.expect("the first key");
        house.engine.sign_in(&identity("grace"), &origin()).await.expect("signed in");
        let reborn = Identity { subject: "another-subject".into(), ..identity("grace") };
        let second = house.engine.sign_in(&reborn, &origin()).await.expect("signed in");
        assert!(house.engine.memberships(second).await.expect("memberships").is_empty());
        house.close().await;
    }

    ra_30_a_member_manages_nobody(house) {
        let (max, mia) = (house.north("max").await, house.member("mia", NORTH).await);
        let before = everything(house).await;
        assert_eq!(refusal(house.engine.remove_member(&max, mia).await), Code::Forbidden);
        assert_eq!(refusal(house.engine.change_role(&max, mia, Role::Admin).await), Code::Forbidden);
        assert_eq!(refusal(house.engine.change_role(&max, max.actor().id, Role::Owner).await), Code::Forbidden);
        assert_eq!(before, everything(house).await);
    }

    b18_only_an_owner_makes_or_unmakes_an_owner(house) {
        let (ada, olga) = (house.north("ada").await, house.north("olga").await);
        let before = everything(house).await;
        assert_eq!(refusal(house.engine.change_role(&ada, ada.actor().id, Role::Owner).await), Code::Forbidden);
        assert_eq!(refusal(house.engine.change_role(&ada, olga.actor().id, Role::Member).await), Code::Forbidden);
        assert_eq!(refusal(house.engine.remove_member(&ada, olga.actor().id).await), Code::Forbidden);
        assert_eq!(before, everything(house).await);
        house.engine.change_role(&olga, ada.actor().id, Role::Owner).await.expect("an owner makes an owner");
        house.engine.change_role(&house.north("ada").await, olga.actor().id, Role::Member).await.expect("and unmakes one");
    }

    d5_the_last_owner_stays(house) {
        let olga = house.north("olga").await;
        let before = everything(house).await;
        assert_eq!(refusal(house.engine.change_role(&olga, olga.actor().id, Role::Admin).await), Code::Conflict);
        assert_eq!(refusal(house.engine.remove_member(&olga, olga.actor().id).await), Code::Conflict);
        assert_eq!(before, everything(house).await);
    }

    rk_04_members_of_another_organization_are_not_found(house) {
        let (otto, max) = (house.south("otto").await, house.member("max", NORTH).await);
        let before = everything(house).await;
        for stranger in [max, ActorId(999_999)] {
            assert_eq!(refusal(house.engine.remove_member(&otto, stranger).await), Code::NotFound);
            assert_eq!(refusal(house.engine.change_role(&otto, stranger, Role::Admin).await), Code::NotFound);
        }
        assert_eq!(before, everything(house).await);
    }

    b20_a_removed_member_cannot_be_changed_any_more(house) {
        let (olga, max) = (house.north("olga").await, house.member("max", NORTH).await);
        house.engine.remove_member(&olga, max).await.expect("removed");
        let before = everything(house).await;
        assert_eq!(refusal(house.engine.remove_member(&olga, max).await), Code::NotFound);
        assert_eq!(refusal(house.engine.change_role(&olga, max, Role::Admin).await), Code::NotFound);
        assert_eq!(before, everything(house).await);
    }

    b20_nothing_of_a_removed_member_works_and_signing_in_does_not_help(house) {
        let (key, session) = (house.north_key("una").await, house.browser("una").await.0);
        house.engine.remove_member(&house.north("olga").await, house.member("una", NORTH).await).await.expect("removed");
        house.engine.sign_in(&identity("una"), &origin()).await.expect("una still signs in");
        let north = house.organization(NORTH).await;
        assert_eq!(refusal(house.admit(&key.plain).await), Code::Forbidden);
        assert_eq!(refusal(house.engine.admit_person(&session, &north, origin()).await), Code::Forbidden);
        assert_eq!(refusal(house.with_token(&identity("una"), Some(&north)).await), Code::Forbidden);
        let memberships = house.engine.memberships(house.person("una").await).await.expect("memberships");
        assert_eq!(memberships.iter().map(|m| m.organization_name.as_str()).collect::<Vec<_>>(), [SOUTH]);
    }

    b13_an_organization_of_others_and_one_that_is_not_answer_alike(house) {
        let (caller, _) = house.browser("max").await;
        let (foreign, none) = (house.organization(SOUTH).await, "org_none".parse().expect("an id"));
        let one = house.engine.admit_person(&caller, &foreign, origin()).await.expect_err("foreign").to_problem("req");
        let other = house.engine.admit_person(&caller, &none, origin()).await.expect_err("none").to_problem("req");
        assert_eq!(one, other);
    }

    ra_08_an_id_token_acts_in_the_only_organization_or_the_one_named(house) {
        let south = house.organization(SOUTH).await;
        let max = house.with_token(&identity("max"), None).await.expect("in North only");
        assert_eq!(max.actor().organization, house.organization(NORTH).await);
        assert_eq!(refusal(house.with_token(&identity("una"), None).await), Code::Forbidden);
        let una = house.with_token(&identity("una"), Some(&south)).await.expect("named");
        assert_eq!(una.actor().role, Role::Admin);
        assert_eq!(refusal(house.with_token(&identity("max"), Some(&south)).await), Code::Forbidden);
    }

    b21_who_never_signed_in_is_nobody_whatever_their_email(house) {
        let stranger = Identity { subject: "stranger".into(), ..identity("olga") };
        assert_eq!(refusal(house.with_token(&stranger, None).await), Code::Unauthorized);
        let elsewhere = Identity { issuer: "https://other.test".into(), ..identity("olga") };
        assert_eq!(refusal(house.with_token(&elsewhere, None).await), Code::Unauthorized);
    }

    ke_05_a_person_is_in_several_organizations_with_a_role_in_each(house) {
        let memberships = house.engine.memberships(house.person("una").await).await.expect("memberships");
        let roles: Vec<_> = memberships.iter().map(|m| (m.organization_name.as_str(), m.role)).collect();
        assert_eq!(roles, [(NORTH, Role::Member), (SOUTH, Role::Admin)]);
    }

    signing_in_is_noted_in_every_organization_of_the_person(house) {
        let before = (house.sound_chain(NORTH).await, house.sound_chain(SOUTH).await);
        house.engine.sign_in(&identity("una"), &origin()).await.expect("signed in");
        assert_eq!((house.sound_chain(NORTH).await, house.sound_chain(SOUTH).await), (before.0 + 1, before.1 + 1));
        assert_eq!(house.newest_event(&house.north("olga").await).await.action, Happening::SignedIn);
    }

    // KE-05: the next sign-in leads to where one was.
    ke_05_the_organization_one_looks_around_in_is_remembered(house) {
        let (una, south) = (house.person("una").await, house.organization(SOUTH).await);
        assert_eq!(house.engine.last_looked_around(una).await.expect("an answer"), None);
        house.engine.look_around(una, &south).await.expect("kept");
        house.engine.sign_in(&identity("una"), &origin()).await.expect("signed in");
        assert_eq!(house.engine.last_looked_around(una).await.expect("an answer"), Some(south));
        assert_eq!(house.engine.last_looked_around(house.person("max").await).await.expect("an answer"), None);
    }

    // Decision D23: what was read for someone who lost power meanwhile is kept back.
    rk_24_whoever_was_removed_or_lowered_is_not_who_they_were(house) {
        let olga = house.north("olga").await;
        let (ada, max) = (house.north("ada").await, house.north("max").await);
        for ctx in [&ada, &max] {
            house.engine.still_a_member(ctx).await.expect("as they were");
        }
        house.engine.change_role(&olga, max.actor().id, Role::Admin).await.expect("raised");
        house.engine.still_a_member(&max).await.expect("more is no less");
        house.engine.change_role(&olga, ada.actor().id, Role::Member).await.expect("lowered");
        house.engine.remove_member(&olga, max.actor().id).await.expect("removed");
        for ctx in [&ada, &max] {
            assert_eq!(refusal(house.engine.still_a_member(ctx).await), Code::Forbidden);
        }
    }

    a_name_is_cleaned_of_what_must_not_be_shown_or_replaced(house) {
        for (given, shown) in [("\u{202e}evil", "evil"), ("\u{202e}\u{200b}", "odd@example.test")] {
            let odd = Identity { name: Some(given.into()), ..identity("odd") };
            let person = house.engine.sign_in(&odd, &origin()).await.expect("signed in");
            assert_eq!(house.engine.get_person(person).await.expect("a person").name, shown);
        }
        assert_eq!(refusal(house.engine.get_person(PersonId(999_999)).await), Code::Unauthorized);
    }

    a_demonstration_is_staged_only_on_an_empty_installation(house) {
        let before = everything(house).await;
        stage_again(house).await;
        assert_eq!(before, everything(house).await);
    }
}

async fn stage_again(house: &House) {
    let cast = engine::organizations::Cast { organization: "Late", members: vec![(identity("eve"), Role::Owner)] };
    house.engine.stage_demo(&[cast]).await.expect("nothing happens");
}
