"""Sealing: every transaction has one seal, the chain proves it, and a change is found."""

import asyncio
import json
from datetime import date, timedelta

import pytest
from pydantic import SecretStr

from chassis import ids
from payments.ledger.actions import audit_files, postings, seals
from payments.ledger.actions.signatures import RootSigner
from payments.ledger.rules import Account, Kind, Posting, Role, Transaction
from payments.ledger.store import seals as store

CLEARING = Account(Role.CLEARING, "card")


def receipt(amount, **members):
    legs = [Posting(CLEARING, amount), Posting(Account(Role.SUSPENSE, "item"), -amount)]
    values = {"kind": Kind.RECEIPT, "cause": ids.new(), "method": "90", "taken_on": date(2026, 4, 1)}
    return Transaction(id=ids.new(), postings=legs, **{**values, **members})


@pytest.fixture
async def posted(database):
    """Make a function that posts transactions of citytown."""

    async def post(*transactions, mode="live"):
        async with database.writing("citytown") as session:
            await postings.post(session, "citytown", mode, transactions)

    return post


async def test_what_is_posted_is_sealed_and_the_file_verifies(database, settings, posted, run_jobs):
    await posted(*(receipt(n) for n in range(1, 40)))
    await run_jobs(after=timedelta(minutes=1))
    lines = [line async for line in audit_files.read_chain(database, "citytown", "live")]
    check = audit_files.check_lines(iter(lines), RootSigner(settings).public_key())
    assert check.faults == []
    assert check.sequence >= 39


async def read_lines(database, mode="live"):
    return [line async for line in audit_files.read_chain(database, "citytown", mode)]


async def test_roots_are_signed_each_night_and_balances_summed_up_to_them(
    database, settings, posted, run_jobs
):
    await posted(receipt(1_111))
    before = {row.role: row.balance for row in await balances(database)}
    await run_jobs(after=timedelta(days=1, minutes=1))
    lines = await read_lines(database)
    assert "root" in lines[-1]
    check = audit_files.check_lines(iter(lines), RootSigner(settings).public_key())
    assert check.faults == []
    await posted(receipt(2))
    after = {row.role: row.balance for row in await balances(database)}
    assert after == {"clearing": before["clearing"] + 2, "suspense": before["suspense"] - 2}


async def balances(database):
    async with database.reading("citytown") as session:
        return await store.list_balances(session, "citytown", "live")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lines: lines.pop(1),
        lambda lines: lines.insert(1, lines[1]),
        lambda lines: lines[1]["transaction"].update(taken_on="2026-04-02"),
        lambda lines: lines[1]["transaction"]["postings"][0].__setitem__(3, 5),
        lambda lines: lines[1]["transaction"]["postings"][0].__setitem__(5, "another reference"),
        lambda lines: lines[1].update(hash="00" * 32),
        lambda lines: lines.__setitem__(slice(1, 3), [lines[2], lines[1]]),
        lambda lines: lines[-1].update(root=lines[-1]["root"][:-4] + "AAAA"),
        lambda lines: lines.append({"odd": 1}),
    ],
)
async def test_whatever_is_changed_afterwards_is_found(database, settings, posted, run_jobs, spoil):
    await posted(*(receipt(n) for n in range(1, 4)))
    await run_jobs(after=timedelta(days=1, minutes=1))
    lines = json.loads(json.dumps(await read_lines(database)))
    key = RootSigner(settings).public_key()
    assert audit_files.check_lines(iter(lines), key).faults == []
    spoil(lines)
    assert audit_files.check_lines(iter(lines), key).faults


async def test_another_key_signs_no_root_of_ours(database, settings, posted, run_jobs):
    await posted(receipt(1))
    await run_jobs(after=timedelta(days=1, minutes=1))
    other = settings.model_copy(update={"sealing_key": SecretStr("A" * 43)})
    check = audit_files.check_lines(iter(await read_lines(database)), RootSigner(other).public_key())
    assert any("not signed" in fault for fault in check.faults)


async def test_sealers_that_race_seal_each_transaction_once(database, settings, posted):
    await posted(*(receipt(n) for n in range(1, 30)), mode="sandbox")

    async def seal():
        async with database.writing("citytown") as session:
            await store.lock_chain(session, "citytown", "sandbox")
            return await seals.extend_chain(session, "citytown", "sandbox", 7)

    assert sum(await asyncio.gather(*(seal() for _ in range(6)))) == 29
    lines = await read_lines(database, "sandbox")
    assert audit_files.check_lines(iter(lines), RootSigner(settings).public_key()).faults == []
    assert len({line["transaction"]["id"] for line in lines}) == len(lines)
