//! Rebuilds the crate when a migration changes, because the migrations are embedded.
#![allow(clippy::print_stdout, reason = "a build script speaks to cargo on its standard output")]

fn main() {
    println!("cargo::rerun-if-changed=../../migrations");
}
