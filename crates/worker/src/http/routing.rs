//! Method and path to route, by hand: so few routes need no router.
use crate::shop_keys::Scope;

/// The methods we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
    Options,
    Other,
}

impl Method {
    /// Reads the method as the runtime names it. `worker::Method` is of no use here: it takes every
    /// method that it does not know, QUERY for one, for GET.
    pub(crate) fn of(name: &str) -> Self {
        match name {
            "GET" | "HEAD" => Self::Get,
            "POST" => Self::Post,
            "OPTIONS" => Self::Options,
            _ => Self::Other,
        }
    }
}

/// Everything the Worker answers, with what the path said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    /// `GET /healthz`
    Health,
    /// `POST /v1/orders`
    CreateOrder,
    /// `GET /v1/orders?day=`
    ListOrders,
    /// `GET /v1/events?day=`
    ListEvents,
    /// `GET /v1/reconciliation/{day}`
    Reconciliation(&'a str),
    /// `POST /v1/reconciliation/{day}`
    Reconcile(&'a str),
    /// `GET /v1/bills/trade/{day}`
    TradeBill(&'a str),
    /// `GET /v1/bills/fundflow/{day}`
    FundFlowBill(&'a str),
    /// `GET /v1/orders/{no}`
    ReadOrder(&'a str),
    /// `POST /v1/orders/{no}/close`
    CloseOrder(&'a str),
    /// `POST /v1/orders/{no}/amount`
    Reprice(&'a str),
    /// `POST /v1/orders/{no}/refunds`
    CreateRefund(&'a str),
    /// `GET /v1/orders/{no}/refunds/{out_refund_no}`
    ReadRefund(&'a str, &'a str),
    /// `POST /v1/events/{id}/resend`
    Resend(&'a str),
    /// `POST /v1/webhook/verify`
    VerifyWebhook,
    /// `GET /v1/doctor`
    Doctor,
    /// `POST /v1/checkout`
    Checkout,
    /// `GET /v1/checkout/{return_token}`
    CheckoutStatus(&'a str),
    /// `GET /v1/oauth/authorize`
    Authorize,
    /// `POST /v1/oauth/session`
    Session,
    /// `POST /notify/v2/pay`
    NotifyPay,
    /// `POST /notify/v2/refund`
    NotifyRefund,
    /// `POST /notify/v3`.
    NotifyV3,
    /// `POST /__fault/panic` and `/__fault/panic/{no}`: here, or inside that order's object.
    #[cfg(feature = "fault-injection")]
    Panic(Option<&'a str>),
    /// A path we have, asked with another method; names the one it takes.
    WrongMethod(&'static str),
    /// No such path.
    Unknown,
}

impl<'a> Route<'a> {
    pub(crate) fn of(method: Method, path: &'a str) -> Self {
        let mut parts = [""; 5];
        let mut count = 0;
        for part in path.strip_prefix('/').unwrap_or(path).split('/') {
            match parts.get_mut(count) {
                Some(slot) => *slot = part,
                None => return Self::Unknown,
            }
            count = count.saturating_add(1);
        }
        // What the path answers to GET and to POST.
        let (get, post) = match parts.get(..count).unwrap_or_default() {
            ["healthz"] => (Some(Self::Health), None),
            // Asked to look at it, openapi.mjs answers before us.
            ["openapi.yaml"] => return Self::WrongMethod("GET"),
            ["v1", "orders"] => (Some(Self::ListOrders), Some(Self::CreateOrder)),
            ["v1", "orders", no] => (Some(Self::ReadOrder(no)), None),
            ["v1", "orders", no, "close"] => (None, Some(Self::CloseOrder(no))),
            ["v1", "orders", no, "amount"] => (None, Some(Self::Reprice(no))),
            ["v1", "orders", no, "refunds"] => (None, Some(Self::CreateRefund(no))),
            ["v1", "orders", no, "refunds", refund] => (Some(Self::ReadRefund(no, refund)), None),
            ["v1", "events"] => (Some(Self::ListEvents), None),
            ["v1", "events", id, "resend"] => (None, Some(Self::Resend(id))),
            ["v1", "webhook", "verify"] => (None, Some(Self::VerifyWebhook)),
            ["v1", "reconciliation", day] => {
                (Some(Self::Reconciliation(day)), Some(Self::Reconcile(day)))
            }
            ["v1", "bills", "trade", day] => (Some(Self::TradeBill(day)), None),
            ["v1", "bills", "fundflow", day] => (Some(Self::FundFlowBill(day)), None),
            ["v1", "doctor"] => (Some(Self::Doctor), None),
            ["v1", "checkout"] => (None, Some(Self::Checkout)),
            ["v1", "checkout", token] => (Some(Self::CheckoutStatus(token)), None),
            ["v1", "oauth", "authorize"] => (Some(Self::Authorize), None),
            ["v1", "oauth", "session"] => (None, Some(Self::Session)),
            ["notify", "v2", "pay"] => (None, Some(Self::NotifyPay)),
            ["notify", "v2", "refund"] => (None, Some(Self::NotifyRefund)),
            ["notify", "v3"] => (None, Some(Self::NotifyV3)),
            #[cfg(feature = "fault-injection")]
            ["__fault", "panic"] => (None, Some(Self::Panic(None))),
            #[cfg(feature = "fault-injection")]
            ["__fault", "panic", no] => (None, Some(Self::Panic(Some(no)))),
            _ => (None, None),
        };
        match (method, get, post) {
            (Method::Get, Some(route), _) | (Method::Post, _, Some(route)) => route,
            (_, None, None) => Self::Unknown,
            (_, Some(_), None) => Self::WrongMethod("GET"),
            (_, None, Some(_)) => Self::WrongMethod("POST"),
            (_, Some(_), Some(_)) => Self::WrongMethod("GET, POST"),
        }
    }

    /// What the shop's backend needs its key for; `None` where pages, WeChat or anybody may ask.
    pub(crate) fn scope(&self) -> Option<Scope> {
        match self {
            Self::CreateOrder
            | Self::ListOrders
            | Self::ReadOrder(_)
            | Self::CloseOrder(_)
            | Self::Reprice(_) => Some(Scope::Orders),
            Self::CreateRefund(_) | Self::ReadRefund(..) => Some(Scope::Refunds),
            Self::ListEvents | Self::Resend(_) | Self::VerifyWebhook => Some(Scope::Events),
            Self::Reconciliation(_)
            | Self::Reconcile(_)
            | Self::TradeBill(_)
            | Self::FundFlowBill(_) => Some(Scope::Reports),
            Self::Doctor => Some(Scope::Doctor),
            Self::Health
            | Self::Checkout
            | Self::CheckoutStatus(_)
            | Self::Authorize
            | Self::Session
            | Self::NotifyPay
            | Self::NotifyRefund
            | Self::NotifyV3
            | Self::WrongMethod(_)
            | Self::Unknown => None,
            #[cfg(feature = "fault-injection")]
            Self::Panic(_) => None,
        }
    }

    /// Whether pages ask this, so that it is limited per visitor.
    pub(crate) fn is_for_pages(&self) -> bool {
        matches!(self, Self::Checkout | Self::CheckoutStatus(_) | Self::Authorize | Self::Session)
    }

    /// Whether WeChat tells something here.
    pub(crate) fn is_notification(&self) -> bool {
        self.name().starts_with("notify.")
    }

    /// The route's name in the log: never the path, which may hold a token or an order number.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Health => "healthz",
            Self::CreateOrder => "orders.create",
            Self::ListOrders => "orders.list",
            Self::ListEvents => "events.list",
            Self::Reconciliation(_) => "reconciliation.read",
            Self::Reconcile(_) => "reconciliation.run",
            Self::TradeBill(_) => "bills.trade",
            Self::FundFlowBill(_) => "bills.fundflow",
            Self::ReadOrder(_) => "orders.read",
            Self::CloseOrder(_) => "orders.close",
            Self::Reprice(_) => "orders.amount",
            Self::CreateRefund(_) => "refunds.create",
            Self::ReadRefund(..) => "refunds.read",
            Self::Resend(_) => "events.resend",
            Self::VerifyWebhook => "webhook.verify",
            Self::Doctor => "doctor",
            Self::Checkout => "checkout",
            Self::CheckoutStatus(_) => "checkout.status",
            Self::Authorize => "oauth.authorize",
            Self::Session => "oauth.session",
            Self::NotifyPay => "notify.v2.pay",
            Self::NotifyRefund => "notify.v2.refund",
            Self::NotifyV3 => "notify.v3",
            #[cfg(feature = "fault-injection")]
            Self::Panic(_) => "fault.panic",
            Self::WrongMethod(_) | Self::Unknown => "none",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_has_one_method_and_one_path() {
        for (method, path, route) in [
            (Method::Get, "/healthz", Route::Health),
            (Method::Post, "/v1/orders", Route::CreateOrder),
            (Method::Get, "/v1/orders/ORDER1", Route::ReadOrder("ORDER1")),
            (Method::Post, "/v1/orders/ORDER1/close", Route::CloseOrder("ORDER1")),
            (Method::Post, "/v1/orders/ORDER1/amount", Route::Reprice("ORDER1")),
            (Method::Post, "/v1/orders/ORDER1/refunds", Route::CreateRefund("ORDER1")),
            (Method::Get, "/v1/orders/ORDER1/refunds/R1", Route::ReadRefund("ORDER1", "R1")),
            (Method::Post, "/v1/events/evt_ORDER1_1/resend", Route::Resend("evt_ORDER1_1")),
            (Method::Post, "/v1/webhook/verify", Route::VerifyWebhook),
            (Method::Get, "/v1/doctor", Route::Doctor),
            (Method::Post, "/v1/checkout", Route::Checkout),
            (Method::Get, "/v1/checkout/abc", Route::CheckoutStatus("abc")),
            (Method::Get, "/v1/oauth/authorize", Route::Authorize),
            (Method::Post, "/v1/oauth/session", Route::Session),
            (Method::Post, "/notify/v2/pay", Route::NotifyPay),
            (Method::Post, "/notify/v3", Route::NotifyV3),
            (Method::Get, "/v1/orders", Route::ListOrders),
            (Method::Get, "/v1/events", Route::ListEvents),
            (Method::Get, "/v1/reconciliation/2026-11-23", Route::Reconciliation("2026-11-23")),
            (Method::Post, "/v1/reconciliation/2026-11-23", Route::Reconcile("2026-11-23")),
            (Method::Get, "/v1/bills/trade/2026-11-23", Route::TradeBill("2026-11-23")),
            (Method::Get, "/v1/bills/fundflow/2026-11-23", Route::FundFlowBill("2026-11-23")),
            (Method::Other, "/v1/orders", Route::WrongMethod("GET, POST")),
            (Method::Get, "/v1/orders/ORDER1/close", Route::WrongMethod("POST")),
            (Method::Post, "/healthz", Route::WrongMethod("GET")),
            (Method::Other, "/v1/checkout", Route::WrongMethod("POST")),
            (Method::Post, "/openapi.yaml", Route::WrongMethod("GET")),
            (Method::Get, "/", Route::Unknown),
            (Method::Post, "/v1/orders/", Route::WrongMethod("GET")),
            (Method::Post, "/v1/orders/ORDER1/close/again", Route::Unknown),
            (Method::Post, "//v1/orders", Route::Unknown),
        ] {
            assert_eq!(Route::of(method, path), route, "{path}");
        }
    }

    #[test]
    fn a_method_we_do_not_know_is_never_taken_for_one_we_do() {
        for name in ["QUERY", "PUT", "TRACE", "get", "GETS", ""] {
            assert_eq!(Method::of(name), Method::Other, "{name}");
        }
        assert_eq!(Method::of("HEAD"), Method::Get, "answered without its body by the runtime");
    }

    #[cfg(not(feature = "fault-injection"))]
    #[test]
    fn what_is_deployed_cannot_be_told_to_panic() {
        assert_eq!(Route::of(Method::Post, "/__fault/panic"), Route::Unknown);
    }
}
