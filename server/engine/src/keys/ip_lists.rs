//! Where a key may be used from (decision D39).

use std::net::IpAddr;

use domain::IpBlocks;

use crate::store::StoreError;
use crate::store::actors::ActorRow;
use crate::store::apis::ApiRow;
use crate::store::keys::KeyRow;

/// The lists of a key, its owner and its API that do not allow every address. Most keys have none,
/// which costs a check nothing.
pub(crate) struct IpLists(Option<Box<[IpBlocks]>>);

impl IpLists {
    /// The lists of a key. `api` is its API, unless it is a key of Roundtable itself.
    ///
    /// # Errors
    /// `Row` for a list that cannot be read.
    pub fn of(key: &KeyRow, owner: &ActorRow, api: Option<&ApiRow>) -> Result<Self, StoreError> {
        let mut lists = vec![key.allowed_ips()?, owner.allowed_ips()?];
        if let Some(api) = api {
            lists.push(api.allowed_ips()?);
        }
        lists.retain(|list| !list.is_empty());
        Ok(Self(
            (!lists.is_empty()).then(|| lists.into_boxed_slice()),
        ))
    }

    /// Whether every list allows the client. `address` is asked for only if there is a list. A client
    /// without an address is allowed only if there is none.
    pub fn allow(&self, address: impl FnOnce() -> Option<IpAddr>) -> bool {
        let Some(lists) = &self.0 else {
            return true;
        };
        let address = address();
        lists.iter().all(|list| list.allow(address))
    }
}
