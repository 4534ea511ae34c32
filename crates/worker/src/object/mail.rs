//! Letters between the front Worker and an object: JSON in, JSON out, over the object's `fetch`.
//!
//! Objects cannot be reached from outside; a letter comes from our own front, of this version or
//! of the one deployed a moment ago.
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::JsValue;
use worker::{Env, Request, Response};

use crate::{http::problem::Problem, json};

/// Writes to the object `name` of the namespace `binding` and reads its answer.
pub(crate) async fn ask<Q: Serialize, A: DeserializeOwned>(
    env: &Env,
    binding: &str,
    name: &str,
    question: &Q,
) -> Result<A, Problem> {
    let letter = serde_json::to_string(question);
    let letter = letter.map_err(|_| Problem::internal("a letter to an object"))?;
    let init = web_sys::RequestInit::new();
    init.set_method("POST");
    init.set_body(&JsValue::from_str(&letter));
    // The host is not looked up; an object's URL only has to be one.
    let request = web_sys::Request::new_with_str_and_init("https://object/", &init);
    let request = request.map_err(worker::Error::from)?;
    let object = env.durable_object(binding)?.get_by_name(name)?;
    let response = object.fetch_with_request(request.into()).await;
    let mut response = response.map_err(|_| Problem::internal("an object failed"))?;
    let answer = json::read(&response.bytes().await?);
    answer.map_err(|_| Problem::internal("a letter from an object"))
}

/// Reads the letter that came in.
pub(crate) async fn read<Q: DeserializeOwned>(request: &mut Request) -> worker::Result<Q> {
    Ok(json::read(&request.bytes().await?)?)
}

/// Writes the answer.
pub(crate) fn answer<A: Serialize>(answer: &A) -> worker::Result<Response> {
    Ok(Response::builder().fixed(serde_json::to_vec(answer)?))
}
