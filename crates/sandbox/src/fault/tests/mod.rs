//! Every fault does what it says, in both APIs, however it was asked for.

mod effects;
mod names;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use effects::EFFECTS;

use super::{Fault, FaultChanges, Faults, HEADER};
use crate::{
    account::Account,
    client::ClientKind,
    ledger::Api,
    message::{Request, Response},
    notify::Delivery,
    shop::{NO, NOW, Shop, with},
    sign::{self, SignType},
    v3::{KeyMode, shop::Headed},
    xml::{self, Fields},
};

/// How a fault is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Switch,
    Header,
    Amount,
}

/// One shop under one fault.
struct Trial {
    shop: Shop,
    api: Api,
    way: Way,
    name: String,
    /// The amount of its orders, in fen.
    total_fee: u64,
}

impl Trial {
    fn new(api: Api, way: Way, fault: &Fault) -> Self {
        let account =
            Account { sign_type: None, v3_keys: KeyMode::Certificate, ..Account::default() };
        let mut shop = Shop::open_with(account);
        shop.sign_type = SignType::HmacSha256;
        let asked = FaultChanges::read(&fault.name).unwrap();
        if way == Way::Switch {
            shop.gateway.set_faults(asked.apply(Faults::default()));
        }
        let amount = fault.amount.filter(|_| way == Way::Amount);
        Self { shop, api, way, name: fault.name.clone(), total_fee: amount.unwrap_or(990) }
    }

    /// Sends a call that asks for the fault if the header is how.
    fn ask(&mut self, request: Request) -> Option<Response> {
        let request = match self.way {
            Way::Header => request.with_header(HEADER, &self.name),
            Way::Switch | Way::Amount => request,
        };
        self.shop.gateway.handle(self.shop.now, &request)
    }

    fn v2(&self, path: &str, fields: &Fields) -> Request {
        Request::post(path, self.shop.signed(fields))
    }

    fn v3(&self, request: Request) -> Request {
        self.shop.v3_request(&self.shop.v3_signing(), request)
    }

    /// A call that asks for nothing.
    fn call(&mut self, v2: (&str, &Fields), v3: Request) -> Option<Response> {
        let request = match self.api {
            Api::V2 => self.v2(v2.0, v2.1),
            Api::V3 => self.v3(v3),
        };
        self.shop.gateway.handle(self.shop.now, &request)
    }

    fn order(&mut self) -> Option<Response> {
        let request = match self.api {
            Api::V2 => {
                let fee = self.total_fee.to_string();
                self.v2("/pay/unifiedorder", &with(&Shop::terms("JSAPI"), "total_fee", &fee))
            }
            Api::V3 => {
                let mut terms = self.shop.v3_terms("jsapi");
                terms["amount"]["total"] = self.total_fee.into();
                self.v3(Request::post("/v3/pay/transactions/jsapi", terms.to_string()))
            }
        };
        self.ask(request)
    }

    fn query(&mut self) -> Option<Response> {
        let url = format!("/v3/pay/transactions/out-trade-no/{NO}?mchid=1900000109");
        let fields = Fields::from([("out_trade_no", NO)]);
        self.call(("/pay/orderquery", &fields), Request::get(&url))
    }

    fn refund(&mut self, number: &str) -> Option<Response> {
        let fields = with(&Shop::refund_terms(number, 1), "total_fee", &self.total_fee.to_string());
        let terms = json!({
            "out_trade_no": NO, "out_refund_no": number,
            "notify_url": "http://127.0.0.1:8787/notify/v3",
            "amount": { "refund": 1, "total": self.total_fee, "currency": "CNY" },
        });
        let v3 = Request::post("/v3/refund/domestic/refunds", terms.to_string());
        self.call(("/secapi/pay/refund", &fields), v3)
    }

    fn accept_refund(&mut self) {
        let said = said(self.refund("R1"));
        assert!(matches!(said.as_str(), "ok" | "PROCESSING"), "{said}");
    }

