//! Plaque.
