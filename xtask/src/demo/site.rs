//! Starts the Worker with its demo shop under `wrangler dev`, as the sandbox's test merchant.

use std::fs::{self, File};
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::credential::Credential;
use super::sandbox::{Sandbox, free_or_any};
use super::{Folder, Options};
use crate::configuration::api::Api;
use crate::process::{self, Group};
use crate::{http, secret, setup};

/// wrangler takes 3 seconds; this is for a slow, busy machine.
const START_LIMIT: Duration = Duration::from_secs(90);

const USUAL_PORT: u16 = 8787;

// The sandbox's test merchant. These are test keys: they open nothing but the sandbox.
const APPID: &str = "wx2421b1c4370ec43b";
const MCHID: &str = "1900000109";
const APP_SECRET: &str = "sandbox_test_secret_0123456789ab";
/// What the demo shop's backend would send as its bearer token; a test key like the others.
pub(super) const SHOP_KEY: &str = "wes_demo_test_key_0123456789abcdefghijklmnopqrs";

/// A running Worker.
pub(super) struct Site {
    pub(super) group: Group,
    pub(super) url: String,
}

impl Site {
    pub(super) fn start(sandbox: &Sandbox, options: &Options, folder: &Folder) -> Result<Self> {
        let credential = match options.api {
            Api::V2 => Credential::v2(options.v2_key.as_deref()),
            Api::V3 => Credential::v3(&sandbox.gateway)?,
        };
        let port = match free_or_any(USUAL_PORT) {
            usual if usual != 0 && !options.once => usual,
            _ => free_port()?,
        };
        let url = format!("http://127.0.0.1:{port}");
        let secrets = folder.file("secrets.env");
        fs::write(&secrets, test_secrets(&credential))?;

        let mut wrangler = process::command(setup::node()?);
        wrangler.arg("node_modules/wrangler/bin/wrangler.js").arg("dev");
        wrangler.args(["--ip", "127.0.0.1", "--port", &port.to_string(), "--inspector-port", "0"]);
        wrangler.arg("--env-file").arg(&secrets).arg("--persist-to").arg(folder.file("state"));
        wrangler.arg("--show-interactive-dev-session=false");
        for (name, value) in variables(sandbox, &url).into_iter().chain(credential.variables) {
            wrangler.arg("--var").arg(format!("{name}:{value}"));
        }
        wrangler.env("PATH", setup::node_path()?);
        // No questions, no news to its maker, no look-up of where this machine is.
        wrangler.env("CI", "true").env("WRANGLER_SEND_METRICS", "false");
        wrangler.env("CLOUDFLARE_CF_FETCH_ENABLED", "false").env("NO_COLOR", "1");
        let log = File::create(folder.log("worker"))?;
        wrangler.stdout(log.try_clone()?).stderr(log);
        let mut site = Self { group: Group::spawn(&mut wrangler)?, url };
        site.wait_until_healthy().inspect_err(|_| folder.print_tail("worker"))?;
        Ok(site)
    }

    /// The body of the sandbox's `POST /sandbox/site`.
    pub(super) fn as_json(&self) -> String {
        serde_json::json!({ "url": self.url }).to_string()
    }

    fn wait_until_healthy(&mut self) -> Result<()> {
        let start = Instant::now();
        let mut last = "it answers nothing".to_owned();
        while start.elapsed() < START_LIMIT {
            if let Some(status) = self.group.ended()? {
                bail!("wrangler dev ended ({status})");
            }
            match http::get(&self.url, "/healthz") {
                Ok(answer) if answer.status == 200 => return Ok(()),
                // It runs, and says itself what it lacks: waiting mends nothing.
                Ok(answer) if answer.status == 503 => bail!("the Worker says: {}", answer.body),
                Ok(answer) => last = format!("/healthz answers {} {}", answer.status, answer.body),
                Err(error) => last = format!("/healthz does not answer: {error:#}"),
            }
            thread::sleep(process::TICK);
        }
        bail!("the Worker was not ready after {} s: {last}", START_LIMIT.as_secs())
    }
}

fn variables(sandbox: &Sandbox, url: &str) -> Vec<(&'static str, String)> {
    let gateway = &sandbox.gateway;
    vec![
        ("WXPAY_APPID", APPID.to_owned()),
        ("WXPAY_MCHID", MCHID.to_owned()),
        ("PUBLIC_URL", url.to_owned()),
        ("ALLOWED_ORIGINS", sandbox.origins.join(",")),
        ("CLIENT_IP_HEADER", "X-Sandbox-Client-Ip".to_owned()),
        ("GATEWAY_URL", gateway.clone()),
        ("API_URL", gateway.clone()),
        ("OPEN_URL", gateway.clone()),
    ]
}

/// The Worker's secrets as an env file. Test keys, all of them.
fn test_secrets(credential: &Credential) -> String {
    let shop_keys = secret::line("demo", "all", SHOP_KEY);
    let of_api = credential.secrets.iter().map(|(name, value)| format!("{name}=\"{value}\"\n"));
    let of_api: String = of_api.collect();
    format!(
        "# Test keys for the sandbox: they open nothing else.\n\
         WXPAY_APP_SECRET=\"{APP_SECRET}\"\n\
         SHOP_API_KEYS=\"{shop_keys}\"\n\
         CART_KEY=\"demo_test_key_for_carts_0123456789\"\n\
         TOKEN_KEY=\"64656d6f5f746573745f6b65795f64656d6f5f746573745f6b65795f64656d6f\"\n\
         {of_api}"
    )
}

/// A port that was free a moment ago: wrangler does not tell which one it chose by itself.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}
