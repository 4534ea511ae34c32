//! The border to JavaScript: `border.js`, where one call does what would be several from here.
use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;
use web_sys::AbortSignal;

use crate::outbound::Fetcher;

#[wasm_bindgen(module = "/src/border.js")]
extern "C" {
    /// Method and URL, a blank between.
    pub(crate) fn head(request: &web_sys::Request) -> String;

    /// A header's value; those of one that came several times are joined by `, `.
    pub(crate) fn header(request: &web_sys::Request, name: &str) -> Option<String>;

    /// The bytes of a request's or a response's body; undefined if they are more than `limit`.
    pub(crate) fn read(message: &JsValue, limit: u32) -> Promise;

    /// A response with a text, a stream or nothing; `headers` is a line each: name, colon, value.
    #[wasm_bindgen(catch)]
    pub(crate) fn respond(
        status: u16,
        headers: &str,
        body: &JsValue,
    ) -> Result<web_sys::Response, JsValue>;

    /// Runs a script, a JSON list of `[statement, ...values]`, and sets the alarm: milliseconds,
    /// null for none, undefined to leave it.
    #[wasm_bindgen(catch)]
    pub(crate) fn write(storage: &JsValue, script: &str, alarm: &JsValue) -> Result<(), JsValue>;

    /// Every row of an answer, as an array of its columns; `values` is a JSON list.
    #[wasm_bindgen(catch)]
    pub(crate) fn rows(storage: &JsValue, query: &str, values: &str) -> Result<Array, JsValue>;

    /// Gives a letter to the object `name` of a namespace; a promise of its answer.
    pub(crate) fn ask(env: &JsValue, binding: &str, name: &str, letter: &str) -> Promise;

    /// A request; a promise of the response. `headers` is a line each.
    pub(crate) fn send(
        through: Option<&Fetcher>,
        method: &str,
        url: &str,
        headers: &str,
        body: Option<&str>,
        signal: &AbortSignal,
    ) -> Promise;

    /// A key for `seal` and `open`.
    #[wasm_bindgen(catch, js_name = aeadKey)]
    pub(crate) fn aead_key(bytes: &[u8]) -> Result<JsValue, JsValue>;

    /// AES-256-GCM under a random nonce: nonce, ciphertext, tag.
    #[wasm_bindgen(catch)]
    pub(crate) fn seal(key: &JsValue, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, JsValue>;

    /// What was sealed; `None` if a single bit is not ours.
    #[wasm_bindgen(catch)]
    pub(crate) fn open(
        key: &JsValue,
        context: &[u8],
        sealed: &[u8],
    ) -> Result<Option<Vec<u8>>, JsValue>;

    /// Fills the bytes with randomness.
    #[wasm_bindgen(catch)]
    pub(crate) fn randomise(bytes: &mut [u8]) -> Result<(), JsValue>;

    /// A promise of the merchant's private key, for `sign`.
    pub(crate) fn signer(pkcs8: &[u8]) -> Promise;

    /// A promise of one of WeChat's public keys, for `verify`.
    pub(crate) fn verifier(spki: &[u8]) -> Promise;

    /// A promise of the signature, as bytes.
    pub(crate) fn sign(key: &JsValue, text: &str) -> Promise;

    /// A promise of whether the signature is the key's.
    pub(crate) fn verify(key: &JsValue, signature: &[u8], message: &[u8]) -> Promise;

    /// A certificate's serial in hex, the millisecond it ends at, its public key.
    #[wasm_bindgen(catch)]
    pub(crate) fn certificate(pem: &str) -> Result<Array, JsValue>;
}
