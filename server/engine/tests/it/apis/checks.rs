//! Checking keys for an API: with `verify_key`, at the gate, and on Roundtable's own routes.

use domain::api::KeyHeader;
use domain::command::{ApiDraft, ChangeApi, ChangeConsumer, VerifyKey};
use domain::token::{PlainKey, PresentedKey};
use domain::view::{CallCount, Calls, ConsumerView, NewKey, RefusalCause, VerdictCode};
use domain::{Code, Environment};
use engine::keys::{GateNeeds, GateVerdict, PresentedAtGate};
use engine::{Ctx, Engine, NodeTasks};
use serde_json::{Map, Value};

use super::{NO_CHANGE, api, api_key, archive, consumer, keep_scopes, pause, require_header, slug};
use crate::key_cache::joined;
use crate::test_app::{NORTH, TestApp, origin, refusal, revoke};

/// Checks a key in `X-API-Key` at the gate, from memory if it is there.
async fn gate(
    engine: &Engine,
    key: &(impl Clone + Into<PresentedKey>),
    api: &str,
    scopes: &str,
) -> GateVerdict {
    let needs = GateNeeds::new(
        slug(api),
        scopes.parse().expect("words"),
        Environment::Production,
    );
    let presented = PresentedAtGate {
        key: key.clone().into(),
        header: KeyHeader::XApiKey,
    };
    match engine.check_cached_at_gate(&needs, &presented, &origin()) {
        Some(verdict) => verdict,
        None => engine
            .check_at_gate(&needs, &presented, &origin())
            .await
            .expect("a verdict"),
    }
}

/// The code of a check at the gate.
pub async fn code(
    engine: &Engine,
    key: &(impl Clone + Into<PresentedKey>),
    api: &str,
    scopes: &str,
) -> VerdictCode {
    gate(engine, key, api, scopes)
        .await
        .map_or_else(|code| code, |_| VerdictCode::Valid)
}

async fn verify(
    app: &TestApp,
    ctx: &Ctx,
    key: &PlainKey,
    api: Option<&str>,
    scopes: &[&str],
) -> domain::view::Verdict {
    let scopes: Vec<_> = scopes
        .iter()
        .map(|scope| (*scope).to_owned())
        .collect();
    let command =
        VerifyKey::read(key.expose(), api, Some(&scopes), None, false).expect("a command");
    app.engine
        .verify_key(ctx, &command)
        .await
        .expect("a verdict")
}

/// An API, a consumer, and a key of the consumer that may write orders.
struct Shop {
    ada: Ctx,
    initech: ConsumerView,
    key: NewKey,
    known: NewKey,
}

impl Shop {
    async fn open(app: &TestApp) -> Self {
        let ada = app.north("ada").await;
        api(app, &ada, "orders").await;
        let initech = consumer(app, &ada, "customer_42").await;
        let key = api_key(
            app,
            &ada,
            "orders",
            initech.actor_id,
            &["orders:write"],
        )
        .await;
        let known = app.north_key("mia").await;
        Self {
            ada,
            initech,
            key,
            known,
        }
    }

    /// Joins the nodes, so that keys are kept in memory.
    async fn joined(&self, app: &TestApp) -> NodeTasks {
        joined(&app.engine, &self.known.plain).await
    }
}

/// The sums of calls, and of refusals for a missing permission, of hours and of days.
fn sums(calls: &Calls) -> [(i64, i64); 2] {
    [&calls.hours, &calls.days].map(|steps| {
        let refused = |step: &CallCount| {
            step.refused
                .get(&RefusalCause::MissingScope)
                .copied()
        };
        (
            steps.iter().map(|step| step.calls).sum(),
            steps.iter().filter_map(refused).sum(),
        )
    })
}

