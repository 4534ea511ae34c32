//! How a question gets in and its answer out: through one stretch of memory behind the module's own.
//!
//! Only numbers cross, so neither an allocator nor the string code of wasm-bindgen is needed:
//! that made the page 2.5 KB smaller, gzip.

use core::{arch::wasm32, ptr, slice, str};

use wasm_bindgen::prelude::wasm_bindgen;
use wxpay_core::page::Draft;

/// Memory grows by these (WebAssembly's own unit).
const PAGE_BYTES: usize = 65_536;

/// An answer is at most thrice as long as its question (percent-encoding), and a few words.
const WORDS: usize = 1024;

/// Makes room for a question of so many bytes and its answer; says where the question goes.
///
/// Traps if there is no such memory: JavaScript sees an error, and nothing is half done.
#[wasm_bindgen]
pub fn room(bytes: usize) -> usize {
    let end = bytes.saturating_mul(4).saturating_add(start()).saturating_add(WORDS);
    let missing = end.div_ceil(PAGE_BYTES).saturating_sub(wasm32::memory_size(0));
    if wasm32::memory_grow(0, missing) == usize::MAX {
        wasm32::unreachable();
    }
    start()
}

/// Answers the question of so many bytes that stands at [`room`]: the length of the answer, which
/// stands behind the question, or the inverted (`!`) number of a refusal.
#[wasm_bindgen]
pub fn ask(question: u32, length: usize) -> i32 {
    let memory = memory();
    let Some((parts, room)) = memory.split_at_mut_checked(length) else {
        wasm32::unreachable();
    };
    // SAFETY: `pkg/src/ask.ts` writes what a TextEncoder has made, and that is UTF-8.
    #[expect(unsafe_code, reason = "checking it costs the page 320 bytes, gzip")]
    let parts = unsafe { str::from_utf8_unchecked(parts) };
    let mut letter = Letter { room, length: 0 };
    match crate::answer(question, parts, &mut letter) {
        Ok(()) => letter.length as i32,
        Err(refusal) => !(refusal.0 as i32),
    }
}

/// Where the memory begins that nothing else uses.
fn start() -> usize {
    #[expect(unsafe_code, reason = "the linker's mark; only its address is taken")]
    unsafe extern "C" {
        static __heap_base: u8;
    }
    (&raw const __heap_base).expose_provenance()
}

/// Everything from [`start`] to the end.
fn memory() -> &'static mut [u8] {
    let length = wasm32::memory_size(0).wrapping_mul(PAGE_BYTES).wrapping_sub(start());
    // SAFETY: there is no allocator, so nothing else is kept behind the heap's base; one thread,
    // and `ask` is not entered twice, so there is one such reference at a time.
    #[expect(unsafe_code, reason = "this is the stretch of memory that the page writes to")]
    unsafe {
        slice::from_raw_parts_mut(ptr::with_exposed_provenance_mut(start()), length)
    }
}

/// The answer being written.
struct Letter<'a> {
    room: &'a mut [u8],
    length: usize,
}

impl Draft for Letter<'_> {
    fn put(&mut self, part: &str) {
        for byte in part.bytes() {
            self.put_byte(byte);
        }
    }

    fn put_byte(&mut self, byte: u8) {
        // `room` has made enough of it.
        if let Some(place) = self.room.get_mut(self.length) {
            *place = byte;
            self.length = self.length.wrapping_add(1);
        }
    }
}

/// Nothing here panics on input.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    wasm32::unreachable()
}

/// wasm-bindgen links `alloc`, so the linker wants an allocator, though nothing here allocates.
struct Nothing;

#[expect(unsafe_code, reason = "the interface of an allocator; this one has nothing to give")]
// SAFETY: null says that there is no memory, and so nothing ever comes back.
unsafe impl core::alloc::GlobalAlloc for Nothing {
    unsafe fn alloc(&self, _: core::alloc::Layout) -> *mut u8 {
        ptr::null_mut()
    }

    unsafe fn dealloc(&self, _: *mut u8, _: core::alloc::Layout) {}
}

#[global_allocator]
static ALLOCATOR: Nothing = Nothing;
