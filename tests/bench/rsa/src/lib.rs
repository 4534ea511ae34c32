//! SHA256withRSA in WebAssembly alone, as a Worker would have it without WebCrypto.
//!
//! A raw interface, so that nothing but RSA and SHA-256 is measured: the caller asks for `room`,
//! writes what it has to say there, and calls. Nothing here is shipped.

use std::cell::RefCell;

use rsa::pkcs1v15::{Signature, SigningKey, VerifyingKey};
use rsa::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _};
use rsa::signature::{SignatureEncoding as _, Signer as _, Verifier as _};
use sha2::Sha256;

#[derive(Default)]
struct State {
    /// What the caller wrote, then what it is answered.
    room: Vec<u8>,
    private: Option<SigningKey<Sha256>>,
    public: Option<VerifyingKey<Sha256>>,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

/// Makes room for so many bytes; where they are to be written.
#[unsafe(no_mangle)]
pub extern "C" fn room(length: usize) -> *mut u8 {
    STATE.with_borrow_mut(|state| {
        state.room.resize(length, 0);
        state.room.as_mut_ptr()
    })
}

/// Takes the merchant's key (PKCS#8, DER) out of the room.
#[unsafe(no_mangle)]
pub extern "C" fn import_private() {
    STATE.with_borrow_mut(|state| {
        state.private = Some(SigningKey::from_pkcs8_der(&state.room).expect("a PKCS#8 key"));
    });
}

/// Takes WeChat's key (SPKI, DER) out of the room.
#[unsafe(no_mangle)]
pub extern "C" fn import_public() {
    STATE.with_borrow_mut(|state| {
        state.public = Some(VerifyingKey::from_public_key_der(&state.room).expect("an SPKI key"));
    });
}

/// Signs what is in the room; where the signature is, 256 bytes.
#[unsafe(no_mangle)]
pub extern "C" fn sign() -> *const u8 {
    STATE.with_borrow_mut(|state| {
        let key = state.private.as_ref().expect("import_private came first");
        state.room = key.sign(&state.room).to_vec();
        state.room.as_ptr()
    })
}

/// Whether the last 256 bytes of the room sign those before them: 1 or 0.
#[unsafe(no_mangle)]
pub extern "C" fn verify() -> u32 {
    STATE.with_borrow(|state| {
        let key = state.public.as_ref().expect("import_public came first");
        let (message, signature) = state.room.split_last_chunk::<256>().expect("a signature");
        let signature = Signature::try_from(signature.as_slice());
        signature.is_ok_and(|signature| key.verify(message, &signature).is_ok()).into()
    })
}
