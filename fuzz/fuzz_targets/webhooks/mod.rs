//! The part of the webhooks that the configuration uses.

#[path = "../../../crates/app/src/webhooks/addresses.rs"]
mod addresses;
#[path = "../../../crates/app/src/webhooks/settings.rs"]
mod settings;
#[path = "../../../crates/app/src/webhooks/signature.rs"]
mod signature;

pub(crate) use settings::WebhookSettings;
