//! `wxpay-sandbox` without a command: starts, and says so when ready.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    net::IpAddr,
    path::PathBuf,
};

use anyhow::{Context, bail};
use clap::Args;
use wxpay_sandbox::{
    Account, Addresses, ClockMode, ClockStart, KeyMode, Merchant, Options, PlatformSettings,
    SignType, SubMerchant, UnixSeconds, from_rfc3339, start,
};

/// What to start, and where.
#[derive(Args)]
pub(crate) struct Flags {
    /// Port of the gateway; 0 takes any free one, here and below
    #[arg(long, default_value_t = 8990)]
    port: u16,
    /// Port of the client inside WeChat
    #[arg(long, default_value_t = 8991)]
    wechat_port: u16,
    /// Port of the phone browser
    #[arg(long, default_value_t = 8992)]
    phone_port: u16,
    /// Port of the desktop browser
    #[arg(long, default_value_t = 8993)]
    desktop_port: u16,
    /// The merchant's site, on this machine
    #[arg(long, default_value = "http://127.0.0.1:8787")]
    site: String,
    /// appid of the test merchant
    #[arg(long, default_value_t = Account::default().appid)]
    appid: String,
    /// mch_id of the test merchant
    #[arg(long, default_value_t = Account::default().mch_id)]
    mchid: String,
    /// mch_id of a sub-merchant, which makes the test merchant a service provider
    #[arg(long)]
    sub_mchid: Option<String>,
    /// appid of the sub-merchant
    #[arg(long, requires = "sub_mchid")]
    sub_appid: Option<String>,
    /// APIv2 key of the test merchant, 32 characters
    #[arg(long, default_value_t = Account::default().v2_key)]
    v2_key: String,
    /// APIv3 key of the test merchant, 32 characters
    #[arg(long, default_value_t = Account::default().v3_key)]
    v3_key: String,
    /// By what API V3 is verified: public_key, certificate, or mixed
    #[arg(long, default_value = "public_key")]
    v3_keys: String,
    /// AppSecret of the test merchant
    #[arg(long, default_value_t = Account::default().app_secret)]
    app_secret: String,
    /// Signature the merchant has to use: HMAC-SHA256, MD5, or any
    #[arg(long, default_value = "HMAC-SHA256")]
    sign_type: String,
    /// Registered host of the merchant
    #[arg(long, default_value_t = Account::default().host)]
    host: String,
    /// Payment directory (支付授权目录), up to five times; without one the root of the registered host
    #[arg(long)]
    pay_dir: Vec<String>,
    /// Addresses that may ask for an access_token (IP白名单), with commas; without one everybody may
    #[arg(long, value_delimiter = ',')]
    ip_whitelist: Vec<IpAddr>,
    /// Seed of ids, codes and nonces; without it every start is different
    #[arg(long)]
    seed: Option<u64>,
    /// The time on the clock at the start, such as 2027-01-15T08:00:00+08:00
    #[arg(long, value_name = "RFC 3339", value_parser = moment)]
    now: Option<UnixSeconds>,
    /// Let time stand still from the start; with --seed and --now every start is the same
    #[arg(long)]
    freeze: bool,
    /// Keep everything in this file, over restarts too; without it, until the end
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Print the addresses as one line of JSON
    #[arg(long)]
    json: bool,
}

impl Flags {
    fn account(&self) -> anyhow::Result<Account> {
        let sign_type = SignType::from_wire(&self.sign_type);
        if sign_type.is_none() && self.sign_type != "any" {
            bail!("--sign-type: expected HMAC-SHA256, MD5 or any, found `{}`", self.sign_type);
        }
        let v3_keys = match self.v3_keys.as_str() {
            "public_key" => KeyMode::PublicKey,
            "certificate" => KeyMode::Certificate,
            "mixed" => KeyMode::Mixed,
            word => bail!("--v3-keys: expected public_key, certificate or mixed, found `{word}`"),
        };
        if self.v3_key.len() != 32 {
            bail!("--v3-key: expected 32 characters, found {}", self.v3_key.len());
        }
        let platform = PlatformSettings {
            pay_dirs: self.pay_dir.clone(),
            ip_whitelist: self.ip_whitelist.clone(),
        };
        if let Err(reason) = platform.check() {
            bail!("--pay-dir: {reason}");
        }
        Ok(Account {
            appid: self.appid.clone(),
            mch_id: self.mchid.clone(),
            v2_key: self.v2_key.clone(),
            v3_key: self.v3_key.clone(),
            v3_keys,
            app_secret: self.app_secret.clone(),
            sign_type,
            sub_merchant: self
                .sub_mchid
                .clone()
                .map(|mch_id| SubMerchant { mch_id, appid: self.sub_appid.clone() }),
            host: self.host.to_ascii_lowercase(),
            platform,
        })
    }
}

/// Reads `--now`.
fn moment(text: &str) -> Result<UnixSeconds, &'static str> {
    from_rfc3339(text).ok_or("expected a time with its zone, such as 2027-01-15T08:00:00+08:00")
}

/// Opens the ports, says where they are, and serves until it is stopped.
pub(crate) async fn run(flags: Flags) -> anyhow::Result<()> {
    let account = flags.account()?;
    let ports = [flags.port, flags.wechat_port, flags.phone_port, flags.desktop_port];
    let seed = flags.seed.unwrap_or_else(|| RandomState::new().build_hasher().finish());
    let mode = if flags.freeze { ClockMode::Freeze } else { ClockMode::Run };
    let clock = ClockStart { now: flags.now, mode };
    let options = Options { account, ports, site: flags.site, seed, clock, data: flags.data };
    let running = start(options).await.context("cannot start; `--port 0` takes free ports")?;
    if flags.json {
        println!("{}", serde_json::to_string(running.addresses())?);
    } else {
        println!("{}", greeting(running.addresses(), &running.merchant()));
    }
    tokio::select! {
        ended = running.wait() => ended.context("a port failed"),
        stopped = tokio::signal::ctrl_c() => stopped.context("no signals on this machine"),
    }
}

/// Longer values, which are keys and certificates, are left to `wxpay-sandbox env`.
const SHORT: usize = 80;

/// What somebody new needs: one address to open, and the merchant's data.
fn greeting(addresses: &Addresses, merchant: &Merchant) -> String {
    let variables = merchant.variables();
    let short = variables.iter().filter(|(_, value)| value.len() <= SHORT);
    let lines: String = short.map(|(name, value)| format!("  {name}={value}\n")).collect();
    format!(
        "本地微信 wxpay-sandbox {version}\n\n  \
         打开 open      {gateway}/\n  \
         微信 WeChat    {wechat}/   扫一扫 scan {pages}/scan\n  \
         手机 phone     {phone}/\n  \
         电脑 desktop   {desktop}/\n\n\
         商户资料 Merchant\n{lines}  \
         私钥和证书 keys and certificates: wxpay-sandbox env --sandbox {gateway} [--write DIR]\n\n\
         付一单 Pay an order: wxpay-sandbox trigger payment --sandbox {gateway}\n\
         Ctrl-C 停止 stops",
        version = env!("CARGO_PKG_VERSION"),
        gateway = addresses.gateway,
        wechat = addresses.wechat,
        pages = addresses.wechat_pages,
        phone = addresses.phone,
        desktop = addresses.desktop,
    )
}
