//! A service behind proxies that can block the way to its servers.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::audit::{Findings, Stored, audit};
use crate::support::base64;
use crate::support::home::Home;
use crate::support::ledger::{Ledger, Outcome, Owner};
use crate::support::load::quick;
use crate::support::pictures::{desk, desk_again};
use crate::support::proxy::{Proxy, Way};
use crate::support::service::Service;

/// Twenty times the longest timeout below. A response to a fault takes a few of these timeouts,
/// even on a busy machine.
const BOUND: Duration = Duration::from_secs(60);

/// Timeouts that keep the tests short, but exceed the delays of a busy machine.
const WAITS: [(&str, &str); 13] = [
    ("DATABASE__TIMEOUT_MS", "3000"),
    ("DATABASE__ANSWER_TIMEOUT_MS", "3000"),
    ("DATABASE__POSTGRES__CONNECT_TIMEOUT_MS", "3000"),
    ("DATABASE__POSTGRES__STATEMENT_TIMEOUT_MS", "3000"),
    ("DATABASE__POSTGRES__LOCK_TIMEOUT_MS", "3000"),
    ("OBJECTS__S3__CONNECT_TIMEOUT_MS", "3000"),
    ("OBJECTS__S3__REQUEST_TIMEOUT_MS", "3000"),
    ("OBJECTS__S3__MAX_RETRIES", "1"),
    ("OBJECTS__S3__RETRY_TIMEOUT_MS", "3000"),
    ("CLASSIFIER__CLARIFAI__CONNECT_TIMEOUT_MS", "500"),
    ("CLASSIFIER__CLARIFAI__REQUEST_TIMEOUT_MS", "500"),
    ("CLASSIFIER__CLARIFAI__DEADLINE_MS", "1000"),
    ("CLASSIFIER__CLARIFAI__MAX_ATTEMPTS", "2"),
];

pub(crate) struct Scene {
    pub(crate) home: Home,
    pub(crate) database: Proxy,
    pub(crate) objects: Proxy,
    service: Service,
    ledger: Ledger,
    sent: usize,
}

/// A call that is accepted without faults.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Call {
    Reference,
    Feature,
    Keyword,
}

impl Scene {
    /// Starts a service that has accepted a reference, with open proxies.
    #[track_caller]
    pub(crate) fn new() -> Self {
        Self::with(|home| home)
    }

    /// Starts the same with more settings.
    #[track_caller]
    pub(crate) fn with(adjust: impl FnOnce(Home) -> Home) -> Self {
        let home = quick(Home::on_servers());
        let (url, endpoint) =
            (home.servers().database.url(), home.servers().bucket.endpoint.clone());
        let (start, place) = url.split_once('@').unwrap();
        let (server, name) = place.split_once('/').unwrap();
        let database = Proxy::before(server.parse().unwrap());
        let objects = Proxy::before(endpoint.strip_prefix("http://").unwrap().parse().unwrap());
        let home = home
            .with("DATABASE__URL", &format!("{start}@{}/{name}", database.address))
            .with("OBJECTS__S3__ENDPOINT", &format!("http://{}", objects.address));
        let home = WAITS.iter().fold(home, |home, (key, value)| home.with(key, value));
        let home = adjust(home);
        let service = home.serve_open();
        let (ledger, sent) = (Ledger::default(), 0);
        let mut scene = Self { home, database, objects, service, ledger, sent };
        assert_eq!(scene.call("none", Call::Reference), (200, None));
        scene
    }

    /// Makes a call with a new key and returns what the client saw. A call that is not accepted
    /// must leave nothing behind.
    #[track_caller]
    pub(crate) fn call(&mut self, fault: &str, call: Call) -> (u16, Option<u64>) {
        let key = self.key();
        let outcome = self.send(fault, call, &key);
        self.enter(call, &key, outcome);
        outcome
    }

