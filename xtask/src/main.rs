//! `cargo xtask`: every build command of this repository, so that a person and CI run the same.
//!
//! Unix only (Linux, macOS, WSL): process groups and one small shell script need it.
#![expect(clippy::print_stdout, reason = "a command line program speaks on stdout")]

mod configuration;
mod demo;
mod differences;
mod doctor;
mod fuzz;
mod http;
mod init;
mod key;
mod lockfile;
mod node;
mod page;
mod pem;
mod place;
mod process;
mod sandbox;
mod secret;
mod setup;
mod size;
mod stamp;
mod test;
mod tidy;
mod worker;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// The build commands of wxpay-edge.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fetch what this machine lacks: Rust target, npm packages, build tools, a browser, schemathesis,
    /// SDKs to try
    Setup,
    /// Build the Worker into crates/worker/build
    Worker {
        /// The test build with switchable failures, into crates/worker/build-faults
        #[arg(long)]
        faults: bool,
    },
    /// Build the npm package `wxpay-h5` into pkg/dist
    Pkg,
    /// Build the sandbox, the local WeChat
    Sandbox {
        /// For every Linux, into the npm package crates/sandbox/npm
        #[arg(long)]
        npm: bool,
    },
    /// Ask for the merchant's data, fill in wrangler.toml, make the secrets
    Init(init::Options),
    /// Say what is configured wrongly, here and at the deployed Worker, and what to do about it
    Doctor(doctor::Options),
    /// Make a key for the shop's backend, and the line that lets the Worker know it
    Key(key::Options),
    /// Start the sandbox and the Worker, and say where to buy something
    Demo(demo::Options),
    /// Run everything CI runs
    Test(test::Options),
    /// Give the sandbox's readers bytes that nobody meant
    Fuzz(fuzz::Options),
    /// Print the sizes of what ships, and fail if one is over its budget
    Size,
    /// Check the rules of the house that the compiler does not check
    Tidy,
    /// Print where the sandbox knowingly differs from WeChat, and what nobody has confirmed
    Differences,
}

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            // Not `fn main() -> Result`: with RUST_BACKTRACE set that buries the remedy.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    process::stop_children_on_signals()?;
    match Arguments::parse().command {
        Command::Setup => setup::everything(),
        Command::Worker { faults: false } => worker::build(worker::Variant::Shipped),
        Command::Worker { faults: true } => worker::build(worker::Variant::Faults),
        Command::Pkg => page::build(),
        Command::Sandbox { npm: false } => sandbox::build().map(|_| ()),
        Command::Sandbox { npm: true } => sandbox::package(),
        Command::Init(options) => init::run(&options),
        Command::Doctor(options) => return doctor::run(&options),
        Command::Key(options) => key::make(&options),
        Command::Demo(options) => demo::run(&options),
        Command::Test(options) => return test::run(&options),
        Command::Fuzz(options) => fuzz::run(&options),
        Command::Size => size::check(),
        Command::Tidy => tidy::check(),
        Command::Differences => differences::print(),
    }?;
    Ok(ExitCode::SUCCESS)
}
