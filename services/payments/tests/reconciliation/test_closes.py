"""The close of a day: no posting comes after it, and its files balance to the penny."""

import asyncio
import csv
import hashlib
import io
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis import ids
from payments.funds.actions import baskets
from payments.ledger.actions import postings
from payments.ledger.rules import Account, Kind, Posting, Role, Transaction
from payments.shared.days import today
from services.payments.tests.funds.finance import import_default
from services.payments.tests.reconciliation.bank import Bank, Line

DAYS = [today() - timedelta(days=n) for n in range(40, 0, -1)]


@pytest.fixture
async def council(client, mint, database):
    """A council of its own, with funds and nothing posted."""
    name = f"close-{ids.show(ids.new())[-8:]}"
    added = text(
        "INSERT INTO council (slug, name, gss, region, version) VALUES (:slug, :slug, :gss, 'uk', 1)"
    )
    async with database.writing() as session:
        await session.execute(added, {"slug": name, "gss": f"E{ids.new().int % 10**8:08}"})
    await import_default(client, mint, name, "england")
    return name


@pytest.fixture
async def chart(database, council):
    async with database.reading(council) as session:
        return await baskets.read_chart(session, council, today())


@pytest.fixture
def office(client, finance, council):
    return Bank(client, finance(council), council)


class Ledger:
    """Posts the worked examples."""

    def __init__(self, database, council, chart):
        self.database, self.council, self.chart = database, council, chart
        self.clearing = Account(Role.CLEARING, ids.show(ids.new()))

    def fund(self, code):
        (fund,) = self.chart.list_funds(code)
        return fund

    def legs(self, code, gross, vat=0, line=1, reference=""):
        fund = self.fund(code)
        account = Account(Role.FUND, fund.ledger_code, fund.id)
        vat_code = str(self.chart.list_vat_codes("W0")[0].id)
        legs = [
            Posting(account, vat - gross, line, reference),
            Posting(Account(Role.VAT, vat_code), -vat, line),
        ]
        return [leg for leg in legs if leg.amount]

    async def post(self, kind, day, legs, method="90", mode="sandbox"):
        transaction = Transaction(ids.new(), kind, ids.new(), method, day, legs)
        async with self.database.writing(self.council) as session:
            await postings.post(session, self.council, mode, [transaction])
        return transaction


@pytest.fixture
def ledger(database, council, chart):
    return Ledger(database, council, chart)


async def close(office, day):
    return await office.client.post(
        f"{office.base}/closes", json={"day": day.isoformat()}, headers=office.headers
    )


@pytest.fixture
def close_and_write(office, run_jobs):
    """Make a function that closes a day, has its files written, and reads it."""

    async def run(day):
        response = await close(office, day)
        assert response.status_code == 201, response.text
        await run_jobs()
        return (await office.get(f"closes/{day}")).json()

    return run


async def read_csv(office, export):
    response = await office.get(f"exports/{export['id']}/content")
    assert hashlib.sha256(response.content).hexdigest() == export["sha256"]
    return list(csv.reader(io.StringIO(response.text)))


async def post_examples(ledger, day):
    """Examples 1, 2 and 6 of council finance, on one day."""
    basket = [
        *ledger.legs("23", 5_000, line=1, reference="800123459"),
        *ledger.legs("13", 4_500, 750, line=2),
        *ledger.legs("GW", 1_950, line=3),
    ]
    await ledger.post(Kind.RECEIPT, day, [Posting(ledger.clearing, 11_450), *basket])
    refund = [
        Posting(leg.account, -leg.amount, leg.line, leg.reference)
        for leg in ledger.legs("13", 1_499, 250, line=2)
    ]
    await ledger.post(Kind.REFUND_REQUESTED, day, [*refund, Posting(Account(Role.REFUNDS), -1_499)])
    moved = [
        Posting(leg.account, -leg.amount, 1, leg.reference)
        for leg in ledger.legs("23", 5_000, reference="800123459")
    ]
    await ledger.post(Kind.TRANSFER, day, [*moved, *ledger.legs("5", 5_000, reference="00123456782")], "JN")


