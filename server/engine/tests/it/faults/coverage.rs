//! The table has every operation.
