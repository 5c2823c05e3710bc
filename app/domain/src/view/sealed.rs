//! Views of sealed items.

use serde::{Deserialize, Serialize};

use crate::id::{ActorId, ItemId, KeyId};
use crate::moment::Moment;
use crate::sealed::{SealedCounts, SealedKind};

/// An item that was just encrypted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = SealedBody))]
pub struct Sealed {
    /// Its id.
    #[cfg_attr(feature = "schema", schema(example = "item_5Zk0c3Yx9bQm2VtA", value_type = String))]
    pub id: ItemId,
    /// The actor it belongs to.
    #[cfg_attr(feature = "schema", schema(example = 14, value_type = i64))]
    pub actor_id: ActorId,
    /// The key that it is encrypted for.
    #[cfg_attr(feature = "schema", schema(example = 3, value_type = i64))]
    pub key_id: KeyId,
    /// When it was created; UTC.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-08T19:51:19Z", format = DateTime, value_type = String))]
    pub created_at: Moment,
}

/// An item, decrypted with the key of the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = OpenedBody))]
pub struct Opened {
    /// Its id.
    #[cfg_attr(feature = "schema", schema(example = "item_5Zk0c3Yx9bQm2VtA", value_type = String))]
    pub id: ItemId,
    /// Who wrote it.
    #[cfg_attr(feature = "schema", schema(example = 14, value_type = i64))]
    pub from_actor_id: ActorId,
    /// Their name.
    #[cfg_attr(feature = "schema", schema(example = "Olivia Owens"))]
    pub from: String,
    /// The text.
    pub text: String,
    /// When it was created; UTC.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-08T19:51:19Z", format = DateTime, value_type = String))]
    pub created_at: Moment,
    /// The key that it was encrypted for.
    #[cfg_attr(feature = "schema", schema(example = 3, value_type = i64))]
    pub key_id: KeyId,
}

/// A decrypted item of any kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = OpenedItemBody))]
pub struct OpenedItem {
    #[serde(flatten)]
    #[expect(
        missing_docs,
        reason = "the fields are described where they are flattened from"
    )]
    pub opened: Opened,
    /// Whether the todo is done; null for an item of another kind.
    #[cfg_attr(feature = "schema", schema(example = false))]
    pub done: Option<bool>,
}

/// The items of one kind that the key of the request decrypts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = ItemsBody))]
pub struct Items {
    /// The newest items, at most 200.
    pub items: Vec<OpenedItem>,
    /// The number of items that are encrypted for other keys.
    pub unreadable: i64,
}

/// Whether a todo is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = TodoBody))]
pub struct TodoState {
    /// Its id.
    #[cfg_attr(feature = "schema", schema(example = "item_5Zk0c3Yx9bQm2VtA", value_type = String))]
    pub id: ItemId,
    /// Whether it is done.
    #[cfg_attr(feature = "schema", schema(example = true))]
    pub done: bool,
}

/// What an actor has sealed: numbers and times, never contents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SealedOverview {
    /// The kinds that have items, in the order of their table.
    pub kinds: Vec<SealedOfKind>,
    /// The active keys that decrypt items, the newest key first.
    pub keys: Vec<SealedForKey>,
}

/// The items of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedOfKind {
    /// The kind.
    pub kind: SealedKind,
    /// How many there are.
    pub count: i64,
    /// How many of them no active key decrypts.
    pub unreadable: i64,
    /// When the newest was written.
    pub newest: Moment,
}

/// The items that one key decrypts. A rotation of the key without carrying over makes exactly these
/// unreadable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedForKey {
    /// The key.
    pub key_id: KeyId,
    /// Its name.
    pub label: String,
    /// Its public prefix.
    pub key_prefix: String,
    /// How many items of each kind.
    pub counts: SealedCounts,
}