async def test_the_files_of_a_day_are_its_takings_to_the_penny(office, ledger, close_and_write):
    day = DAYS[0]
    await post_examples(ledger, day)
    closed = await close_and_write(day)
    summary = closed["summary"]
    assert summary["total"] == 11_450 - 1_499
    assert summary["total"] == summary["fund_files"] + summary["suspense"] + summary["direct_income"]
    assert (summary["fund_files"], summary["direct_income"]) == (5_000, 4_951)
    assert summary["by_method"] == {"90": 9_951}
    files = {export["name"]: export for export in closed["exports"]}
    assert sorted(files) == ["fund-23-000001.csv", "fund-5-000001.csv", "journal-000001.csv"]
    assert [export["number"] for export in closed["exports"]] == [1, 2, 3]
    tax = await read_csv(office, files["fund-23-000001.csv"])
    assert [(row[1], row[2], row[4]) for row in tax[1:-1]] == [
        ("800123459", "50.00", "90"),
        ("800123459", "-50.00", "JN"),
    ]
    assert tax[-1] == ["TOTAL", "2", "0.00"]
    rents = await read_csv(office, files["fund-5-000001.csv"])
    assert rents[-1] == ["TOTAL", "1", "50.00"]
    journal = await read_csv(office, files["journal-000001.csv"])
    assert journal[0][:3] == ["TOWNHALL", "1", day.strftime("%d/%m/%Y")]
    lines = {(row[0], row[1], row[2]): (row[3], row[4]) for row in journal[2:-1]}
    assert lines["VAT", "W0", "90"] == ("", "5.00")
    assert lines["CLEARING", "", "90"] == ("114.50", "")
    parking = ledger.fund("13").ledger_code
    assert lines[parking, "W0", "90"] == ("", "25.01")
    debits = sum(round(float(debit or 0) * 100) for debit, _ in lines.values())
    assert debits == sum(round(float(credit or 0) * 100) for _, credit in lines.values())
    assert journal[-1] == [str(len(lines)), f"{debits / 100:.2f}"]


async def test_an_export_is_sent_again_as_the_same_bytes_whatever_is_set_meanwhile(
    office, ledger, client, finance, council, close_and_write
):
    await post_examples(ledger, DAYS[0])
    closed = await close_and_write(DAYS[0])
    path = f"{office.base}/exports/{closed['exports'][0]['id']}/content"
    first = await client.get(path, headers=office.headers)
    live = {**finance(council, mode="live"), "If-Match": '"0"'}
    layout = {
        "separator": ";",
        "amounts": "pence",
        "lines": [{"member": "ledger_code"}, {"member": "amount"}],
    }
    saved = await client.put(f"{office.base}/reconciliation-settings", json={"journal": layout}, headers=live)
    assert (saved.status_code, saved.json()["version"]) == (200, 1), saved.text
    again = await client.get(path, headers=office.headers)
    assert (again.content, again.headers["etag"]) == (first.content, first.headers["etag"])
    await post_examples(ledger, DAYS[1])
    other = await close_and_write(DAYS[1])
    text_of = (await office.get(f"exports/{other['exports'][0]['id']}/content")).text
    amounts = [line.split(";") for line in text_of.split("\r\n")[2:-2]]
    assert ["CLEARING", "11450"] in amounts
    assert sum(int(amount) for _, amount in amounts) == 0
    assert [export["number"] for export in other["exports"]] == [4, 5, 6]


async def test_a_closed_day_takes_no_posting_whoever_posts(office, ledger):
    await post_examples(ledger, DAYS[0])
    await close(office, DAYS[1])
    for day in DAYS[:2]:
        with pytest.raises(DBAPIError, match="is closed"):
            await post_examples(ledger, day)
    await post_examples(ledger, DAYS[2])
    await ledger.post(
        Kind.RECEIPT, DAYS[0], [Posting(ledger.clearing, 5), *ledger.legs("GW", 5)], mode="live"
    )


async def test_a_posting_that_is_on_its_way_is_waited_for_and_one_that_comes_later_is_refused(
    office, ledger, database, council
):
    day, go, posted = DAYS[0], asyncio.Event(), asyncio.Event()

    async def post_slowly():
        legs = [Posting(ledger.clearing, 700), *ledger.legs("GW", 700)]
        async with database.writing(council) as session:
            row = Transaction(ids.new(), Kind.RECEIPT, ids.new(), "90", day, legs)
            await postings.post(session, council, "sandbox", [row])
            posted.set()
            await go.wait()

    posting = asyncio.create_task(post_slowly())
    await posted.wait()
    closing = asyncio.create_task(close(office, day))
    await asyncio.wait({closing}, timeout=0.3)
    assert not closing.done(), "the close waits for the posting"
    late = asyncio.create_task(
        ledger.post(Kind.RECEIPT, day, [Posting(ledger.clearing, 9), *ledger.legs("GW", 9)])
    )
    await asyncio.wait({late}, timeout=0.2)
    go.set()
    await posting
    assert (await closing).json()["summary"]["total"] == 700
    with pytest.raises(DBAPIError, match="is closed"):
        await late


