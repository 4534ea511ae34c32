//! Running other programs: in the foreground, or as a group that never outlives us.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt as _;
use std::process::{self, Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

/// Groups that are alive now; the signal handler ends them.
static GROUPS: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// Our exit code when a signal ends us: 128 + SIGINT, as a shell would say.
static EXIT_ON_SIGNAL: AtomicI32 = AtomicI32::new(130);

/// Set once a signal is ending us: from then on nobody may act on a child's end.
static STOPPING: AtomicBool = AtomicBool::new(false);

/// How long a group may take to leave politely.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often a waiting loop looks again.
pub(crate) const TICK: Duration = Duration::from_millis(50);

/// A command that runs in the clone's top folder.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(crate::place::root()).stdin(Stdio::null());
    command
}

/// Runs to the end, with our own stdout and stderr; anything but success is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start `{}`", line(command)))?;
    if !status.success() {
        bail!("`{}` failed: {status}", line(command));
    }
    Ok(())
}

/// Runs to the end and returns what it wrote to stdout.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start `{}`", line(command)))?;
    if !output.status.success() {
        bail!("`{}` failed: {}", line(command), output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{}` wrote no UTF-8", line(command)))
}

/// The command as a person would type it. Variables are left out: they may hold secrets.
pub(crate) fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// A child and all its descendants. Dropping it ends them all.
pub(crate) struct Group {
    child: Child,
    id: Pid,
    name: String,
}

impl Group {
    /// Starts the command as the leader of a process group of its own.
    pub(crate) fn spawn(command: &mut Command) -> Result<Self> {
        let name = line(command);
        let child = command.process_group(0).spawn();
        let child = child.with_context(|| format!("cannot start `{name}`"))?;
        let id = Pid::from_child(&child);
        groups().push(id);
        Ok(Self { child, id, name })
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// How the leader ended, if it has.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        let status = self.child.try_wait();
        let status = status.with_context(|| format!("cannot wait for `{}`", self.name))?;
        // Our signal handler ended it and is about to end us: that is nobody's failure.
        Ok(status.filter(|_| !STOPPING.load(Ordering::Relaxed)))
    }

    /// Waits for the leader; after `limit` the group is ended and that is an error.
    pub(crate) fn wait(&mut self, limit: Duration) -> Result<ExitStatus> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            if start.elapsed() > limit {
                bail!("`{}` was ended after {} s without an end", self.name, limit.as_secs());
            }
            thread::sleep(TICK);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Errors mean that the group has gone already, which is what we want.
        let _ = kill_process_group(self.id, Signal::TERM);
        let start = Instant::now();
        while test_kill_process_group(self.id).is_ok() && start.elapsed() < PATIENCE {
            // A leader that nobody waited for would count as alive.
            let _ = self.child.try_wait();
            thread::sleep(TICK);
        }
        let _ = kill_process_group(self.id, Signal::KILL);
        let _ = self.child.wait();
        groups().retain(|id| *id != self.id);
    }
}

fn groups() -> std::sync::MutexGuard<'static, Vec<Pid>> {
    // A list of numbers cannot be left half-written by a panic.
    GROUPS.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// From now on a signal (Ctrl-C) is the normal end, not a failure.
pub(crate) fn a_signal_is_success() {
    EXIT_ON_SIGNAL.store(0, Ordering::Relaxed);
}

/// Ends every group before Ctrl-C, a closed terminal or `kill` ends us.
pub(crate) fn stop_children_on_signals() -> Result<()> {
    ctrlc::set_handler(|| {
        STOPPING.store(true, Ordering::Relaxed);
        let alive = groups().clone();
        for id in &alive {
            let _ = kill_process_group(*id, Signal::TERM);
        }
        let start = Instant::now();
        while start.elapsed() < PATIENCE
            && alive.iter().any(|id| test_kill_process_group(*id).is_ok())
        {
            thread::sleep(TICK);
        }
        for id in &alive {
            let _ = kill_process_group(*id, Signal::KILL);
        }
        process::exit(EXIT_ON_SIGNAL.load(Ordering::Relaxed));
    })
    .context("cannot listen for Ctrl-C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead as _, BufReader};

    #[test]
    fn dropping_a_group_ends_the_children_of_its_leader_too() -> Result<()> {
        let script = "sleep 600 & echo started; wait";
        let mut group = Group::spawn(command("sh").args(["-c", script]).stdout(Stdio::piped()))?;
        let stdout = group.child().stdout.take().context("stdout is piped")?;
        let mut first = String::new();
        BufReader::new(stdout).read_line(&mut first)?;
        assert_eq!(first, "started\n");

        let id = group.id;
        drop(group);
        assert!(test_kill_process_group(id).is_err());
        Ok(())
    }

    #[test]
    fn a_command_without_an_end_is_stopped_at_its_limit() -> Result<()> {
        let mut group = Group::spawn(command("sleep").arg("600"))?;
        let error = group.wait(Duration::ZERO).err().context("it must not wait for ever")?;
        assert!(error.to_string().contains("`sleep 600` was ended"), "{error}");
        Ok(())
    }

    #[test]
    fn a_failed_command_is_named_in_the_error() -> Result<()> {
        let error = run(command("sh").args(["-c", "exit 3"])).err().context("must fail")?;
        assert!(error.to_string().contains("`sh -c exit 3` failed"), "{error}");
        Ok(())
    }
}
