"""The provider: its webhooks are hints, its answers may be lost, and one way leads to it."""

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import timedelta

import pytest
import requests
from sqlalchemy import text

from chassis import clock, ids
from chassis.jobs import CallContext, Job
from payments.direct_debit.actions import calls
from payments.direct_debit.actions.calls import SubmitCollection
from payments.direct_debit.store import collections
from payments.processors.actions.gocardless import GoCardless


def sign(secret, events):
    body = json.dumps({"events": events, "meta": {"webhook_id": "WB1"}}).encode()
    return body, {"Webhook-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


@pytest.fixture
async def secret(debits):
    return (await debits.control("GET", ""))["webhook"]["secret"] if debits.token else ""


async def read_events(database, mandate):
    async with database.reading("citytown") as session:
        return await session.all(
            text("SELECT provider_event, action FROM bank_advice WHERE mandate = :id ORDER BY id"),
            {"id": ids.read(mandate["id"])},
        )


@pytest.mark.long
@pytest.mark.parametrize("fault", ["duplicate", "reorder", "drop"])
async def test_notifications_that_come_twice_backwards_or_not_at_all_do_no_harm(
    debits, database, balances, fault
):
    mandate = await debits.make_active()
    before = await balances()
    collection, payment = await debits.make_collected(mandate)
    await debits.control("POST", "webhook_faults", kind=fault)
    await debits.control("POST", f"payments/{payment}", action="failed", reason_code="ARUDD-B")
    await debits.control(
        "POST",
        f"mandates/{await find_provider_id(database, mandate)}",
        action="cancelled",
        reason_code="ADDACS-B",
    )
    await debits.deliver()
    if fault == "drop":
        assert (await debits.reload(collection))["state"] == "collected"
        await debits.work()  # the hourly poll
    assert (await debits.reload(collection))["state"] == "unpaid"
    assert (await debits.reload(mandate))["state"] == "cancelled"
    assert (await balances())["fund"] == before.get("fund", 0)
    events = [row.provider_event for row in await read_events(database, mandate)]
    assert len(events) == len(set(events))
    await debits.work()
    assert [row.provider_event for row in await read_events(database, mandate)] == events


async def find_provider_id(database, mandate):
    async with database.reading("citytown") as session:
        return await session.scalar(
            text("SELECT provider_mandate FROM mandate WHERE id = :id"), {"id": ids.read(mandate["id"])}
        )


async def test_only_what_the_secret_signed_is_taken(debits, secret):
    events = [{"id": "EV1", "created_at": "2027-04-06T06:00:00Z", "resource_type": "mandates",
               "action": "cancelled", "links": {"mandate": "MD1"}}]  # fmt: skip
    body, headers = sign(secret, events)
    post = debits.client.post
    assert (await post(debits.notifications, content=body, headers=headers)).status_code == 204
    for wrong in (
        {},
        {"Webhook-Signature": "0" * 64},
        {"Webhook-Signature": "ü".encode()},
        sign("other", events)[1],
    ):
        answer = await post(debits.notifications, content=body, headers=wrong)
        assert (answer.status_code, answer.json()["code"]) == (401, "wrong-signature")
    assert (await post(debits.notifications, content=body + b" ", headers=headers)).status_code == 401
    unknown = debits.notifications.rsplit("/", 1)[0] + f"/{ids.show(ids.new())}"
    assert (await post(unknown, content=body, headers=headers)).status_code == 401
    elsewhere = debits.notifications.replace("citytown", "hillshire")
    assert (await post(elsewhere, content=body, headers=headers)).status_code == 401


@pytest.mark.parametrize("events", ["none", [1], [{"id": "EV1"}], [{"links": []}], None])
async def test_what_is_signed_and_no_event_is_left_alone(debits, secret, events):
    body, headers = sign(secret, events)
    answer = await debits.client.post(debits.notifications, content=body, headers=headers)
    assert answer.status_code == 204


@pytest.mark.long
async def test_an_answer_that_is_lost_makes_no_second_payment(debits):
    mandate = await debits.make_active()
    collection = await debits.collect(mandate, charge_date="2027-04-23")
    before = len(await debits.list_at_provider("payments"))
    await debits.control("POST", "faults", operation="create_payments", kind="timeout-after-accept")
    await debits.go_to("2027-04-16")
    assert (await debits.reload(collection))["state"] == "submitting"
    await debits.run_jobs(after=timedelta(minutes=5))
    assert (await debits.reload(collection))["state"] == "submitted"
    assert len(await debits.list_at_provider("payments")) == before + 1


@pytest.mark.long
async def test_a_process_that_dies_after_the_provider_accepted_makes_no_second_payment(
    debits, database, settings, run_jobs
):
    mandate = await debits.make_active()
    collection = await debits.collect(mandate, charge_date="2027-04-23")
    debits.set_clock("2027-04-16T09:00:00Z")
    await debits.control("PUT", "clock", now="2027-04-16T09:00:00+00:00")
    context = CallContext(database, settings, {})
    data = SubmitCollection(operation=collection["id"], collection=ids.read(collection["id"]))
    before = len(await debits.list_at_provider("payments"))
    assert await calls.submit(context, Job(0, "citytown", data, 0, clock.now())) is not None  # and no Finish
    async with database.reading("citytown") as session:
        row = await collections.find(session, "citytown", ids.read(collection["id"]))
    assert (row.state, row.provider_payment) == ("submitting", None)
    finish = await calls.submit(context, Job(0, "citytown", data, 0, clock.now()))
    for _ in range(2):
        async with database.writing("citytown") as session:
            await finish(session)
    assert len(await debits.list_at_provider("payments")) == before + 1
    assert await calls.submit(context, Job(0, "citytown", data, 0, clock.now())) is None


@pytest.mark.long
async def test_a_presentation_whose_answer_is_lost_is_made_once(debits):
    mandate = await debits.sign(await debits.create_mandate(), "refer-to-payer")
    await debits.go_to("2027-04-08")
    first, payment = await debits.make_collected(mandate)
    await debits.go_to("2027-04-26")
    version = (await debits.reload(first))["version"]
    again = await debits.send("POST", f"/collections/{first['id']}/presentations", {}, version=version)
    await debits.run_jobs()
    await debits.control("POST", "faults", operation="act_payments", kind="timeout-after-accept")
    await debits.go_to("2027-04-27")
    assert (await debits.reload(again))["state"] == "submitting"
    await debits.run_jobs(after=timedelta(minutes=5))
    assert (await debits.reload(again))["state"] == "submitted"
    history = await debits.list_at_provider("events")
    retries = [item for item in history if item["action"] == "resubmission_requested"]
    assert [item["links"]["payment"] for item in retries].count(payment) == 1


@pytest.mark.long
async def test_a_provider_that_refuses_stops_the_collection(debits):
    mandate = await debits.make_active()
    collection = await debits.collect(mandate, charge_date="2027-04-23")
    provider_id = (await debits.list_at_provider("mandates"))[-1]["id"]
    await debits.control("POST", "webhook_faults", kind="drop")
    await debits.control("POST", f"mandates/{provider_id}", action="cancelled", reason_code="ADDACS-1")
    await debits.go_to("2027-04-16")
    stopped = await debits.reload(collection)
    assert (stopped["state"], stopped["reason"]) == ("stopped", "refused-by-provider")
    assert (await debits.reload(mandate))["state"] == "cancelled"


@pytest.mark.long
async def test_a_charge_on_another_day_than_the_payer_was_told_is_cancelled(debits, monkeypatch):
    mandate = await debits.make_active()
    collection = await debits.collect(mandate, charge_date="2027-04-23")
    create = GoCardless.create_payment

    async def create_later(*arguments, **members):
        return replace(await create(*arguments, **members), charge_date="2027-04-26")

    monkeypatch.setattr(GoCardless, "create_payment", create_later)
    await debits.go_to("2027-04-16")
    stopped = await debits.reload(collection)
    assert (stopped["state"], stopped["reason"]) == ("stopped", "date-differs")
    assert (await debits.list_at_provider("payments"))[-1]["status"] == "cancelled"


async def test_a_provider_that_is_away_is_a_page_that_says_so(debits):
    mandate = await debits.create_mandate()
    for _ in range(3):
        await debits.control("POST", "faults", operation="create_billing_requests", kind="error-before")
    with pytest.raises(AssertionError, match="not available for the moment"):
        await debits.sign(mandate)
    await debits.control("DELETE", "faults")


@pytest.mark.long
async def test_the_clients_own_http_library_is_never_used(debits, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("the client calls by itself")

    monkeypatch.setattr(requests.api, "request", refuse)
    monkeypatch.setattr(requests.Session, "send", refuse)
    mandate = await debits.make_active()
    assert mandate["state"] == "active"
