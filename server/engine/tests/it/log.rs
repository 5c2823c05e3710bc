//! Searching and exporting the audit log: only accessible events, in pages, and only as long as the
//! caller has access.

use domain::command::{ActionFilter, AuditQuery, ExportFormat, ObjectFilter};
use domain::event::{AuditAction, EventCategory, ObjectKind};
use domain::view::{AuditRecord, AuditView};
use domain::{ActorId, Code, Moment, Role};
use engine::audit::Export;
use engine::keyring::{CanonicalEncoder, hash};
use engine::{Ctx, Result};

use crate::test_app::{NORTH, SOUTH, TestApp, identity, origin, refusal, revoke};

/// Writes events of many kinds at different times.
async fn write_events(app: &TestApp) {
    let (olga, max, mia) = (
        app.north("olga").await,
        app.north("max").await,
        app.north("mia").await,
    );
    let mut keys = Vec::new();
    for ctx in [&max, &mia, &max] {
        keys.push(app.key_of(ctx).await);
        app.clock.advance_seconds(700);
    }
    app.engine
        .revoke_key(&olga, revoke(keys[0].view.key_id))
        .await
        .expect("revoked");
    app.engine
        .revoke_key(&mia, revoke(keys[1].view.key_id))
        .await
        .expect("revoked");
    app.clock.advance_seconds(700);
    app.workspace(&max, "Analytics")
        .await
        .expect("a workspace");
    app.engine
        .change_member(&olga, max.actor().id, Role::Admin)
        .await
        .expect("raised");
    app.engine
        .change_member(&olga, max.actor().id, Role::Member)
        .await
        .expect("lowered");
    // The clock goes back: events are ordered by number.
    app.clock.advance_seconds(-1000);
    app.engine
        .sign_in(&identity("mia"), &origin())
        .await
        .expect("signed in");
    app.engine
        .expose_key(&keys[2].plain, &origin())
        .await
        .expect("marked");
}

/// All events in pages of two, newest first.
async fn listed(app: &TestApp, ctx: &Ctx, query: &AuditQuery) -> Vec<AuditView> {
    let (mut all, mut query) = (Vec::new(), query.clone());
    loop {
        let page = app
            .engine
            .read_audit_log(ctx, &query, 2)
            .await
            .expect("a page");
        all.extend(page.rows);
        match page.next {
            Some(next) => query.before = Some(next),
            None => return all,
        }
    }
}

async fn export(app: &TestApp, ctx: &Ctx, query: &AuditQuery) -> Export {
    app.engine
        .export_audit_log(ctx, query, ExportFormat::JsonLines)
        .await
        .expect("an export")
}

