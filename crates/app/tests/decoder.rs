//! Photos that crash, stop or fill the decoder, against the running program. The feature `decoder-faults` plays them for
//! photos of 97 rows and certain numbers of columns.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]
#![allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

mod support;

use std::fs;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::support::base64;
use crate::support::client::Client;
use crate::support::home::Home;
use crate::support::jpeg;
use crate::support::pictures::{desk, desk_again};
use crate::support::service::Service;

const CRASHES: u16 = 641;
const SPINS: u16 = 642;
const WAITS: u16 = 643;
const FILLS_MEMORY: u16 = 644;

type Outcome = (u16, Option<u64>);

const ACCEPTED: Outcome = (200, None);
/// Of `std_img`.
const NO_PHOTO: Outcome = (400, Some(2));
const UNFORESEEN: Outcome = (500, Some(112));

fn home() -> Home {
    Home::new().with("VISION__WORKERS", "2").with("VISION__DECODER_CPU_S", "1")
}

/// Sends a photo of these columns and 97 rows.
fn send(client: &Client, columns: u16) -> Outcome {
    register(client, &jpeg::flat(columns, 97, 3))
}

fn register(client: &Client, photo: &[u8]) -> Outcome {
    client.post("/std_img", &json!({ "participation_id": 1, "std_img": base64(photo) })).outcome()
}

fn verify(client: &Client) -> Outcome {
    let photo = base64(&desk_again());
    let body = json!({ "participation_id": 1, "feed_img": photo, "feed_content": "honest" });
    client.post("/img_feature", &body).outcome()
}

/// Ids of the running decoders.
fn decoders(service: &Service) -> Vec<Pid> {
    let id = service.id();
    let children = fs::read_dir(format!("/proc/{id}/task")).unwrap().flat_map(|thread| {
        let children = fs::read_to_string(thread.unwrap().path().join("children"));
        let children = children.unwrap_or_default();
        children.split_whitespace().map(|id| id.parse().unwrap()).collect::<Vec<i32>>()
    });
    children.filter_map(Pid::from_raw).collect()
}

#[test]
fn a_photo_that_ends_its_decoder_is_rejected_while_others_are_accepted() {
    let home = home();
    let service = home.serve_open();
    assert_eq!(register(&service.client(), &desk()), ACCEPTED);
    for (columns, expected, reason) in [
        (CRASHES, NO_PHOTO, "SIGSEGV"),
        (SPINS, NO_PHOTO, "more than 1 s of CPU time"),
        (WAITS, UNFORESEEN, "decode a photo within 32s"),
        (FILLS_MEMORY, NO_PHOTO, "SIGABRT"),
    ] {
        thread::scope(|scope| {
            let faulty = scope.spawn(|| send(&service.client(), columns));
            // The other worker examines photos meanwhile.
            for _ in 0..5 {
                assert_eq!(verify(&service.client()), ACCEPTED, "beside {columns} columns");
            }
            assert_eq!(faulty.join().unwrap(), expected, "{columns} columns");
        });
        assert!(service.log().contains(reason), "{columns} columns: {reason}");
    }
    assert_eq!(service.client().get("/healthz").status, 200);
    assert_eq!(home.rows().feeds().len(), 20);
    assert_eq!(home.objects(), home.rows().object_keys());
}

#[test]
fn more_photos_that_crash_than_workers_leave_the_service_working() {
    let home = home();
    let service = home.serve_open();
    thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| assert_eq!(send(&service.client(), CRASHES), NO_PHOTO));
        }
    });
    assert_eq!(register(&service.client(), &desk()), ACCEPTED);
    assert!((1..=2).contains(&decoders(&service).len()));
}

#[test]
fn a_decoder_that_was_killed_while_idle_is_replaced() {
    let home = home();
    let service = home.serve_open();
    assert_eq!(register(&service.client(), &desk()), ACCEPTED);
    for decoder in decoders(&service) {
        kill_process(decoder, Signal::KILL).unwrap();
    }
    thread::sleep(Duration::from_millis(200));
    assert_eq!(verify(&service.client()), ACCEPTED);
    assert!(service.log().contains("an idle decoder has ended"));
}

#[test]
fn decoders_end_with_the_service_and_ignore_its_signals() {
    let home = home();
    let mut service = home.serve_open();
    assert_eq!(register(&service.client(), &desk()), ACCEPTED);
    let [decoder] = decoders(&service)[..] else { panic!("one decoder was expected") };
    let process = format!("/proc/{}", decoder.as_raw_nonzero());
    // A supervisor sends the signal to all processes, and the service finishes its requests.
    kill_process(decoder, Signal::TERM).unwrap();
    assert_eq!(verify(&service.client()), ACCEPTED);
    assert_eq!(decoders(&service), [decoder]);
    let environment = fs::read_to_string(format!("{process}/environ")).unwrap();
    assert!(!environment.contains("INJEUNG"), "{environment}");
    let limits = fs::read_to_string(format!("{process}/limits")).unwrap();
    let files = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    assert!(files.split_whitespace().eq(["Max", "open", "files", "0", "0", "files"]), "{files}");
    service.kill();
    for _ in 0..100 {
        if fs::read(format!("{process}/cmdline")).is_ok_and(|line| line.is_empty())
            || fs::metadata(&process).is_err()
        {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("the decoder is still running");
}

#[test]
fn photos_are_decoded_in_the_service_if_the_decoder_is_not_isolated() {
    let home = home().with("VISION__ISOLATE_DECODER", "false");
    let service = home.serve_open();
    assert_eq!(register(&service.client(), &desk()), ACCEPTED);
    assert_eq!(verify(&service.client()), ACCEPTED);
    assert_eq!(decoders(&service), []);
}

#[test]
fn pixels_are_the_same_in_both_places() {
    // A PNG is decoded at full size, converted and stored, so all of its pixels have passed the socket.
    let stored = [true, false].map(|isolated| {
        let home = home().with("VISION__ISOLATE_DECODER", &isolated.to_string());
        let service = home.serve_open();
        assert_eq!(register(&service.client(), &picture()), ACCEPTED);
        home.object(&home.objects()[0]).unwrap()
    });
    assert_eq!(stored[0], stored[1]);
}

fn picture() -> Vec<u8> {
    support::pictures::png(&support::pictures::scene(3))
}
