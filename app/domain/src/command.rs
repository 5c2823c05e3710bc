//! Commands: requests for changes. A command is valid by construction: `read` returns every invalid
//! field.

mod accounts;
mod apis;
mod consumers;
mod import;
mod keys;
mod listing;
mod log;
mod members;
mod organizations;
mod paging;
mod runs;
mod workspaces;

pub use accounts::{ChangeServiceAccount, CreateServiceAccount};
pub use apis::{ApiDraft, ApiKeyDraft, ChangeApi, CreateApi, CreateApiKey};
pub use consumers::{ChangeConsumer, ConsumerQuery, CreateConsumer};
pub use import::{ImportKeys, ImportedKey, ImportedKeyDraft, KeyStart};
pub use keys::{
    ChangeKey, CreateKey, EXPIRY_DAYS, Expiry, FAR_DAYS, KeyChanges, KeyDraft, MOST_DAYS,
    RequiredScopes, RevokeKey, RotateKey, VerifyKey, VerifyKeys,
};
pub use listing::{KeyQuery, KeySort, StatusFilter};
pub use log::{ActionFilter, AuditDraft, AuditQuery, ExportFormat, ObjectFilter};
pub use members::{InviteMember, KeyDisposition, MemberQuery, RemoveMember};
pub use organizations::{
    ChangeOrganization, CreateOrganization, FoundOrganization, OrganizationDraft,
};
pub use paging::ListPage;
pub use runs::{ClaimRun, CompleteRun, CreateRun, ExtendLease, RunQuery};
pub use workspaces::{ChangeWorkspace, CreateWorkspace, DeleteWorkspace};

use crate::ip::IpBlocks;
use crate::problem::{Fault, FieldFault};

/// The most characters of a message, a note or a run's input.
pub const MOST_TEXT: usize = 10_000;

/// Text to be encrypted: 1 to 10,000 characters, stored unchanged.
#[derive(Clone, Debug)]
pub struct SealText(pub String);

impl SealText {
    /// Reads the field of a body.
    ///
    /// # Errors
    /// The field, if it is invalid.
    pub fn read(text: &str) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let text = faults.take("text", read_text(text, 1));
        faults.done(|| Some(Self(text?)))
    }
}

/// Text is not normalized. A zero character is rejected because Postgres cannot store it.
fn read_text(text: &str, min: usize) -> Result<String, Fault> {
    match text.chars().count() {
        n if n < min => Err(Fault::Missing),
        n if n > MOST_TEXT => Err(Fault::TooLong { max: MOST_TEXT }),
        _ if text.contains('\0') => Err(Fault::ForbiddenCharacter),
        _ => Ok(text.to_owned()),
    }
}

/// Collects the invalid fields while a command is read.
#[derive(Default)]
struct Faults(Vec<FieldFault>);

impl Faults {
    fn take<T>(&mut self, field: &str, read: Result<T, Fault>) -> Option<T> {
        read.map_err(|fault| self.0.push(FieldFault::new(field, fault)))
            .ok()
    }

    /// Reads IP addresses, if the request lists any.
    fn take_ips(&mut self, blocks: Option<&[String]>) -> Option<Option<IpBlocks>> {
        blocks
            .map(IpBlocks::read)
            .transpose()
            .map_err(|faults| self.0.extend(faults))
            .ok()
    }

    fn done<T>(self, build: impl FnOnce() -> Option<T>) -> Result<T, Vec<FieldFault>> {
        if self.0.is_empty() {
            build().ok_or_else(Vec::new)
        } else {
            Err(self.0)
        }
    }
}
