//! Errors in responses and on pages: a code, a sentence, the invalid fields and the request id
//! (D10).

use serde::{Deserialize, Serialize};

use crate::closed_set;
use crate::closed_set::UnknownWord;

closed_set! {
    /// The error code, which programs evaluate.
    pub enum Code(
        /// The HTTP status of a response with this code.
        status: u16,
        /// The default sentence for this code.
        sentence: &'static str,
    ) {
        /// The credential is missing or invalid. The response does not distinguish the two.
        Unauthorized = "unauthorized" (401, "Missing or invalid authentication token"),
        /// The gate has a token, and the request does not carry it.
        GateTokenRequired = "gate_token_required" (
            401,
            "Send the gate token of this installation in X-Roundtable-Gate-Token"
        ),
        /// The action requires a more recent sign-in.
        FreshSignInRequired = "fresh_sign_in_required" (
            401,
            "This action requires a sign-in within the last 10 minutes. Sign in again"
        ),
        /// The credential is valid but does not permit the action.
        Forbidden = "forbidden" (403, "You do not have permission to access this resource"),
        /// The invitation is for another email.
        WrongAddress = "wrong_address" (403, "This invitation is for another email address"),
        /// The object does not exist, or the caller may not see it.
        NotFound = "not_found" (404, "The resource does not exist, or you do not have access to it"),
        /// The URL exists, the method does not.
        MethodNotAllowed = "method_not_allowed" (405, "This URL does not support the request method"),
        /// The request is malformed.
        BadRequest = "bad_request" (400, "The request is malformed"),
        /// The request is well-formed, but some fields are invalid.
        InvalidFields = "invalid_fields" (422, "Some fields are invalid"),
        /// The request conflicts with the current state.
        Conflict = "conflict" (409, "The request conflicts with the current state"),
        /// The installation is already set up.
        AlreadyBootstrapped = "already_bootstrapped" (
            409,
            "This installation is already set up"
        ),
        /// The request, including its body, took too long to arrive or to process.
        RequestTimeout = "request_timeout" (
            408,
            "The request took too long to arrive or to process"
        ),
        /// The body exceeds the limit.
        TooLarge = "too_large" (413, "The request body is too large"),
        /// The URL and the headers together exceed the limit.
        HeadersTooLarge = "headers_too_large" (
            431,
            "The URL and the headers of the request are too large"
        ),
        /// The response cannot be sent safely over this version of HTTP.
        HttpVersionNotSupported = "http_version_not_supported" (
            505,
            "This response is available over HTTP/1.1 only"
        ),
        /// The media type of the body is not supported.
        UnsupportedMediaType = "unsupported_media_type" (415, "Send the body as application/json"),
        /// Too many requests. The client should wait and try again.
        TooManyRequests = "too_many_requests" (
            429,
            "Too many requests. Wait a moment and try again"
        ),
        /// Too many attempts of this client failed. The client should wait and try again.
        TooManyAttempts = "too_many_attempts" (
            429,
            "Too many failed attempts from this IP address. Wait and try again"
        ),
        /// A key was sent in the URL, which logs record.
        KeyInQuery = "key_in_query" (
            400,
            "Send the key in a header, not in the URL. URLs are recorded in logs"
        ),
        /// The key is valid but lacks the required scope.
        MissingScope = "missing_scope" (403, "This key does not have the required scope"),
        /// The key, its owner or its API does not allow the IP address of the client.
        IpNotAllowed = "ip_not_allowed" (403, "This key cannot be used from this IP address"),
        /// A service account can have only one active key.
        ActiveKeyExists = "active_key_exists" (
            409,
            "This service account already has an active key. Rotate it with POST /api/v1/keys/{key_id}/rotate, or set allow_overlap"
        ),
        /// Messages encrypted for the key would become unreadable, and the request does
        /// not confirm the loss.
        MessagesWouldBeLost = "messages_would_be_lost" (
            409,
            "Messages encrypted for this key would become unreadable. Send confirm_message_loss or carry_over"
        ),
        /// The run was cancelled, so its worker should stop.
        RunCancelled = "run_cancelled" (409, "This run was cancelled. Stop working on it"),
        /// The worker does not hold the run, or no longer.
        LeaseLost = "lease_lost" (
            409,
            "This lease is not valid, or no longer. The run may be with another worker. Stop working on it"
        ),
        /// A retry of a request that already succeeded.
        AlreadyDone = "already_done" (
            409,
            "This request already succeeded. A key is shown only once"
        ),
        /// The service is temporarily unavailable.
        Unavailable = "unavailable" (
            503,
            "The service is temporarily unavailable. Try again in a moment"
        ),
        /// An internal error.
        Internal = "internal" (500, "An internal error occurred. Nothing was changed"),
    }
}

