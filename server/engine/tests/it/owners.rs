//! Adding an owner from the command line.

use domain::{Code, Role};
use engine::members::AddedOwner;
use engine::people::Identity;
use engine::{Ctx, Engine};

use crate::test_app::{NORTH, TestApp, identity, in_person, origin, refusal};

/// Somebody of another identity provider.
fn stranger(email: &str) -> Identity {
    Identity {
        issuer: "https://another.example".into(),
        subject: format!("stranger {email}"),
        email: Some(email.into()),
        name: Some("A stranger".into()),
    }
}

/// Signs in with an email, and enters North.
async fn sign_in(app: &TestApp, identity: &Identity) -> engine::Result<Ctx> {
    let person = app.engine.sign_in(identity, &origin()).await?;
    let caller = in_person(person);
    let north = app.organization(NORTH).await;
    app.engine
        .enter_organization(&caller, &north, origin())
        .await
}

async fn add(
    app: &TestApp,
    engine: &Engine,
    email: &str,
    is_new: bool,
) -> engine::Result<Vec<AddedOwner>> {
    let north = app.organization(NORTH).await;
    engine
        .add_owner(&north, email, is_new, "locked out")
        .await
}

async fn roles(app: &TestApp) -> i64 {
    app.intruder()
        .await
        .number("SELECT COUNT(*) FROM audit_events WHERE action = 'member.role_changed' AND actor_name = 'The operator' AND changes LIKE '%locked out%'")
        .await
}

both! {
    a_stranger_becomes_an_owner_at_their_next_sign_in(app) {
        let newcomer = stranger("new@north.example");
        assert_eq!(refusal(sign_in(app, &newcomer).await), Code::Forbidden);
        let added = add(app, &app.engine, " New@North.example ", false).await.expect("added");
        assert!(matches!(added.as_slice(), [AddedOwner::Awaited(_)]), "{added:?}");
        // Nobody else gets the right, and a second call adds no second owner.
        let other = stranger("other@north.example");
        assert_eq!(refusal(sign_in(app, &other).await), Code::Forbidden);
        let again = add(app, &app.engine, "new@north.example", false).await.expect("added");
        assert!(matches!(again.as_slice(), [AddedOwner::Unchanged(_)]), "{again:?}");
        let ctx = sign_in(app, &newcomer).await.expect("a member");
        assert_eq!(ctx.actor().role, Role::Owner);
        assert_eq!(roles(app).await, 1);
        let north = app.organization(NORTH).await;
        assert!(app.engine.verify_audit(&north).await.is_ok());
    }

    a_member_becomes_an_owner(app) {
        let email = "max@north.example";
        let max = Identity { email: Some(email.into()), ..identity("max") };
        assert_eq!(sign_in(app, &max).await.expect("a member").actor().role, Role::Member);
        let id = app.member("max", NORTH).await;
        assert_eq!(add(app, &app.engine, email, false).await.expect("added"), [AddedOwner::Promoted(id)]);
        assert_eq!(add(app, &app.engine, email, false).await.expect("added"), [AddedOwner::Unchanged(id)]);
        assert_eq!(sign_in(app, &max).await.expect("a member").actor().role, Role::Owner);
        assert_eq!(roles(app).await, 1);

        // After a change of the identity provider, the same person is another identity. The member
        // of the former one can still sign in, and remains one member.
        let moved = stranger(email);
        let awaited = add(app, &app.engine, email, true).await.expect("added");
        assert!(matches!(awaited.as_slice(), [AddedOwner::Awaited(_)]), "{awaited:?}");
        assert_eq!(sign_in(app, &max).await.expect("a member").actor().id, id);
        let ctx = sign_in(app, &moved).await.expect("a member");
        assert_eq!((ctx.actor().role, ctx.actor().id == id), (Role::Owner, false));
    }

    a_former_member_returns_as_another_actor(app) {
        let email = "mia@north.example";
        let mia = Identity { email: Some(email.into()), ..identity("mia") };
        let before = sign_in(app, &mia).await.expect("a member").actor().id;
        let olga = app.north("olga").await;
        app.engine.remove_member(&olga, before).await.expect("removed");
        assert_eq!(refusal(sign_in(app, &mia).await), Code::Forbidden);
        add(app, &app.engine, email, false).await.expect("added");
        let ctx = sign_in(app, &mia).await.expect("a member");
        assert_eq!((ctx.actor().role, ctx.actor().id == before), (Role::Owner, false));
    }

    no_owner_is_added_to_an_altered_log(app) {
        for wrong in ["", "nobody", "a@b\n@c.example"] {
            assert_eq!(refusal(add(app, &app.engine, wrong, false).await), Code::InvalidFields, "{wrong}");
        }
        let mut intruder = app.intruder().await;
        intruder.run("UPDATE audit_events SET at = at + 1 WHERE n = 2").await;
        let engine = app.restarted().await;
        engine.check_chain_heads(1_000).await.expect("checked");
        let refused = add(app, &engine, "new@north.example", false).await;
        assert_eq!(refusal(refused), Code::Unavailable);
    }
}
