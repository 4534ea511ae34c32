"""The Python drivers' half of the conversation in ../harness/driver.mjs: a line of JSON in, a line of
JSON out."""

import json
import sys


class WeChatSaidNo(Exception):
    """WeChat said no, and the SDK says so: HTTP status and WeChat's code."""

    def __init__(self, status, code):
        super().__init__(status, code)
        self.said = {"status": status, "code": code}


def answered(open_client, clients, client, call, args):
    try:
        if call == "open":
            clients[client] = open_client(**args)
            return {"ok": {}}
        # What all clients of a process share is this one's now.
        getattr(clients[client], "use", lambda: None)()
        work = getattr(clients[client], call, None)
        return {"ok": work(args)} if work else {"none": True}
    except WeChatSaidNo as no:
        return {"no": no.said}
    except Exception as error:
        return {"sdk": f"{type(error).__name__}: {error}"}


def talk(open_client):
    """Answers each line until there are no more."""
    clients = {}
    for line in sys.stdin:
        print(json.dumps(answered(open_client, clients, **json.loads(line))), flush=True)
