//! What libFuzzer runs: any bytes as a file of rows. `cargo xtask fuzz` builds and starts it.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::check(input));
