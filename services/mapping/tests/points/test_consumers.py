"""Address's events move the points of mapping, in whichever order and however often they arrive."""

import itertools

import pytest

from mapping.events import PropertyChanged, PropertyCreated, PropertyRetired
from mapping.points import store

_UPRNS = itertools.count(1)


@pytest.fixture
def uprn():
    """Return a UPRN of the test's own: what a consumer does is committed."""
    return str(next(_UPRNS))


@pytest.fixture
def place(database):
    """Read where a property is: its easting, northing and sequence, or None."""

    async def read(uprn, council="citytown"):
        async with database.reading() as session:
            row = await store.get_point(session, council, int(uprn))
        return row and (float(row.easting), float(row.northing), row.sequence)

    return read


async def test_a_property_that_is_created_is_placed(deliver, place, uprn):
    outcome = await deliver(PropertyCreated, uprn=uprn, easting=375165.22, northing=164733.4)
    assert (outcome.state, await place(uprn)) == ("processed", (375165.22, 164733.4, 1))


async def test_a_property_that_changed_is_moved(deliver, place, uprn):
    await deliver(PropertyCreated, uprn=uprn, easting=1, northing=1)
    await deliver(PropertyChanged, uprn=uprn, easting=2, northing=3, sequence=2)
    assert await place(uprn) == (2, 3, 2)


async def test_a_retired_property_leaves_the_map_for_good(deliver, place, uprn):
    await deliver(PropertyCreated, uprn=uprn)
    await deliver(PropertyRetired, uprn=uprn, sequence=3)
    assert await place(uprn) is None
    late = await deliver(PropertyChanged, uprn=uprn, sequence=2)
    assert (late.state, await place(uprn)) == ("processed", None)


async def test_a_late_event_moves_nothing(deliver, place, uprn):
    await deliver(PropertyChanged, uprn=uprn, easting=5, northing=5, sequence=5)
    await deliver(PropertyChanged, uprn=uprn, easting=4, northing=4, sequence=4)
    await deliver(PropertyCreated, uprn=uprn, easting=1, northing=1, sequence=1)
    assert await place(uprn) == (5, 5, 5)


async def test_an_event_delivered_twice_takes_effect_once(deliver, place, uprn):
    message = deliver.make(PropertyCreated, uprn=uprn, easting=1, northing=1)
    outcomes = await deliver.batch(PropertyCreated, [message, message])
    again = await deliver.batch(PropertyCreated, [message])
    assert [outcome.state for outcome in (*outcomes, *again)] == ["processed", "repeated", "repeated"]
    assert await place(uprn) == (1, 1, 1)


async def test_a_batch_of_one_propertys_events_leaves_the_newest(deliver, place, uprn):
    newest = deliver.make(PropertyChanged, uprn=uprn, easting=3, northing=3, sequence=3)
    older = deliver.make(PropertyChanged, uprn=uprn, easting=2, northing=2, sequence=2)
    await deliver.batch(PropertyChanged, [newest, older])
    assert await place(uprn) == (3, 3, 3)


async def test_a_snapshot_sets_the_point_whatever_its_sequence(deliver, place, uprn):
    await deliver(PropertyChanged, uprn=uprn, easting=9, northing=9, sequence=9)
    await deliver(PropertyCreated, uprn=uprn, easting=4, northing=4, sequence=4, snapshot=True)
    assert await place(uprn) == (4, 4, 4)
    await deliver(PropertyChanged, uprn=uprn, easting=5, northing=5, sequence=5)
    assert await place(uprn) == (5, 5, 5)


async def test_another_councils_property_of_the_same_uprn_is_another(deliver, place, uprn):
    await deliver(PropertyCreated, uprn=uprn, easting=1, northing=1)
    await deliver(PropertyRetired, uprn=uprn, council="hillshire", sequence=8)
    await deliver(PropertyCreated, uprn=uprn, council="hillshire", easting=7, northing=7, sequence=9)
    assert await place(uprn) == (1, 1, 1)
    assert await place(uprn, "hillshire") == (7, 7, 9)


@pytest.mark.parametrize(
    ("field", "value"),
    [("uprn", "0"), ("uprn", "1" * 13), ("uprn", None), ("easting", 700001), ("northing", "NaN")],
)
async def test_a_hostile_value_is_a_dead_letter_that_names_its_field(deliver, field, value):
    outcome = await deliver(PropertyCreated, **{field: value})
    assert outcome.state == "dead-letter"
    assert outcome.reason.startswith(f"does not fit: {field} (")
