"""What becomes of a payment when the processor answers late, not at all, or not yet."""

from datetime import timedelta

import pytest

from chassis import clock, ids
from chassis.jobs import Job
from chassis.testing import published
from payments.payments.actions import processor_calls
from payments.payments.rules.states import Status
from services.payments.tests.conftest import V1
from services.payments.tests.payments.money_world import COUNCIL

pytestmark = pytest.mark.long

GOOD, CHALLENGED = "visa-credit", "three-d-secure"
SOON, LATE = timedelta(minutes=16), timedelta(hours=3)


@pytest.mark.parametrize("fault", ["timeout-after-accept", "500-after-accept", "error-before"])
async def test_what_was_held_unknown_to_us_is_let_go_when_the_payment_has_expired(world, open_seller, fault):
    seller = await open_seller()
    await seller.create()
    await seller.break_next("authorise", fault)
    await world.give_card(seller.payment, GOOD)
    assert await seller.get_status() is Status.AUTHORISING
    await expire(world, seller)
    assert await seller.get_status() is Status.EXPIRED
    await seller.check()


async def expire(world, seller, *, confirmed=False):
    """Run the job that ends a payment, before any other."""
    payment = ids.read(seller.payment)
    data = processor_calls.Expire(payment=payment, confirmed=confirmed)
    async with world.database.writing(COUNCIL) as session:
        await processor_calls.expire(session, Job(1, COUNCIL, data, failures=0, created_at=clock.now()))


async def test_a_capture_that_the_processor_only_notes_is_posted_when_it_is_made(world, open_seller):
    seller = await open_seller(delay=3_600)
    await seller.create()
    await world.give_card(seller.payment, GOOD)
    await world.confirm(seller.payment)
    for _ in range(30):  # more often than a failed call is made again
        await world.run_jobs(SOON)
    assert await seller.get_status() is Status.CAPTURING
    await seller.desk.control("clock/advance", seconds=3_600)
    await world.run_jobs(SOON)
    assert await seller.get_status() is Status.CAPTURED
    await seller.check()


@pytest.mark.parametrize(("fault", "status"), [(None, "success"), ("fail", "error")])
async def test_a_refund_that_the_processor_only_notes_is_ended_when_it_is(world, open_seller, fault, status):
    seller = await open_seller(delay=3_600)
    await seller.create()
    await world.give_card(seller.payment, GOOD)
    await world.confirm(seller.payment)
    await world.run_jobs(SOON)
    await seller.desk.control("clock/advance", seconds=3_600)
    await world.run_jobs(SOON)
    if fault:
        await seller.break_next("refund", fault)
    url = f"{V1}/{seller.payment}/refunds"
    response = await world.client.post(url, json={"amount": 450}, headers=seller.desk.headers)
    assert (response.status_code, response.json()["status"]) == (202, "submitted")
    for _ in range(30):
        await world.run_jobs(SOON)
    await seller.desk.control("clock/advance", seconds=3_600)
    await world.run_jobs(SOON)
    books = await seller.check()
    assert [refund["status"] for refund in books.refunds] == [status]
    assert books.payments[0]["refunded"] == (450 if status == "success" else 0)


async def test_an_event_of_a_refund_counts_what_has_gone_back_and_not_what_is_on_its_way(
    world, open_seller, database
):
    seller = await open_seller()
    await seller.create()
    await world.give_card(seller.payment, GOOD)
    await world.confirm(seller.payment)
    await world.run_jobs(SOON)
    await seller.break_next("refund", "error-before")
    url = f"{V1}/{seller.payment}/refunds"
    for amount in (100, 30):
        await world.client.post(url, json={"amount": amount}, headers=seller.desk.headers)
    await seller.check()
    mine = [event.data for event in await published(database) if event.subject == seller.payment]
    counts = [(data["refund_amount"], data["refunded"]) for data in mine if "refund_amount" in data]
    assert counts == [(30, 30), (100, 130)]


async def test_the_end_of_the_payers_time_does_not_end_a_payment_they_have_just_confirmed(world, open_seller):
    """The job was taken before they confirmed, and could no longer be put off."""
    seller = await open_seller()
    await seller.create(delayed_capture=True)
    await world.give_card(seller.payment, GOOD)
    await world.confirm(seller.payment)
    await expire(world, seller)
    assert await seller.get_status() is Status.CAPTURABLE
    await expire(world, seller, confirmed=True)
    assert await seller.get_status() is Status.EXPIRED
    await seller.check()


@pytest.mark.parametrize("step", ["expires", "is given up"])
async def test_a_challenge_that_ended_at_the_processor_leaves_nothing_to_let_go_of(world, open_seller, step):
    seller = await open_seller()
    await seller.create()
    await world.give_card(seller.payment, CHALLENGED)
    assert await seller.get_status() is Status.CHALLENGED
    await seller.desk.control("clock/advance", seconds=3_600)
    if step == "expires":
        await world.run_jobs(LATE)
    else:
        await world.give_up(seller.payment)
    await seller.check()


async def test_an_authorisation_that_the_processor_let_go_of_is_no_success(world, open_seller):
    seller = await open_seller()
    await seller.create()
    await world.give_card(seller.payment, CHALLENGED)
    row = await world.find(seller.payment)
    path = f"/v1/authorisations/{row.provider_id}"
    await seller.desk.processor.post(f"{path}/three_d_secure", json={"result": "pass"})
    await seller.desk.processor.post(f"{path}/cancel", json={})
    await world.return_from_challenge(seller.payment)
    assert await seller.get_status() is Status.ERROR
    await seller.check()


async def test_what_the_processor_never_does_ends_the_payment_at_once(world, open_seller):
    seller = await open_seller()
    await seller.create()
    await world.give_card(seller.payment, "no-such-card")
    assert await seller.get_status() is Status.ERROR
    await seller.check()


async def test_each_kind_of_call_has_a_key_of_its_own_and_every_try_the_same(world, open_seller, processor):
    seller = await open_seller()
    await seller.create()
    for operation in ("authorise", "capture", "refund"):
        await seller.break_next(operation, "500-after-accept", 1)
    await world.give_card(seller.payment, GOOD)
    await world.run_jobs(SOON)
    await world.confirm(seller.payment)
    for _ in range(2):
        await world.run_jobs(SOON)
    url = f"{V1}/{seller.payment}/refunds"
    await world.client.post(url, json={"amount": 1}, headers=seller.desk.headers)
    await seller.check()
    rows = processor.simulator.database.rows("SELECT account, key FROM answer")
    mine = [key for account, key in rows if account == account_of(processor, seller)]
    assert len(mine) == len(set(mine)) == 3


def account_of(processor, seller):
    key = f"sim_{ids.show(seller.desk.account)}"
    return processor.simulator.open_account(key)
