//! The program, a sandbox that it runs, and a shop that is told.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, ChildStdout, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use serde_json::Value;

pub(crate) const PATH: &str = env!("CARGO_BIN_EXE_wxpay-sandbox");

/// How long what must come may take on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a command printed, and how it ended.
pub(crate) struct Told {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Told {
    /// The number of the order that was made.
    pub(crate) fn number(&self) -> &str {
        let mut words = self.stdout.split_whitespace();
        words.find(|word| word.starts_with("trigger-")).expect("an order")
    }
}

fn command(words: &[&str]) -> Command {
    let mut command = Command::new(PATH);
    command.args(words).env_remove("WXPAY_SANDBOX").env_remove("WXPAY_NOTIFY_URL");
    command
}

/// Runs a command to its end.
pub(crate) fn run(words: &[&str]) -> Told {
    ended(&mut command(words))
}

fn ended(command: &mut Command) -> Told {
    let output = command.output().unwrap();
    Told {
        code: output.status.code().expect("not killed"),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A command that goes on, killed when it is dropped.
pub(crate) struct Spawned {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Spawned {
    fn new(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout }
    }

    /// The next line that it prints.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line
    }

    /// Reads to the end; whether it ended well.
    pub(crate) fn ends(&mut self) -> bool {
        self.stdout.read_to_end(&mut Vec::new()).unwrap();
        self.child.wait().unwrap().success()
    }

    /// Ctrl-C; returns when it has ended, which must be in peace.
    pub(crate) fn interrupt(&mut self) {
        let number = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &number]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Spawned {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A running sandbox on free ports.
pub(crate) struct Sandbox {
    pub(crate) base: String,
    pub(crate) greeting: String,
    _running: Spawned,
}

const FREE_PORTS: [&str; 8] =
    ["--port", "0", "--wechat-port", "0", "--phone-port", "0", "--desktop-port", "0"];

impl Sandbox {
    pub(crate) fn start(flags: &[&str]) -> Self {
        let mut running = Spawned::new(command(&FREE_PORTS).arg("--json").args(flags));
        let greeting = running.line();
        let addresses: Value = serde_json::from_str(&greeting).unwrap();
        let base = addresses["gateway"].as_str().unwrap().to_owned();
        Self { base, greeting, _running: running }
    }

    /// Started as a person does, who reads what it says.
    pub(crate) fn start_plainly() -> Self {
        let mut running = Spawned::new(&mut command(&FREE_PORTS));
        let mut greeting = running.line();
        while !greeting.contains("Ctrl-C") {
            greeting.push_str(&running.line());
        }
        let base = greeting.lines().find_map(|line| line.trim().strip_prefix("WXPAY_BASE_URL="));
        Self { base: base.unwrap().to_owned(), greeting, _running: running }
    }

    /// Runs a command against it.
    pub(crate) fn run(&self, words: &[&str]) -> Told {
        ended(command(words).env("WXPAY_SANDBOX", &self.base))
    }

    /// Starts a command against it.
    pub(crate) fn spawn(&self, words: &[&str]) -> Spawned {
        Spawned::new(command(words).env("WXPAY_SANDBOX", &self.base))
    }

    /// Asks the control API.
    pub(crate) fn get(&self, path: &str) -> Value {
        let mut stream = TcpStream::connect(self.base.strip_prefix("http://").unwrap()).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\nhost: 127.0.0.1\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }
}

/// A request that a shop took. The connection's own lines are left out of its head.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) head: String,
    pub(crate) body: String,
}

/// A shop that says the same to every notification.
pub(crate) struct Shop {
    pub(crate) url: String,
    taken: Receiver<Taken>,
}

impl Shop {
    pub(crate) fn open(status: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/notify", listener.local_addr().unwrap());
        let (took, taken) = channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Some(request) = answer(stream.unwrap(), status) else { continue };
                if took.send(request).is_err() {
                    return;
                }
            }
        });
        Self { url, taken }
    }

    /// The next notification.
    pub(crate) fn taken(&self) -> Taken {
        self.taken.recv_timeout(PATIENCE).expect("a notification")
    }
}

fn answer(mut stream: TcpStream, status: u16) -> Option<Taken> {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut head, mut length) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        let name = line.split(':').next()?.to_ascii_lowercase();
        if name == "content-length" {
            length = line.split(':').nth(1)?.trim().parse().unwrap();
        } else if name != "host" {
            head.push(line);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    write!(stream, "HTTP/1.1 {status} -\r\nconnection: close\r\n\r\n").ok()?;
    // The order of headers means nothing.
    head.sort();
    Some(Taken { head: head.concat(), body: String::from_utf8(body).unwrap() })
}