/// The remaining records of an export.
async fn rest(export: &mut Export) -> Result<Vec<AuditRecord>> {
    let mut all = Vec::new();
    loop {
        let page = export.next().await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

/// Whether an event matches a query, implemented independently of the engine.
fn fits(query: &AuditQuery, record: &AuditRecord) -> bool {
    let event = &record.event;
    query
        .action
        .is_none_or(|action| action.actions().contains(&event.action))
        && query
            .actor
            .is_none_or(|actor| event.actor_id == Some(actor))
        && query.object.as_ref().is_none_or(|object| {
            object.kind.as_str() == event.object_kind
                && object
                    .id
                    .as_ref()
                    .is_none_or(|id| id.as_str() == event.object_id)
        })
        && query
            .from
            .is_none_or(|from| record.at_ms >= from.0)
        && query
            .until
            .is_none_or(|until| record.at_ms < until.0)
}

/// All combinations of these filters.
async fn queries(app: &TestApp) -> Vec<AuditQuery> {
    let now = app.runtime.now();
    let key = app
        .intruder()
        .await
        .number("SELECT MIN(id) FROM api_keys")
        .await;
    let actions = [
        None,
        Some(ActionFilter::Any(EventCategory::Keys)),
        Some(ActionFilter::Any(EventCategory::Messages)),
        Some(ActionFilter::One(AuditAction::KeyRevoked)),
        Some(ActionFilter::One(AuditAction::AuditExported)),
    ];
    let actors = [
        None,
        Some(app.member("max", NORTH).await),
        Some(ActorId(999_999)),
    ];
    let one = format!("key:{key}").parse().expect("an object");
    let objects = [
        None,
        "key".parse().ok(),
        Some(one),
        Some(ObjectFilter {
            kind: ObjectKind::Session,
            id: None,
        }),
    ];
    let times = [
        (None, None),
        (Some(now.plus_seconds(-3600)), None),
        (None, Some(now.plus_seconds(-3600))),
        (
            Some(now.plus_seconds(-9000)),
            Some(now.plus_seconds(600)),
        ),
        (Some(now), Some(now)),
    ];
    let mut all = Vec::new();
    for action in actions {
        for actor in actors {
            for object in &objects {
                for (from, until) in times {
                    all.push(AuditQuery {
                        action,
                        actor,
                        object: object.clone(),
                        from,
                        until,
                        before: None,
                    });
                }
            }
        }
    }
    all
}

both! {
    // D26, RK-26: every combination of filters returns exactly the accessible events that match,
    // newest first, and an export contains the same events, oldest first.
    events_are_filtered_by_action_actor_object_and_time(app) {
        write_events(app).await;
        let queries = queries(app).await;
        assert!(queries.len() >= 300, "{}", queries.len());
        for reader in ["olga", "max"] {
            let ctx = app.north(reader).await;
            let everything = rest(&mut export(app, &app.north("olga").await, &AuditQuery::default()).await).await.expect("a file");
            let own = |record: &AuditRecord| [record.event.actor_id, record.concerns].contains(&Some(ctx.actor().id));
            let near: Vec<_> = everything.into_iter().filter(|record| reader == "olga" || own(record)).collect();
            assert!(near.len() > 5, "{reader} has {}", near.len());
            let mut found = 0;
            for query in &queries {
                let fitting: Vec<_> = near.iter().filter(|record| fits(query, record)).map(|record| &record.event).collect();
                let actual = listed(app, &ctx, query).await;
                assert!(actual.iter().rev().eq(fitting.iter().copied()), "{reader}: {query:?}");
                found += fitting.len();
            }
            assert!(found > 50, "{reader}: {found}");
            for query in queries.iter().step_by(11) {
                let records = rest(&mut export(app, &ctx, query).await).await.expect("a file");
                let actual = listed(app, &ctx, query).await;
                assert!(records.iter().map(|record| &record.event).eq(actual.iter().rev()), "{reader}: {query:?}");
                assert!(records.iter().all(|record| fits(query, record)));
            }
        }
    }

    // B13, RK-04: ids of another organization get the same result as ids that do not exist.
    events_of_another_organization_are_not_found(app) {
        write_events(app).await;
        let otto = app.south("otto").await;
        let (max, key) = (app.member("max", NORTH).await, app.north_key("max").await.view.key_id);
        let south = app.organization(SOUTH).await;
        for query in queries(app).await {
            let actual = listed(app, &otto, &query).await;
            assert!(actual.iter().all(|event| event.actor_name != "max" && event.object_kind != "key"), "{query:?}");
        }
        let foreign = [
            AuditQuery { actor: Some(max), ..AuditQuery::default() },
            AuditQuery::about(ObjectKind::Key, key),
            AuditQuery { object: format!("organization:{}", app.organization(NORTH).await).parse().ok(), ..AuditQuery::default() },
        ];
        for query in foreign {
            assert_eq!(listed(app, &otto, &query).await, [], "{query:?}");
            assert_eq!(rest(&mut export(app, &otto, &query).await).await.expect("a file"), [], "{query:?}");
        }
        let records = rest(&mut export(app, &otto, &AuditQuery::default()).await).await.expect("a file");
        assert!(!records.is_empty() && records.iter().all(|record| record.organization_id == south));
        let actors = app.engine.list_audit_actors(&otto).await.expect("doers");
        assert!(actors.iter().all(|actor| ["otto", "una", "ben"].contains(&actor.name.as_str())), "{actors:?}");
    }

    // D26
    the_actor_filter_of_a_member_contains_only_themselves(app) {
        write_events(app).await;
        let names = async |who: &str| {
            let actors = app.engine.list_audit_actors(&app.north(who).await).await.expect("doers");
            actors.into_iter().map(|actor| actor.name).collect::<Vec<_>>()
        };
        assert_eq!(names("olga").await, ["ada", "max", "mia", "olga", "una"]);
        assert_eq!(names("mia").await, ["mia"]);
    }

    // D7, D.7: the event of the export is the last event that the file can contain.
    an_export_writes_an_event_with_its_filters(app) {
        write_events(app).await;
        let olga = app.north("olga").await;
        let query = AuditQuery {
            action: Some(ActionFilter::Any(EventCategory::Keys)),
            actor: Some(olga.actor().id),
            from: Some(Moment(0)),
            ..AuditQuery::default()
        };
        let mut begun = app.engine.export_audit_log(&olga, &query, ExportFormat::Csv).await.expect("an export");
        let event = app.newest_event(&olga).await;
        assert_eq!((event.action, event.object_kind.as_str()), (AuditAction::AuditExported, "audit_log"));
        assert_eq!(event.object_id, app.organization(NORTH).await.as_str());
        let actual: Vec<_> = event.changes.iter().map(|change| (change.field.as_str(), change.after.as_deref())).collect();
        let actor = olga.actor().id.to_string();
        let filters = [("format", "csv"), ("action", "keys"), ("actor", &actor), ("from", "1970-01-01T00:00:00Z")];
        assert_eq!(actual, filters.map(|(field, value)| (field, Some(value))));
        assert_eq!(rest(&mut begun).await.expect("a file").len(), 1);
        let mut whole = export(app, &olga, &AuditQuery::default()).await;
        app.key_of(&olga).await;
        let records = rest(&mut whole).await.expect("a file");
        assert_eq!(records.last().map(|record| record.event.action), Some(AuditAction::AuditExported), "later events are not included");
        assert_eq!(records.len() as i64, app.sound_chain(NORTH).await - 1);
    }

    // D7, D.6, D.7: the hash chain can be verified with the lines of a file alone.
    the_chain_can_be_verified_with_an_exported_file(app) {
        write_events(app).await;
        for (reader, complete) in [("olga", true), ("max", false)] {
            let records = rest(&mut export(app, &app.north(reader).await, &AuditQuery::default()).await).await.expect("a file");
            for record in &records {
                assert_eq!(record.hash, hex(&hash(&canon(record))), "event {}", record.event.n);
            }
            let linked = records.windows(2).filter(|pair| pair[0].event.n + 1 == pair[1].event.n);
            let linked: Vec<_> = linked.map(|pair| assert_eq!(pair[0].hash, pair[1].previous_hash)).collect();
            assert!(!linked.is_empty() && (!complete || linked.len() == records.len() - 1), "{reader}");
            assert_eq!(records[0].event.n == 1 && records[0].previous_hash.is_empty(), complete);
        }
    }

    // D23: after a revocation, removal or role change the export returns no further page.
    an_export_stops_when_its_credential_loses_access(app) {
        write_events(app).await;
        let olga = app.north("olga").await;
        let ada = app.member("ada", NORTH).await;
        let (caller, token) = app.browser("ada").await;
        let session = app.engine.enter_organization(&caller, &app.organization(NORTH).await, origin()).await.expect("ada");
        let key = app.north_key("ada").await;
        let with_key = app.with_key(&key.plain).await;
        let (by_key, by_session) = (&with_key.ctx, &session);
        let mut running = Vec::new();
        for ctx in [by_key, by_session] {
            let mut export = export(app, ctx, &AuditQuery::default()).await;
            assert!(!export.next().await.expect("a page").is_empty());
            running.push(export);
        }
        app.engine.revoke_key(&olga, revoke(key.view.key_id)).await.expect("revoked");
        assert_eq!(refusal(running[0].next().await), Code::Unauthorized);
        running[1].next().await.expect("the session is still valid");
        app.engine.delete_session(&token).await.expect("signed out");
        assert_eq!(refusal(running[1].next().await), Code::Unauthorized);
        for lowered in [true, false] {
            let ctx = app.north("ada").await;
            let mut export = export(app, &ctx, &AuditQuery::default()).await;
            match lowered {
                true => app.engine.change_member(&olga, ada, Role::Member).await.expect("lowered"),
                false => app.engine.remove_member(&olga, ada).await.expect("removed"),
            }
            assert_eq!(refusal(export.next().await), Code::Forbidden);
        }
    }

    // RU-07
    a_key_without_the_audit_scope_reads_and_exports_nothing(app) {
        let other = app.restricted_key("olga", "production", &["keys:read", "organization:write"]).await;
        let (other, before) = (app.with_key(&other.plain).await.ctx, app.sound_chain(NORTH).await);
        assert_eq!(refusal(app.engine.read_audit_log(&other, &AuditQuery::default(), 9).await), Code::MissingScope);
        assert_eq!(refusal(app.engine.list_audit_actors(&other).await), Code::MissingScope);
        assert_eq!(refusal(app.engine.check_chain(&other).await), Code::MissingScope);
        let refused = app.engine.export_audit_log(&other, &AuditQuery::default(), ExportFormat::Csv).await;
        assert_eq!(refusal(refused), Code::MissingScope);
        assert_eq!(app.sound_chain(NORTH).await, before);
        let reader = app.restricted_key("olga", "production", &["audit:read"]).await;
        let reader = app.with_key(&reader.plain).await.ctx;
        assert!(!rest(&mut export(app, &reader, &AuditQuery::default()).await).await.expect("a file").is_empty());
        let event = app.newest_event(&reader).await;
        assert!(event.action == AuditAction::AuditExported && event.via_key.is_some());
    }

    // D7, D.7: no event is missing or duplicated while the log grows.
    a_long_export_is_read_in_pages(app) {
        for _ in 0..620 {
            app.engine.sign_in(&identity("mia"), &origin()).await.expect("signed in");
        }
        let olga = app.north("olga").await;
        let mut export = export(app, &olga, &AuditQuery::default()).await;
        let last = app.sound_chain(NORTH).await;
        let (mut pages, mut numbers) = (0, Vec::new());
        loop {
            let page = export.next().await.expect("a page");
            assert!(page.len() <= 500);
            if page.is_empty() {
                break;
            }
            pages += 1;
            numbers.extend(page.iter().map(|record| record.event.n));
            app.key_of(&olga).await;
        }
        assert_eq!((pages, numbers), (2, (1..=last).collect::<Vec<_>>()));
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The input of the hash of an event, from a line of the file.
fn canon(record: &AuditRecord) -> CanonicalEncoder {
    let event = &record.event;
    let pairs = record.previous_hash.as_bytes().chunks(2);
    let byte =
        |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).expect("hex"), 16).expect("hex");
    let before: Vec<_> = pairs.map(byte).collect();
    CanonicalEncoder::of("rt/audit/v1")
        .text(record.organization_id.as_str())
        .number(event.n)
        .bytes(&before)
        .number(record.at_ms)
        .text(event.action.as_str())
        .maybe_number(event.actor_id.map(|actor| actor.0))
        .text(&event.actor_name)
        .maybe_text(event.via_key.as_deref())
        .text(&event.object_kind)
        .text(&event.object_id)
        .text(&event.object_label)
        .maybe_number(record.concerns.map(|actor| actor.0))
        .text(&serde_json::to_string(&event.changes).expect("json"))
        .maybe_text(event.address.as_deref())
        .maybe_text(event.agent.as_deref())
        .text(&event.request_id)
}
