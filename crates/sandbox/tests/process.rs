//! The program as a process: killed and started again on its file, and started twice alike.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that panics is a test that fails"
)]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
};

use rusqlite::Connection;
use serde_json::{Value, json};
use wxpay_sandbox::Merchant;

const NO: &str = "TEA-0001";

/// A started sandbox, which dies with the test.
struct Sandbox {
    process: Child,
    /// Host and port of the gateway.
    at: String,
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Sandbox {
    fn command(flags: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wxpay-sandbox"));
        for port in ["--port", "--wechat-port", "--phone-port", "--desktop-port"] {
            command.args([port, "0"]);
        }
        command.args(flags).arg("--json");
        command
    }

    fn start(flags: &[&str]) -> Self {
        let mut process = Self::command(flags).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let addresses: Value = serde_json::from_str(&line).unwrap();
        let at = addresses["gateway"].as_str().unwrap().trim_start_matches("http://").to_owned();
        Self { process, at }
    }

    /// SIGKILL: nothing can be put in order before the end.
    fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    fn call(&self, method: &str, path: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.at).unwrap();
        let (at, length) = (&self.at, body.len());
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {at}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
        );
        stream.write_all((head + body).as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    fn ask(&self, path: &str) -> Value {
        serde_json::from_str(&self.call("GET", path, "")).unwrap()
    }

    fn tell(&self, path: &str, body: Value) -> Value {
        serde_json::from_str(&self.call("POST", path, &body.to_string())).unwrap()
    }

    fn merchant(&self) -> Merchant {
        serde_json::from_value(self.ask("/sandbox/env")).unwrap()
    }

    fn order(&self, out_trade_no: &str, notify_url: &str) -> String {
        let terms = [
            ("body", "tea"),
            ("out_trade_no", out_trade_no),
            ("total_fee", "990"),
            ("spbill_create_ip", "203.0.113.7"),
            ("notify_url", notify_url),
            ("trade_type", "NATIVE"),
            ("product_id", "tea"),
        ];
        self.call("POST", "/pay/unifiedorder", &self.merchant().v2_body("nonce", &terms))
    }
}

/// A shop that says how each notification is answered; `None` lets WeChat wait.
struct Shop {
    url: String,
    seen: mpsc::Receiver<()>,
    answers: mpsc::Sender<Option<&'static str>>,
}

impl Shop {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/notify", listener.local_addr().unwrap());
        let (saw, seen) = mpsc::channel();
        let (answers, answer) = mpsc::channel::<Option<&str>>();
        thread::spawn(move || {
            let mut held = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut start = [0; 16];
                stream.read_exact(&mut start).unwrap();
                saw.send(()).unwrap();
                let Ok(answer) = answer.recv() else { return };
                match answer {
                    Some(body) => {
                        let length = body.len();
                        let head = format!(
                            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
                        );
                        stream.write_all((head + body).as_bytes()).unwrap();
                        // Closing with something unread would take the answer back.
                        drop(stream.shutdown(std::net::Shutdown::Write));
                        drop(stream.read_to_end(&mut Vec::new()));
                    }
                    None => held.push(stream),
                }
            }
        });
        Self { url, seen, answers }
    }
}

/// A path for one test's file, which is removed before and after.
struct File(PathBuf);

impl File {
    fn new(name: &str) -> Self {
        let file = Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name));
        file.remove();
        file
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    fn remove(&self) {
        for tail in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{tail}", self.path()));
        }
    }
}

impl Drop for File {
    fn drop(&mut self) {
        self.remove();
    }
}

const OK: &str = "<xml><return_code>SUCCESS</return_code></xml>";

