//! Webhooks of the running program, to a receiver that fails in every way.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]
#![allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

#[path = "../support/mod.rs"]
mod support;

mod appeals;
mod receiver;
mod replicas;

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::receiver::{Behaviour, Received, Receiver};
use crate::support::base64;
use crate::support::client::Client;
use crate::support::home::Home;
use crate::support::pictures::{desk, desk_again, street};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OLD_SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

/// A home that sends to the receiver and repeats failed deliveries after a second.
fn sending(home: Home, receiver: &Receiver) -> Home {
    home.with("WEBHOOKS__URL", &receiver.url())
        .with("WEBHOOKS__SECRETS", SECRET)
        .with("WEBHOOKS__ALLOW_PRIVATE", "true")
        .with("WEBHOOKS__TIMEOUT_MS", "3000")
        .with("WEBHOOKS__PAUSES_S", "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1")
}

fn register(client: &Client, id: i64) {
    let body = json!({ "participation_id": id, "std_img": base64(&desk()) });
    assert_eq!(client.post("/std_img", &body).outcome(), (200, None));
}

fn feature(client: &Client, photo: &[u8]) -> (u16, Option<u64>) {
    let body = json!({ "participation_id": 1, "feed_img": base64(photo), "feed_content": "x" });
    client.post("/img_feature", &body).outcome()
}

fn status(status: u16) -> Behaviour {
    Behaviour::Respond(status, String::new())
}

/// Checks that the messages of each participation were confirmed in the order of their commits.
#[track_caller]
fn assert_in_order(confirmed: &[Received]) {
    let mut last = BTreeMap::new();
    for one in confirmed {
        let before = last.insert(one.data()["participation_id"].to_string(), one.number());
        assert!(before.is_none_or(|before| before < one.number()), "{confirmed:#?}");
    }
}

#[track_caller]
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "it never came: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

fn metric(client: &Client, name: &str) -> Option<u64> {
    let metrics = client.get("/metrics").text();
    let line = metrics.lines().find_map(|line| line.strip_prefix(name));
    line.map(|number| number.trim().parse().unwrap())
}

#[test]
fn events_are_sent_in_order_and_signed_with_every_secret() {
    let receiver = Receiver::start();
    let secrets = format!("{SECRET} {OLD_SECRET}");
    let home = sending(Home::new(), &receiver).with("WEBHOOKS__SECRETS", &secrets);
    let service = home.serve_open();
    let client = service.client();
    register(&client, 1);
    assert_eq!(feature(&client, &desk_again()), (200, None));
    receiver.wait_for(2);
    assert_eq!(feature(&client, &street()), (400, Some(4)));
    let confirmed = receiver.wait_for(3);

    assert_in_order(&confirmed);
    let events: Vec<_> = confirmed.iter().map(Received::event).collect();
    assert_eq!(events, ["reference.registered", "photo.accepted", "photo.rejected"]);
    let mut data: Vec<Value> = confirmed.iter().map(Received::data).collect();
    for data in &mut data {
        let id = data.as_object_mut().unwrap().remove("request_id").unwrap();
        assert!(id.as_str().unwrap().len() >= 32, "{id}");
    }
    let (reference, photo) = (&home.rows().references()[0].url, &home.rows().feeds()[0].url);
    assert_eq!(data[0], json!({ "participation_id": 1, "image_url": reference }));
    let accepted = json!({ "participation_id": 1, "call": "img_feature", "outcome": "accepted",
                           "image_url": photo });
    assert_eq!(data[1], accepted);
    let rejected = json!({ "participation_id": 1, "call": "img_feature", "outcome": "rejected",
                           "errcode": 4 });
    assert_eq!(data[2], rejected);
    for one in &confirmed {
        assert_eq!(one.path, "/hooks/injeung");
        assert_eq!(one.header("content-type"), "application/json");
        let signatures = one.header("webhook-signature");
        assert_eq!(signatures, format!("{} {}", one.signature(SECRET), one.signature(OLD_SECRET)));
        assert!(one.body.len() < 20_000);
    }
    wait_until("the messages are deleted", || messages(&home, "1 = 1") == 0);
    let delivered = "injeung_webhook_deliveries_total{result=\"delivered\"}";
    assert_eq!(metric(&client, delivered), Some(3));
}

fn messages(home: &Home, condition: &str) -> usize {
    let query =
        format!("SELECT CAST(webhook_message_id AS TEXT) FROM webhook_message WHERE {condition}");
    home.rows().texts::<1>(&query).len()
}

