//! The settings of an organization.

use domain::command::{ChangeOrganization, OrganizationDraft};
use domain::event::AuditAction;
use domain::{Code, Role};

use crate::test_app::{NORTH, SOUTH, everything, refusal};

fn preselects(days: Option<i64>) -> ChangeOrganization {
    ChangeOrganization::read(&OrganizationDraft {
        default_key_days: Some(days),
        ..OrganizationDraft::default()
    })
    .expect("a change")
}

fn at_most(days: Option<i64>) -> ChangeOrganization {
    ChangeOrganization::read(&OrganizationDraft {
        max_key_days: Some(days),
        ..OrganizationDraft::default()
    })
    .expect("a change")
}

both! {
    // B24: a key cannot change the settings that restrict keys.
    a_key_cannot_change_who_creates_keys(app) {
        let (olga, key) = (app.north("olga").await, app.with_key(&app.north_key("olga").await.plain).await);
        let rule = |creators: Option<&str>, keys: Option<bool>| {
            let draft = OrganizationDraft { key_makers: creators, keys_make_keys: keys, ..OrganizationDraft::default() };
            ChangeOrganization::read(&draft).expect("a rule")
        };
        app.engine.change_organization(&olga, rule(Some("admins"), Some(false))).await.expect("in person");
        let before = everything(app).await;
        for command in [rule(Some("members"), None), rule(None, Some(true))] {
            assert_eq!(refusal(app.engine.change_organization(&key.ctx, command).await), Code::Forbidden);
        }
        assert_eq!(before, everything(app).await);
        app.engine.change_organization(&key.ctx, rule(Some("admins"), Some(false))).await.expect("unchanged");
        let draft = OrganizationDraft { max_key_days: Some(Some(30)), ..OrganizationDraft::default() };
        app.engine.change_organization(&key.ctx, ChangeOrganization::read(&draft).expect("a limit")).await.expect("a key can change the maximum lifetime");
    }

    // D17
    the_maximum_lifetime_can_be_set_and_removed(app) {
        let (ada, max) = (app.north("ada").await, app.north("max").await);
        let before = app.engine.get_organization(&max).await.expect("seen");
        assert_eq!((before.name.as_str(), before.max_key_days), (NORTH, None));
        for (days, was, is) in [(Some(365), None, Some("365")), (Some(90), Some("365"), Some("90")), (None, Some("90"), None)] {
            let after = app.engine.change_organization(&ada, at_most(days)).await.expect("changed");
            assert_eq!(after.max_key_days, days);
            assert_eq!(app.engine.get_organization(&max).await.expect("seen"), after);
            let event = app.newest_event(&ada).await;
            assert_eq!((event.action, event.object_kind.as_str()), (AuditAction::OrganizationChanged, "organization"));
            let [change] = event.changes.as_slice() else { panic!("one change: {event:?}") };
            assert_eq!((change.field.as_str(), change.before.as_deref(), change.after.as_deref()), ("max_key_days", was, is));
        }
        app.sound_chain(NORTH).await;
    }

    // D17: 90 days unless changed, and never beyond the longest lifetime.
    the_preselected_expiration_is_a_setting_within_the_maximum(app) {
        let (ada, max) = (app.north("ada").await, app.north("max").await);
        assert_eq!(app.engine.get_organization(&max).await.expect("seen").default_key_days, Some(90));
        for (days, was, is) in [(Some(7), Some("90"), Some("7")), (None, Some("7"), None), (Some(365), None, Some("365"))] {
            let after = app.engine.change_organization(&ada, preselects(days)).await.expect("changed");
            assert_eq!((after.default_key_days, after.max_key_days), (days, None));
            assert_eq!(app.engine.get_organization(&max).await.expect("seen"), after);
            let event = app.newest_event(&ada).await;
            let [change] = event.changes.as_slice() else { panic!("one change: {event:?}") };
            assert_eq!((change.field.as_str(), change.before.as_deref(), change.after.as_deref()), ("default_key_days", was, is));
        }

        let limited = app.engine.change_organization(&ada, at_most(Some(30))).await.expect("limited");
        assert_eq!((limited.max_key_days, limited.default_key_days), (Some(30), Some(30)));
        let event = app.newest_event(&ada).await;
        let changes: Vec<_> = event.changes.iter().map(|change| (change.field.as_str(), change.before.as_deref(), change.after.as_deref())).collect();
        assert_eq!(changes, [("max_key_days", None, Some("30")), ("default_key_days", Some("365"), Some("30"))]);
        let before = everything(app).await;
        for days in [Some(31), None] {
            assert_eq!(refusal(app.engine.change_organization(&ada, preselects(days)).await), Code::InvalidFields);
        }
        assert_eq!(refusal(app.engine.change_organization(&max, preselects(Some(7))).await), Code::Forbidden);
        assert_eq!(before, everything(app).await);
        app.engine.change_organization(&ada, preselects(Some(30))).await.expect("the current value");
        assert_eq!(before, everything(app).await);

        let free = app.engine.change_organization(&ada, at_most(None)).await.expect("no limit");
        assert_eq!((free.max_key_days, free.default_key_days), (None, Some(30)));
        let both = OrganizationDraft { max_key_days: Some(Some(60)), default_key_days: Some(Some(60)), ..OrganizationDraft::default() };
        let both = app.engine.change_organization(&ada, ChangeOrganization::read(&both).expect("a change")).await.expect("both");
        assert_eq!((both.max_key_days, both.default_key_days), (Some(60), Some(60)));
        app.sound_chain(NORTH).await;
    }

    setting_the_current_value_writes_no_event(app) {
        let olga = app.north("olga").await;
        app.engine.change_organization(&olga, at_most(Some(90))).await.expect("changed");
        let before = everything(app).await;
        app.engine.change_organization(&olga, at_most(Some(90))).await.expect("unchanged");
        assert_eq!(before, everything(app).await);
    }

    // RA-30
    members_cannot_change_the_settings(app) {
        let max = app.north("max").await;
        let before = everything(app).await;
        assert_eq!(refusal(app.engine.change_organization(&max, at_most(Some(1))).await), Code::Forbidden);
        assert_eq!(before, everything(app).await);
    }

    // KE-06
    a_change_affects_only_the_organization_of_the_caller(app) {
        app.engine.change_organization(&app.north("olga").await, at_most(Some(7))).await.expect("changed");
        let south = app.engine.get_organization(&app.south("ben").await).await.expect("seen");
        assert_eq!((south.name.as_str(), south.max_key_days), (SOUTH, None));
    }

    // D6
    a_request_of_a_demoted_admin_changes_nothing(app) {
        let ada = app.north("ada").await;
        app.engine.change_member(&app.north("olga").await, ada.actor().id, Role::Member).await.expect("demoted");
        let before = everything(app).await;
        assert_eq!(refusal(app.engine.change_organization(&ada, at_most(Some(1))).await), Code::Forbidden);
        assert_eq!(before, everything(app).await);
    }
}
