//! The body of `POST /api/v1/keys/verify`.

use domain::FieldFault;
use domain::command::VerifyKey;
use serde::Deserialize;
use utoipa::ToSchema;

/// A key that someone has presented to the caller.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyToVerify {
    /// The whole key.
    key: String,
    /// The slug of the API that it must be for. Without it, the key must be one of Roundtable
    /// itself.
    #[schema(example = "orders")]
    api: Option<String>,
    /// The scopes that it must have, of that API or of Roundtable.
    #[schema(example = json!(["orders:read"]))]
    scopes: Option<Vec<String>>,
    /// The IP address of the client that presented it. A key that can be used only from some IP
    /// addresses is invalid without it.
    #[schema(example = "203.0.113.7")]
    ip: Option<String>,
    /// Whether the use of the key is not counted.
    #[serde(default)]
    dry_run: bool,
}

impl KeyToVerify {
    /// The command.
    ///
    /// # Errors
    /// Every invalid field.
    pub fn command(&self) -> Result<VerifyKey, Vec<FieldFault>> {
        VerifyKey::read(
            &self.key,
            self.api.as_deref(),
            self.scopes.as_deref(),
            self.ip.as_deref(),
            self.dry_run,
        )
    }
}
