//! Views of APIs and their consumers.

use serde::{Deserialize, Serialize};

use crate::api::{ApiScopeWords, ApiScopes, KeyHeader, Slug};
use crate::consumer::Metadata;
use crate::environment::Environment;
use crate::id::{ActorId, ApiId};
use crate::ip::IpBlocks;
use crate::moment::Moment;
use crate::problem::FieldFault;

/// An API that the organization protects with keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = ApiBody))]
pub struct ApiView {
    /// Its id.
    #[cfg_attr(feature = "schema", schema(example = 1, value_type = i64))]
    pub api_id: ApiId,
    /// Its name in URLs.
    #[cfg_attr(feature = "schema", schema(example = "orders", value_type = String))]
    pub slug: Slug,
    /// Its name.
    #[cfg_attr(feature = "schema", schema(example = "Orders"))]
    pub name: String,
    /// The first word of its keys.
    #[cfg_attr(feature = "schema", schema(example = "orders"))]
    pub key_prefix: String,
    /// The header that carries its keys.
    pub key_header: KeyHeader,
    /// The environments that it has keys for.
    pub environments: Vec<Environment>,
    /// Its scopes.
    #[cfg_attr(feature = "schema", schema(value_type = Vec<crate::api::ApiScope>))]
    pub scopes: ApiScopes,
    /// The IP addresses and blocks that its keys can be used from; empty for every address.
    #[cfg_attr(feature = "schema", schema(example = json!(["203.0.113.0/24"]), value_type = Vec<String>))]
    pub allowed_ips: IpBlocks,
    /// Whether the gate signs an assertion for each request that passes.
    pub signed_assertion: bool,
    /// Whether it is archived. The keys of an archived API are refused.
    pub is_archived: bool,
    /// When it was registered; UTC.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-08T19:51:19Z", format = DateTime, value_type = String))]
    pub created_at: Moment,
    /// Who registered it; null if the caller may not see it.
    #[cfg_attr(feature = "schema", schema(example = "Olivia Owens"))]
    pub created_by: Option<String>,
    /// How many active keys it has.
    pub active_keys: i64,
}

/// A user of the organization's APIs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = ConsumerBody))]
pub struct ConsumerView {
    /// Its id.
    #[cfg_attr(feature = "schema", schema(example = 16, value_type = i64))]
    pub actor_id: ActorId,
    /// Its id in the organization's own systems.
    #[cfg_attr(feature = "schema", schema(example = "customer_42"))]
    pub external_id: String,
    /// Its name.
    #[cfg_attr(feature = "schema", schema(example = "Initech"))]
    pub name: String,
    /// What the organization notes about it.
    #[cfg_attr(feature = "schema", schema(example = json!({ "plan": "pro" }), value_type = Object))]
    pub metadata: Metadata,
    /// The IP addresses and blocks that its keys can be used from; empty for every address.
    #[cfg_attr(feature = "schema", schema(example = json!(["203.0.113.0/24"]), value_type = Vec<String>))]
    pub allowed_ips: IpBlocks,
    /// Whether it is paused. The keys of a paused consumer are refused.
    pub is_paused: bool,
    /// When it was created; UTC.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-08T19:51:19Z", format = DateTime, value_type = String))]
    pub created_at: Moment,
    /// Who created it.
    #[cfg_attr(feature = "schema", schema(example = "Olivia Owens"))]
    pub created_by: Option<String>,
    /// How many active keys it has.
    pub active_keys: i64,
}

/// What an import of keys did, or would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportReport {
    /// How many keys were valid.
    pub keys: usize,
    /// How many consumers did not exist before.
    pub new_consumers: usize,
    /// The invalid fields, such as `lines[3].sha256`. With one of them, nothing is stored.
    pub faults: Vec<FieldFault>,
}

/// The API that a key is for, and what the key may do there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = KeyApiBody))]
pub struct KeyApi {
    /// The API.
    #[cfg_attr(feature = "schema", schema(example = "orders", value_type = String))]
    pub slug: Slug,
    /// The key's scopes of that API, without those that they include.
    #[cfg_attr(feature = "schema", schema(example = json!(["orders:read"]), value_type = Vec<String>))]
    pub scopes: ApiScopeWords,
}
