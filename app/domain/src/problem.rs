//! Errors as they leave the product: a code, a sentence, the fields at fault, the request's id (D10).

use serde::{Deserialize, Serialize};

use crate::closed_set;
use crate::closed_set::UnknownWord;

closed_set! {
    /// What kind of refusal, as programs decide by it.
    pub enum Code(
        /// The status of an HTTP answer with the code.
        status: u16,
        /// The sentence that goes with the code when nothing better is known.
        sentence: &'static str,
    ) {
        /// No credential, or one that does not work. Which of the two is never said.
        Unauthorized = "unauthorized" (401, "Missing or invalid authentication token"),
        /// The person signed in too long ago for this; it works after a new sign-in.
        FreshSignInRequired = "fresh_sign_in_required" (
            401,
            "This needs a sign-in of the last 10 minutes; sign in again"
        ),
        /// The credential works, but not for this.
        Forbidden = "forbidden" (403, "You do not have permission to access this resource"),
        /// The invitation is for another email.
        WrongAddress = "wrong_address" (403, "This invitation is for another email address"),
        /// Nothing of that id is within reach.
        NotFound = "not_found" (404, "There is nothing at this address"),
        /// The URL exists, the method does not.
        MethodNotAllowed = "method_not_allowed" (405, "This address does not accept that method"),
        /// The request could not be read.
        BadRequest = "bad_request" (400, "The request could not be read"),
        /// The request was read, and some fields are not acceptable.
        InvalidFields = "invalid_fields" (422, "Some fields are not acceptable"),
        /// The current state does not allow it.
        Conflict = "conflict" (409, "The current state does not allow this"),
        /// The installation has been set up already.
        AlreadyBootstrapped = "already_bootstrapped" (
            409,
            "This installation has been set up already"
        ),
        /// The request, its body included, took too long to arrive or to answer.
        RequestTimeout = "request_timeout" (
            408,
            "The request took too long to arrive or to answer"
        ),
        /// The body is larger than is accepted.
        TooLarge = "too_large" (413, "The request body is too large"),
        /// The URL and the headers together are larger than is accepted.
        HeadersTooLarge = "headers_too_large" (
            431,
            "The address and the headers of the request are too large"
        ),
        /// The answer cannot be sent safely over this version of HTTP.
        HttpVersionNotSupported = "http_version_not_supported" (
            505,
            "This is sent over HTTP/1.1 only"
        ),
        /// The body is not of a type that is accepted.
        UnsupportedMediaType = "unsupported_media_type" (415, "Send the body as application/json"),
        /// Too many requests; wait and try again.
        TooManyRequests = "too_many_requests" (
            429,
            "Too many requests; wait a moment and try again"
        ),
        /// Too many attempts of this client failed; wait and try again.
        TooManyAttempts = "too_many_attempts" (
            429,
            "Too many failed attempts from this address; wait and try again"
        ),
        /// A key was sent in the URL, where logs keep it.
        KeyInQuery = "key_in_query" (
            400,
            "Send the key in a header; a key in the address ends up in logs"
        ),
        /// The key works, but lacks the scope for this.
        MissingScope = "missing_scope" (403, "This key does not have the scope that this needs"),
        /// A service account has one active key; rotate it.
        ActiveKeyExists = "active_key_exists" (
            409,
            "This service account has an active key. Rotate it with POST /api/v1/keys/{key_id}/rotate, or allow overlap"
        ),
        /// What was sealed to the key would become unreadable, and the request does not confirm it.
        MessagesWouldBeLost = "messages_would_be_lost" (
            409,
            "What is sealed to this key would become unreadable. Send confirm_message_loss or carry_over to go on"
        ),
        /// A retry of a request that was carried out before.
        AlreadyDone = "already_done" (
            409,
            "This request was carried out before. A key is shown once and cannot be shown again"
        ),
        /// Something is temporarily out of order; try again.
        Unavailable = "unavailable" (
            503,
            "The service cannot answer right now; try again in a moment"
        ),
        /// An internal error.
        Internal = "internal" (500, "Something went wrong on our side; nothing was changed"),
    }
}

