"""A server of the outside world that answers within the test's process."""

import asyncio

import pytest

from chassis.outbound import Outbound
from chassis.outbound.errors import TimedOutError
from chassis.outbound.requests import Reach, Request
from chassis.settings import Settings
from chassis.testing.in_process import answering

ORIGIN = "http://127.0.0.1:9"


@pytest.fixture
def outbound():
    settings = Settings(database_url="postgresql://nobody@127.0.0.1/none", outbound_seconds=0.3)
    return Outbound(settings)


def make_request(path="/items/a%20b?page=2", content=b"a body"):
    headers = {"Idempotency-Key": "k"}
    return Request("POST", f"{ORIGIN}{path}", 1_000, headers, content, reach=Reach.LOOPBACK)


async def test_the_application_gets_the_request_and_its_answer_is_the_response(outbound):
    async def app(scope, receive, send):
        body = (await receive())["body"]
        lines = [scope["method"], scope["path"], scope["query_string"].decode(), body.decode()]
        lines += [text.decode() for name, text in scope["headers"] if name in (b"host", b"idempotency-key")]
        await send({"type": "http.response.start", "status": 201, "headers": [(b"X-Known", b"yes")]})
        await send({"type": "http.response.body", "body": "|".join(lines).encode()})

    with answering({ORIGIN: app}):
        response = await outbound.send(make_request())
    assert (response.status, response.headers["x-known"]) == (201, "yes")
    assert response.body == b"POST|/items/a b|page=2|a body|127.0.0.1:9|k"


async def test_an_application_goes_on_when_its_caller_has_given_up(outbound):
    accepted = asyncio.Event()

    async def app(_, receive, send):
        await receive()
        assert (await receive())["type"] == "http.disconnect"
        accepted.set()
        await send({"type": "http.response.start", "status": 504, "headers": []})

    with answering({ORIGIN: app}), pytest.raises(TimedOutError):
        await outbound.send(make_request())
    await asyncio.wait_for(accepted.wait(), 5)
