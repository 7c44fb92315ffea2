//! The servers of the running program fail while it runs, and recover.
//!
//! With `--nocapture` the tests print what the client saw for each fault and how long it took. The
//! table is in docs/durability.md.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]
#![allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]
#![allow(clippy::print_stdout, reason = "what was observed is for people too")]

#[path = "../support/mod.rs"]
mod support;

#[path = "../../../vision/tests/clarifai/fake.rs"]
#[allow(dead_code, unreachable_pub, reason = "the classifier's own tests use all of it")]
mod fake;

mod classifier;
mod database;
mod objects;
mod scene;
