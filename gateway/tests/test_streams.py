"""Streams: bodies of operations with ``x-limits: {"stream": true}``."""

import time

import httpx
import psutil
import pytest

PATH = "/citytown/address/v1/uploads"
MEGABYTE = b"x" * 1_000_000


@pytest.fixture
def resident_memory(proxy):
    """Measure the bytes of memory that Envoy holds."""
    process = psutil.Process(proxy.process.pid)
    return lambda: process.memory_info().rss


def test_a_stream_is_forwarded_before_it_is_complete(proxy, upstream, eventually):
    def halves():
        yield MEGABYTE
        eventually(lambda: upstream.received > 500_000)
        yield MEGABYTE

    response = proxy.send(PATH, "POST", headers=proxy.key(), content=halves())
    assert (response.status_code, response.json()["body"]) == (200, 2_000_000)


def test_envoys_memory_does_not_grow_by_a_streams_body(proxy, upstream, resident_memory):
    assert proxy.send(PATH, "POST", headers=proxy.key(), content=MEGABYTE).status_code == 200
    before, peak = resident_memory(), 0

    def megabytes():
        nonlocal peak
        for _ in range(30):
            yield MEGABYTE
            peak = max(peak, resident_memory() - before)

    response = proxy.send(PATH, "POST", headers=proxy.key(), content=megabytes())
    assert response.json()["body"] == 30_000_000
    assert max(peak, resident_memory() - before) < 8_000_000


def test_a_stream_with_a_content_length_arrives_whole(proxy, upstream):
    content = MEGABYTE * 5
    assert proxy.send(PATH, "POST", headers=proxy.key(), content=content).json()["body"] == 5_000_000


def test_another_method_of_the_path_is_buffered_and_limited(proxy):
    assert proxy.send(PATH, "PUT", headers=proxy.key(), content=b"x" * 1_100_000).status_code == 413


@pytest.mark.parametrize("content", [MEGABYTE * 5, [MEGABYTE] * 5], ids=["declared", "chunked"])
def test_a_refusal_in_the_middle_of_a_stream_reaches_the_client(proxy, upstream, content):
    upstream.body_limit = 300_000
    content = iter(content) if isinstance(content, list) else content
    response = proxy.send(PATH, "POST", headers=proxy.key(), content=content)
    assert (response.status_code, response.text) == (413, "no more")


def test_a_request_without_a_credential_is_refused_before_its_stream_is_forwarded(proxy, upstream):
    response = proxy.send(PATH, "POST", content=MEGABYTE)
    assert (response.status_code, upstream.received) == (401, 0)


def test_a_stream_that_takes_too_long_ends_in_a_timeout(proxy, upstream):
    def slow_content():
        for _ in range(100):
            time.sleep(0.1)
            yield b"x"

    started = time.monotonic()
    try:
        response = proxy.send(f"{PATH}/brief", "POST", headers=proxy.key(), content=slow_content())
        assert (response.status_code, response.json()["code"]) == (408, "request-timeout")
    except httpx.WriteError:  # the client was still sending and lost the answer
        assert proxy.log_lines(f"{PATH}/brief")[-1]["status"] == 408
    assert time.monotonic() - started < 5


def test_a_stream_is_never_sent_twice(strict):
    before = strict.counter("cluster.payments.upstream_rq_retry")
    path = "/citytown/payments/v1/statements"
    headers = strict.key(client_id="streaming")
    assert strict.send(path, "POST", headers=headers, content=b"x").status_code == 503
    assert strict.counter("cluster.payments.upstream_rq_retry") - before == 0
