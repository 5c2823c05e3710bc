//! The shapes of the audit log.

use domain::command::{ActionFilter, ExportFormat};
use domain::event::{AuditAction, ObjectKind};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// What happened, or the chapter of what happened.
pub struct ActionWord;

/// The kind of a thing.
pub struct ObjectWord;

/// How a file holds events.
pub struct FormatWord;

/// One of these words.
fn one_of(words: impl Iterator<Item = &'static str>) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words.collect::<Vec<_>>())).build().into()
}

impl PartialSchema for ActionWord {
    fn schema() -> RefOr<Schema> {
        one_of(ActionFilter::words())
    }
}

impl PartialSchema for ObjectWord {
    fn schema() -> RefOr<Schema> {
        one_of(ObjectKind::ALL.into_iter().map(ObjectKind::as_str))
    }
}

impl PartialSchema for FormatWord {
    fn schema() -> RefOr<Schema> {
        one_of(ExportFormat::ALL.into_iter().map(ExportFormat::as_str))
    }
}

impl ToSchema for ActionWord {}
impl ToSchema for ObjectWord {}
impl ToSchema for FormatWord {}

/// What happened.
pub struct HappeningWord;

impl PartialSchema for HappeningWord {
    fn schema() -> RefOr<Schema> {
        one_of(AuditAction::ALL.into_iter().map(AuditAction::as_str))
    }
}

impl ToSchema for HappeningWord {}

/// Something that happened.
#[derive(ToSchema)]
pub struct EventBody {
    /// Its number in the organization, from 1, without gaps.
    #[schema(example = 1204)]
    n: i64,
    /// When; UTC.
    #[schema(example = "2026-04-08T19:51:19Z", format = DateTime)]
    at: String,
    /// What happened.
    action: HappeningWord,
    /// Who did it; null where nobody of the organization did.
    #[schema(example = 14)]
    actor_id: Option<i64>,
    /// Their name at the time.
    #[schema(example = "Olivia Owens")]
    actor_name: String,
    /// The key it was done with, if it was: its public prefix.
    #[schema(example = "rt_sk_Ab3dE9xQ")]
    via_key: Option<String>,
    /// The kind of thing it happened to.
    object_kind: ObjectWord,
    /// That thing's id.
    #[schema(example = "2")]
    object_id: String,
    /// How people know it.
    #[schema(example = "CI/CD Pipeline · rt_sk_Ab3dE9xQ")]
    object_label: String,
    /// What changed.
    changes: Vec<ChangeBody>,
    /// The address it came from.
    #[schema(example = "203.0.113.7")]
    address: Option<String>,
    /// The program it came from, as it calls itself.
    #[schema(example = "curl/8.14.1")]
    agent: Option<String>,
    /// The request's id.
    #[schema(example = "req_5Zk0c3Yx9bQm2VtA")]
    request_id: String,
}

/// One field before and after.
#[derive(ToSchema)]
pub struct ChangeBody {
    /// The field's name.
    #[schema(example = "reason")]
    field: String,
    /// Its value before, if it had one.
    before: Option<String>,
    /// Its value after, if it has one.
    #[schema(example = "leaked")]
    after: Option<String>,
}
