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
    /// The scopes that it must have.
    #[schema(example = json!(["workspaces:read"]))]
    scopes: Option<Vec<String>>,
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
        VerifyKey::read(&self.key, self.scopes.as_deref(), self.dry_run)
    }
}
