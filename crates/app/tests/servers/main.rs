//! The running program on Postgres and S3, and what a test of such programs has to notice itself.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]
#![allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

#[path = "../support/mod.rs"]
mod support;

mod audit;
mod calls;
mod credentials;
mod late;
mod replicas;
