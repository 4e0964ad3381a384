"""Hosts that fail: called again where that is harmless, left alone when it goes on, never waited for long."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from chassis.outbound import Outbound, Request, errors, hosts
from chassis.outbound.retries import read_retry_after
from chassis.settings import Settings
from chassis.testing import eventually
from chassis.testing.servers import HOST, Answer, Names, Server, listening, trusting

SECRET = "s3cret-of-a-council"
KEY = {"Idempotency-Key": "k1"}


def count(metric, **labels):
    return REGISTRY.get_sample_value(metric, labels) or 0


@pytest.mark.parametrize(
    ("method", "headers", "calls"),
    [("GET", {}, 3), ("PUT", {}, 3), ("DELETE", {}, 3), ("POST", KEY, 3), ("POST", {}, 1), ("PATCH", {}, 1)],
)
async def test_only_a_request_that_may_be_repeated_is(make_outbound, server, method, headers, calls):
    server.status = 503
    response = await make_outbound(outbound_seconds=5).send(Request(method, server.url, 100, headers))
    assert (response.status, len(server.requests)) == (503, calls)


@pytest.mark.parametrize(
    "fault", [Answer(429), Answer(502), Answer(504), Answer(cut_after=3), Answer(cut_after=57)]
)
async def test_a_passing_fault_is_not_seen(make_outbound, server, fault):
    server.answers = [fault]
    before = count("townhall_outbound_retries_total")
    response = await make_outbound(outbound_seconds=5).send(Request("GET", server.url, 100))
    assert (response.status, response.body, len(server.requests)) == (200, b"{}", 2)
    assert count("townhall_outbound_retries_total") == before + 1


@pytest.mark.parametrize("status", [400, 401, 404, 409, 500])
async def test_an_answer_that_will_be_the_same_is_not_asked_for_again(make_outbound, server, status):
    server.status = status
    assert (await make_outbound().send(Request("GET", server.url, 100))).status == status
    assert len(server.requests) == 1


async def test_a_retry_waits_as_long_as_the_server_asks(make_outbound, server):
    server.answers = [Answer(429, headers={"Retry-After": "1"})]
    started = asyncio.get_running_loop().time()
    assert (await make_outbound(outbound_seconds=10).send(Request("GET", server.url, 100))).status == 200
    assert asyncio.get_running_loop().time() - started >= 1


async def test_a_server_that_asks_for_more_time_than_there_is_is_left_at_once(make_outbound, server):
    server.status, server.headers = 503, {"Retry-After": "3600"}
    response = await make_outbound(outbound_seconds=5).send(Request("GET", server.url, 100))
    assert len(server.requests) == 1
    with pytest.raises(errors.StatusError) as error:
        response.require_success()
    assert error.value.retry_after == 3600  # so that a job knows when


@given(st.text(max_size=40) | st.integers().map(str))
def test_any_retry_after_is_a_bounded_time_or_none(text):
    seconds = read_retry_after(text)
    assert seconds is None or 0 <= seconds <= 86_400


def test_retry_after_is_seconds_or_a_date():
    in_a_minute = datetime.now(UTC) + timedelta(seconds=60)
    assert read_retry_after("7") == 7
    assert 57 < read_retry_after(format_datetime(in_a_minute, usegmt=True)) <= 60
    assert read_retry_after(format_datetime(in_a_minute - timedelta(days=2), usegmt=True)) == 0


async def test_a_host_that_goes_on_failing_gets_a_fifth_more_calls_and_no_more(make_outbound, server):
    server.status = 503
    outbound = make_outbound(outbound_seconds=30, outbound_circuit_failures=1000, outbound_attempts=2)
    for _ in range(25):
        await outbound.send(Request("GET", server.url, 100))
    assert len(server.requests) <= 25 * 1.2 + 10


async def test_a_host_that_fails_is_left_alone_and_tried_by_one_call(make_outbound, server):
    server.status = 500
    outbound = make_outbound(outbound_circuit_failures=3, outbound_circuit_seconds=0.3, outbound_seconds=10)
    opened = count("townhall_outbound_circuits_opened_total")
    for _ in range(3):
        await outbound.send(Request("GET", server.url, 100))
    with pytest.raises(errors.CircuitOpenError, match="3 times in a row") as error:
        await outbound.send(Request("GET", server.url, 100))
    assert 0 < error.value.retry_after <= 0.3
    assert (len(server.requests), count("townhall_outbound_circuits_opened_total")) == (3, opened + 1)
    await asyncio.sleep(0.35)
    server.status, server.pause = 200, 0.002
    results = await asyncio.gather(
        *(outbound.send(Request("GET", server.url, 100)) for _ in range(5)), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in results) == ["CircuitOpenError"] * 4 + ["Response"]
    assert len(server.requests) == 4
    assert (await outbound.send(Request("GET", server.url, 100))).status == 200


@pytest.fixture
def clock():
    now = [0.0]
    return now, hosts.Circuit(limit=1, pause=10, clock=lambda: now[0])


def test_a_trial_that_fails_opens_the_circuit_again(clock):
    now, circuit = clock
    circuit.record_failure()
    now[0] = 10
    circuit.admit(HOST)
    circuit.record_failure()
    now[0] = 19
    with pytest.raises(errors.CircuitOpenError):
        circuit.admit(HOST)
    now[0] = 20
    circuit.admit(HOST)


def test_a_trial_that_is_given_up_lets_the_next_call_try(clock):
    now, circuit = clock
    circuit.record_failure()
    now[0] = 10
    circuit.admit(HOST)
    circuit.abandon_trial()
    circuit.admit(HOST)


async def test_a_call_that_is_cancelled_says_nothing_of_the_host(make_outbound, server):
    server.body, server.pause = b"x" * 500, 0.05
    outbound = make_outbound(outbound_circuit_failures=1, outbound_seconds=30)
    call = asyncio.create_task(outbound.send(Request("GET", server.url, 1000)))
    await eventually(lambda: server.requests)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    server.pause = 0
    assert (await outbound.send(Request("GET", server.url, 1000))).status == 200


async def test_a_slow_host_opens_its_circuit_and_no_other(make_outbound, server, authority):
    server.body, server.pause = b"x" * 500, 0.05
    outbound = make_outbound(outbound_circuit_failures=1, outbound_seconds=0.3)
    with pytest.raises(errors.TimedOutError):
        await outbound.send(Request("GET", server.url, 1000))
    with pytest.raises(errors.CircuitOpenError):
        await outbound.send(Request("GET", server.url, 1000))
    async with listening(Server(), authority.tls) as other:
        assert (await outbound.send(Request("GET", other.url, 1000, seconds=5))).status == 200


async def test_a_host_that_was_refused_is_not_blamed(authority, server):
    settings = trusting(Settings(database_url="postgresql://none"), authority, outbound_circuit_failures=1)
    outbound = Outbound(settings.model_copy(update={"outbound_private": False}), Names(["10.0.0.1"]))
    for _ in range(3):
        with pytest.raises(errors.ForbiddenTargetError):
            await outbound.send(Request("GET", server.url, 100))


def test_memory_of_hosts_is_bounded():
    memory = hosts.Hosts(Settings(database_url="postgresql://none"))
    first = memory.get("https://host-0")
    for number in range(3_000):
        memory.get(f"https://host-{number}")
        assert memory.get("https://host-0") is first  # what is used stays
    assert len(memory) == 1_000


async def test_a_slow_host_holds_its_own_slots_only(make_outbound, server, authority):
    server.body, server.pause = b"x" * 200, 0.01
    outbound = make_outbound(outbound_at_once=4, outbound_at_once_per_host=2, outbound_seconds=10)
    slow = [asyncio.create_task(outbound.send(Request("GET", server.url, 1000))) for _ in range(6)]
    await eventually(lambda: server.most_open_calls == 2)
    async with listening(Server(), authority.tls) as quick:
        assert (await outbound.send(Request("GET", quick.url, 1000))).status == 200
    assert not all(call.done() for call in slow)
    for call in slow:
        call.cancel()
    await asyncio.gather(*slow, return_exceptions=True)
    assert server.most_open_calls == 2


async def test_a_call_that_waits_too_long_for_others_says_so(make_outbound, server):
    server.body, server.pause = b"x" * 500, 0.05
    outbound = make_outbound(outbound_at_once=1, outbound_seconds=30)
    slow = asyncio.create_task(outbound.send(Request("GET", server.url, 1000)))
    await eventually(lambda: server.requests)
    with pytest.raises(errors.BusyError, match="too many calls"):
        await outbound.send(Request("GET", server.url, 1000, seconds=0.1))
    slow.cancel()
    await asyncio.gather(slow, return_exceptions=True)
    assert len(server.requests) == 1


async def test_an_endless_answer_is_cut_off(make_outbound, server):
    server.is_endless = True
    with pytest.raises(errors.TooLargeError, match="more than 1,000 bytes"):
        await make_outbound(outbound_seconds=20).send(Request("GET", server.url, 1_000))
    assert len(server.requests) == 1
