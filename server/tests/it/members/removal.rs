//! Removing a member, and what happens to their keys.

use domain::ActorId;
use domain::command::{CreateKey, CreateServiceAccount};

use super::{NOOR, Visitor, between, member, members, owner, page, send, visitor};
use crate::test_app::{Someone, TestApp, TestResponse};

async fn key(app: &TestApp, owner: &Someone, name: &str) -> (String, String) {
    let new = app
        .engine
        .create_key(&owner.ctx, CreateKey::read(name).expect("valid"))
        .await
        .expect("created");
    (
        new.view.key_id.to_string(),
        new.plain.expose().to_owned(),
    )
}

async fn account(app: &TestApp, by: &Someone, name: &str) -> ActorId {
    let command = CreateServiceAccount::read(name, Some("member"), false).expect("valid");
    app.engine
        .create_service_account(&by.ctx, command)
        .await
        .expect("created")
        .actor_id
}

struct Scene {
    app: TestApp,
    olivia: Someone,
    owner: Visitor,
    noor: Someone,
    list: String,
    on: String,
}

impl Scene {
    async fn new() -> Self {
        let app = TestApp::new().await;
        let (olivia, noor) = (app.someone("olivia").await, app.someone("noor").await);
        let owner = owner(&app).await;
        visitor(&app, "noor", NOOR, 0).await;
        let list = format!("/o/{}/settings/members", olivia.organization);
        let on = format!("{list}/{}/remove", noor.ctx.actor().id);
        Self {
            app,
            olivia,
            owner,
            noor,
            list,
            on,
        }
    }

    async fn remove(&self, keys: &[(&str, &str)]) -> TestResponse {
        self.remove_confirming(keys, &[]).await
    }

    /// As `remove`, with the typed names of keys that are revoked.
    async fn remove_confirming(
        &self,
        keys: &[(&str, &str)],
        typed: &[(&str, &str)],
    ) -> TestResponse {
        let (organization, actor) = (
            self.olivia.organization.to_string(),
            self.noor.ctx.actor().id.to_string(),
        );
        let keys: Vec<_> = keys
            .iter()
            .map(|(key, disposition)| (format!("keys[{key}]"), *disposition))
            .chain(
                typed
                    .iter()
                    .map(|(key, name)| (format!("confirm[{key}]"), *name)),
            )
            .collect();
        let mut fields = vec![
            ("organization", organization.as_str()),
            ("actor_id", actor.as_str()),
        ];
        fields.extend(
            keys.iter()
                .map(|(name, disposition)| (name.as_str(), *disposition)),
        );
        send(
            &self.app,
            "remove_member",
            &self.on,
            &fields,
            &self.owner.cookie,
        )
        .await
    }

    async fn status(&self, key: &str) -> u16 {
        self.app
            .get("/api/v1/me", key)
            .await
            .status
            .as_u16()
    }
}

// B20, RA-31: the page says who goes and what follows, and asks about every active key, the most
// recently used first.
#[tokio::test]
async fn the_page_says_what_removing_does() {
    let scene = Scene::new().await;
    let app = &scene.app;
    let (first, _) = key(app, &scene.noor, "Old laptop").await;
    let (second, used) = key(app, &scene.noor, "مفتاح النشر").await;
    let (ended, _) = key(app, &scene.noor, "Ended").await;
    let revoke = domain::command::RevokeKey {
        key: ended.parse().expect("id"),
        reason: domain::key::RevokeReason::NoLongerNeeded,
    };
    app.engine
        .revoke_key(&scene.noor.ctx, revoke)
        .await
        .expect("revoked");
    assert_eq!(scene.status(&used).await, 200);
    app.engine.flush_usage().await.expect("written");
    let (free, busy) = (
        account(app, &scene.olivia, "Free").await,
        account(app, &scene.olivia, "Busy").await,
    );
    let command = CreateKey {
        owner: Some(busy),
        ..CreateKey::read("Its own").expect("valid")
    };
    app.engine
        .create_key(&scene.olivia.ctx, command)
        .await
        .expect("created");

    let shown = page(app, &scene.on, &scene.owner.cookie).await;
    assert_eq!(shown.status.as_u16(), 200);
    for text in [
        NOOR,
        "noor@demo.example",
        "مفتاح النشر",
        "Used in the last 7 days",
    ] {
        assert!(shown.text.contains(text), "{text}: {}", shown.text);
    }
    assert!(
        app::words::remove_member::EFFECTS
            .iter()
            .all(|effect| shown.text.contains(effect))
    );
    let place = |id: &str| shown.text.find(&format!("name=\"keys[{id}]\""));
    assert!(
        place(&second) < place(&first) && place(&second).is_some(),
        "the one used last comes first"
    );
    assert_eq!(place(&ended), None);
    let choice = between(
        &shown.text,
        &format!("name=\"keys[{first}]\""),
        "</select>",
    );
    assert!(
        between(choice, "value=\"end\"", ">").contains("selected"),
        "ending is what is chosen unless one says otherwise"
    );
    assert!(choice.contains("value=\"new\"") && choice.contains(&format!("value=\"{free}\"")));
    assert!(
        !choice.contains(&format!("value=\"{busy}\"")),
        "an account that can take no key is not offered"
    );
}

