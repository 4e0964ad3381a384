"""Webhooks: signed as merchants' libraries check it, at least once, and with faults."""

import base64

import httpx
import pytest

from simulators.card_processor.delivery import MAX_ATTEMPTS
from simulators.card_processor.signature import sign
from simulators.card_processor.tests.merchant import Receiver

URL = "http://127.0.0.1:9110/hooks"


@pytest.fixture
async def receiver(simulator, merchant):
    account = await merchant.control("PUT", "webhook", 200, url=URL)
    receiver = Receiver(account["webhook"]["secret"])
    simulator.transport = httpx.ASGITransport(receiver)
    return receiver


def test_a_signature_is_the_one_of_the_convention():
    # Of the test suite of the libraries at github.com/standard-webhooks.
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    signature = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_every_change_is_announced_once_in_order(simulator, merchant, receiver):
    payment = await merchant.pay(2_000, "dispute-lost")
    await merchant.act((await merchant.authorise())["id"], "cancel")
    await merchant.authorise("declined")
    await merchant.payout("reversed")
    assert await simulator.deliver() == len(receiver.messages)
    assert receiver.types == [
        "authorisation.authorised", "capture.captured", "dispute.opened", "authorisation.authorised",
        "authorisation.cancelled", "authorisation.declined", "payout.paid", "payout.reversed",
    ]  # fmt: skip
    assert receiver.messages[0]["data"]["id"] == payment["id"]
    assert receiver.messages[0]["timestamp"] == "2026-04-01T09:00:00.000Z"
    assert len(set(receiver.ids)) == len(receiver.ids)
    assert await simulator.deliver() == 0
    await merchant.control("POST", f"webhooks/{receiver.ids[0]}/resend", 202)
    assert await simulator.deliver() == 1
    assert receiver.messages[-1] == receiver.messages[0]
    assert receiver.ids[-1] == receiver.ids[0]


async def queue(merchant, *references):
    for reference in references:
        await merchant.authorise(reference=reference)


def references(receiver):
    return [message["data"]["reference"] for message in receiver.messages]


async def test_messages_are_duplicated_and_dropped(simulator, merchant, receiver):
    await merchant.control("POST", "webhook_faults", 201, fault="duplicate", count=2)
    await merchant.control("POST", "webhook_faults", 201, fault="drop")
    await queue(merchant, "a", "b", "c", "d")
    await simulator.deliver()
    assert references(receiver) == ["a", "a", "b", "b", "d"]
    assert receiver.ids[0] == receiver.ids[1]
    messages = (await merchant.get("/control/webhooks"))["data"]
    assert [message["state"] for message in messages] == ["sent"] * 4 + ["dropped", "sent"]


async def test_messages_are_reordered_and_delayed(simulator, merchant, receiver):
    await merchant.control("POST", "webhook_faults", 201, fault="reorder", count=3)
    await merchant.control("POST", "webhook_faults", 201, fault="delay", seconds=60)
    await queue(merchant, "a", "b")
    assert await simulator.deliver() == 0
    await queue(merchant, "c", "d", "e")
    await simulator.deliver()
    assert references(receiver) == ["c", "b", "a", "e"]
    await merchant.advance(60)
    await simulator.deliver()
    assert references(receiver)[4:] == ["d"]


async def test_messages_that_wait_for_others_can_be_let_go(simulator, merchant, receiver):
    await merchant.control("POST", "webhook_faults", 201, fault="reorder", count=9)
    await queue(merchant, "a", "b")
    assert (await merchant.control("DELETE", "webhook_faults", 200))["webhook_faults"] == []
    await simulator.deliver()
    assert references(receiver) == ["b", "a"]


async def test_a_message_is_tried_again_until_it_is_accepted(simulator, merchant, receiver):
    now = simulator.now()
    simulator.now = lambda: now
    receiver.status = 500
    await queue(merchant, "a", "b")
    await simulator.deliver()
    assert references(receiver) == ["a"]  # the next has its turn after
    receiver.status = 200
    await simulator.deliver()
    assert references(receiver) == ["a", "b"]
    now += 1
    assert await simulator.deliver() == 1
    assert references(receiver) == ["a", "b", "a"]
    assert receiver.ids[0] == receiver.ids[2]


async def test_a_receiver_that_is_not_there_is_given_up(simulator, merchant, receiver):
    now = simulator.now()
    simulator.now = lambda: now

    def refuse(_):
        raise httpx.ConnectError("refused")

    simulator.transport = httpx.MockTransport(refuse)
    await queue(merchant, "a")
    for _ in range(MAX_ATTEMPTS):
        await simulator.deliver()
        now += 300
    message = (await merchant.get("/control/webhooks"))["data"][0]
    assert (message["state"], message["attempts"], message["error"]) == (
        "failed",
        MAX_ATTEMPTS,
        "ConnectError",
    )


async def test_a_merchant_may_bring_a_secret(merchant):
    secret = f"whsec_{base64.b64encode(bytes(24)).decode()}"
    account = await merchant.control("PUT", "webhook", 200, url=URL, secret=secret)
    assert account["webhook"] == {"url": URL, "secret": secret}
    for bad in ("whsec_short", "whsec_!", secret.removeprefix("whsec_")):
        assert (await merchant.control("PUT", "webhook", 400, url=URL, secret=bad))["field"] == "secret"


async def test_webhooks_go_to_this_machine_only(simulator, merchant):
    for url in (
        "http://169.254.169.254/",
        "https://a.example/",
        "http://127.0.0.1@a.example/",
        "ftp://localhost",
    ):
        assert (await merchant.control("PUT", "webhook", 400, url=url))["field"] == "url"
    simulator.webhook_hosts.add("a.example")
    await merchant.control("PUT", "webhook", 200, url="https://a.example/")
    await merchant.control("DELETE", "webhook", 200)
    await queue(merchant, "a")
    assert (await merchant.get("/control/webhooks"))["data"][0]["state"] == "no_address"
