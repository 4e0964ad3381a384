"""OGC 21-065r2, annex A: every filter with a count, over the standard's own tables."""

import json

import cql2
import numpy
import pytest

from mapping.filters import actions
from mapping.filters.rules.nodes import FilterError, Kind
from mapping.filters.rules.shapes import place_on_globe
from mapping.filters.rules.text import parse_text
from services.mapping.tests.filters.natural_earth import read_cases, read_table

CASES = read_cases()
COUNTRIES = "ne_110m_admin_0_countries"
PLACES = "ne_110m_populated_places_simple"


def count(source, table, language=actions.TEXT):
    filtered = actions.parse(source, language, table.queryables, place_on_globe)
    return len(actions.select(filtered, table, numpy.arange(table.count), lambda: None))


@pytest.mark.parametrize("conformance_class", sorted({case.conformance_class for case in CASES}))
def test_standard_counts_are_those_of_the_filters_as_text_and_as_json(conformance_class, subtests):
    for case in (case for case in CASES if case.conformance_class == conformance_class):
        as_json = json.dumps(cql2.parse_text(case.filter).to_json())
        with subtests.test(case.filter):
            table = read_table(case.table)
            assert count(case.filter, table) == case.count
            assert count(as_json, table, actions.JSON) == case.count


def test_all_filters_of_the_standard_are_there():
    assert len(CASES) == 139


def test_both_parsers_read_the_same_tree():
    for case in CASES:
        assert parse_text(case.filter) == cql2.parse_text(case.filter).to_json(), case.filter


def test_point_beyond_the_pole_is_refused():
    with pytest.raises(FilterError, match="outside"):
        count("S_INTERSECTS(geom,POINT(90 180))", read_table(COUNTRIES))


@pytest.mark.parametrize("name", [COUNTRIES, PLACES])
def test_equal_and_unequal_share_no_item_and_null_is_in_neither(name):
    table = read_table(name)
    for column, kind in sorted(table.queryables.items()):
        if kind is Kind.GEOMETRY:
            continue
        rows = numpy.arange(table.count)
        present = [value for value in table.values(column, rows) if value is not None]
        if not present:
            continue
        literal = write(present[0], kind)
        equal = count(f'"{column}" = {literal}', table)
        unequal = count(f'"{column}" <> {literal}', table)
        assert equal == present.count(present[0])
        assert equal + unequal == len(present)
        assert count(f'NOT "{column}" = {literal}', table) == unequal
        assert count(f'"{column}" IS NULL', table) == table.count - len(present)


def write(value, kind):
    if kind in (Kind.STRING, Kind.DATE, Kind.TIMESTAMP):
        quoted = "'" + value.replace("'", "''") + "'"
        return quoted if kind is Kind.STRING else f"{kind.upper()}({quoted})"
    return str(value).upper() if kind is Kind.BOOLEAN else str(value)


def test_case_insensitive_comparison():
    table = read_table(PLACES)
    assert count("CASEI(name) = CASEI('KØBENHAVN')", table) == 1
    assert count("name = 'KØBENHAVN'", table) == 0
    assert count("CASEI(name) LIKE CASEI('b_R%')", table) == 3
    assert count("CASEI(name) IN (CASEI('berlin'), CASEI('ATHENS'))", table) == 2


def test_geometry_may_stand_on_either_side():
    table = read_table(COUNTRIES)
    box = "BBOX(-180,-90,0,90)"
    assert count(f"S_CONTAINS({box},geom)", table) == count(f"S_WITHIN(geom,{box})", table) == 44