    /// Makes a call while `block` blocks the proxies, opens them, and repeats the call until it is
    /// accepted. Returns the outcome of the first call and the number of rows after it.
    #[track_caller]
    pub(crate) fn call_until_accepted(
        &mut self,
        fault: &str,
        call: Call,
        block: impl FnOnce(&Self),
    ) -> ((u16, Option<u64>), usize) {
        let key = self.key();
        block(self);
        let first = self.send(fault, call, &key);
        self.open();
        let rows = self.home.rows().object_keys().len();
        let mut outcome = first;
        let deadline = Instant::now() + 2 * BOUND;
        while outcome != (200, None) {
            assert!(outcome.0 >= 500, "{fault}: {outcome:?}");
            assert!(Instant::now() < deadline, "{fault}: it is never accepted: {outcome:?}");
            thread::sleep(Duration::from_millis(50));
            outcome = self.send(&format!("after {fault}"), call, &key);
        }
        self.enter(call, &key, outcome);
        (first, rows)
    }

    /// Opens both proxies.
    pub(crate) fn open(&self) {
        self.database.set(Way::Open);
        self.objects.set(Way::Open);
    }

    /// Status and body of `/readyz`.
    #[track_caller]
    pub(crate) fn readiness(&self) -> (u16, Value) {
        let begun = Instant::now();
        let reply = self.service.client().readiness();
        assert!(begun.elapsed() < BOUND, "readiness took {:?}", begun.elapsed());
        assert_eq!(self.service.client().get("/healthz").status, 200, "it lives nevertheless");
        (reply.status, reply.json()["data"]["checks"].clone())
    }

    /// Waits until the service reports that it is ready.
    #[track_caller]
    pub(crate) fn wait_until_ready(&self) {
        let deadline = Instant::now() + BOUND;
        while self.readiness().0 != 200 {
            assert!(Instant::now() < deadline, "it never got ready again");
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Checks that every call is accepted without a restart, and that nothing unfinished remains
    /// after the clean-up.
    #[track_caller]
    pub(crate) fn assert_recovered(mut self) {
        self.open();
        self.wait_until_ready();
        for call in [Call::Reference, Call::Feature] {
            assert_eq!(self.call("none any more", call), (200, None));
        }
        self.service.terminate();
        assert_eq!(self.service.wait().0.code(), Some(0));
        self.home.succeed(&["clean-up", "--grace-s", "0"]);
        assert_eq!(audit(&self.ledger, &Stored::of(&self.home)), Findings::default());
    }

    fn key(&mut self) -> String {
        self.sent += 1;
        format!("key-{}", self.sent)
    }

    #[track_caller]
    fn send(&self, fault: &str, call: Call, key: &str) -> (u16, Option<u64>) {
        let (path, body) = call.request(key);
        let headers = [("Content-Type", "application/json"), ("Idempotency-Key", key)];
        let (client, begun) = (self.service.client(), Instant::now());
        let reply = client.request("POST", path, &headers, body.to_string().as_bytes());
        let (outcome, took) = (reply.outcome(), begun.elapsed());
        println!("fault: {fault}; {path}: {outcome:?} after {took:.1?}");
        assert!(took < BOUND, "{fault}: {path} took {took:?}");
        outcome
    }

    fn enter(&mut self, call: Call, key: &str, outcome: (u16, Option<u64>)) {
        let outcome = if outcome.0 == 200 { Outcome::Accepted } else { Outcome::Refused };
        self.ledger.enter(call.owner(key), outcome);
    }
}

impl Call {
    fn request(self, key: &str) -> (&'static str, Value) {
        let feed = json!({
            "participation_id": 1,
            "feed_img": base64(&desk_again()),
            "feed_content": key,
            "classification_keyword": "기차",
        });
        match self {
            Self::Reference => {
                ("/std_img", json!({ "participation_id": 1, "std_img": base64(&desk()) }))
            }
            Self::Feature => ("/img_feature", feed),
            Self::Keyword => ("/classification", feed),
        }
    }

    fn owner(self, key: &str) -> Owner {
        match self {
            Self::Reference => Owner::Reference { participation_id: 1 },
            Self::Feature | Self::Keyword => {
                Owner::Feed { participation_id: 1, content: key.to_owned() }
            }
        }
    }
}
