//! Threats that need more than the matrix: enumeration (B13), mass assignment (B16), keys that are
//! shown twice (B19), session fixation (B23) and open redirects (B30).

mod alike;
mod assignment;
mod fixation;
mod returns;
mod secrets;
