"""Filters that strangers send: each is refused with a reason, or runs; none harms the process."""

import json
import time
from contextlib import suppress

import cql2
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.filters import actions
from mapping.filters.rules.nodes import FilterError, Kind, TooCostlyError
from mapping.filters.rules.shapes import place_on_globe
from mapping.filters.rules.text import parse_text
from mapping.filters.rules.values import make_matcher

QUERYABLES = {
    "name": Kind.STRING,
    "height": Kind.NUMBER,
    "felled": Kind.BOOLEAN,
    "planted": Kind.DATE,
    "seen": Kind.TIMESTAMP,
    "geometry": Kind.GEOMETRY,
}


def parse(source, language=actions.TEXT):
    return actions.parse(source, language, QUERYABLES, place_on_globe)


COLUMNS = {
    "name": ["oak", "ash", "elm", None],
    "height": [12, 7.5, 30, None],
    "felled": [True, False, False, None],
    "planted": ["1990-01-01", "2001-05-06", "nonsense", None],
    "seen": ["2026-04-01T09:00:00Z", "2026-04-01T10:30:00+01:00", "2026-04-02T00:00:00Z", None],
}


class Trees:
    """Four trees, one of them of which nothing is known."""

    def values(self, name, rows):
        column = numpy.empty(4, object)
        column[:] = COLUMNS[name]
        return column[rows]

    def geometries(self, rows):
        return numpy.full(4, None, object)[rows]


def select(source):
    return list(actions.select(parse(source), Trees(), numpy.arange(4), lambda: None))


@pytest.mark.parametrize(
    "text",
    [
        "(" * 2_000 + "height = 1" + ")" * 2_000,
        "height = (" * 20,
        "height = (" * 700,
        "NOT " * 2_000 + "felled",
        "height = " + "-" * 7_000 + "1",
        "height = " * 800 + "1",
        "height = " + "1 + " * 1_900 + "1",
        "S_INTERSECTS(geometry, " + "GEOMETRYCOLLECTION(" * 400,
    ],
    ids=["nested", "open", "very open", "not", "minus", "chain", "sum", "collections"],
)
def test_text_that_kills_or_stalls_parsers_is_refused_at_once(text):
    start = time.process_time()
    with pytest.raises(FilterError):
        parse(text)
    assert time.process_time() - start < 0.2


def test_json_nested_deep_is_refused():
    deep = '{"op":"not","args":[' * 350 + "true" + "]}" * 350
    with pytest.raises(FilterError, match="deep"):
        parse(deep, actions.JSON)
    with pytest.raises(FilterError):
        parse("[" * 8_000, actions.JSON)


def test_filter_may_be_20_deep_and_8_kilobytes_long():
    parse("(" * 20 + "height = 1" + ")" * 20)
    words = " OR ".join(["height = 1"] * 580)
    assert len(words) < 8_192
    parse(words)
    with pytest.raises(FilterError, match="8192"):
        parse(words + " " * 8_192)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("colour = 'red'", "'colour', which is no queryable"),
        ("name = 3", "'name' with another type"),
        ("height = 'tall'", "it is a number"),
        ("planted = '1990-01-01'", "DATE"),
        ("planted = DATE('1990-02-30')", "'1990-02-30'"),
        ("seen = TIMESTAMP('2026-04-01T09:00:00')", "2026-04-01T09:00:00Z"),
        ("height = NULL", "IS NULL"),
        ("height = 1e999", "cannot be compared"),
        ("height + 1 = 2", "arithmetic"),
        ("name", "TRUE or FALSE"),
        ("casei(height) = 'x'", "not text"),
        ("area(geometry) = 3", "compared"),
        ("foo(name)", "not known here: foo"),
        ("name LIKE name", "pattern"),
        ("name LIKE 'x\\'", "at"),
        ("geometry = 'x'", "S_INTERSECTS"),
        ("S_INTERSECTS(name, POINT(1 2))", "geometry"),
        ("S_INTERSECTS(geometry, POINT(1))", "number"),
        ("S_INTERSECTS(geometry, POLYGON((0 0,1 1)))", "Polygon"),
        ("S_INTERSECTS(geometry, POLYGON((0 0,1 1,1 0,0 1,0 0)))", "Self-intersection"),
        ("S_INTERSECTS(geometry, BBOX(1,2,3))", "4 or 6"),
        ("S_INTERSECTS(geometry, BBOX(1,5,3,2))", "south"),
        ("T_AFTER(name, DATE('2020-01-01'))", "no date"),
        ("T_AFTER(seen, INTERVAL('2021-01-01','2020-01-01'))", "ends before"),
        ("name = 'open", "character at 8"),
        ("name = 'x' name", "'name' at 12"),
        ("name = 'x\x00'", "not text"),
        ("name IN ()", "')'"),
        ("", "the end"),
    ],
)
def test_refusal_says_what_is_wrong(text, reason):
    with pytest.raises(FilterError) as refused:
        parse(text)
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("height > 10 AND NOT felled", [2]),
        ("NOT (height > 10 OR felled)", [1]),
        ("name NOT IN ('oak') AND name IS NOT NULL", [1, 2]),
        ("felled OR TRUE", [0, 1, 2, 3]),
        ("planted < DATE('2000-01-01')", [0]),
        ("planted IS NULL", [2, 3]),
        ("seen = TIMESTAMP('2026-04-01T09:30:00Z')", [1]),
        ("T_DURING(seen, INTERVAL('2026-04-01','2026-04-01'))", [0, 1]),
        ("T_INTERSECTS(seen, DATE('2026-04-02'))", [2]),
        ("geometry IS NULL", [0, 1, 2, 3]),
        ("S_INTERSECTS(geometry, POINT(1 2)) OR NOT S_INTERSECTS(geometry, POINT(1 2))", []),
    ],
)
def test_null_is_neither_true_nor_false(text, rows):
    assert select(text) == rows


