"""What of a payer is kept, and where; the audit of what staff do; a VAT receipt by mail."""

import json

from sqlalchemy import text

from chassis.testing import published
from services.payments.tests.cash_office.counter import CHEQUE

PAYER = "pat@payer.example"


async def test_a_receipt_by_mail_is_a_vat_receipt_in_the_payers_language(ann, funds, sent_messages, run_jobs):
    till = await ann.open()
    lines = [{"fund": funds["13"], "amount": 4_500, "narrative": "Room hire"}]
    receipt = await ann.take_ok(till, lines, email=PAYER)
    welsh = await ann.take_ok(till, lines, email=PAYER, language="cy")
    await run_jobs()
    first, second = await sent_messages(PAYER)
    for words in (
        f"Receipt number: {receipt['number']}",
        "Paid by: Cash",
        "Room hire: £45.00, including £7.50 VAT at 20%",
        "This is a VAT receipt of Citytown Council, Guildhall, Citytown BA1 5AW. VAT number: GB123456789",
    ):
        assert words in first.body
    assert f"Rhif derbynneb: {welsh['number']}" in second.body
    assert "Arian parod" in second.body


async def test_a_payer_is_named_in_the_row_of_their_cheque_alone(ann, tax, database):
    till = await ann.open()
    name = "Zebedee Quillfeather"
    receipt = await ann.take_ok(till, tax(700), cheque={**CHEQUE, "payer_name": name}, email=PAYER)
    assert (await ann.get(f"/receipts/{receipt['id']}"))["cheque"]["payer_name"] == name
    listed = await ann.get(f"/tills/{till['id']}/receipts")
    assert listed["items"][0]["cheque"] is None
    events = json.dumps([event.model_dump(mode="json") for event in await published(database)])
    for secret in (name, PAYER, CHEQUE["account_number"]):
        assert secret not in events
    async with database.reading("citytown") as session:
        tables = [
            row.name
            for row in await session.all(text("SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND "
                                              "relnamespace = 'public'::regnamespace"))
        ]  # fmt: skip
        with_name = {
            table
            for table in tables
            if await session.scalar(
                text(f"SELECT count(*) FROM {table} x WHERE x::text LIKE '%' || :name || '%'"), {"name": name}
            )
        }
    assert with_name == {"cheque"}


async def test_each_act_is_in_the_audit_with_its_reason_and_words_apart(ann, tax, database):
    till = await ann.open()
    receipt = await ann.take_ok(till, tax(700))
    note = "They paid twice"
    body = {"reason": "duplicate", "note": note}
    assert (await ann.send("POST", f"/receipts/{receipt['id']}/void", body)).status_code == 200
    async with database.reading("citytown") as session:
        rows = await session.all(
            text(
                "SELECT act, reason, changes::text AS changes FROM audit WHERE aggregate_id = :id ORDER BY id"
            ),
            {"id": receipt["id"]},
        )
    assert [(row.act, row.reason) for row in rows] == [
        ("receipt-posted", None), ("receipt-voided", "duplicate"),
    ]  # fmt: skip
    assert note not in "".join(row.changes for row in rows)
