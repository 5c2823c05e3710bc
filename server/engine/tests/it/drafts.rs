//! Forms that wait for a fresh sign-in, and forms that are good for one success.

use domain::command::{CreateKey, InviteMember, KeyDraft};
use domain::{Code, Moment};
use engine::Caller;
use engine::form_token::FormToken;
use engine::tokens::Parties;
use tokio::task::JoinSet;

use crate::test_app::{TestApp, everything, origin, refusal};

const FORM: &[u8] = b"name=Nightly+export";
const BROWSER: &str = "the secret of a browser";

async fn kept(app: &TestApp, name: &str) -> (Caller, String) {
    let (caller, _) = app.browser(name).await;
    let token = app.engine.save_draft(&caller, BROWSER, FORM).await.expect("kept");
    (caller, token)
}

async fn taken(app: &TestApp, caller: &Caller, browser: &str, token: &str) -> Option<Vec<u8>> {
    app.engine.take_draft(caller, browser, token).await.expect("looked for").map(|form| form.to_vec())
}

fn form(app: &TestApp) -> FormToken {
    FormToken::generate(&app.runtime)
}

both! {
    // B22
    a_draft_is_taken_once_within_ten_minutes(app) {
        let (ada, token) = kept(app, "ada").await;
        app.clock.advance_seconds(599);
        // A session later it is still hers.
        let (later, _) = app.browser("ada").await;
        assert_eq!(taken(app, &later, BROWSER, &token).await.as_deref(), Some(FORM));
        assert_eq!(taken(app, &ada, BROWSER, &token).await, None, "once");
        let (ada, token) = kept(app, "ada").await;
        app.clock.advance_seconds(600);
        assert_eq!(taken(app, &ada, BROWSER, &token).await, None, "too old");
    }

    // B22
    a_draft_belongs_to_one_person_in_one_browser(app) {
        let (ada, token) = kept(app, "ada").await;
        let (max, _) = app.browser("max").await;
        assert_eq!(taken(app, &max, BROWSER, &token).await, None);
        assert_eq!(taken(app, &ada, BROWSER, "no such token").await, None);
        assert_eq!(taken(app, &ada, BROWSER, &token).await.as_deref(), Some(FORM), "nobody else used it up");
        let (ada, token) = kept(app, "ada").await;
        assert_eq!(taken(app, &ada, "another browser", &token).await, None);
    }

    // B22
    what_a_draft_says_is_sealed_to_its_place(app) {
        let (ada, one) = kept(app, "ada").await;
        let text = format!("{:?}", everything(app).await);
        assert!(!text.contains("Nightly") && !text.contains(&one));
        let mut intruder = app.intruder().await;
        let (max, other) = kept(app, "max").await;
        // A row is given to somebody else.
        intruder.run(&format!("UPDATE drafts SET person_id = {}", max.person.0)).await;
        assert_eq!(taken(app, &max, BROWSER, &one).await, None);
        assert_eq!(taken(app, &max, BROWSER, &other).await.as_deref(), Some(FORM));
        assert_eq!(taken(app, &ada, BROWSER, &one).await, None);
    }

    of_many_drafts_of_a_person_the_newest_are_kept(app) {
        let mut tokens = Vec::new();
        for _ in 0..7 {
            tokens.push(kept(app, "ada").await.1);
            app.clock.advance_seconds(1);
        }
        let (max, his) = kept(app, "max").await;
        let (ada, _) = app.browser("ada").await;
        let mut found = Vec::new();
        for token in &tokens {
            found.push(taken(app, &ada, BROWSER, token).await.is_some());
        }
        assert_eq!(found, [false, false, true, true, true, true, true]);
        assert!(taken(app, &max, BROWSER, &his).await.is_some(), "his is not hers");
    }

    drafts_and_spent_forms_are_forgotten(app) {
        let (ada, _) = kept(app, "ada").await;
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
        app.engine.delete_expired_sessions().await.expect("swept");
        app.engine.delete_old_requests().await.expect("forgotten");
        assert_eq!(count().await, (0, 1), "a form can be sent again the next hour");
        app.clock.advance_seconds(24 * 60 * 60);
        app.engine.delete_old_requests().await.expect("forgotten");
        assert_eq!(count().await, (0, 0));
    }

    // F9
    a_form_sent_again_makes_no_second_key(app) {
        let ada = app.north("ada").await;
        let form = form(app);
        let draft = |name| {
            let draft = KeyDraft { name, ..KeyDraft::default() };
            CreateKey::draft(&draft, Moment(0)).expect("a key to ask for")
        };
        let once = form.idempotency_key("create_key");
        let made = app.engine.create_key_once(&ada, draft("one"), Some(&once)).await.expect("made").view.key_id;
        let before = everything(app).await;
        for name in ["one", "another name"] {
            match app.engine.create_key_once(&ada, draft(name), Some(&once)).await {
                Err(engine::Error::AlreadyDone(key)) => assert_eq!(key, made),
                other => panic!("{:?}", other.map(|new| new.view.key_id)),
            }
        }
        assert_eq!(before, everything(app).await);
    }

    // F9
    a_form_sent_again_makes_no_second_invitation_and_ends_none(app) {
        let ada = app.north("ada").await;
        let form = form(app);
        let ask = || InviteMember::read("zoe@example.test", Some("member")).expect("an invitation to ask for");
        let first = app.engine.create_invitation_once(&ada, ask(), Some(&form)).await.expect("invited");
        let before = everything(app).await;
        assert_eq!(refusal(app.engine.create_invitation_once(&ada, ask(), Some(&form)).await), Code::AlreadyDone);
        assert_eq!(before, everything(app).await);
        app.engine.get_invitation(&first.token).await.expect("the link that was shown still works");
    }

    // F9: What was refused the first time is not spent.
    a_form_that_was_refused_can_be_sent_again(app) {
        let ada = app.north("ada").await;
        let form = form(app);
        let ask = |email| InviteMember::read(email, Some("member")).expect("an invitation to ask for");
        let member = app.engine.create_invitation_once(&ada, ask("max@example.test"), Some(&form)).await;
        assert_eq!(refusal(member), Code::Conflict);
        app.engine.create_invitation_once(&ada, ask("zoe@example.test"), Some(&form)).await.expect("invited");
    }

    // F9
    of_forms_that_come_at_once_one_makes_a_token(app) {
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
fn only_what_a_form_bears_is_a_token() {
    let token = "a".repeat(43);
    assert_eq!(FormToken::read(&token).expect("a token").as_str(), token);
    for text in ["", "a", &"a".repeat(44), &format!("{}-", "a".repeat(42)), &"é".repeat(43)] {
        assert_eq!(FormToken::read(text), None, "{text}");
    }
}
