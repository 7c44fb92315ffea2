#![no_main]
#![allow(dead_code, reason = "only the reading of the configuration is used")]

#[path = "../../crates/app/src/config/mod.rs"]
mod config;
mod webhooks;

libfuzzer_sys::fuzz_target!(|input: &[u8]| crate::config::fuzzing::configuration(input));
