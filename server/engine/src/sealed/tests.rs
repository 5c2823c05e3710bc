//! What rotation does with seals, from inside: inheriting, counting, passing the inbox on.

use domain::command::{CreateKey, SealText};
use domain::token::Brand;
use domain::view::NewKey;

use super::*;
use crate::ctx::Origin;
use crate::keyring::{self, MasterKey};
use crate::organizations::DemoOrganization;
use crate::people::Identity;
use crate::runtime::{FrozenClock, SeededRng};
use crate::{Db, Runtime};

fn identity(name: &str) -> Identity {
    let name = name.to_owned();
    Identity {
        issuer: "https://idp.test".into(),
        subject: name.clone(),
        email: None,
        name: Some(name),
    }
}

async fn engine(folder: &tempfile::TempDir) -> Engine {
    let runtime = Runtime::of(
        FrozenClock::at(Moment(1_775_677_879_000)),
        SeededRng::new(1),
    );
    let master =
        MasterKey::read(MasterKey::generate_hex(&runtime).as_bytes()).expect("a master key");
    let db = Db::open(&format!(
        "sqlite://{}",
        folder.path().join("db").display()
    ))
    .await
    .expect("a database");
    crate::migrate(&db).await.expect("tables");
    keyring::init(&db, &master, &runtime)
        .await
        .expect("a ring");
    let ring = keyring::open(&db, &master, None)
        .await
        .expect("a ring");
    let engine = Engine::new(db, ring, runtime, Brand::default());
    let members = vec![(identity("olga"), domain::Role::Owner)];
    engine
        .seed_demo(&[DemoOrganization {
            organization: "North",
            members,
        }])
        .await
        .expect("staged");
    engine
}

/// Puts a key in the place of another, as rotation does.
async fn succeed(engine: &Engine, ctx: &Ctx, old: &NewKey, new: &NewKey) {
    let (mut tx, successor) = (
        engine.db().begin().await.expect("a transaction"),
        new.view.key_id,
    );
    let public = hex::decode(&new.public_key_hex).expect("hex");
    reassign_inbox(
        &mut tx,
        &ctx.actor.organization,
        old.view.key_id,
        successor,
    )
    .await
    .expect("passed on");
    let (owner, old_id) = (&ctx.actor, old.view.key_id);
    engine
        .grant_access(&mut tx, owner, &old.plain, old_id, successor, &public)
        .await
        .expect("inherited");
    tx.commit().await.expect("committed");
}

#[tokio::test]
async fn an_heir_counts_and_opens_all_of_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let engine = engine(&folder).await;
    let olga = engine
        .identify_person(&identity("olga"), Some(engine.runtime().now()))
        .await
        .expect("olga");
    let olga = engine
        .enter_only_organization(&olga, Origin::default())
        .await
        .expect("olga");
    let mut line: Vec<NewKey> = Vec::new();
    for generation in 0..3_i64 {
        let key = engine
            .create_key(&olga, CreateKey::read("a key").expect("a name"))
            .await
            .expect("a key");
        if let Some(old) = line.last() {
            succeed(&engine, &olga, old, &key).await;
        }
        let text = SealText::read(&format!("generation {generation}")).expect("a text");
        let sealed = engine
            .send_message(&olga, olga.actor.id, text.clone())
            .await
            .expect("sent");
        assert_eq!(sealed.key_id, key.view.key_id);
        let admitted = engine
            .authenticate_key(&key.plain, Origin::default())
            .await
            .expect("admitted");
        engine
            .write_item(&admitted.ctx, SealedKind::Notebook, text)
            .await
            .expect("written");
        line.push(key);
        for (back, key) in line.iter().enumerate() {
            let mut connection = engine.db().read().await.expect("a link");
            let count = count_sealed(
                &mut connection,
                &olga.actor.organization,
                key.view.key_id,
            )
            .await
            .expect("a count");
            assert_eq!(
                (count.messages(), count.items()),
                (back as i64 + 1, back as i64 + 1),
                "what came later is not of the line"
            );
        }
    }
    for (back, key) in line.iter().enumerate() {
        let ctx = engine
            .authenticate_key(&key.plain, Origin::default())
            .await
            .expect("admitted")
            .ctx;
        let (inbox, notebook) = (
            engine
                .read_items(&ctx, &key.plain, SealedKind::Inbox, 9)
                .await,
            engine
                .read_items(&ctx, &key.plain, SealedKind::Notebook, 9)
                .await,
        );
        for items in [inbox.expect("an inbox"), notebook.expect("a notebook")] {
            let texts: Vec<_> = items
                .items
                .iter()
                .map(|item| item.opened.text.clone())
                .collect();
            assert_eq!(
                texts,
                (0..=back)
                    .rev()
                    .map(|n| format!("generation {n}"))
                    .collect::<Vec<_>>()
            );
            assert_eq!(items.unreadable, 2 - back as i64);
        }
    }
}
