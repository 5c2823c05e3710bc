//! TEMP
use domain::token::PlainKey;
use domain::{Actor, KeyId, OrganizationId};

use crate::store::{Link, Tx};
use crate::{Engine, Result};

pub(crate) async fn count_sealed(_: &mut Link, _: &OrganizationId, _: KeyId) -> Result<i64> {
    Ok(0)
}
pub(crate) async fn pass_inbox(_: &mut Tx, _: &OrganizationId, _: KeyId, _: KeyId) -> Result<()> {
    Ok(())
}
impl Engine {
    pub(crate) async fn bequeath(
        &self,
        _: &mut Tx,
        _: &Actor,
        _: &PlainKey,
        _: KeyId,
        _: KeyId,
        _: &[u8],
    ) -> Result<()> {
        Ok(())
    }
}