#[test]
fn only_the_configured_events_are_sent_and_nothing_without_a_receiver() {
    let receiver = Receiver::start();
    let home = sending(Home::new(), &receiver).with("WEBHOOKS__EVENTS", "photo.accepted");
    let service = home.serve_open();
    let client = service.client();
    register(&client, 1);
    assert_eq!(feature(&client, &desk_again()), (200, None));
    let confirmed = receiver.wait_for(1);
    assert_eq!(confirmed[0].event(), "photo.accepted");

    let home = Home::new();
    let service = home.serve_open();
    register(&service.client(), 1);
    assert_eq!(messages(&home, "1 = 1"), 0);
}

#[test]
fn a_receiver_that_fails_in_every_way_gets_everything_once_it_recovers() {
    let receiver = Receiver::start();
    let other = Receiver::start();
    let home = sending(Home::new(), &receiver);
    home.put_open(2);
    receiver.next([
        status(500),
        Behaviour::Hang,
        Behaviour::Close,
        Behaviour::Respond(429, "Retry-After: 2\r\n".to_owned()),
        status(503),
        Behaviour::Respond(302, format!("Location: {}\r\n", other.url())),
        status(404),
    ]);
    let service = home.serve_open();
    let client = service.client();
    for id in [1, 2, 1, 1, 2] {
        register(&client, id);
    }
    let confirmed = receiver.wait_for(5);
    assert_in_order(&confirmed);
    let urls: Vec<_> = confirmed.iter().map(|one| one.data()["image_url"].clone()).collect();
    for reference in home.rows().references() {
        assert!(urls.contains(&json!(reference.url)), "{}", reference.url);
    }
    let all = receiver.received();
    assert_eq!(all.len(), 12, "seven failed: {all:#?}");
    for one in &all {
        let of_its_id: Vec<_> = all.iter().filter(|other| other.id() == one.id()).collect();
        assert!(of_its_id.iter().all(|other| other.body == one.body), "{of_its_id:#?}");
        assert_eq!(one.header("webhook-signature"), one.signature(SECRET), "each is signed anew");
    }
    assert!(other.received().is_empty(), "a redirect is not followed");
    let log = service.log();
    for text in ["500", "429", "302", "404"] {
        assert!(log.contains(&format!("the receiver responded {text}")), "{text}: {log}");
    }
}

#[test]
fn a_receiver_that_is_overloaded_gets_nothing_for_as_long_as_it_requests() {
    let receiver = Receiver::start();
    let home = sending(Home::new(), &receiver);
    home.put_open(2);
    receiver.next([Behaviour::Respond(429, "Retry-After: 4\r\n".to_owned())]);
    let service = home.serve_open();
    let client = service.client();
    register(&client, 1);
    receiver.wait_for_attempts(1);
    let throttled = Instant::now();
    register(&client, 2);
    receiver.wait_for(2);
    // The request arrived before the pause began.
    assert!(throttled.elapsed() >= Duration::from_millis(3500), "{:?}", throttled.elapsed());
}

#[test]
fn a_receiver_that_is_gone_gets_nothing_more_until_a_restart() {
    let receiver = Receiver::start();
    let home = sending(Home::new(), &receiver);
    home.put_open(2);
    receiver.always(Some(status(410)));
    let mut service = home.serve_open();
    let client = service.client();
    register(&client, 1);
    receiver.wait_for_attempts(1);
    wait_until("it is logged", || service.log().contains("accepts no messages any more"));
    register(&client, 2);
    register(&client, 1);
    thread::sleep(Duration::from_secs(4));
    assert_eq!(receiver.received().len(), 1, "nothing more is sent");
    assert_eq!(messages(&home, "dead_at IS NULL"), 3, "everything waits");

    service.terminate();
    assert_eq!(service.wait().0.code(), Some(0));
    receiver.always(None);
    let _service = home.serve();
    assert_in_order(&receiver.wait_for(3));
}

#[test]
fn a_service_killed_between_commit_and_delivery_loses_nothing_and_keeps_the_order() {
    let receiver = Receiver::start();
    let home = sending(Home::new(), &receiver);
    home.put_open(2);
    receiver.always(Some(Behaviour::Hang));
    let mut service = home.serve_open();
    let client = service.client();
    for id in [1, 2, 1, 2, 1] {
        register(&client, id);
    }
    // The first is on its way, the others are committed only.
    receiver.wait_for_attempts(1);
    service.kill();
    assert_eq!(messages(&home, "dead_at IS NULL"), 5);

    receiver.always(None);
    let mut service = home.serve();
    receiver.wait_for(1);
    service.kill();
    let _service = home.serve();
    let confirmed = receiver.wait_for(5);
    assert_in_order(&confirmed);
    let urls: Vec<_> = confirmed.iter().map(|one| one.data()["image_url"].clone()).collect();
    assert!(home.rows().references().iter().all(|row| urls.contains(&json!(row.url))));
    wait_until("nothing is left", || messages(&home, "1 = 1") == 0);
}

