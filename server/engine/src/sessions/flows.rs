//! Sign-ins in progress: what the callback of the provider needs.

use zeroize::Zeroizing;

use crate::keyring::CanonicalEncoder;
use crate::store::sessions;
use crate::{Engine, Result};

/// A sign-in must be completed within ten minutes.
pub const FLOW_SECONDS: i64 = 10 * 60;

impl Engine {
    /// Stores the state of a sign-in until the browser comes back from the provider.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn begin_flow(&self, token: &[u8], value: &[u8]) -> Result<()> {
        let (digest, sealed) = self.seal_flow(token, value);
        let mut tx = self.db().begin().await?;
        sessions::insert_flow(
            &mut tx,
            &digest,
            &sealed,
            self.runtime().now().plus_seconds(FLOW_SECONDS),
        )
        .await?;
        Ok(tx.commit().await?)
    }

    /// The keyed digest under which a flow is stored, and its sealed state.
    pub(crate) fn seal_flow(&self, token: &[u8], value: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let digest = self.session_digest(token);
        let sealed = self.seal_value("sign_in_flows", &digest, &associated_data(), value);
        (digest, sealed)
    }

    /// Takes the state of a sign-in, once.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn take_flow(&self, token: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let mut tx = self.db().begin().await?;
        let mut taken = None;
        for digest in self.session_digests(token) {
            let sealed = sessions::take_flow(&mut tx, &digest, self.runtime().now()).await?;
            taken = taken.or(sealed.map(|sealed| (digest, sealed)));
        }
        tx.commit().await?;
        Ok(taken.and_then(|(digest, sealed)| {
            self.ring()
                .unseal("sign_in_flows", &digest, &associated_data(), &sealed)
                .ok()
        }))
    }
}

fn associated_data() -> CanonicalEncoder {
    CanonicalEncoder::of("session")
}
