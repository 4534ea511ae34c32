//! 下载交易账单 `POST /pay/downloadbill` and 下载资金账单 `POST /pay/downloadfundflow`: the two calls
//! that are answered with a table, not with XML.
//!
//! Source: pay.weixin.qq.com V2 下载交易账单, 下载资金账单.

use super::{Call, Refusal, Reply, open, refuse_by_name, seal};
use crate::{
    bill::{self, BillKind, Day, NoBill},
    fund_flow,
    gateway::Gateway,
    message::Request,
    sign::SignType,
    time::UnixSeconds,
    xml::{self, Fields},
};

/// `POST /pay/downloadbill`.
pub(super) fn bill(gateway: &mut Gateway, now: UnixSeconds, request: &Request) -> Reply {
    let agreed = gateway.account.sign_type;
    let (text, note) = match open(gateway, now, request, agreed) {
        Ok(call) => match bill_text(gateway, now, &call) {
            Ok(text) => return table(text, &call),
            Err(text) => (text, None),
        },
        Err((refusal, note)) => (as_bill_refusal(refusal), note),
    };
    Reply { text: bill_failure(&text), packed: false, note }
}

/// The table, or the `return_msg`.
fn bill_text(gateway: &Gateway, now: UnixSeconds, call: &Call) -> Result<String, String> {
    let day = call.fields.get("bill_date").ok_or("missing parameter")?;
    let day = Day::read(day).ok_or("data format error")?;
    let kind = match call.fields.get("bill_type") {
        None | Some("ALL") => BillKind::All,
        Some("SUCCESS") => BillKind::Success,
        Some("REFUND") => BillKind::Refund,
        // The sandbox has no vouchers that could be refunded.
        Some("RECHARGE_REFUND") => return Err(NO_BILL.to_owned()),
        Some(_) => return Err("invalid bill_type".to_owned()),
    };
    check_tar_type(call).map_err(str::to_owned)?;
    bill::text(gateway, now, day, kind).map_err(|reason| match reason {
        NoBill::NotThere => NO_BILL.to_owned(),
        NoBill::Creating => "Bill Creating".to_owned(),
    })
}

/// Source: seen on the wire; the documentation prints `NO Bill Exist`.
const NO_BILL: &str = "No Bill Exist";

/// UNCONFIRMED: the wording.
fn check_tar_type(call: &Call) -> Result<(), &'static str> {
    match call.fields.get("tar_type") {
        None | Some("GZIP") => Ok(()),
        Some(_) => Err("invalid tar_type"),
    }
}

/// Source: the table of errors of 下载交易账单 has English words of its own.
fn as_bill_refusal(refusal: Refusal) -> String {
    match refusal {
        Refusal::Communication(text) if text == "签名错误" => "SIGN ERROR".to_owned(),
        Refusal::Communication(text) | Refusal::Business(_, text) => text,
        Refusal::Silence => String::new(),
    }
}

/// UNCONFIRMED: the number of everything but a bill that does not exist; only that one was found.
fn bill_failure(text: &str) -> String {
    let mut fields = Fields::from([("return_code", "FAIL"), ("return_msg", text)]);
    let number = if text == NO_BILL { "20002" } else { "20001" };
    fields.push("error_code", number);
    xml::encode(&fields)
}

/// `POST /pay/downloadfundflow`.
pub(super) fn fund_flow(gateway: &mut Gateway, now: UnixSeconds, request: &Request) -> Reply {
    // Source: 下载资金账单, `sign_type`: only HMAC-SHA256 is taken, whatever else was agreed.
    let (call, refusal, note) = match open(gateway, now, request, Some(SignType::HmacSha256)) {
        Ok(call) => {
            match refuse_by_name(gateway).and_then(|()| fund_flow_text(gateway, now, &call)) {
                Ok(text) => return table(text, &call),
                Err(refusal) => (Some(call), refusal, None),
            }
        }
        Err((refusal, note)) => (None, refusal, note),
    };
    let text = seal(gateway, call.as_ref(), Err(refusal)).unwrap_or_default();
    Reply { text, packed: false, note }
}

