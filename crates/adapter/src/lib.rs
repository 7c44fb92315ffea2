//! What Injeung's adapters share.

mod workers;

pub use workers::{Limits, Workers};
