//! What the fuzzers begin with, and everything that they ever broke, is read by every run of the
//! tests: a file in tests/fuzz/corpus is a test here.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that panics is a test that fails"
)]

use std::{fs, path::Path};

#[path = "../../../tests/fuzz/src/lib.rs"]
mod targets;

fn read_all(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/corpus").join(target);
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(!files.is_empty(), "nothing in {}", folder.display());
    for file in files {
        eprintln!("{}", file.display());
        run(&fs::read(&file).unwrap());
    }
}

#[test]
fn bodies_of_v2_that_nobody_meant_do_no_harm() {
    read_all("xml", targets::xml);
}

#[test]
fn bodies_of_v3_that_nobody_meant_do_no_harm() {
    read_all("json", targets::json);
}

#[test]
fn headers_that_nobody_meant_do_no_harm() {
    read_all("headers", targets::headers);
}

#[test]
fn queries_that_nobody_meant_do_no_harm() {
    read_all("query", targets::query);
}
