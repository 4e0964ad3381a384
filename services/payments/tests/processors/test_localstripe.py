"""The adapter against localstripe, somebody else's idea of Stripe, as a process of its own.

It knows payments and refunds, forgets every idempotency key, and has no Checkout: what it does not know, the
stub beside this has. It is GPL, so nothing of ours imports it.
"""

import asyncio
import socket
import sys
from datetime import UTC, datetime

import httpx
import pytest

from chassis.outbound import Outbound
from chassis.testing import eventually
from payments.processors.actions.stripe.processor import StripeProcessor
from payments.processors.rules import (
    AuthorisationRequest,
    Credentials,
    Outcome,
    ProcessorError,
    RefundOutcome,
    RefusedByProcessorError,
)

KEY = "sk_live_forTestsOnly"
# It writes all it knows into one file of the machine after each request: it need not.
PROGRAM = """
import sys
from localstripe import resources, server
resources.Store.dump_to_disk = lambda store: None
sys.argv = ["localstripe", "--from-scratch", "--port", sys.argv[1]]
server.start()
"""


def find_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture(scope="module")
async def localstripe():
    """The address of a localstripe of this module's own."""
    port = find_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, str(port), stdout=asyncio.subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"

    async def answers():
        try:
            async with httpx.AsyncClient() as client:
                return (await client.get(f"{url}/v1/refunds", auth=(KEY, ""))).is_success
        except httpx.TransportError:
            return False

    await eventually(answers)
    yield url
    process.terminate()
    await process.wait()


@pytest.fixture
def stripe(localstripe, settings):
    """The adapter, for one merchant."""

    async def read_credentials(_):
        return Credentials(KEY, datetime.now(UTC))

    return StripeProcessor(Outbound(settings), localstripe, read_credentials)


@pytest.fixture
async def hold(localstripe, stripe):
    """Make a function that holds an amount on the card of an agreement."""

    async def make(amount=1_450, number="4242424242424242", key="key-1"):
        async with httpx.AsyncClient(base_url=localstripe, auth=(KEY, "")) as client:
            card = {"type": "card", "card[number]": number, "card[exp_month]": "11"}
            card |= {"card[exp_year]": "2040", "card[cvc]": "123"}
            customer = (await client.post("/v1/customers")).json()["id"]
            method = (await client.post("/v1/payment_methods", data=card)).json()["id"]
            await client.post(f"/v1/payment_methods/{method}/attach", data={"customer": customer})
        token = f"{customer} {method}"
        request = AuthorisationRequest("m", amount, None, "reference-1", None, agreement=token)
        return await stripe.authorise(key, request)

    return make


async def test_money_is_held_captured_and_given_back(stripe, hold):
    authorisation = await hold()
    assert authorisation.outcome is Outcome.AUTHORISED
    assert authorisation.token
    capture = await stripe.capture("key-2", "m", authorisation.provider_id, 1_450)
    assert capture.captured_at is not None
    refund = await stripe.refund("key-3", "m", authorisation.provider_id, 450, "refund-1")
    assert (refund.outcome, refund.reference) == (RefundOutcome.SUCCESS, "refund-1")
    assert await stripe.get_refund("m", refund.provider_id) == refund
    assert (await stripe.get_authorisation("m", authorisation.provider_id)).outcome is Outcome.AUTHORISED


async def test_without_idempotency_keys_a_capture_and_a_refund_are_still_made_once(stripe, hold, localstripe):
    authorisation = await hold()
    for _ in range(3):
        assert (await stripe.capture("key-2", "m", authorisation.provider_id, 1_450)).captured_at is not None
    refunds = [
        await stripe.refund("key-3", "m", authorisation.provider_id, 450, "refund-1") for _ in range(3)
    ]
    assert len({refund.provider_id for refund in refunds}) == 1
    async with httpx.AsyncClient(base_url=localstripe, auth=(KEY, "")) as client:
        page = (await client.get("/v1/refunds", params={"payment_intent": authorisation.provider_id})).json()
    assert [refund["amount"] for refund in page["data"]] == [450]


async def test_money_that_was_let_go_cannot_be_captured(stripe, hold):
    authorisation = await hold()
    await stripe.cancel("key-2", "m", authorisation.provider_id)
    assert (await stripe.get_authorisation("m", authorisation.provider_id)).outcome is Outcome.ERROR
    with pytest.raises(RefusedByProcessorError):
        await stripe.capture("key-3", "m", authorisation.provider_id, 1_450)


async def test_a_card_that_is_declined_is_a_decline(stripe, hold):
    authorisation = await hold(number="4000000000000341")
    assert authorisation.outcome is Outcome.DECLINED


async def test_what_it_does_not_know_is_refused_and_what_it_cannot_do_is_asked_again(stripe):
    with pytest.raises(RefusedByProcessorError):
        await stripe.get_refund("m", "re_nothing")
    with pytest.raises(ProcessorError):
        await stripe.get_dispute("m", "du_1")  # it has no disputes, and its 404 is not Stripe's
