"""When bins are emptied, by the layer of rounds and the council's settings alone."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.recipes.load.yaml_source import read_source
from resident.facts.rules.rounds import LONDON, Round, describe_garden_round, describe_round, find_days
from resident.facts.rules.waste_settings import read_waste_settings

FILE = Path(__file__).parents[4] / "dev" / "data" / "council_settings.yaml"
COUNCILS = read_source(FILE.name, FILE.read_text()).content
CITYTOWN = read_waste_settings(COUNCILS["citytown"]["waste"])
HILLSHIRE = read_waste_settings(COUNCILS["hillshire"]["waste"])
TUESDAY_A = Round(1, "A")


def describe(material, text, collection=TUESDAY_A, settings=CITYTOWN):
    now = datetime.fromisoformat(text).replace(tzinfo=LONDON)
    return describe_round(settings, settings.containers[material], collection, now)


def test_a_day_ends_at_its_hour():
    tuesday = {"day": "2026-11-24", "next": "2026-12-01", "ends": "15:00", "finished": True}
    assert describe("food", "2026-11-30T23:59") == tuesday
    assert describe("food", "2026-12-01T14:59") == tuesday | {
        "day": "2026-12-01",
        "next": "2026-12-08",
        "finished": False,
    }
    assert describe("food", "2026-12-01T15:00")["finished"] is True


def test_weeks_alternate_between_rubbish_and_garden_waste():
    rubbish, garden = (describe(material, "2026-12-03T10:00") for material in ("rubbish", "garden"))
    assert {rubbish["day"], garden["day"]} == {"2026-11-24", "2026-12-01"}
    assert {rubbish["next"], garden["next"]} == {"2026-12-08", "2026-12-15"}
    # the same round in the other week has them the other way round
    other = describe("rubbish", "2026-12-03T10:00", Round(1, "B"))
    assert (other["day"], other["next"]) == (garden["day"], garden["next"])


def test_a_bank_holiday_moves_a_collection():
    assert describe("food", "2026-12-24T10:00", Round(4, "A"))["next"] == "2026-12-28"
    assert describe("food", "2026-12-28T10:00", Round(0, "A"))["day"] == "2026-12-21"
    assert describe("food", "2026-12-29T10:00", Round(0, "A"))["day"] == "2026-12-29"


def test_the_clocks_of_summer_count():
    assert describe("food", "2026-06-30T14:59")["finished"] is False
    now = datetime.fromisoformat("2026-06-30T14:01+00:00")  # 15:01 in the United Kingdom
    assert describe_round(CITYTOWN, CITYTOWN.containers["food"], TUESDAY_A, now)["finished"] is True


def test_the_garden_round_is_that_of_its_container():
    garden = describe_garden_round(HILLSHIRE, TUESDAY_A, date(2026, 12, 3))
    assert garden["found"] is True
    assert garden["day"] == "Tuesday"
    assert garden["next"] == describe("garden", "2026-12-03T10:00", settings=HILLSHIRE)["next"]


@given(
    st.dates(date(2026, 1, 1), date(2028, 12, 31)),
    st.sampled_from([*CITYTOWN.containers.values()]),
    st.builds(Round, st.integers(0, 4), st.sampled_from("AB")),
)
def test_the_last_day_has_come_and_the_next_has_not(today, container, collection):
    last, following = find_days(CITYTOWN, container, collection, today)
    assert last <= today < following
    period = 7 if container.weeks == "every" else 14
    # a holiday moves one of the two by three days at most
    assert period - 3 <= (following - last).days <= period + 3
    assert last in CITYTOWN.moved.values() or last.weekday() == collection.weekday
    assert find_days(CITYTOWN, container, collection, following - timedelta(1)) == (last, following)


@pytest.mark.parametrize(
    ("key", "value"), [("week_a", "2026-01-06"), ("garden", "leaves"), ("containers", {"food": {}})]
)
def test_settings_that_cannot_be_are_refused(key, value):
    with pytest.raises((KeyError, ValueError)):
        read_waste_settings({**COUNCILS["citytown"]["waste"], key: value})


def test_the_councils_have_bins_and_colours_of_their_own():
    names = [{each.name for each in settings.containers.values()} for settings in (CITYTOWN, HILLSHIRE)]
    assert not names[0] & names[1]
    assert all(each.name_cy for each in CITYTOWN.containers.values())
