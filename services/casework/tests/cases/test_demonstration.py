"""The generated cases of the demonstration are cases like others: the engine decided each of them."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from casework.seals.actions.verification import check_histories
from dev.demo_cases import Place, write_stories
from dev.demo_casework import is_sealed, write_year

NOW = datetime(2026, 4, 2, 9, tzinfo=UTC)
PLACES = [Place(907_900_000_001 + n, f"{n} Abbey Green", f"E0501247{n % 7}") for n in range(50)]
_CASES = text("""SELECT code, state, closed_at, due_at, assignee, mode, opened_at FROM case_record
    WHERE council = :council AND submission LIKE 'demonstration-%' ORDER BY id""")
_MESSAGES = text("SELECT count(*) FROM job WHERE kind LIKE '%message%'")
_LEFT = text("SELECT count(*) FROM case_clock WHERE due_at < :now AND breached_at IS NULL")


_FORGET = text(
    "UPDATE case_record SET submission = NULL WHERE council = :council AND submission = 'demonstration-0'"
)


@pytest.mark.parametrize("council", ["citytown", "hillshire"])
def test_a_year_is_spread_over_weeks_types_and_wards_and_is_the_same_each_time(council):
    stories = write_stories(council, PLACES, NOW, 300)
    assert stories == write_stories(council, PLACES, NOW, 300)
    weeks = {story.steps[0].at.isocalendar()[:2] for story in stories}
    assert len(weeks) >= 50
    assert len({story.code for story in stories}) == 5
    assert len({story.place.ward for story in stories}) == 7
    assert any(story.assignee for story in stories)
    assert not all(story.assignee for story in stories)
    for story in stories:
        moments = [step.at for step in story.steps]
        assert moments == sorted(moments)
        assert NOW - timedelta(days=366) < moments[0]
        assert moments[-1] <= NOW
    assert "scotland" in " ".join(story.code for story in stories) or council == "citytown"


@pytest.mark.parametrize("council", ["citytown", "hillshire"])
async def test_the_engine_accepts_a_year_and_a_second_start_adds_nothing(
    council, installed, database, desk, set_clock
):
    set_clock(NOW.isoformat())
    stories = write_stories(council, PLACES, NOW, 60)
    assert not await is_sealed(database, council)
    assert await write_year(database, council, stories, NOW) == 0
    async with database.reading(council) as session:
        rows = await session.all(_CASES, {"council": council})
        assert await session.scalar(_MESSAGES) == 0, "nobody is written to"
        assert await session.scalar(_LEFT, {"now": NOW}) == 0, "what passed since was noted then"
    assert len(rows) == 60
    assert {row.mode for row in rows} == {"sandbox"}
    assert any(row.closed_at is None for row in rows)
    assert sum(row.closed_at is not None for row in rows) > 30
    assert not (await check_histories(database, council)).faults
    assert await write_year(database, council, stories, NOW) == 0
    later = write_stories(council, PLACES, NOW + timedelta(days=9), 60)
    assert await write_year(database, council, later, NOW + timedelta(days=9)) == 0
    async with database.reading(council) as session:
        assert await session.all(_CASES, {"council": council}) == rows


@pytest.mark.long
@pytest.mark.parametrize("day", range(0, 365, 61))
@pytest.mark.parametrize("council", ["citytown", "hillshire"])
async def test_on_whichever_day_it_starts_no_act_is_refused(council, day, installed, database, set_clock):
    now = datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=day)
    set_clock(now.isoformat())
    places = [place._replace(uprn=place.uprn + 10_000 * day + n) for n, place in enumerate(PLACES * 5)]
    stories = write_stories(council, places, now, 240)
    for number, story in enumerate(stories):
        object.__setattr__(story, "number", 10_000 * (day + 1) + number)
    async with database.writing(council) as session:
        await session.execute(_FORGET, {"council": council})
    assert await write_year(database, council, stories, now) == 0
