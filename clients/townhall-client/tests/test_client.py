"""Both clients against a gateway that a test plays: pages, errors, retries, credentials, the deadline."""

import asyncio
import json
from types import SimpleNamespace
from urllib.parse import parse_qs

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from townhall_client import (
    ApiKey,
    AsyncTownhall,
    ClientSecret,
    PrivateKeyJwt,
    Problem,
    RetryPolicy,
    Townhall,
    UnreachableError,
)
from townhall_client.calls import COUNCIL, Call
from townhall_client.problems import InvalidRequest, NotAuthenticated, Unavailable
from townhall_client.webhooks import WebhookVerificationError, read_webhook

GATEWAY = "http://gateway.test"
QUICK = RetryPolicy(attempts=3, deadline=5, first_wait=0.001, longest_wait=0.002)
FAULT = {
    "type": "about:blank",
    "title": "Bad Request",
    "status": 400,
    "code": "invalid-request",
    "detail": "The case cannot be opened.",
    "errors": [{"field": "body.bin", "message": "must be a bin", "code": "enum"}],
    "way_out": "Choose a bin.",
}


def parse_page(response):
    body = response.json()
    return SimpleNamespace(items=body["items"], next_=body.get("next"))


LIST = Call("GET", f"{COUNCIL}casework/v1/cases", parse_page)
OPEN = Call(
    "POST", f"{COUNCIL}casework/v1/cases", httpx.Response.json, body={"json": {"a": 1}}, takes_key=True
)
REPORT = Call("POST", f"{COUNCIL}casework/open311/v2/requests.json", httpx.Response.json)


class Gateway:
    """Answers with what is in ``answers``, in turn, and keeps what it was sent."""

    def __init__(self, *answers):
        self.answers, self.requests = list(answers), []

    def __call__(self, request):
        request.read()
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Both:
    """Runs the sync client or the async one by the same calls."""

    def __init__(self, *, is_async):
        self.is_async = is_async

    def _open(self, gateway, credential, retries):
        transport = httpx.MockTransport(gateway)
        if self.is_async:
            http = httpx.AsyncClient(transport=transport)
            return AsyncTownhall(GATEWAY, "citytown", credential, retries=retries, http=http)
        http = httpx.Client(transport=transport)
        return Townhall(GATEWAY, "citytown", credential, retries=retries, http=http)

    def send(self, gateway, call, credential=None, retries=QUICK):
        townhall = self._open(gateway, credential, retries)
        if not self.is_async:
            return townhall.send(call)
        return asyncio.run(townhall.send(call))

    def items(self, gateway, call):
        townhall = self._open(gateway, None, QUICK)
        if not self.is_async:
            return list(townhall.items(call))

        async def collect():
            return [item async for item in townhall.items(call)]

        return asyncio.run(collect())


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def client(request):
    return Both(is_async=request.param)


def test_a_list_is_read_page_after_page(client):
    gateway = Gateway(
        httpx.Response(200, json={"items": [1, 2], "next": "c1"}),
        httpx.Response(200, json={"items": [3], "next": None}),
    )
    assert client.items(gateway, LIST) == [1, 2, 3]
    paths = [request.url.raw_path.decode() for request in gateway.requests]
    assert paths == ["/citytown/casework/v1/cases", "/citytown/casework/v1/cases?after=c1"]


def test_a_post_is_sent_again_with_its_key_and_body(client):
    gateway = Gateway(
        httpx.Response(503), httpx.ReadError("cut off"), httpx.Response(201, json={"reference": "R"})
    )
    assert client.send(gateway, OPEN) == {"reference": "R"}
    assert len({request.headers["Idempotency-Key"] for request in gateway.requests}) == 1
    assert {request.content for request in gateway.requests} == {b'{"a":1}'}


def test_a_key_of_ours_is_used(client):
    gateway = Gateway(httpx.Response(201, json={}))
    client.send(gateway, OPEN.once("form-4711"))
    assert gateway.requests[0].headers["Idempotency-Key"] == "form-4711"


def test_a_post_without_a_key_is_sent_once(client):
    gateway = Gateway(httpx.Response(503))
    with pytest.raises(Unavailable):
        client.send(gateway, REPORT)
    assert "Idempotency-Key" not in gateway.requests[0].headers
    with pytest.raises(ValueError, match="takes no Idempotency-Key"):
        REPORT.once("form-4711")


def test_who_was_not_reached_at_all_is_called_again(client):
    gateway = Gateway(httpx.ConnectError("refused"), httpx.Response(201, json={"id": 1}))
    assert client.send(gateway, REPORT) == {"id": 1}


def test_an_error_has_its_code_its_detail_and_its_fields(client):
    with pytest.raises(InvalidRequest) as caught:
        client.send(Gateway(httpx.Response(400, json=FAULT)), OPEN)
    problem = caught.value
    assert (problem.status, problem.code, problem.detail) == (400, FAULT["code"], FAULT["detail"])
    assert [(error.field, error.message, error.code) for error in problem.errors] == [
        ("body.bin", "must be a bin", "enum")
    ]
    assert problem.extra == {"way_out": "Choose a bin."}
    assert str(problem).splitlines()[1] == "  body.bin must be a bin"


