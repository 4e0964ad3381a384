"""Bodies that flow through: operations with ``x-limits: {"stream": true}``."""

import time

import httpx
import psutil
import pytest

PATH = "/citytown/address/v1/uploads"
MEGABYTE = b"x" * 1_000_000


@pytest.fixture
def service(upstream):
    """The upstream, counting from nothing."""
    upstream.taken = 0
    yield upstream
    upstream.most = None


@pytest.fixture
def resident(proxy):
    """Bytes of memory Envoy holds."""
    process = psutil.Process(proxy.process.pid)
    return lambda: process.memory_info().rss


def test_a_stream_flows_on_before_it_is_whole(proxy, service, eventually):
    def halves():
        yield MEGABYTE
        eventually(lambda: service.taken > 500_000)
        yield MEGABYTE

    answer = proxy.ask(PATH, "POST", headers=proxy.key(), content=halves())
    assert (answer.status_code, answer.json()["body"]) == (200, 2_000_000)


def test_envoys_memory_does_not_grow_by_a_streams_body(proxy, service, resident):
    assert proxy.ask(PATH, "POST", headers=proxy.key(), content=MEGABYTE).status_code == 200
    before, most = resident(), 0

    def megabytes():
        nonlocal most
        for _ in range(30):
            yield MEGABYTE
            most = max(most, resident() - before)

    answer = proxy.ask(PATH, "POST", headers=proxy.key(), content=megabytes())
    assert answer.json()["body"] == 30_000_000
    assert max(most, resident() - before) < 8_000_000


def test_a_stream_with_a_length_arrives_whole_too(proxy, service):
    content = MEGABYTE * 5
    assert proxy.ask(PATH, "POST", headers=proxy.key(), content=content).json()["body"] == 5_000_000


def test_another_method_of_the_path_is_held_until_whole(proxy):
    assert proxy.ask(PATH, "PUT", headers=proxy.key(), content=b"x" * 1_100_000).status_code == 413


@pytest.mark.parametrize("content", [MEGABYTE * 5, [MEGABYTE] * 5], ids=["declared", "chunked"])
def test_the_services_refusal_in_the_middle_reaches_the_client(proxy, service, content):
    service.most = 300_000
    content = iter(content) if isinstance(content, list) else content
    answer = proxy.ask(PATH, "POST", headers=proxy.key(), content=content)
    assert (answer.status_code, answer.text) == (413, "no more")


def test_a_stranger_is_refused_before_anything_flows(proxy, service):
    answer = proxy.ask(PATH, "POST", content=MEGABYTE)
    assert (answer.status_code, service.taken) == (401, 0)


def test_a_stream_that_takes_too_long_to_arrive_is_given_up(proxy, service):
    def dripping():
        for _ in range(100):
            time.sleep(0.1)
            yield b"x"

    began = time.monotonic()
    try:
        answer = proxy.ask(f"{PATH}/brief", "POST", headers=proxy.key(), content=dripping())
        assert (answer.status_code, answer.json()["code"]) == (408, "request-timeout")
    except httpx.WriteError:  # the answer was lost to what was still being sent
        assert proxy.lines(f"{PATH}/brief")[-1]["status"] == 408
    assert time.monotonic() - began < 5


def test_a_stream_is_never_sent_twice(make_proxy, proxy):
    away = make_proxy(upstreams=proxy.settings.upstreams | {"address": "127.0.0.1:1"})
    assert away.ask(PATH, "POST", headers=away.key(), content=b"x").status_code == 503
    assert away.figure("cluster.address.upstream_rq_retry") == 0
