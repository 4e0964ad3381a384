"""SQL of the gazetteer as it was on a day: current places in force since, and past places of that day.

Every read that takes ``as_of`` reads ``places_as_of(...)`` in place of ``place``.
"""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from address.read_model.tables import PAST_COLUMNS, place

_COLUMNS = ", ".join(PAST_COLUMNS)
_UNIT = place.c.unit.computed.sqltext if place.c.unit.computed is not None else "NULL"


def places_as_of(day: str) -> str:
    """Return SQL of the places on a day, to be read as ``place`` is: ``FROM {places_as_of("$3")} p``.

    ``day`` is SQL of a date. Its columns are those of ``place`` except ``udprn``; the indexes by UPRN,
    postcode and group serve both halves. A search group is kept as long as a place of any day is in it.
    """
    return f"""(SELECT {_COLUMNS}, unit FROM place WHERE valid_from <= {day}
        UNION ALL SELECT {_COLUMNS}, {_UNIT} FROM place_past
            WHERE valid_from <= {day} AND valid_to > {day})"""
