"""Casework's API of case types behind a transport: what ships is the library's, what is put is kept."""

import json
from pathlib import Path

import httpx
from ruamel.yaml import YAML

from townhall_client import AsyncTownhall, RetryPolicy

ROOT = Path(__file__).parents[4]
LIBRARY = ROOT / "services" / "casework" / "src" / "casework" / "case_types" / "library"


class FakeCasework:
    """Versions by (code, number). ``refusal``: the answer to the next PUT; ``is_down``: no answer at all."""

    def __init__(self):
        self.versions, self.published, self.refusal, self.is_down = {}, {}, None, False

    def answer(self, request):
        if self.is_down:
            raise httpx.ConnectError("down")
        code, place, *rest = request.url.path.partition("/case-types/")[2].split("/")
        if place == "shipped":
            return httpx.Response(200, json=ship(code))
        if request.method == "PUT":
            if self.refusal:
                return httpx.Response(400, json=self.refusal)
            self.versions[code, rest[0]] = json.loads(request.content)
        if request.method == "POST":
            assert request.headers["If-Match"] == '"1"'
            self.published[code] = rest[0]
        if (code, rest[0]) not in self.versions:
            return httpx.Response(404, json={"code": "not-found", "detail": "There is none."})
        state = "published" if self.published.get(code) == rest[0] else "draft"
        return httpx.Response(200, json={"version": 1, "state": state, "fields_schema": schema_of(code)})

    def open(self):
        http = httpx.AsyncClient(transport=httpx.MockTransport(self.answer))
        return AsyncTownhall("http://gateway", "citytown", retries=RetryPolicy(attempts=1), http=http)


def read_type(code):
    return YAML(typ="safe", pure=True).load((LIBRARY / f"{code}.yaml").read_text())


def schema_of(code):
    return {"properties": {name: {} for name in read_type(code)["fields"]}}


def ship(code):
    document = read_type(code)
    parameters = {
        name: {**keys, "minimum": keys.get("min"), "maximum": keys.get("max")}
        for name, keys in document["parameters"].items()
    }
    lines = {
        name: {"by": keys.get("by", "")}
        for name, keys in document.get("fee", {}).get("lines", {}).items()
        if "amount" in keys
    }
    return {
        "number": document["version"],
        "digest": "of the text",
        "declared_parameters": parameters,
        "declared_lines": lines,
        "fields_schema": schema_of(code),
    }
