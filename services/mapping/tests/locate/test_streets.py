"""Streets: their names fold, address's events name them, and the nearest of a name has the USRN."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.events import StreetChanged, StreetCreated, StreetRetired
from mapping.locate.rules.street_names import NamedStreet, choose_street, fold_street_name
from mapping.locate.store import street_names as store

_USRNS = itertools.count(91000001)


@pytest.fixture
def usrn():
    return str(next(_USRNS))


@pytest.fixture
def list_named(database):
    async def read(name, council="citytown"):
        async with database.reading(council) as session:
            rows = await store.list_named(session, council, fold_street_name(name), 10)
        return [(row.usrn, row.easting and float(row.easting)) for row in rows]

    return read


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("St. John's Road", "ST JOHNS ROAD"),
        ("SAINT JOHN\u2019S  ROAD", "ST JOHNS ROAD"),
        ("Heol Tŷ-Gwyn", "HEOL TY GWYN"),
        (" - ", ""),
        ("x" * 300, "X" * 100),
    ],
)
def test_names_fold_alike(name, folded):
    assert fold_street_name(name) == folded


@given(st.text(max_size=250))
def test_folding_twice_is_folding_once(name):
    folded = fold_street_name(name)
    assert fold_street_name(folded) == folded
    assert len(folded) <= 100


def test_the_nearest_street_of_a_name_is_chosen():
    near, far, nowhere = NamedStreet(1, 10, 10), NamedStreet(2, 500, 500), NamedStreet(3, None, None)
    assert choose_street([far, near, nowhere], 0, 0) == 1
    assert choose_street([nowhere], 0, 0) == 3
    assert choose_street([nowhere, nowhere], 0, 0) is None
    assert choose_street([], 0, 0) is None


async def test_a_streets_events_name_move_and_retire_it(deliver, list_named, usrn):
    await deliver(StreetCreated, usrn=usrn, description="QUIET ROW", easting=375100, northing=165100)
    assert await list_named("Quiet Row") == [(int(usrn), 375100)]
    # An event without a point leaves the one that is known.
    await deliver(StreetChanged, usrn=usrn, description="LOUD ROW", easting=None, northing=None, sequence=2)
    assert (await list_named("Quiet Row"), await list_named("Loud Row")) == ([], [(int(usrn), 375100)])
    await deliver(StreetRetired, usrn=usrn, description="LOUD ROW", sequence=4)
    late = await deliver(StreetChanged, usrn=usrn, description="LOUD ROW", sequence=3)
    assert (late.state, await list_named("Loud Row")) == ("processed", [])


async def test_a_snapshot_sets_a_street_whatever_its_sequence(deliver, list_named, usrn):
    await deliver(StreetChanged, usrn=usrn, description="NEWER ROW", sequence=9)
    await deliver(StreetCreated, usrn=usrn, description="TOLD ROW", sequence=4, snapshot=True)
    assert (await list_named("Newer Row"), [each[0] for each in await list_named("Told Row")]) == (
        [],
        [int(usrn)],
    )


async def test_another_councils_street_is_another(deliver, list_named, usrn):
    await deliver(StreetCreated, usrn=usrn, description="BORDER ROW")
    assert await list_named("Border Row", "hillshire") == []


async def test_a_point_has_its_streets_usrn(deliver, fetch, usrn):
    other = str(next(_USRNS))
    await deliver(StreetCreated, usrn=usrn, description="THE AVENUE", easting=376000, northing=165900)
    await deliver(StreetCreated, usrn=other, description="THE AVENUE", easting=360000, northing=150000)
    street = (await fetch("/locate", point="376000,165890")).json()["street"]
    assert (street["usrn"], street["name"], street["distance_m"]) == (usrn, "The Avenue", 10.0)
