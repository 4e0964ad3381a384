"""kill -9 while counter staff work: what was sent again happens once, and nothing is lost."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from chassis.testing import published
from services.payments.tests.cash_office.counter import API, CHEQUE, changed, new_id, pieces
from services.payments.tests.cash_office.test_e_returns import act, draft

ROOT = Path(__file__).parents[4]
MODULE = "services.payments.tests.cash_office.mortal_process"
TIMES = int(os.environ.get("TEST_KILLS_OF_POINT", "2"))
ACTS = ("receipt", "difference", "bag", "authorise", "return")
EVERY_RUN = {("receipt", "written"), ("bag", "committed")}


def list_points():
    points = [(act_name, moment) for act_name in ACTS for moment in ("written", "committed")]
    once = [pytest.param(*point, 1) for point in points if point in EVERY_RUN]
    return once + [pytest.param(*point, TIMES, marks=pytest.mark.long) for point in points]


@pytest.fixture
def make_order(ann, bob, tax, client, finance, office, funds):
    """Make a function that prepares an act: the person, the path, the body, and what it moves."""

    async def prepare(name):
        if name == "authorise":
            rows = [{"fund": funds["23"], "label": "Tax"}, {"fund": funds["23"], "label": "More"}]
            template = {"office": office, "name": "Library", "kind": "cash", "rows": rows}
            template_response = await client.post(f"{API}/e-return-templates", json=template, headers=finance)
            lines = [{"row": 1, "amount": 6_200, "reference": "800123459"}]
            record = await draft(ann, template_response.json(), lines=lines)
            await act(ann, record, "submit")
            return bob, f"/e-returns/{record['id']}/authorise", None, {"transit": [6_200], "fund": [-6_200]}
        till = await ann.open(0, id=new_id())
        if name == "receipt":
            return ann, f"/tills/{till['id']}/receipts", {"lines": tax(700)}, {"cash": [700], "fund": [-700]}
        members = {"cheque": CHEQUE} if name == "return" else {}
        receipt = await ann.take_ok(till, tax(700), **members)
        if name == "difference":
            await ann.count(till, pieces(690))
            moves = {"over-short": [10], "cash": [-10]}
            return ann, f"/tills/{till['id']}/difference", {"reason": "unknown"}, moves
        await ann.balance(till, {} if members else pieces(700), 700 if members else 0)
        body = {"office": ann.office, "number": new_id()[:12].upper(), "tills": [till["id"]]}
        body |= {"banked_on": till["day"]}
        if name == "bag":
            return ann, "/bags", body, {"transit": [700], "cash": [-700]}
        assert (await ann.send("POST", "/bags", body)).status_code == 201
        path = f"/receipts/{receipt['id']}/cheque-return"
        return ann, path, {"returned_on": till["day"]}, {"fund": [700], "transit": [-700]}

    return prepare


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("name", "moment", "times"), list_points())
async def test_what_was_killed_and_sent_again_happened_once(
    make_order, settings, balance_of, database, name, moment, times
):
    for _ in range(times):
        cashier, path, body, moves = await make_order(name)
        headers = {"Idempotency-Key": new_id()}
        if name in {"difference", "authorise"}:
            headers["If-Match"] = "*"
        before, events = await balance_of(), len(await published(database))
        order = {"path": f"{API}{path}", "body": body, "headers": {**cashier.headers, **headers}}
        await run_until_killed(settings, moment=moment, **order)
        after_kill = changed(before, await balance_of())
        assert after_kill == ({} if moment == "written" else moves)
        again = await cashier.send("POST", path, body, **headers)
        has_key = name in {"receipt", "bag"}
        if moment == "written" or has_key:
            assert again.status_code in {200, 201}, again.text
        else:
            assert again.status_code == 409
        assert changed(before, await balance_of()) == moves
        lines = sum("fund" in role for role in moves)
        assert len(await published(database)) == events + lines
        if name == "receipt":  # nobody has two tills open
            await cashier.balance({"id": path.split("/")[2]}, pieces(700))


async def run_until_killed(settings, **order):
    """Run the process; it is killed, or the test fails."""
    values = settings.model_dump(mode="json", exclude_unset=True)
    values["sealing_key"] = settings.sealing_key.get_secret_value()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", MODULE, cwd=ROOT, stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    _, errors = await process.communicate(json.dumps({"settings": values, **order}).encode())
    assert process.returncode == -signal.SIGKILL, errors.decode()[-2_000:]
