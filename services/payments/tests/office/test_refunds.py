"""Refunds by staff: within a limit alone, above it by two, recorded, and of nobody's own payment."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from chassis import ids
from services.payments.tests.office.staff import API, APPROVE, headers_of


@pytest.fixture
def ann(mint_person):
    return headers_of(mint_person, "ann")


@pytest.fixture
def bob(mint_person):
    return headers_of(mint_person, "bob", APPROVE)


async def refund(client, headers, payment, amount, **members):
    body = {"amount": amount, "reason": "duplicate", **members}
    return await client.post(f"{API}/payments/{payment['payment_id']}/refunds", json=body, headers=headers)


async def check(client, headers, request, act="approve", **body):
    return await client.post(f"{API}/requests/{request['id']}/{act}", json=body or None, headers=headers)


async def read(client, headers, payment):
    response = await client.get(f"{API}/payments/{payment['payment_id']}", headers=headers)
    assert response.status_code == 200, response.text
    return response.json()


async def test_a_small_refund_is_done_at_once(client, ann, paid, balances):
    payment = await paid(amount=3_000)
    response = await refund(client, ann, payment, 1_000)
    assert (response.status_code, response.json()["status"]) == (201, "done")
    detail = await read(client, ann, payment)
    assert detail["refunded"] == 1_000
    assert [event["text"] for event in detail["timeline"] if event["kind"] == "refund"] == [
        "requested", "success",
    ]  # fmt: skip
    assert sum((await balances()).values()) == 0


async def test_above_the_limit_a_second_person_approves(client, ann, bob, paid):
    payment = await paid(amount=9_000)
    request = (await refund(client, ann, payment, 6_000, note="Paid at the desk too")).json()
    assert request["status"] == "proposed"
    assert (await read(client, ann, payment))["refunded"] == 0
    approved = await check(client, bob, request)
    assert (approved.status_code, approved.json()["status"]) == (200, "approved")
    assert approved.json()["checked_by"] == "bob"
    assert (await read(client, ann, payment))["refunded"] == 6_000


async def test_the_maker_is_never_the_checker(client, mint_person, bob, paid, database):
    payment = await paid(amount=9_000)
    request = (await refund(client, bob, payment, 6_000)).json()
    elsewhere = headers_of(mint_person, "bob", APPROVE, client_id="another-client")
    for headers in (bob, elsewhere):
        response = await check(client, headers, request)
        assert (response.status_code, response.json()["code"]) == (403, "own-request")
    async with database.writing("citytown") as session:
        with pytest.raises(IntegrityError, match="maker_is_no_checker"):
            await session.execute(
                text("""UPDATE office_request SET status = 'approved', checked_by = requested_by, result = id
                    WHERE id = :id"""),
                {"id": ids.read(request["id"])},
            )
    assert (await read(client, bob, payment))["refunded"] == 0


async def test_who_may_not_approve_does_not(client, ann, mint_person, paid):
    payment = await paid(amount=9_000)
    request = (await refund(client, ann, payment, 6_000)).json()
    carl = headers_of(mint_person, "carl")
    assert (await check(client, carl, request)).status_code == 403


async def test_two_tabs_and_two_checkers_refund_once(client, ann, bob, mint_person, paid):
    payment = await paid(amount=9_000)
    request = (await refund(client, ann, payment, 6_000)).json()
    dora = headers_of(mint_person, "dora", APPROVE)
    answers = await asyncio.gather(
        *(check(client, headers, request) for headers in (bob, bob, dora, dora)),
        check(client, dora, request, "reject", answer="No"),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    detail = await read(client, ann, payment)
    assert detail["refunded"] in {0, 6_000}


async def test_the_limit_of_a_day_holds_in_a_race(client, mint_person, paid):
    eve = headers_of(mint_person, "eve")
    payments = [await paid(amount=10_000) for _ in range(2)]
    for _ in range(9):
        payment = payments[0] if _ < 2 else await paid(amount=5_000)
        assert (await refund(client, eve, payment, 5_000)).json()["status"] == "done"
    answers = await asyncio.gather(*(refund(client, eve, payments[1], 4_000) for _ in range(2)))
    statuses = sorted(answer.json()["status"] for answer in answers)
    assert statuses == ["done", "proposed"]


async def test_the_council_sets_limits(client, mint, mint_person, paid, database):
    keeper = {"X-Api-Key": mint(scopes=["payments:finance"], mode="live")}
    url = f"{API}/limits/payments:office"
    wrong = await client.put(url, json={"refund": 100, "daily": 50}, headers=keeper)
    assert wrong.status_code == 400
    response = await client.put(url, json={"refund": 100, "daily": 200}, headers=keeper)
    assert response.json() == {"scope": "payments:office", "refund": 100, "daily": 200}
    payment = await paid(amount=3_000)
    finn = headers_of(mint_person, "finn")
    assert (await refund(client, finn, payment, 101)).json()["status"] == "proposed"
    assert (await refund(client, finn, payment, 100)).json()["status"] == "done"
    async with database.writing("citytown") as session:
        await session.execute(text("DELETE FROM office_limit"))


async def test_a_request_sent_twice_is_made_once(client, ann, paid):
    payment = await paid(amount=3_000)
    request_id = ids.show(ids.new())
    answers = await asyncio.gather(*(refund(client, ann, payment, 500, id=request_id) for _ in range(3)))
    assert {answer.json()["id"] for answer in answers} == {request_id}
    assert (await read(client, ann, payment))["refunded"] == 500


async def test_an_id_of_somebody_elses_request_is_refused(client, ann, bob, paid):
    payment = await paid(amount=3_000)
    request = (await refund(client, ann, payment, 500)).json()
    response = await refund(client, bob, payment, 500, id=request["id"])
    assert response.status_code == 409


async def test_more_than_is_left_is_refused(client, ann, paid):
    payment = await paid(amount=3_000)
    for amount in (3_001, 9_000):
        assert (await refund(client, ann, payment, amount)).status_code == 400
    assert (await refund(client, ann, payment, 0)).status_code == 400


async def test_a_rejection_says_why_and_stays(client, ann, bob, paid, database):
    payment = await paid(amount=9_000)
    request = (await refund(client, ann, payment, 6_000)).json()
    assert (await check(client, bob, request, "reject", answer=" ")).status_code in {400, 422}
    rejected = (await check(client, bob, request, "reject", answer="Paid once only")).json()
    assert (rejected["status"], rejected["answer"]) == ("rejected", "Paid once only")
    assert (await check(client, bob, request)).status_code == 409
    async with database.writing("citytown") as session:
        with pytest.raises(DBAPIError, match="stays so"):
            await session.execute(
                text("UPDATE office_request SET status = 'proposed', checked_by = NULL WHERE id = :id"),
                {"id": ids.read(request["id"])},
            )


async def test_only_its_maker_withdraws_a_request(client, ann, bob, paid):
    payment = await paid(amount=9_000)
    request = (await refund(client, ann, payment, 6_000)).json()
    assert (await check(client, bob, request, "withdraw")).status_code == 403
    assert (await check(client, ann, request, "withdraw")).json()["status"] == "withdrawn"
    assert (await check(client, bob, request)).status_code == 409


async def test_the_reason_is_of_the_list_and_other_needs_words(client, ann, paid):
    payment = await paid(amount=3_000)
    assert (await refund(client, ann, payment, 1, reason="because")).status_code == 400
    assert (await refund(client, ann, payment, 1, reason="other")).json()["code"] == "note-needed"
    card = await refund(client, ann, payment, 1, note="card 4242 4242 4242 4242")
    assert card.json()["code"] == "card-number"
    lines = await refund(client, ann, payment, 1, note="Paid twice:\r\n\there and at the desk")
    assert lines.status_code == 201


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x85", "\ufeff"])
async def test_words_that_nobody_types_are_refused(client, ann, bob, paid, character):
    payment = await paid(amount=9_000)
    refused = await refund(client, ann, payment, 6_000, note=f"Paid{character}twice")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "body.note")
    request = (await refund(client, ann, payment, 6_000)).json()
    rejected = await check(client, bob, request, "reject", answer=f"No{character}!")
    assert (rejected.status_code, rejected.json()["errors"][0]["field"]) == (400, "body.answer")


async def test_a_machine_refunds_nothing_here(client, mint, paid):
    payment = await paid(amount=3_000)
    machine = {"X-Api-Key": mint(scopes=["payments:office", APPROVE])}
    response = await refund(client, machine, payment, 100)
    assert (response.status_code, response.json()["code"]) == (403, "person-needed")


async def test_live_staff_see_and_refund_no_sandbox_payment(client, mint_person, paid):
    payment = await paid(amount=3_000)
    live = headers_of(mint_person, "ann", APPROVE, mode="live")
    assert (await refund(client, live, payment, 100)).status_code == 404
    response = await client.get(f"{API}/payments/{payment['payment_id']}", headers=live)
    assert response.status_code == 404
    entries = await client.get(f"{API}/payments", params={"q": payment["payment_id"]}, headers=live)
    assert entries.json()["items"] == []


async def test_another_councils_staff_see_nothing(client, mint_person, paid):
    payment = await paid(amount=3_000)
    foreign = headers_of(mint_person, "ann", APPROVE, councils=["hillshire"])
    assert (await refund(client, foreign, payment, 100)).status_code == 403
    other = await client.get(
        f"/hillshire/payments/office/v1/payments/{payment['payment_id']}", headers=foreign
    )
    assert other.status_code == 404


@pytest.mark.parametrize("by", ["payment_id", "reference", "email", "line"])
async def test_a_payment_is_found_by(client, ann, paid, by):
    payment = await paid(amount=3_000, reference=f"FIND-{by}", email="someone@payer.example")
    words = {
        "payment_id": payment["payment_id"],
        "reference": f"find-{by}",
        "email": "ANN@payer.example",
        "line": f"FIND-{by}",
    }[by]
    entries = (await client.get(f"{API}/payments", params={"q": words}, headers=ann)).json()
    assert payment["payment_id"] in [item["id"] for item in entries["items"]]


async def test_a_long_list_comes_in_pages(client, ann, paid):
    payments = [(await paid(amount=100, reference="MANY"))["payment_id"] for _ in range(3)]
    first = (await client.get(f"{API}/payments", params={"q": "many", "limit": 2}, headers=ann)).json()
    rest = await client.get(
        f"{API}/payments", params={"q": "many", "limit": 2, "after": first["next"]}, headers=ann
    )
    items = first["items"] + rest.json()["items"]
    assert [item["id"] for item in items] == payments[::-1]
    assert rest.json()["next"] is None


async def test_every_act_is_recorded_with_its_reason(client, ann, bob, paid, database):
    payment = await paid(amount=9_000)
    request = (await refund(client, ann, payment, 6_000, note="Seen at the desk")).json()
    await check(client, bob, request)
    async with database.reading("citytown") as session:
        rows = await session.all(
            text("""SELECT a.act, a.actor, a.reason, p.changes FROM audit a
                LEFT JOIN audit_personal p ON p.council = a.council AND p.id = a.id
                WHERE a.aggregate_id = :id ORDER BY a.id"""),
            {"id": payment["payment_id"]},
        )
    assert [(row.act, row.actor, row.reason) for row in rows] == [
        ("refund-proposed", "ann", "duplicate"),
        ("refund-approved", "bob", "duplicate"),
    ]
    assert rows[0].changes == {"note": [None, "Seen at the desk"]}
