//! `wxpay-sandbox`: reads the command line and hands it to the command.
#![expect(clippy::print_stdout, reason = "a command speaks by printing")]

mod command;

use clap::{Parser, Subcommand};

use command::{env, start};

/// A local WeChat: gateway, OAuth, H5 middle page, fake clients, named faults, a movable clock.
/// Without a command it starts.
///
/// 本地微信：不带命令就是启动。
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(flatten)]
    start: start::Flags,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Prints the test merchant's data: ids, keys, certificates 打印商户资料
    Env(env::Flags),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Cli { start, command } = Cli::parse();
    match command {
        None => start::run(start).await,
        Some(Command::Env(flags)) => env::run(flags).await,
    }
}
