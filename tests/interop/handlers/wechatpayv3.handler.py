"""As examples/server/examples.py of wechatpayv3 2.0.4 has it, with WeChat Pay's public key as its README
sets it."""

from flask import Flask, jsonify, request
from shop import MERCHANT, open_shop
from wechatpayv3 import WeChatPay, WeChatPayType

public_key_id, public_key = next(iter(MERCHANT["platform"].items()))
wxpay = WeChatPay(
    wechatpay_type=WeChatPayType.NATIVE,
    mchid=MERCHANT["mchid"],
    private_key=MERCHANT["privateKey"],
    cert_serial_no=MERCHANT["serial"],
    apiv3_key=MERCHANT["v3Key"],
    appid=MERCHANT["appid"],
    public_key=public_key,
    public_key_id=public_key_id,
)
app = Flask(__name__)


@app.route("/notify", methods=["POST"])
def notify():
    result = wxpay.callback(request.headers, request.data)
    if result and result.get("event_type") == "TRANSACTION.SUCCESS":
        return jsonify({"code": "SUCCESS", "message": "成功"})
    return jsonify({"code": "FAILED", "message": "失败"}), 500


open_shop(app)
