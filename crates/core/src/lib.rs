//! (being written)
#![no_std]
extern crate alloc;
#[cfg(feature = "v2")]
extern crate std;

pub mod page;