def test_work_is_bounded_in_time():
    spent = actions.make_deadline("add bbox", seconds=-1)
    with pytest.raises(TooCostlyError, match="add bbox"):
        actions.select(parse("height > 1"), Trees(), numpy.arange(4), spent)


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("%", "", True),
        ("a%", "abc", True),
        ("%c", "abc", True),
        ("a%c%", "abcb", True),
        ("a%b%c", "acb", False),
        ("_b_", "abc", True),
        ("_", "ab", False),
        ("ab%bc", "abc", False),
        (r"100\%", "100%", True),
        (r"100\%", "1000", False),
        ("a%", "a\nb", True),
    ],
)
def test_like(pattern, text, matches):
    assert make_matcher(pattern)(text) is matches


def test_like_does_not_backtrack():
    start = time.process_time()
    assert not make_matcher("%a" * 2_000 + "b")("a" * 3_000)
    assert time.process_time() - start < 1


WORDS = """
name height felled planted seen geometry = <> < > ( ) , AND OR NOT IS NULL IN LIKE BETWEEN 'x' 'a''b' 1 -2.5
1e3 TRUE FALSE CASEI( DATE('2020-01-01') TIMESTAMP('2020-01-01T00:00:00Z') INTERVAL('..','2020-01-01')
S_INTERSECTS(geometry, POINT( 1 2 BBOX(1,2,3,4) POLYGON((0 0,1 0,1 1,0 0)) T_AFTER(seen, " ' \\ * é
"""
words = st.sampled_from(WORDS.split())


@given(st.one_of(st.text(max_size=60), st.lists(words, max_size=14).map(" ".join)))
def test_any_text_is_refused_or_runs(text):
    with suppress(FilterError):
        select(text)


leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(),
    st.integers(),
    st.text(max_size=5),
    st.sampled_from(["..", "2020-01-01"]),
)
properties = st.sampled_from(sorted(QUERYABLES)).map(lambda name: {"property": name})
ops = st.sampled_from(
    ["and", "or", "not", "=", "<", "like", "in", "between", "isNull", "casei", "s_within", "t_after"]
)
trees = st.recursive(
    leaves | properties,
    lambda children: st.one_of(
        st.lists(children, max_size=3),
        st.fixed_dictionaries({"op": ops, "args": st.lists(children, max_size=3)}),
        st.fixed_dictionaries({"type": st.just("Polygon"), "coordinates": children}),
        st.sampled_from(["date", "timestamp", "interval", "bbox", "property"]).flatmap(
            lambda key: st.fixed_dictionaries({key: children})
        ),
    ),
    max_leaves=12,
)


@given(trees)
def test_any_json_is_refused_or_runs(tree):
    with suppress(FilterError):
        actions.select(parse(json.dumps(tree), actions.JSON), Trees(), numpy.arange(4), lambda: None)


conditions = st.recursive(
    st.sampled_from(
        [
            "height = 1",
            "name LIKE 'a%'",
            "felled",
            "height BETWEEN -1 AND 2.5",
            "name NOT IN ('a','b''c')",
            "seen IS NOT NULL",
            "T_BEFORE(seen, DATE('2020-01-01'))",
            "S_TOUCHES(geometry, LINESTRING(0 0,1 1))",
        ]
    ),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" AND ", " or "]), inner)
        .map("".join)
        .map(lambda text: f"({text})"),
        inner.map(lambda text: f"NOT {text}" if not text.startswith("NOT") else text),
    ),
    max_leaves=6,
)


@given(conditions)
def test_trees_are_those_of_the_wheel(text):
    assert flatten(parse_text(text)) == flatten(cql2.parse_text(text).to_json())


def flatten(tree):
    """Write AND within AND, and OR within OR, as one: the wheel does so, and they mean the same."""
    if not isinstance(tree, dict) or "op" not in tree:
        return tree
    arguments = [flatten(argument) for argument in tree["args"]]
    if tree["op"] in ("and", "or"):
        same = [a["args"] if isinstance(a, dict) and a.get("op") == tree["op"] else [a] for a in arguments]
        arguments = [argument for group in same for argument in group]
    return {"op": tree["op"], "args": arguments}