// A key in use is handed over unless one says otherwise, and its name is typed to revoke it.
#[tokio::test]
async fn a_key_in_use_is_not_revoked_by_accident() {
    let scene = Scene::new().await;
    let (id, used) = key(&scene.app, &scene.noor, "Nightly export").await;
    let (idle, _) = key(&scene.app, &scene.noor, "Old laptop").await;
    assert_eq!(scene.status(&used).await, 200);
    scene
        .app
        .engine
        .flush_usage()
        .await
        .expect("written");
    let shown = page(&scene.app, &scene.on, &scene.owner.cookie)
        .await
        .text;
    let choice = between(&shown, &format!("name=\"keys[{id}]\""), "</select>");
    assert!(between(choice, "value=\"new\"", ">").contains("selected"));
    assert!(!shown.contains(&format!("name=\"confirm[{idle}]\"")));

    for (typed, message) in [
        (None, app::words::revoke_key::CONFIRM_MISSING),
        (
            Some("Nightly"),
            app::words::revoke_key::CONFIRM_DIFFERS,
        ),
    ] {
        let typed: Vec<_> = typed
            .map(|name| (id.as_str(), name))
            .into_iter()
            .collect();
        let refused = scene
            .remove_confirming(&[(&id, "end"), (&idle, "end")], &typed)
            .await;
        assert_eq!(refused.status.as_u16(), 422, "{typed:?}");
        assert!(refused.text.contains(message) && refused.text.contains(&format!("#confirm-{id}")));
        let choice = between(
            &refused.text,
            &format!("name=\"keys[{id}]\""),
            "</select>",
        );
        assert!(
            between(choice, "value=\"end\"", ">").contains("selected"),
            "what was chosen stays"
        );
        assert_eq!(scene.status(&used).await, 200, "nothing is lost");
    }
    let removed = scene
        .remove_confirming(
            &[(&id, "end"), (&idle, "end")],
            &[(&id, " Nightly export ")],
        )
        .await;
    assert_eq!(removed.status.as_u16(), 303, "{}", removed.text);
    assert_eq!(scene.status(&used).await, 401);
}

// D15: a key that is being replaced can end, and nothing else: its successor is there.
#[tokio::test]
async fn a_key_with_a_successor_is_offered_no_heir() {
    let scene = Scene::new().await;
    let (old, _) = key(&scene.app, &scene.noor, "Old laptop").await;
    let free = account(&scene.app, &scene.olivia, "Reports")
        .await
        .to_string();
    let id = old.parse().expect("id");
    let rotate = domain::command::RotateKey {
        overlap_seconds: 3600,
        ..domain::command::RotateKey::immediately(id)
    };
    let rotated = scene
        .app
        .engine
        .rotate_key(&scene.noor.ctx, rotate, None)
        .await
        .expect("rotated");
    let new = rotated.new.view.key_id.to_string();
    let shown = page(&scene.app, &scene.on, &scene.owner.cookie)
        .await
        .text;
    let choice =
        |key: &str| between(&shown, &format!("name=\"keys[{key}]\""), "</select>").to_owned();
    let offered = |key: &str| {
        ["end", "new", &free]
            .map(|disposition| choice(key).contains(&format!("value=\"{disposition}\"")))
    };
    assert_eq!(
        (offered(&old), offered(&new)),
        ([true, false, false], [true, true, true])
    );
    let refused = scene
        .remove(&[(&old, "new"), (&new, "end")])
        .await;
    assert_eq!(refused.status.as_u16(), 409);
    assert!(
        refused.text.contains("was already rotated"),
        "{}",
        refused.text
    );
}

