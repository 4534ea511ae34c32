"""What schemathesis is to do otherwise than by itself, and why."""

import itertools

import schemathesis

NUMBERS = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    """Uses an Idempotency-Key once, as a backend does, but for every eighth.

    Its own are few, and from the second use on nothing would be heard but 409.
    """
    key = (case.headers or {}).get("Idempotency-Key")
    number = next(NUMBERS)
    if key and key.isascii() and key.isprintable() and len(key) < 200 and number % 8:
        case.headers["Idempotency-Key"] = f"{key.strip()}-{number}"


@schemathesis.hook
def map_body(context, body):
    """Writes whole numbers without a fraction.

    To JSON Schema 8800.0 is whole; the Worker reads no floats where money is, and refuses it. The
    description says so in words, for the schema can not.
    """
    return whole(body)


def whole(value):
    if isinstance(value, dict):
        return {name: whole(child) for name, child in value.items()}
    if isinstance(value, list):
        return [whole(child) for child in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
