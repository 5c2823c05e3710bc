//! Findings of the second audit of PyPI (TOB-PYPI26) that concern the engine. The races of finding
//! 2 are tested with the other races, and the HTTP responses in the tests of the server.

use domain::command::{CreateKey, FoundOrganization, InviteMember};
use domain::{Code, PersonId};
use engine::keys::IdempotencyKey;
use engine::people::Identity;
use engine::sessions::{ABSOLUTE_SECONDS, FLOW_SECONDS};
use engine::tokens::TOKEN_SECONDS;

use crate::test_app::{NORTH, TestApp, everything, identity, in_person, origin, refusal};

/// The accepted clock skew of tokens.
const LEEWAY_SECONDS: i64 = 60;

/// Issuers that resemble the one that olga signs in with.
const LOOK_ALIKES: [&str; 14] = [
    "https://idp.test/",
    "https://idp.test.",
    "https://IDP.test",
    "HTTPS://idp.test",
    "http://idp.test",
    "idp.test",
    " https://idp.test",
    "https://idp.test#",
    "https://idp.test?",
    "https://idp.test:443",
    "https://idp.test@evil.test",
    "https://idp.test.evil.test",
    "https://idp.t\u{435}st",
    "https://\u{ff49}dp.test",
];

/// Subjects that resemble olga's.
const DOUBLES: [&str; 6] = [
    "Olga",
    "olga ",
    "olga\u{200b}",
    "\u{43e}lga",
    "idp.test/olga",
    "olga@example.test",
];

/// The invited email, the email of the sign-in, and whether they are equal.
const SPELLINGS: [(&str, &str, bool); 16] = [
    ("zoe@example.test", "zoe@example.test", true),
    ("Zoe@Example.TEST", "zoe@example.test", true),
    ("zoe@example.test", "ZOE@EXAMPLE.TEST", true),
    ("  zoe@example.test\t", "zoe@example.test", true),
    ("zoé@example.test", "zoe\u{301}@example.test", true),
    ("zoe\u{301}@example.test", "zoé@example.test", true),
    ("ZOÉ@example.test", "zoé@example.test", true),
    ("zoé@example.test", "ZOÉ@example.test", true),
    ("zoë@example.test", "ZOE\u{308}@example.test", true),
    ("zoe@example.test", "zoé@example.test", false),
    ("zoe@example.test", "z\u{43e}e@example.test", false),
    ("zoe@example.test", "\u{ff5a}oe@example.test", false),
    ("kim@example.test", "\u{212a}im@example.test", false),
    ("kim@example.test", "k\u{131}m@example.test", false),
    ("kim@example.test", "k\u{130}m@example.test", false),
    ("zoe@example.test", "zoe@example.test.", false),
];

async fn sign_in(app: &TestApp, identity: Identity) -> PersonId {
    app.engine
        .sign_in(&identity, &origin())
        .await
        .expect("signed in")
}

