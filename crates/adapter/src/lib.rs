//! Shared parts of Injeung's adapters: secrets, signed URLs, the parsing of settings, texts of errors, retries
//! and bounded workers.

mod causes;
mod client;
mod retry;
mod secret;
pub mod settings;
mod text_signer;
mod url_signer;
mod workers;

pub use causes::with_causes;
pub use client::on_behalf_of;
pub use retry::Retry;
pub use secret::Secret;
pub use text_signer::TextSigner;
pub use url_signer::{UrlSignatureError, UrlSigner};
pub use workers::{Limits, Workers};
