//! Registering and changing APIs, consumers and keys for an API.

use domain::command::{
    ChangeApi, ChangeConsumer, ChangeOrganization, ConsumerQuery, CreateConsumer,
    CreateServiceAccount, KeyDisposition, KeyQuery, MemberQuery, OrganizationDraft, RemoveMember,
    RotateKey, SealText,
};
use domain::environment::Environment;
use domain::event::AuditAction;
use domain::{ActorId, ActorKind, Code, ConflictReason, Fault, FieldFault};
use engine::keys::IdempotencyKey;
use engine::{Ctx, Error, Result};
use serde_json::{Map, Value};

use super::{
    ApiDraft, NO_CHANGE, api, api_key, archive, consumer, draft, keep_scopes, key_draft, pause,
    slug,
};
use crate::test_app::{NORTH, SOUTH, refusal};

fn fault<T>(result: Result<T>) -> Vec<(String, Fault)> {
    match result {
        Err(Error::Invalid(faults)) => faults
            .into_iter()
            .map(|FieldFault { field, fault, .. }| (field, fault))
            .collect(),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("accepted"),
    }
}

fn reason<T>(result: Result<T>) -> ConflictReason {
    match result {
        Err(Error::Conflict(reason)) => reason,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("accepted"),
    }
}

both! {
    // D32
    an_api_is_registered_changed_archived_and_restored(app) {
        let ada = app.north("ada").await;
        let made = api(app, &ada, "orders").await;
        assert_eq!((made.key_prefix.as_str(), made.is_archived, made.active_keys), ("orders", false, 0));
        assert_eq!(made.environments, Environment::ALL);
        let event = app.newest_event(&ada).await;
        assert_eq!((event.action, event.object_kind.as_str()), (AuditAction::ApiCreated, "api"));
        assert_eq!(app.engine.get_api(&ada, &slug("orders")).await.expect("an API"), made);

        let renamed = ApiDraft { name: Some("Order service"), ..NO_CHANGE };
        let renamed = ChangeApi::read(slug("orders"), renamed, Some(true)).expect("a change");
        let after = app.engine.change_api(&ada, renamed.clone()).await.expect("changed");
        assert_eq!((after.name.as_str(), after.is_archived), ("Order service", true));
        let event = app.newest_event(&ada).await;
        let fields: Vec<_> = event.changes.iter().map(|change| change.field.as_str()).collect();
        assert_eq!((event.action, fields), (AuditAction::ApiChanged, vec!["name", "archived"]));
        app.engine.change_api(&ada, renamed).await.expect("no change");
        assert_eq!(app.newest_event(&ada).await.n, event.n, "no event without a change");

        let after = app.engine.change_api(&ada, archive("orders", false)).await.expect("restored");
        assert!(!after.is_archived);
        let after = app.engine.change_api(&ada, keep_scopes("orders", &["orders:read"])).await.expect("changed");
        assert_eq!(after.scopes.iter().count(), 1);
        let listed = app.engine.list_apis(&ada, None, 10).await.expect("a list");
        assert_eq!(listed.rows, [after]);
        app.sound_chain(NORTH).await;
    }

    // D32: the prefix is unique in the installation, never the brand's.
    a_slug_and_a_prefix_are_used_once_in_the_installation(app) {
        let (ada, otto) = (app.north("ada").await, app.south("otto").await);
        api(app, &ada, "orders").await;
        for ctx in [&ada, &otto] {
            let taken = fault(app.engine.create_api(ctx, draft("orders")).await);
            assert_eq!(taken, [("slug".into(), Fault::Taken)]);
            let mut other = draft("other");
            other.key_prefix = "orders".parse().expect("a prefix");
            let taken = fault(app.engine.create_api(ctx, other).await);
            assert_eq!(taken, [("key_prefix".into(), Fault::Taken)]);
        }
        let mut brand = draft("other");
        brand.key_prefix = "rt".parse().expect("a prefix");
        assert_eq!(fault(app.engine.create_api(&ada, brand).await), [("key_prefix".into(), Fault::NotAKeyPrefix)]);
        assert_eq!(refusal(app.engine.get_api(&otto, &slug("orders")).await), Code::NotFound);
        assert_eq!(refusal(app.engine.change_api(&otto, archive("orders", true)).await), Code::NotFound);
        assert_eq!(refusal(app.engine.list_api_keys(&otto, &slug("orders"), &KeyQuery::default(), 10).await), Code::NotFound);
        app.sound_chain(NORTH).await;
        app.sound_chain(SOUTH).await;
    }

    // D33
    a_consumer_has_an_external_id_that_no_other_has(app) {
        let (ada, otto) = (app.north("ada").await, app.south("otto").await);
        let made = consumer(app, &ada, "customer_42").await;
        assert_eq!((made.name.as_str(), made.external_id.as_str(), made.is_paused), ("customer_42", "customer_42", false));
        let again = CreateConsumer::read("customer_42", Some("Other"), Map::new()).expect("a consumer");
        assert_eq!(reason(app.engine.create_consumer(&ada, again).await), ConflictReason::ConsumerExists);
        consumer(app, &otto, "customer_42").await;

        let metadata = Map::from_iter([("plan".to_owned(), Value::from("pro"))]);
        let change = ChangeConsumer::read(made.actor_id, Some("Initech"), Some(metadata), Some(true)).expect("a change");
        let after = app.engine.change_consumer(&ada, change.clone()).await.expect("changed");
        assert_eq!((after.name.as_str(), after.metadata.json().as_str(), after.is_paused), ("Initech", r#"{"plan":"pro"}"#, true));
        let event = app.newest_event(&ada).await;
        let fields: Vec<_> = event.changes.iter().map(|change| change.field.as_str()).collect();
        assert_eq!((event.action, fields), (AuditAction::ConsumerChanged, vec!["name", "metadata", "paused"]));
        app.engine.change_consumer(&ada, change).await.expect("no change");
        assert_eq!(app.newest_event(&ada).await.n, event.n);

        consumer(app, &ada, "customer_43").await;
        let one = ConsumerQuery { external_id: "customer_42".parse().ok(), ..ConsumerQuery::default() };
        let found = app.engine.list_consumers(&ada, &one, 10).await.expect("a list");
        assert_eq!(found.rows, [after]);
        assert_eq!(app.engine.list_consumers(&ada, &ConsumerQuery::default(), 10).await.expect("a list").rows.len(), 2);
        assert_eq!(refusal(app.engine.get_consumer(&otto, made.actor_id).await), Code::NotFound);
        assert_eq!(refusal(app.engine.get_service_account(&ada, made.actor_id).await), Code::NotFound);
        let staff = app.engine.list_members(&ada, &MemberQuery::default(), 100).await.expect("members");
        assert!(staff.rows.iter().all(|member| member.actor_id != made.actor_id), "a consumer is no member");
        app.sound_chain(NORTH).await;
    }

    a_text_finds_consumers_by_name_and_by_external_id(app) {
        let ada = app.north("ada").await;
        let otto = app.south("otto").await;
        for (external_id, name) in [("customer_42", "Initech"), ("CUSTOMER-43", "Ünal 100%_GmbH"), ("x", "شركة")] {
            let command = CreateConsumer::read(external_id, Some(name), Map::new()).expect("a consumer");
            app.engine.create_consumer(&ada, command).await.expect("created");
        }
        consumer(app, &otto, "customer_44").await;
        let cases: [(&str, &[&str]); 12] = [
            ("", &["x", "CUSTOMER-43", "customer_42"]),
            (" init ", &["customer_42"]),
            ("INITECH", &["customer_42"]),
            ("ünal", &["CUSTOMER-43"]),
            ("customer", &["CUSTOMER-43", "customer_42"]),
            ("er-4", &["CUSTOMER-43"]),
            ("0%_g", &["CUSTOMER-43"]),
            ("%", &["CUSTOMER-43"]),
            ("r_4", &["customer_42"]),
            ("ركة", &["x"]),
            ("customer_44", &[]),
            ("a\0b", &[]),
        ];
        for (text, expected) in cases {
            let query = ConsumerQuery { text: Some(text.to_owned()), ..ConsumerQuery::default() };
            let found = app.engine.list_consumers(&ada, &query, 10).await.expect("a list");
            let found: Vec<_> = found.rows.iter().map(|one| one.external_id.clone()).collect();
            assert_eq!(found, expected, "{text:?}");
        }
        let all = app.engine.list_consumers(&ada, &ConsumerQuery::default(), 2).await.expect("a list");
        let next = ConsumerQuery { before: all.next.map(ActorId), ..ConsumerQuery::default() };
        let rest = app.engine.list_consumers(&ada, &next, 2).await.expect("a list");
        assert_eq!((rest.rows.len(), rest.next), (1, None));
        assert_eq!(rest.rows[0].external_id, "customer_42");
    }

    only_admins_manage_apis_consumers_and_their_keys(app) {
        let (ada, max) = (app.north("ada").await, app.north("max").await);
        api(app, &ada, "orders").await;
        let made = consumer(app, &ada, "customer_42").await;
        assert_eq!(refusal(app.engine.create_api(&max, draft("other")).await), Code::Forbidden);
        assert_eq!(refusal(app.engine.change_api(&max, archive("orders", true)).await), Code::Forbidden);
        assert!(app.engine.get_api(&max, &slug("orders")).await.expect("an API").created_by.is_none());
        let command = CreateConsumer::read("customer_43", None, Map::new()).expect("a consumer");
        assert_eq!(refusal(app.engine.create_consumer(&max, command).await), Code::Forbidden);
        assert_eq!(refusal(app.engine.get_consumer(&max, made.actor_id).await), Code::Forbidden);
        assert_eq!(refusal(app.engine.list_consumers(&max, &ConsumerQuery::default(), 10).await), Code::Forbidden);
        assert_eq!(refusal(app.engine.change_consumer(&max, pause(&made, true)).await), Code::Forbidden);
        let command = key_draft(&max, "orders", Some(made.actor_id), &[]);
        assert_eq!(refusal(app.engine.create_api_key(&max, command, None).await), Code::Forbidden);
    }

    // D33: people hold keys for an API too.
    a_member_creates_keys_for_an_api_only_for_themselves(app) {
        let (ada, max) = (app.north("ada").await, app.north("max").await);
        api(app, &ada, "orders").await;
        let create = async |ctx: &Ctx, owner| {
            app.engine.create_api_key(ctx, key_draft(ctx, "orders", owner, &["orders:read"]), None).await
        };
        let own = create(&max, None).await.expect("a key");
        assert_eq!(own.view.actor_id, max.actor().id);
        assert_eq!(refusal(create(&max, Some(ada.actor().id)).await), Code::Forbidden);
        // Unless only admins create keys.
        let rules = ChangeOrganization::read(&OrganizationDraft { key_makers: Some("admins"), ..OrganizationDraft::default() });
        app.engine.change_organization(&ada, rules.expect("valid")).await.expect("changed");
        assert_eq!(refusal(create(&max, None).await), Code::Forbidden);
        assert!(create(&ada, None).await.is_ok());
    }

    // D34
    a_key_for_an_api_has_its_prefix_and_its_scopes(app) {
        let ada = app.north("ada").await;
        api(app, &ada, "orders").await;
        let initech = consumer(app, &ada, "customer_42").await;
        let key = api_key(app, &ada, "orders", initech.actor_id, &["orders:write"]).await;
        assert!(key.plain.expose().starts_with("orders_live_"), "{}", key.view.key_prefix);
        let shown = key.view.api.clone().expect("an API");
        assert_eq!((shown.slug, shown.scopes.line()), (slug("orders"), "orders:write".into()));
        assert!(key.view.scopes.words().is_empty());
        let event = app.newest_event(&ada).await;
        let change = |field: &str| {
            let found = event.changes.iter().find(|change| change.field == field);
            found.and_then(|change| change.after.clone())
        };
        assert_eq!((change("scopes").as_deref(), change("api").as_deref()), (Some("orders:write"), Some("orders")));

        let mut test = key_draft(&ada, "orders", None, &[]);
        test.environment = Environment::Test;
        let test = app.engine.create_api_key(&ada, test, None).await.expect("a key");
        assert!(test.plain.expose().starts_with("orders_test_"));
        let bot = CreateServiceAccount::read("Bot", None, false).expect("an account");
        let bot = app.engine.create_service_account(&ada, bot).await.expect("an account");
        // Keys for an API do not count as the one key of a service account.
        for _ in 0..2 {
            api_key(app, &ada, "orders", bot.actor_id, &[]).await;
        }
        let listed = app.engine.list_api_keys(&ada, &slug("orders"), &KeyQuery::default(), 10).await.expect("a list");
        assert_eq!(listed.rows.len(), 4);
        assert_eq!(app.engine.get_api(&ada, &slug("orders")).await.expect("an API").active_keys, 4);
        assert_eq!(app.engine.get_consumer(&ada, initech.actor_id).await.expect("a consumer").active_keys, 1);
        app.north_key("ada").await;
        assert_eq!(app.engine.list_api_keys(&ada, &slug("orders"), &KeyQuery::default(), 10).await.expect("a list").rows.len(), 4);
        app.sound_chain(NORTH).await;
    }

    a_key_for_an_api_follows_the_rules_of_the_api_and_of_its_owner(app) {
        let ada = app.north("ada").await;
        let mut only_live = draft("orders");
        only_live.environments = vec![Environment::Production];
        app.engine.create_api(&ada, only_live).await.expect("an API");
        let initech = consumer(app, &ada, "customer_42").await;
        let create = async |command| app.engine.create_api_key(&ada, command, None).await;

        let undeclared = key_draft(&ada, "orders", None, &["orders:read", "billing:read"]);
        assert_eq!(fault(create(undeclared).await), [("scopes".into(), Fault::Undeclared)]);
        let mut test = key_draft(&ada, "orders", None, &[]);
        test.environment = Environment::Test;
        assert_eq!(fault(create(test).await), [("environment".into(), Fault::NotInApi)]);
        assert_eq!(refusal(create(key_draft(&ada, "missing", None, &[])).await), Code::NotFound);
        let max = app.member("max", NORTH).await;
        assert_eq!(refusal(create(key_draft(&ada, "orders", Some(max), &[])).await), Code::Forbidden, "another person");
        let otto = app.member("otto", SOUTH).await;
        assert_eq!(refusal(create(key_draft(&ada, "orders", Some(otto), &[])).await), Code::NotFound);

        app.engine.change_consumer(&ada, pause(&initech, true)).await.expect("paused");
        let for_initech = || key_draft(&ada, "orders", Some(initech.actor_id), &[]);
        assert_eq!(reason(create(for_initech()).await), ConflictReason::ConsumerIsPaused);
        app.engine.change_consumer(&ada, pause(&initech, false)).await.expect("resumed");
        app.engine.change_api(&ada, archive("orders", true)).await.expect("archived");
        assert_eq!(reason(create(for_initech()).await), ConflictReason::ApiIsArchived);
        app.engine.change_api(&ada, archive("orders", false)).await.expect("restored");

        let once = IdempotencyKey::of("create orders", "word", "{}");
        let made = app.engine.create_api_key(&ada, for_initech(), Some(&once)).await.expect("a key");
        match app.engine.create_api_key(&ada, for_initech(), Some(&once)).await {
            Err(Error::AlreadyDone(key)) => assert_eq!(key, made.view.key_id),
            other => panic!("{:?}", other.map(|new| new.view)),
        }
        // A consumer has no key of Roundtable itself.
        let mut command = domain::command::CreateKey::read("Roundtable").expect("a key");
        command.owner = Some(initech.actor_id);
        assert_eq!(refusal(app.engine.create_key(&ada, command).await), Code::Forbidden);
    }

    a_rotated_key_stays_a_key_of_its_api(app) {
        let ada = app.north("ada").await;
        api(app, &ada, "orders").await;
        let initech = consumer(app, &ada, "customer_42").await;
        let key = api_key(app, &ada, "orders", initech.actor_id, &["orders:write"]).await;
        let rotated = app.engine.rotate_key(&ada, RotateKey::immediately(key.view.key_id), None).await.expect("rotated");
        assert!(rotated.new.plain.expose().starts_with("orders_live_"));
        assert_eq!(rotated.new.view.api, key.view.api);
        assert_eq!(rotated.new.view.actor_id, initech.actor_id);
        app.engine.change_api(&ada, archive("orders", true)).await.expect("archived");
        let again = RotateKey::immediately(rotated.new.view.key_id);
        assert_eq!(reason(app.engine.rotate_key(&ada, again, None).await), ConflictReason::ApiIsArchived);
    }

    a_key_for_an_api_that_is_handed_over_stays_one(app) {
        let (olga, ada) = (app.north("olga").await, app.north("ada").await);
        api(app, &ada, "orders").await;
        let own = app.engine.create_api_key(&ada, key_draft(&ada, "orders", None, &["orders:read"]), None).await.expect("a key");
        let keys = vec![(own.view.key_id, KeyDisposition::HandOverToNew)];
        let command = RemoveMember { member: ada.actor().id, keys };
        let handed = app.engine.offboard_member(&olga, command).await.expect("offboarded");
        let new = handed.first().expect("a key");
        assert_eq!(new.view.api, own.view.api);
        assert!(new.plain.expose().starts_with("orders_live_"));
    }

    a_consumer_gets_no_messages(app) {
        let (ada, max) = (app.north("ada").await, app.north("max").await);
        let made = consumer(app, &ada, "customer_42").await;
        let text = || SealText::read("hello").expect("a text");
        for ctx in [&ada, &max] {
            assert_eq!(refusal(app.engine.send_message(ctx, made.actor_id, text()).await), Code::NotFound);
        }
    }

    an_actor_of_each_kind_is_in_the_filter_of_the_log(app) {
        let ada = app.north("ada").await;
        consumer(app, &ada, "customer_42").await;
        let actors = app.engine.list_audit_actors(&ada).await.expect("actors");
        assert!(actors.iter().all(|actor| actor.kind != ActorKind::Consumer), "a consumer acts in no event");
    }
}
