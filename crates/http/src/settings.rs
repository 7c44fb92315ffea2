use std::num::NonZeroUsize;
use std::time::Duration;

use injeung_domain::PhotoLimits;

use crate::EnvelopeStyle;

/// How the service behaves on the wire.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether answers carry their status a second time, in the body.
    pub envelope: EnvelopeStyle,
    /// The longest request body, in bytes. A photo in base64 is a third longer than its file.
    pub max_body_bytes: usize,
    /// The most requests that may hold a body at once; more are refused with 503. A body and the
    /// photo in it take up to twice `max_body_bytes`.
    pub max_in_flight: NonZeroUsize,
    /// How long a client may take to send a body, from its first byte to its last.
    pub body_timeout: Duration,
    /// How long a stop waits for the requests that were accepted before it.
    pub shutdown_timeout: Duration,
    /// The sizes of photos that are worked with.
    pub photo_limits: PhotoLimits,
    /// Whether stored photos are served under `/objects/`.
    pub serve_objects: bool,
    /// Threads that read requests and write answers, from 1 to 512. Photos are worked with
    /// elsewhere, so a few are enough.
    pub workers: NonZeroUsize,
}
