"""Every reason code of Bacs: what it does to the mandate, to the collection, and to those to come."""

from types import SimpleNamespace

import pytest
from sqlalchemy import text

from chassis import ids
from chassis.testing import published
from payments.direct_debit.rules.reasons import REASONS
from services.payments.tests.direct_debit.rows import AMOUNT, advise

# Written from council finance, section 8: report, codes, mandate (with its hold), collections to come.
TABLE = [
    ("ARUDD", "0789A", "active", None, "scheduled"),
    ("ARUDD", "12B56", "cancelled", None, "stopped"),
    ("ARUDD", "3", "suspended", "new-details", "suspended"),
    ("ARUDD", "4", "suspended", "notice-disputed", "stopped"),
    ("ADDACS", "012B", "cancelled", None, "stopped"),
    ("ADDACS", "3", "suspended", "new-details", "suspended"),
    ("ADDACS", "CE", "suspended", "amendment", "suspended"),
    ("ADDACS", "D", "suspended", "notice-disputed", "stopped"),
    ("ADDACS", "R", "active", None, "scheduled"),
    ("AUDDIS", "12B56FGHKN", "failed", None, "stopped"),
    ("AUDDIS", "3", "suspended", "new-details", "suspended"),
    ("AUDDIS", "C", "suspended", "amendment", "suspended"),
    ("AUDDIS", "ILMOPQ", "suspended", "correction", "suspended"),
    ("DDICA", "12345678", "active", None, "scheduled"),
    ("ARUDD", "Z", "suspended", "unknown-reason", "suspended"),  # no such code
]
FOR_STAFF = {"ARUDD-4", "ADDACS-D", *(f"ARUDD-{code}" for code in "789AZ")} | {
    f"AUDDIS-{code}" for code in "ILMOPQ"
}
ROWS = [(f"{report}-{code}", *rest) for report, codes, *rest in TABLE for code in codes]


@pytest.fixture
async def api_view(debits, scene):
    """The scene's mandate and the collection to come, as the API shows them."""
    return SimpleNamespace(
        mandate=await debits.get(f"/mandates/{ids.show(scene.mandate)}"),
        waiting=await debits.get(f"/collections/{ids.show(scene.waiting)}"),
    )


def test_the_table_has_every_code():
    assert {code for code, *_ in ROWS} == {*REASONS, "ARUDD-Z"}


@pytest.mark.parametrize(("code", "state", "hold", "to_come"), ROWS)
async def test_a_code_does_what_the_table_says(database, scene, balances, code, state, hold, to_come):
    before = await balances()
    collected_state = {"ARUDD": "unpaid", "DDICA": "claimed"}.get(code.split("-")[0])
    action = {"unpaid": "failed", "claimed": "charged_back"}.get(collected_state, "other")
    for _ in range(2):  # a repeated advice changes nothing
        await advise(database, scene, code, action, f"EV-{code}-{scene.mandate}")
    async with database.reading("citytown") as session:
        mandate, collected, waiting = await scene.read(session)
        advice = await session.first(
            text("SELECT code, needs_staff FROM bank_advice WHERE mandate = :id"), {"id": scene.mandate}
        )
    assert (mandate.state, mandate.hold) == (state, hold)
    assert collected.state == (collected_state or "collected")
    assert waiting.state == to_come
    assert mandate.stops_letters == (code in {"ARUDD-2", "ADDACS-2", "AUDDIS-2"})
    after = await balances()
    assert after["fund"] - before["fund"] == (AMOUNT if collected_state else 0)
    assert after.get("direct-debit", 0) - before["direct-debit"] == (-AMOUNT if collected_state else 0)
    assert tuple(advice) == (code, code in FOR_STAFF)


def test_only_refer_to_payer_may_be_presented_again():
    assert {code for code, reason in REASONS.items() if reason.can_present_again} == {"ARUDD-0"}


async def test_a_payer_who_has_died_gets_no_letter_any_more(debits, database, scene, api_view):
    await debits.send(
        "PATCH",
        f"/collections/{api_view.waiting['id']}",
        {"charge_date": "2027-05-04"},
        version=(await debits.reload(api_view.waiting))["version"],
    )
    count = text("SELECT count(*) FROM job WHERE council = 'citytown' AND kind = 'messages.send'")
    async with database.reading("citytown") as session:
        assert await session.scalar(count) == 1  # the notice waits
        messages = await session.scalar(text("SELECT count(*) FROM message"))
    await advise(database, scene, "ADDACS-2", "cancelled")
    async with database.reading("citytown") as session:
        assert await session.scalar(text("SELECT count(*) FROM message")) == messages - 1
    await debits.run_jobs()
    async with database.reading("citytown") as session:
        assert await session.scalar(text("SELECT count(*) FROM message")) == messages - 1
    event = [event for event in await published(database) if event.type.startswith("payments.mandate.")][-1]
    assert (event.type, event.data["code"]) == ("payments.mandate.cancelled.v1", "ADDACS-2")
    assert event.data["stops_letters"] is True


async def test_a_reinstated_mandate_collects_again_and_an_ended_one_comes_back_by_nothing_else(
    debits, database, scene, api_view
):
    await advise(database, scene, "ADDACS-1", "cancelled")
    await advise(database, scene, "ADDACS-3", "transferred")
    assert (await debits.reload(api_view.mandate))["state"] == "cancelled"
    await advise(database, scene, "ADDACS-R", "reinstated")
    mandate = await debits.reload(api_view.mandate)
    assert (mandate["state"], mandate["ended_at"]) == ("active", None)


async def test_a_held_mandate_goes_on_when_staff_release_it(debits, database, scene, api_view):
    await advise(database, scene, "ADDACS-C", "amended")
    suspended = await debits.reload(api_view.mandate)
    path = f"/mandates/{suspended['id']}/release"
    await debits.send("POST", path, version=suspended["version"] - 1, status=412)
    await debits.send("POST", path, status=428)
    released = await debits.send("POST", path, version=suspended["version"])
    assert (released["state"], released["hold"]) == ("active", None)
    assert (await debits.reload(api_view.waiting))["state"] == "scheduled"
    await debits.send("POST", path, version=released["version"], status=409)
