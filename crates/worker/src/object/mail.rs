//! Letters between the front Worker and an object: JSON in, JSON out, over the object's `fetch`.
//!
//! Objects cannot be reached from outside; a letter comes from our own front, of this version or
//! of the one deployed a moment ago.
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::JsValue;
use worker::{Env, Request, Response};

use crate::{
    http::{body, problem::Problem},
    json,
};

/// A notification of 64 KB, written as JSON, with room to spare.
const LETTER_BYTES: usize = 1024 * 1024;

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
    json::read(&answer).map_err(|_| Problem::internal("a letter from an object"))
}

/// The same with a letter that is JSON already.
pub(crate) async fn ask_written(
    env: &Env,
    binding: &str,
    name: &str,
    letter: &str,
) -> Result<Vec<u8>, Problem> {
    let init = web_sys::RequestInit::new();
    init.set_method("POST");
    init.set_body(&JsValue::from_str(letter));
    // The host is not looked up; an object's URL only has to be one.
    let request = web_sys::Request::new_with_str_and_init("https://object/", &init);
    let request = request.map_err(worker::Error::from)?;
    let object = env.durable_object(binding)?.get_by_name(name)?;
    let response = object.fetch_with_request(request.into()).await;
    let response = response.map_err(|_| Problem::internal("an object failed"))?;
    let response: web_sys::Response = response.into();
    let answer = body::read(response.body(), LETTER_BYTES).await;
    answer.map_err(|_| Problem::internal("a letter from an object"))
}

/// Reads the letter that came in.
pub(crate) async fn read<Q: DeserializeOwned>(request: &Request) -> worker::Result<Q> {
    let letter = body::read(request.inner().body(), LETTER_BYTES).await;
    Ok(json::read(&letter.map_err(|_| "a letter that broke off")?)?)
}

/// Writes the answer.
pub(crate) fn answer<A: Serialize>(answer: &A) -> worker::Result<Response> {
    Ok(Response::builder().fixed(serde_json::to_vec(answer)?))
}