closed_set! {
    /// Why a request conflicts with the current state; each reason has [`Code::Conflict`].
    pub enum ConflictReason(
        /// The sentence for a person.
        sentence: &'static str,
    ) {
        /// The member is the only owner.
        LastOwner = "last_owner" (
            "Every organization needs an owner. Make someone else an owner first"
        ),
        /// The recipient of the message has no active key.
        ReceiverWithoutKey = "receiver_without_key" (
            "This actor has no active key to encrypt a message for"
        ),
        /// The note would be encrypted for a key that was rotated.
        KeyIsReplaced = "key_is_replaced" (
            "This key was rotated and expires soon. Use its replacement to write notes"
        ),
        /// The member signed in for the first time during the request.
        FirstSignIn = "first_sign_in" (
            "This member has just signed in for the first time. Try again"
        ),
        /// The key to be handed over was already rotated.
        HandedOverKeyIsRotated = "handed_over_key_is_rotated" (
            "A key to be handed over was already rotated. Revoke it instead"
        ),
        /// The key has full access, so it has no scopes to remove.
        FullAccess = "full_access" (
            "A key with full access has no scopes to remove. Create a key with scopes instead"
        ),
        /// The key is not active, so its scopes cannot be removed.
        KeyIsInactive = "key_is_inactive" ("This key has expired or was revoked"),
        /// The key is not active, so it cannot be rotated.
        InactiveKeyIsNotRotated = "inactive_key_is_not_rotated" (
            "This key has expired or was revoked. Create a new key instead"
        ),
        /// A disabled service account cannot get a new key.
        ServiceAccountIsDisabled = "service_account_is_disabled" (
            "This service account is disabled. Enable it before you create a key"
        ),
        /// The key was already rotated.
        KeyIsRotated = "key_is_rotated" (
            "This key was already rotated. Rotate its replacement instead"
        ),
        /// The owner of the key was removed or is disabled.
        OwnerIsInactive = "owner_is_inactive" ("The owner of this key was removed or is disabled"),
        /// The invited email belongs to a member.
        EmailIsMember = "email_is_member" ("Someone with this email address is already a member"),
        /// The API is archived.
        ApiIsArchived = "api_is_archived" ("This API is archived. Restore it before you create a key"),
        /// Another consumer of the organization has this external id.
        ConsumerExists = "consumer_exists" ("Another consumer already has this external ID"),
        /// A paused consumer cannot get a new key.
        ConsumerIsPaused = "consumer_is_paused" ("This consumer is paused. Resume it before you create a key"),
        /// A stopped workspace takes no runs.
        WorkspaceIsStopped = "workspace_is_stopped" (
            "This workspace is stopped and takes no runs. Start it first"
        ),
        /// A run that has ended cannot be cancelled.
        RunHasEnded = "run_has_ended" ("This run has already ended"),
        /// Too many invitations are pending.
        TooManyInvitations = "too_many_invitations" (
            "Too many invitations are pending. Cancel some invitations first"
        ),
        /// The invited person is already a member.
        AlreadyMember = "already_member" ("You are already a member of this organization"),
    }
}

