"""What the gazetteer said on a day: the places that stand since before it, and those that stood then.

Every read of our own API that takes ``as_of`` reads ``places_on(...)`` in place of ``place``.
"""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from address.read_model.tables import KEPT_COLUMNS, place

_COLUMNS = ", ".join(KEPT_COLUMNS)
_UNIT = place.c.unit.computed.sqltext if place.c.unit.computed is not None else "NULL"


def places_as_of(day: str) -> str:
    """SQL of the places as they stood on a day, to be read as ``place`` is: ``FROM {places_on("$3")} p``.

    ``day`` is SQL of a date. It has what ``place`` has but for ``udprn``; the indices by UPRN, by postcode
    and by group serve both halves. A search group is kept as long as a place of any day is in it.
    """
    return f"""(SELECT {_COLUMNS}, unit FROM place WHERE valid_from <= {day}
        UNION ALL SELECT {_COLUMNS}, {_UNIT} FROM place_past
            WHERE valid_from <= {day} AND valid_to > {day})"""
