"""Calls to servers that clients name: they lead nowhere inside, and end."""

import asyncio

import httpcore
import pytest

from chassis.outbound import Outbound, OutboundError
from chassis.outbound.errors import CertificateError
from chassis.settings import Settings
from chassis.testing.servers import HOST, Names, Server, listening, trusting

MOST = 1_000


@pytest.fixture(scope="module")
def settings(authority):
    return trusting(Settings(database_url="postgresql://none"), authority, outbound_attempts=1)


@pytest.fixture
def at_home(settings):
    return Outbound(settings, Names(["127.0.0.1"]))


@pytest.fixture
def outside(settings):
    """Calls as they are made where clients are strangers."""

    def make(*turns):
        return Outbound(settings.model_copy(update={"outbound_private": False}), Names(*turns))

    return make


async def get(outbound, url):
    return await outbound.get(url, accept="application/json", max_bytes=MOST)


async def test_a_servers_response_is_read(at_home, server):
    server.body = b"[1]"
    assert await get(at_home, server.url) == b"[1]"
    [request] = server.requests
    assert f"Host: {HOST}:{server.port}".encode() in request
    assert b"ookie" not in request


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::1"], []])
async def test_a_name_that_leads_inside_is_not_called(outside, server, addresses):
    with pytest.raises(OutboundError, match="not public"):
        await get(outside(addresses), server.url)
    assert server.requests == []


async def test_the_name_is_looked_up_once_and_that_address_is_called(settings, server, authority):
    """DNS rebinding: the second answer, which would lead elsewhere, is never asked for."""
    second_server = Server()
    async with listening(second_server, authority.tls):
        names = Names(["127.0.0.1"], ["127.0.0.2"])
        await get(Outbound(settings, names), server.url)
    assert (names.lookups, len(server.requests), second_server.requests) == (1, 1, [])


async def test_only_the_address_that_was_checked_is_called(outside, monkeypatch):
    called = []

    async def connect(self, host, port, *_):
        called.append(host)
        raise httpcore.ConnectError

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect)
    with pytest.raises(OutboundError, match="cannot be reached"):
        await get(outside(["8.8.8.8"], ["127.0.0.1"]), f"https://{HOST}/")
    assert called == ["8.8.8.8"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("place", ["https://127.0.0.1/", "http://169.254.169.254/latest/", "/elsewhere"])
async def test_no_redirect_is_followed(at_home, server, status, place):
    server.status, server.headers = status, {"Location": place}
    with pytest.raises(OutboundError, match="redirects are not followed"):
        await get(at_home, server.url)
    assert len(server.requests) == 1


async def test_a_form_is_posted_and_an_empty_response_accepted(at_home, server):
    server.status, server.body = 204, b""
    assert await at_home.post(server.url, b"logout_token=x", max_bytes=MOST) == b""
    assert b"Content-Length: 14" in server.requests[0]
    assert server.requests[0].startswith(b"POST /keys ")


@pytest.mark.parametrize("status", [400, 404, 500])
async def test_an_error_is_an_error(at_home, server, status):
    server.status = status
    with pytest.raises(OutboundError, match=str(status)):
        await get(at_home, server.url)


@pytest.mark.parametrize("length", [None, "9999999", "10"])
async def test_a_response_that_is_too_large_is_not_read(at_home, server, length):
    server.body, server.headers = b"x" * (MOST + 1), {"Content-Length": length}
    if length == "10":  # says less than it sends: only that is read
        assert await get(at_home, server.url) == b"x" * 10
    else:
        with pytest.raises(OutboundError, match=r"more than|answer does not hold"):
            await get(at_home, server.url)


async def test_a_slow_server_is_left_after_the_time_for_all_of_it(settings, server):
    """Slow loris: every byte comes soon enough, all of them never do."""
    server.body, server.pause = b"x" * 500, 0.05
    quick = Outbound(settings.model_copy(update={"outbound_seconds": 0.5}), Names(["127.0.0.1"]))
    started = asyncio.get_running_loop().time()
    with pytest.raises(OutboundError, match=r"within 0\.5 seconds"):
        await get(quick, server.url)
    assert asyncio.get_running_loop().time() - started < 1.5


async def test_a_slow_name_server_is_left_too(settings):
    async def never(host, port):
        await asyncio.sleep(60)

    quick = Outbound(settings.model_copy(update={"outbound_seconds": 0.2}), never)
    with pytest.raises(OutboundError, match=r"within 0\.2 seconds"):
        await get(quick, f"https://{HOST}/")


async def test_a_certificate_of_another_name_or_of_a_stranger_is_refused(at_home, server, settings):
    for outbound, url in (
        (at_home, server.url.replace(HOST, "other.citytown.gov.uk")),
        (Outbound(settings.model_copy(update={"outbound_ca": ""}), Names(["127.0.0.1"])), server.url),
    ):
        with pytest.raises(CertificateError, match="certificate"):
            await get(outbound, url)


async def test_only_https_is_called(at_home, server):
    with pytest.raises(OutboundError, match="https"):
        await get(at_home, f"http://{HOST}:{server.port}/")


async def test_a_name_that_is_not_found_is_reported_as_such(settings):
    async def nowhere(host, port):
        raise OSError("no such host")

    with pytest.raises(OutboundError, match="not found"):
        await get(Outbound(settings, nowhere), f"https://{HOST}/")
