//! The built program, as somebody at a terminal has it: every command once, and how it fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that panics is a test that fails"
)]

mod program;

use std::{fs, process::Command};

use program::{Sandbox, Shop, run};
use serde_json::Value;

const NOBODY: &str = "http://127.0.0.1:9";

#[test]
fn env_needs_nothing_that_runs_and_writes_the_files_that_sdks_read() {
    let directory = std::env::temp_dir().join(format!("wxpay-sandbox-{}", std::process::id()));
    let written = directory.to_str().unwrap();
    let told = run(&["env", "--format", "json", "--write", written]);
    let variables: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(variables["WXPAY_MCHID"], "1900000109");
    assert_eq!(variables["WXPAY_BASE_URL"], "http://127.0.0.1:8990");
    for (variable, label) in [
        ("WXPAY_MERCHANT_KEY", "PRIVATE KEY"),
        ("WXPAY_MERCHANT_CERT", "CERTIFICATE"),
        ("WXPAY_PUBLIC_KEY", "PUBLIC KEY"),
        ("WXPAY_PLATFORM_CERT", "CERTIFICATE"),
    ] {
        let file = variables[format!("{variable}_FILE")].as_str().unwrap();
        let pem = fs::read_to_string(file).unwrap();
        assert!(pem.starts_with(&format!("-----BEGIN {label}-----\n")), "{file}");
        let inside: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        assert_eq!(variables[variable], inside);
    }
    fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn a_shell_reads_what_env_prints() {
    let script = format!("eval \"$({} env)\"; printf %s \"$WXPAY_PUBLIC_KEYS\"", program::PATH);
    let shell = Command::new("sh").args(["-c", &script]).output().unwrap();
    let keys: Value = serde_json::from_slice(&shell.stdout).unwrap();
    let told = run(&["env", "--format", "dotenv"]).stdout;
    let id = told.lines().find_map(|line| line.strip_prefix("WXPAY_PUBLIC_KEY_ID=")).unwrap();
    assert!(keys[id].as_str().unwrap().starts_with("MIIBIjAN"));
    assert!(told.contains(&format!("WXPAY_PUBLIC_KEYS={keys}\n")));
}

#[test]
fn env_asks_a_running_sandbox_that_was_started_otherwise() {
    let sandbox = Sandbox::start(&["--mchid", "1900000200", "--v3-keys", "certificate"]);
    let told = sandbox.run(&["env", "--format", "dotenv"]).stdout;
    assert!(told.contains("WXPAY_MCHID=1900000200\n"), "{told}");
    assert!(told.contains(&format!("WXPAY_BASE_URL={}\n", sandbox.base)), "{told}");
    assert!(!told.contains("WXPAY_PUBLIC_KEY"), "{told}");
}

#[test]
fn a_start_says_where_to_go_and_who_trades() {
    let sandbox = Sandbox::start_plainly();
    assert!(sandbox.greeting.contains("WXPAY_APPID=wx2421b1c4370ec43b"), "{}", sandbox.greeting);
    assert!(sandbox.greeting.contains(&format!("打开 open      {}/", sandbox.base)));
    assert!(!sandbox.greeting.contains("WXPAY_MERCHANT_KEY="), "too long to read");
}

#[test]
fn trigger_buys_without_a_shop_and_takes_the_notification_itself() {
    let sandbox = Sandbox::start(&[]);
    for (api, call) in [("v3", "v3_order"), ("v2", "unifiedorder")] {
        let told = sandbox.run(&["trigger", "payment", "--api", api, "--amount", "990"]);
        assert_eq!(told.code, 0, "{}{}", told.stdout, told.stderr);
        assert!(told.stdout.starts_with("没有 --notify-url"), "{}", told.stdout);
        assert!(told.stdout.contains(call) && told.stdout.contains("notify_ack"));
        assert!(told.stdout.ends_with("notification: acknowledged\n"), "{}", told.stdout);
    }
}

#[test]
fn trigger_refunds_what_it_bought_and_pays_what_others_ordered() {
    let sandbox = Sandbox::start(&[]);
    for api in ["v3", "v2"] {
        let told = sandbox.run(&["trigger", "refund", "--api", api]);
        assert_eq!(told.code, 0, "{}{}", told.stdout, told.stderr);
        assert!(told.stdout.contains("refund_notify"), "{}", told.stdout);
        assert!(told.stdout.ends_with("notification: acknowledged\n"), "{}", told.stdout);
    }
    let shop = Shop::open(204);
    let waiting = ["trigger", "payment", "--fault", "notify=late", "--notify-url", &shop.url];
    let told = sandbox.run(&waiting);
    assert!(told.stdout.contains("planned for"), "{}", told.stdout);
    let number = told.number();
    let told = sandbox.run(&["trigger", "payment", "--out-trade-no", number]);
    assert_eq!(told.code, 0, "{}{}", told.stdout, told.stderr);
    assert!(shop.taken().body.contains("TRANSACTION.SUCCESS"), "the order's own address");
    assert!(!told.stdout.contains("v3_order"), "only what is new: {}", told.stdout);
}

#[test]
fn what_a_shop_says_to_a_forgery_is_told_and_to_an_honest_notification_is_judged() {
    let sandbox = Sandbox::start(&[]);
    let shop = Shop::open(401);
    let refused = |event| sandbox.run(&["trigger", event, "--notify-url", &shop.url]);
    let forged = refused("forged");
    assert_eq!(forged.code, 0, "{}", forged.stderr);
    assert!(forged.stdout.contains("notification: status 401"), "{}", forged.stdout);
    let wrong_amount = refused("wrong-amount");
    assert!(wrong_amount.stdout.contains(r#""total":2"#), "one fen too much");
    let honest = refused("payment");
    assert_eq!(honest.code, 1);
    assert_eq!(
        honest.stderr,
        "wxpay-sandbox: the shop did not take the notification: status 401\n"
    );
}

#[test]
fn trigger_says_what_is_wrong() {
    let sandbox = Sandbox::start(&[]);
    for (words, complaint) in [
        (vec!["trigger", "nonsense"], "no event `nonsense`"),
        (vec!["trigger", "unsigned", "--api", "v2"], "only notifications of API V3"),
        (vec!["trigger", "payment", "--out-trade-no", "NO-SUCH-ONE"], "no order `NO-SUCH-ONE`"),
        (vec!["trigger", "forged", "--out-trade-no", "ANY-00001"], "leave out --out-trade-no"),
        (vec!["trigger", "payment", "--fault", "order=systemerror"], "SYSTEM_ERROR"),
        (vec!["trigger", "payment", "--notify-url", NOBODY], "unreachable"),
        (vec!["trigger", "payment", "--sandbox", NOBODY], "start one with `wxpay-sandbox`"),
    ] {
        let told = sandbox.run(&words);
        assert_eq!(told.code, 1, "{words:?}: {}", told.stdout);
        assert!(told.stderr.contains(complaint), "{words:?}: {}", told.stderr);
    }
    assert_eq!(sandbox.run(&["trigger"]).code, 2, "a wrong command line");
    assert!(run(&["trigger", "--help"]).stdout.contains("other-merchant"));
}

#[test]
fn listen_brings_what_is_addressed_to_the_world_to_this_machine_byte_by_byte() {
    let sandbox = Sandbox::start(&[]);
    let shop = Shop::open(204);
    let mut listening = sandbox.spawn(&["listen", "--forward-to", &shop.url]);
    assert!(listening.line().contains(&shop.url));
    let public = "https://shop.example/notify";
    let buy = ["trigger", "payment", "--notify-url", public];
    let told = sandbox.run(&buy);
    assert_eq!(told.code, 0, "{}{}", told.stdout, told.stderr);
    let taken = shop.taken();
    assert!(told.stdout.contains(&taken.body), "{}", told.stdout);
    assert!(taken.head.contains("wechatpay-signature: "), "{}", taken.head);
    assert!(!taken.head.contains("x-sandbox"), "{}", taken.head);
    let line = listening.line();
    assert!(
        line.contains(told.number()) && line.contains(public) && line.contains("204"),
        "{line}"
    );
    assert!(sandbox.get("/sandbox/state")["forward"].is_string());
    listening.interrupt();
    assert!(sandbox.get("/sandbox/state")["forward"].is_null());
    assert!(sandbox.run(&buy).stderr.contains("to this machine only"), "no longer forwarded");
}

#[test]
fn listen_leaves_alone_what_it_was_not_asked_for() {
    let sandbox = Sandbox::start(&[]);
    let (own, other) = (Shop::open(204), Shop::open(204));
    let mut listening =
        sandbox.spawn(&["listen", "--forward-to", &other.url, "--events", "refund"]);
    listening.line();
    let told = sandbox.run(&["trigger", "refund", "--notify-url", &own.url]);
    assert_eq!(told.code, 0, "{}{}", told.stdout, told.stderr);
    assert!(own.taken().body.contains("TRANSACTION.SUCCESS"));
    assert!(other.taken().body.contains("REFUND.SUCCESS"));
    assert_eq!(run(&["listen", "--forward-to", "https://shop.example/"]).code, 2, "no TLS here");
    assert_eq!(run(&["listen", "--forward-to", NOBODY, "--sandbox", NOBODY]).code, 1);
}

#[test]
fn replay_sends_the_same_bytes_from_the_sandbox_or_from_a_file() {
    let sandbox = Sandbox::start(&[]);
    let shop = Shop::open(204);
    let told = sandbox.run(&["trigger", "payment", "--notify-url", &shop.url]);
    let number = told.number();
    let first = shop.taken();
    assert_eq!(sandbox.run(&["replay", number]).code, 0);
    assert_eq!(shop.taken(), first);

    let order = sandbox.get(&format!("/sandbox/orders/{number}"));
    let messages = order["messages"].as_array().unwrap();
    let lines: String = messages.iter().map(|message| format!("{message}\n")).collect();
    let file = std::env::temp_dir().join(format!("wxpay-sandbox-{}.ndjson", std::process::id()));
    fs::write(&file, lines).unwrap();
    let file = file.to_str().unwrap();
    let other = Shop::open(500);
    let told = run(&["replay", file, "--to", &other.url]);
    assert_eq!(told.code, 0, "{}", told.stderr);
    assert!(told.stdout.contains(" 500 "), "{}", told.stdout);
    assert_eq!(other.taken().body, first.body);

    let told = run(&["replay", file, "--to", NOBODY]);
    assert!(told.code == 1 && told.stderr.contains("1 of the notifications did not arrive"));
    fs::write(file, "{}").unwrap();
    assert!(run(&["replay", file]).stderr.contains("is no recording"));
    fs::remove_file(file).unwrap();
    assert!(sandbox.run(&["replay", "NO-SUCH-ONE"]).stderr.contains("no order `NO-SUCH-ONE`"));
}

#[test]
fn a_shell_can_complete_every_command() {
    let script = run(&["completion", "bash"]).stdout;
    for command in ["env", "trigger", "listen", "tail", "replay", "conform"] {
        assert!(script.contains(&format!("wxpay__sandbox,{command})")), "{command}");
    }
}

#[test]
fn tail_shows_what_goes_by_and_what_it_wrote_is_replayed() {
    let sandbox = Sandbox::start(&[]);
    let other = sandbox.run(&["trigger", "payment"]);
    let shop = Shop::open(204);
    let told = sandbox.run(&["trigger", "payment", "--notify-url", &shop.url]);
    let number = told.number();
    let first = shop.taken();

    // All of the past, of one order: order call, answer, notification, ack.
    let mut tail = sandbox.spawn(&["tail", "--json", "--after", "0", "--order", number]);
    let recording: String = (0..4).map(|_| tail.line()).collect();
    assert!(!recording.contains(other.number()), "{recording}");
    let file = std::env::temp_dir().join(format!("wxpay-sandbox-tail-{}", std::process::id()));
    fs::write(&file, recording).unwrap();
    assert_eq!(run(&["replay", file.to_str().unwrap()]).code, 0);
    assert_eq!(shop.taken(), first);
    fs::remove_file(&file).unwrap();

    // And what is still to come, for people.
    assert_eq!(sandbox.run(&["trigger", "payment", "--out-trade-no", number]).code, 0);
    assert!(tail.line().contains(r#""what":"notify""#));
    tail.interrupt();
    let mut tail = sandbox.spawn(&["tail", "--after", "0"]);
    assert!(tail.line().contains("商户→微信  v3_order  trigger-"));
    drop(sandbox);
    assert!(!tail.ends(), "the sandbox has ended");
    assert_eq!(run(&["tail", "--sandbox", NOBODY]).code, 1);
}
