"""Payments move the case they name, once; what is forged, foreign or short does not."""

import pytest

from casework.events import (
    PaymentCancelled,
    PaymentExpired,
    PaymentFailed,
    PaymentRefunded,
    PaymentSettled,
    PaymentSucceeded,
    PropertyRetired,
)
from chassis import ids
from services.casework.tests.cases import types
from services.casework.tests.cases.conftest import Desk

# Three reactions to one payment, all with its money; the third opens a case whose type is not there.
THREEFOLD = types.PERMIT.replace("case_type: permit", "case_type: threefold").replace(
    "  failed:",
    "  again: {on: payments.payment.succeeded, do: visit, amount: data.amount}\n"
    "  lost: {on: payments.payment.succeeded, do: inspect, amount: data.amount}\n"
    "  failed:",
)


@pytest.fixture
async def desk(desk, permits):
    return desk


@pytest.fixture(scope="module")
async def threefold(client, mint, permits):
    token = mint(scopes=["casework:configure"], councils=["citytown"], mode="live")
    headers = {"Authorization": f"Bearer {token}"}
    await Desk(client, headers).publish("threefold", "1.0", THREEFOLD, types.WELSH, headers=headers)


@pytest.fixture
def pay(deliver):
    async def pay(case, amount=500, view=PaymentSucceeded, **members):
        values = {"amount": amount, "mode": "sandbox", "metadata": {"case": case["reference"]}}
        envelope = members.pop("envelope", {"subject": ids.show(ids.new())})
        outcome = await deliver(view, envelope=envelope, **values | members)
        assert outcome.state == "processed", outcome

    return pay


async def read(desk, case):
    return (await desk.get(f"cases/{case['id']}")).json()


async def list_kinds(desk, case):
    history = (await desk.get(f"cases/{case['id']}/history")).json()["items"]
    return [entry["kind"] for entry in history]


async def test_a_payment_of_the_whole_fee_moves_its_case(desk, deliver):
    case = (await desk.apply()).json()
    await deliver(PaymentSucceeded, amount=500, mode="sandbox", metadata={"case": case["reference"]})
    case = await read(desk, case)
    assert (case["state"], case["charged"], case["paid"]) == ("paid", 500, 500)
    history = (await desk.get(f"cases/{case['id']}/history")).json()["items"]
    assert (history[-1]["kind"], history[-1]["act"]) == ("event", "paid")
    assert history[-1]["actor"] == {"sub": "payments"}


async def test_a_short_payment_is_recorded_and_moves_nothing_until_the_rest_comes(desk, pay):
    case = (await desk.apply()).json()
    await pay(case, 499)
    case = await read(desk, case)
    assert (case["state"], case["paid"]) == ("applied", 499)
    history = (await desk.get(f"cases/{case['id']}/history")).json()["items"]
    failed = [rule["rule"] for rule in history[-1]["weighed"] if not rule["holds"]]
    assert failed == ["actions.receive_fee.guards.paid"]
    await pay(case, 1)
    assert (await read(desk, case))["state"] == "paid"


async def test_a_payment_delivered_or_published_twice_counts_once(desk, deliver):
    case = (await desk.apply()).json()
    values = {"amount": 300, "mode": "sandbox", "metadata": {"case": case["reference"]}}
    subject = "01kp3v9m2q8s4t6w1x5y7z0ab1"
    once, again = (
        deliver.make(PaymentSucceeded, envelope={"subject": subject}, sequence=4, **values) for _ in range(2)
    )
    await deliver.batch(PaymentSucceeded, [once, once])
    await deliver.batch(PaymentSucceeded, [again])
    assert (await read(desk, case))["paid"] == 300


@pytest.mark.parametrize("amount", [500, 300])
async def test_money_counts_once_however_many_reactions_its_event_has(desk, pay, threefold, amount):
    case = (await desk.apply(case_type="threefold")).json()
    await pay(case, amount)
    case = await read(desk, case)
    assert (case["paid"], len(case["links"])) == (amount, 1)
    assert case["state"] == ("paid" if amount == 500 else "applied")
    history = (await desk.get(f"cases/{case['id']}/history")).json()["items"]
    assert [(entry["kind"], entry["act"]) for entry in history[1:]] == [
        ("event", "paid"),
        ("event", "again"),
        ("event-refused", "lost"),
    ]
    await pay(case, 100)  # another payment is other money
    assert (await read(desk, case))["paid"] == amount + 100


@pytest.mark.parametrize(
    "forged",
    [
        {"council": "hillshire"},
        {"mode": "live"},
        {"metadata": {}},
        {"metadata": {"case": "HF7-K2P-9QX"}},
        {"metadata": {"case": "x" * 4000}},
        {"metadata": {"case": {"reference": 1}}},
    ],
)
async def test_a_foreign_or_forged_payment_moves_nothing_and_is_no_dead_letter(desk, pay, forged):
    case = (await desk.apply()).json()
    await pay(case, **forged)
    assert (await read(desk, case))["version"] == case["version"]


async def test_a_payment_of_nothing_is_refused_and_noted(desk, pay):
    case = (await desk.apply()).json()
    await pay(case, 0)
    assert (await read(desk, case))["paid"] == 0
    assert await list_kinds(desk, case) == ["action", "event-refused"]


async def test_money_for_a_case_that_is_over_is_recorded(desk, pay):
    case = (await desk.apply()).json()
    case = (await desk.act(case, "issue")).json()
    await pay(case)
    case = await read(desk, case)
    assert (case["state"], case["paid"]) == ("issued", 500)


