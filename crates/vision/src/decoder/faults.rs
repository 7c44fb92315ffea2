//! Faults of a decoder on purpose, for tests.

use std::hint::black_box;
use std::thread::park;

use injeung_domain::Photo;
use rustix::process::{Signal, getpid, kill_process};

/// Crashes, spins, waits or takes all memory at photos of 97 rows and 641 to 644 columns.
pub(super) fn play(photo: &Photo) {
    if photo.height() != 97 {
        return;
    }
    match photo.width() {
        641 => {
            let _ = kill_process(getpid(), Signal::SEGV);
        }
        642 => loop {
            black_box(());
        },
        643 => loop {
            park();
        },
        644 => drop(black_box(vec![1_u8; 2 << 30])),
        _ => {}
    }
}
