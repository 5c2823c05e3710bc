//! Drafts of forms that wait for a fresh sign-in, and form tokens that can be used once.

use domain::command::{CreateKey, InviteMember, KeyDraft};
use domain::{Code, Moment};
use engine::Caller;
use engine::form_token::FormToken;
use engine::tokens::Parties;
use tokio::task::JoinSet;

use crate::test_app::{TestApp, everything, origin, refusal};

const FORM: &[u8] = b"name=Nightly+export";
const BROWSER: &str = "the secret of a browser";

async fn saved(app: &TestApp, name: &str) -> (Caller, String) {
    let (caller, _) = app.browser(name).await;
    let token = app
        .engine
        .save_draft(&caller, BROWSER, FORM)
        .await
        .expect("saved");
    (caller, token)
}

async fn take(app: &TestApp, caller: &Caller, browser: &str, token: &str) -> Option<Vec<u8>> {
    app.engine
        .take_draft(caller, browser, token)
        .await
        .expect("a result")
        .map(|form| form.to_vec())
}

fn form(app: &TestApp) -> FormToken {
    FormToken::generate(&app.runtime)
}

both! {
    // B22
    a_draft_can_be_taken_once_within_ten_minutes(app) {
        let (ada, token) = saved(app, "ada").await;
        app.clock.advance_seconds(599);
        // A later session of the same person can take it.
        let (later, _) = app.browser("ada").await;
        assert_eq!(take(app, &later, BROWSER, &token).await.as_deref(), Some(FORM));
        assert_eq!(take(app, &ada, BROWSER, &token).await, None, "once");
        let (ada, token) = saved(app, "ada").await;
        app.clock.advance_seconds(600);
        assert_eq!(take(app, &ada, BROWSER, &token).await, None, "too old");
    }

    // B22
    a_draft_can_be_taken_only_by_its_owner_in_the_same_browser(app) {
        let (ada, token) = saved(app, "ada").await;
        let (max, _) = app.browser("max").await;
        assert_eq!(take(app, &max, BROWSER, &token).await, None);
        assert_eq!(take(app, &ada, BROWSER, "no such token").await, None);
        assert_eq!(take(app, &ada, BROWSER, &token).await.as_deref(), Some(FORM), "the attempts of others do not delete it");
        let (ada, token) = saved(app, "ada").await;
        assert_eq!(take(app, &ada, "another browser", &token).await, None);
    }

    // B22
    the_content_of_a_draft_is_encrypted_and_bound_to_its_row(app) {
        let (ada, one) = saved(app, "ada").await;
        let text = format!("{:?}", everything(app).await);
        assert!(!text.contains("Nightly") && !text.contains(&one));
        let mut intruder = app.intruder().await;
        let (max, other) = saved(app, "max").await;
        // The row is assigned to another person.
        intruder.run(&format!("UPDATE drafts SET person_id = {}", max.person.0)).await;
        assert_eq!(take(app, &max, BROWSER, &one).await, None);
        assert_eq!(take(app, &max, BROWSER, &other).await.as_deref(), Some(FORM));
        assert_eq!(take(app, &ada, BROWSER, &one).await, None);
    }

    only_the_five_newest_drafts_of_a_person_are_kept(app) {
        let mut tokens = Vec::new();
        for _ in 0..7 {
            tokens.push(saved(app, "ada").await.1);
            app.clock.advance_seconds(1);
        }
        let (max, other) = saved(app, "max").await;
        let (ada, _) = app.browser("ada").await;
        let mut found = Vec::new();
        for token in &tokens {
            found.push(take(app, &ada, BROWSER, token).await.is_some());
        }
        assert_eq!(found, [false, false, true, true, true, true, true]);
        assert!(take(app, &max, BROWSER, &other).await.is_some(), "drafts of other people are kept");
    }

    expired_drafts_and_form_tokens_are_deleted(app) {
        let (ada, _) = saved(app, "ada").await;
        let parties = Parties { issuer: "https://north.example".into(), audience: "https://north.example/api".into() };
        let form = form(app);
        app.engine.issue_token_once(&ada, &parties, &origin(), Some(&form)).await.expect("issued");
        let mut intruder = app.intruder().await;
        let mut count = async || {
            let drafts = intruder.number("SELECT COUNT(*) FROM drafts").await;
            (drafts, intruder.number("SELECT COUNT(*) FROM spent_forms").await)
        };
        assert_eq!(count().await, (1, 1));
        app.clock.advance_seconds(601);
        app.engine.delete_expired_sessions().await.expect("deleted");
        app.engine.delete_old_requests().await.expect("deleted");
        assert_eq!(count().await, (0, 1), "a form token is kept for a day");
        app.clock.advance_seconds(24 * 60 * 60);
        app.engine.delete_old_requests().await.expect("deleted");
        assert_eq!(count().await, (0, 0));
    }

    // F9
    resubmitting_a_form_creates_no_second_key(app) {
        let ada = app.north("ada").await;
        let form = form(app);
        let draft = |name| {
            let draft = KeyDraft { name, ..KeyDraft::default() };
            CreateKey::draft(&draft, Moment(0)).expect("a valid command")
        };
        let once = form.idempotency_key("create_key");
        let created = app.engine.create_key_once(&ada, draft("one"), Some(&once)).await.expect("created").view.key_id;
        let before = everything(app).await;
        for name in ["one", "another name"] {
            match app.engine.create_key_once(&ada, draft(name), Some(&once)).await {
                Err(engine::Error::AlreadyDone(key)) => assert_eq!(key, created),
                other => panic!("{:?}", other.map(|new| new.view.key_id)),
            }
        }
        assert_eq!(before, everything(app).await);
    }

    // F9
    resubmitting_a_form_creates_no_second_invitation_and_revokes_none(app) {
        let ada = app.north("ada").await;
        let form = form(app);
        let ask = || InviteMember::read("zoe@example.test", Some("member")).expect("a valid command");
        let first = app.engine.create_invitation_once(&ada, ask(), Some(&form)).await.expect("invited");
        let before = everything(app).await;
        assert_eq!(refusal(app.engine.create_invitation_once(&ada, ask(), Some(&form)).await), Code::AlreadyDone);
        assert_eq!(before, everything(app).await);
        app.engine.get_invitation(&first.token).await.expect("the link that was shown still works");
    }

    // F9: a rejected form does not use up its token.
    a_rejected_form_can_be_resubmitted(app) {
        let ada = app.north("ada").await;
        let form = form(app);
        let ask = |email| InviteMember::read(email, Some("member")).expect("a valid command");
        let member = app.engine.create_invitation_once(&ada, ask("max@example.test"), Some(&form)).await;
        assert_eq!(refusal(member), Code::Conflict);
        app.engine.create_invitation_once(&ada, ask("zoe@example.test"), Some(&form)).await.expect("invited");
    }

    // F9
    concurrent_submissions_of_a_form_issue_one_token(app) {
        let (ada, _) = app.browser("ada").await;
        let form = form(app);
        let mut all = JoinSet::new();
        for _ in 0..20 {
            let (engine, ada, form) = (app.engine.clone(), ada.clone(), form.clone());
            all.spawn(async move {
                let parties = Parties { issuer: "https://a.example".into(), audience: "https://a.example/api".into() };
                engine.issue_token_once(&ada, &parties, &origin(), Some(&form)).await.map(drop)
            });
        }
        let results = all.join_all().await;
        let repeated = results.iter().filter(|result| matches!(result, Err(engine::Error::Repeated))).count();
        assert_eq!((results.iter().filter(|result| result.is_ok()).count(), repeated), (1, 19), "{results:?}");
    }
}

#[test]
fn only_43_letters_and_digits_are_a_form_token() {
    let token = "a".repeat(43);
    assert_eq!(
        FormToken::read(&token).expect("a token").as_str(),
        token
    );
    for text in [
        "",
        "a",
        &"a".repeat(44),
        &format!("{}-", "a".repeat(42)),
        &"é".repeat(43),
    ] {
        assert_eq!(FormToken::read(text), None, "{text}");
    }
}
