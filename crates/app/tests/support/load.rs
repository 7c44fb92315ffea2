//! Clients that send photos, each with its own key, until they get a response.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use image::imageops::{self, FilterType};
use serde_json::json;

use super::base64;
use super::client::Client;
use super::home::Home;
use super::ledger::{Ledger, Outcome, Owner};
use super::pictures::{jpeg, scene};

/// Number of participations after the first that references are registered for.
const PARTICIPATIONS: i64 = 400;

/// Number of acknowledged requests that are sent once more.
const REPEATED: usize = 10;

/// Maximum time that a client retries a request.
const PATIENCE: Duration = Duration::from_secs(90);

/// Small photos in base64, so that storing takes most of a request's time.
pub(crate) struct Photos {
    desk: String,
    street: String,
    blank: String,
}

/// A request that is identical on every retry.
struct Order {
    key: String,
    path: &'static str,
    body: String,
    owner: Owner,
    /// Expected final outcome.
    expected: (u16, Option<u64>),
}

/// State that the clients share.
pub(crate) struct Load<'a> {
    photos: &'a Photos,
    name: String,
    /// Clients of the running services, by place.
    replicas: RwLock<Vec<Client>>,
    /// Whether some requests are sent to two replicas at once.
    pub(crate) twice: bool,
    over: AtomicBool,
    orders: AtomicUsize,
    ledger: Mutex<Ledger>,
    /// The first acknowledged requests.
    acknowledged: Mutex<Vec<Order>>,
    pub(crate) tally: Tally,
}

/// Counts of a load.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Requests, each with a key of its own.
    pub(crate) requests: AtomicUsize,
    /// Requests with response 200.
    pub(crate) acknowledged: AtomicUsize,
    /// Requests that lost their connection at least once.
    pub(crate) cut: AtomicUsize,
    /// Number of repeated sends, for any reason.
    pub(crate) retried: AtomicUsize,
}

struct Until<'a>(&'a AtomicBool);

impl Drop for Until<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Photos {
    pub(crate) fn draw() -> Self {
        let small = |seed| {
            let picture = imageops::resize(&scene(seed), 320, 240, FilterType::Triangle);
            base64(&jpeg(&picture))
        };
        let blank = base64(&super::jpeg::flat(320, 240, 3));
        Self { desk: small(1), street: small(2), blank }
    }
}

/// Settings with fast comparison and short claims, so that a service soon takes over from a dead
/// one.
pub(crate) fn quick(home: Home) -> Home {
    home.with("VISION__SIFT__ENABLED", "false")
        .with("VISION__POINTS_SIDE", "320")
        .with("REQUEST_KEYS__CLAIM_S", "2")
}

/// Creates the participations of the load; the first one gets a reference later.
pub(crate) fn prepare(home: &Home) {
    home.put_open(1);
    let rows: Vec<String> = (2..2 + PARTICIPATIONS).map(|id| format!("({id}, 1)")).collect();
    home.rows().execute(&format!(
        "INSERT INTO participation (participation_id, challenge_group_id) VALUES {}",
        rows.join(", ")
    ));
}

impl<'a> Load<'a> {
    /// `name` separates the keys of this load from others.
    pub(crate) fn new(name: &str, photos: &'a Photos, replicas: Vec<Client>) -> Self {
        Self {
            photos,
            name: name.to_owned(),
            twice: replicas.len() > 1,
            replicas: RwLock::new(replicas),
            over: AtomicBool::default(),
            orders: AtomicUsize::default(),
            ledger: Mutex::default(),
            acknowledged: Mutex::default(),
            tally: Tally::default(),
        }
    }

    /// Sends the reference for the comparisons of participation 1.
    pub(crate) fn begin(&self) {
        let nth = self.orders.fetch_add(1, Ordering::SeqCst);
        self.send(self.reference(nth, 1), 0);
    }

    /// Sends requests until the load is over; any number of clients may run this.
    pub(crate) fn send_orders(&self, mut dice: Rng) {
        while !self.over.load(Ordering::SeqCst) {
            let order = self.order(&mut dice);
            let first = dice.usize(..64);
            if self.twice && dice.u8(..4) == 0 {
                self.send_twice(order, first);
            } else {
                self.send(order, first);
            }
        }
    }

    /// Repeats acknowledged requests, which must get the same response.
    pub(crate) fn repeat(&self) {
        for order in &*self.acknowledged.lock().unwrap() {
            self.tally.retried.fetch_add(1, Ordering::SeqCst);
            assert_eq!(self.insist(order, 0), Outcome::Accepted, "{}", order.key);
        }
    }

