//! Comparing and converting photos through the public interface.
//!
//! The neural tier takes part where `make setup` made its models; the environment's `CI`, or
//! `INJEUNG_REQUIRE_MODEL=1`, asks for them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests fail by panicking and say what they skip"
)]

mod aligned;
mod cascades;
mod comparing;
mod encoding;
mod port;
mod quality;
mod real_photos;
mod references;
mod scenes;
mod symmetry;
mod turned;
