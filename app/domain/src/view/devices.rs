//! The view of a device that waits to sign in.

use crate::device::{DeviceClient, UserCode};
use crate::moment::Moment;

/// A device that asks a person to sign it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceRequest {
    /// The code that the device shows.
    pub user_code: UserCode,
    /// The program.
    pub client: DeviceClient,
    /// The IP address of the request.
    pub address: Option<String>,
    /// The user agent of the request. The device chose it, so it proves nothing.
    pub agent: Option<String>,
    /// When the device asked.
    pub requested_at: Moment,
    /// When the code expires.
    pub expires_at: Moment,
}
