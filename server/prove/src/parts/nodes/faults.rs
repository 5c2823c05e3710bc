//! The faults: a file per kind.

pub mod backends;
pub mod clock;
pub mod cut;
pub mod kill;
pub mod pause;
pub mod restart;
pub mod start;
