//! What a `no_std` module has to bring along: an allocator and a panic handler.

use lol_alloc::{AssumeSingleThreaded, FreeListAllocator};

#[expect(unsafe_code, reason = "the assumption holds: this module is built without threads")]
#[global_allocator]
static ALLOCATOR: AssumeSingleThreaded<FreeListAllocator> =
    // SAFETY: wasm32-unknown-unknown without `atomics` runs one thread per instance.
    unsafe { AssumeSingleThreaded::new(FreeListAllocator::new()) };

/// Nothing here panics on input; if memory runs out, the call traps and JavaScript sees an error.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
