"""Faults of requests: what happened, and what the caller is told."""

import asyncio

import pytest


async def test_an_error_before_does_nothing(merchant):
    await merchant.control("POST", "faults", 201, operation="authorise", fault="error-before", count=2)
    for _ in range(2):
        await merchant.authorise(key="k1", status=503)
    assert (await merchant.get("/v1/authorisations"))["data"] == []
    assert (await merchant.authorise(key="k1"))["status"] == "authorised"


@pytest.mark.parametrize(("fault", "status"), [("500-after-accept", 500), ("timeout-after-accept", 504)])
async def test_a_request_may_be_accepted_without_an_answer(merchant, fault, status):
    record = await merchant.pay()
    await merchant.control("POST", "faults", 201, operation="refund", fault=fault, seconds=0)
    await merchant.act(record["id"], "refunds", "k2", status, amount=600, reference="r")
    assert (await merchant.get(f"/v1/authorisations/{record['id']}"))["refunded_amount"] == 600
    again = await merchant.act(record["id"], "refunds", "k2", 201, amount=600, reference="r")
    assert (await merchant.get(f"/v1/refunds/{again['id']}")) == again
    assert (await merchant.get(f"/v1/authorisations/{record['id']}"))["refunded_amount"] == 600


async def test_a_caller_who_gives_up_has_been_accepted(merchant):
    await merchant.control(
        "POST", "faults", 201, operation="authorise", fault="timeout-after-accept", seconds=60
    )
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(merchant.authorise(key="k1"), 0.05)
    assert len((await merchant.get("/v1/authorisations"))["data"]) == 1


async def test_a_slow_request_happens_after_its_wait(merchant):
    await merchant.control("POST", "faults", 201, operation="authorise", fault="slow", seconds=1)
    task = asyncio.create_task(merchant.authorise(key="k1"))
    await asyncio.sleep(0.1)
    assert (await merchant.get("/control"))["faults"] == []
    assert (await merchant.get("/v1/authorisations"))["data"] == []
    assert (await task)["status"] == "authorised"


async def test_faults_meet_their_operation_alone_and_can_be_cleared(merchant):
    for operation in ("cancel", "read", "capture"):
        await merchant.control("POST", "faults", 201, operation=operation, fault="error-before", count=5)
    record = await merchant.authorise()
    await merchant.get("/v1/payouts", 503)
    await merchant.act(record["id"], "capture", status=503)
    assert [fault["count"] for fault in (await merchant.get("/control"))["faults"]] == [5, 4, 4]
    assert (await merchant.control("DELETE", "faults", 200))["faults"] == []
    await merchant.act(record["id"], "capture", status=201)
    refusal = await merchant.control("POST", "faults", 400, operation="capture", fault="fail")
    assert refusal["field"] == "fault"


async def test_faults_are_bounded(merchant):
    for _ in range(50):
        await merchant.control("POST", "faults", 201, operation="refund", fault="slow")
    await merchant.control("POST", "faults", 409, operation="refund", fault="slow")
    await merchant.control("POST", "faults", 400, operation="refund", fault="slow", seconds=121)
    await merchant.control("POST", "faults", 400, operation="refund", fault="slow", count=0)