/// Why a field is invalid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "fault")]
pub enum Fault {
    /// The field is required.
    Missing,
    /// Too many characters.
    TooLong {
        /// The maximum.
        max: usize,
    },
    /// A control, direction-changing or invisible character.
    ForbiddenCharacter,
    /// A text that contains an API key.
    ContainsKey,
    /// Not the form of an email address.
    NotAnEmail,
    /// Not one of the accepted values.
    Unknown {
        /// The accepted values, comma-separated.
        known: String,
    },
    /// Not the setup token of this installation.
    WrongSetupToken,
    /// Two fields that exclude each other.
    OneOfTwo,
    /// A scope that does not apply to the sandbox.
    NotInSandbox,
    /// A scope that the caller's key does not have, or a role above the caller's role.
    AboveCaller,
    /// A scope that the key did not have before.
    NotNarrower,
    /// Not a point in time, or not in the expected form.
    NotATime,
    /// A point in time outside the supported range.
    TimeOutOfRange {
        /// The earliest accepted time, such as `1970-01-01T00:00:00Z`.
        earliest: String,
        /// The latest accepted time.
        latest: String,
    },
    /// In the past.
    Past,
    /// Later than the organization's longest lifetime or the expiration of the caller's key allows.
    TooLate {
        /// The latest accepted time, such as `2026-04-08T19:51:19Z`.
        latest: String,
    },
    /// So far ahead that a form asks to confirm it.
    FarAhead,
    /// Later than the key expires.
    NotEarlier {
        /// When the key expires, such as `2026-04-08T19:51:19Z`.
        latest: String,
    },
    /// Not a whole number within these bounds.
    OutOfRange {
        /// The lower bound.
        min: i64,
        /// The upper bound.
        max: i64,
    },
    /// Not an id.
    NotAnId,
    /// Not a cursor from a `Link` header.
    NotACursor,
    /// Not visible ASCII characters, or too many of them.
    NotVisibleAscii {
        /// The maximum number of characters.
        max: usize,
    },
    /// Too many entries.
    TooMany {
        /// The maximum.
        max: usize,
    },
    /// Not the slug of an API.
    NotASlug,
    /// Not the key prefix of an API.
    NotAKeyPrefix,
    /// Another API of the installation has it.
    Taken,
    /// Not the word of a scope of an API.
    NotAScopeWord,
    /// A scope that the API does not declare.
    Undeclared,
    /// A value that is listed twice.
    Repeated,
    /// An environment that the API has no keys for.
    NotInApi,
    /// Text that is not a JSON object.
    NotAnObject,
    /// Not a SHA-256 digest.
    NotADigest,
    /// A key that was imported before.
    AlreadyImported,
    /// A consumer that is paused.
    Paused,
    /// A line that is not a record with the expected fields.
    NotARecord {
        /// The fields, comma-separated.
        fields: String,
    },
    /// Not an IP address.
    NotAnIp,
    /// Neither an IP address nor a block of them.
    NotAnIpBlock,
    /// An address that is not the first of its block.
    HostBits {
        /// The block that the address is in, such as `203.0.113.0/24`.
        block: String,
    },
    /// IP addresses that the caller's key does not allow.
    IpsAboveCaller,
    /// JSON that is larger than the limit.
    TooLarge {
        /// The maximum in bytes.
        max: usize,
    },
    /// A result of a run with both an output and an error.
    OutputOrError,
    /// The `Idempotency-Key` was already used with another body.
    OtherBody,
}

impl From<UnknownWord> for Fault {
    fn from(unknown: UnknownWord) -> Self {
        Self::Unknown {
            known: unknown.expected.join(", "),
        }
    }
}

