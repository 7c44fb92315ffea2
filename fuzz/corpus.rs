//! The stored inputs of the fuzz targets, as tests of the crates run them.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may panic and names its input"
)]

use std::fs;
use std::path::Path;

/// Runs a target on each of its inputs.
pub(super) fn replay(target: &str, run: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut count = 0;
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        // Shown if the input fails.
        eprintln!("{}", path.display());
        run(&fs::read(path).unwrap());
        count += 1;
    }
    assert!(count > 0, "{target} has no inputs");
}
