//! Injeung's three calls over HTTP.
//!
//! [`serve`] takes a listener, the domain's [`Ports`](injeung_domain::Ports) and [`Settings`], and serves requests
//! until it is stopped:
//!
//! - `POST /std_img`, `POST /img_feature`, `POST /classification`, as JSON or multipart;
//! - `POST /appeals` and `GET /appeals`, with which participants ask people to examine a rejected photo;
//! - `GET /healthz`, `GET /readyz` and `GET /metrics`;
//! - `GET /openapi.json`, the description of the service, and `GET /docs/`, its page;
//! - pages for people, if they are on: `/`, on which they try the calls, and `/console`, in which operators review
//!   rejected photos;
//! - `GET /objects/{key}`, if this service serves the stored photos, and `GET /objects/{key}/url`.
//!
//! If [`Authentication`] is on, calls, photos and metrics need a token, an API key or a signed URL.
//!
//! A call with an `Idempotency-Key` can be repeated safely: once its result is final, repetitions get the same
//! response.
//!
//! A handler parses a body into a command, calls one use case and renders its result. Only `error.rs` contains the
//! statuses, errcodes and messages of the results.

mod admin;
mod appeals;
mod audit;
mod auth;
mod call;
mod classification;
mod connection;
mod console;
mod envelope;
mod error;
mod excerpt;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod health;
mod hold;
mod idempotency;
mod img_feature;
mod learning;
mod log;
mod metrics;
mod objects;
mod observe;
mod openapi;
mod pace;
mod pages;
mod panics;
mod photo_url;
mod rates;
mod readiness;
mod refusal;
mod replays;
mod routes;
mod serve;
mod server;
mod settings;
mod signals;
mod std_img;
mod tls;
mod try_page;
mod unread;
mod upload;

pub use audit::AuditSettings;
pub use auth::{
    AuthSettings, Authentication, KeySetSource, TokenAlgorithm, TokenKeyError, TokenSettings,
};
pub use envelope::EnvelopeStyle;
pub use metrics::BackgroundMetrics;
pub use pace::MinRate;
pub use pages::{PagesSettings, Shown};
pub use rates::{RateLimit, RateSettings};
pub use serve::serve;
pub use settings::{HttpSettings, Pool, ServerSettings, Settings};
pub use signals::termination;
pub use tls::{Tls, TlsError};
