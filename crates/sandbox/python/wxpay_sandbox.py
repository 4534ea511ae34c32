"""A local WeChat for tests in Python: the pytest fixture ``wxpay_sandbox``, or ``start()`` by hand.

The program is ``WXPAY_SANDBOX_BIN``, or ``wxpay-sandbox`` on PATH. Only the standard library is used.
"""

import json
import os
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import pytest

#: Seconds that a call of the control API may take; a moved clock waits for the merchant's acks.
PATIENCE = 120

# What is on loopback needs no proxy, whatever the environment says.
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


class SandboxError(Exception):
    """The sandbox refused, in its own words."""


class Sandbox:
    """A running sandbox. Its control API is described at ``url + "/sandbox/openapi.yaml"``."""

    def __init__(self, process, addresses):
        self._process = process
        #: Base addresses: ``gateway``, ``wechat``, ``phone``, ``desktop``, and WeChat's own pages.
        self.addresses = addresses
        #: The gateway: the base address for your SDK.
        self.url = addresses["gateway"]
        #: 商户资料 as environment variables.
        self.env = self.get("env")

    def get(self, path):
        """``GET /sandbox/{path}``."""
        return self._ask("GET", path)

    def post(self, path, body=None):
        """``POST /sandbox/{path}``."""
        return self._ask("POST", path, body or {})

    def order(self, out_trade_no):
        """One order, with its notifications and messages."""
        return self.get("orders/" + urllib.parse.quote(out_trade_no, safe=""))

    def pay(self, out_trade_no, **buyer):
        """Somebody pays, without a page; the notification leaves at once."""
        return self.post("orders/" + urllib.parse.quote(out_trade_no, safe="") + "/pay", buyer)

    def notify(self, out_trade_no, times=1):
        """The notification of its payment again, so many times at once; returns the acks."""
        path = "orders/" + urllib.parse.quote(out_trade_no, safe="") + "/notify"
        return self.post(path, {"times": times})["acks"]

    def faults(self, **changes):
        """Faults that stay until changed back: ``faults(notify="lost")``."""
        return self.post("faults", changes)

    def advance(self, seconds):
        """Moves the clock, stopping at each notification due on the way."""
        return self.post("clock", {"advance_seconds": seconds})["now"]

    def reset(self):
        """Forgets orders, codes, faults, clock and clients."""
        return self.post("reset")

    def stop(self):
        """Ends it and waits for that."""
        self._process.terminate()
        self._process.communicate()

    def _ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(f"{self.url}/sandbox/{path}", data, headers, method=method)
        try:
            with _open(request, timeout=PATIENCE) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            raise SandboxError(f"{method} /sandbox/{path}: {refused.read().decode()}") from None


def start(*flags):
    """Starts one on free ports with more flags of ``wxpay-sandbox --help``."""
    program = os.environ.get("WXPAY_SANDBOX_BIN") or "wxpay-sandbox"
    ports = ["--port=0", "--wechat-port=0", "--phone-port=0", "--desktop-port=0"]
    command = [program, "--json", *ports, "--seed=1", *flags]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    if not line:
        raise SandboxError(f"{program} did not start: exit code {process.wait()}")
    return Sandbox(process, json.loads(line))


@pytest.fixture(scope="session")
def wxpay_sandbox_process():
    """One program for all tests of a run."""
    sandbox = start()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def wxpay_sandbox(wxpay_sandbox_process):
    """The sandbox, with nothing of the test before in it."""
    wxpay_sandbox_process.reset()
    return wxpay_sandbox_process
