//! The secrets: those that this project makes, and which command takes each.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::configuration::api::Apis;
use crate::configuration::lines::Lines;
use crate::configuration::manifest::Manifest;
use crate::configuration::settings::{API_V2_KEY, API_V3_KEY, MERCHANT_KEY, Setting, named};
use crate::place;
use crate::secret::{self, ShopApiKey};

/// Those that WeChat's consoles give.
const OF_WECHAT: [&str; 4] = [API_V3_KEY, MERCHANT_KEY, API_V2_KEY, "WXPAY_APP_SECRET"];

/// Those of them that this merchant's Worker needs.
fn of_wechat(apis: Apis) -> impl Iterator<Item = &'static Setting> {
    OF_WECHAT.into_iter().filter_map(named).filter(move |setting| setting.is_needed(apis))
}

/// Where the values that are not made here come from.
pub(super) struct Given<'a> {
    pub(super) apis: Apis,
    /// The file with the merchant's private key, if it was named.
    pub(super) key: Option<&'a Path>,
}

/// One secret that was made: its name, its value, and who else must have it.
struct Fresh {
    name: &'static str,
    value: String,
    also: &'static str,
}

/// Makes what is not in .dev.vars yet, prints it once, and with `dev_vars` writes it there.
pub(super) fn make(
    config: &Path,
    manifest: &Manifest,
    given: &Given<'_>,
    dev_vars: bool,
) -> Result<()> {
    let file = config.with_file_name(".dev.vars");
    let there = if dev_vars { Lines::read(&file)? } else { Lines::default() };
    let key = ShopApiKey::new("shop", "all")?;
    let mut fresh = vec![
        Fresh {
            name: "SHOP_API_KEYS",
            value: key.line.clone(),
            also: "只是散列；钥匙本身在下面 · only a hash; the key itself is below",
        },
        Fresh {
            name: "CART_KEY",
            value: secret::hex_key()?,
            also: "商户后端也要，用来签购物车 · your backend has the same, to sign carts",
        },
        Fresh {
            name: "TOKEN_KEY",
            value: secret::hex_key()?,
            also: "只有 Worker 有 · the Worker alone has it",
        },
    ];
    if manifest.variable("WEBHOOK_URL").is_some_and(|url| !url.is_empty()) {
        fresh.push(Fresh {
            name: "WEBHOOK_SECRETS",
            value: secret::webhook_secret()?,
            also: "商户后端也要，用来验签事件 · your backend has the same, to verify events",
        });
    }
    fresh.retain(|one| there.value(one.name).is_none());

    show(config, given, &fresh);
    if fresh.iter().any(|one| one.name == "SHOP_API_KEYS") {
        println!("\n给商户后端，作为 Authorization: Bearer … · for your backend:\n  {}", key.key);
    }
    if dev_vars {
        append(&file, &there, given, &fresh)?;
        println!("\n也写进了 · also written to {} (git ignores it)", file.display());
    }
    Ok(())
}

/// The commands, each with what to paste when it asks.
fn show(config: &Path, given: &Given<'_>, fresh: &[Fresh]) {
    let other = *config != place::root().join("wrangler.toml");
    let option = if other { format!(" --config {}", config.display()) } else { String::new() };
    println!("\n密钥只显示这一次。逐条运行，粘贴箭头后的值；以前设过的可以不换。");
    println!("Secrets are shown once. Run each and paste what follows the arrow; keep what you");
    println!("have set before, if you have.");
    for Setting { name, what, .. } in of_wechat(given.apis) {
        if *name == MERCHANT_KEY {
            // A key has many lines, which nobody pastes whole into a prompt.
            let file = given.key.unwrap_or(Path::new("apiclient_key.pem")).display();
            println!("\nnpx wrangler secret put {name}{option} < '{file}'");
        } else {
            println!("\nnpx wrangler secret put {name}{option}\n  ← {}\n    {}", what.zh, what.en);
        }
    }
    for Fresh { name, value, also } in fresh {
        println!("\nnpx wrangler secret put {name}{option}\n  ← {value}\n    {also}");
    }
}

/// Adds lines to .dev.vars, which only its owner can read. What stands there is never changed.
fn append(file: &Path, there: &Lines, given: &Given<'_>, fresh: &[Fresh]) -> Result<()> {
    let old = fs::read_to_string(file).unwrap_or_default();
    let mut text = String::new();
    if !old.is_empty() && !old.ends_with('\n') {
        text.push('\n');
    }
    for Setting { name, .. } in of_wechat(given.apis) {
        match given.key {
            _ if there.value(name).is_some() => {}
            Some(key) if *name == MERCHANT_KEY => {
                let key = fs::read_to_string(key)
                    .with_context(|| format!("cannot read {}", key.display()))?;
                text.push_str(&format!("{name}=\"{}\"\n", key.trim().trim_matches(['"', '\''])));
            }
            _ if old.contains(name) => {}
            _ => text.push_str(&format!("# {name}=\n")),
        }
    }
    for Fresh { name, value, .. } in fresh {
        text.push_str(&format!("{name}=\"{value}\"\n"));
    }
    let mut open = OpenOptions::new();
    let opened = open.create(true).append(true).mode(0o600).open(file);
    opened
        .and_then(|mut opened| opened.write_all(text.as_bytes()))
        .with_context(|| format!("cannot write {}", file.display()))
}
