//! The requests for tokens (RFC 6749, RFC 7009, RFC 8628).

use reqwest::{Client, Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::credentials::Credentials;
use crate::failure::{Failure, FailureKind};
use crate::http::{self, FieldNames};
use crate::session::now;

/// The ID of this program.
pub const CLIENT_ID: &str = "roundtable-cli";

const TOKEN: &str = "/api/v1/oauth/token";
const DEVICE: &str = "/api/v1/oauth/device_authorization";
const REVOKE: &str = "/api/v1/oauth/revoke";
const DEVICE_CODE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// The codes for a sign-in on another device.
#[derive(Deserialize)]
pub struct DeviceCodes {
    /// This program asks for the tokens with it.
    pub device_code: String,
    /// The person compares it, or enters it.
    pub user_code: String,
    /// The page for it.
    pub verification_uri: String,
    /// The same page, with the code.
    pub verification_uri_complete: String,
    /// When the codes expire, in seconds from now.
    pub expires_in: u64,
    /// How often this program may ask, in seconds.
    #[serde(default = "default_interval")]
    pub interval: u64,
}

const fn default_interval() -> u64 {
    5
}

/// Why there are no tokens.
pub enum Refusal {
    /// The person has not decided yet.
    Pending,
    /// This program asks too often.
    SlowDown,
    /// Anything else.
    Final(Failure),
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    expires_in: i64,
    refresh_token: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct OauthProblem {
    error: String,
    error_description: String,
}

impl From<Tokens> for Credentials {
    fn from(tokens: Tokens) -> Self {
        Self {
            access_token: tokens.access_token,
            expires_at: now() + tokens.expires_in,
            refresh_token: tokens.refresh_token,
        }
    }
}

/// Starts a sign-in on another device.
pub async fn start_device(client: &Client, installation: &Url) -> Result<DeviceCodes, Failure> {
    let response = post(client, installation, DEVICE, &[]).await?;
    if matches!(
        response.status(),
        StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED
    ) {
        let message = format!("No Roundtable installation answers at {installation}.");
        return Err(Failure::new(FailureKind::Refused, message).next("Check the URL."));
    }
    read(response).await.map_err(refused)
}

/// Asks for the tokens of a device code.
pub async fn device_tokens(
    client: &Client,
    installation: &Url,
    device_code: &str,
) -> Result<Credentials, Refusal> {
    let form = [
        ("grant_type", DEVICE_CODE_GRANT),
        ("device_code", device_code),
    ];
    let response = post(client, installation, TOKEN, &form)
        .await
        .map_err(Refusal::Final)?;
    read::<Tokens>(response)
        .await
        .map(Credentials::from)
}

/// Exchanges an authorization code for tokens.
pub async fn code_tokens(
    client: &Client,
    installation: &Url,
    code: &str,
    verifier: &str,
    redirect_uri: &str,
) -> Result<Credentials, Failure> {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("code_verifier", verifier),
        ("redirect_uri", redirect_uri),
    ];
    let response = post(client, installation, TOKEN, &form).await?;
    read::<Tokens>(response)
        .await
        .map(Credentials::from)
        .map_err(refused)
}

/// Refreshes a sign-in.
pub async fn refresh(
    client: &Client,
    installation: &Url,
    refresh_token: &str,
) -> Result<Credentials, Failure> {
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token),
    ];
    let response = post(client, installation, TOKEN, &form).await?;
    let refreshed = read::<Tokens>(response)
        .await
        .map(Credentials::from);
    refreshed.map_err(|refusal| match refusal {
        Refusal::Final(failure) if failure.code() == Some("invalid_grant") => Failure::new(
            FailureKind::NotSignedIn,
            "Your sign-in has expired or was revoked.",
        )
        .next("Run `roundtable auth login`."),
        refusal => refused(refusal),
    })
}

/// Revokes a sign-in.
pub async fn revoke(
    client: &Client,
    installation: &Url,
    refresh_token: &str,
) -> Result<(), Failure> {
    let response = post(
        client,
        installation,
        REVOKE,
        &[("token", refresh_token)],
    )
    .await?;
    http::accepted(response, FieldNames::OfApi)
        .await
        .map(drop)
}

/// A token request can be repeated: a code works once, and a replaced refresh token gives the same
/// new one.
async fn post(
    client: &Client,
    installation: &Url,
    path: &str,
    form: &[(&str, &str)],
) -> Result<Response, Failure> {
    let url = http::address(installation, path)?;
    let mut fields = vec![("client_id", CLIENT_ID)];
    fields.extend_from_slice(form);
    http::send(|| client.post(url.clone()).form(&fields), true).await
}

async fn read<T: DeserializeOwned>(response: Response) -> Result<T, Refusal> {
    if response.status() != StatusCode::BAD_REQUEST {
        let response = http::accepted(response, FieldNames::OfApi)
            .await
            .map_err(Refusal::Final)?;
        return response.json().await.map_err(|_| {
            Refusal::Final(
                Failure::new(
                    FailureKind::Failed,
                    "This is no installation of Roundtable, or an older one.",
                )
                .next("Check the URL."),
            )
        });
    }
    let problem: OauthProblem = response.json().await.unwrap_or_default();
    Err(match problem.error.as_str() {
        "authorization_pending" => Refusal::Pending,
        "slow_down" => Refusal::SlowDown,
        "access_denied" => Refusal::Final(Failure::new(
            FailureKind::Cancelled,
            "The sign-in was denied.",
        )),
        "expired_token" => Refusal::Final(
            Failure::new(FailureKind::Cancelled, "The code has expired.")
                .next("Run the command again."),
        ),
        _ => Refusal::Final(
            Failure::new(
                FailureKind::NotSignedIn,
                format!("The sign-in failed: {}.", problem.error_description),
            )
            .of_request(Some(problem.error), None),
        ),
    })
}

/// The failure of a request that nobody has to decide about.
fn refused(refusal: Refusal) -> Failure {
    match refusal {
        Refusal::Final(failure) => failure,
        Refusal::Pending | Refusal::SlowDown => Failure::new(
            FailureKind::Failed,
            "The installation answers out of turn.",
        ),
    }
}
