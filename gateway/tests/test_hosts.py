"""Two hosts of one service: who gets the requests while one of them starts, stops or fails."""

import time
from contextlib import ExitStack

import httpx
import pytest

from dev.ports import free_port
from gateway.identity_client import IdentityClient
from gateway.settings import Settings

PATH = "/citytown/address/v1/addresses"
READY = "/health/ready"


class Host:
    """One of the service's hosts, which says its port; it can be stopped, and say that it is not ready."""

    def __init__(self, upstream):
        self.upstream = upstream
        self.port = free_port()
        self.running = ExitStack()
        self.upstream.handlers[PATH] = lambda _: (200, str(self.port).encode(), {})

    def start(self):
        self.running.enter_context(self.upstream.serving(self.port))

    def stop(self):
        self.running.close()

    def say_ready(self, status):
        self.upstream.handlers[READY] = lambda _: (status, b"", {})


@pytest.fixture(scope="module")
def hosts(running_upstream):
    hosts = [Host(type(running_upstream)()) for _ in range(2)]
    yield hosts
    for host in hosts:
        host.stop()


@pytest.fixture(scope="module")
def pair(start_proxy, running_upstream, hosts):
    """A gateway before both hosts, of which it saw none at its start."""
    everyone = dict.fromkeys(("payments", "casework", "mapping", "identity"), running_upstream.port)
    upstreams = {name: f"127.0.0.1:{port}" for name, port in everyone.items()}
    upstreams["address"] = ",".join(f"127.0.0.1:{host.port}" for host in hosts)
    return start_proxy(upstreams=upstreams, address_rate=10_000, credential_rate=10_000)


@pytest.fixture
def gateway_of_two(pair, hosts, eventually, wait_for_healthy):
    """The gateway, when both hosts get requests."""
    for host in hosts:
        host.stop()
        host.say_ready(200)
        host.start()
    ports = {str(host.port) for host in hosts}
    headers = pair.key()
    eventually(lambda: {pair.send(PATH, headers=headers).text for _ in range(8)} == ports)
    wait_for_healthy(2)
    return pair


@pytest.fixture
def wait_for_healthy(pair, eventually):
    """Wait until the gateway takes so many hosts for ready."""
    return lambda count: eventually(lambda: pair.counter("cluster.address.membership_healthy") == count, 5)


def read_answers(proxy, count=30):
    headers = proxy.key()
    answers = [proxy.send(PATH, headers=headers) for _ in range(count)]
    return {answer.text if answer.status_code == 200 else answer.status_code for answer in answers}


def test_hosts_that_start_after_the_gateway_get_requests_within_seconds(gateway_of_two, hosts):
    assert read_answers(gateway_of_two) == {str(host.port) for host in hosts}


def test_a_host_that_says_it_is_not_ready_gets_no_request_from_the_next_check(
    gateway_of_two, hosts, wait_for_healthy
):
    drained, other = hosts
    started = time.monotonic()
    drained.say_ready(503)
    wait_for_healthy(1)
    assert time.monotonic() - started < 2.5
    assert read_answers(gateway_of_two) == {str(other.port)}
    drained.say_ready(200)
    wait_for_healthy(2)
    assert read_answers(gateway_of_two) == {str(host.port) for host in hosts}


def test_a_request_to_a_host_that_has_just_gone_is_sent_to_the_other(gateway_of_two, hosts):
    stopped, other = hosts
    before = gateway_of_two.counter("cluster.address.upstream_rq_retry")
    stopped.stop()
    assert read_answers(gateway_of_two) == {str(other.port)}
    assert gateway_of_two.counter("cluster.address.upstream_rq_retry") > before


def test_when_no_host_is_ready_the_service_itself_is_asked(gateway_of_two, hosts, wait_for_healthy):
    for host in hosts:
        host.say_ready(503)
    wait_for_healthy(0)
    assert read_answers(gateway_of_two) == {str(host.port) for host in hosts}


async def test_the_control_plane_asks_the_next_of_identitys_hosts_when_one_fails():
    hosts_called = []

    def answer(request):
        hosts_called.append(request.url.port)
        if request.url.port == 1:
            raise httpx.ConnectError("refused")
        if request.url.path == "/identity/token":
            return httpx.Response(200, json={"access_token": "token", "expires_in": 600})
        return httpx.Response(200, json={"councils": [], "revoked": []})

    settings = Settings(upstreams={"identity": "10.0.0.1:1, 10.0.0.2:2"})
    client = IdentityClient(settings, httpx.MockTransport(answer))
    with pytest.raises(httpx.ConnectError):
        await client.fetch_snapshot()
    assert (await client.fetch_snapshot()).councils == ()
    assert hosts_called == [1, 2, 2]
    await client.close()