#[test]
fn a_dead_message_does_not_hold_the_others_and_an_operator_sends_it_again() {
    let receiver = Receiver::start();
    let home = sending(Home::new(), &receiver).with("WEBHOOKS__PAUSES_S", "1");
    let service = home.serve_open();
    let client = service.client();
    receiver.next([status(500), status(500)]);
    register(&client, 1);
    wait_until("it is dead", || messages(&home, "dead_at IS NOT NULL") == 1);
    register(&client, 1);
    assert_eq!(receiver.wait_for(1)[0].number(), 2);

    let page = client.get("/console/webhooks").text();
    assert!(page.contains("the receiver responded 500"), "{page}");
    let token = page.split("name=\"token\" value=\"").nth(1).unwrap();
    let token = token.split('"').next().unwrap();
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let forged = client.request("POST", "/console/webhooks/1/again", &form, "token=forged");
    assert_eq!(forged.status, 200, "the browser is sent back to the page");
    assert_eq!(messages(&home, "dead_at IS NOT NULL"), 1, "a form without its token does nothing");
    let body = format!("token={token}");
    client.request("POST", "/console/webhooks/1/again", &form, &*body);
    let numbers: Vec<_> = receiver.wait_for(2).iter().map(Received::number).collect();
    assert_eq!(numbers, [2, 1]);
    let dead = "injeung_webhook_deliveries_total{result=\"dead\"}";
    assert_eq!(metric(&client, dead), Some(1));
    let unknown = client.request("POST", "/console/webhooks/1/again", &form, &*body);
    assert_eq!(unknown.status, 200);
    assert!(unknown.text().contains("not dead any more"), "{}", unknown.text());
}

#[test]
fn a_name_of_this_machine_is_not_connected_to() {
    let receiver = Receiver::start();
    let url = format!("https://localhost:{}/", receiver.address.port());
    let home = sending(Home::new(), &receiver)
        .with("WEBHOOKS__URL", &url)
        .with("WEBHOOKS__ALLOW_PRIVATE", "false");
    let service = home.serve_open();
    register(&service.client(), 1);
    wait_until("a delivery failed", || messages(&home, "failures > 0") == 1);
    let [error] = &home.rows().texts::<1>("SELECT error FROM webhook_message")[0];
    assert!(error.contains("no public address"), "{error}");
}

#[test]
fn a_private_address_or_a_missing_secret_is_a_contradiction() {
    for (key, value, problem) in [
        ("URL", "http://hooks.example.com/", "webhooks.url: must be https"),
        ("URL", "https://127.0.0.1/", "webhooks.url: must not have a private address"),
        ("URL", "https://2130706433/", "webhooks.url: must not have a private address"),
        ("URL", "https://0x7f.1/", "webhooks.url: must not have a private address"),
        ("URL", "https://0177.0.0.1/", "webhooks.url: must not have a private address"),
        ("URL", "https://[::ffff:169.254.169.254]/", "must not have a private address"),
        ("URL", "https://hooks.example.com:22/", "webhooks.url: must have the port"),
        ("URL", "https://me:word@hooks.example.com/", "webhooks.url: must be an http"),
        ("SECRETS", "", "webhooks.secrets: must be set"),
        ("SECRETS", "whsec_c2hvcnQ=", "webhooks.secrets: must be texts"),
        ("EVENTS", "photo.lost", "webhooks.events: must be some of"),
        ("PAUSES_S", "", "webhooks.pauses_s: must be 1 to 50"),
        ("PAUSES_S", "5 0", "webhooks.pauses_s: each must be 1 to 604800"),
    ] {
        let home = Home::new()
            .with("WEBHOOKS__URL", "https://hooks.example.com/")
            .with("WEBHOOKS__SECRETS", SECRET)
            .with(&format!("WEBHOOKS__{key}"), value);
        let refused = home.run(&["serve"]);
        assert_eq!(refused.code, Some(2), "{key} {value}: {refused:?}");
        assert!(refused.stderr.contains(problem), "{key} {value}: {refused:?}");
        assert!(!refused.stderr.contains("c2hvcnQ"), "{refused:?}");
    }
    let home = Home::new()
        .with("WEBHOOKS__URL", "https://hooks.example.com/")
        .with("WEBHOOKS__SECRETS", SECRET)
        .with("AUDIT__ENABLED", "false");
    let refused = home.run(&["serve"]);
    assert!(refused.stderr.contains("webhooks.events: photo.rejected needs"), "{refused:?}");
}
