use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use injeung_domain::PhotoLimits;

use crate::{EnvelopeStyle, MinRate};

/// How the service behaves on the wire.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether answers carry their status a second time, in the body.
    pub envelope: EnvelopeStyle,
    /// Maximum length of a request body, in bytes. A photo in base64 is a third longer than its
    /// file.
    pub max_body_bytes: usize,
    /// Bytes of request bodies that may be in memory at once, from their arrival to their answer,
    /// at least `max_body_bytes`. A body beyond that is rejected with 503. Parsing takes up to
    /// twice as much again.
    pub max_held_bytes: usize,
    /// Maximum duration of a body's arrival; a slower one is rejected with 408.
    pub body_timeout: Duration,
    /// The rate below which an arriving body is rejected with 408, and the connection of a client
    /// that reads its answer is closed.
    pub min_rate: MinRate,
    /// Maximum duration of the arrival of a request's head; after it the connection is closed.
    pub head_timeout: Duration,
    /// Connections per client address (IPv4 address or IPv6 /64 network); more are closed at once.
    /// `None` is no limit, for a service behind a proxy, which is the only client then.
    pub max_connections_per_address: Option<NonZeroUsize>,
    /// How long a stop waits for the requests that were accepted before it.
    pub shutdown_timeout: Duration,
    /// The sizes of photos that are worked with.
    pub photo_limits: PhotoLimits,
    /// The directory whose files are served under `/objects/`, each named by its object key;
    /// `None` serves none.
    pub objects_dir: Option<PathBuf>,
    /// Photos that may be sent from `objects_dir` at once; more are rejected with 503.
    pub max_downloads: NonZeroUsize,
    /// Threads that read requests and write answers, from 1 to 512. Photos are worked with
    /// elsewhere, so a few are enough.
    pub workers: NonZeroUsize,
}
