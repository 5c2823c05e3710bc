//! The pages: one route for each screen, one for each server function, and a page for what does not exist.

use axum::Router;
use leptos::config::LeptosOptions;

/// All pages and server functions. A `Visit` must stand in the extensions of every request.
pub fn router(_options: LeptosOptions) -> Router {
    Router::new()
}