fn fund_flow_text(gateway: &Gateway, now: UnixSeconds, call: &Call) -> Result<String, Refusal> {
    let param_error = |text: &str| Refusal::business("PARAM_ERROR", text);
    let day = call.fields.get("bill_date").and_then(Day::read);
    let day = day.ok_or_else(|| param_error("invalid bill_date"))?;
    check_tar_type(call).map_err(param_error)?;
    let no_bill = || Refusal::business("NO_BILL_EXIST", "账单不存在");
    match call.fields.get("account_type") {
        Some("Basic") => {}
        // In the sandbox nothing ever moves through the two other accounts.
        Some("Operation" | "Fees") => return Err(no_bill()),
        _ => return Err(param_error("invalid account_type")),
    }
    fund_flow::text(gateway, now, day).map_err(|reason| match reason {
        NoBill::NotThere => no_bill(),
        NoBill::Creating => Refusal::business("BILL_CREATING", "账单生成中"),
    })
}

fn table(text: String, call: &Call) -> Reply {
    Reply { text, packed: call.fields.get("tar_type").is_some(), note: None }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;
    use crate::{
        account::Account,
        fault::{BillFault, Faults},
        refund::RefundStatus,
        shop::{NO, NOW, Shop, refusal, with},
    };

    /// 00:00 in Beijing of the day that begins eight hours after [`NOW`], and its next noon.
    const MIDNIGHT: i64 = NOW + 8 * 60 * 60;
    const TEN: i64 = MIDNIGHT + 10 * 60 * 60;

    /// A shop that on 2027-01-15 took 9.90 and gave 4.00 back, on the morning after.
    fn morning_after() -> Shop {
        let mut shop = Shop::open_with(Account { sign_type: None, ..Account::default() });
        shop.sign_type = SignType::HmacSha256;
        let terms = with(&Shop::terms("JSAPI"), "attach", "a,b\n`c");
        shop.call("/pay/unifiedorder", &terms);
        shop.pay();
        shop.now = NOW + 3600;
        shop.refund("R1", 400);
        shop.now = TEN;
        shop
    }

    fn asked(bill_type: &str) -> Fields {
        Fields::from([("bill_date", "20270115"), ("bill_type", bill_type)])
    }

    fn bill_lines(shop: &mut Shop, bill_type: &str) -> Vec<String> {
        let reply = shop.send("/pay/downloadbill", &asked(bill_type)).unwrap();
        reply.text().split_terminator("\r\n").map(str::to_owned).collect()
    }

    /// The cells of a line without their back-quotes.
    fn cells(line: &str) -> Vec<&str> {
        line.strip_prefix('`').unwrap().split(",`").collect()
    }

    fn said(shop: &mut Shop, fields: &Fields) -> Fields {
        let reply = shop.send("/pay/downloadbill", fields).unwrap();
        xml::decode(&reply.text()).unwrap()
    }

    #[test]
    fn a_bill_of_everything_has_a_row_for_the_payment_and_one_for_the_refund() {
        let mut shop = morning_after();
        let lines = bill_lines(&mut shop, "ALL");
        let names: Vec<&str> = lines[0].split(',').collect();
        assert_eq!((lines.len(), names.len()), (5, 27));
        let of = |line: usize, name: &str| {
            let place = names.iter().position(|known| *known == name).unwrap();
            cells(&lines[line])[place].to_owned()
        };
        for (name, payment, refund) in [
            ("交易时间", "2027-01-15 16:00:00", "2027-01-15 17:00:00"),
            ("特约商户号", "0", "0"),
            ("商户订单号", NO, NO),
            ("交易状态", "SUCCESS", "REFUND"),
            ("应结订单金额", "9.90", "0.00"),
            ("商户退款单号", "0", "R1"),
            ("退款金额", "0.00", "4.00"),
            ("退款状态", "", "SUCCESS"),
            ("商户数据包", "a,b `c", "a,b `c"),
            ("手续费", "0.06000", "-0.02000"),
            ("订单金额", "9.90", "0.00"),
            ("申请退款金额", "0.00", "4.00"),
            ("费率备注", "", ""),
        ] {
            assert_eq!((of(1, name).as_str(), of(2, name).as_str()), (payment, refund), "{name}");
        }
        assert_eq!(lines[3].split(',').count(), 7);
        assert_eq!(lines[4], "`2,`9.90,`4.00,`0.00,`0.04000,`9.90,`4.00");
    }

    #[test]
    fn each_type_of_bill_has_its_own_columns_and_rows() {
        let mut shop = morning_after();
        for (bill_type, columns, rows) in [("SUCCESS", 20, 1), ("REFUND", 29, 1), ("ALL", 27, 2)] {
            let lines = bill_lines(&mut shop, bill_type);
            assert_eq!(lines.len(), rows + 3, "{bill_type}");
            assert_eq!(lines[0].split(',').count(), columns, "{bill_type}");
            assert_eq!(cells(&lines[1]).len(), columns, "{bill_type}");
        }
        let refund = bill_lines(&mut shop, "REFUND");
        assert_eq!(cells(&refund[1])[15], "2027-01-15 17:01:00", "退款成功时间");
    }

    #[test]
    fn a_packed_bill_is_the_same_bill() {
        let mut shop = morning_after();
        let plain = shop.send("/pay/downloadbill", &asked("ALL")).unwrap().text();
        let reply = shop.send("/pay/downloadbill", &with(&asked("ALL"), "tar_type", "GZIP"));
        let mut text = String::new();
        GzDecoder::new(reply.unwrap().body.as_slice()).read_to_string(&mut text).unwrap();
        assert_eq!(text, plain);
    }

    #[test]
    fn a_bill_is_there_from_ten_of_the_next_morning_for_three_months() {
        let mut shop = morning_after();
        for (now, text) in [
            (MIDNIGHT - 1, "No Bill Exist"),
            (MIDNIGHT, "Bill Creating"),
            (TEN - 1, "Bill Creating"),
            (TEN + 93 * 24 * 60 * 60, "No Bill Exist"),
        ] {
            shop.now = now;
            assert_eq!(said(&mut shop, &asked("ALL")).get("return_msg"), Some(text), "{now}");
        }
        shop.now = TEN;
        assert_eq!(bill_lines(&mut shop, "ALL").len(), 5);
        let quiet = said(&mut shop, &with(&asked("ALL"), "bill_date", "20270114"));
        assert_eq!(quiet.get("error_code"), Some("20002"));
    }

    #[test]
    fn what_is_wrong_with_a_call_for_a_bill_is_said_in_its_own_words() {
        let mut shop = morning_after();
        for (name, value, text) in [
            ("bill_date", "", "missing parameter"),
            ("bill_date", "2027-01-15", "data format error"),
            ("bill_date", "20270230", "data format error"),
            ("bill_type", "EVERYTHING", "invalid bill_type"),
            ("bill_type", "RECHARGE_REFUND", "No Bill Exist"),
            ("tar_type", "ZIP", "invalid tar_type"),
        ] {
            let answer = said(&mut shop, &with(&asked("ALL"), name, value));
            assert_eq!(answer.get("return_code"), Some("FAIL"));
            assert_eq!(answer.get("return_msg"), Some(text), "{name}={value}");
        }
        let unsigned = Request::post("/pay/downloadbill", "<xml></xml>");
        let reply = shop.gateway.handle(TEN, &unsigned).unwrap();
        assert!(reply.text().contains("SIGN ERROR"));
    }

    #[test]
    fn a_bill_tells_a_refund_as_it_stood_when_the_bill_was_made() {
        let mut shop = morning_after();
        shop.gateway.settle_refund(TEN, "R1", RefundStatus::Change);
        assert!(bill_lines(&mut shop, "REFUND")[1].contains(",`SUCCESS,`茶叶"));
    }

    #[test]
    fn each_bill_fault_spoils_the_last_row_and_the_summary_agrees() {
        for (bill, rows, last, summary) in [
            (BillFault::DropRow, 1, NO, "`1,`9.90,`0.00,"),
            (BillFault::UnknownRow, 3, "UNKNOWN-000001", "`3,`10.90,`4.00,"),
            (BillFault::WrongAmount, 2, "`R1,`4.01,", "`2,`9.90,`4.01,"),
            (BillFault::WrongStatus, 2, ",`CHANGE,", "`2,`9.90,`4.00,"),
        ] {
            let mut shop = morning_after();
            shop.gateway.set_faults(Faults { bill, ..Faults::default() });
            let lines = bill_lines(&mut shop, "ALL");
            assert_eq!(lines.len(), rows + 3, "{bill:?}");
            assert!(lines[rows].contains(last), "{bill:?}: {}", lines[rows]);
            assert!(lines[rows + 2].starts_with(summary), "{bill:?}: {}", lines[rows + 2]);
        }
        let mut shop = morning_after();
        shop.gateway.set_faults(Faults { bill: BillFault::UnknownRow, ..Faults::default() });
        assert_eq!(bill_lines(&mut shop, "REFUND").len(), 4, "what nobody made is a payment");
        for (bill, text) in
            [(BillFault::WrongAmount, "`9.91,"), (BillFault::WrongStatus, "REVOKED")]
        {
            let mut shop = morning_after();
            shop.gateway.set_faults(Faults { bill, ..Faults::default() });
            assert!(bill_lines(&mut shop, "SUCCESS")[1].contains(text), "{bill:?}");
        }
        let mut shop = morning_after();
        shop.gateway.set_faults(Faults { bill: BillFault::Creating, ..Faults::default() });
        assert_eq!(said(&mut shop, &asked("ALL")).get("return_msg"), Some("Bill Creating"));
    }

    fn flow(account_type: &str) -> Fields {
        Fields::from([("bill_date", "20270115"), ("account_type", account_type)])
    }

    #[test]
    fn the_flow_of_funds_says_what_came_and_what_went() {
        let mut shop = morning_after();
        let text = shop.send("/pay/downloadfundflow", &flow("Basic")).unwrap().text();
        let lines: Vec<&str> = text.split_terminator("\r\n").collect();
        assert_eq!((lines.len(), lines[0].split(',').count()), (5, 11));
        assert_eq!(cells(lines[1])[5..8], ["收入", "9.90", "9.90"]);
        assert_eq!(cells(lines[2])[5..8], ["支出", "4.00", "5.90"]);
        assert_eq!(cells(lines[2])[10], "R1");
        assert_eq!(lines[4], "`2.0,`1.0,`9.90,`1.0,`4.00");
    }

    #[test]
    fn a_closed_refund_comes_back_into_the_account() {
        let mut shop = morning_after();
        shop.gateway.settle_refund(MIDNIGHT - 1, "R1", RefundStatus::Refundclose);
        let text = shop.send("/pay/downloadfundflow", &flow("Basic")).unwrap().text();
        assert!(text.contains("`退款关闭,`退款关闭,`收入,`4.00,`9.90,"), "{text}");
    }

    #[test]
    fn a_refund_that_was_to_close_and_did_not_never_comes_back() {
        let mut shop = morning_after();
        let refund_end = RefundStatus::Refundclose;
        shop.gateway.set_faults(Faults { refund_end, ..Faults::default() });
        shop.now = NOW + 7200;
        shop.refund("R2", 100);
        shop.gateway.settle_refund(NOW + 7201, "R2", RefundStatus::Success);
        shop.now = TEN;
        let text = shop.send("/pay/downloadfundflow", &flow("Basic")).unwrap().text();
        assert!(!text.contains("退款关闭"), "{text}");
    }

    #[test]
    fn the_flow_of_funds_takes_one_signature_only_and_refuses_by_code() {
        let mut shop = morning_after();
        for (name, value, code) in [
            ("account_type", "Fees", "NO_BILL_EXIST"),
            ("account_type", "basic", "PARAM_ERROR"),
            ("bill_date", "yesterday", "PARAM_ERROR"),
            ("bill_date", "20270114", "NO_BILL_EXIST"),
            ("bill_date", "20270116", "NO_BILL_EXIST"),
        ] {
            let answer = shop.call("/pay/downloadfundflow", &with(&flow("Basic"), name, value));
            assert_eq!(refusal(&answer).0, code, "{name}={value}");
        }
        shop.now = TEN - 1;
        let early = shop.call("/pay/downloadfundflow", &flow("Basic"));
        assert_eq!(refusal(&early).0, "BILL_CREATING");
        shop.sign_type = SignType::Md5;
        let answer = shop.call("/pay/downloadfundflow", &flow("Basic"));
        assert_eq!(refusal(&answer).1, "签名错误");
    }
}
