//! Kills the service at random points under load and checks that nothing is lost or duplicated:
//!
//! ```sh
//! make crash ROUNDS=30          # over all modes, one after the other; SEED=n repeats a run
//! ```
//!
//! Without `ROUNDS`, each mode runs five rounds.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]
#![allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the table is what this is for")]

#[path = "../support/mod.rs"]
mod support;

mod round;
mod table;

use std::process::ExitCode;

use crate::round::{MODES, run};
use crate::support::audit::Findings;
use crate::support::load::Photos;
use crate::table::Line;

fn main() -> ExitCode {
    let rounds = number("ROUNDS").unwrap_or(5 * MODES.len() as u64);
    assert!(rounds > 0, "without a round nothing is shown");
    let seed = number("SEED").unwrap_or_else(|| fastrand::u64(..1_000_000_000));
    println!("crash seed={seed}");
    let photos = Photos::draw();
    let mut lines = MODES.map(|_| Line::default());
    for nth in 0..rounds {
        let mode = nth as usize % MODES.len();
        let line = run(MODES[mode], seed.wrapping_add(nth), &photos);
        if !line.findings.is_clean() {
            println!("round {nth}, {}, seed {}: {line:?}", MODES[mode].name, seed + nth);
        }
        eprintln!("round {} of {rounds}, {}: {}", nth + 1, MODES[mode].name, line.summary());
        lines[mode] += line;
    }
    for row in table::rows(&MODES.map(|mode| mode.name), &lines) {
        println!("{row}");
    }
    let mut found = Findings::default();
    lines.iter().for_each(|line| found += line.findings);
    let Findings { missing, dangling, orphans, duplicates } = found;
    println!(
        "crash rounds={rounds} missing={missing} dangling={dangling} orphans={orphans} \
         duplicates={duplicates}"
    );
    if found.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Number in an environment variable, if it is set.
fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok().filter(|text| !text.is_empty())?;
    Some(text.parse().unwrap_or_else(|error| panic!("{name}={text}: {error}")))
}
