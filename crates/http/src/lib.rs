//! Injeung's three calls over HTTP.
//!
//! [`serve`] takes a listener, the domain's [`Ports`](injeung_domain::Ports) and [`Settings`], and
//! answers until it is told to stop:
//!
//! - `POST /std_img`, `POST /img_feature`, `POST /classification`, as JSON or multipart;
//! - `GET /healthz`, `GET /readyz` and `GET /metrics`;
//! - `GET /objects/{key}`, where stored photos are served from here.
//!
//! A call with an `Idempotency-Key` is worked on once and answered as often as it comes.
//!
//! A handler reads a body into a command, calls one use case and renders its answer. What a use
//! case's outcome is called on the wire (status, errcode, message) stands in `error.rs` alone.

mod call;
mod classification;
mod connection;
mod envelope;
mod error;
mod health;
mod hold;
mod idempotency;
mod img_feature;
mod log;
mod metrics;
mod objects;
mod observe;
mod pace;
mod panics;
mod routes;
mod serve;
mod server;
mod settings;
mod signals;
mod std_img;
mod unread;
mod upload;

pub use envelope::EnvelopeStyle;
pub use pace::MinRate;
pub use serve::serve;
pub use settings::{HttpSettings, ServerSettings, Settings};
pub use signals::termination;
