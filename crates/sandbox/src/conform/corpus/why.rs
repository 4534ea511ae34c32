//! Why cases matter.

use crate::conform::case::Why;

pub(super) const PROVEN: Why = Why {
    zh: "谁都能向通知地址发请求，只有签名能证明是微信支付发的",
    en: "anybody can post to a notify_url; only the signature proves that WeChat Pay did",
    source: "pay.weixin.qq.com V3 如何验证签名",
};
pub(super) const FRESH: Why = Why {
    zh: "签名只在五分钟内有效；不看时间戳，被截获的旧通知可以一直重放",
    en: "a signature is good for five minutes; without that a captured notification is good for ever",
    source: "pay.weixin.qq.com V3 如何验证签名",
};
pub(super) const PROBE: Why = Why {
    zh: "微信支付会故意发错误签名来探测商户是否验签，拒绝后会用正确签名重发",
    en: "WeChat Pay sends wrong signatures on purpose, to see whether they are checked, and repeats \
         what was refused with a right one",
    source: "pay.weixin.qq.com V3 签名探测流量",
};
pub(super) const SERIAL: Why = Why {
    zh: "换钥匙时几把并用，Wechatpay-Serial 说明用哪一把；不认识的或对不上的都要拒绝",
    en: "while keys change several are in use, and Wechatpay-Serial says which; one that is not known, \
         or does not fit, proves nothing",
    source: "pay.weixin.qq.com V3 如何验证签名, 微信支付公钥",
};
pub(super) const WHOLE: Why = Why {
    zh: "签名盖住原始报文的每个字节；先解析再重新序列化来验签，真的会被拒绝，改过的会被相信",
    en: "the signature covers the body byte for byte; who parses it and writes it again before \
         checking refuses what is true and believes what was changed",
    source: "pay.weixin.qq.com V3 如何验证签名",
};
pub(super) const SEALED: Why = Why {
    zh: "AEAD_AES_256_GCM 的标签证明密文和附加数据没有被动过；解不开却应答成功，这笔支付就丢了",
    en: "the tag of AEAD_AES_256_GCM proves ciphertext and associated data; who acknowledges what he \
         could not open has lost the payment",
    source: "pay.weixin.qq.com V3 如何解密回调报文和平台证书",
};
pub(super) const READABLE: Why = Why {
    zh: "应答成功之后微信不再通知；读不懂却应答成功，这笔支付就丢了",
    en: "after an ack WeChat does not tell again; who acknowledges what he could not read has lost \
         the payment",
    source: "pay.weixin.qq.com V3 支付成功回调通知",
};
pub(super) const SURVIVE: Why = Why {
    zh: "一个恶意请求不能拖垮通知地址，也不能占住它超过五秒",
    en: "one hostile request must not take the endpoint down, nor hold it for more than five seconds",
    source: "pay.weixin.qq.com V3 支付成功回调通知 (五秒); RFC 8259 section 9 (limits of parsers)",
};
pub(super) const AMOUNT: Why = Why {
    zh: "商户必须核对金额和币种与自己的订单一致，否则一分钱可以买下整单",
    en: "the merchant has to compare amount and currency with its own order, or one fen buys it all",
    source: "pay.weixin.qq.com V2 支付结果通知, V3 支付成功回调通知",
};
pub(super) const MERCHANT: Why = Why {
    zh: "多个商户号共用一套密钥或服务时，只有核对 appid 和 mchid 才知道钱进了谁的账",
    en: "only appid and mchid say whose account the money went to",
    source: "pay.weixin.qq.com V2 支付结果通知 (商户需校验)",
};
pub(super) const KNOWN: Why = Why {
    zh: "没有这个订单却应答成功，就没有人会再去找这笔钱属于谁",
    en: "who acknowledges a payment for an order that he does not have will never look for it",
    source: "pay.weixin.qq.com V3 支付成功回调通知",
};
pub(super) const TOLD: Why = Why {
    zh: "五秒内没有成功应答，微信会重发 15 次，之后只能靠查单",
    en: "what is not acknowledged within five seconds comes 15 times more, and then never again",
    source: "pay.weixin.qq.com V2 支付结果通知, V3 支付成功回调通知",
};
pub(super) const REPEATED: Why = Why {
    zh: "同一通知会多次到达，也会同时到达；处理过的也要应答成功，且只入账一次",
    en: "the same notification comes several times, and at the same time; each has to be \
         acknowledged, and the first alone to count",
    source: "pay.weixin.qq.com V2 支付结果通知, V3 支付成功回调通知 (重复通知)",
};
pub(super) const EXTENSIBLE: Why = Why {
    zh: "微信支付会随时增加字段；不认识的字段不能让通知失败",
    en: "WeChat Pay adds fields whenever it likes; one that is not known must not stop a payment",
    source: "pay.weixin.qq.com V2 安全规范, V3 基本规则",
};
pub(super) const SWITCHING: Why = Why {
    zh: "从平台证书切换到微信支付公钥的几天里，两种签名都会收到",
    en: "in the days of the switch from certificates to a public key both sign",
    source: "pay.weixin.qq.com V3 从平台证书切换成微信支付公钥",
};
pub(super) const HTTP: Why = Why {
    zh: "HTTP 允许分块传输和带 charset 的内容类型；按字面比较内容类型的框架会把报文读成空",
    en: "HTTP may send in chunks and name a charset; frameworks that compare the type letter by letter \
         hand over an empty body",
    source: "RFC 9112 section 7.1, RFC 9110 section 8.3",
};
pub(super) const SIGNED: Why = Why {
    zh: "谁都能向通知地址发请求，只有用 APIv2 密钥算出的签名能证明是微信支付发的",
    en: "anybody can post to a notify_url; only a signature under the APIv2 key proves that WeChat did",
    source: "pay.weixin.qq.com V2 安全规范, 支付结果通知",
};
pub(super) const COVERED: Why = Why {
    zh: "签名盖住除 sign 和空值之外的全部字段，包括不认识的；只验自己认识的字段等于没验",
    en: "the signature covers every field that is not empty, the unknown ones too; who checks only \
         what he knows checks nothing",
    source: "pay.weixin.qq.com V2 安全规范",
};
pub(super) const ENTITIES: Why = Why {
    zh: "解析 XML 时必须关闭 DTD 和外部实体，否则一个未验签的请求就能读服务器文件、访问内网",
    en: "DTDs and external entities have to be off, or a request that nobody signed reads files and \
         calls addresses inside",
    source: "pay.weixin.qq.com 关于XML解析存在的安全问题指引 (2018); CWE-611, CWE-776",
};
pub(super) const AGREED: Why = Why {
    zh: "下单用了 HMAC-SHA256，通知也应当用它；接受 MD5 等于接受降级",
    en: "who orders by HMAC-SHA256 is told by it; to take MD5 as well is to take a downgrade",
    source: "pay.weixin.qq.com V2 安全规范 (sign_type). UNCONFIRMED: that it is never the other",
};
pub(super) const ESCAPED: Why = Why {
    zh: "签名算的是字段的值，不是它的写法：CDATA 与否、顺序、空白都不影响",
    en: "values are signed, not how they are written: CDATA, order and blanks do not matter",
    source: "pay.weixin.qq.com V2 安全规范",
};
pub(super) const FAILED: Why = Why {
    zh: "return_code 或 result_code 为 FAIL 时没有人付款；应答什么都可以，但不能记为已付",
    en: "where return_code or result_code is FAIL nobody has paid; whatever is answered, it must not \
         count as paid",
    source: "pay.weixin.qq.com V2 支付结果通知",
};
pub(super) const OPENED: Why = Why {
    zh: "V2 退款通知没有签名，能用 APIv2 密钥解开 req_info 才证明是微信支付发的",
    en: "a refund notification of V2 has no signature: that req_info opens under the APIv2 key is all \
         that proves it",
    source: "pay.weixin.qq.com V2 退款结果通知",
};
