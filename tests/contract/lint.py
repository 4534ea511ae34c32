"""Fails unless openapi.yaml is OpenAPI 3.1 and every example in it keeps its own schema.

    python tests/contract/lint.py openapi.yaml
"""

import json
import sys
from urllib.parse import quote

import jsonschema_rs
import schemathesis
import yaml
from schemathesis.config import SchemathesisConfig


def main(path):
    # By the schema that the OpenAPI Initiative publishes, which schemathesis carries with it.
    schemathesis.openapi.from_path(path, config=SchemathesisConfig()).validate()
    with open(path, encoding="utf-8") as file:
        document = yaml.load(file, Strict)
    found = list(places(document, "#"))
    wrong = [text for pointer, node in found for text in complaints(document, pointer, node)]
    wrong += unused(document, set(references(document)))
    print("\n".join(wrong) if wrong else f"{len(found)} places with a schema and examples")
    return 1 if wrong or not found else 0


class Strict(yaml.SafeLoader):
    """Refuses a key that is there twice: of two descriptions of a thing one would be lost."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key) for key, _ in node.value]
        for (key, _), name in zip(node.value, keys):
            if keys.count(name) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"{name} twice", key.start_mark)
        return super().construct_mapping(node, deep)


def places(node, pointer):
    """Whatever has a schema and, beside it, an example: media types, parameters, headers."""
    if isinstance(node, dict):
        if "schema" in node and ("example" in node or "examples" in node):
            yield pointer, node
        for key, child in node.items():
            yield from places(child, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from places(child, f"{pointer}/{index}")


def complaints(document, pointer, node):
    # A schema of its own that only points into the document: so `$ref`s are followed in it.
    registry = jsonschema_rs.Registry(
        [("urn:openapi", {"$schema": "https://json-schema.org/draft/2020-12/schema", **document})]
    )
    validator = jsonschema_rs.Draft202012Validator(
        {"$ref": f"urn:openapi{quote(pointer, safe='#/~')}/schema"}, registry=registry, validate_formats=True
    )
    for name, value in examples(document, node):
        # The schema of a text in XML describes what the text says, not that it is a text.
        if "xml" in pointer and isinstance(value, str):
            continue
        # One line of many; its schema is of what it says.
        if "ndjson" in pointer:
            value = json.loads(value)
        for error in validator.iter_errors(value):
            yield f"{pointer}, example {name}: {error.message}"


def examples(document, node):
    if "example" in node:
        yield "example", node["example"]
    for name, example in node.get("examples", {}).items():
        if "$ref" in example:
            example = lookup(document, example["$ref"])
        yield name, example["value"]


def lookup(document, reference):
    node = document
    for part in reference.removeprefix("#/").split("/"):
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return node


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for child in node.values():
            yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)


def unused(document, used):
    """A component that nothing points to is forgotten, or its use is."""
    for kind, components in document["components"].items():
        # Security is named, not referred to.
        for name in components if kind != "securitySchemes" else ():
            if f"#/components/{kind}/{name}" not in used:
                yield f"#/components/{kind}/{name} is used nowhere"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