    fn query_refund(&mut self) -> Option<Response> {
        let fields = Fields::from([("out_refund_no", "R1")]);
        let v3 = Request::get("/v3/refund/domestic/refunds/R1");
        self.call(("/pay/refundquery", &fields), v3)
    }

    /// What is seen of the fault.
    fn effect(&mut self, key: &str) -> String {
        match key {
            "notify" | "v3_notify" => self.of_notifications(),
            "order" => {
                let said = said(self.order());
                let made = self.shop.gateway.ledger().orders().count();
                format!("{said}, {made} made")
            }
            "query" => self.of_queries(),
            "close" => self.of_closing(),
            "refund" => self.of_refunds(),
            "refund_end" => {
                assert_eq!(said(self.order()), "ok");
                self.shop.pay();
                self.accept_refund();
                self.shop.now = NOW + 60;
                said(self.query_refund())
            }
            "bill" => self.of_bills(),
            "bridge" => self.of_the_bridge(),
            "wire" => format!("{:?}", self.order().unwrap().wire),
            "v2_status" | "v3_status" => said(self.order()),
            "v3_answer" => self.of_answers(),
            _ => panic!("no trial of key {key}"),
        }
    }

    fn of_queries(&mut self) -> String {
        assert_eq!(said(self.order()), "ok");
        let reply = self.query();
        self.shop.pay();
        self.accept_refund();
        let of_refund = self.query_refund();
        let told = match &reply {
            Some(reply) if reply.text().contains("total") => " in full",
            Some(reply) if reply.status == 200 => " in short",
            _ => "",
        };
        format!("{}{told}; of a refund {}", said(reply), said(of_refund))
    }