// B20: however many keys are handed over, each new one is shown; the form and the API take a
// hundred.
#[tokio::test]
async fn no_new_key_is_lost_in_a_long_answer() {
    let scene = Scene::new().await;
    // Names as long as names may be: together more than a form may hold.
    let name = "🚀".repeat(100);
    let mut keys = Vec::new();
    for _ in 0..101 {
        keys.push(key(&scene.app, &scene.noor, &name).await.0);
    }
    let dispositions: Vec<_> = keys
        .iter()
        .map(|key| (key.as_str(), "new"))
        .collect();
    let refused = scene.remove(&dispositions).await;
    assert_eq!(refused.status.as_u16(), 422);
    assert!(
        refused
            .text
            .contains(app::words::remove_member::FAILED),
        "{}",
        refused.text
    );
    let answer = scene.remove(&dispositions[..100]).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    let new: Vec<_> = answer
        .text
        .split("<textarea")
        .skip(1)
        .map(|part| between(part, ">", "<"))
        .collect();
    assert_eq!(new.len(), 100);
    assert_eq!(
        (
            scene.status(new[0]).await,
            scene.status(new[99]).await
        ),
        (200, 200)
    );
}

// B20: one key ends, one gets a successor, and the new key is in this answer and nowhere else.
#[tokio::test]
async fn keys_end_or_are_handed_over() {
    let scene = Scene::new().await;
    let ((one, ended), (two, old), (three, given), (_, unnamed)) = (
        key(&scene.app, &scene.noor, "Old laptop").await,
        key(&scene.app, &scene.noor, "مفتاح النشر").await,
        key(&scene.app, &scene.noor, "Export").await,
        key(&scene.app, &scene.noor, "Forgotten").await,
    );
    let account = account(&scene.app, &scene.olivia, "Reports")
        .await
        .to_string();
    let answer = scene
        .remove(&[(&one, "end"), (&two, "new"), (&three, &account)])
        .await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    let new: Vec<_> = answer
        .text
        .split("<textarea")
        .skip(1)
        .map(|part| between(part, ">", "<").to_owned())
        .collect();
    assert_eq!(new.len(), 2);
    assert!(
        answer.text.contains("“<bdi>مفتاح النشر</bdi>”")
            && answer.text.contains("“<bdi>Reports</bdi>”")
    );
    for key in &new {
        assert_eq!(
            (
                scene.status(key).await,
                answer.text.matches(key.as_str()).count()
            ),
            (200, 1)
        );
    }
    assert_eq!(
        [
            scene.status(&ended).await,
            scene.status(&old).await,
            scene.status(&given).await
        ],
        [401, 401, 401]
    );
    assert_eq!(
        scene.status(&unnamed).await,
        403,
        "RA-31: what is not named answers 403"
    );

    let shown = page(&scene.app, &scene.list, &scene.owner.cookie)
        .await
        .text;
    assert!(shown.contains("<bdi>نور الهاشمي</bdi> was removed."));
    assert!(!new.iter().any(|key| shown.contains(key.as_str())));

    // The same form again, from another tab: nothing more happens, and the page says what to do
    // about keys not seen.
    let again = scene
        .remove(&[(&one, "end"), (&two, "new"), (&three, &account)])
        .await;
    assert_eq!(again.status.as_u16(), 404);
    assert!(
        again
            .text
            .contains(app::words::remove_member::ALREADY_REMOVED_HINT)
    );
    assert!(
        new.iter()
            .all(|key| !again.text.contains(key.as_str()))
    );
    for key in &new {
        assert_eq!(scene.status(key).await, 200);
    }
}

// B20: without keys to show the way leads on, and the page there names who went.
#[tokio::test]
async fn a_removal_is_told_once_by_name() {
    let scene = Scene::new().await;
    let answer = scene.remove(&[]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (303, scene.list.as_str()),
        "{}",
        answer.text
    );
    let notice = "<bdi>نور الهاشمي</bdi> was removed.";
    assert!(
        page(&scene.app, &scene.list, &scene.owner.cookie)
            .await
            .text
            .contains(notice)
    );
    assert!(
        !page(&scene.app, &scene.list, &scene.owner.cookie)
            .await
            .text
            .contains(notice)
    );
    let gone = page(&scene.app, &scene.on, &scene.owner.cookie).await;
    assert_eq!(gone.status.as_u16(), 404);
    assert!(
        gone.text
            .contains(app::words::remove_member::ALREADY_REMOVED)
    );
}

