"""A local WeChat in pytest: the fixture comes with the plugin, nothing is imported."""

import hashlib
import hmac
import re
import urllib.request

import pytest


class Shop:
    """Orders by API V2. Stands for your code."""

    def __init__(self, env):
        self.env = env

    def order(self, out_trade_no, total_fee, notify_url="http://127.0.0.1:9/notify"):
        """统一下单, NATIVE."""
        return self.ask("/pay/unifiedorder", {
            "body": "tea",
            "notify_url": notify_url,
            "out_trade_no": out_trade_no,
            "product_id": "tea",
            "spbill_create_ip": "203.0.113.7",
            "total_fee": total_fee,
            "trade_type": "NATIVE",
        })

    def query(self, out_trade_no):
        """查询订单."""
        return self.ask("/pay/orderquery", {"out_trade_no": out_trade_no})

    def ask(self, path, fields):
        fields = {
            **fields,
            "appid": self.env["WXPAY_APPID"],
            "mch_id": self.env["WXPAY_MCHID"],
            "nonce_str": "n",
            "sign_type": "HMAC-SHA256",
        }
        key = self.env["WXPAY_API_V2_KEY"]
        text = "&".join(f"{name}={fields[name]}" for name in sorted(fields)) + f"&key={key}"
        fields["sign"] = hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest().upper()
        body = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
        request = urllib.request.Request(self.env["WXPAY_BASE_URL"] + path, f"<xml>{body}</xml>".encode())
        with urllib.request.urlopen(request) as answer:
            text = answer.read().decode()
        return dict(re.findall(r"<(\w+)><!\[CDATA\[(.*?)\]\]>", text))


@pytest.fixture
def shop(wxpay_sandbox):
    return Shop(wxpay_sandbox.env)


def test_an_order_is_paid(wxpay_sandbox, shop):
    assert shop.order("PYTEST-1", 990)["result_code"] == "SUCCESS"
    assert shop.query("PYTEST-1")["trade_state"] == "NOTPAY"
    wxpay_sandbox.pay("PYTEST-1")
    assert shop.query("PYTEST-1")["trade_state"] == "SUCCESS"


def test_nothing_is_left_of_the_test_before(shop):
    assert shop.query("PYTEST-1")["err_code"] == "ORDERNOTEXIST"


def test_a_shop_that_nobody_can_reach_is_told_on_the_ladder(wxpay_sandbox, shop):
    shop.order("PYTEST-2", 1)
    wxpay_sandbox.faults(notify="lost")
    wxpay_sandbox.pay("PYTEST-2")
    wxpay_sandbox.advance(2 * 24 * 60 * 60)
    tries = wxpay_sandbox.order("PYTEST-2")["notifications"]
    assert [notice["outcome"] for notice in tries] == ["lost"] * 16
