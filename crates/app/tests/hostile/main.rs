//! Hostile bodies against the running program. Each gets the contract's response, the process stays
//! up, its memory stays bounded, and valid photos are still accepted.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]
#![allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

#[path = "../support/mod.rs"]
mod support;

mod forms;
mod json;
mod photos;
mod transport;

use std::net::SocketAddr;

use serde_json::json;

use crate::support::client::{Client, Reply};
use crate::support::home::Home;
use crate::support::pictures::{desk, desk_again};
use crate::support::service::Service;
use crate::support::{base64, raw};

const CALLS: [&str; 3] = ["/std_img", "/img_feature", "/classification"];

/// Maximum resident memory of the service, in bytes, by the formula of `docs/scaling.md`. Its two workers decode the
/// largest photos at eleven bytes a pixel, 1,030 MiB together. Both workers' networks and every kind of work on small
/// photos take 410 MiB. The rest is for bodies.
const MEMORY: u64 = 1500 << 20;

/// Status and errcode.
type Outcome = (u16, Option<u64>);

const MALFORMED: Outcome = (400, Some(1));

/// A service with a reference of participation 1.
struct Target {
    // Dropped before its working directory.
    service: Service,
    home: Home,
}

impl Target {
    fn new() -> Self {
        Self::of(Home::new())
    }

    fn of(home: Home) -> Self {
        let home = home.with("VISION__WORKERS", "2");
        let service = home.serve_open();
        let target = Self { service, home };
        assert_eq!(target.register(), (200, None));
        target
    }

    fn address(&self) -> SocketAddr {
        self.service.address
    }

    fn client(&self) -> Client {
        self.service.client()
    }

    fn log(&self) -> String {
        self.service.log()
    }

    fn register(&self) -> Outcome {
        let body = json!({ "participation_id": 1, "std_img": base64(&desk()) });
        self.client().post("/std_img", &body).outcome()
    }

    /// Sends a photo as a file, with valid other fields.
    fn send_photo(&self, path: &str, photo: &[u8]) -> Outcome {
        let field = if path == "/std_img" { "std_img" } else { "feed_img" };
        let parts = [
            ("participation_id", None, &b"1"[..]),
            (field, Some("photo.jpg"), photo),
            ("feed_content", None, b"x"),
            ("classification_keyword", None, b"no such thing"),
        ];
        self.client().post_form(path, &parts).outcome()
    }

    /// Checks that nothing was stored and that the service still works.
    #[track_caller]
    fn assert_unharmed(&self) {
        let rows = self.home.rows();
        assert_eq!((rows.references().len(), rows.feeds().len()), (1, 0));
        assert_eq!(self.home.objects(), rows.object_keys());
        assert_eq!(self.client().get("/healthz").status, 200);
        assert_eq!(self.client().get("/readyz").status, 200);
        let body = json!({
            "participation_id": 1,
            "feed_img": base64(&desk_again()),
            "feed_content": "honest",
        });
        assert_eq!(self.client().post("/img_feature", &body).outcome(), (200, None));
        let peak = self.service.peak_memory();
        assert!(peak < MEMORY, "it had {} MB resident", peak >> 20);
    }
}

/// Sends bytes that must get a response in the envelope.
#[track_caller]
fn answer_to(address: SocketAddr, what: &str, request: &[u8]) -> Reply {
    let reply = raw::send(address, request);
    reply.unwrap_or_else(|| panic!("{what}: the connection was closed without an answer"))
}