#[test]
fn after_a_kill_everything_goes_on_from_the_file() {
    let (shop, file) = (Shop::open(), File::new("restart.sqlite"));
    let first = ["--seed", "7", "--now", "2027-01-15T08:00:00+08:00", "--freeze"];
    let mut sandbox = Sandbox::start(&[&["--data", file.path()], first.as_slice()].concat());
    assert!(sandbox.order(NO, &shop.url).contains("code_url"));
    // The first try fails, and the second is on its way when the end comes.
    shop.answers.send(Some("busy")).unwrap();
    shop.answers.send(None).unwrap();
    sandbox.tell(&format!("/sandbox/orders/{NO}/pay"), json!({}));
    shop.seen.recv().unwrap();
    sandbox.tell("/sandbox/faults", json!({ "query": "systemerror" }));
    sandbox.tell("/sandbox/clients/phone", json!({ "ip": "198.51.100.1" }));
    sandbox.tell("/sandbox/v3/keys", json!({ "mode": "certificate" }));
    sandbox.tell("/sandbox/settings", json!({ "pay_dirs": ["http://localhost/pay/"] }));
    sandbox.tell("/sandbox/buyers", json!({ "openid": "oPoor", "balance": 5 }));
    let token = "/cgi-bin/token?grant_type=client_credential&appid=wx2421b1c4370ec43b&secret=sandbox_test_secret_0123456789ab";
    let token = sandbox.ask(token)["access_token"].as_str().unwrap().to_owned();
    let set_before = ["/sandbox/settings", "/sandbox/buyers"].map(|path| sandbox.ask(path));
    let at = sandbox.at.clone();
    let advance = thread::spawn(move || {
        let mut stream = TcpStream::connect(&at).unwrap();
        let body = r#"{"advance_seconds":15}"#;
        let length = body.len();
        let head = format!(
            "POST /sandbox/clock HTTP/1.1\r\nhost: {at}\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(head.as_bytes()).unwrap();
        drop(stream.read_to_end(&mut Vec::new()));
    });
    shop.seen.recv().unwrap();
    let before = [sandbox.ask("/sandbox/state"), sandbox.ask(&format!("/sandbox/orders/{NO}"))];
    sandbox.kill();
    advance.join().unwrap();

    let sandbox = Sandbox::start(&["--data", file.path(), "--seed", "7"]);
    let [state, order] =
        [sandbox.ask("/sandbox/state"), sandbox.ask(&format!("/sandbox/orders/{NO}"))];
    for field in ["now", "faults", "clients", "calls", "order_count"] {
        assert_eq!(state[field], before[0][field], "{field}");
    }
    assert_eq!(sandbox.ask("/sandbox/v3/keys")["mode"], "certificate");
    let again = ["/sandbox/settings", "/sandbox/buyers"].map(|path| sandbox.ask(path));
    assert_eq!(again, set_before);
    let ticket = format!("/cgi-bin/ticket/getticket?type=jsapi&access_token={token}");
    assert_eq!(sandbox.ask(&ticket)["errcode"], 0, "the token is still good");
    for field in ["prepay_id", "code_url", "transaction_id", "paid_at", "messages"] {
        assert_eq!(order[field], before[1][field], "{field}");
    }
    let tries: Vec<_> = order["notifications"].as_array().unwrap().iter().collect();
    assert_eq!(tries.len(), 3);
    assert_eq!(tries[1]["outcome"], "unknown: the sandbox ended");
    let now = state["now"].as_i64().unwrap();
    assert_eq!(tries[2]["due_at"], now + 15, "the ladder goes on");

    assert!(!sandbox.order("TEA-0002", &shop.url).contains(order["prepay_id"].as_str().unwrap()));
    let query = sandbox.merchant().v2_body("nonce", &[("out_trade_no", NO)]);
    assert!(sandbox.call("POST", "/pay/orderquery", &query).contains("SYSTEMERROR"));
    sandbox.tell("/sandbox/faults", json!({ "query": "normal" }));
    assert!(sandbox.call("POST", "/pay/orderquery", &query).contains("SUCCESS"));
    shop.answers.send(Some(OK)).unwrap();
    sandbox.tell("/sandbox/clock", json!({ "advance_seconds": 15 }));
    let order = sandbox.ask(&format!("/sandbox/orders/{NO}"));
    assert_eq!(order["notifications"][2]["outcome"], "acknowledged");
}

#[test]
fn a_file_that_is_not_for_this_sandbox_is_refused_in_clear_words() {
    let refusal = |file: &File| {
        let output = Sandbox::command(&["--data", file.path()]).output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let file = File::new("refused.sqlite");
    let sandbox = Sandbox::start(&["--data", file.path()]);
    assert!(refusal(&file).contains("locked"));
    drop(sandbox);
    Connection::open(&file.0).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(refusal(&file).contains("format 99"));
    let other = File::new("other.sqlite");
    Connection::open(&other.0).unwrap().execute_batch("CREATE TABLE cats (name)").unwrap();
    assert!(refusal(&other).contains("something else"));
}

#[test]
fn one_seed_and_one_frozen_time_give_the_same_bytes_twice() {
    let flags = ["--seed", "7", "--now", "2027-01-15T08:00:00+08:00", "--freeze"];
    let run = || {
        let sandbox = Sandbox::start(&flags);
        let ordered = sandbox.order(NO, "http://127.0.0.1:9/n");
        sandbox.tell(&format!("/sandbox/orders/{NO}/pay"), json!({ "openid": "oBuyer" }));
        let query = sandbox.merchant().v2_body("nonce", &[("out_trade_no", NO)]);
        let queried = sandbox.call("POST", "/pay/orderquery", &query);
        assert!(queried.contains("transaction_id"), "{queried}");
        (ordered, queried, sandbox.ask("/sandbox/state")["now"].clone())
    };
    assert_eq!(run(), run());
}
