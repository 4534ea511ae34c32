//! `wxpay-sandbox`: reads the command line and hands it to the command.
#![expect(clippy::print_stdout, reason = "a command speaks by printing")]

mod command;

use std::{io::stdout, process::ExitCode};

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use command::{conform, env, listen, replay, start, tail, trigger};

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
    /// Makes an order, pays it, and shows every message 下单、支付、通知
    Trigger(trigger::Flags),
    /// Hands every notification to your shop 把通知转给商户
    Listen(listen::Flags),
    /// Shows every message as it goes by 实时显示报文
    Tail(tail::Flags),
    /// Sends recorded notifications once more 重放通知
    Replay(replay::Flags),
    /// Examines a notify endpoint: honest and hostile notifications, and a score card 检查通知地址
    Conform(conform::Flags),
    /// Prints what completes these commands in a shell 命令补全
    Completion {
        /// Which
        shell: Shell,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let Cli { start, command } = Cli::parse();
    let done = match command {
        None => start::run(start).await,
        Some(Command::Env(flags)) => env::run(flags).await,
        Some(Command::Trigger(flags)) => trigger::run(flags).await,
        Some(Command::Listen(flags)) => listen::run(flags).await,
        Some(Command::Tail(flags)) => tail::run(flags).await,
        Some(Command::Replay(flags)) => replay::run(flags).await,
        Some(Command::Conform(flags)) => conform::run(flags).await,
        Some(Command::Completion { shell }) => {
            let program = env!("CARGO_BIN_NAME");
            clap_complete::generate(shell, &mut Cli::command(), program, &mut stdout());
            Ok(())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wxpay-sandbox: {error:#}");
            ExitCode::FAILURE
        }
    }
}
