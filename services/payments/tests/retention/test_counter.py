"""What is personal of counter takings is nowhere in the database when its time is over."""

import pytest
from sqlalchemy import text

from services.payments.tests.cash_office.conftest import finance, funds, make_cashier, office, tax
from services.payments.tests.cash_office.counter import APPROVE, CHEQUE, pieces
from services.payments.tests.cash_office.test_e_returns import act, draft, make_template
from services.payments.tests.retention.conftest import RECORDS_OVER
from services.payments.tests.retention.test_canary import PERSONAL, TAX_OVER, books, find_words, night

__all__ = ["books", "finance", "funds", "make_cashier", "make_template", "night", "office", "tax"]
ERASED_TABLES = {"cheque", "counter_receipt", "till", "e_return", "audit_personal", "message", "outbox"}
RECORDED_TABLES = {"counter_line", "till", "e_return"}
HERS = {**CHEQUE, "payer_name": "Zebedee Quillfeather", "account_number": "87654321"}
WORDS = [*PERSONAL, "87654321"]
NARRATIVES = ["narrabeen"]
LIBRARY_OVER = "2031-06-11T02:00:00+00:00"  # 13 months, for fees


@pytest.fixture
async def traces(make_cashier, tax, funds, make_template, database):
    """Takings that left a trace of their payers wherever one can be left."""
    ann, bob = make_cashier("ann"), make_cashier("bob", APPROVE)
    till = await ann.open(0)
    fee = [{"fund": funds["13"], "amount": 500, "narrative": "Narrabeen"}]
    members = {"email": "zebedee@quill.example", "metadata": {"who": "Zebedee"}}
    await ann.take_ok(till, fee, **members)
    wrong = await ann.take_ok(till, fee)
    because = {"reason": "other", "note": "Zebedee paid twice"}
    voided = await ann.send("POST", f"/receipts/{wrong['id']}/void", because)
    assert voided.status_code == 200, voided.text
    paid = await ann.take_ok(till, tax(1_000), cheque=HERS)
    response = await ann.count(till, pieces(495), 1_000)
    assert response.json()["status"] == "counted", response.text
    await ann.act(till, "difference", {"reason": "other", "note": "Zebedee took a coin back"})
    template = await make_template("cheque")
    cheques = [{"row": 1, "amount": 1_200, "narrative": "Narrabeen", "cheque": {**HERS, "number": "000777"}}]
    waiting = await draft(ann, template, lines=cheques)
    await act(ann, waiting, "submit")
    await act(bob, waiting, "return", {"answer": "Where is Zebedee's other cheque?"})
    voided = await draft(ann, template, lines=cheques)
    await act(ann, voided, "void", {"answer": "Zebedee paid twice"})
    posted = await draft(ann, template, lines=cheques)
    await act(ann, posted, "submit")
    assert (await act(bob, posted, "authorise")).status_code == 200
    async with database.writing("citytown") as session:  # people sign in to pages, whose names are written
        for statement in (
            "UPDATE till SET opened_by_name = 'Narrabeen J'",
            "UPDATE e_return SET created_by_name = 'Narrabeen J'",
        ):
            await session.execute(text(statement))
    return ann, paid


async def test_a_payer_at_the_counter_is_nowhere_when_their_time_is_over(
    traces, database, night, books, make_cashier
):
    assert await find_words(database, WORDS) == ERASED_TABLES
    sums = await books()
    await night(LIBRARY_OVER)
    # Council tax keeps its payers for longer than fees.
    assert await find_words(database, WORDS) == {"cheque"}
    await night(TAX_OVER)
    assert await find_words(database, WORDS) == set()
    assert await find_words(database, NARRATIVES) == RECORDED_TABLES
    receipt = await make_cashier("ann").get(f"/receipts/{traces[1]['id']}")
    assert (receipt["cheque"], receipt["amount"]) == (None, 1_000)
    await night(RECORDS_OVER)
    await night("2037-04-03T02:00:00+00:00")
    assert await find_words(database, NARRATIVES) == set()
    returns = await make_cashier("ann").get("/e-returns")
    assert {item["status"] for item in returns["items"]} == {"returned", "voided", "authorised"}
    for item in returns["items"]:
        [line] = (await make_cashier("ann").get(f"/e-returns/{item['id']}"))["lines"]
        assert (line["amount"], line["narrative"], line["cheque"]) == (1_200, "", None)
    assert await books() == sums


async def test_a_payer_whose_time_is_not_over_stays(traces, database, night):
    await night("2031-06-09T02:00:00+00:00")  # a day before 13 months
    tables = await find_words(database, WORDS)
    assert tables >= {"cheque", "counter_receipt", "till", "e_return", "audit_personal"}


async def test_what_is_stored_of_a_payer_at_the_counter_is_exported(traces, database, export):
    _, paid = traces
    [line] = paid["lines"]
    query = {"reference": line["reference"]}
    assert (await export(**query)).json()["receipts"] == []  # of the sandbox
    async with database.writing("citytown") as session:
        await session.execute(
            text("UPDATE counter_receipt SET mode = 'live' WHERE number = :number"),
            {"number": paid["number"]},
        )
    body = (await export(**query)).json()
    [receipt] = body["receipts"]
    assert (receipt["receipt_id"], receipt["number"], receipt["kind"]) == (
        paid["id"],
        paid["number"],
        "cheque",
    )
    assert (receipt["amount"], receipt["status"]) == (1_000, paid["status"])
    assert receipt["lines"] == [{"reference": line["reference"], "narrative": "", "amount": 1_000}]
    assert receipt["cheque"] == {
        name: HERS[name] for name in ("number", "sort_code", "account_number", "payer_name")
    }
    assert (body["payments"], body["mandates"], body["is_truncated"]) == ([], [], False)
    assert (await export("hillshire", **query)).json()["receipts"] == []
    assert (await export(email="zebedee@quill.example")).json()["receipts"] == []
