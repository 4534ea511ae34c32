//! `GET /healthz`: the Worker runs and its configuration can be read.
use serde_json::json;

use crate::http::{problem::Problem, reply::Reply};

/// Reaching this point is the proof: without configuration nothing is answered but the problem.
pub(super) fn health() -> Result<Reply, Problem> {
    Reply::json(200, &json!({ "status": "ok" }))
}
