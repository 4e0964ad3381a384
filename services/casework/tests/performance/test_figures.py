import asyncio
import csv
import io

import pytest
from sqlalchemy import text

from casework.performance import store

_PLAN = "EXPLAIN (FORMAT TEXT) "
_MANY = text("""INSERT INTO case_figure (council, mode, code, restricted, week, measure, detail, number)
    SELECT 'citytown', 'sandbox', 'type-' || t, '', DATE '2015-01-05' + 7 * w, 'opened', '', 1
    FROM generate_series(1, 20) AS t, generate_series(1, 500) AS w""")


async def read(desk, **params):
    response = await desk.get("performance", **{"type": "missed-bin", **params})
    assert response.status_code == 200, response.text
    return response.json()


async def read_week(desk, first_day):
    figures = await read(desk, **{"from": first_day, "to": first_day})
    return figures["weeks"][0] if figures["weeks"] else None


async def open_bin(desk):
    case = (await desk.open()).json()
    desk.uprn = str(int(desk.uprn) + 1)
    return case


async def collect(desk, case, **members):
    case = (await desk.act(case, "send_crew")).json()
    response = await desk.act(case, "record_collection", **members)
    assert response.status_code == 200, response.text
    return response.json()


async def test_a_week_counts_what_was_opened_and_closed_in_it_and_what_was_late(desk, now):
    before = await read_week(desk, "2026-03-30") or {"opened": 0, "closed": 0, "in_time": 0}
    in_time, late, waiting = [await open_bin(desk) for _ in range(3)]
    await collect(desk, in_time)
    now("2026-04-14T09:00:00Z")  # the crew was to come back by the 8th
    await collect(desk, late)
    first, third = await read_week(desk, "2026-04-01"), await read_week(desk, "2026-04-14")
    assert first["opened"] - before["opened"] == 3
    assert (first["closed"] - before["closed"], first["overdue"]) == (1, 0)
    assert (third["opened"], third["closed"], third["in_time"], third["overdue"]) == (0, 1, 0, 1)
    assert third["week"] == "2026-W16"
    assert third["results"] == [{"result": "collected", "closed": 1}]
    assert third["clocks"] == [{"clock": "return", "in_time": 0, "overdue": 1}]
    [of_now] = (await read(desk))["now"]
    assert of_now["open"] >= 1
    assert of_now["overdue"] >= 1
    assert of_now["oldest"].startswith("2026-04-02")
    assert waiting["reference"] not in str(await read(desk))


async def test_what_is_entered_late_but_was_done_in_time_is_in_time(desk, now):
    now("2026-05-05T08:00:00Z")
    case = (await desk.open({"collection_day": "2026-05-05"})).json()
    now("2026-05-20T09:00:00Z")
    case = (await desk.act(case, "send_crew", effective_at="2026-05-06T09:00:00Z")).json()
    response = await desk.act(case, "record_collection", effective_at="2026-05-06T12:00:00Z")
    assert response.status_code == 200, response.text
    week = await read_week(desk, "2026-05-20")
    assert (week["closed"], week["in_time"], week["overdue"]) == (1, 1, 0)


async def test_a_case_that_is_opened_again_is_counted_as_such(desk, permits, now):
    now("2026-06-01T09:00:00Z")
    case = (await desk.apply()).json()
    case = (await desk.act(case, "issue")).json()
    case = (await desk.act(case, "reopen")).json()
    await desk.act(case, "issue")
    [week] = (await read(desk, type="permit", **{"from": "2026-06-01", "to": "2026-06-01"}))["weeks"]
    assert (week["opened"], week["closed"], week["reopened"]) == (1, 2, 1)


async def test_what_was_undone_is_not_counted(desk):
    before = await read_week(desk, "2026-03-30")
    desk.uprn = "100012399999"
    opened = [await desk.open() for _ in range(2)]
    assert [response.status_code for response in opened] == [201, 409]
    after = await read_week(desk, "2026-03-30")
    assert after["opened"] - (before or {"opened": 0})["opened"] == 1


async def test_live_and_sandbox_and_councils_are_counted_apart(desk, open_desk):
    await open_bin(desk)
    for other in (open_desk(mode="live"), open_desk(council="hillshire")):
        figures = await read(other)
        assert (figures["weeks"], figures["now"]) == ([], [])


async def test_restricted_cases_count_for_those_of_their_role_alone(desk, open_desk, database):
    await open_bin(desk)
    async with database.writing("citytown") as session:
        await session.execute(text(
            """INSERT INTO case_figure (council, mode, code, restricted, week, measure, detail, number)
            VALUES ('citytown', 'sandbox', 'safeguarding', 'social_worker', '2026-03-30', 'opened', '', 1)"""
        ))  # fmt: skip
        await session.execute(text(
            """INSERT INTO role_holder (council, subject, roles, version)
            VALUES ('citytown', 'ada', '{social_worker}', 1)"""
        ))  # fmt: skip
    params = {"type": "safeguarding", "from": "2026-03-30", "to": "2026-03-30"}
    assert (await read(desk, **params))["weeks"] == []
    assert len((await read(open_desk(sub="ada"), **params))["weeks"]) == 1
    assert (await read(open_desk(sub="bob"), **params))["weeks"] == []


async def test_folding_changes_no_figure_and_two_that_fold_at_once_count_nothing_twice(desk, database):
    for _ in range(3):
        await open_bin(desk)
    before = await read(desk)

    async def fold():
        async with database.writing("*") as session:
            return await store.fold(session, 1_000)

    await asyncio.gather(fold(), fold())
    assert await read(desk) == before
    await open_bin(desk)
    await fold()
    after = await read(desk)
    assert after["weeks"][-1]["opened"] == before["weeks"][-1]["opened"] + 1
    assert await fold() == 0


async def test_a_file_for_spreadsheets_has_the_same_figures(desk):
    await open_bin(desk)
    response = await desk.get("performance.csv", type="missed-bin")
    assert response.headers["content-type"].startswith("text/csv")
    assert response.headers["content-disposition"].startswith("attachment")
    rows = list(csv.DictReader(io.StringIO(response.text)))
    opened = {row["week"]: int(row["number"]) for row in rows if row["figure"] == "opened"}
    weeks = (await read(desk))["weeks"]
    assert opened == {week["week"]: week["opened"] for week in weeks}


@pytest.mark.parametrize(
    "params",
    [
        {"from": "2026-05-01", "to": "2026-04-01"},
        {"from": "2001-01-01"},
        {"from": "yesterday"},
        {"type": "a'; DROP TABLE case_record"},
        {"type": "x" * 51},
    ],
    ids=str,
)
async def test_what_is_no_period_or_type_is_refused(desk, params):
    assert (await desk.get("performance", **params)).status_code == 400
    assert (await desk.get("performance.csv", **params)).status_code == 400


async def test_a_scope_is_needed(open_desk, installed):
    assert (await open_desk(["casework:report"]).get("performance")).status_code == 403


@pytest.mark.long
async def test_figures_come_from_an_index_however_many_weeks_there_are(database):
    async with database.writing("citytown") as session:
        await session.execute(_MANY)
        await session.execute(text("ANALYZE case_figure"))
        weeks = {"first": "2024-01-01", "last": "2024-03-25"}
        plan = await session.all(
            text(f"""{_PLAN} SELECT sum(number) FROM case_figure WHERE council = 'citytown'
                AND mode = 'sandbox' AND week BETWEEN '{weeks["first"]}' AND '{weeks["last"]}'""")
        )
        assert "ix_case_figure_week" in str(plan)
