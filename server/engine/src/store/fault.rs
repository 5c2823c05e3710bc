//! What can go wrong with a database.

/// A database failure, never to be read as "not found".
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database, or the way to it.
    #[error(transparent)]
    Sqlx(#[from] sqlx::Error),
    /// A migration.
    #[error(transparent)]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The address of the database cannot be used.
    #[error("{0}")]
    Address(String),
    /// A row holds what it never should.
    #[error("row: {0}")]
    Row(String),
}
