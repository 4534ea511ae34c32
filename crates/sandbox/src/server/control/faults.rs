//! Switching faults (故障) on and off.

use serde::Deserialize;
use serde_json::Value;

use super::{MOST_COPIES, Refused, read, write};
use crate::{
    fault::{
        BillFault, BridgeFault, CloseFault, NotifyFault, OrderFault, QueryFault, RefundFault,
        V3Fault, V3Status,
    },
    refund::RefundStatus,
    server::Shared,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Changes {
    notify: Option<NotifyFault>,
    times: Option<u32>,
    order: Option<OrderFault>,
    query: Option<QueryFault>,
    close: Option<CloseFault>,
    refund: Option<RefundFault>,
    refund_end: Option<RefundStatus>,
    refund_seconds: Option<u32>,
    bill: Option<BillFault>,
    bridge: Option<BridgeFault>,
    v3_status: Option<V3Status>,
    v3_answer: Option<V3Fault>,
    v3_notify: Option<V3Fault>,
    probe_answer_percent: Option<u8>,
    probe_notify_percent: Option<u8>,
}

pub(super) fn faults(shared: &Shared, body: &[u8]) -> Result<Value, Refused> {
    let changes: Changes = read(body)?;
    let mut gateway = shared.gateway();
    let mut faults = gateway.faults();
    faults.notify = changes.notify.unwrap_or(faults.notify);
    faults.times = changes.times.unwrap_or(faults.times).min(MOST_COPIES);
    faults.order = changes.order.unwrap_or(faults.order);
    faults.query = changes.query.unwrap_or(faults.query);
    faults.close = changes.close.unwrap_or(faults.close);
    faults.refund = changes.refund.unwrap_or(faults.refund);
    faults.refund_end = changes.refund_end.unwrap_or(faults.refund_end);
    faults.refund_seconds = changes.refund_seconds.unwrap_or(faults.refund_seconds);
    faults.bill = changes.bill.unwrap_or(faults.bill);
    faults.bridge = changes.bridge.unwrap_or(faults.bridge);
    faults.v3_status = changes.v3_status.unwrap_or(faults.v3_status);
    faults.v3_answer = changes.v3_answer.unwrap_or(faults.v3_answer);
    faults.v3_notify = changes.v3_notify.unwrap_or(faults.v3_notify);
    faults.probe_answer_percent =
        changes.probe_answer_percent.unwrap_or(faults.probe_answer_percent);
    faults.probe_notify_percent =
        changes.probe_notify_percent.unwrap_or(faults.probe_notify_percent);
    gateway.set_faults(faults);
    write(faults)
}
