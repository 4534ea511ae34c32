//! An order as queries and notifications tell it.
//!
//! Source: pay.weixin.qq.com V3 查询订单 and 支付成功回调通知.

use serde_json::{Value, json};

use crate::{account::Account, ledger::Order, time::to_rfc3339};

/// Who, which, and in what state: all that is promised of an order that is not paid.
pub(super) fn promised(account: &Account, order: &Order, words: (&str, &str)) -> Value {
    json!({
        "appid": account.appid,
        "mchid": account.mch_id,
        "out_trade_no": order.out_trade_no,
        "trade_state": words.0,
        "trade_state_desc": words.1,
    })
}

/// The same, and of a paid order everything; `total` is what is said to have been paid, in fen.
///
/// DIFFERENCE: no coupons, one bank, and names in alphabetical order.
pub(super) fn told(account: &Account, order: &Order, words: (&str, &str), total: u64) -> Value {
    let mut told = promised(account, order, words);
    let (Some(payment), Some(object)) = (&order.payment, told.as_object_mut()) else { return told };
    let paid = json!({
        "transaction_id": payment.transaction_id,
        "trade_type": order.trade_type.as_str(),
        // Source: 银行类型: `OTHERS` stands for every bank not listed, and for the wallet.
        "bank_type": "OTHERS",
        // Source: 下单, `attach`: told of paid orders only. UNCONFIRMED: empty if there is none.
        "attach": order.term("attach").unwrap_or_default(),
        "success_time": to_rfc3339(payment.paid_at),
        "payer": { "openid": payment.openid },
        "amount": {
            "total": total,
            "payer_total": total,
            "currency": "CNY",
            "payer_currency": "CNY",
        },
    });
    if let Value::Object(paid) = paid {
        object.extend(paid);
    }
    if let Some(device) = order.term("/scene_info/device_id") {
        object.insert("scene_info".to_owned(), json!({ "device_id": device }));
    }
    told
}
