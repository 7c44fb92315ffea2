//! Has the migrations embedded anew when one of them changes.
#![allow(clippy::print_stdout, reason = "a build script speaks to cargo on its standard output")]

fn main() {
    println!("cargo::rerun-if-changed=../../migrations");
}
