//! `wxpay-sandbox conform`: examines anybody's notify endpoint and prints its score card (成绩单).

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    io::{IsTerminal, Write, stderr, stdout},
};

use anyhow::bail;
use clap::{Args, ValueEnum};
use wxpay_sandbox::{
    Account, Api, KeyMode, SignType,
    conform::{Examination, Score, Subject},
};

use super::sandbox::{self, Sandbox, http_address};

/// Sends what is true and what is hostile to a notify endpoint, and says what it did wrong.
///
/// 把真实的和恶意的通知发给商户的通知地址，给出成绩单和每一处不合格的原因。
///
/// The endpoint has to have the sandbox's test keys (`wxpay-sandbox env`). One that knows its orders
/// needs some: make three or more at a sandbox with `notify=lost`, pay them, and name them here; the
/// first one bears what is hostile.
#[derive(Args)]
pub(crate) struct Flags {
    /// The endpoint, `http://` 商户的通知地址
    #[arg(long, env = "WXPAY_NOTIFY_URL", value_name = "URL")]
    notify_url: String,
    /// What it speaks
    #[arg(long, value_enum, default_value_t = Apis::V3)]
    api: Apis,
    /// An order that was paid at the sandbox and not yet notified; may be repeated
    #[arg(long, value_name = "NO")]
    out_trade_no: Vec<String>,
    /// A refund that succeeded at the sandbox; told at its own notify_url; may be repeated
    #[arg(long, value_name = "NO")]
    out_refund_no: Vec<String>,
    /// One JSON object instead of the card
    #[arg(long)]
    json: bool,
    /// Every case, not only those that failed
    #[arg(long, short)]
    verbose: bool,
    /// What the endpoint agreed on for V2: HMAC-SHA256 or MD5
    #[arg(long, value_name = "TYPE")]
    sign_type: Option<String>,
    /// By what the endpoint verifies V3: public_key, certificate or mixed
    #[arg(long, value_name = "MODE")]
    v3_keys: Option<String>,
    /// Its appid, if not the sandbox's
    #[arg(long)]
    appid: Option<String>,
    /// Its mch_id, if not the sandbox's
    #[arg(long)]
    mchid: Option<String>,
    /// Its APIv2 key, if not the sandbox's
    #[arg(long, value_name = "KEY")]
    v2_key: Option<String>,
    /// Its APIv3 key, if not the sandbox's
    #[arg(long, value_name = "KEY")]
    v3_key: Option<String>,
    #[command(flatten)]
    sandbox: sandbox::Address,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Apis {
    V2,
    V3,
    Both,
}

/// Examines, prints, and fails if the endpoint does.
pub(crate) async fn run(flags: Flags) -> anyhow::Result<()> {
    http_address(&flags.notify_url)?;
    let (mut account, subjects) = match flags.names_orders() {
        true => flags.known().await?,
        false => (Account::default(), Vec::new()),
    };
    flags.set(&mut account)?;
    let examination = Examination {
        notify_url: flags.notify_url.clone(),
        apis: match flags.api {
            Apis::V2 => vec![Api::V2],
            Apis::V3 => vec![Api::V3],
            Apis::Both => vec![Api::V3, Api::V2],
        },
        account,
        subjects,
        seed: RandomState::new().build_hasher().finish(),
    };
    let watched = stderr().is_terminal();
    let card = examination.run(|score| show_progress(watched, score)).await?;
    if watched {
        eprint!("\r\x1b[K");
    }
    let mut out = stdout().lock();
    if flags.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&card)?)?;
    } else {
        let colour = out.is_terminal() && std::env::var_os("NO_COLOR").is_none();
        write!(out, "{}", card.text(colour, flags.verbose))?;
    }
    if !card.passed {
        bail!("{} of the cases failed", card.must.failed.saturating_add(card.should.failed));
    }
    Ok(())
}

impl Flags {
    fn names_orders(&self) -> bool {
        !self.out_trade_no.is_empty() || !self.out_refund_no.is_empty()
    }

    /// The merchant of the running sandbox, and what was named of its orders and refunds.
    async fn known(&self) -> anyhow::Result<(Account, Vec<Subject>)> {
        let sandbox = Sandbox::from(&self.sandbox);
        let merchant = sandbox.merchant().await?;
        let keys = sandbox.get("v3/keys").await?;
        let account = Account {
            appid: merchant.appid,
            mch_id: merchant.mchid,
            v2_key: merchant.v2_key,
            v3_key: merchant.v3_key,
            v3_keys: serde_json::from_value(keys.get("mode").cloned().unwrap_or_default())?,
            sign_type: SignType::from_wire(&merchant.sign_type),
            ..Account::default()
        };
        let mut subjects = Vec::new();
        for number in &self.out_trade_no {
            let order = sandbox.get(&format!("orders/{}", escaped(number))).await?;
            subjects.push(Subject::paid(&order).map_err(anyhow::Error::msg)?);
        }
        if !self.out_refund_no.is_empty() {
            let state = sandbox.get("state").await?;
            for number in &self.out_refund_no {
                subjects.push(Subject::refunded(number, &state).map_err(anyhow::Error::msg)?);
            }
        }
        Ok((account, subjects))
    }

    /// What the flags say goes before what is known.
    fn set(&self, account: &mut Account) -> anyhow::Result<()> {
        for (flag, place) in [
            (&self.appid, &mut account.appid),
            (&self.mchid, &mut account.mch_id),
            (&self.v2_key, &mut account.v2_key),
            (&self.v3_key, &mut account.v3_key),
        ] {
            if let Some(value) = flag {
                place.clone_from(value);
            }
        }
        if account.v3_key.len() != 32 {
            bail!("--v3-key: expected 32 characters, found {}", account.v3_key.len());
        }
        match self.sign_type.as_deref() {
            None => {}
            Some(word) => match SignType::from_wire(word) {
                None => bail!("--sign-type: expected HMAC-SHA256 or MD5, found `{word}`"),
                known => account.sign_type = known,
            },
        }
        match self.v3_keys.as_deref() {
            None => {}
            Some("public_key") => account.v3_keys = KeyMode::PublicKey,
            Some("certificate") => account.v3_keys = KeyMode::Certificate,
            Some("mixed") => account.v3_keys = KeyMode::Mixed,
            Some(word) => {
                bail!("--v3-keys: expected public_key, certificate or mixed, found `{word}`")
            }
        }
        Ok(())
    }
}

/// A number as a piece of a path: `*` and `|` are letters of order numbers.
fn escaped(number: &str) -> String {
    url::form_urlencoded::byte_serialize(number.as_bytes()).collect()
}

fn show_progress(watched: bool, score: &Score) {
    if watched {
        eprint!("\r\x1b[K{}", score.name);
    }
}
