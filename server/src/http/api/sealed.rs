//! Items of five kinds that only a key can decrypt (D16, D31). The inbox and the notebook have URLs
//! of their own besides `/api/v1/sealed`.

pub mod inbox;
pub mod items;
pub mod notebook;

use domain::SealedKind;
use domain::command::SealText;
use domain::token::PlainKey;
use domain::view::{Items, Opened};
use engine::Ctx;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::http::AppState;
use crate::http::problem::ApiResult;

/// The maximum number of items in a response.
const MAX_ITEMS: i64 = 200;

/// The text to encrypt.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewText {
    /// The text, 1 to 10,000 characters.
    #[schema(example = "The deploy is done.", value_type = String, min_length = 1, max_length = 10000)]
    text: Option<String>,
}

impl NewText {
    fn read(self) -> ApiResult<SealText> {
        Ok(SealText::read(&self.text.unwrap_or_default())?)
    }
}

/// The items that the key of the request decrypts, and the number of the others. Only a todo is done
/// or not, so the lists of messages and notes leave it out.
async fn read_without_done(
    state: &AppState,
    ctx: &Ctx,
    key: &PlainKey,
    kind: SealedKind,
) -> ApiResult<(Vec<Opened>, i64)> {
    let Items { items, unreadable } = state
        .engine
        .read_items(ctx, key, kind, MAX_ITEMS)
        .await?;
    let opened = items
        .into_iter()
        .map(|item| item.opened)
        .collect();
    Ok((opened, unreadable))
}
