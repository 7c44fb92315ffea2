//! Adapters that live in memory, for examples, tests and trying the domain out.
//!
//! They keep the ports' contracts, the conformance suites prove it, but nothing outlives the
//! process. [`SamePicture`] compares bytes, not scenes.

mod clock;
mod database;
mod days;
mod objects;
mod request_keys;
mod vision;

pub use clock::ManualClock;
pub use database::MemoryDatabase;
pub use objects::MemoryObjectStore;
pub use vision::{FixedConcepts, JpegOnly, SamePicture};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a thread that panicked left behind is whole all the same: no operation here stops half-way.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
