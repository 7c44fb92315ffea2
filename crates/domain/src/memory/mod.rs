//! In-memory adapters for examples, tests and experiments.
//!
//! They pass the conformance suites of their ports, but nothing outlives the process.
//! [`SamePicture`] compares bytes, not scenes.

mod attempts;
mod clock;
mod database;
mod days;
mod erasures;
mod messages;
mod objects;
mod policy;
mod request_keys;
mod reservations;
mod tables;
mod traces;
mod views;
mod vision;

pub use clock::ManualClock;
pub use database::MemoryDatabase;
pub use objects::MemoryObjectStore;
pub use policy::policy;
pub use vision::{FixedConcepts, JpegOnly, NearAngles, SameEnding, SamePicture};

use std::sync::{Mutex, MutexGuard, PoisonError};

fn as_len(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

/// Ignores poisoning: no operation here panics between two changes, so the data is consistent.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
