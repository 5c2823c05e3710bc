//! What several scenes need.

use domain::ActorId;
use domain::command::{CreateKey, CreateServiceAccount};
use domain::device::DeviceClient;
use domain::view::NewKey;
use engine::devices::{DeviceTokens, Granted, StartedDevice};
use engine::tokens::Parties;

use crate::test_app::{TestApp, identity, origin};

pub const CLI: DeviceClient = DeviceClient::CommandLine;

pub fn parties() -> Parties {
    Parties {
        issuer: "https://keys.test".into(),
        audience: "https://keys.test/api/v1".into(),
    }
}

/// A new service account of North.
pub async fn account(app: &TestApp) -> ActorId {
    let command = CreateServiceAccount::read("robot", Some("member"), false).expect("an account");
    let made = app
        .engine
        .create_service_account(&app.north("olga").await, command)
        .await;
    made.expect("an account").actor_id
}

/// A key of a service account of North.
pub async fn key_of(app: &TestApp, owner: ActorId) -> NewKey {
    let command = CreateKey {
        owner: Some(owner),
        ..CreateKey::read("of a robot").expect("a name")
    };
    let made = app
        .engine
        .create_key(&app.north("olga").await, command)
        .await;
    made.expect("a key")
}

/// Signs a person up, as a member of no organization. Gives their name.
pub async fn newcomer(app: &TestApp) -> String {
    let random: [u8; 4] = app.runtime.bytes();
    let name = format!("new{}", hex::encode(random));
    app.engine
        .sign_in(&identity(&name), &origin())
        .await
        .expect("signed in");
    name
}

/// Makes a new person a member of North, with a key. Gives their name and the key.
pub async fn member(app: &TestApp, role: &str) -> (String, NewKey) {
    let name = newcomer(app).await;
    let email = format!("{name}@example.test");
    let command = domain::command::InviteMember::read(&email, Some(role)).expect("a valid command");
    let olga = app.north("olga").await;
    let invitation = app
        .engine
        .create_invitation(&olga, command)
        .await
        .expect("invited");
    let caller = crate::test_app::in_person(app.person(&name).await);
    app.engine
        .accept_invitation(&caller, &invitation.token, origin())
        .await
        .expect("joined");
    let key = app.north_key(&name).await;
    (name, key)
}

pub async fn started_device(app: &TestApp) -> StartedDevice {
    app.engine
        .start_device(CLI, &origin())
        .await
        .expect("codes")
}

/// A device that a person has allowed.
pub async fn allowed_device(app: &TestApp, person: &str) -> StartedDevice {
    let device = started_device(app).await;
    let (browser, _) = app.browser(person).await;
    app.engine
        .decide_device(&browser, &device.user_code, true, &origin())
        .await
        .expect("allowed");
    device
}

pub async fn signed_in_device(app: &TestApp, person: &str) -> DeviceTokens {
    let device = allowed_device(app, person).await;
    let granted = app
        .engine
        .exchange_device_code(CLI, &device.device_code, &parties(), &origin())
        .await;
    granted
        .expect("an answer")
        .unwrap_or_else(|refusal| panic!("{refusal:?}"))
}

/// A refusal of tokens is an error of the operation.
pub fn granted(granted: engine::Result<Granted>) -> engine::Result<()> {
    match granted? {
        Ok(_) => Ok(()),
        Err(refusal) => Err(engine::Error::Broken(format!("{refusal:?}"))),
    }
}
