"""What a request may name and where it may be redirected; what its errors, logs and metrics say."""

import logging
import traceback

import pytest
from opentelemetry import context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import REGISTRY

from chassis.outbound import Outbound, Request, errors
from chassis.settings import Settings
from chassis.testing.servers import HOST, Answer, Names, Server, listening, trusting

SECRET = "s3cret-of-a-council"


def redirect(location, status=302):
    return Answer(status, headers={"Location": location})


async def test_redirects_are_followed_for_a_caller_that_asks(make_outbound, server):
    server.answers = [redirect("/other?x=1"), redirect(server.url)]
    headers = {"Authorization": f"Bearer {SECRET}"}
    response = await make_outbound().send(Request("GET", server.url, 100, headers, redirects=2))
    assert response.status == 200
    assert [request.split(b" ")[1] for request in server.requests] == [b"/keys", b"/other?x=1", b"/keys"]
    assert all(SECRET.encode() in request for request in server.requests)  # it is the same origin


async def test_a_redirect_loop_ends(make_outbound, server):
    server.status, server.headers = 307, {"Location": server.url}
    with pytest.raises(errors.TooManyRedirectsError, match="more than 3 times"):
        await make_outbound().send(Request("GET", server.url, 100, redirects=3))
    assert len(server.requests) == 4


async def test_credentials_do_not_follow_a_redirect_to_another_origin(make_outbound, server, authority):
    async with listening(Server(), authority.tls) as other:
        server.answers = [redirect(other.url)]
        headers = {"authorization": f"Bearer {SECRET}", "Cookie": SECRET, "X-Trace": "1"}
        await make_outbound().send(Request("GET", server.url, 100, headers, redirects=1))
    [request] = other.requests
    assert SECRET.encode() not in request
    assert b"X-Trace: 1" in request


@pytest.mark.parametrize(
    "location",
    [f"http://{HOST}/", "file:///etc/passwd", "https://a@b/", "https://[", "//\\evil"],
)
async def test_a_redirect_leads_nowhere_that_a_first_call_may_not(make_outbound, server, location):
    server.answers = [redirect(location)]
    with pytest.raises(errors.ForbiddenTargetError):
        await make_outbound().send(Request("GET", server.url, 100, redirects=1))


async def test_the_addresses_of_a_redirect_are_checked(authority, server, monkeypatch):
    """A server of a test is at this machine, so here 127.0.0.1 is public, and 127.0.0.2 is not."""
    monkeypatch.setattr("chassis.outbound.addresses.is_public", lambda address: address == "127.0.0.1")
    settings = trusting(Settings(database_url="postgresql://none"), authority, outbound_private=False)
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    server.answers = [redirect("/inside")]
    with pytest.raises(errors.ForbiddenTargetError, match="not public"):
        await Outbound(settings, names).send(Request("GET", server.url, 100, redirects=1))
    assert (names.lookups, len(server.requests)) == (2, 1)


def test_a_post_follows_no_redirect():
    with pytest.raises(ValueError, match="only GET and HEAD"):
        Request("POST", "https://a.example/", 100, redirects=1)


@pytest.mark.parametrize("value", [f"{SECRET}\r\nX: 1", f"{SECRET}\x00", f"{SECRET}é"])
async def test_a_secret_that_is_no_header_is_in_no_error_and_no_log(make_outbound, server, caplog, value):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(errors.InvalidRequestError) as error:
        await make_outbound().get(server.url, accept="*/*", max_bytes=100, bearer=value)
    text = "".join(traceback.format_exception(error.value)) + error.value.explain() + caplog.text
    assert SECRET not in text
    assert HOST in error.value.explain()


async def test_an_error_names_the_host_and_no_path_query_or_header(make_outbound, server):
    server.cut_after = 3
    uri = f"{server.url}/{SECRET}?token={SECRET}"
    request = Request("POST", uri, 100, {"X-Key": SECRET}, SECRET.encode())
    with pytest.raises(errors.BrokenResponseError) as error:
        await make_outbound().send(request)
    text = "".join(traceback.format_exception(error.value)) + error.value.explain() + repr(request)
    assert SECRET not in text
    assert error.value.explain().startswith(f"{HOST} broke off")


async def test_the_trace_goes_on_at_the_other_server(make_outbound, server):
    parent = TraceContextTextMapPropagator().extract({"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"})
    token = context.attach(parent)
    try:
        await make_outbound().send(Request("GET", server.url, 100))
    finally:
        context.detach(token)
    assert b"traceparent: 00-" + b"a" * 32 in server.requests[0]


def count_calls():
    labels = {"http_request_method": "GET", "outcome": "2xx"}
    return REGISTRY.get_sample_value("http_client_request_duration_seconds_count", labels) or 0


async def test_calls_are_measured_without_the_name_of_a_host(make_outbound, server):
    before = count_calls()
    await make_outbound().send(Request("GET", server.url, 100))
    assert count_calls() == before + 1


@pytest.mark.parametrize(
    "uri",
    [
        "https://",
        "https:///path",
        "https://a.example:0/",
        "https://a.example:99999/",
        "https://user@a.example/",
        "https://a.example\\@b.example/",
        "https://a.example/ x",
        "https://ä.example/",
        "https://[::1/",
        "https://a.example/" + "x" * 5_000,
        "ftp://a.example/",
    ],
)
async def test_a_uri_that_two_parsers_could_read_differently_is_refused(make_outbound, uri):
    with pytest.raises(errors.ForbiddenTargetError):
        await make_outbound().send(Request("GET", uri, 100))


def test_an_ipv6_host_is_written_with_brackets():
    assert Request("GET", "https://[2606:4700::1]:8443/x?y=1#z", 1).parse_target() == (
        "https", "2606:4700::1", 8443, "/x?y=1",
    )  # fmt: skip
    assert Request("GET", "https://[2606:4700::1]/", 1).parse_target().authority == "[2606:4700::1]"
