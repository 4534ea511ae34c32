//! `cargo xtask demo`: a shop, its Worker and a WeChat on this machine, for a person to buy in.
//!
//! `--once` lets a browser without a window buy, and tells by the exit code whether it could.

mod credential;
mod sandbox;
mod site;

use std::fs::{self, File};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::configuration::api::Api;
use crate::process::{self, Group};
use crate::worker::{self, Variant};
use crate::{http, page, place, setup};
use sandbox::Sandbox;
use site::Site;

/// How `demo` runs.
#[derive(Args)]
pub(crate) struct Options {
    /// Buy once in a headless browser; exit with 0 if the order was paid, with 1 if not
    #[arg(long)]
    once: bool,
    /// By which of WeChat's APIs the Worker places orders
    #[arg(long, value_enum, default_value_t = Api::V2)]
    api: Api,
    /// Give the Worker this API V2 key instead of the test merchant's, to see what a wrong one does
    #[arg(long, value_name = "KEY")]
    v2_key: Option<String>,
}

/// A purchase takes seconds; this is for a slow, busy machine.
const PURCHASE_LIMIT: Duration = Duration::from_secs(180);

/// Builds everything, starts it, and either waits for Ctrl-C or buys once.
pub(crate) fn run(options: &Options) -> Result<()> {
    if options.api == Api::V3 && options.v2_key.is_some() {
        bail!("--v2-key changes nothing with --api v3");
    }
    setup::packages()?;
    let sandbox_program = crate::sandbox::build()?;
    page::build()?;
    worker::build(Variant::Shipped)?;

    let folder = Folder::open(options.once)?;
    let ports = if options.once { [0; 4] } else { sandbox::usual_ports() };
    let mut sandbox = Sandbox::start(&sandbox_program, ports, &folder)?;
    let mut site = Site::start(&sandbox, options, &folder)?;
    let told = http::post_json(&sandbox.gateway, "/sandbox/site", &site.as_json())?;
    if told.status >= 300 {
        bail!("the sandbox refused the Worker's address: {} {}", told.status, told.body);
    }

    if options.once {
        let log = folder.log("worker");
        return buy(&sandbox, &site, options.api)
            .with_context(|| format!("nothing was sold; the Worker's log is {}", log.display()));
    }
    say_where(&sandbox, &site, &folder);
    process::a_signal_is_success();
    loop {
        if let Some(status) = sandbox.group.ended()? {
            folder.print_tail("sandbox");
            bail!("the sandbox ended ({status})");
        }
        if let Some(status) = site.group.ended()? {
            folder.print_tail("worker");
            bail!("wrangler dev ended ({status})");
        }
        thread::sleep(process::TICK);
    }
}

fn say_where(sandbox: &Sandbox, site: &Site, folder: &Folder) {
    println!();
    println!("Open  {}/", sandbox.gateway);
    println!();
    println!("There you choose a WeChat, a phone browser or a desktop browser, and buy something");
    println!("in the demo shop. No money moves: the WeChat is this machine's own.");
    println!();
    println!("The Worker itself is {}, its log {}", site.url, folder.log("worker").display());
    println!("Ctrl-C stops everything.");
}

fn buy(sandbox: &Sandbox, site: &Site, api: Api) -> Result<()> {
    let mut script = process::command(setup::node()?);
    script.arg("tests/e2e/once.mjs").env("PATH", setup::node_path()?);
    script.env("WXPAY_SANDBOX_JSON", &sandbox.ready_line);
    script.env("WXPAY_WORKER_URL", &site.url).env("SHOP_KEY", site::SHOP_KEY);
    script.env("WXPAY_API", api.name());
    setup::show_chromium(&mut script)?;
    let status = Group::spawn(&mut script)?.wait(PURCHASE_LIMIT)?;
    if !status.success() {
        bail!("tests/e2e/once.mjs said above why ({status})");
    }
    Ok(())
}

/// Where one demo keeps its state and its logs; used by one at a time.
pub(crate) struct Folder {
    path: PathBuf,
    _in_use: File,
}

impl Folder {
    fn open(once: bool) -> Result<Self> {
        let path = place::target().join(if once { "demo-once" } else { "demo" });
        fs::create_dir_all(&path).with_context(|| format!("cannot create {}", path.display()))?;
        let in_use = File::create(path.join("lock"))?;
        if in_use.try_lock().is_err() {
            bail!("another demo runs in this clone: stop it, or wait until it has finished");
        }
        // Every demo starts with no orders.
        let state = path.join("state");
        if state.exists() {
            fs::remove_dir_all(&state)?;
        }
        Ok(Self { path, _in_use: in_use })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    fn log(&self, name: &str) -> PathBuf {
        self.file(&format!("{name}.log"))
    }

    /// Prints the end of a log, before the message about a failure.
    fn print_tail(&self, name: &str) {
        const LINES: usize = 30;
        let text = fs::read_to_string(self.log(name)).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        println!("--- the end of {} ---", self.log(name).display());
        for line in lines.iter().skip(lines.len().saturating_sub(LINES)) {
            println!("{line}");
        }
        println!("---");
    }
}
