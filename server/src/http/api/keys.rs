//! `/api/v1/keys`, a file per operation.

pub mod change;
pub mod create;
pub mod get;
pub mod list;
pub mod revoke;
pub mod rotate;
pub mod verify;

use std::borrow::Cow;

use domain::FieldFault;
use domain::view::NewKey;
use serde::Serialize;
use utoipa::ToSchema;

const STORE: &str = "Store this API key securely — it cannot be retrieved again";

/// A new key. It is shown only once.
#[derive(Serialize, ToSchema)]
pub struct NewKeyBody {
    /// Its id.
    #[schema(example = 1)]
    key_id: i64,
    /// The actor it belongs to.
    #[schema(example = 1)]
    actor_id: i64,
    /// The key itself. It starts with `key_prefix`.
    api_key: String,
    /// Its public prefix.
    #[schema(example = "rt_sk_Ab3dE9xQ")]
    key_prefix: String,
    /// The public key of the key pair that is derived from the key, in hex.
    public_key_hex: String,
    /// How to store it.
    #[schema(example = "Store this API key securely — it cannot be retrieved again", value_type = String)]
    warning: Cow<'static, str>,
}

impl From<&NewKey> for NewKeyBody {
    fn from(new: &NewKey) -> Self {
        Self {
            key_id: new.view.key_id.0,
            actor_id: new.view.actor_id.0,
            api_key: new.plain.expose().to_owned(),
            key_prefix: new.view.key_prefix.clone(),
            public_key_hex: new.public_key_hex.clone(),
            warning: STORE.into(),
        }
    }
}

/// Renames the field `name` of a form to `label`, which is its name in the API.
pub fn as_label(faults: Vec<FieldFault>) -> Vec<FieldFault> {
    let rename = |fault: FieldFault| {
        if fault.field == "name" {
            FieldFault {
                field: "label".into(),
                ..fault
            }
        } else {
            fault
        }
    };
    faults.into_iter().map(rename).collect()
}
