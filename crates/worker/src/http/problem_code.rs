//! Every problem we answer with: status, stable code, title in English and Chinese, and remedy.
//!
//! The codes are part of the interface (`pkg` and shops match on them); titles and remedies are
//! for people and may be reworded.

/// What is said about one code.
pub(crate) struct Text {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) title: &'static str,
    pub(crate) title_zh: &'static str,
    pub(crate) remedy: &'static str,
}

macro_rules! problem_codes {
    ($($name:ident $status:literal $code:literal $title:literal $title_zh:literal $remedy:literal;)+) => {
        /// The closed list of problems.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Code { $($name),+ }

        impl Code {
            pub(crate) const fn text(self) -> Text {
                match self {
                    $(Self::$name => Text {
                        status: $status,
                        code: $code,
                        title: $title,
                        title_zh: $title_zh,
                        remedy: $remedy,
                    }),+
                }
            }

            #[cfg(test)]
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name),+];
        }
    };
}

problem_codes! {
    NotFound 404 "not_found"
        "there is nothing at this path" "没有这个地址"
        "check the path against the interface's description";
    MethodNotAllowed 405 "method_not_allowed"
        "this path takes another method" "请求方法不对"
        "use the method named in the `Allow` header";
    BodyTooLarge 413 "body_too_large"
        "the body is larger than 64 KB" "请求内容超过 64 KB"
        "send less; no request of this interface needs that much";
    MalformedRequest 400 "malformed_request"
        "the request is not the JSON this route expects" "请求不是该接口所要求的 JSON"
        "compare the fields and their types with the interface's description";
    InvalidField 400 "invalid_field"
        "a field breaks its rule" "字段不合规则"
        "mend the field named in `detail`";
    Unauthorized 401 "unauthorized"
        "the shop's API key is missing or wrong" "商家接口密钥缺失或错误"
        "send `Authorization: Bearer` with a key whose line is in SHOP_API_KEYS";
    ScopeMissing 403 "scope_missing"
        "this key may not be used for that" "该密钥没有这项权限"
        "add the scope named in `detail` to the key's line in SHOP_API_KEYS, or use another key";
    IdempotencyKeyReused 409 "idempotency_key_reused"
        "this Idempotency-Key came with another request before" "该幂等键已用于另一个请求"
        "repeat the first request unchanged, or use a new key for a new request";
    IdempotencyInProgress 409 "idempotency_in_progress"
        "the first request with this Idempotency-Key is not answered yet" "使用该幂等键的请求仍在处理中"
        "ask again with the same key after `Retry-After`";
    RateLimited 429 "rate_limited"
        "this address asks too often" "请求过于频繁，请稍后再试"
        "ask again after `Retry-After`; RATE_LIMIT sets how often one address may ask";
    OriginNotAllowed 403 "origin_not_allowed"
        "this page's origin may not call here" "该网页来源未被允许"
        "add the page's origin to ALLOWED_ORIGINS";
    ClientIpMissing 400 "client_ip_missing"
        "the buyer's address did not arrive" "没有收到用户的 IP 地址"
        "reach the Worker through Cloudflare, or set CLIENT_IP_HEADER to the header of your own proxy";
    ClientIpMalformed 400 "client_ip_malformed"
        "the buyer's address is not one IP address" "用户的 IP 地址格式不对"
        "let the trusted proxy write exactly one address, not a list";
    ClientIpNotPublic 400 "client_ip_not_public"
        "the buyer's address is not a public one" "用户的 IP 地址不是公网地址"
        "let the trusted proxy pass on the buyer's own address, not its own";
    TokenTampered 400 "token_tampered"
        "a token is not one of ours" "令牌无效"
        "pass the token on exactly as it was handed out";
    TokenExpired 400 "token_expired"
        "a token has expired" "令牌已过期"
        "ask for a new one: reload the page, or let the shop create the order again";
    CartTampered 400 "cart_tampered"
        "the cart is not one that the shop signed" "购物车签名无效"
        "sign the cart on the shop's server as JWT HS256 with CART_KEY, and pass it on unchanged";
    CartMalformed 400 "cart_malformed"
        "the shop signed a cart that cannot be ordered" "购物车内容不完整或不合规则"
        "sign `out_trade_no`, `amount` (whole fen), `description` and `exp`, each by its rule";
    CartExpired 400 "cart_expired"
        "the cart has expired" "购物车已过期"
        "let the shop's server sign a new cart";
    UnknownSku 400 "unknown_sku"
        "the catalogue has no such product" "商品目录中没有该商品"
        "use a `sku` listed in CATALOGUE";
    SessionRequired 400 "session_required"
        "paying inside WeChat needs the buyer's session" "微信内支付需要先登录"
        "go through /v1/oauth/authorize first and send the `session` from /v1/oauth/session";
    SessionOtherAppid 400 "session_other_appid"
        "the session belongs to another appid" "登录会话属于另一个公众号"
        "log in again under the appid that takes the payment";
    ReturnToNotAllowed 400 "return_to_not_allowed"
        "the return address is not a page of this shop" "返回地址不属于本商家"
        "use a page whose origin is this Worker's own or listed in ALLOWED_ORIGINS";
    LoginCodeUsed 400 "code_used"
        "WeChat's code was used before" "授权码已被使用"
        "start the login again; take the code out of the address before using it";
    LoginCodeInvalid 400 "code_invalid"
        "WeChat does not know the code, or it has expired" "授权码无效或已过期"
        "start the login again";
    SnapshotUser 403 "snapshot_user"
        "WeChat showed the page to a snapshot user, who cannot pay" "当前为快照页用户，无法支付"
        "ask the buyer to leave the snapshot page (使用完整服务) and log in again";
    LoginRefused 502 "login_refused"
        "WeChat refused the login" "微信拒绝了登录请求"
        "check WXPAY_APPID and WXPAY_APP_SECRET; `detail` has WeChat's errcode";
    LoginUnknown 503 "login_unknown"
        "WeChat did not answer the login" "微信登录暂无应答"
        "ask again with the same body; if WeChat then says the code was used, start the login again";
    OrderNotFound 404 "order_not_found"
        "there is no such order" "订单不存在"
        "check the order number";
    OrderDiffers 409 "order_differs"
        "the order exists with other content" "订单号已存在且内容不同"
        "repeat the order exactly as it was first sent, or use a new order number";
    OrderPaid 409 "order_paid"
        "the order is already paid" "订单已支付"
        "show the result; nothing is left to pay";
    OrderClosed 409 "order_closed"
        "the order is closed" "订单已关闭"
        "create a new order";
    OrderExpired 409 "order_expired"
        "the order has expired" "订单已过期"
        "create a new order";
    OrderHeld 409 "order_held"
        "another buyer holds a live payment link to this order" "订单正由另一位用户支付"
        "let that buyer finish, or ask again later: the link is closed as soon as WeChat allows";
    OrderExhausted 409 "order_exhausted"
        "the order was tried too often" "订单的支付尝试次数已用完"
        "create a new order";
    OrderNotPaid 409 "order_not_paid"
        "the order has no such payment to refund" "订单没有可退款的支付"
        "wait until the order is paid; check `transaction_id`";
    RefundDiffers 409 "refund_differs"
        "the refund exists with other content" "退款单号已存在且内容不同"
        "repeat the refund exactly as it was first sent, or use a new refund number";
    RefundExceeds 409 "refund_exceeds"
        "the refund is more than what is left of the payment" "退款金额超过可退余额"
        "read the order: refunds that are under way count as well";
    RefundLimit 409 "refund_limit"
        "the payment has 50 refunds already, or its order 200, refused ones among them" "该支付已有 50 次退款，或该订单已有 200 笔退款（含被拒绝的）"
        "give the rest back by another way; no more refunds of this payment are taken";
    RefundOverdue 409 "refund_overdue"
        "the payment is older than a year" "支付已超过一年，无法退款"
        "give the money back by another way; WeChat refunds within a year";
    RefundNotFound 404 "refund_not_found"
        "the order has no such refund" "退款单不存在"
        "check the order and refund numbers";
    EventNotFound 404 "event_not_found"
        "there is no such event" "事件不存在"
        "use the `id` of an event of GET /v1/events or of its order";
    WebhookMissing 409 "webhook_missing"
        "no webhook endpoint is configured" "尚未配置 webhook 地址"
        "set WEBHOOK_URL and WEBHOOK_SECRETS";
    OrderUnknown 503 "order_unknown"
        "WeChat did not say whether the order was taken" "暂时无法确认下单结果"
        "ask again with the same body after `Retry-After`";
    GatewayRefused 502 "gateway_refused"
        "WeChat refused the request" "微信支付拒绝了该请求"
        "mend what `detail` names; repeating the same request will not help";
    CertificateMissing 503 "certificate_missing"
        "WeChat asks for the merchant's certificate, and there is none" "缺少商户 API 证书"
        "bind it as WXPAY_CERT under `mtls_certificates` in wrangler.toml, or in the configuration of workerd";
    BillNotFound 404 "bill_not_found"
        "WeChat has no such bill" "没有这份账单"
        "nothing may have moved on that day; bills are kept for three months";
    BillNotReady 409 "bill_not_ready"
        "the bill is not made yet" "账单尚未生成"
        "ask again after ten o'clock (Beijing) of the day after";
    BillUnknown 503 "bill_unknown"
        "WeChat did not hand out the bill" "暂时无法取得账单"
        "ask again after `Retry-After`; the log says what came instead";
    Misconfigured 503 "misconfigured"
        "the Worker is not configured" "服务尚未正确配置"
        "set the variable named in `detail`";
    Internal 500 "internal"
        "something went wrong on our side" "服务内部错误"
        "try again; if it stays, look up `request_id` in the log";
}
