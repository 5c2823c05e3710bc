//! The page of a service account offers only what the engine allows.

use domain::ActorId;
use domain::command::{ChangeServiceAccount, CreateKey, CreateServiceAccount, RotateKey};

use crate::browser;
use crate::test_app::{Someone, TestApp};

async fn page(app: &TestApp, someone: &Someone, account: ActorId) -> String {
    let path = format!(
        "/o/{}/settings/service-accounts/{account}",
        someone.organization
    );
    let answer = browser::page(app, &path, &someone.cookie()).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    answer.text
}

// RO-20, RO-21, D4: an account has one active key, which can be rotated.
#[tokio::test]
async fn the_page_of_an_account_with_a_key_offers_a_rotation() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let command = CreateServiceAccount::read("Deploy pipeline", None, false).expect("valid");
    let account = app
        .engine
        .create_service_account(&olivia.ctx, command)
        .await
        .expect("made")
        .actor_id;
    let keys = format!("/o/{}/settings/api-keys", olivia.organization);
    let create = format!("{keys}/new?for={account}");
    assert!(
        page(&app, &olivia, account)
            .await
            .contains(&create),
        "without a key, one can be created"
    );

    let command = CreateKey {
        owner: Some(account),
        ..CreateKey::read("Deploys").expect("valid")
    };
    let first = app
        .engine
        .create_key(&olivia.ctx, command)
        .await
        .expect("key")
        .view;
    let shown = page(&app, &olivia, account).await;
    assert!(!shown.contains(&create), "no second key");
    assert!(
        shown.contains(&format!("{keys}/{}/rotate", first.key_id)),
        "but a rotation"
    );
    assert!(
        shown.contains(&first.preview[..6])
            && shown.contains(&format!("{keys}/{}\"", first.key_id))
    );

    let command = RotateKey {
        overlap_seconds: 3600,
        ..RotateKey::immediately(first.key_id)
    };
    let second = app
        .engine
        .rotate_key(&olivia.ctx, command, None)
        .await
        .expect("rotated")
        .new
        .view;
    let shown = page(&app, &olivia, account).await;
    assert!(
        shown.contains(&format!("{keys}/{}/rotate", second.key_id)),
        "the successor can be rotated"
    );
    assert!(
        !shown.contains(&format!("{keys}/{}/rotate", first.key_id)),
        "the old key expires and cannot be rotated"
    );

    let allow = ChangeServiceAccount::read(account, None, None, None, Some(true)).expect("valid");
    app.engine
        .change_service_account(&olivia.ctx, allow)
        .await
        .expect("changed");
    let shown = page(&app, &olivia, account).await;
    assert!(
        shown.contains(&create) && !shown.contains(app::words::service_accounts::HAS_ITS_ONE_KEY),
        "several keys are allowed"
    );

    let disable = ChangeServiceAccount::read(account, None, None, Some(true), None).expect("valid");
    app.engine
        .change_service_account(&olivia.ctx, disable)
        .await
        .expect("changed");
    let shown = page(&app, &olivia, account).await;
    assert!(
        !shown.contains(&create) && !shown.contains("/rotate"),
        "no actions while it is disabled"
    );
}
