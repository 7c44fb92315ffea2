//! Webhooks: messages to the app's own server, following Standard Webhooks 1.0.0
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).

mod addresses;
mod body;
mod delivery;
mod sender;
mod settings;
mod signature;

pub(crate) use delivery::deliver_regularly;
pub(crate) use sender::WebhookSender;
pub(crate) use settings::WebhookSettings;
