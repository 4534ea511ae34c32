"""wechatpy. Its base URL is the property `API_BASE_URL` of its class, which a class below it sets."""

import json

from talk import WeChatSaidNo, talk
from wechatpy.exceptions import WeChatPayException
from wechatpy.pay import WeChatPay


def asked(work, **args):
    """WeChat's answer; its refusal is told from what wechatpy does not believe."""
    try:
        return work(**args)
    except WeChatPayException as error:
        raise WeChatSaidNo(200, error.errcode or error.errmsg or error.return_msg) from error


class Client:
    def __init__(self, gateway, merchant, signType):
        here = type("Here", (WeChatPay,), {"API_BASE_URL": f"{gateway}/"})
        self.wxpay = here(merchant["appid"], merchant["key"], merchant["mchid"])

    def create(self, trade_type, order):
        names = {"spbill_create_ip": "client_ip", "openid": "user_id"}
        wanted = {names.get(name, name): value for name, value in order.items()}
        if "scene_info" in wanted:
            wanted["scene_info"] = json.loads(wanted["scene_info"])
        return asked(self.wxpay.order.create, trade_type=trade_type, **wanted)

    def native(self, order):
        return self.create("NATIVE", order)

    def h5(self, order):
        return self.create("MWEB", order)

    def jsapi(self, order):
        return self.wxpay.jsapi.get_jsapi_params(self.create("JSAPI", order)["prepay_id"])

    def queryByNumber(self, number):
        return asked(self.wxpay.order.query, **number)

    queryById = queryByNumber

    def close(self, number):
        return asked(self.wxpay.order.close, **number)

    def refund(self, refund):
        return asked(self.wxpay.refund.apply, **refund)

    def queryRefund(self, number):
        return asked(self.wxpay.refund.query, **number)

    def tradeBill(self, day):
        return {"text": asked(self.wxpay.tools.download_bill, **day)}

    def fundFlowBill(self, day):
        return {"text": asked(self.wxpay.tools.download_fundflow, **day)}

    def payment(self, message):
        return self.wxpay.parse_payment_result(message["body"])

    def refunded(self, message):
        return self.wxpay.parse_refund_notify_result(message["body"])


talk(Client)