    fn of_closing(&mut self) -> String {
        assert_eq!(said(self.order()), "ok");
        let url = format!("/v3/pay/transactions/out-trade-no/{NO}/close");
        let v3 = Request::post(&url, r#"{"mchid":"1900000109"}"#);
        let reply = self.call(("/pay/closeorder", &Fields::from([("out_trade_no", NO)])), v3);
        let order = self.shop.gateway.ledger().order(NO).unwrap();
        let state = if order.closed_at.is_some() { "closed" } else { "open" };
        format!("{}, {state}", said(reply))
    }

    fn of_refunds(&mut self) -> String {
        assert_eq!(said(self.order()), "ok");
        self.shop.pay();
        let (first, second) = (said(self.refund("R1")), said(self.refund("R2")));
        let made = self.shop.gateway.ledger().refunds().count();
        if first == second {
            format!("{first}, {made} of 2 made")
        } else {
            format!("{first}, then {second}, {made} of 2 made")
        }
    }

    fn of_the_bridge(&mut self) -> String {
        let reply = self.order().unwrap().text();
        let prepay_id = match self.api {
            Api::V2 => xml::decode(&reply).unwrap().get("prepay_id").unwrap().to_owned(),
            Api::V3 => json_of(&reply)["prepay_id"].as_str().unwrap().to_owned(),
        };
        let params = json!({ "package": format!("prepay_id={prepay_id}") });
        let asked = json!({ "params": params, "url": "http://localhost:8991/pay" });
        let request = Request::post("/sandbox/bridge", asked.to_string());
        let request = request.through(ClientKind::Wechat);
        let answer = self.shop.gateway.handle(NOW, &request).unwrap();
        let answer = json_of(&answer.text());
        let words = ["err_msg", "err_code", "err_desc"].map(|name| answer[name].as_str());
        words.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    fn of_answers(&mut self) -> String {
        let request = self.v3(Request::get("/v3/certificates"));
        let reply = self.ask(request).unwrap();
        let sealed = &json_of(&reply.text())["data"][0]["encrypt_certificate"];
        let opened = self.shop.v3_opened(sealed).is_some();
        format!("{}{}", self.signature(&reply), if opened { "" } else { ", not for us" })
    }

    /// Whose signature of V3's it is, and how it is said to be.
    fn signature(&self, message: &impl Headed) -> String {
        let Some(timestamp) = message.named("wechatpay-timestamp") else {
            return "unsigned".to_owned();
        };
        let mut words = vec![self.shop.v3_signer(message)];
        let age = self.shop.now - timestamp.parse::<i64>().unwrap();
        if age != 0 {
            words.push(format!("{age} s old"));
        }
        let algorithm = message.named("wechatpay-signature-type").unwrap();
        if algorithm != "WECHATPAY2-SHA256-RSA2048" {
            words.push(algorithm.to_owned());
        }
        words.join(", ")
    }

    /// How many notifications of a payment leave first, when, and what the merchant makes of them.
    fn of_notifications(&mut self) -> String {
        assert_eq!(said(self.order()), "ok");
        self.shop.pay();
        let due = self.shop.gateway.next_due().unwrap();
        self.shop.now = due;
        let sent = self.shop.gateway.due(due);
        let looks: BTreeSet<String> = sent.iter().map(|delivery| self.look(delivery)).collect();
        let looks: Vec<String> = looks.into_iter().collect();
        let bodies: BTreeSet<(String, &str)> = sent
            .iter()
            .map(|Delivery { headers, body, .. }| (format!("{headers:?}"), body.as_str()))
            .collect();
        let wait = if due > NOW { format!(" after {} s", due - NOW) } else { String::new() };
        format!("{} sent, {} different{wait}: {}", sent.len(), bodies.len(), looks.join("; "))
    }

    fn look(&self, delivery: &Delivery) -> String {
        let account = self.shop.gateway.account();
        let (verdict, mchid, total, ended) = match self.api {
            Api::V2 => {
                let fields = xml::decode(&delivery.body).unwrap();
                let get = |name| fields.get(name).unwrap().to_owned();
                let key = &account.v2_key;
                let right = sign::verify(&fields, self.shop.sign_type, key, &get("sign"));
                let verdict = if right { "right" } else { "wrong" }.to_owned();
                let ended = get("time_end");
                (verdict, get("mch_id"), get("total_fee").parse::<u64>().unwrap(), ended)
            }
            Api::V3 => {
                let verdict = self.signature(delivery);
                let resource = &json_of(&delivery.body)["resource"];
                let Some(plain) = self.shop.v3_opened(resource) else {
                    return format!("{verdict}, not for us");
                };
                let plain = json_of(&String::from_utf8(plain).unwrap());
                let text = |name: &str| plain[name].as_str().unwrap().to_owned();
                let total = plain["amount"]["total"].as_u64().unwrap();
                (verdict, text("mchid"), total, text("success_time"))
            }
        };
        let mut words = vec![verdict];
        if mchid != account.mch_id {
            words.push("to another".to_owned());
        }
        if total != self.total_fee {
            words.push(format!("{} fen too much", total - self.total_fee));
        }
        if !ended.contains("15T16") && !ended.contains("2027011516") {
            words.push(format!("paid at {ended}"));
        }
        words.join(", ")
    }

    /// Rows of the bill on the morning after, and the last one's amount and state.
    fn of_bills(&mut self) -> String {
        assert_eq!(said(self.order()), "ok");
        self.shop.pay();
        self.accept_refund();
        self.shop.now = NOW + 18 * 60 * 60;
        let text = match self.api {
            Api::V2 => {
                let fields = Fields::from([("bill_date", "20270115")]);
                let request = self.v2("/pay/downloadbill", &fields);
                self.ask(request).unwrap()
            }
            Api::V3 => {
                let request = self.v3(Request::get("/v3/bill/tradebill?bill_date=2027-01-15"));
                let told = self.ask(request).unwrap();
                let Some(url) = json_of(&told.text())["download_url"].as_str().map(str::to_owned)
                else {
                    return said(Some(told));
                };
                let path = url.strip_prefix("http://127.0.0.1:8990").unwrap();
                let request = self.v3(Request::get(path));
                let file = self.ask(request).unwrap();
                if file.status == 200 {
                    let hash = json_of(&told.text())["hash_value"].as_str().unwrap().to_owned();
                    assert_eq!(hash == sha1(&file.body), self.name != "bill=wrong_hash");
                }
                file
            }
        };
        match text.text().split("\r\n").collect::<Vec<_>>().as_slice() {
            [_, rows @ .., _, _, ""] => {
                let cells: Vec<&str> = rows.last().unwrap().split(",`").collect();
                format!("{} rows, last {} {} {}", rows.len(), cells[6], cells[16], cells[19])
            }
            _ => said(Some(text)),
        }
    }
}

fn sha1(bytes: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, bytes);
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// An answer in a word: how it refuses, what state it tells, or `ok`.
fn said(reply: Option<Response>) -> String {
    let Some(reply) = reply else { return "silence".to_owned() };
    let text = reply.text();
    if let Ok(body) = serde_json::from_str::<Value>(&text) {
        let word = |name| body[name].as_str();
        return match (word("code"), word("trade_state").or(word("status"))) {
            (Some(code), _) => format!("{} {code}", reply.status),
            (None, Some(state)) => state.to_owned(),
            (None, None) => "ok".to_owned(),
        };
    }
    let Some(fields) = xml::decode(&text).ok().filter(|_| reply.status == 200) else {
        return if reply.status == 204 {
            "ok".to_owned()
        } else {
            format!("{} page", reply.status)
        };
    };
    let get = |name| fields.get(name).map(str::to_owned);
    let refused = || match (get("err_code")?.as_str(), get("err_code_des")?) {
        ("INVALID_REQUEST", text) => Some(text),
        (code, _) => Some(code.to_owned()),
    };
    let failed = get("return_msg").filter(|text| text != "OK");
    let state = || get("trade_state").or(get("refund_status_0"));
    failed.or_else(refused).or_else(state).unwrap_or_else(|| "ok".to_owned())
}

#[test]
fn every_fault_does_what_it_says_however_it_is_asked_for() {
    let mut wrong = Vec::new();
    let mut expected = EFFECTS.iter();
    // Codes are caused one by one in `error_code/tests`.
    for fault in Fault::all().into_iter().filter(|fault| fault.key != "error") {
        let (name, v2, v3) = expected.next().copied().unwrap_or(("", "", ""));
        for (api, effect) in [(Api::V2, v2), (Api::V3, v3)] {
            let by_amount = fault.amount.map(|_| Way::Amount);
            for way in [Way::Switch, Way::Header].into_iter().chain(by_amount) {
                let seen = Trial::new(api, way, &fault).effect(fault.key);
                if name != fault.name || seen != effect {
                    wrong.push(format!("{} {api:?} {way:?}: {seen}", fault.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert_eq!(expected.next(), None, "no effect without a fault");
}

/// What a shop is told until a second has passed after `now`, in order.
fn told_by(shop: &mut Shop, now: i64) -> Vec<(String, Option<String>)> {
    let mut told = Vec::new();
    for moment in [now, now + 1] {
        for Delivery { id, out_trade_no, out_refund_no, .. } in shop.gateway.due(moment) {
            shop.gateway.answered(moment, id, &Shop::ack());
            told.push((out_trade_no, out_refund_no));
        }
    }
    told
}

#[test]
fn of_two_payments_the_later_one_is_told_first() {
    let mut shop = Shop::open();
    let faults = FaultChanges::read("notify=reordered").unwrap().apply(Faults::default());
    shop.gateway.set_faults(faults);
    shop.order("JSAPI");
    shop.call("/pay/unifiedorder", &with(&Shop::terms("JSAPI"), "out_trade_no", "ORDER-000002"));
    shop.pay();
    assert_eq!(told_by(&mut shop, NOW), []);
    shop.gateway.pay(NOW + 30, "ORDER-000002", "o").unwrap();
    let payment = |number: &str| (number.to_owned(), None);
    assert_eq!(told_by(&mut shop, NOW + 30), [payment("ORDER-000002"), payment(NO)]);
    assert_eq!(shop.gateway.next_due(), None);
}

#[test]
fn a_refund_is_told_before_its_payment() {
    let mut shop = Shop::open();
    let asked = Request::post("/pay/unifiedorder", shop.signed(&Shop::terms("JSAPI")));
    shop.gateway.handle(NOW, &asked.with_header(HEADER, "notify=reordered")).unwrap();
    shop.pay();
    shop.refund("R1", 400);
    let of_refund = (NO.to_owned(), Some("R1".to_owned()));
    assert_eq!(told_by(&mut shop, NOW + 60), [of_refund, (NO.to_owned(), None)]);
}

#[test]
fn what_one_call_asks_for_does_not_move_what_other_orders_wait_for() {
    let mut shop = Shop::open();
    let asked = Request::post("/pay/unifiedorder", shop.signed(&Shop::terms("JSAPI")));
    shop.gateway.handle(NOW, &asked.with_header(HEADER, "notify=late")).unwrap();
    shop.pay();
    let other = with(&Shop::terms("JSAPI"), "out_trade_no", "ORDER-000002");
    shop.call("/pay/unifiedorder", &other);
    shop.gateway.pay(NOW, "ORDER-000002", "o").unwrap();
    let refund = with(&Shop::refund_terms("R2", 400), "out_trade_no", "ORDER-000002");
    let refund = with(&refund, "notify_url", "http://127.0.0.1:8787/notify");
    let asked = Request::post("/secapi/pay/refund", shop.signed(&refund));
    shop.gateway.handle(NOW, &asked.with_header(HEADER, "notify=reordered")).unwrap();
    let late = shop.gateway.ledger().order(NO).unwrap().next_due();
    assert_eq!(late, Some(NOW + 900), "it waits for its own time");
}

#[test]
fn what_waits_for_a_later_event_waits_a_quarter_of_an_hour_at_most() {
    let mut shop = Shop::open();
    shop.order("JSAPI");
    let faults = FaultChanges::read("notify=reordered").unwrap().apply(Faults::default());
    shop.gateway.set_faults(faults);
    shop.pay();
    assert_eq!(shop.gateway.next_due(), Some(NOW + 900));
}

#[test]
fn the_header_goes_before_what_the_order_keeps_and_that_before_what_is_switched_on() {
    let mut shop = Shop::open();
    let switched = FaultChanges::read("query=payerror").unwrap().apply(Faults::default());
    shop.gateway.set_faults(switched);
    let asked = Request::post("/pay/unifiedorder", shop.signed(&Shop::terms("JSAPI")));
    shop.gateway.handle(NOW, &asked.with_header(HEADER, "query=userpaying")).unwrap();
    assert_eq!(shop.query().get("trade_state"), Some("USERPAYING"));
    let report = shop.gateway.order_report(NOW, NO).unwrap();
    assert_eq!(Ok(report.faults), FaultChanges::read("query=userpaying"), "it is told");
    let asked = shop.signed(&Fields::from([("out_trade_no", NO)]));
    let asked = Request::post("/pay/orderquery", asked).with_header(HEADER, "query=normal");
    let reply = shop.gateway.handle(NOW, &asked).unwrap();
    assert!(reply.text().contains("NOTPAY"), "{}", reply.text());
    assert_eq!(shop.query().get("trade_state"), Some("USERPAYING"), "for that call only");
}

#[test]
fn an_order_that_an_amount_has_spoilt_is_healed_by_its_repeat() {
    let mut shop = Shop::open();
    let timeout = Fault::all().into_iter().find(|fault| fault.name == "order=timeout").unwrap();
    let fee = timeout.amount.unwrap().to_string();
    let terms = with(&Shop::terms("JSAPI"), "total_fee", &fee);
    assert_eq!(shop.send("/pay/unifiedorder", &terms), None);
    assert_eq!(shop.call("/pay/unifiedorder", &terms).get("result_code"), Some("SUCCESS"));
}
