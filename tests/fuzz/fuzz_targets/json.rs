#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wxpay_fuzz::json(bytes));
