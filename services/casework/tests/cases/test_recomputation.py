"""Days are proclaimed, closed or loaded: open clocks are computed again, with the reason."""

from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from casework.calendar.actions import commands
from casework.caseload.actions import timed_acts
from casework.cases.actions import changes
from chassis.commands import ExitCode
from services.casework.tests.cases.conftest import _FAR, Desk

SAMPLES = Path(__file__).parents[1] / "case_types" / "samples"
PROCLAMATION = [
    "--day", "2028-03-08", "--division", "scotland", "--name", "Games", "--name-cy", "Gemau",
    "--source", "Royal Proclamation", "--reason", "Commonwealth Games", "--by", "Ann Operator",
]  # fmt: skip
TERMS = [{"first": "2028-02-21", "last": "2028-03-31"}, {"first": "2028-04-17", "last": "2028-05-26"}]
NOON = datetime.fromisoformat("2028-03-06T12:00:00Z")
_DUE_ON = text("SELECT due_on FROM case_clock WHERE case_id = parse_id(:case) AND clock = 'answer'")
_JOBS = text("SELECT count(*) FROM job WHERE kind = 'casework.recompute_clocks'")


@pytest.fixture(scope="module")
async def published(client, mint):
    """Both councils have a type with a clock of working days and one of school days."""
    source, welsh = ((SAMPLES / f"appeal{ending}").read_text() for ending in (".yaml", ".cy.yaml"))
    for council in ("citytown", "hillshire"):
        token = mint(scopes=["casework:configure"], councils=[council], exp=_FAR, mode="live")
        headers = {"Authorization": f"Bearer {token}"}
        await Desk(client, headers, council).publish("appeal", "1.0", source, welsh, headers=headers)


@pytest.fixture
def desk(open_desk, published, now):
    """Clocks run in 2028, so that no job of theirs is due by the database's own time."""
    now("2028-03-06T09:00:00Z")
    return open_desk(council="hillshire")


@pytest.fixture
def keeper(open_desk, desk):
    return open_desk(council="hillshire", mode="live")


@pytest.fixture
async def proclaim(settings, run_due):
    """Proclaim a holiday, and take it away when the test is over."""
    calls = []

    async def proclaim(*arguments):
        assert await commands.proclaim_holiday(settings, [*PROCLAMATION, *arguments]) is ExitCode.DONE
        calls.append(arguments)

    yield proclaim
    if calls.count(()) > calls.count(("--withdraw",)):
        await proclaim("--withdraw")
    await run_due(NOON)


async def notify(desk, **fields):
    response = await desk.post("cases", case_type="appeal", fields={"child": "Kim", **fields})
    assert response.status_code == 201, response.text
    return response.json()


async def read_due(desk, case, clock="answer"):
    case = (await desk.get(f"cases/{case['id']}")).json()
    return next(each for each in case["clocks"] if each["clock"] == clock)


async def list_history(desk, case):
    return (await desk.get(f"cases/{case['id']}/history")).json()["items"]


async def test_a_proclamation_moves_open_clocks_of_its_nation_and_its_withdrawal_moves_them_back(
    desk, open_desk, proclaim, run_due, events_of
):
    other_desk = open_desk(council="citytown")
    case, other = await notify(desk), await notify(other_desk)
    assert (await read_due(desk, case))["due_on"] == "2028-03-13"
    elsewhere = await read_due(other_desk, other)
    await proclaim()
    await run_due(NOON)
    assert (await read_due(desk, case))["due_on"] == "2028-03-14"
    assert await read_due(other_desk, other) == elsewhere
    assert len(await list_history(other_desk, other)) == 1
    [_, entry] = await list_history(desk, case)
    assert (entry["kind"], entry["actor"]) == ("recompute", {"sub": "casework"})
    reason = "Wednesday 8 March 2028 was proclaimed a bank holiday: Commonwealth Games"
    assert entry["weighed"] == [{"rule": "calendar", "holds": True, "reason": reason}]
    assert entry["before"]["due_dates"]["answer"][0] == "2028-03-13"
    assert (await events_of(case))[-1]["data"]["action"] == "recompute"
    await proclaim("--withdraw")
    await run_due(NOON)
    assert (await read_due(desk, case))["due_on"] == "2028-03-13"


