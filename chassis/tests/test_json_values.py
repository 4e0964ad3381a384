"""JSON of free shape at the API: what cannot be stored is a 400 that says what, never a 500."""

import json

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

from chassis import error_handlers
from chassis.json_values import MAX_DEPTH, MAX_INTEGER, JsonObject, StorableText


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    settings: JsonObject
    name: StorableText = ""


@pytest.fixture(scope="module")
async def api():
    app = FastAPI()
    error_handlers.install(app, [])

    @app.post("/settings")
    async def write_settings(body: Body) -> dict[str, str]:
        return {"stored": json.dumps(body.settings)}

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def post(api, text):
    return await api.post("/settings", content=text, headers={"Content-Type": "application/json"})


REFUSED = {
    "NaN": ('{"settings": {"a": NaN}}', "finite_number"),
    "infinity": ('{"settings": {"a": [1e999]}}', "finite_number"),
    "a large integer": (f'{{"settings": {{"a": {MAX_INTEGER + 1}}}}}', "integer_too_large"),
    "a very large negative integer": ('{"settings": {"a": -1' + "0" * 300 + "}}", "integer_too_large"),
    "an integer of 5,000 digits": ('{"settings": {"a": ' + "9" * 5000 + "}}", None),
    "NUL": (r'{"settings": {"a": "x\u0000"}}', "text_not_storable"),
    "NUL in a key": (r'{"settings": {"b": {"a\u0000": 1}}}', "text_not_storable"),
    "half a surrogate pair": (r'{"settings": {"a": "\ud800"}}', "text_not_storable"),
    "half a surrogate pair in a key": (r'{"settings": {"\udfff": 1}}', "text_not_storable"),
    "half a surrogate pair in a member's name": (r'{"settings": {}, "\udfff": 1}', "string_unicode"),
    "NUL in a member": (r'{"settings": {}, "name": "\u0000"}', "text_not_storable"),
    "a long key": ('{"settings": {"' + "k" * 201 + '": 1}}', "key_too_long"),
    "depth": ('{"settings": {"a": ' + "[" * MAX_DEPTH + "]" * MAX_DEPTH + "}}", "json_too_large"),
    "a hundred thousand levels": ('{"settings": {"a": ' + "[" * 100_000 + "]" * 100_000 + "}}", None),
    "many values": ('{"settings": {"a": [' + "0," * 20_000 + "0]}}", "json_too_large"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_value_that_cannot_be_stored_is_a_400(api, name):
    text, code = REFUSED[name]
    response = await post(api, text)
    assert response.status_code == 400, response.text
    if code:
        assert [error["code"] for error in response.json()["errors"]] == [code]


@pytest.mark.parametrize("value", [MAX_INTEGER, -MAX_INTEGER, 1.5, True, None, "Ĉirkaŭ 😀\n", [], {"a": {}}])
async def test_every_other_value_is_taken_as_it_is(api, value):
    response = await post(api, json.dumps({"settings": {"a": value}}))
    assert json.loads(response.json()["stored"]) == {"a": value}


async def test_the_deepest_value_is_taken(api):
    nested = "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)
    assert (await post(api, '{"settings": {"a": ' + nested + "}}")).status_code == 200
