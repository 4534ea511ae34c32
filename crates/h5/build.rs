//! How the page's module is linked.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // 4 KB instead of 1 MB: no function here calls itself. Addresses become short numbers, which
    // saves bytes, and a phone gives the module 64 KB instead of 1.1 MB.
    println!("cargo::rustc-link-arg-cdylib=-zstack-size=4096");
}