both! {
    calls_are_counted_by_the_hour_and_by_the_day(app) {
        let shop = Shop::open(app).await;
        let other = api_key(app, &shop.ada, "orders", shop.ada.actor().id, &["orders:read"]).await;
        app.clock.advance_seconds(86_400);
        for _ in 0..2 {
            code(&app.engine, &shop.key.plain, "orders", "").await;
        }
        app.engine.flush_usage().await.expect("flushed");
        app.clock.advance_seconds(3_600);
        code(&app.engine, &shop.key.plain, "orders", "refunds:write").await;
        code(&app.engine, &other.plain, "orders", "").await;
        let ada = app.north("ada").await;
        // What is not written yet is counted too.
        for written in [false, true] {
            let of_api = app.engine.get_api_calls(&ada, &slug("orders")).await.expect("calls");
            let hours: Vec<_> = of_api.hours.iter().rev().take(2).map(|hour| (hour.calls, hour.refusals())).collect();
            assert_eq!((hours, sums(&of_api)), (vec![(1, 1), (2, 0)], [(3, 1); 2]), "written: {written}");
            assert_eq!((of_api.hours.len(), of_api.days.len()), (48, 90));
            let of_key = app.engine.get_key_calls(&ada, shop.key.view.key_id).await.expect("calls");
            assert_eq!(sums(&of_key), [(2, 1); 2], "written: {written}");
            let of_consumer = app.engine.get_consumer_calls(&ada, shop.initech.actor_id).await.expect("calls");
            assert_eq!(sums(&of_consumer), [(2, 1); 2], "written: {written}");
            app.engine.flush_usage().await.expect("flushed");
        }
        let mia = app.north("mia").await;
        assert_eq!(refusal(app.engine.get_api_calls(&mia, &slug("orders")).await), Code::Forbidden);
        assert_eq!(refusal(app.engine.get_key_calls(&mia, shop.key.view.key_id).await), Code::Forbidden);
        let south = app.south("otto").await;
        assert_eq!(refusal(app.engine.get_api_calls(&south, &slug("orders")).await), Code::NotFound);

        // Hours are kept for two days, and days for 90.
        for (days, expected) in [(3, [(0, 0), (3, 1)]), (90, [(0, 0); 2])] {
            app.clock.advance_seconds(days * 86_400);
            app.engine.delete_old_usage().await.expect("deleted");
            let ada = app.north("ada").await;
            let of_api = app.engine.get_api_calls(&ada, &slug("orders")).await.expect("calls");
            assert_eq!(sums(&of_api), expected);
        }
        let left = app.intruder().await.number("SELECT COUNT(*) FROM call_counts").await;
        assert_eq!(left, 0);
    }

    // F12
    calls_that_were_counted_while_the_clock_was_ahead_move_to_the_present(app) {
        let shop = Shop::open(app).await;
        app.engine.correct_future_times().await.expect("corrected");
        app.clock.advance_seconds(400 * 86_400);
        code(&app.engine, &shop.key.plain, "orders", "").await;
        app.engine.flush_usage().await.expect("flushed");
        code(&app.engine, &shop.key.plain, "orders", "").await;
        app.clock.advance_seconds(-400 * 86_400);
        app.engine.flush_usage().await.expect("flushed");
        app.engine.correct_future_times().await.expect("corrected");
        let ada = app.north("ada").await;
        let of_api = app.engine.get_api_calls(&ada, &slug("orders")).await.expect("calls");
        assert_eq!((of_api.hours[47].calls, of_api.days[89].calls), (2, 2));
    }

    // D33, D34
    a_key_opens_its_api_and_nothing_else(app) {
        let shop = Shop::open(app).await;
        api(app, &shop.ada, "billing").await;
        let tasks = shop.joined(app).await;
        let roundtable = app.north_key("ada").await;
        // The first check reads the key, the second finds it in memory.
        for round in 0..2 {
            let pass = gate(&app.engine, &shop.key.plain, "orders", "orders:read orders:write").await.expect("passes");
            assert_eq!((pass.key_id, pass.owner), (shop.key.view.key_id, shop.initech.actor_id), "round {round}");
            let external_id = pass.api.consumer.as_ref().map(|(external_id, _)| external_id.as_str());
            assert_eq!(external_id, Some("customer_42"));
            assert_eq!(pass.api.scopes.line(), "orders:read orders:write");
            assert_eq!(code(&app.engine, &shop.key.plain, "orders", "refunds:write").await, VerdictCode::MissingScope);
            assert_eq!(code(&app.engine, &shop.key.plain, "billing", "").await, VerdictCode::WrongApi);
            assert_eq!(code(&app.engine, &roundtable.plain, "orders", "").await, VerdictCode::WrongApi);
            assert_eq!(refusal(app.admit(&shop.key.plain).await), Code::Unauthorized, "round {round}");
        }
        // Nor in any other state.
        app.engine.change_consumer(&shop.ada, pause(&shop.initech, true)).await.expect("paused");
        assert_eq!(refusal(app.admit(&shop.key.plain).await), Code::Unauthorized);
        app.engine.change_consumer(&shop.ada, pause(&shop.initech, false)).await.expect("resumed");
        app.engine.revoke_key(&shop.ada, revoke(shop.key.view.key_id)).await.expect("revoked");
        assert_eq!(refusal(app.admit(&shop.key.plain).await), Code::Unauthorized);
        let usage = app.engine.get_key_detail(&shop.ada, shop.key.view.key_id).await.expect("a key").usage;
        let count = |cause| usage.refusals.iter().filter(|one| one.cause == cause).map(|one| one.count).sum::<i64>();
        assert_eq!((usage.calls(1), count(RefusalCause::MissingScope), count(RefusalCause::OwnerDisabled)), (2, 2, 1));
        assert_eq!(count(RefusalCause::WrongApi), 4, "two at another gate, two at Roundtable");
        tasks.leave().await;
    }

    // D35
    verifying_a_key_for_an_api_says_whose_it_is(app) {
        let shop = Shop::open(app).await;
        let metadata = Map::from_iter([("plan".to_owned(), Value::from("pro"))]);
        let change = ChangeConsumer::read(shop.initech.actor_id, None, Some(metadata), None).expect("a change");
        app.engine.change_consumer(&shop.ada, change).await.expect("changed");
        let key = &shop.key.plain;
        let verdict = verify(app, &shop.ada, key, Some("orders"), &["orders:read"]).await;
        assert_eq!((verdict.code, verdict.api), (VerdictCode::Valid, Some(slug("orders"))));
        let owner = verdict.owner.expect("an owner");
        assert_eq!(owner.external_id.map(String::from).as_deref(), Some("customer_42"));
        assert_eq!(owner.metadata.map(|metadata| metadata.json()).as_deref(), Some(r#"{"plan":"pro"}"#));
        assert_eq!(verdict.scopes.map(|scopes| scopes.line()).as_deref(), Some("orders:read orders:write"));

        let code = async |api, scopes: &[&str]| verify(app, &shop.ada, key, api, scopes).await.code;
        assert_eq!(code(None, &[]).await, VerdictCode::WrongApi);
        assert_eq!(code(Some("billing"), &[]).await, VerdictCode::WrongApi);
        assert_eq!(code(Some("orders"), &["refunds:write"]).await, VerdictCode::MissingScope);
        let own = app.north_key("ada").await;
        assert_eq!(verify(app, &shop.ada, &own.plain, Some("orders"), &[]).await.code, VerdictCode::WrongApi);
        let otto = app.south("otto").await;
        assert_eq!(verify(app, &otto, key, Some("orders"), &[]).await.code, VerdictCode::NotFound);
        app.engine.change_consumer(&shop.ada, pause(&shop.initech, true)).await.expect("paused");
        assert_eq!(code(Some("orders"), &[]).await, VerdictCode::Paused);
    }

    a_test_key_passes_only_where_test_keys_are_asked_for(app) {
        let shop = Shop::open(app).await;
        let mut command = super::key_draft(&shop.ada, "orders", Some(shop.initech.actor_id), &[]);
        command.environment = Environment::Test;
        let test = app.engine.create_api_key(&shop.ada, command, None).await.expect("a key");
        assert_eq!(code(&app.engine, &test.plain, "orders", "").await, VerdictCode::WrongEnvironment);
        let needs = GateNeeds::new(slug("orders"), Default::default(), Environment::Test);
        for (key, passes) in [(&test.plain, true), (&shop.key.plain, false)] {
            let presented = PresentedAtGate { key: key.clone().into(), header: KeyHeader::Any };
            let verdict = app.engine.check_at_gate(&needs, &presented, &origin()).await.expect("a verdict");
            assert_eq!(verdict.is_ok(), passes);
        }
    }

    a_key_in_the_wrong_header_is_not_found(app) {
        let shop = Shop::open(app).await;
        app.engine.change_api(&shop.ada, require_header("orders", KeyHeader::Authorization)).await.expect("changed");
        for (header, passes) in [(KeyHeader::XApiKey, false), (KeyHeader::Authorization, true), (KeyHeader::Any, true)] {
            let needs = GateNeeds::new(slug("orders"), Default::default(), Environment::Production);
            let presented = PresentedAtGate { key: shop.key.plain.clone().into(), header };
            let verdict = app.engine.check_at_gate(&needs, &presented, &origin()).await.expect("a verdict");
            assert_eq!(verdict.err(), (!passes).then_some(VerdictCode::NotFound), "{header}");
        }
    }

    // D23, P1: on the next check, without another read of the database in between.
    whatever_weakens_a_key_for_an_api_takes_effect_on_the_next_check(app) {
        let shop = Shop::open(app).await;
        let tasks = shop.joined(app).await;
        let other = app.restarted().await;
        let other_tasks = if app.db.is_shared() { Some(joined(&other, &shop.known.plain).await) } else { None };
        let key = &shop.key.plain;
        let passes = async || {
            for engine in [Some(&app.engine), other_tasks.as_ref().map(|_| &other)].into_iter().flatten() {
                for _ in 0..2 {
                    assert_eq!(code(engine, key, "orders", "orders:read orders:write").await, VerdictCode::Valid);
                }
            }
        };
        let refused = async |expected| {
            for engine in [Some(&app.engine), other_tasks.as_ref().map(|_| &other)].into_iter().flatten() {
                assert_eq!(code(engine, key, "orders", "orders:read orders:write").await, expected);
            }
        };
        let change = async |change: ChangeApi| drop(app.engine.change_api(&shop.ada, change).await.expect("changed"));
        passes().await;
        change(archive("orders", true)).await;
        refused(VerdictCode::WrongApi).await;
        change(archive("orders", false)).await;
        passes().await;
        change(keep_scopes("orders", &["orders:write"])).await;
        refused(VerdictCode::MissingScope).await;
        change(keep_scopes("orders", &["orders:read", "orders:write", "refunds:write"])).await;
        passes().await;
        change(require_header("orders", KeyHeader::Authorization)).await;
        refused(VerdictCode::NotFound).await;
        change(require_header("orders", KeyHeader::Any)).await;
        passes().await;
        app.engine.change_consumer(&shop.ada, pause(&shop.initech, true)).await.expect("paused");
        refused(VerdictCode::Paused).await;
        app.engine.change_consumer(&shop.ada, pause(&shop.initech, false)).await.expect("resumed");
        passes().await;
        app.engine.revoke_key(&shop.ada, revoke(shop.key.view.key_id)).await.expect("revoked");
        refused(VerdictCode::Revoked).await;
        if let Some(tasks) = other_tasks {
            tasks.leave().await;
        }
        tasks.leave().await;
    }

    // D36
    a_key_passes_with_an_assertion_only_if_the_api_wants_one(app) {
        let shop = Shop::open(app).await;
        let tasks = shop.joined(app).await;
        app.engine.set_issuer("https://roundtable.example.com");
        let signed = async |on: bool| {
            let draft = ApiDraft { signed_assertion: Some(on), ..NO_CHANGE };
            let change = ChangeApi::read(slug("orders"), draft, None).expect("a change");
            let api = app.engine.change_api(&shop.ada, change).await.expect("changed");
            assert_eq!(api.signed_assertion, on);
        };
        let assertion = async || {
            let pass = gate(&app.engine, &shop.key.plain, "orders", "orders:read").await.expect("passes");
            pass.assertion.map(|assertion| assertion.to_string())
        };
        assert_eq!(assertion().await, None);
        signed(true).await;
        let first = assertion().await.expect("signed");
        let second = assertion().await.expect("signed from memory");
        assert_ne!(first, second);
        assert_eq!(first.split('.').next(), second.split('.').next());
        // The signing key is read again, without a refusal.
        app.clock.advance_seconds(61);
        assert!(assertion().await.is_some());
        let usage = app.engine.get_key_detail(&shop.ada, shop.key.view.key_id).await.expect("a key").usage;
        assert_eq!((usage.calls(1), usage.refusals.len()), (4, 0), "each is counted once");
        signed(false).await;
        assert_eq!(assertion().await, None);
        app.sound_chain(NORTH).await;
        tasks.leave().await;
    }

    an_expired_key_for_an_api_is_refused(app) {
        let shop = Shop::open(app).await;
        let mut command = super::key_draft(&shop.ada, "orders", Some(shop.initech.actor_id), &[]);
        command.expires_at = Some(shop.ada.now().plus_seconds(60));
        let brief = app.engine.create_api_key(&shop.ada, command, None).await.expect("a key");
        assert_eq!(code(&app.engine, &brief.plain, "orders", "").await, VerdictCode::Valid);
        app.clock.advance_seconds(60);
        assert_eq!(code(&app.engine, &brief.plain, "orders", "").await, VerdictCode::Expired);
        assert_eq!(verify(app, &shop.ada, &brief.plain, Some("orders"), &[]).await.code, VerdictCode::Expired);
    }

    // B1, B3: the rows of an API and of a key for it are sealed.
    altered_rows_of_an_api_and_its_keys_are_refused(app) {
        let shop = Shop::open(app).await;
        api(app, &shop.ada, "billing").await;
        app.engine.set_key_cache(0);
        let mut intruder = app.intruder().await;
        let key = format!("UPDATE api_keys SET {{}} WHERE id = {}", shop.key.view.key_id.0);
        let api_row = "UPDATE apis SET {} WHERE key_prefix = 'orders'".to_owned();
        let actor = format!("UPDATE actors SET {{}} WHERE id = {}", shop.initech.actor_id.0);
        for (row, forged, stored) in [
            (&key, "api_scopes = 'orders:write refunds:write'", "api_scopes = 'orders:write'"),
            (&key, "api_id = 2", "api_id = 1"),
            (&key, "api_id = NULL", "api_id = 1"),
            (&api_row, "slug = 'other'", "slug = 'orders'"),
            (&api_row, "key_header = 'authorization'", "key_header = 'any'"),
            (&api_row, "archived_at = 5", "archived_at = NULL"),
            (&key, "allowed_ips = '0.0.0.0/0'", "allowed_ips = NULL"),
            (&api_row, "allowed_ips = '0.0.0.0/0'", "allowed_ips = NULL"),
            (&actor, "allowed_ips = '0.0.0.0/0'", "allowed_ips = NULL"),
            (&api_row, "signed_assertion = TRUE", "signed_assertion = FALSE"),
            (&api_row, "scopes = '[]'", ""),
            (&actor, "external_id = 'customer_1'", "external_id = 'customer_42'"),
            (&actor, "metadata = '{\"plan\":\"pro\"}'", "metadata = '{}'"),
        ] {
            let is_sound = async || code(&app.engine, &shop.key.plain, "orders", "").await == VerdictCode::Valid;
            assert!(is_sound().await, "before {forged}");
            intruder.run(&row.replace("{}", forged)).await;
            for slug in ["orders", "billing", "other"] {
                assert_eq!(code(&app.engine, &shop.key.plain, slug, "").await, VerdictCode::NotFound, "{forged}");
            }
            if stored.is_empty() {
                break;
            }
            intruder.run(&row.replace("{}", stored)).await;
        }
    }

    // An attacker puts back the row from before an API was archived, with the events about it.
    an_older_row_of_an_api_that_was_put_back_is_refused(app) {
        let shop = Shop::open(app).await;
        app.engine.set_key_cache(0);
        let mut intruder = app.intruder().await;
        let audit_n = intruder.number("SELECT audit_n FROM apis").await;
        let mac = intruder.value("SELECT row_mac FROM apis").await;
        app.engine.change_api(&shop.ada, archive("orders", true)).await.expect("archived");
        intruder.set("apis", "row_mac", &mac, "id = 1").await;
        intruder.run(&format!("UPDATE apis SET archived_at = NULL, audit_n = {audit_n}")).await;
        assert_eq!(code(&app.engine, &shop.key.plain, "orders", "").await, VerdictCode::NotFound);
        intruder.run("DELETE FROM audit_events WHERE action = 'api.changed'").await;
        assert_eq!(code(&app.engine, &shop.key.plain, "orders", "").await, VerdictCode::NotFound, "the journal knows");
    }
}
