//! Fixtures that the tests of the running program share.
#![allow(dead_code, reason = "each test program uses its own part")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]
#![allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]
#![allow(clippy::print_stderr, reason = "a test that failed tells what the service logged")]

pub(crate) mod audit;
pub(crate) mod bucket;
pub(crate) mod client;
pub(crate) mod form;
pub(crate) mod home;
pub(crate) mod jpeg;
pub(crate) mod ledger;
pub(crate) mod load;
pub(crate) mod pictures;
pub(crate) mod png;
pub(crate) mod postgres;
pub(crate) mod proxy;
pub(crate) mod raw;
pub(crate) mod replay;
pub(crate) mod rows;
pub(crate) mod service;
pub(crate) mod times;
pub(crate) mod views;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Standard base64 with padding.
pub(crate) fn base64(file: &[u8]) -> String {
    STANDARD.encode(file)
}