    /// Replaces the service of a place.
    pub(crate) fn replace(&self, place: usize, replica: Client) {
        self.replicas.write().unwrap()[place] = replica;
    }

    /// Ends the load on drop, after the clients' current requests. Without it a failed test would
    /// wait for them for ever.
    pub(crate) fn until_dropped(&self) -> impl Drop {
        Until(&self.over)
    }

    /// Waits for this number of acknowledged requests.
    pub(crate) fn wait_for(&self, acknowledged: usize) {
        let deadline = Instant::now() + PATIENCE;
        while self.tally.acknowledged.load(Ordering::SeqCst) < acknowledged {
            assert!(Instant::now() < deadline, "too few were acknowledged: {:?}", self.tally);
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Outcomes of the requests, after all clients have ended.
    pub(crate) fn ledger(self) -> Ledger {
        self.ledger.into_inner().unwrap()
    }

    fn order(&self, dice: &mut Rng) -> Order {
        let nth = self.orders.fetch_add(1, Ordering::SeqCst);
        let photos = self.photos;
        match dice.u8(..20) {
            // Each such participation has few rows, which identifies their requests.
            0..6 => self.reference(nth, 2 + nth as i64 % PARTICIPATIONS),
            6..8 => self.reference(nth, 1),
            8 => Order {
                expected: (400, Some(3)),
                body: json!({ "participation_id": 1, "std_img": photos.blank }).to_string(),
                ..self.reference(nth, 1)
            },
            9..11 => self.feature(nth, &photos.street, (400, Some(4))),
            _ => self.feature(nth, &photos.desk, (200, None)),
        }
    }

    fn reference(&self, nth: usize, participation_id: i64) -> Order {
        let body = json!({ "participation_id": participation_id, "std_img": self.photos.desk });
        Order {
            key: format!("{}-{nth}", self.name),
            path: "/std_img",
            body: body.to_string(),
            owner: Owner::Reference { participation_id },
            expected: (200, None),
        }
    }

    fn feature(&self, nth: usize, photo: &str, expected: (u16, Option<u64>)) -> Order {
        let key = format!("{}-{nth}", self.name);
        let body = json!({ "participation_id": 1, "feed_img": photo, "feed_content": key });
        Order {
            path: "/img_feature",
            body: body.to_string(),
            owner: Owner::Feed { participation_id: 1, content: key.clone() },
            key,
            expected,
        }
    }

    fn send(&self, order: Order, first: usize) {
        let outcome = self.insist(&order, first);
        self.enter(order, outcome);
    }

    /// Sends a request to two places at once.
    fn send_twice(&self, order: Order, first: usize) {
        let (one, other) = thread::scope(|scope| {
            let other = scope.spawn(|| self.insist(&order, first + 1));
            (self.insist(&order, first), other.join().unwrap())
        });
        let outcome = if one == Outcome::Unknown { other } else { one };
        assert!(one == other || other == Outcome::Unknown || one == Outcome::Unknown);
        self.enter(order, outcome);
    }

    fn enter(&self, order: Order, outcome: Outcome) {
        self.ledger.lock().unwrap().enter(order.owner.clone(), outcome);
        self.tally.requests.fetch_add(1, Ordering::SeqCst);
        if outcome == Outcome::Accepted {
            self.tally.acknowledged.fetch_add(1, Ordering::SeqCst);
            let mut acknowledged = self.acknowledged.lock().unwrap();
            if acknowledged.len() < REPEATED {
                acknowledged.push(order);
            }
        }
    }

    /// Sends a request to alternating places until the response is final.
    fn insist(&self, order: &Order, first: usize) -> Outcome {
        let deadline = Instant::now() + PATIENCE;
        let headers =
            [("Content-Type", "application/json"), ("Idempotency-Key", order.key.as_str())];
        let mut was_cut = false;
        for place in first.. {
            let replica = {
                let replicas = self.replicas.read().unwrap();
                replicas[place % replicas.len()].clone()
            };
            match replica.try_request("POST", order.path, &headers, &order.body) {
                Ok(reply) if reply.status < 500 => {
                    assert_eq!(reply.outcome(), order.expected, "{}: {reply:?}", order.key);
                    let is_accepted = reply.status == 200;
                    return if is_accepted { Outcome::Accepted } else { Outcome::Refused };
                }
                Ok(_) => {}
                Err(_) if was_cut => {}
                Err(_) => {
                    was_cut = true;
                    self.tally.cut.fetch_add(1, Ordering::SeqCst);
                }
            }
            if Instant::now() > deadline {
                break;
            }
            self.tally.retried.fetch_add(1, Ordering::SeqCst);
            thread::sleep(Duration::from_millis(20));
        }
        Outcome::Unknown
    }
}
