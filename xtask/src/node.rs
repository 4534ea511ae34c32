//! Questions to Node: what Rust's standard library cannot do, and Node has within it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::{process, setup};

/// Runs a script that reads one JSON text from stdin and writes one to stdout. What is asked goes
/// through a pipe: arguments can be read by every user of the machine, and may be keys.
pub(crate) fn ask(script: &str, question: &Value) -> Result<Value> {
    let mut node = process::command(program()?);
    node.args(["--input-type=module", "--eval", script]);
    let spawned = node.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = spawned.context("cannot start node")?;
    let mut stdin = child.stdin.take().context("stdin is piped")?;
    stdin.write_all(question.to_string().as_bytes()).context("node did not read the question")?;
    drop(stdin);
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("node failed: {}", output.status);
    }
    serde_json::from_slice(&output.stdout).context("node's answer is no JSON")
}

/// The pinned Node if npm's packages are there, else the machine's, else npm's packages come first.
fn program() -> Result<PathBuf> {
    setup::node().or_else(|_| {
        setup::packages()?;
        setup::node()
    })
}
