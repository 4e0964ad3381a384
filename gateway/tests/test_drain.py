"""Stopping Envoy: with a drain before it no request is cut off."""

import signal
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from gateway.__main__ import main

SLOW = "/citytown/address/v1/addresses/slow"  # the upstream takes 0.8 s


@pytest.fixture
def own_proxy(start_proxy):
    """An Envoy that the test may stop."""
    return start_proxy()


@pytest.fixture
def in_flight(own_proxy, eventually):
    """A request that the upstream is answering."""
    with ThreadPoolExecutor(1) as pool:
        request = pool.submit(own_proxy.send, SLOW, headers=own_proxy.key())
        eventually(lambda: own_proxy.counter("cluster.address.upstream_rq_active"))
        yield request


def terminate(proxy):
    proxy.process.send_signal(signal.SIGTERM)
    assert proxy.process.wait(10) == 0


def test_a_drained_envoy_has_answered_everything_before_it_is_stopped(
    own_proxy, in_flight, monkeypatch, capsys
):
    monkeypatch.setenv("GATEWAY_ADMIN_PORT", str(own_proxy.settings.admin_port))
    assert main(["drain", "--wait", "0.1"]) == 0
    with httpx.Client(base_url=own_proxy.url, trust_env=False) as client:  # it keeps its connections
        answer = client.get("/health")
    assert (answer.status_code, answer.headers["connection"]) == (200, "close")
    terminate(own_proxy)
    assert in_flight.result().status_code == 200
    assert capsys.readouterr().out == "drained\n"


def test_a_drain_that_takes_too_long_says_what_is_left(own_proxy, in_flight, monkeypatch, capsys):
    monkeypatch.setenv("GATEWAY_ADMIN_PORT", str(own_proxy.settings.admin_port))
    assert main(["drain", "--wait", "0", "--timeout", "0.1"]) == 1
    assert capsys.readouterr().out == "1 requests are left\n"
    assert in_flight.result().status_code == 200


def test_an_envoy_that_is_not_drained_cuts_requests_off(own_proxy, in_flight):
    terminate(own_proxy)
    with pytest.raises(httpx.TransportError):
        in_flight.result()


def test_without_envoy_a_drain_is_a_message(monkeypatch, capsys):
    monkeypatch.setenv("GATEWAY_ADMIN_PORT", "1")
    assert main(["drain"]) == 1
    assert "admin at port 1 does not answer" in capsys.readouterr().err
