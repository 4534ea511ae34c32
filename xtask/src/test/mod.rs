//! `cargo xtask test`: everything CI runs, in layers, two at a time.
//!
//! A layer is a command; its output goes into target/test/<layer>.log and is printed if it fails.
//! A layer of tests that ran none has failed: a glob that matches nothing must not look green.

mod count;
mod layer;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::process::{self, Group};
use crate::{place, setup};
use count::Count;
use layer::{LAYERS, Layer};

/// Which layers run.
#[derive(Args)]
pub(crate) struct Options {
    /// Only these layers, separated by commas, without what they need
    #[arg(long, value_delimiter = ',', value_name = "LAYER")]
    only: Vec<String>,
}

/// More at once only makes each slower on the two cores that CI has.
const AT_ONCE: usize = 2;

/// The longest layer, setting up an empty machine, takes some minutes.
const LIMIT: Duration = Duration::from_secs(30 * 60);

/// What became of a layer.
struct Outcome {
    layer: &'static Layer,
    passed: bool,
    count: Count,
    took: Duration,
    remark: String,
}

/// A layer under way.
struct Running {
    layer: &'static Layer,
    group: Group,
    start: Instant,
}

/// Runs the layers and prints the table; the exit code says whether everything passed.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let mut waiting = chosen(&options.only)?;
    let folder = place::target().join("test");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let program = own_program(&folder)?;
    if waiting.iter().any(|layer| layer.is_node()) {
        setup::packages()?;
    }

    let start = Instant::now();
    let mut outcomes: Vec<Outcome> = Vec::new();
    let mut running: Vec<Running> = Vec::new();
    while !waiting.is_empty() || !running.is_empty() {
        while running.len() < AT_ONCE {
            let Some(index) = waiting.iter().position(|layer| is_ready(layer, &waiting, &running))
            else {
                break;
            };
            let layer = waiting.remove(index);
            match missing(layer, &outcomes) {
                Some(need) => outcomes.push(not_run(layer, need)),
                None => running.push(begin(layer, &program, &folder)?),
            }
        }
        let mut index = 0;
        while let Some(candidate) = running.get_mut(index) {
            if is_over(candidate)? {
                outcomes.push(finish(running.remove(index), &folder)?);
            } else {
                index = index.saturating_add(1);
            }
        }
        thread::sleep(process::TICK);
    }
    Ok(report(&outcomes, start.elapsed()))
}

fn chosen(only: &[String]) -> Result<Vec<&'static Layer>> {
    for name in only {
        if !LAYERS.iter().any(|layer| layer.name == name) {
            let names: Vec<&str> = LAYERS.iter().map(|layer| layer.name).collect();
            bail!("there is no layer `{name}`; there are {}", names.join(", "));
        }
    }
    let wanted = |layer: &&Layer| only.is_empty() || only.iter().any(|name| name == layer.name);
    Ok(LAYERS.iter().filter(wanted).collect())
}

/// A copy of ourselves: `cargo test` may replace the original while layers start from it.
fn own_program(folder: &Path) -> Result<PathBuf> {
    let copy = folder.join("xtask");
    let original = std::env::current_exe().context("cannot find this program's file")?;
    fs::copy(&original, &copy).with_context(|| format!("cannot write {}", copy.display()))?;
    Ok(copy)
}

/// Nothing that it needs is still to come.
fn is_ready(layer: &Layer, waiting: &[&Layer], running: &[Running]) -> bool {
    layer.needs.iter().all(|need| {
        !waiting.iter().any(|other| other.name == *need)
            && !running.iter().any(|other| other.layer.name == *need)
    })
}

/// What it needs and did not get.
fn missing(layer: &Layer, outcomes: &[Outcome]) -> Option<&'static str> {
    let failed =
        |need: &&&str| outcomes.iter().any(|done| done.layer.name == **need && !done.passed);
    layer.needs.iter().find(failed).copied()
}

fn not_run(layer: &'static Layer, need: &str) -> Outcome {
    let remark = format!("not run: {need} failed");
    Outcome { layer, passed: false, count: Count::default(), took: Duration::ZERO, remark }
}

fn begin(layer: &'static Layer, program: &Path, folder: &Path) -> Result<Running> {
    println!("       {}: {}", layer.name, layer.question);
    let log = File::create(log(layer, folder))?;
    let mut command = layer.command(program)?;
    command.stdout(log.try_clone()?).stderr(log);
    Ok(Running { layer, group: Group::spawn(&mut command)?, start: Instant::now() })
}

fn is_over(running: &mut Running) -> Result<bool> {
    Ok(running.group.ended()?.is_some() || running.start.elapsed() > LIMIT)
}

fn finish(mut running: Running, folder: &Path) -> Result<Outcome> {
    let layer = running.layer;
    let status = running.group.ended()?;
    let took = running.start.elapsed();
    // Whatever it left behind ends with it.
    drop(running.group);
    let said = fs::read(log(layer, folder)).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let count = layer.count(&said, status.is_some_and(|status| status.success()));
    let remark = match status {
        None => format!("ended after {} s", took.as_secs()),
        Some(status) if !status.success() => status.to_string(),
        Some(_) if count.failed > 0 => "a test failed".to_owned(),
        Some(_) if layer.has_tests() && count.passed == 0 => "no test ran".to_owned(),
        Some(_) => String::new(),
    };
    let passed = remark.is_empty();
    if !passed {
        println!("--- {} ---\n{said}\n--- end of {} ---", layer.name, layer.name);
    }
    println!("{} {}, {:.1} s {remark}", word(passed), layer.name, took.as_secs_f64());
    Ok(Outcome { layer, passed, count, took, remark })
}

fn log(layer: &Layer, folder: &Path) -> PathBuf {
    folder.join(format!("{}.log", layer.name))
}

fn word(passed: bool) -> &'static str {
    if passed { "ok    " } else { "FAILED" }
}

fn report(outcomes: &[Outcome], took: Duration) -> ExitCode {
    println!("\n       {:<14} {:>7} {:>7} {:>8}", "layer", "passed", "failed", "seconds");
    let mut total = Count::default();
    for Outcome { layer, passed, count, took, remark } in outcomes {
        let number = |number: u64| if layer.has_tests() { number.to_string() } else { "-".into() };
        println!(
            "{} {:<14} {:>7} {:>7} {:>8.1} {remark}",
            word(*passed),
            layer.name,
            number(count.passed),
            number(count.failed),
            took.as_secs_f64()
        );
        total.passed = total.passed.saturating_add(count.passed);
        // A layer can fail without a failed test: then it counts as one itself.
        let failed = if *passed { 0 } else { count.failed.max(1) };
        total.failed = total.failed.saturating_add(failed);
    }
    println!("{:>46.1} in all\n", took.as_secs_f64());
    println!("{} passed, {} failed", total.passed, total.failed);
    if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