async def test_an_event_that_the_reaction_is_not_about_leaves_no_trace(desk, deliver):
    case = (await desk.apply()).json()
    about = {"mode": "sandbox", "metadata": {"case": case["reference"]}}
    await deliver(PaymentFailed, code="P0020", **about)
    await deliver(PaymentCancelled, **about)
    await deliver(PaymentExpired, **about)
    await deliver(PaymentRefunded, **about)
    await deliver(PaymentSettled, **about)
    assert await list_kinds(desk, case) == ["action"]


async def test_a_refund_is_due_until_payments_has_given_the_money_back(desk, pay, events_of):
    case = (await desk.apply()).json()
    payment = ids.show(ids.new())
    await pay(case, envelope={"subject": payment})
    case = (await desk.act(await read(desk, case), "give_back")).json()
    assert (case["charged"], case["paid"], case["refund_due"], case["refunded"]) == (300, 300, 200, 0)
    assert case["payments"] == [payment]
    data = (await events_of(case))[-1]["data"]
    assert (data["action"], data["refund"], data["refund_due"]) == ("give_back", 200, 200)
    await pay(case, view=PaymentRefunded, refund_amount=150, refunded=150, envelope={"subject": payment})
    case = await read(desk, case)
    assert (case["paid"], case["refund_due"], case["refunded"]) == (300, 50, 150)
    history = (await desk.get(f"cases/{case['id']}/history")).json()["items"]
    assert (history[-1]["kind"], history[-1]["after"]["refund_due"]) == ("refund", 50)
    assert history[-1]["actor"] == {"sub": "payments"}


async def test_cases_with_a_refund_due_are_listed_open_or_closed_until_it_is_given_back(desk, pay):
    cases = []
    for name in ("Open", "Closed", "Nothing due"):
        case = (await desk.apply(name)).json()
        await pay(case, envelope={"subject": ids.show(ids.new())})
        cases.append(await read(desk, case))
    for case in cases[:2]:
        await desk.act(case, "give_back")
    ended = (await desk.act(await read(desk, cases[1]), "issue")).json()
    assert ended["closed_at"]

    async def listed(**query):
        listed, after = [], {}
        while True:
            page = (await desk.get("cases", refund_due="true", limit=2, **query, **after)).json()
            listed += [item["id"] for item in page["items"]]
            if page.get("next") is None:
                return [case["id"] for case in cases if case["id"] in listed]
            after = {"after": page["next"]}

    opened, closed = cases[0]["id"], cases[1]["id"]
    assert await listed() == [opened, closed]
    assert await listed(closed="true") == [closed]
    await pay(ended, view=PaymentRefunded, refund_amount=200)
    assert await listed() == [opened]


async def test_a_refund_that_is_published_twice_counts_once(desk, deliver, pay):
    case = (await desk.apply()).json()
    await pay(case)
    case = (await desk.act(await read(desk, case), "give_back")).json()
    values = {"mode": "sandbox", "metadata": {"case": case["reference"]}, "refund_amount": 150}
    subject = ids.show(ids.new())
    refunds = [
        deliver.make(PaymentRefunded, envelope={"subject": subject}, sequence=4, **values) for _ in range(2)
    ]
    await deliver.batch(PaymentRefunded, refunds)
    assert (await read(desk, case))["refund_due"] == 50


@pytest.mark.parametrize("forged", [{"mode": "live"}, {"council": "hillshire"}])
async def test_a_refund_of_another_council_or_mode_gives_nothing_back(desk, pay, forged):
    case = (await desk.apply()).json()
    await pay(case)
    case = (await desk.act(await read(desk, case), "give_back")).json()
    await pay(case, view=PaymentRefunded, refund_amount=150, **forged)
    assert (await read(desk, case))["refund_due"] == 200


async def test_a_retired_property_is_noted_in_its_open_cases_only(desk, deliver):
    case = (await desk.apply(uprn="100099")).json()
    other = (await desk.apply(uprn="100098")).json()
    closed = (await desk.apply(uprn="100099")).json()
    closed = (await desk.act(closed, "issue")).json()
    assert (await deliver(PropertyRetired, uprn="100099")).state == "processed"
    assert await list_kinds(desk, case) == ["action", "event"]
    assert (await read(desk, case))["state"] == "applied"
    assert await list_kinds(desk, other) == ["action"]
    assert await list_kinds(desk, closed) == ["action", "action"]


async def test_money_is_recorded_though_the_case_that_it_opens_cannot_be(desk, pay):
    case = (await desk.apply()).json()
    await pay(case, 120, view=PaymentSettled)
    after = await read(desk, case)
    assert (after["state"], after["paid"], after["links"]) == ("applied", 120, [])
    entry = (await desk.get(f"cases/{case['id']}/history")).json()["items"][-1]
    assert (entry["kind"], entry["act"], entry["after"]["paid"]) == ("event", "deposit", 120)
    assert {"rule": "sub_cases.lost", "holds": False, "error": "inspection"} in entry["weighed"]
    notes = (await desk.get(f"cases/{case['id']}/notes")).json()["items"]
    assert notes[-1]["text"] == (
        "A payment of £1.20 was recorded, but what it was for could not be done:\n"
        "- The other case that this opens cannot be opened. (sub_cases.lost)"
    )