async def test_days_are_closed_once_in_order_and_when_they_are_over(office, ledger):
    assert (await close(office, today())).json()["code"] == "day-not-over"
    first = (await close(office, DAYS[3])).json()
    assert (first["number"], first["exports"][0]["lines"]) == (1, 0)
    for day in (DAYS[3], DAYS[1]):
        assert (await close(office, day)).json()["code"] == "day-closed"
    second = (await close(office, DAYS[6])).json()
    assert (second["number"], second["first_day"]) == (2, DAYS[4].isoformat())
    listed = (await office.get("closes")).json()["items"]
    assert [item["day"] for item in listed] == [DAYS[3].isoformat(), DAYS[6].isoformat()]
    assert (await office.get(f"closes/{DAYS[6]}")).json() == second
    assert (await office.get(f"closes/{DAYS[5]}")).status_code == 404


async def test_twins_close_a_day_once(office, ledger):
    await post_examples(ledger, DAYS[0])
    answers = await asyncio.gather(*(close(office, DAYS[0]) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_a_late_bank_line_is_posted_today_with_its_own_day_as_value(office, ledger, database, council):
    await office.open_account()
    await close(office, DAYS[5])
    await office.load([Line(12_000, "SMITH J 23 ELM", day=DAYS[4].isoformat())])
    async with database.reading(council) as session:
        row = await session.first(text("SELECT taken_on, value_date FROM ledger_transaction"))
    assert (row.taken_on, row.value_date) == (today(), DAYS[4])


async def test_suspense_is_listed_by_its_age(office, ledger):
    await office.open_account()
    for number, (day, amount) in enumerate([(DAYS[0], 100), (DAYS[20], 20), (DAYS[36], 3), (DAYS[38], 4)]):
        await office.load([Line(amount, "WHO", day=day.isoformat())], number=number)
    summary = (await close(office, DAYS[38])).json()["summary"]
    assert (summary["suspense"], summary["total"]) == (127, 127)
    ages = {name: (group["count"], group["amount"]) for name, group in summary["suspense_by_age"].items()}
    assert ages == {
        "up_to_7_days": (2, 7),
        "up_to_30_days": (1, 20),
        "up_to_90_days": (1, 100),
        "over_90_days": (0, 0),
    }


async def test_another_council_and_live_money_have_their_own_closes(office, ledger, client, finance, council):
    await post_examples(ledger, DAYS[0])
    export = (await close(office, DAYS[0])).json()["exports"][0]["id"]
    for headers, slug in ((finance(council, mode="live"), council), (finance("hillshire"), "hillshire")):
        other = Bank(client, headers, slug)
        assert (await other.get(f"exports/{export}/content")).status_code == 404
        assert (await other.get(f"closes/{DAYS[0]}")).status_code == 404
    reader = Bank(client, finance(council, scopes=["payments:finance-read"]), council)
    assert (await close(reader, DAYS[1])).status_code == 403
    assert (await reader.get(f"exports/{export}/content")).status_code == 200


@pytest.mark.parametrize(
    "layout",
    [
        {"lines": []},
        {"lines": [{"member": "ledger_code"}]},
        {"lines": [{"member": "debit"}]},
        {"lines": [{"member": "amount"}, {"member": "count"}]},
        {"header": [{"member": "debit"}]},
        {"separator": "a"},
        {"codes": {"nothing": "1"}},
        {"source": "é"},
    ],
)
async def test_a_layout_that_is_none_is_refused(client, finance, office, council, layout):
    headers = {**finance(council, mode="live"), "If-Match": '"0"'}
    response = await client.put(
        f"{office.base}/reconciliation-settings", json={"journal": layout}, headers=headers
    )
    assert response.status_code == 400, response.text


async def test_settings_need_the_version_and_a_live_credential(client, finance, office, council):
    path, live = f"{office.base}/reconciliation-settings", finance(council, mode="live")
    assert (await client.put(path, json={}, headers=live)).status_code == 428
    assert (await client.put(path, json={}, headers={**live, "If-Match": '"7"'})).status_code == 412
    sandbox = {**office.headers, "If-Match": '"0"'}
    assert (await client.put(path, json={}, headers=sandbox)).json()["code"] == "mode-not-held"


@pytest.mark.parametrize("table", ["day_close", "export_file"])
async def test_closes_and_exports_are_kept_as_they_were(office, ledger, database, council, table):
    await close(office, DAYS[0])
    async with database.writing(council) as session:
        with pytest.raises(DBAPIError, match="kept as it was posted"):
            await session.execute(text(f"DELETE FROM {table}"))
