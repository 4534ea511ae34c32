//! `wxpay-sandbox`: reads the command line and hands it to the command.
#![expect(clippy::print_stdout, reason = "a command speaks by printing")]

mod command;

use clap::Parser;

use command::start;

/// A local WeChat: gateway, OAuth, H5 middle page, fake clients, named faults, a movable clock.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(flatten)]
    start: start::Flags,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Cli { start } = Cli::parse();
    start::run(start).await
}
