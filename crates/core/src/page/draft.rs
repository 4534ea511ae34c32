//! Where an answer is put together.

use alloc::string::String;

/// Text that grows at its end: a `String`, or the memory of a page, which has no allocator.
pub trait Draft {
    /// Appends a part.
    fn put(&mut self, part: &str);

    /// Appends one ASCII character.
    fn put_byte(&mut self, byte: u8);
}

impl Draft for String {
    fn put(&mut self, part: &str) {
        self.push_str(part);
    }

    fn put_byte(&mut self, byte: u8) {
        self.push(char::from(byte));
    }
}
