//! A public test suite a port: what the port's documentation promises, checked.
//!
//! Each suite is an async function that takes an adapter or what makes a fresh,
//! empty one, and panics where a promise is broken. It needs no particular runtime. An adapter's test is one call:
//!
//! ```
//! # use std::sync::Arc;
//! # use injeung_domain::{conformance, memory::MemoryObjectStore};
//! # futures_executor::block_on(async {
//! conformance::object_store(async || Arc::new(MemoryObjectStore::default())).await;
//! # });
//! ```
#![allow(clippy::expect_used, clippy::panic, reason = "a suite reports by panicking, as tests do")]

mod cancellation;
mod classifier;
mod clock;
mod days;
mod faults;
mod feature_extractor;
mod fixtures;
mod jpeg_encoder;
mod leases;
mod object_store;
mod repositories;
mod request_keys;

use std::sync::Arc;

pub use classifier::classifier;
pub use clock::clock;
pub use faults::{broken_database, broken_object_store};
pub use feature_extractor::{Scenes, feature_extractor};
pub use jpeg_encoder::jpeg_encoder;
pub use object_store::object_store;

use crate::ports::Repository;

/// Checks a [`Repository`]; `empty` makes a database without rows.
///
/// # Panics
/// Where the repository breaks a promise of the port.
pub async fn repository<D: Repository>(empty: impl AsyncFn() -> Arc<D>) {
    repositories::participations(&empty).await;
    repositories::references(&empty).await;
    repositories::feeds(&empty).await;
    repositories::reservations(&empty).await;
    days::days(&empty).await;
    request_keys::request_keys(&empty).await;
    leases::leases(&empty).await;
}
