"""As the reference of wechatpy 1.8.18 has `WeChatPay.parse_payment_result` and
`parse_refund_notify_result`, which has no endpoint around them. What is added is Flask and API V2's
answers: SUCCESS, and FAIL for what they raise."""

from flask import Flask, request
from shop import MERCHANT, open_shop
from wechatpy.pay import WeChatPay
from wechatpy.pay.utils import dict_to_xml

wxpay = WeChatPay(MERCHANT["appid"], MERCHANT["v2Key"], MERCHANT["mchid"])
app = Flask(__name__)


def answered(parse):
    try:
        parse(request.data)
    except Exception as error:
        return dict_to_xml({"return_code": "FAIL", "return_msg": type(error).__name__})
    return dict_to_xml({"return_code": "SUCCESS", "return_msg": "OK"})


@app.route("/notify", methods=["POST"])
def notify():
    return answered(wxpay.parse_payment_result)


@app.route("/refund", methods=["POST"])
def refund():
    return answered(wxpay.parse_refund_notify_result)


open_shop(app)
