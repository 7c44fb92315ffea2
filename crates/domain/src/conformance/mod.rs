//! A public test suite for each port, which checks the contract in the port's documentation.
//!
//! Each suite is an async function that takes an adapter, or a function that creates an empty one. It panics when the
//! adapter violates the contract. It needs no particular runtime. The test of an adapter is one call:
//!
//! ```
//! # use std::sync::Arc;
//! # use injeung_domain::{conformance, memory::MemoryObjectStore};
//! # futures_executor::block_on(async {
//! conformance::object_store(async || Arc::new(MemoryObjectStore::default())).await;
//! # });
//! ```
#![allow(clippy::expect_used, clippy::panic, reason = "a suite reports by panicking, as tests do")]

mod api_keys;
mod attempts;
mod cancellation;
mod classifier;
mod clock;
mod days;
mod erasures;
mod faults;
mod feature_extractor;
mod fixtures;
mod jpeg_encoder;
mod leases;
mod messages;
mod object_store;
mod replay_detector;
mod repositories;
mod request_keys;
mod traces;
mod views;

use std::sync::Arc;

pub use classifier::classifier;
pub use clock::clock;
pub use faults::{broken_database, broken_object_store};
pub use feature_extractor::{Scenes, feature_extractor};
pub use jpeg_encoder::jpeg_encoder;
pub use object_store::object_store;
pub use replay_detector::replay_detector;

use crate::ports::Repository;

/// Checks a [`Repository`]; `empty` creates a database without rows.
///
/// # Panics
/// If the repository violates the port's contract.
pub async fn repository<D: Repository>(empty: impl AsyncFn() -> Arc<D>) {
    repositories::participations(&empty).await;
    repositories::references(&empty).await;
    repositories::feeds(&empty).await;
    repositories::reservations(&empty).await;
    days::days(&empty).await;
    request_keys::request_keys(&empty).await;
    traces::traces(&empty).await;
    leases::leases(&empty).await;
    api_keys::api_keys(&empty).await;
    attempts::attempts(&empty).await;
    erasures::erasures(&empty).await;
    views::views(&empty).await;
    messages::messages(&empty).await;
}
