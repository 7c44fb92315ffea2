//! The running program on PostgreSQL and S3, and the audit of such tests.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]
#![allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

#[path = "../support/mod.rs"]
mod support;

mod audit;
mod calls;
mod credentials;
mod erasure;
mod late;
mod reextraction;
mod replay;
mod replicas;
mod traces;
mod views;
