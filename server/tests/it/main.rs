//! The doors, through the router that also serves real requests: nobody, a browser session, a key, an ID token.

mod api;
mod browser;
mod docs;
mod doors;
mod edge;
mod flight;
mod forms;
mod house;
mod keys;
mod live;
mod log;
mod matrix;
mod members;
mod operations;
mod organizations;
mod overview;
mod process;
mod provider;
mod pypi;
mod service_accounts;
mod sessions;
mod sign_in;
mod threats;
mod tokens;
