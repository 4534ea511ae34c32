//! Starts the sandbox and learns its addresses.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::Folder;
use crate::process::{self, Group};

/// Building is over by now; what is left takes milliseconds.
const START_LIMIT: Duration = Duration::from_secs(20);

/// Gateway, WeChat, phone browser, desktop browser: as the documentation names them.
const USUAL_PORTS: [u16; 4] = [8990, 8991, 8992, 8993];

/// The usual ports, or 0 ("any") for one that somebody else uses.
pub(super) fn usual_ports() -> [u16; 4] {
    USUAL_PORTS.map(free_or_any)
}

/// `port` if nobody listens there, else 0.
pub(super) fn free_or_any(port: u16) -> u16 {
    TcpListener::bind(("127.0.0.1", port)).map_or(0, |_| port)
}

/// A running sandbox.
pub(super) struct Sandbox {
    pub(super) group: Group,
    /// Its gateway, control API and console.
    pub(super) gateway: String,
    /// The merchant's site as the three clients see it.
    pub(super) origins: Vec<String>,
    /// All its addresses, as it printed them.
    pub(super) ready_line: String,
}

impl Sandbox {
    pub(super) fn start(program: &Path, ports: [u16; 4], folder: &Folder) -> Result<Self> {
        let mut command = process::command(program);
        command.arg("--json");
        let flags = ["--port", "--wechat-port", "--phone-port", "--desktop-port"];
        for (flag, port) in flags.iter().zip(ports) {
            command.arg(flag).arg(port.to_string());
        }
        command.stdout(Stdio::piped()).stderr(File::create(folder.log("sandbox"))?);
        let mut group = Group::spawn(&mut command)?;
        let ready_line = first_line(&mut group)
            .context("the sandbox did not say that it is ready")
            .inspect_err(|_| folder.print_tail("sandbox"))?;
        let ready: Value = serde_json::from_str(&ready_line)
            .with_context(|| format!("the sandbox's ready line is not JSON: `{ready_line}`"))?;
        let address = |name: &str| {
            let address = ready.get(name).and_then(Value::as_str).map(str::to_owned);
            address.with_context(|| format!("the sandbox's ready line has no `{name}`"))
        };
        let gateway = address("gateway")?;
        let origins = vec![address("wechat")?, address("phone")?, address("desktop")?];
        Ok(Self { group, gateway, origins, ready_line })
    }
}

/// The first line that a child prints; the rest is read and dropped, so that it never blocks.
fn first_line(group: &mut Group) -> Result<String> {
    let stdout = group.child().stdout.take().context("its stdout is not piped")?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            // Only the first has a receiver.
            let _ = sender.send(line);
        }
    });
    receiver.recv_timeout(START_LIMIT).context("it printed nothing")
}
