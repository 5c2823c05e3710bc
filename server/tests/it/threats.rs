//! Threats of the catalogue that need more than the matrix: enumeration (B13), mass assignment (B16), keys that are told
//! twice (B19), fixation (B23), returns that lead away (B30).

mod alike;
mod assignment;
mod fixation;
mod returns;
mod secrets;
