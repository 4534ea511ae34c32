//! `GET /healthz`: the Worker runs and its configuration can be read.
use serde::Serialize;

use crate::http::{problem::Problem, reply::Reply};

#[derive(Serialize)]
struct Health {
    status: &'static str,
}

/// Reaching this point is the proof: without configuration nothing is answered but the problem.
pub(super) fn health() -> Result<Reply, Problem> {
    Reply::json(200, &Health { status: "ok" })
}