@pytest.mark.parametrize(
    ("status", "body", "code", "detail"),
    [
        (422, {"json": {"code": "P0102", "description": "Invalid"}}, "P0102", "Invalid"),
        (500, {"text": "<html>out"}, "http-500", "<html>out"),
        (409, {"json": ["no map"]}, "http-409", '["no map"]'),
        (404, {}, "http-404", "Not Found"),
    ],
)
def test_errors_of_other_shapes_are_read_too(client, status, body, code, detail):
    with pytest.raises(Problem) as caught:
        client.send(Gateway(httpx.Response(status, **body)), OPEN, retries=RetryPolicy(attempts=1))
    assert (caught.value.code, caught.value.detail) == (code, detail)


def test_what_was_refused_for_now_is_waited_for(client):
    gateway = Gateway(
        httpx.Response(429, headers={"Retry-After": "0"}), httpx.Response(200, json={"items": []})
    )
    assert client.items(gateway, LIST) == []


def test_a_wait_beyond_the_deadline_is_an_error_at_once(client):
    gateway = Gateway(httpx.Response(429, headers={"Retry-After": "60"}, json={"code": "rate-limited"}))
    with pytest.raises(Problem) as caught:
        client.send(gateway, LIST)
    assert (caught.value.code, caught.value.retry_after) == ("rate-limited", 60)


def test_no_answer_by_the_last_attempt_is_an_error_of_its_own(client):
    gateway = Gateway(*[httpx.ReadTimeout("slow") for _ in range(3)])
    with pytest.raises(UnreachableError):
        client.send(gateway, OPEN)
    assert len(gateway.requests) == 3


async def test_an_answer_that_trickles_ends_at_the_deadline():
    async def trickle():
        while True:
            yield b" "
            await asyncio.sleep(0.01)

    def answer(request):
        return httpx.Response(200, content=trickle())

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    retries = RetryPolicy(deadline=0.1)
    townhall = AsyncTownhall(GATEWAY, "citytown", retries=retries, http=http)
    async with asyncio.timeout(2):
        with pytest.raises(UnreachableError):
            await townhall.send(LIST)


def make_token(text="t1"):
    return httpx.Response(200, json={"access_token": text, "expires_in": 600})


def empty_page():
    return httpx.Response(200, json={"items": []})


def test_a_secret_gets_a_token_that_is_used_until_near_its_end(client):
    now = [1000.0]
    credential = ClientSecret("app", "s3cret", scopes=["casework:act"], clock=lambda: now[0])
    gateway = Gateway(make_token(), empty_page(), empty_page(), make_token("t2"), empty_page())
    for _ in range(2):
        client.send(gateway, LIST, credential)
    now[0] += 541
    client.send(gateway, LIST, credential)
    form = parse_qs(gateway.requests[0].content.decode())
    assert (gateway.requests[0].url.path, form["client_secret"]) == ("/identity/token", ["s3cret"])
    assert (form["grant_type"], form["scope"]) == (["client_credentials"], ["casework:act"])
    authorizations = [request.headers.get("Authorization") for request in gateway.requests]
    assert authorizations == [None, "Bearer t1", "Bearer t1", None, "Bearer t2"]


def test_a_key_pair_signs_for_the_token_endpoint(client):
    key = ECKey.generate_key("P-256", {"kid": "k1"})
    credential = PrivateKeyJwt("app", key.as_dict(private=True), clock=lambda: 1000.0)
    gateway = Gateway(make_token(), empty_page())
    client.send(gateway, LIST, credential)
    form = parse_qs(gateway.requests[0].content.decode())
    token = jwt.decode(form["client_assertion"][0], key)
    assert token.header["kid"] == "k1"
    claims = token.claims
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("app", "app", f"{GATEWAY}/identity/token")
    assert claims["exp"] - claims["iat"] == 60


def test_a_token_that_is_refused_is_an_error(client):
    refusal = httpx.Response(401, json={"error": "invalid_client", "error_description": "Unknown client"})
    with pytest.raises(NotAuthenticated, match="invalid_client"):
        client.send(Gateway(refusal), LIST, ClientSecret("app", "wrong"))


def test_a_credential_is_not_shown_in_its_own_text():
    assert "k3y" not in repr(ApiKey("k3y"))
    assert "s3cret" not in repr(ClientSecret("app", "s3cret"))


def test_a_webhook_of_somebody_else_is_refused():
    headers = {"Webhook-Id": "m1", "Webhook-Timestamp": "1", "Webhook-Signature": "v1,AAAA"}
    with pytest.raises(WebhookVerificationError):
        read_webhook("whsec_" + "QUFB" * 8, headers, json.dumps({}).encode())