closed_set! {
    /// Why the current state does not allow a change; each is a [`Code::Conflict`].
    pub enum ConflictReason(
        /// The sentence for a person.
        sentence: &'static str,
    ) {
        /// The member is the only owner.
        LastOwner = "last_owner" (
            "Every organization needs an owner. Make someone else an owner first"
        ),
        /// A message needs an active key of its receiver.
        ReceiverWithoutKey = "receiver_without_key" (
            "This actor has no active key that a message could be sealed to"
        ),
        /// A note would be sealed to a key that expires soon.
        KeyIsReplaced = "key_is_replaced" (
            "This key has a successor and ends soon. Write with the successor"
        ),
        /// The member signed in for the first time during the request.
        FirstSignIn = "first_sign_in" (
            "This member signed in for the first time just now. Try again"
        ),
        /// A key to be handed over was already rotated.
        HandedOverKeyIsRotated = "handed_over_key_is_rotated" (
            "A key that is handed over has a successor already. Have it end instead"
        ),
        /// The key has full access, so it has no scopes to remove.
        FullAccess = "full_access" (
            "A key with full access has no scopes to take away. Create a key with scopes instead"
        ),
        /// The key is not active, so its scopes cannot be removed.
        KeyIsInactive = "key_is_inactive" ("This key has expired or was revoked"),
        /// The key is not active, so it cannot be rotated.
        InactiveKeyIsNotRotated = "inactive_key_is_not_rotated" (
            "This key has expired or was revoked. Create a new key instead"
        ),
        /// A disabled service account gets no key.
        ServiceAccountIsDisabled = "service_account_is_disabled" (
            "This service account is disabled. Enable it before it gets a key"
        ),
        /// The key was already rotated.
        KeyIsRotated = "key_is_rotated" (
            "This key was already rotated. Rotate its replacement instead"
        ),
        /// The owner of the key was removed or is disabled.
        OwnerIsInactive = "owner_is_inactive" ("The owner of this key was removed or is disabled"),
        /// The invited email belongs to a member.
        EmailIsMember = "email_is_member" ("Someone with this email address is already a member"),
        /// Too many invitations are pending.
        TooManyInvitations = "too_many_invitations" (
            "Too many invitations are pending. Withdraw some of them first"
        ),
        /// The invited person is a member already.
        AlreadyMember = "already_member" ("You are a member of this organization already"),
    }
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "fault")]
pub enum Fault {
    /// Nothing was given.
    Missing,
    /// More characters than are accepted.
    TooLong {
        /// The most that is accepted.
        max: usize,
    },
    /// A control, direction-changing or invisible character.
    ForbiddenCharacter,
    /// Not the form of an email address.
    NotAnEmail,
    /// Not one of the values that are known.
    Unknown {
        /// The values that are accepted, comma-separated.
        known: String,
    },
    /// Not the setup token of this installation.
    WrongSetupToken,
    /// Two fields of which only one may be given.
    OneOfTwo,
    /// A scope of something that the sandbox does not have.
    NotInSandbox,
    /// A scope that the caller's key does not have itself, or a role above the caller's.
    AboveCaller,
    /// More than the key had before.
    NotNarrower,
    /// Not a point in time, or not in the expected form.
    NotATime,
    /// A point in time outside the supported range.
    TimeOutOfRange {
        /// The earliest moment that is accepted, `1970-01-01T00:00:00Z`.
        earliest: String,
        /// The latest.
        latest: String,
    },
    /// In the past.
    Past,
    /// Later than the organization's longest lifetime, or the caller's own expiration, allows.
    TooLate {
        /// The latest moment that is accepted, `2026-04-08T19:51:19Z`.
        latest: String,
    },
    /// Not a whole number within these bounds.
    OutOfRange {
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// Not the whole number that an id is.
    NotAnId,
    /// Not a cursor that a `Link` header named.
    NotACursor,
    /// Not visible ASCII characters, or too many of them.
    NotVisibleAscii {
        /// The most characters that are accepted.
        max: usize,
    },
    /// More entries than are accepted.
    TooMany {
        /// The most that is accepted.
        max: usize,
    },
    /// This `Idempotency-Key` came before, with another body.
    OtherBody,
}

impl From<UnknownWord> for Fault {
    fn from(unknown: UnknownWord) -> Self {
        Self::Unknown { known: unknown.expected.join(", ") }
    }
}

impl Fault {
    /// The sentence for a person.
    pub fn sentence(&self) -> String {
        match self {
            Self::Missing => "Enter a value.".into(),
            Self::TooLong { max } => format!("Use at most {max} characters."),
            Self::ForbiddenCharacter => "Remove the invisible or control characters.".into(),
            Self::NotAnEmail => "Enter an email address, like ada@example.com.".into(),
            Self::Unknown { known } => format!("Use one of: {known}."),
            Self::WrongSetupToken => {
                "This is not the setup token. The server’s log has it, unless the operator chose one.".into()
            }
            Self::OneOfTwo => "Give either a template or scopes, not both.".into(),
            Self::NotInSandbox => "A test key can only have scopes of keys, workspaces and runs.".into(),
            Self::AboveCaller => "You cannot give more than you have yourself.".into(),
            Self::NotNarrower => "Scopes can be taken away, not added. Create a new key instead.".into(),
            Self::NotATime => "Enter a point in time, like 2026-04-08T19:51:19Z.".into(),
            Self::TimeOutOfRange { earliest, latest } => format!("Choose a time from {earliest} to {latest}."),
            Self::Past => "Choose a time in the future.".into(),
            Self::TooLate { latest } => format!("Choose a time no later than {latest}."),
            Self::OutOfRange { min, max } => format!("Enter a whole number from {min} to {max}."),
            Self::NotAnId => "Enter an id, as a list of the API names it.".into(),
            Self::NotACursor => "Take the cursor from the Link header of the page before, or leave it out.".into(),
            Self::NotVisibleAscii { max } => format!("Use 1 to {max} visible ASCII characters."),
            Self::TooMany { max } => format!("Give at most {max} entries."),
            Self::OtherBody => "This Idempotency-Key was used before with another request.".into(),
        }
    }
}

/// A field and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldFault {
    /// The field's name, as in the form or the JSON body.
    pub field: String,
    /// The sentence for a person.
    pub message: String,
    /// What is wrong, for a program.
    #[serde(flatten)]
    pub fault: Fault,
}

impl FieldFault {
    /// A fault of the named field.
    pub fn new(field: &str, fault: Fault) -> Self {
        Self { field: field.to_owned(), message: fault.sentence(), fault }
    }
}

/// A refusal as it leaves the product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What kind of refusal.
    pub code: Code,
    /// One sentence for a person.
    pub details: String,
    /// The fields at fault, if any are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldFault>,
    /// The id of the request, to find it in the log.
    pub request_id: String,
    /// How many seconds to wait before trying again, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u16>,
}

/// Seconds after which to try again when the service is unavailable. Spread by a random text of the request, so that
/// clients that were refused together do not return together.
pub fn retry_after(random: &str) -> u32 {
    1 + random.bytes().map(u32::from).sum::<u32>() % 4
}

impl Problem {
    /// A problem with the code's own sentence.
    pub fn new(code: Code, request_id: &str) -> Self {
        Self {
            code,
            details: code.sentence().to_owned(),
            fields: Vec::new(),
            request_id: request_id.to_owned(),
            retry_after: None,
        }
    }

    /// The sentence about the named field, if that field is at fault.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|fault| fault.field == name).map(|fault| fault.message.as_str())
    }
}