async def test_a_clock_that_breached_does_not_any_more_and_breaches_when_the_day_is_withdrawn(
    desk, proclaim, run_due, now, events_of
):
    case = await notify(desk)
    now("2028-03-14T09:00:00Z")
    tuesday = datetime.fromisoformat("2028-03-14T09:00:00Z")
    await run_due(tuesday)
    assert (await read_due(desk, case))["breached_at"] is not None
    await proclaim()
    await run_due(tuesday)
    clock = await read_due(desk, case)
    assert (clock["due_on"], clock["breached_at"]) == ("2028-03-14", None)
    await proclaim("--withdraw")
    await run_due(tuesday)  # recomputed: it is over already, so its breach is due at once
    clock = await read_due(desk, case)
    assert (clock["due_on"], clock["breached_at"] is not None) == ("2028-03-13", True)
    breaches = await events_of(case, "casework.clock")
    assert [event["data"]["clock"] for event in breaches] == ["answer", "answer"]


async def test_a_closure_moves_the_council_s_own_standard_and_says_so(desk, keeper, run_due):
    case = await notify(desk)
    closure = {"first_day": "2028-03-07", "last_day": "2028-03-08", "name": "Flood", "name_cy": "Llifogydd"}
    closed = (await keeper.post("closures", **closure)).json()
    await run_due(NOON)
    assert (await read_due(desk, case))["due_on"] == "2028-03-15"
    [_, entry] = await list_history(desk, case)
    assert "The closure Flood" in entry["weighed"][0]["reason"]
    assert (await keeper.change("DELETE", f"closures/{closed['id']}", closed)).status_code == 204
    await run_due(NOON)
    assert (await read_due(desk, case))["due_on"] == "2028-03-13"


async def test_terms_that_are_loaded_compute_the_clock_that_waited_for_them_and_arm_its_timer(
    desk, keeper, run_due, now
):
    authority = (await keeper.post("admission-authorities", name="St Ninian's")).json()
    case = await notify(desk, authority=authority["id"])
    clock = await read_due(desk, case, "lodging")
    assert (clock["due_on"], "term dates of St Ninian's" in clock["uncomputed"]) == (None, True)
    path = f"admission-authorities/{authority['id']}/school-years"
    assert (await keeper.post(path, year=2027, terms=TERMS)).status_code == 201
    await run_due(NOON)
    clock = await read_due(desk, case, "lodging")
    assert (clock["due_on"], clock["uncomputed"]) == ("2028-04-17", None)
    now("2028-04-18T00:00:00+01:00")
    await run_due(datetime.fromisoformat("2028-04-18T00:00:00+01:00"))
    assert (await desk.get(f"cases/{case['id']}")).json()["state"] == "late"


@pytest.mark.parametrize("authority", ["nonsense", "01hzy3t8qk5v7m9x2c4b6n8p0r"])
async def test_an_authority_that_is_not_there_leaves_the_clock_without_a_date(desk, authority):
    case = await notify(desk, authority=authority)
    assert (await read_due(desk, case, "lodging"))["uncomputed"] is not None


async def test_a_run_that_is_killed_in_the_middle_goes_on_where_it_was(
    desk, proclaim, run_due, monkeypatch, database
):
    monkeypatch.setattr(timed_acts, "_BATCH", 2)
    cases = [await notify(desk) for _ in range(5)]
    apply, days_at_kill = changes.apply, []

    async def apply_until_killed(session, subject, plan, actor):
        await apply(session, subject, plan, actor)
        if subject.reference == cases[3]["reference"].replace("-", "") and not days_at_kill:
            async with database.reading("hillshire") as reading:
                days = [await reading.scalar(_DUE_ON, {"case": case["id"]}) for case in cases]
            days_at_kill.extend(map(str, days))
            raise ConnectionError("the worker was killed")

    monkeypatch.setattr(changes, "apply", apply_until_killed)
    await proclaim()
    await run_due(NOON)
    assert days_at_kill[0] == "2028-03-14"  # a batch before had committed
    assert days_at_kill[3:] == ["2028-03-13"] * 2  # this one had not
    for case in cases:
        assert (await read_due(desk, case))["due_on"] == "2028-03-14"
        assert [entry["kind"] for entry in await list_history(desk, case)] == ["action", "recompute"]
    async with database.reading() as session:
        await session.set_all_councils()
        assert await session.scalar(_JOBS) == 0


async def test_who_acts_meanwhile_is_not_undone(desk, proclaim, run_due, monkeypatch):
    case = await notify(desk)
    listed = timed_acts.list_running

    async def list_then_act(session, council, after, most):
        batch = await listed(session, council, after, most)
        if any(subject.reference == case["reference"].replace("-", "") for subject in batch):
            assert (await desk.act(case, "lodge")).status_code == 200
        return batch

    monkeypatch.setattr(timed_acts, "list_running", list_then_act)
    await proclaim()
    await run_due(NOON)
    assert (await desk.get(f"cases/{case['id']}")).json()["state"] == "lodged"
    assert [entry["kind"] for entry in await list_history(desk, case)] == ["action", "action"]
