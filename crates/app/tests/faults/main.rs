//! The servers that the running program depends on fail while it runs, and come back.
//!
//! Run with `--nocapture` it prints, for each fault, what the client saw and how long it took; the
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