// A removal that cannot be done whole is not done at all, and the form comes back as it was sent.
#[tokio::test]
async fn a_removal_that_is_refused_keeps_what_was_chosen() {
    let scene = Scene::new().await;
    let ((one, _), (two, live)) = (
        key(&scene.app, &scene.noor, "One").await,
        key(&scene.app, &scene.noor, "Two").await,
    );
    let account = account(&scene.app, &scene.olivia, "Reports")
        .await
        .to_string();
    let before = members(&scene.app, &scene.olivia).await;
    for (keys, status) in [
        (
            vec![
                (one.as_str(), account.as_str()),
                (two.as_str(), account.as_str()),
            ],
            409,
        ),
        (
            vec![(one.as_str(), "new"), (two.as_str(), "keep")],
            422,
        ),
        (
            vec![(one.as_str(), "new"), (two.as_str(), "9999")],
            404,
        ),
        (vec![("x", "end")], 404),
    ] {
        let answer = scene.remove(&keys).await;
        assert_eq!(
            answer.status.as_u16(),
            status,
            "{keys:?}: {}",
            answer.text
        );
        assert!(
            answer
                .text
                .contains(app::words::remove_member::FAILED),
            "{keys:?}"
        );
        let choice = answer
            .text
            .contains(&format!("name=\"keys[{one}]\""));
        assert!(choice, "{keys:?}");
        if keys[0].0 == one {
            let choice = between(
                &answer.text,
                &format!("name=\"keys[{one}]\""),
                "</select>",
            );
            assert!(
                between(choice, &format!("value=\"{}\"", keys[0].1), ">").contains("selected"),
                "{keys:?}"
            );
        }
    }
    assert_eq!(members(&scene.app, &scene.olivia).await, before);
    assert_eq!(scene.status(&live).await, 200);
}

// B22: an owner is removed only after a fresh sign-in.
#[tokio::test]
async fn an_owner_is_removed_only_after_a_fresh_sign_in() {
    let scene = Scene::new().await;
    let (app, noor) = (&scene.app, scene.noor.ctx.actor().id);
    app.engine
        .change_member(&scene.olivia.ctx, noor, domain::Role::Owner)
        .await
        .expect("changed");
    let (one, _) = key(app, &scene.noor, "One").await;
    let late = visitor(app, "olivia", "Olivia Owens", 601).await;
    let fields = [
        ("organization", scene.olivia.organization.as_str()),
        ("actor_id", &noor.to_string()),
        (&format!("keys[{one}]"), "new"),
    ];
    let answer = send(app, "remove_member", &scene.on, &fields, &late.cookie).await;
    assert_eq!(answer.status.as_u16(), 401, "{}", answer.text);
    assert!(
        answer
            .text
            .contains(&format!("&amp;return_to={}\"", scene.on)),
        "{}",
        answer.text
    );
    assert_eq!(member(app, &scene.olivia, NOOR).await, noor);
    let answer = send(
        app,
        "remove_member",
        &scene.on,
        &fields,
        &scene.owner.cookie,
    )
    .await;
    assert_eq!(answer.status.as_u16(), 200, "signed in just now");
}

// B22: what is certain to ask for a fresh sign-in says so before anything is chosen.
#[tokio::test]
async fn a_fresh_sign_in_is_asked_for_before_anything_is_chosen() {
    let scene = Scene::new().await;
    let app = &scene.app;
    let late = visitor(app, "olivia", "Olivia Owens", 601).await;
    key(app, &scene.noor, "One").await;
    let form = async |cookie: &str| {
        let shown = page(app, &scene.on, cookie).await.text;
        let form = between(&shown, "action=\"/ui/remove_member\"", ">").to_owned();
        (
            form.contains("data-stale"),
            form.contains("data-power"),
        )
    };
    assert_eq!(form(&late.cookie).await, (true, false));
    key(app, &scene.noor, "Two").await;
    assert_eq!(form(&late.cookie).await, (true, true));
    assert_eq!(form(&scene.owner.cookie).await, (false, true));
}

#[tokio::test]
async fn what_is_wrong_with_the_fates_of_keys_is_told_in_their_terms() {
    let scene = Scene::new().await;
    let app = &scene.app;
    let (one, _) = key(app, &scene.noor, "One").await;
    let (two, _) = key(app, &scene.noor, "Two").await;
    let bot = account(app, &scene.olivia, "Bot")
        .await
        .to_string();
    let both = scene.remove(&[(&one, &bot), (&two, &bot)]).await;
    assert_eq!(both.status.as_u16(), 409);
    assert!(
        both.text
            .contains(app::words::remove_member::TOO_MANY_KEYS),
        "{}",
        both.text
    );
    let command = domain::command::RevokeKey {
        key: two.parse().expect("an id"),
        reason: domain::key::RevokeReason::Leaked,
    };
    app.engine
        .revoke_key(&scene.noor.ctx, command)
        .await
        .expect("revoked");
    let stale = scene
        .remove(&[(&one, "end"), (&two, "end")])
        .await;
    assert_eq!(stale.status.as_u16(), 404);
    assert!(
        stale
            .text
            .contains(app::words::remove_member::KEYS_CHANGED)
            && !stale.text.contains(&format!("keys[{two}]")),
        "{}",
        stale.text
    );
}