impl Fault {
    /// The sentence for a person.
    pub fn sentence(&self) -> String {
        match self {
            Self::Missing => "Enter a value.".into(),
            Self::TooLong { max } => format!("Use at most {max} characters."),
            Self::ForbiddenCharacter => "Remove the invisible or control characters.".into(),
            Self::ContainsKey => "Remove the API key from this text. Others can read it.".into(),
            Self::NotAnEmail => "Enter an email address, such as ada@example.com.".into(),
            Self::Unknown { known } => format!("Use one of: {known}."),
            Self::WrongSetupToken => {
                "This setup token is wrong. The server log contains it, unless the operator set one.".into()
            }
            Self::OneOfTwo => "Use either a template or scopes, not both.".into(),
            Self::NotInSandbox => "A test key can only have scopes for keys, workspaces, runs and workers.".into(),
            Self::AboveCaller => "You cannot grant more permissions than you have.".into(),
            Self::NotNarrower => "You can remove scopes, but not add them. Create a new key instead.".into(),
            Self::NotATime => "Enter a time in RFC 3339 format, such as 2026-04-08T19:51:19Z.".into(),
            Self::TimeOutOfRange { earliest, latest } => format!("Choose a time from {earliest} to {latest}."),
            Self::Past => "Choose a time in the future.".into(),
            Self::TooLate { latest } => format!("Choose a time no later than {latest}."),
            Self::FarAhead => "This is more than five years ahead. Confirm it, or choose an earlier day.".into(),
            Self::NotEarlier { latest } => {
                format!("Choose a time no later than {latest}: a key cannot be made to last longer.")
            }
            Self::OutOfRange { min, max } => format!("Enter a whole number from {min} to {max}."),
            Self::NotAnId => "Enter a valid ID.".into(),
            Self::NotACursor => "Use the cursor from the Link header of the previous page, or omit it.".into(),
            Self::NotVisibleAscii { max } => format!("Use 1 to {max} visible ASCII characters."),
            Self::TooMany { max } => format!("Use at most {max} entries."),
            Self::NotASlug => {
                "Use 2 to 40 lower-case letters, digits and single hyphens. Begin with a letter.".into()
            }
            Self::NotAKeyPrefix => {
                "Use 2 to 12 lower-case letters and digits, other than the prefix of Roundtable's own keys.".into()
            }
            Self::Taken => "Another API already uses this value. Choose another one.".into(),
            Self::NotAScopeWord => {
                "Use up to 64 lower-case letters, digits and the characters : . _ - for a scope, such as orders:read.".into()
            }
            Self::Undeclared => "Use only scopes that the API declares.".into(),
            Self::Repeated => "List each value once.".into(),
            Self::NotInApi => "The API has no keys for this environment.".into(),
            Self::NotAnObject => r#"Use a JSON object, such as {"plan": "pro"}."#.into(),
            Self::NotADigest => "Use the SHA-256 digest of the key as 64 hexadecimal digits.".into(),
            Self::AlreadyImported => "A key with this digest already exists.".into(),
            Self::Paused => "This consumer is paused. Resume it first.".into(),
            Self::NotARecord { fields } => format!("This line is not a record with the fields {fields}."),
            Self::NotAnIp => "Enter an IP address, such as 203.0.113.7.".into(),
            Self::NotAnIpBlock => {
                "Enter an IP address or a block of addresses, such as 203.0.113.0/24 or 2001:db8::/32.".into()
            }
            Self::HostBits { block } => format!("This address is not the first of its block. Use {block}."),
            Self::IpsAboveCaller => "Use only IP addresses that your own key allows.".into(),
            Self::TooLarge { max } => format!("Use at most {max} bytes of JSON."),
            Self::OutputOrError => "Send either an output or an error, not both.".into(),
            Self::OtherBody => "This Idempotency-Key was already used with a different request.".into(),
        }
    }
}

/// An invalid field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldFault {
    /// The name of the field in the form or the JSON body.
    pub field: String,
    /// The sentence for a person.
    pub message: String,
    /// The reason for a program.
    #[serde(flatten)]
    pub fault: Fault,
}

impl FieldFault {
    /// The fault of a field of a record, with the line of the record: `lines[3].sha256`.
    #[must_use]
    pub fn on_line(self, line: usize) -> Self {
        Self {
            field: format!("lines[{line}].{}", self.field),
            ..self
        }
    }

    /// An error for the named field.
    pub fn new(field: &str, fault: Fault) -> Self {
        Self {
            field: field.to_owned(),
            message: fault.sentence(),
            fault,
        }
    }
}

/// An error response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The error code.
    pub code: Code,
    /// One sentence for a person.
    pub details: String,
    /// The invalid fields, if there are any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldFault>,
    /// The request id, which the log contains.
    pub request_id: String,
    /// How many seconds to wait before trying again, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u16>,
}

/// Seconds after which to try again when the service is unavailable. They vary with a random text
/// of the request, so that clients that were rejected together do not retry together.
pub fn retry_after(random: &str) -> u32 {
    1 + random.bytes().map(u32::from).sum::<u32>() % 4
}

impl Problem {
    /// A problem with the default sentence of its code.
    pub fn new(code: Code, request_id: &str) -> Self {
        Self {
            code,
            details: code.sentence().to_owned(),
            fields: Vec::new(),
            request_id: request_id.to_owned(),
            retry_after: None,
        }
    }

    /// The sentence about the named field, if that field is invalid.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|fault| fault.field == name)
            .map(|fault| fault.message.as_str())
    }
}
