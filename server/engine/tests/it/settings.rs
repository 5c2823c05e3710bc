//! The stories of an organization's settings.

use domain::command::{ChangeOrganization, OrganizationDraft};
use domain::event::Happening;
use domain::{Code, Role};

use crate::house::{NORTH, SOUTH, everything, refusal};

fn at_most(days: Option<i64>) -> ChangeOrganization {
    ChangeOrganization::read(&OrganizationDraft { max_key_days: Some(days), ..OrganizationDraft::default() })
        .expect("a change")
}

both! {
    // B24: what holds keys back is not for keys to change.
    b24_a_key_does_not_change_who_makes_keys(house) {
        let (olga, key) = (house.north("olga").await, house.with_key(&house.north_key("olga").await.plain).await);
        let rule = |makers: Option<&str>, keys: Option<bool>| {
            let draft = OrganizationDraft { key_makers: makers, keys_make_keys: keys, ..OrganizationDraft::default() };
            ChangeOrganization::read(&draft).expect("a rule")
        };
        house.engine.change_organization(&olga, rule(Some("admins"), Some(false))).await.expect("in person");
        let before = everything(house).await;
        for command in [rule(Some("members"), None), rule(None, Some(true))] {
            assert_eq!(refusal(house.engine.change_organization(&key.ctx, command).await), Code::Forbidden);
        }
        assert_eq!(before, everything(house).await);
        house.engine.change_organization(&key.ctx, rule(Some("admins"), Some(false))).await.expect("as it is");
        let draft = OrganizationDraft { max_key_days: Some(Some(30)), ..OrganizationDraft::default() };
        house.engine.change_organization(&key.ctx, ChangeOrganization::read(&draft).expect("a limit")).await.expect("a limit is another matter");
    }

    d17_an_organization_sets_a_longest_lifetime_and_lifts_it_again(house) {
        let (ada, max) = (house.north("ada").await, house.north("max").await);
        let before = house.engine.see_organization(&max).await.expect("seen");
        assert_eq!((before.name.as_str(), before.max_key_days), (NORTH, None));
        for (days, was, is) in [(Some(90), None, Some("90")), (Some(30), Some("90"), Some("30")), (None, Some("30"), None)] {
            let after = house.engine.change_organization(&ada, at_most(days)).await.expect("changed");
            assert_eq!(after.max_key_days, days);
            assert_eq!(house.engine.see_organization(&max).await.expect("seen"), after);
            let event = house.newest_event(&ada).await;
            assert_eq!((event.action, event.object_kind.as_str()), (Happening::OrganizationChanged, "organization"));
            let [change] = event.changes.as_slice() else { panic!("one change: {event:?}") };
            assert_eq!((change.field.as_str(), change.before.as_deref(), change.after.as_deref()), ("max_key_days", was, is));
        }
        house.sound_chain(NORTH).await;
    }

    an_organization_that_stays_as_it_is_has_no_event(house) {
        let olga = house.north("olga").await;
        house.engine.change_organization(&olga, at_most(Some(90))).await.expect("changed");
        let before = everything(house).await;
        house.engine.change_organization(&olga, at_most(Some(90))).await.expect("as it was");
        assert_eq!(before, everything(house).await);
    }

    ra_30_members_see_the_settings_and_do_not_change_them(house) {
        let max = house.north("max").await;
        let before = everything(house).await;
        assert_eq!(refusal(house.engine.change_organization(&max, at_most(Some(1))).await), Code::Forbidden);
        assert_eq!(before, everything(house).await);
    }

    ke_06_a_change_reaches_only_the_callers_organization(house) {
        house.engine.change_organization(&house.north("olga").await, at_most(Some(7))).await.expect("changed");
        let south = house.engine.see_organization(&house.south("ben").await).await.expect("seen");
        assert_eq!((south.name.as_str(), south.max_key_days), (SOUTH, None));
    }

    d6_an_admin_lowered_after_being_let_in_changes_nothing(house) {
        let ada = house.north("ada").await;
        house.engine.change_role(&house.north("olga").await, ada.actor().id, Role::Member).await.expect("demoted");
        let before = everything(house).await;
        assert_eq!(refusal(house.engine.change_organization(&ada, at_most(Some(1))).await), Code::Forbidden);
        assert_eq!(before, everything(house).await);
    }
}
