//! `injeung eval`, tested with the running program.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]
#![allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]
#![allow(clippy::print_stderr, reason = "a test says what it takes instead")]

mod chains;
mod faults;
mod figures;
mod folders;
mod guard;
#[path = "../support/mod.rs"]
mod support;
