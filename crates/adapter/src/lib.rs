//! What Injeung's adapters share: secrets, the reading of settings, and retries.

mod retry;
mod secret;
pub mod settings;

pub use retry::Retry;
pub use secret::Secret;
