//! Letters between the front Worker and an object: JSON in, JSON out, by the object's method `ask`.
//!
//! Objects cannot be reached from outside; a letter comes from our own front, of this version or
//! of the one deployed a moment ago.
use js_sys::futures::JsFuture;
use serde::{Serialize, de::DeserializeOwned};
use worker::{Env, Response};

use crate::{border, http::problem::Problem, json};

/// Writes to the object `name` of the namespace `binding` and reads its answer.
pub(crate) async fn ask<Q: Serialize, A: DeserializeOwned>(
    env: &Env,
    binding: &str,
    name: &str,
    question: &Q,
) -> Result<A, Problem> {
    let letter = serde_json::to_string(question);
    let letter = letter.map_err(|_| Problem::internal("a letter to an object"))?;
    let answer = ask_written(env, binding, name, &letter).await?;
    json::read(answer.as_bytes()).map_err(|_| Problem::internal("a letter from an object"))
}

/// The same with a letter that is JSON already.
pub(crate) async fn ask_written(
    env: &Env,
    binding: &str,
    name: &str,
    letter: &str,
) -> Result<String, Problem> {
    let answer = JsFuture::from(border::ask(env, binding, name, letter)).await;
    let answer = answer.map_err(|_| Problem::internal("an object failed"))?;
    answer.as_string().ok_or_else(|| Problem::internal("a letter from an object"))
}

/// Reads the letter that came in.
pub(crate) fn read<Q: DeserializeOwned>(letter: &str) -> worker::Result<Q> {
    Ok(json::read(letter.as_bytes())?)
}

/// Writes the answer.
pub(crate) fn answer<A: Serialize>(answer: &A) -> worker::Result<String> {
    Ok(serde_json::to_string(answer)?)
}

/// An object has no other address than its letters.
pub(crate) fn refuse() -> worker::Result<Response> {
    Response::error("an object answers letters", 404)
}

/// Gives an object's class its method `ask`, around a method `answer` of its own.
macro_rules! letterbox {
    ($object:ident) => {
        #[wasm_bindgen::prelude::wasm_bindgen(wasm_bindgen_futures = worker::wasm_bindgen_futures)]
        impl $object {
            /// One letter in, one out.
            pub async fn ask(&self, letter: String) -> Result<String, wasm_bindgen::JsValue> {
                let answer = async {
                    let told = self.answer($crate::object::mail::read(&letter)?).await?;
                    $crate::object::mail::answer(&told)
                };
                Ok(std::panic::AssertUnwindSafe(answer).await?)
            }
        }
    };
}
pub(crate) use letterbox;
