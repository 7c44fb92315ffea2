//! Comparison and conversion of photos through the public interface.
//!
//! The neural tiers run if their models exist, which `make setup` builds. The models are required if the environment
//! sets `CI` or `INJEUNG_REQUIRE_MODEL=1`.
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
mod replay;
mod scenes;
mod symmetry;
mod turned;
mod views;
