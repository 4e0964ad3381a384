"""Replicas of the gateway share each limit, without a service between them."""

import asyncio
import json
import socket

import pytest

from gateway import files, members

PATH = "/citytown/address/v1/addresses"
ADDRESSES = ["192.0.2.1", "192.0.2.2"]
BURST = 40


@pytest.fixture
def replica(start_proxy):
    return start_proxy(credential_rate=1, credential_burst=BURST, any_rate=100_000, trusted_hops=1)


def count_admitted(proxy, client):
    """Count how many of a burst's requests are admitted: at one a second the time hardly adds any."""
    headers = proxy.key(client_id=client)
    return [proxy.send(PATH, headers=headers).status_code for _ in range(BURST + 10)].count(200)


def test_two_replicas_divide_a_limit_and_one_that_is_left_takes_it_whole(replica, start_proxy, eventually):
    other = start_proxy(credential_rate=1, credential_burst=BURST, any_rate=100_000, trusted_hops=1)
    assert count_admitted(replica, "alone") >= BURST
    for proxy in (replica, other):
        files.write_members(proxy.settings, ADDRESSES)
        eventually(lambda proxy=proxy: proxy.counter("cluster.gateway.membership_total") == 2)
    admitted = [count_admitted(proxy, "shared") for proxy in (replica, other)]
    assert all(BURST // 2 <= number <= BURST // 2 + 3 for number in admitted)
    files.write_members(replica.settings, ADDRESSES[:1])
    eventually(lambda: replica.counter("cluster.gateway.membership_total") == 1)
    assert count_admitted(replica, "left") >= BURST


def test_limits_by_address_and_of_all_requests_are_shared_too(start_proxy, eventually):
    proxy = start_proxy(address_rate=1, address_burst=BURST, any_rate=1, any_burst=BURST * 2, trusted_hops=1)
    files.write_members(proxy.settings, ADDRESSES)
    eventually(lambda: proxy.counter("cluster.gateway.membership_total") == 2)
    headers = {"X-Forwarded-For": "192.0.2.77"}
    statuses = [
        proxy.send("/citytown/address/v1/open", headers=headers).status_code for _ in range(BURST + 20)
    ]
    assert BURST // 2 <= statuses.count(200) <= BURST // 2 + 3
    policies = {
        proxy.send("/citytown/address/v1/open", headers=headers).headers["ratelimit-policy"] for _ in range(9)
    }
    assert policies <= {f'"any";q={BURST * 2};w={BURST * 2}', f'"address";q={BURST};w={BURST}'}
    assert f'"any";q={BURST * 2};w={BURST * 2}' in policies


def read_members(settings):
    resource = json.loads((settings.out / files.WATCHED_FOLDER / "members.json").read_text())["resources"][0]
    endpoints = resource["endpoints"][0]["lb_endpoints"]
    return [endpoint["endpoint"]["address"]["socket_address"]["address"] for endpoint in endpoints]


async def test_the_control_plane_follows_the_name_of_the_replicas(proxy, tmp_path, monkeypatch):
    settings = proxy.settings.model_copy(update={"out": tmp_path, "members": "gateway.test"})
    answers = [ADDRESSES, OSError("no such name"), [*ADDRESSES, "192.0.2.3"]]
    snapshots, all_used = [], asyncio.Event()

    async def getaddrinfo(name, port, **_):
        assert (name, port) == ("gateway.test", None)
        snapshots.append(read_members(settings) if snapshots else [])
        if not answers:
            all_used.set()
            await asyncio.Event().wait()
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, 0)) for address in answer * 2]

    monkeypatch.setattr(members, "INTERVAL", 0)
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    following = asyncio.create_task(members.follow_members(settings))
    async with asyncio.timeout(5):
        await all_used.wait()
    following.cancel()
    assert snapshots == [[], ADDRESSES, ADDRESSES, [*ADDRESSES, "192.0.2.3"]]


def test_a_gateway_without_such_a_name_is_alone(proxy):
    assert read_members(proxy.settings) == ["127.0.0.1"]
