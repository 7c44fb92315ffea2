//! Shared parts of Injeung's adapters: secrets, the parsing of settings, retries and bounded
//! workers.

mod retry;
mod secret;
pub mod settings;
mod workers;

pub use retry::Retry;
pub use secret::Secret;
pub use workers::{Limits, Workers};
