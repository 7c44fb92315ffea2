#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| injeung_vision::fuzzing::features(input));
