//! `cargo xtask key`: a key for one of the shop's programs, and the line that lets the Worker know it.

use anyhow::Result;
use clap::Args;

use crate::secret::ShopApiKey;

/// Whose key, and for what.
#[derive(Args)]
pub(crate) struct Options {
    /// Who uses it; stands in the Worker's log: letters, digits, `-`, `_` or `.`
    name: String,
    /// all, or some of orders,refunds,events,reports,doctor
    #[arg(default_value = "all")]
    scopes: String,
}

/// Makes a key and prints it with its line. It is kept nowhere.
pub(crate) fn make(options: &Options) -> Result<()> {
    let ShopApiKey { key, line } = ShopApiKey::new(&options.name, &options.scopes)?;
    println!("密钥，交给商户后端，只显示这一次 · the key, for the backend, shown once:");
    println!("  {key}");
    println!(
        "加进 Worker 的 SHOP_API_KEYS，各条以 ; 隔开 · add to the Worker's SHOP_API_KEYS, entries between `;`:"
    );
    println!("  {line}");
    println!(
        "  npx wrangler secret put SHOP_API_KEYS   # 连同旧的各条 · with the entries before it"
    );
    println!("到期日可写在行尾 · an end date may follow the line: until 2027-01-31");
    Ok(())
}
