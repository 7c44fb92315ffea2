//! Fixtures that the tests share.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

pub(crate) mod logs;
pub(crate) mod pictures;
pub(crate) mod world;
