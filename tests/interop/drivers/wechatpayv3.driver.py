"""wechatpayv3. It writes WeChat's address into each client before it downloads certificates, so the
base URL is a property of the class below; its methods are untouched."""

import gzip
import json

from talk import WeChatSaidNo, talk
from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3.core import Core

# What the SDK leaves to its user: any will do.
TIMESTAMP, NONCE = "1554208460", "593BEC0C930BF1AFEB40B4A08C8FB242"

GATEWAY = ""
Core._gate_way = property(lambda _: GATEWAY, lambda _core, _wechat: None)


def asked(answer):
    """The reply's body. The SDK answers (status, text) and raises what it does not believe."""
    status, message = answer
    if status >= 300:
        raise WeChatSaidNo(status, code_of(message))
    return json.loads(message) if message else {}


def code_of(message):
    return json.loads(message).get("code") if message else None


class Client:
    def __init__(self, gateway, merchant, platform):
        self.gateway = gateway
        self.use()
        self.appid, self.mchid = merchant["appid"], merchant["mchid"]
        public_keys = platform.get("publicKeys") or {}
        public_key_id, public_key = next(iter(public_keys.items()), (None, None))
        self.wxpay = WeChatPay(
            wechatpay_type=WeChatPayType.NATIVE,
            mchid=merchant["mchid"],
            private_key=merchant["privateKey"],
            cert_serial_no=merchant["serial"],
            appid=merchant["appid"],
            apiv3_key=merchant["apiV3Key"],
            public_key=public_key,
            public_key_id=public_key_id,
        )

    def use(self):
        """Makes this client's address the one that the next call goes to."""
        global GATEWAY
        GATEWAY = self.gateway

    def signRequest(self, request):
        lines = [request[name] for name in ("method", "url", "timestamp", "nonce", "body")]
        return {"signature": self.wxpay.sign(lines)}

    def signPage(self, params):
        lines = [params[name] for name in ("appId", "timeStamp", "nonceStr", "package")]
        return {"paySign": self.wxpay.sign(lines)}

    def native(self, order):
        return asked(self.wxpay.pay(**order, pay_type=WeChatPayType.NATIVE))

    def h5(self, order):
        return asked(self.wxpay.pay(**order, pay_type=WeChatPayType.H5))

    def jsapi(self, order):
        prepay_id = asked(self.wxpay.pay(**order, pay_type=WeChatPayType.JSAPI))["prepay_id"]
        package = f"prepay_id={prepay_id}"
        return {
            "appId": self.appid,
            "timeStamp": TIMESTAMP,
            "nonceStr": NONCE,
            "package": package,
            "signType": "RSA",
            "paySign": self.wxpay.sign([self.appid, TIMESTAMP, NONCE, package]),
        }

    def app(self, order):
        prepay_id = asked(self.wxpay.pay(**order, pay_type=WeChatPayType.APP))["prepay_id"]
        return {
            "appid": self.appid,
            "partnerid": self.mchid,
            "prepayid": prepay_id,
            "package": "Sign=WXPay",
            "timestamp": TIMESTAMP,
            "noncestr": NONCE,
            "sign": self.wxpay.sign([self.appid, TIMESTAMP, NONCE, prepay_id]),
        }

    def queryByNumber(self, number):
        return asked(self.wxpay.query(**number))

    queryById = queryByNumber

    def close(self, number):
        return asked(self.wxpay.close(**number))

    def refund(self, refund):
        return asked(self.wxpay.refund(**refund))

    def queryRefund(self, number):
        return asked(self.wxpay.query_refund(**number))

    def tradeBill(self, params):
        return self.file(self.wxpay.trade_bill(**params, tar_type="GZIP"))

    def fundFlowBill(self, params):
        return self.file(self.wxpay.fundflow_bill(**params, tar_type="GZIP"))

    def file(self, told):
        told = asked(told)
        status, content = self.wxpay.download_bill(told["download_url"])
        if status >= 300:
            raise WeChatSaidNo(status, code_of(content))
        text = gzip.decompress(content).decode()
        return {"text": text, "hash": told["hash_value"]}

    def payment(self, message):
        opened = self.wxpay.callback(message["headers"], message["body"])
        if not opened:
            raise Exception(f"refused: {opened}")
        return opened["resource"]

    refunded = payment


talk(Client)