both! {
    // Finding 1: a used value is remembered longer than it could be replayed.
    a_completed_sign_in_cannot_be_replayed(app) {
        app.engine.begin_flow(b"a state", b"what it needs").await.expect("begun");
        assert!(app.engine.take_flow(b"a state").await.expect("an answer").is_some());
        for seconds in [0, 1, 4, 25, LEEWAY_SECONDS, FLOW_SECONDS, TOKEN_SECONDS + LEEWAY_SECONDS] {
            app.clock.advance_seconds(seconds);
            assert!(app.engine.take_flow(b"a state").await.expect("an answer").is_none(), "after {seconds} more");
            app.engine.delete_expired_sessions().await.expect("swept");
            assert!(app.engine.take_flow(b"a state").await.expect("an answer").is_none(), "swept after {seconds} more");
        }
    }

    an_idempotency_key_is_remembered_longer_than_a_session_lasts(app) {
        let max = app.north("max").await;
        let create = async |ctx: &engine::Ctx| {
            let once = IdempotencyKey::of("create", "nightly", "body");
            app.engine.create_key_once(ctx, CreateKey::read("Nightly").expect("a name"), Some(&once)).await
        };
        create(&max).await.expect("a key");
        for seconds in [0, LEEWAY_SECONDS, TOKEN_SECONDS, ABSOLUTE_SECONDS] {
            app.clock.advance_seconds(seconds);
            app.engine.delete_old_requests().await.expect("old requests are deleted");
            assert_eq!(refusal(create(&app.north("max").await).await), Code::AlreadyDone, "{seconds} seconds later");
        }
        let sql = "SELECT COUNT(*) FROM api_keys";
        assert_eq!(app.intruder().await.number(sql).await, 1);
    }

    // Finding 3: issuer and subject identify a person, byte for byte.
    a_similar_issuer_or_subject_is_another_person(app) {
        let olga = app.person("olga").await;
        let by_issuer = LOOK_ALIKES.map(|issuer| Identity { issuer: issuer.into(), ..identity("olga") });
        let by_subject = DOUBLES.map(|subject| Identity { subject: subject.into(), ..identity("olga") });
        let shifted = Identity { issuer: "https://idp.testol".into(), subject: "ga".into(), ..identity("olga") };
        for double in by_issuer.into_iter().chain(by_subject).chain([shifted]) {
            assert_eq!(refusal(app.engine.identify_person(&double, None).await), Code::Unauthorized, "{double:?}");
            let person = sign_in(app, double.clone()).await;
            assert_ne!(person, olga, "{double:?}");
            assert!(app.engine.list_organizations(person).await.expect("memberships").is_empty(), "{double:?}");
            let north = app.organization(NORTH).await;
            assert_eq!(refusal(app.engine.enter_organization(&in_person(person), &north, origin()).await), Code::Forbidden);
        }
        assert_eq!(sign_in(app, identity("olga")).await, olga);
    }

    // Finding 12: the same subject at two issuers is two people, regardless of their names and
    // emails.
    an_issuer_cannot_affect_a_person_of_another_issuer(app) {
        let elsewhere = Identity { issuer: "https://other.test".into(), ..identity("olga") };
        let other = sign_in(app, elsewhere.clone()).await;
        let renamed = Identity { name: Some("Olga the Second".into()), email: Some("max@example.test".into()), ..elsewhere };
        assert_eq!(sign_in(app, renamed.clone()).await, other);
        let olga = app.engine.get_person(app.person_of("https://idp.test", "olga").await).await.expect("olga");
        assert_eq!((olga.name.as_str(), olga.email.as_deref()), ("olga", Some("olga@example.test")));
        assert_eq!(refusal(app.with_token(&renamed, Some(&app.organization(NORTH).await)).await), Code::Forbidden);
        app.with_token(&identity("olga"), None).await.expect("olga is unchanged");
    }

    // Finding 9: emails are compared in the form in which they are stored.
    an_invitation_matches_every_spelling_of_its_email(app) {
        for (turn, (invited, comes, same)) in SPELLINGS.into_iter().enumerate() {
            let olga = app.north("olga").await;
            let invite = async || {
                let command = InviteMember::read(invited, None).expect("an invitation");
                app.engine.create_invitation(&olga, command).await
            };
            let token = invite().await.expect("invited").token;
            let subject = format!("guest-{turn}");
            let guest = Identity { email: Some(comes.into()), ..identity(&subject) };
            let person = sign_in(app, guest.clone()).await;
            let joined = app.engine.accept_invitation(&in_person(person), &token, origin()).await;
            assert_eq!(joined.as_ref().err().map(engine::Error::code), (!same).then_some(Code::WrongAddress), "{invited:?} {comes:?}");
            // Two spellings of an email do not create two invitations.
            let again = invite().await;
            assert_eq!(again.as_ref().err().map(engine::Error::code), same.then_some(Code::Conflict), "{invited:?} {comes:?}");
            if same {
                app.engine.remove_member(&olga, app.member(&subject, NORTH).await).await.expect("removed");
            }
        }
        app.sound_chain(NORTH).await;
    }

    the_first_owner_is_matched_by_every_spelling_of_the_email(staged) {
        for (founder, comes, same) in SPELLINGS {
            let app = staged.another().await;
            let founding = FoundOrganization::read("Acme", "Grace", founder).expect("a valid command");
            app.engine.bootstrap(&founding, origin()).await.expect("founded");
            let grace = sign_in(&app, Identity { email: Some(comes.into()), ..identity("grace") }).await;
            let found = app.engine.list_organizations(grace).await.expect("memberships").len();
            assert_eq!(found, usize::from(same), "{founder:?} {comes:?}");
            app.close().await;
        }
    }

    // Finding 13: pending invitations and sign-ins in progress
    a_removed_member_cannot_regain_access(app) {
        let north = app.organization(NORTH).await;
        let (session, key) = (app.browser("max").await.0, app.north_key("max").await);
        app.engine.begin_flow(b"begun before", b"what it needs").await.expect("begun");
        let max = app.member("max", NORTH).await;
        app.engine.remove_member(&app.north("olga").await, max).await.expect("removed");
        let before = everything(app).await;
        assert!(app.engine.take_flow(b"begun before").await.expect("an answer").is_some(), "a sign-in is possible");
        let person = sign_in(app, identity("max")).await;
        assert!(app.engine.list_organizations(person).await.expect("memberships").is_empty());
        for caller in [session, in_person(person), app.browser("max").await.0] {
            assert_eq!(refusal(app.engine.enter_organization(&caller, &north, origin()).await), Code::Forbidden);
            assert_eq!(refusal(app.engine.enter_only_organization(&caller, origin()).await), Code::Forbidden);
        }
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Forbidden);
        let quiet = |dump: Vec<(String, _)>| -> Vec<_> {
            let beside = ["sessions", "sign_in_flows", "key_refusals", "key_days", "actor_days"];
            dump.into_iter().filter(|(table, _)| !beside.contains(&table.as_str())).collect()
        };
        assert_eq!(quiet(before), quiet(everything(app).await), "the sign-in writes no event in North");
    }
}
