//! Shared by the benchmarks: an installation with one owner.
#![expect(unreachable_pub, reason = "a module of several programs")]

use domain::Role;
use engine::ctx::Origin;
use engine::keyring::{self, MasterKey};
use engine::organizations::DemoOrganization;
use engine::people::Identity;
use engine::{Caller, Ctx, Db, Engine, Runtime};

/// A new master key, as it is written to a file.
pub fn new_master_key() -> String {
    MasterKey::generate_hex(&Runtime::system()).to_string()
}

#[expect(clippy::expect_used, reason = "a benchmark panics on an error")]
/// An installation with this master key, and the context of a session of its owner.
pub async fn app(url: &str, master_key: &str) -> (Db, Engine, Ctx) {
    let db = Db::open(url).await.expect("opens");
    engine::migrate(&db).await.expect("migrates");
    let runtime = Runtime::system();
    let key = MasterKey::read(master_key.as_bytes()).expect("a master key");
    keyring::init(&db, &key, &runtime)
        .await
        .expect("ring");
    let ring = keyring::open(&db, &key, None)
        .await
        .expect("ring");
    let engine = Engine::new(db.clone(), ring, runtime, Default::default());
    let identity = Identity {
        issuer: "bench".into(),
        subject: "one".into(),
        email: None,
        name: Some("One".into()),
    };
    let cast = [DemoOrganization {
        organization: "Bench",
        members: vec![(identity.clone(), Role::Owner)],
    }];
    engine.seed_demo(&cast).await.expect("seeded");
    let person = engine
        .sign_in(&identity, &Origin::default())
        .await
        .expect("signed in");
    assert!(
        engine
            .insert_session(&[7; 16], Some(person), &Origin::default(), b"{}")
            .await
            .expect("session")
    );
    let caller = Caller::in_browser(
        person,
        engine.session_digest(&[7; 16]),
        engine.runtime().now(),
    );
    let organization = engine
        .list_organizations(person)
        .await
        .expect("memberships")[0]
        .organization
        .clone();
    let ctx = engine
        .enter_organization(&caller, &organization, Origin::default())
        .await
        .expect("admitted");
    (db, engine, ctx)
}
