//! Creating organizations, and their settings for keys.

use domain::command::{
    ChangeOrganization, CreateKey, CreateOrganization, OrganizationDraft, RotateKey,
};
use domain::event::AuditAction;
use domain::{Code, Role};

use crate::test_app::{NORTH, TestApp, everything, identity, in_person, origin, refusal};

async fn set(app: &TestApp, draft: OrganizationDraft<'_>) {
    let command = ChangeOrganization::read(&draft).expect("a change");
    app.engine
        .change_organization(&app.north("olga").await, command)
        .await
        .expect("changed");
}

fn named() -> CreateKey {
    CreateKey::read("CI/CD Pipeline").expect("a name")
}

both! {
    // KE-05
    a_member_creates_another_organization_and_becomes_its_owner(app) {
        let max = app.person("max").await;
        let command = CreateOrganization::read("Max’ Werkstatt").expect("a name");
        let made = app.engine.create_organization(&in_person(max), &command, origin()).await.expect("made");
        let memberships = app.engine.list_organizations(max).await.expect("memberships");
        let roles: Vec<_> = memberships.iter().map(|m| (m.organization_name.as_str(), m.role)).collect();
        assert_eq!(roles, [(NORTH, Role::Member), ("Max’ Werkstatt", Role::Owner)]);
        let (caller, _) = app.browser("max").await;
        let ctx = app.engine.enter_organization(&caller, &made, origin()).await.expect("in");
        assert_eq!(app.newest_event(&ctx).await.action, AuditAction::OrganizationCreated);
        assert_eq!(app.with_key(&app.key_of(&ctx).await.plain).await.ctx.actor().organization, made);
    }

    a_person_without_an_organization_cannot_create_one(app) {
        let stranger = app.engine.sign_in(&identity("zoe"), &origin()).await.expect("signed in");
        let before = everything(app).await;
        let command = CreateOrganization::read("Mine").expect("a name");
        assert_eq!(refusal(app.engine.create_organization(&in_person(stranger), &command, origin()).await), Code::Forbidden);
        assert_eq!(before, everything(app).await);
    }

    renaming_an_organization_writes_an_event(app) {
        set(app, OrganizationDraft { name: Some("Norden"), ..OrganizationDraft::default() }).await;
        let olga = app.enter("olga", "Norden").await.expect("the same organization");
        let event = app.newest_event(&olga).await;
        assert_eq!((event.action, event.object_label.as_str()), (AuditAction::OrganizationChanged, "Norden"));
        let change = (event.changes[0].field.as_str(), event.changes[0].before.as_deref(), event.changes[0].after.as_deref());
        assert_eq!((event.changes.len(), change), (1, ("name", Some(NORTH), Some("Norden"))));
    }

    members_cannot_create_keys_if_only_admins_may(app) {
        let key = app.north_key("max").await;
        set(app, OrganizationDraft { key_makers: Some("admins"), ..OrganizationDraft::default() }).await;
        assert_eq!(refusal(app.engine.create_key(&app.north("max").await, named()).await), Code::Forbidden);
        app.engine.create_key(&app.north("ada").await, named()).await.expect("an admin may");
        app.with_key(&key.plain).await;
        let max = app.north("max").await;
        app.engine.rotate_key(&max, RotateKey::immediately(key.view.key_id), None).await.expect("existing keys can be rotated");
    }

    // B24
    a_key_can_only_rotate_itself_if_keys_cannot_create_keys(app) {
        let (key, other) = (app.north_key("olga").await, app.north_key("olga").await);
        let admitted = app.with_key(&key.plain).await;
        app.engine.create_key(&admitted.ctx, named()).await.expect("keys may create keys by default (D14)");
        set(app, OrganizationDraft { keys_make_keys: Some(false), ..OrganizationDraft::default() }).await;
        let before = everything(app).await;
        assert_eq!(refusal(app.engine.create_key(&admitted.ctx, named()).await), Code::Forbidden);
        let rotate = RotateKey::immediately(other.view.key_id);
        assert_eq!(refusal(app.engine.rotate_key(&admitted.ctx, rotate, None).await), Code::Forbidden);
        assert_eq!(before, everything(app).await);
        let itself = RotateKey::immediately(key.view.key_id);
        app.engine.rotate_calling_key(&admitted.ctx, &key.plain, itself, false, None).await.expect("a key may rotate itself (D14)");
        app.engine.create_key(&app.north("olga").await, named()).await.expect("a person may");
    }
}
