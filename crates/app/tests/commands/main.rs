//! The command line, tested with the running program.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]
#![allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

#[path = "../support/mod.rs"]
mod support;

mod configuration;
mod keywords;
mod photos;
mod tables;

use std::fs;

use crate::support::home::{Finished, Home};

/// Valid arguments of `group put 1`.
const GROUP: [&str; 11] = [
    "group",
    "put",
    "1",
    "--start-date",
    "2026-03-01",
    "--end-date",
    "2026-03-31",
    "--start-time",
    "06:30",
    "--end-time",
    "07:00:30",
];

fn run(home: &Home, arguments: &[String]) -> Finished {
    home.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Writes a photo to the home's directory and returns its path.
fn file(home: &Home, name: &str, photo: &[u8]) -> String {
    let path = home.path().join(name);
    fs::write(&path, photo).unwrap();
    path.into_os_string().into_string().unwrap()
}

/// Checks that a command failed with these texts on the standard error and without a panic.
#[track_caller]
fn assert_refused(finished: &Finished, told: &[&str]) {
    assert_eq!(finished.code, Some(2), "{finished:?}");
    for text in told {
        assert!(finished.stderr.contains(text), "{text:?} is missing: {finished:?}");
    }
    assert!(!finished.stderr.contains("panicked"), "{finished:?}");
    assert_eq!(finished.stdout, "");
}
