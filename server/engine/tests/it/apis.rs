//! The APIs of an organization, their consumers and their keys.

mod checks;
mod import;
mod records;

use domain::api::{ApiScope, KeyHeader};
use domain::command::{
    ApiDraft, ApiKeyDraft, ChangeApi, ChangeConsumer, CreateApi, CreateApiKey, CreateConsumer,
};
use domain::view::{ApiView, ConsumerView, NewKey};
use domain::{ActorId, Slug};
use engine::Ctx;
use serde_json::Map;

use crate::test_app::TestApp;

pub fn slug(text: &str) -> Slug {
    text.parse().expect("a slug")
}

/// Scopes of which `orders:write` includes `orders:read`.
fn scopes() -> Vec<ApiScope> {
    let scope = |word: &str, includes: &str| ApiScope {
        scope: word.parse().expect("a word"),
        description: format!("May {word}"),
        includes: includes.parse().expect("words"),
    };
    vec![
        scope("orders:read", ""),
        scope("orders:write", "orders:read"),
        scope("refunds:write", ""),
    ]
}

fn draft(slug: &str) -> CreateApi {
    CreateApi::read(ApiDraft {
        name: Some("Orders"),
        slug,
        scopes: Some(scopes()),
        ..ApiDraft::default()
    })
    .expect("a valid API")
}

pub async fn api(app: &TestApp, ctx: &Ctx, slug: &str) -> ApiView {
    app.engine
        .create_api(ctx, draft(slug))
        .await
        .expect("an API")
}

pub async fn consumer(app: &TestApp, ctx: &Ctx, external_id: &str) -> ConsumerView {
    let command = CreateConsumer::read(external_id, None, Map::new()).expect("a consumer");
    app.engine
        .create_consumer(ctx, command)
        .await
        .expect("a consumer")
}

pub fn key_draft(ctx: &Ctx, api: &str, owner: Option<ActorId>, scopes: &[&str]) -> CreateApiKey {
    let scopes: Vec<_> = scopes
        .iter()
        .map(|scope| (*scope).to_owned())
        .collect();
    let draft = ApiKeyDraft {
        name: "Initech",
        owner,
        scopes: &scopes,
        ..ApiKeyDraft::default()
    };
    CreateApiKey::read(slug(api), &draft, ctx.now()).expect("a valid key")
}

pub async fn api_key(
    app: &TestApp,
    ctx: &Ctx,
    api: &str,
    owner: ActorId,
    scopes: &[&str],
) -> NewKey {
    app.engine
        .create_api_key(ctx, key_draft(ctx, api, Some(owner), scopes), None)
        .await
        .expect("a key")
}

const NO_CHANGE: ApiDraft<'_> = ApiDraft {
    name: None,
    slug: "",
    key_prefix: None,
    key_header: None,
    environments: None,
    scopes: None,
    allowed_ips: None,
    signed_assertion: None,
};

fn archive(api: &str, archived: bool) -> ChangeApi {
    ChangeApi::read(slug(api), NO_CHANGE, Some(archived)).expect("a valid change")
}

/// A change that leaves only these scopes.
fn keep_scopes(api: &str, words: &[&str]) -> ChangeApi {
    let mut kept = scopes();
    kept.retain(|scope| words.contains(&scope.scope.as_str()));
    for scope in &mut kept {
        let included = scope.includes.iter().cloned();
        scope.includes = included
            .filter(|word| words.contains(&word.as_str()))
            .collect();
    }
    let draft = ApiDraft {
        scopes: Some(kept),
        ..NO_CHANGE
    };
    ChangeApi::read(slug(api), draft, None).expect("a valid change")
}

fn require_header(api: &str, header: KeyHeader) -> ChangeApi {
    let draft = ApiDraft {
        key_header: Some(header.as_str()),
        ..NO_CHANGE
    };
    ChangeApi::read(slug(api), draft, None).expect("a valid change")
}

fn pause(consumer: &ConsumerView, paused: bool) -> ChangeConsumer {
    ChangeConsumer::read(consumer.actor_id, None, None, Some(paused)).expect("a valid change")
}
