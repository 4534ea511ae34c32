"""What every handler gets, as shop.mjs has it."""

import json
import os

from werkzeug.serving import make_server

MERCHANT = json.loads(os.environ["WXPAY_HANDLER_MERCHANT"])


def open_shop(app):
    """Listens on a free port and prints it."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    print(server.server_port, flush=True)
    server.serve_forever()
